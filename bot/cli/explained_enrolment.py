"""`doorman enrol … --explain`: the calls for a folder, or for the rows of a plan that was agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.cli.enrolment import Calls, Workbench, bench_with, files_in, read_file
from bot.cli.explained_reads import session_on
from bot.cli.exporting import export, projects_named
from bot.cli.imagined import ImaginedEnrolment, ImaginedHistory, ImaginedReader, ImaginedTeams
from bot.cli.migrating import migration_report
from bot.cli.settings import CliSettings
from bot.config import load_config
from bot.configured_projects import configured_projects
from bot.graph.explaining import Explaining
from bot.plans.enrolment import EnrolmentPlan
from bot.plans.journal import Entry

_MOST_ROUNDS: Final = 1_000


class _Memory:
    """A journal that lasts as long as the explanation."""

    def __init__(self) -> None:
        self._known: dict[str, Entry] = {}

    async def entries(self) -> dict[str, Entry]:
        return dict(self._known)

    async def write(self, entries: Iterable[Entry]) -> None:
        self._known.update({each.row_id: each for each in entries})


def imagined_bench(line: Explaining, settings: CliSettings, labels: Iterable[str] = ()) -> Workbench:
    """A workbench on a tenant that has every access package of these labels, and nobody in them."""
    config = load_config(settings.config_path)
    policies = {project.policy for project in configured_projects(config)}
    graph, team = ImaginedEnrolment(line), ImaginedTeams(line, labels, policies)
    return bench_with(settings, session_on(line), config, Calls(), graph, team)


async def explained_export(line: Explaining, settings: CliSettings, names: Sequence[str]) -> None:
    """Ask who has the access packages of these projects."""
    await export(_bench_of_projects(line, settings, names), names)


async def explained_migration(line: Explaining, settings: CliSettings, names: Sequence[str], days: int) -> None:
    """Ask everything that a report about these projects asks."""
    bench = _bench_of_projects(line, settings, names)
    bench = replace(bench, session=replace(bench.session, reader=ImaginedReader(line)))
    await migration_report(bench, projects_named(bench, names), days, ImaginedHistory(line))


def _bench_of_projects(line: Explaining, settings: CliSettings, names: Sequence[str]) -> Workbench:
    """One role of each of these projects stands for all of them."""
    every = imagined_bench(line, settings)
    return imagined_bench(line, settings, [project.label("Member") for project in projects_named(every, names)])


async def explained_plan(
    line: Explaining, settings: CliSettings, folder: Path, accepted: Sequence[str]
) -> EnrolmentPlan:
    """Ask everything that a plan for this folder asks. Raises: Stop."""
    files = files_in(folder)
    labels = {row.label for file in files for row in read_file(file, folder).rows}
    return await imagined_bench(line, settings, labels).plan(files, folder, accepted=accepted)


async def explained_apply(line: Explaining, settings: CliSettings, plan: EnrolmentPlan, justification: str) -> None:
    """Write what the plan writes: the rows' own ids, where it has them."""
    enrolling = imagined_bench(line, settings).enrolling(poll_seconds=0.0)
    journal = _Memory()
    for _ in range(_MOST_ROUNDS):
        advance = await enrolling.advance(plan, journal, justification=justification)
        entries = await journal.entries()
        if advance.wait_seconds is None or all("request" in each.detail for each in entries.values()):
            return
