"""What the commands for packages and for projects have in common: reading, planning, agreeing, applying, telling."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bot.cli.auditing import FOLDER, audited
from bot.cli.exit_codes import Exit
from bot.cli.running import Stop
from bot.cli.session import Session, graph_session
from bot.cli.settings import CliSettings, load_cli_settings
from bot.files.administration import Wanted
from bot.files.mapping import mapped, read_mapping
from bot.files.projects_yaml import read_projects
from bot.files.rows import Severity
from bot.graph.administration import AdministrationWriter
from bot.graph.administration_reader import AdministrationReader
from bot.graph.client import Caller
from bot.plans.administration import make_plan
from bot.plans.administration_text import (
    changes_told,
    finding_line,
    heading,
    line,
    markdown,
    plan_json,
    sections,
    summary,
)
from bot.plans.journal import FileJournal, RowState
from bot.plans.resolving import lookups_for
from bot.plans.steps import Plan
from bot.services.administering import Administering, Outcome, StepOutcome
from bot.services.tenant_look import look

Loader = Callable[[str, bytes], Wanted]


@dataclass(frozen=True, slots=True)
class Desk:
    """One signed-in run of a command."""

    settings: CliSettings
    reads: AdministrationReader
    writes: AdministrationWriter
    session: Session

    async def plan(self, wanted: Wanted) -> Plan:
        snapshot = await look(self.reads, lookups_for(wanted))
        return make_plan(wanted, snapshot, self.settings.tenant_id.casefold())


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """Graph as the pipeline, for plans. Raises SettingsError, and ValueError for a credential that cannot be used."""
    settings = load_cli_settings(os.environ)
    async with graph_session(settings) as session:

        async def caller() -> Caller:
            return Caller("pipeline", await session.tokens.graph())

        reads = AdministrationReader(session.client, caller)
        yield Desk(settings, reads, AdministrationWriter(session.client, caller, base_url=settings.graph_url), session)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A loader for files whose texts stand for others in this environment."""

    load: Loader
    mapping: Path

    def __call__(self, name: str, content: bytes) -> Wanted:
        """Raises FileRefused, OSError when there is no such mapping."""
        texts = read_mapping(str(self.mapping), self.mapping.read_bytes())
        return self.load(name, mapped(name, content, texts))


def read_file(load: Loader, where: Path) -> Wanted:
    """Raises Stop when there is no such file, FileRefused when it cannot be used."""
    try:
        return load(str(where), where.read_bytes())
    except OSError as error:
        raise Stop(f"{error.filename or where}: cannot be read ({error.strerror}).") from None


async def plan_file(load: Loader, where: Path, out: Path | None, markdown_to: Path | None, as_json: bool) -> Exit:
    wanted = read_file(load, where)
    async with desk() as bench:
        plan = await bench.plan(wanted)
    if out is not None:
        write_text(out, json.dumps(plan_json(plan), ensure_ascii=False, indent=1) + "\n")
    if markdown_to is not None:
        write_text(markdown_to, markdown(plan))
    tell_plan(plan, as_json)
    return verdict(plan)


