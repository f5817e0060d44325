"""`doorman enrol lint`: what is wrong with enrolment files, and where."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.enrolment import Workbench, workbench
from bot.cli.exit_codes import Exit
from bot.cli.explained_enrolment import imagined_bench
from bot.cli.explained_reads import explain_imagined
from bot.cli.file_search import FoundFile, Search, find_files
from bot.cli.findings import as_json, as_junit, as_markdown, as_sarif, console_for_people, print_table
from bot.cli.running import guarded
from bot.cli.settings import CliSettings, load_cli_settings
from bot.config import Config, load_config
from bot.domain import Person
from bot.files.checks import KnownPerson, check_people, check_together
from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile, Severity
from bot.graph.explaining import Explaining
from bot.services.enrolment_state import known_labels

Paths = Annotated[list[Path], typer.Argument(help="Files, or folders with .csv, .xlsx, .txt and .tsv files.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
JUnit = Annotated[Path | None, typer.Option("--junit", help="Write a test report to this file.")]
Sarif = Annotated[Path | None, typer.Option("--sarif", help="Write findings for code scanning to this file.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", help="Write a comment for a pull request to this file.")]
Explain = Annotated[bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none.")]


def lint(
    paths: Paths,
    json: Json = False,
    junit: JUnit = None,
    sarif: Sarif = None,
    markdown: Markdown = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    online: Annotated[bool, typer.Option("--online", help="Sign in, and compare with the tenant too.")] = False,
    is_explained: Explain = False,
) -> None:
    """Say what is wrong with enrolment files, and where. Reads the files alone, unless told to sign in.

    Ends with 0 when they can be planned with, and with 1 when one of them cannot.
    """
    search = find_files(paths)
    if is_explained:
        found = search.files if online else ()
        explain_imagined(lambda line, settings: _explained(line, settings, found), json)
    reports: list[tuple[Path | None, Callable[[Sequence[EnrolmentFile]], str | bytes]]]
    reports = [(junit, as_junit), (sarif, as_sarif), (markdown, as_markdown)]
    grave = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)

    def work() -> Exit:
        files = asyncio.run(_online(search.files)) if online else _read(search.files, _config())
        _tell(files, search, json)
        written = [write(path, made(files)) for path, made in reports if path is not None]
        is_wrong = any(finding.severity in grave for file in files for finding in file.findings)
        return Exit.FAILED if is_wrong or search.problems or not all(written) else Exit.DONE

    guarded(work)


def _tell(files: Sequence[EnrolmentFile], search: Search, json: bool) -> None:
    if json:
        typer.echo(as_json(files), nl=False)
    else:
        print_table(console_for_people(), files)
    for name in search.skipped:
        typer.echo(f"{name}: skipped, a hidden or temporary file.", err=True)
    for problem in search.problems:
        typer.echo(problem, err=True)


def _config() -> Config:
    """The configuration that the environment names, of which only the roles that do not go together matter here."""
    path = os.environ.get("DOORMAN_CONFIG")
    return load_config(Path(path) if path else None)


def _read(found: Sequence[FoundFile], config: Config, labels: Sequence[str] = ()) -> Sequence[EnrolmentFile]:
    today = datetime.now(UTC).date()
    files = [read_enrolment(each.name, each.content, known_labels=labels, today=today) for each in found]
    return check_together(files, [(one, other) for one, other in config.enrolment.conflicts])


async def _online(found: Sequence[FoundFile]) -> Sequence[EnrolmentFile]:
    async with workbench(load_cli_settings(os.environ)) as bench:
        return await _compared(bench, found)


async def _compared(bench: Workbench, found: Sequence[FoundFile]) -> Sequence[EnrolmentFile]:
    """The files beside the tenant's access packages and people. Raises what reading the tenant raises."""
    labels = known_labels(await bench.states.roles())
    files = _read(found, bench.config, labels)
    known = await bench.states.people_with(sorted({row.email for file in files for row in file.rows}))
    people = {person.id: _known(person) for each in known.values() for person in each}
    return [check_people(file, people.values()) for file in files]


async def _explained(line: Explaining, settings: CliSettings, found: Sequence[FoundFile]) -> None:
    """Ask what comparing these files asks; without any, nothing."""
    if found:
        labels = {row.label for each in found for row in read_enrolment(each.name, each.content).rows}
        await _compared(imagined_bench(line, settings, labels), found)


def _known(person: Person) -> KnownPerson:
    return KnownPerson(person.id, person.name, person.user_principal_name, person.mail, is_enabled=person.is_enabled)


def write(path: Path, content: str | bytes) -> bool:
    """Whether it was written; otherwise the reason is on the screen."""
    try:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    except OSError as error:
        typer.echo(f"{path.as_posix()}: cannot be written ({error.strerror}).", err=True)
        return False
    return True
