"""Applying a plan from the command line: the checks before, the run, and what is written down after."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.auditing import FOLDER, audited
from bot.cli.enrolment import Workbench, files_in, name_of
from bot.cli.exit_codes import Exit
from bot.cli.running import Stop
from bot.plans.enrolment import Action, EnrolmentPlan, PlanError, PlanRow, plan_json, read_plan
from bot.plans.enrolment_undo import undo_plan
from bot.plans.journal import Entry, FileJournal, Journal, RowState
from bot.services.enrolling import Advance

STATE_FOLDER = FOLDER
_LONGEST = 100  # of what a pipeline names a pull request by: it may be the message of a commit


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a run keeps what it knows: plan, journal, undo plan and results, side by side."""

    plan: Path

    @classmethod
    def for_digest(cls, digest: str) -> Paths:
        return cls(Path(STATE_FOLDER) / f"{digest[:16]}.plan.json")

    @property
    def journal(self) -> Path:
        return self._beside("journal.jsonl")

    @property
    def undo(self) -> Path:
        return self._beside("undo.json")

    @property
    def result(self) -> Path:
        return self._beside("result.json")

    def _beside(self, suffix: str) -> Path:
        stem = self.plan.name.removesuffix(".json").removesuffix(".plan")
        return self.plan.with_name(f"{stem}.{suffix}")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed to beside the plan: the number of removals, and where it was reviewed."""

    removals: int | None = None
    pull_request: str = ""
    commit: str = ""

    def justification(self, plan: EnrolmentPlan) -> str:
        parts = [f"Enrolment plan {plan.digest[:12]}"]
        if self.pull_request:
            parts.append(f"pull request {' '.join(self.pull_request.split())[:_LONGEST]}")
        if self.commit:
            parts.append(f"commit {self.commit[:40]}")
        return ", ".join(parts)


def load(path: Path) -> EnrolmentPlan:
    """Raises: Stop."""
    try:
        return read_plan(path.read_bytes())
    except OSError as error:
        raise Stop(f"{path}: cannot be read ({error.strerror})") from None
    except PlanError as error:
        raise Stop(f"{path}: {error}") from None


def check_files(plan: EnrolmentPlan, folder: Path) -> None:
    """Raises: Stop, when the files are no longer those that the plan was made from."""
    there = {name_of(each, folder): hashlib.sha256(each.read_bytes()).hexdigest() for each in files_in(folder)}
    changed = sorted(name for name in {*there, *plan.files} if there.get(name) != plan.files.get(name))
    if changed:
        raise Stop(f"{changed[0]}: is not as it was when the plan was made; plan again")


def check_brake(plan: EnrolmentPlan, agreed: Agreed) -> bool:
    """Whether the plan may go on. A plan with a brake needs the exact number of its removals."""
    return not plan.brake.is_on or agreed.removals == plan.brake.removals


async def apply(
    bench: Workbench, plan: EnrolmentPlan, paths: Paths, agreed: Agreed, tell: Callable[[Advance], None], poll: float
) -> Exit:
    """Apply the plan, go on with it, or find that it is done. Raises: Stop, JournalError, DoormanError."""
    journal = FileJournal(paths.journal, plan.digest)
    known = await journal.entries()
    checked = await bench.states.check(plan, known)
    if checked.moved:
        rows = [f"{row.action.value} {row.email} {row.label}" for row in checked.moved]
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        raise Stop(f"the tenant has moved since the plan was made: {'; '.join(rows[:3])}{more}; plan again")
    about = {row.id: _told(row) for row in plan.changes}
    if checked.fulfilled:
        await journal.write([Entry(row.id, RowState.UNCHANGED) for row in checked.fulfilled])
    if all(row.id in known and known[row.id].state.is_end for row in plan.changes) and not checked.fulfilled:
        entries = known
    else:
        async with audited(
            "enrol",
            journal,
            paths.journal,
            bench.settings,
            bench.session,
            lambda entry: {**about.get(entry.row_id, {}), **entry.detail},
        ) as told:
            entries = await _run(bench, plan, told, agreed.justification(plan), tell, poll)
    done = [row for row in plan.changes if entries[row.id].state is RowState.DONE]
    if done:
        packages = await bench.states.packages(done)
        undo = undo_plan(plan, entries, packages, bench.session.clock.now())
        paths.undo.write_bytes(plan_json(undo, indent=1))
    paths.result.write_text(json.dumps(results(plan, entries), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    is_good = all(entry.state in (RowState.DONE, RowState.UNCHANGED) for entry in entries.values())
    return Exit.DONE if is_good and not plan.of(Action.ERROR) else Exit.FAILED


def _told(row: PlanRow) -> dict[str, str]:
    """What a row is about, by ids."""
    subject = row.assignment_id or row.package_id
    return {"kind": row.action.value, "id": subject, "package": row.package_id, "person": row.person_id}


async def _run(
    bench: Workbench,
    plan: EnrolmentPlan,
    journal: Journal,
    justification: str,
    tell: Callable[[Advance], None],
    poll: float,
) -> dict[str, Entry]:
    """Until every row has come to its end. An interrupt gives up what is not begun yet; a second one ends at once."""
    enrolling = bench.enrolling(poll_seconds=poll)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopping.set()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)

    with suppress(NotImplementedError, RuntimeError, ValueError):  # not in every kind of loop or thread
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop)
    while True:
        advance = await enrolling.advance(plan, journal, justification=justification, is_cancelled=stopping.is_set())
        tell(advance)
        if advance.wait_seconds is None:
            return await journal.entries()
        if advance.wait_seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(advance.wait_seconds):
                    if stopping.is_set():
                        await asyncio.sleep(advance.wait_seconds)
                    await stopping.wait()


def results(plan: EnrolmentPlan, entries: Mapping[str, Entry]) -> list[dict[str, Any]]:
    """One object for each row that was to change something: what became of it, and why."""
    return [
        {
            "row": row.id,
            "action": row.action.value,
            "name": row.name,
            "email": row.email,
            "package": row.label,
            "state": entries[row.id].state.value if row.id in entries else RowState.PENDING.value,
            "reason": str(entries[row.id].detail.get("reason", "")) if row.id in entries else "",
        }
        for row in plan.changes
    ]
