"""The audit log of the command line: whole lines only, and a source that is not guessed at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.cli.auditing import FileTrail, audit_file, origin_of
from bot.clock import Clock
from bot.plans.journal import Entry, RowState
from bot.services.auditing import AuditedJournal, AuditLine, Origin, Source
from bot.services.explaining import NoJournal


async def test_half_a_line_of_somebody_who_died_swallows_none_of_ours(tmp_path: Path) -> None:
    log = tmp_path / ".doorman" / "audit.jsonl"
    trail, origin = FileTrail(log, Clock()), origin_of("packages", "tenant", "app", {"CI": "1"})
    await trail.write(origin, [AuditLine("a", "packages.a", "one", "done")])
    log.write_bytes(log.read_bytes() + b'{"at": "2026')
    await trail.write(origin, [AuditLine("b", "packages.b", "two", "done")])
    first, torn, second = log.read_text().splitlines()
    assert [json.loads(line)["about"] for line in (first, second)] == ["one", "two"]
    assert torn == '{"at": "2026'


@pytest.mark.parametrize(
    ("env", "source", "name"),
    [
        ({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octo"}, Source.PIPELINE, "octo"),
        ({"TF_BUILD": "True", "BUILD_REQUESTEDFOREMAIL": "a@b.example"}, Source.PIPELINE, "a@b.example"),
        ({"CI": "", "USER": "adam"}, Source.CLI, ""),
    ],
)
def test_where_a_run_comes_from(env: dict[str, str], source: Source, name: str) -> None:
    origin = origin_of("enrol", "tenant", "app", env)
    assert origin.source is source
    assert origin.actor_name == name or not name
    assert origin_of("enrol", "tenant", "app", env, "lena").actor_name == "lena"


def test_the_log_lies_with_the_journals_unless_said() -> None:
    assert audit_file(Path("a/packages.yaml"), None) == Path("a/.doorman/audit.jsonl")
    assert audit_file(Path("a/.doorman/x.journal"), None) == Path("a/.doorman/audit.jsonl")
    assert audit_file(Path("a/packages.yaml"), Path("/var/log/doorman")) == Path("/var/log/doorman")


async def test_what_was_only_begun_or_found_there_is_no_change() -> None:
    kept: list[AuditLine] = []

    class Kept:
        async def write(self, origin: Origin, lines: Sequence[AuditLine]) -> None:
            kept.extend(lines)

    journal = AuditedJournal(NoJournal(), Kept(), origin_of("packages", "t", "a", {}))
    told = {"kind": "grant-role", "subject": "Sales", "id": "1"}
    states = (RowState.BEGUN, RowState.UNCHANGED, RowState.DONE, RowState.FAILED)
    await journal.write([Entry("row", each, told) for each in states])
    await journal.write([Entry("row", RowState.CANCELLED, {"needs": "x"})])
    await journal.write([Entry("row", RowState.CANCELLED, {"was": told})])
    assert [(each.event, each.about, each.state) for each in kept] == [
        ("packages.grant-role", "1", "done"),
        ("packages.grant-role", "1", "failed"),
        ("packages.grant-role", "1", "taken-back"),
    ]
