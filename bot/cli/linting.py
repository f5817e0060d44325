"""`doorman enrol lint`: what is wrong with enrolment files, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.exit_codes import Exit
from bot.cli.file_search import find_files
from bot.cli.findings import as_json, as_junit, as_markdown, as_sarif, console_for_people, print_table
from bot.files.checks import check_together
from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile, Severity

Paths = Annotated[list[Path], typer.Argument(help="Files, or folders with .csv, .xlsx, .txt and .tsv files.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
JUnit = Annotated[Path | None, typer.Option("--junit", help="Write a test report to this file.")]
Sarif = Annotated[Path | None, typer.Option("--sarif", help="Write findings for code scanning to this file.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", help="Write a comment for a pull request to this file.")]


def lint(
    paths: Paths,
    json: Json = False,
    junit: JUnit = None,
    sarif: Sarif = None,
    markdown: Markdown = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
) -> None:
    """Say what is wrong with enrolment files, and where. Reads the files and nothing else.

    Ends with 0 when they can be planned with, and with 1 when one of them cannot.
    """
    search = find_files(paths)
    today = datetime.now(UTC).date()
    files = check_together([read_enrolment(each.name, each.content, today=today) for each in search.files])
    if json:
        typer.echo(as_json(files), nl=False)
    else:
        print_table(console_for_people(), files)
    for name in search.skipped:
        typer.echo(f"{name}: skipped, a hidden or temporary file.", err=True)
    for problem in search.problems:
        typer.echo(problem, err=True)
    reports: list[tuple[Path | None, Callable[[Sequence[EnrolmentFile]], str | bytes]]]
    reports = [(junit, as_junit), (sarif, as_sarif), (markdown, as_markdown)]
    written = [write(path, made(files)) for path, made in reports if path is not None]
    grave = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    is_wrong = any(finding.severity in grave for file in files for finding in file.findings)
    if is_wrong or search.problems or not all(written):
        raise typer.Exit(Exit.FAILED)


def write(path: Path, content: str | bytes) -> bool:
    """Whether it was written; otherwise the reason is on the screen."""
    try:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    except OSError as error:
        typer.echo(f"{path.as_posix()}: cannot be written ({error.strerror}).", err=True)
        return False
    return True
