"""`doorman app-roles`: the roles of an application, and the group that has each of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.auditing import audited
from bot.cli.exit_codes import Exit
from bot.cli.explained_reads import explain_imagined
from bot.cli.imagined import ImaginedApplications
from bot.cli.running import Stop, guarded, with_session
from bot.cli.session import Session
from bot.cli.settings import CliSettings
from bot.files.app_roles import Dialect, Manifest, read_manifest, write_manifest
from bot.files.rows import Finding, Severity
from bot.graph.applications import ApplicationsGraph
from bot.graph.explaining import Explaining
from bot.plans.app_roles import Present, RolePlan, plan_json, plan_roles
from bot.plans.journal import FileJournal
from bot.services.app_roles import AmbiguousApplication, RoleApplier, RolesNotVisible, read_present
from bot.services.explaining import NoJournal

NAME: Final = "app-roles"
group = typer.Typer(help="The roles of an application, and the group that has each of them.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A manifest in JSON: the portal's, Graph's, or the array alone.")]
App = Annotated[str, typer.Option("--app", help="The application, by app id or name; else as the manifest says.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove roles and assignments that the file does not know.")]
Groups = Annotated[bool, typer.Option("--groups/--no-groups", help="Give each role to the group named like its value.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON for machines.")]
Explain = Annotated[bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none.")]


@group.command("lint")
def lint(file: File, as_json: Json = False) -> None:
    """Say what is wrong with a manifest, and where. Reads the file and nothing else."""

    def work() -> Exit:
        manifest = _read(file)
        if as_json:
            typer.echo(json.dumps({"findings": [_finding_json(each) for each in manifest.findings]}, indent=2))
        else:
            _print_findings(manifest)
        return Exit.FAILED if manifest.has_errors else Exit.DONE

    guarded(work)


@group.command("plan")
def plan(
    file: File,
    app: App = "",
    prune: Prune = False,
    groups: Groups = True,
    out: Annotated[Path | None, typer.Option(help="Write the plan here, for apply.")] = None,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Show what would change. Ends with 0 (nothing), 2 (changes) or 1 (errors)."""
    if is_explained:
        explain_imagined(lambda line, _: _explained(line, file, app, groups=groups, with_writes=False), as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        made, _ = await _plan(session, file, app, prune=prune, groups=groups)
        if out is not None:
            out.write_text(json.dumps(plan_json(made), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        _tell(made, as_json)
        if made.problems:
            return Exit.FAILED
        return Exit.CHANGES if made.steps else Exit.DONE

    with_session(work)


@group.command("apply")
def apply(
    file: File,
    app: App = "",
    prune: Prune = False,
    groups: Groups = True,
    plan_file: Annotated[Path | None, typer.Option("--plan", help="The plan that was agreed to.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and change nothing.")] = False,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Change the application as the file says. Killed anywhere, the same command goes on where it was."""
    if is_explained:
        explain_imagined(lambda line, _: _explained(line, file, app, groups=groups, with_writes=True), as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        made, present = await _plan(session, file, app, prune=prune, groups=groups)
        if made.problems:
            raise Stop(" ".join(made.problems))
        journal = await _agreed(made, plan_file) if plan_file is not None else None
        if dry_run:
            _tell(made, as_json)
            return Exit.CHANGES if made.steps else Exit.DONE
        if not made.steps:
            typer.echo(_done_json(0) if as_json else "Nothing to do.")
            return Exit.DONE
        async with audited("app-roles", journal or NoJournal(), file, settings, session) as told:
            applier = RoleApplier(
                _graph(session),
                told,
                lambda step: None if as_json else typer.echo(f"{step.kind.value}: {step.about}"),
            )
            try:
                done = await applier.apply(made, present)
            except RolesNotVisible as error:
                raise Stop(str(error)) from None
        typer.echo(_done_json(done) if as_json else f"{done} writes.")
        return Exit.DONE

    with_session(work)


@group.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")],
    app: Annotated[str, typer.Option("--app", help="The application, by app id or name.")],
    dialect: Annotated[Dialect, typer.Option(help="How the manifest is written.")] = Dialect.PORTAL,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Write the roles as they are into a manifest."""
    if is_explained:
        explain_imagined(lambda line, _: read_present(ImaginedApplications(line, ()), app), as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        present = await _present(session, app)
        content = write_manifest(present.roles, dialect, present.app_id)
        if str(file) == "-":
            typer.echo(content.decode(), nl=False)
        else:
            file.write_bytes(content)
            count = len(present.roles)
            typer.echo(json.dumps({"file": str(file), "roles": count}) if as_json else f"{file}: {count} roles")
        return Exit.DONE

    with_session(work)


async def _plan(session: Session, file: Path, app: str, *, prune: bool, groups: bool) -> tuple[RolePlan, Present]:
    manifest, name = _wanted(file, app)
    present = await _present(session, name, manifest)
    return plan_roles(present, manifest.roles, prune=prune, groups=groups), present


def _wanted(file: Path, app: str) -> tuple[Manifest, str]:
    """The manifest and which application it is about. Raises: Stop, after its mistakes were told."""
    manifest = _read(file)
    if manifest.has_errors:
        _print_findings(manifest)
        raise Stop(f"{file}: mend these errors first")
    if not (app or manifest.app_id):
        raise Stop("say which application is meant: --app")
    return manifest, app or manifest.app_id


async def _explained(line: Explaining, file: Path, app: str, *, groups: bool, with_writes: bool) -> None:
    """Plan, and where asked for apply, on a Graph whose application has no roles yet."""
    manifest, name = _wanted(file, app)
    graph = ImaginedApplications(line, manifest.roles)
    present = await read_present(graph, name, manifest.roles)
    if with_writes:
        await RoleApplier(graph).apply(plan_roles(present, manifest.roles, prune=False, groups=groups), present)


async def _present(session: Session, name: str, manifest: Manifest | None = None) -> Present:
    try:
        return await read_present(_graph(session), name, manifest.roles if manifest else ())
    except AmbiguousApplication as error:
        raise Stop(str(error)) from None


async def _agreed(made: RolePlan, plan_file: Path) -> FileJournal:
    """The journal of the plan in this file, which has to be this one or one that was begun. Raises: Stop."""
    digest, before, wanted = _agreement(plan_file)
    journal = FileJournal(plan_file.with_name(plan_file.name + ".journal"), digest)
    if wanted != made.wanted:
        raise Stop("the file says something else than when the plan was made; make a new plan")
    if before != made.before and not await journal.entries():
        raise Stop("the tenant has changed since the plan was made; make a new plan")
    return journal


def _agreement(plan_file: Path) -> tuple[str, str, str]:
    """The digests in this plan: its own, of the tenant before, and of what was wanted. Raises: Stop."""
    try:
        told = json.loads(plan_file.read_text(encoding="utf-8"))
        return str(told["digest"]), str(told["before"]), str(told["wanted"])
    except (ValueError, KeyError, TypeError):
        raise Stop(f"{plan_file} is no plan for app roles") from None


def _graph(session: Session) -> ApplicationsGraph:
    return ApplicationsGraph(session.client, session.tokens.graph)


def _read(file: Path) -> Manifest:
    return read_manifest(file.name, file.read_bytes())


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "line": finding.place.line,
        "message": finding.message,
        "suggestion": finding.suggestion,
    }


def _print_findings(manifest: Manifest) -> None:
    if not manifest.findings:
        typer.echo(f"{manifest.name}: {len(manifest.roles)} roles, nothing wrong.")
        return
    table = Table(title=manifest.name, expand=True)
    for heading in ("Line", "", "What", "Probably meant"):
        table.add_column(heading, overflow="fold")
    colors = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
    for each in manifest.findings:
        mark = f"[{colors[each.severity]}]{each.severity.value}[/]"
        table.add_row(str(each.place.line or ""), mark, _plain(each.message), _plain(each.suggestion))
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=160)).print(table)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _tell(made: RolePlan, as_json: bool) -> None:
    typer.echo(json.dumps(plan_json(made), ensure_ascii=False)) if as_json else _print_plan(made)


def _done_json(writes: int) -> str:
    return json.dumps({"done": True, "writes": writes})


def _print_plan(made: RolePlan) -> None:
    typer.echo(f"{made.app_name} ({made.app_id})")
    for line in (*made.changes, *(f"! {problem}" for problem in made.problems), *(f"  {note}" for note in made.notes)):
        typer.echo(f"  {line}")
    typer.echo(f"{len(made.steps)} writes. Digest {made.digest}" if made.steps else "Nothing to do.")