def write_text(where: Path, text: str) -> None:
    """Raises Stop when that is not possible."""
    try:
        where.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Stop(f"{where}: cannot be written ({error.strerror}).") from None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody agreed to before anything is written: the tenant, and maybe the plan by its digest."""

    tenant: str = ""
    digest: str = ""
    plan_file: Path | None = None


async def apply_file(load: Loader, where: Path, agreement: Agreement, dry_run: bool, as_json: bool) -> Exit:
    wanted = read_file(load, where)
    async with desk() as bench:
        plan = await bench.plan(wanted)
        journal = FileJournal(journal_path(where, plan), plan.run_id)
        check_agreed(plan, agreement, is_begun=bool(await journal.entries()))
        if plan.has_errors or dry_run or not plan.writes:
            tell_plan(plan, as_json)
            return verdict(plan)
        if not as_json:
            tell_plan(plan, as_json=False)
        confirm_tenant(bench.settings.tenant_id, agreement)
        journal_path(where, plan).parent.mkdir(parents=True, exist_ok=True)
        with _progress(len(plan.steps), shown=not as_json) as advance:
            async with audited(area_of(load), journal, where, bench.settings, bench.session) as told:
                outcome = await Administering(bench.reads, bench.writes).apply(plan, told, advance)
    tell_outcome(outcome, as_json)
    return Exit.DONE if outcome.is_done else Exit.FAILED


def area_of(load: Loader) -> str:
    plain = load.load if isinstance(load, Mapped) else load
    return "projects" if plain is read_projects else "packages"


def journal_path(where: Path, plan: Plan) -> Path:
    return where.parent / FOLDER / f"{where.stem}.{plan.run_id[:12]}.journal"


def check_agreed(plan: Plan, agreement: Agreement, *, is_begun: bool) -> None:
    """Raises Stop when the plan is another one than was agreed to, unless a run of it has begun already."""
    wanted = agreement.digest
    if agreement.plan_file is not None:
        try:
            wanted = str(json.loads(agreement.plan_file.read_text(encoding="utf-8"))["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            raise Stop(f"{agreement.plan_file} is no plan.") from None
    if wanted and wanted != plan.digest and not is_begun:
        raise Stop(
            f"The plan is another one now ({plan.digest[:12]}): the file or the tenant has changed since it was "
            "agreed to. Look at it again with plan."
        )


def confirm_tenant(tenant_id: str, agreement: Agreement) -> None:
    """Raises Stop unless the tenant that is about to change was named, or is agreed to now."""
    if agreement.tenant:
        if agreement.tenant.casefold() != tenant_id.casefold():
            raise Stop(f"This is signed in to tenant {tenant_id}, not to {agreement.tenant}. Nothing was changed.")
        return
    if not sys.stdin.isatty():
        raise Stop(f"Say which tenant may change: --tenant {tenant_id}. Nothing was changed.")
    if not typer.confirm(f"Change tenant {tenant_id}?"):
        raise Stop("Nothing was changed.")


def verdict(plan: Plan) -> Exit:
    if plan.has_errors:
        return Exit.FAILED
    return Exit.CHANGES if plan.writes else Exit.DONE


def tell_plan(plan: Plan, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(plan_json(plan), ensure_ascii=False))
        return
    shown = terminal()
    for finding in plan.findings:
        shown.print(Text(finding_line(finding), style=_STYLES[finding.severity]))
    for section, steps in sections(plan):
        table = Table(title=heading(section), title_justify="left", show_header=False, box=None, padding=(0, 1))
        table.add_column(overflow="fold")
        table.add_column(justify="right", style="dim")
        for step in steps:
            table.add_row(Text(line(step)), Text(f"line {step.place.line}" if step.place.line else ""))
            for told in changes_told(step.changes):
                table.add_row(Text(f"    {told}", style="dim"), Text(""))
        shown.print(table)
    shown.print(Text(summary(plan), style="bold"))
    if plan.writes:
        shown.print(Text(f"Plan {plan.digest}", style="dim"))


def tell_outcome(outcome: Outcome, as_json: bool) -> None:
    told = [each for each in outcome.steps if each.step.kind.is_write or each.state is not RowState.DONE]
    if as_json:
        rows = [
            {"id": each.step.id, "state": each.state.value, "error": each.code, "detail": each.detail} for each in told
        ]
        typer.echo(json.dumps({"done": outcome.is_done, "steps": rows}, ensure_ascii=False))
        return
    shown = terminal()
    for each in told:
        if each.state is RowState.FAILED:
            shown.print(Text(f"failed: {line(each.step)} ({each.code} {each.detail})".replace(" )", ")"), style="red"))
        elif each.state is RowState.CANCELLED:
            shown.print(Text(f"left out: {line(each.step)}", style="yellow"))
    done = sum(each.state in (RowState.DONE, RowState.UNCHANGED) for each in told)
    shown.print(Text(f"{done} of {len(told)} done.", style="bold"))
    if not outcome.is_done:
        shown.print(Text("What was done is written down; run the same command again to go on."))


def terminal() -> Console:
    """As wide as the terminal; a pipe or a file gets lines that are not broken."""
    return Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=200, soft_wrap=True)


@dataclass
class _Shown:
    progress: Progress | None
    total: int

    def __enter__(self) -> Callable[[StepOutcome], None]:
        if self.progress is None:
            return lambda _: None
        self.progress.start()
        task = self.progress.add_task("", total=self.total)
        progress = self.progress

        def advance(each: StepOutcome) -> None:
            progress.update(task, advance=1, description=each.step.subject[:40])

        return advance

    def __exit__(self, *_: object) -> None:
        if self.progress is not None:
            self.progress.stop()


def _progress(total: int, *, shown: bool) -> _Shown:
    if not shown or not sys.stderr.isatty():
        return _Shown(None, total)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    return _Shown(Progress(*columns, console=Console(stderr=True), transient=True), total)


_STYLES: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
