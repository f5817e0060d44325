"""The audit log of a command: a file beside the journal, and Doorman's database where its settings are at hand."""

from __future__ import annotations

import getpass
import json
import os
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from bot.cli.session import Session
from bot.cli.settings import CliSettings
from bot.clock import Clock
from bot.identity.sealing import Sealer
from bot.plans.journal import Journal, JournalError
from bot.services.auditing import (
    AuditedJournal,
    AuditLine,
    Describe,
    Origin,
    Source,
    StoreTrail,
    Trail,
    Trails,
    as_written,
)
from bot.store import Store, open_store

FOLDER: Final = ".doorman"
_FILE: Final = "audit.jsonl"
_PIPELINES: Final = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL")
_STARTED_BY: Final = ("GITHUB_ACTOR", "BUILD_REQUESTEDFOREMAIL", "GITLAB_USER_EMAIL")


class FileTrail:
    """Lines of JSON at the end of a file; nothing that is there is ever changed."""

    def __init__(self, where: Path, clock: Clock) -> None:
        self._where = where
        self._clock = clock

    async def write(self, origin: Origin, lines: Sequence[AuditLine]) -> None:
        """Raises JournalError when the file cannot be written."""
        told = [
            {
                "at": self._clock.now().isoformat(),
                "source": origin.source.value,
                "run": origin.run,
                "tenant": origin.tenant_id,
                "actor": origin.actor_id,
                "name": origin.actor_name,
                "event": line.event,
                "about": line.about,
                "state": line.state,
                "detail": dict(line.detail),
            }
            for line in lines
        ]
        text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in told)
        try:
            self._where.parent.mkdir(parents=True, exist_ok=True)
            with self._where.open("ab+") as file:
                # A process that died while it wrote leaves half a line, which must not swallow this one.
                if not _ends_with_line(file):
                    text = "\n" + text
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise JournalError(f"{self._where}: cannot be written ({error.strerror})") from error


@asynccontextmanager
async def audited(
    area: str,
    journal: Journal,
    beside: Path,
    settings: CliSettings,
    session: Session,
    describe: Describe = as_written,
) -> AsyncIterator[AuditedJournal]:
    """The journal for one run, which tells the audit log beside this file of every write, of the begin and of the end.

    Raises JournalError when the log cannot be written: then nothing is changed.
    """
    origin = origin_of(area, settings.tenant_id, settings.client_id, os.environ, settings.started_by)
    person_id, name = await session.tokens.signed_in()
    if person_id:
        origin = replace(origin, actor_id=person_id, actor_name=name)
    clock = session.clock
    async with database(os.environ, clock) as store:
        trail = Trails(
            FileTrail(audit_file(beside, settings.audit_path), clock), *([StoreTrail(store)] if store else [])
        )
        await trail.write(origin, [_run(area, "begun", beside.name)])
        try:
            yield AuditedJournal(journal, trail, origin, describe)
        except Exception as error:
            await trail.write(origin, [_run(area, "failed", beside.name, error=type(error).__name__)])
            raise
        await trail.write(origin, [_run(area, "ended", beside.name)])


async def note(area: str, event: str, about: str, beside: Path, clock: Clock, **detail: str) -> None:
    """One line about something that is no write to Graph."""
    chosen = os.environ.get("DOORMAN_AUDIT", "")
    trail: Trail = FileTrail(audit_file(beside, Path(chosen) if chosen else None), clock)
    line = AuditLine(event, f"{area}.{event}", about, "done", detail)
    await trail.write(origin_of(area, "", "", os.environ), [line])


def audit_file(beside: Path, chosen: Path | None) -> Path:
    """Where the log is: the chosen file, else in the folder of journals beside this file."""
    if chosen is not None:
        return chosen
    folder = beside.parent
    return (folder if folder.name == FOLDER else folder / FOLDER) / _FILE


def origin_of(area: str, tenant_id: str, client_id: str, env: Mapping[str, str], named: str = "") -> Origin:
    """A pipeline is known by the variables that pipelines set; its run was started by whom it names."""
    is_pipeline = any(env.get(each) for each in _PIPELINES)
    started_by = named or next((env[each] for each in _STARTED_BY if env.get(each)), "") or _user_here()
    return Origin(
        source=Source.PIPELINE if is_pipeline else Source.CLI,
        tenant_id=tenant_id,
        actor_id=client_id,
        actor_name=started_by,
        area=area,
        run=uuid.uuid4().hex,
    )


@asynccontextmanager
async def database(env: Mapping[str, str], clock: Clock) -> AsyncIterator[Store | None]:
    """Doorman's own memory, where its settings are at hand; None elsewhere."""
    address, secrets = env.get("DATABASE_URL", ""), env.get("DOORMAN_SECRET_KEYS", "")
    if not address or not secrets:
        yield None
        return
    store = await open_store(address, Sealer([key.strip() for key in secrets.split(",") if key.strip()]), clock)
    try:
        yield store
    finally:
        await store.close()


def _run(area: str, state: str, file: str, **detail: str) -> AuditLine:
    return AuditLine("run", f"{area}.run", file, state, detail)


def _user_here() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _ends_with_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
