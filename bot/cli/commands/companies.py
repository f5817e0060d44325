"""`doorman companies`: whose people may ask for access, and who of them decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.cli.auditing import audited
from bot.cli.exit_codes import Exit
from bot.cli.explained_reads import explain_imagined, explain_work
from bot.cli.imagined import ImaginedCompanies
from bot.cli.running import Stop, with_session
from bot.cli.session import Session
from bot.cli.settings import CliSettings
from bot.config import load_config
from bot.files.companies_yaml import CompaniesPart, read_companies, write_companies
from bot.files.yaml_document import FileRefused
from bot.graph.companies import CompaniesGraph
from bot.graph.explaining import Explaining
from bot.plans.companies import CompaniesPlan, plan_companies, plan_json
from bot.plans.digest import digest as fingerprint
from bot.plans.journal import FileJournal
from bot.services.companies import CompaniesApplier, export_companies, read_tenant
from bot.services.explaining import NoJournal

NAME: Final = "companies"
group = typer.Typer(help="Whose people may ask for access, and who of them decides.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The file of companies, in YAML.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove sponsors that the file does not know.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON for machines.")]
Explain = Annotated[bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none.")]


@group.command("plan")
def plan(file: File, prune: Prune = False, as_json: Json = False, is_explained: Explain = False) -> None:
    """Show what would change. Ends with 0 (nothing), 2 (changes) or 1 (errors)."""

    if is_explained:
        explain_imagined(lambda line, settings: _explained(line, settings, file, with_writes=False), as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        made = await _plan(session, settings, file, prune=prune)
        _tell(made, as_json)
        if made.problems:
            return Exit.FAILED
        return Exit.CHANGES if made.steps else Exit.DONE

    with_session(work)


@group.command("apply")
def apply(
    file: File,
    prune: Prune = False,
    digest: Annotated[str, typer.Option(help="The digest of the plan that was agreed to.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and change nothing.")] = False,
    journal: Annotated[Path | None, typer.Option(help="Write down every step here.")] = None,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Change the tenant as the file says. Killed anywhere, the same command does what is left."""

    if is_explained:
        explain_imagined(lambda line, settings: _explained(line, settings, file, with_writes=True), as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        made = await _plan(session, settings, file, prune=prune)
        if made.problems:
            _tell(made, as_json)
            raise Stop(f"{file}: mend these problems first")
        if digest and digest != made.digest and made.steps:
            raise Stop(f"the digest is {made.digest} now: file or tenant have changed since the plan was agreed to")
        if dry_run:
            _tell(made, as_json)
            return Exit.CHANGES if made.steps else Exit.DONE
        if not made.steps:
            typer.echo(_done_json(0) if as_json else "Nothing to do.")
            return Exit.DONE
        kept = FileJournal(journal, _fingerprint(file)) if journal is not None else NoJournal()
        graph = _graph(session, settings)
        async with audited("companies", kept, file, settings, session) as told:
            applier = CompaniesApplier(
                graph, told, lambda step: None if as_json else typer.echo(f"{step.kind.value}: {step.about}")
            )
            done = await applier.apply(made)
        typer.echo(_done_json(done) if as_json else f"{done} writes.")
        return Exit.DONE

    with_session(work)


@group.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")],
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Write the companies as they are into a file."""
    if is_explained:
        explain_work(lambda session, settings: export_companies(_graph(session, settings)), as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        found = await export_companies(_graph(session, settings))
        content = write_companies(found)
        count = len(found["companies"])
        if str(file) == "-":
            told = json.dumps({"text": content.decode(), "companies": count}, ensure_ascii=False)
            typer.echo(told if as_json else content.decode(), nl=as_json)
        else:
            file.write_bytes(content)
            typer.echo(json.dumps({"file": str(file), "companies": count}) if as_json else f"{file}: {count} companies")
        return Exit.DONE

    with_session(work)


async def _plan(session: Session, settings: CliSettings, file: Path, *, prune: bool) -> CompaniesPlan:
    wanted = _read(file)
    domains = load_config(settings.config_path).enrolment.guest_domains
    tenant = await read_tenant(_graph(session, settings), wanted)
    return plan_companies(wanted, tenant, prune=prune, guest_domains=domains)


async def _explained(line: Explaining, settings: CliSettings, file: Path, *, with_writes: bool) -> None:
    """Plan, and where asked for apply, on a Graph that holds what the file refers to."""
    wanted = _read(file)
    graph = ImaginedCompanies(line, wanted, graph_url=settings.graph_url)
    made = plan_companies(wanted, await read_tenant(graph, wanted), prune=False)
    if with_writes:
        await CompaniesApplier(graph).apply(made)


def _read(file: Path) -> CompaniesPart:
    """What the file says. Raises Stop, after everything that is wrong with it was told."""
    try:
        return read_companies(file.name, file.read_bytes()).content
    except FileRefused as refused:
        for each in refused.findings:
            typer.echo(f"{each.place.file}:{each.place.line}: {each.message}", err=True)
        raise Stop(f"{file}: {len(refused.findings)} to be mended") from None


def _fingerprint(file: Path) -> str:
    """What a journal is bound to: a run that was cut off goes on in the journal of the same file."""
    return fingerprint(file.read_bytes().hex())


def _graph(session: Session, settings: CliSettings) -> CompaniesGraph:
    return CompaniesGraph(session.client, session.tokens.graph, graph_url=settings.graph_url)


def _tell(made: CompaniesPlan, as_json: bool) -> None:
    typer.echo(json.dumps(plan_json(made), ensure_ascii=False)) if as_json else _print(made)


def _done_json(writes: int) -> str:
    return json.dumps({"done": True, "writes": writes})


def _print(made: CompaniesPlan) -> None:
    for step in made.steps:
        typer.echo(f"  {step.kind.value}: {step.about}")
    for line in (*(f"! {problem}" for problem in made.problems), *(f"  {note}" for note in made.notes)):
        typer.echo(f"  {line}")
    typer.echo(f"{len(made.steps)} writes. Digest {made.digest}" if made.steps else "Nothing to do.")
