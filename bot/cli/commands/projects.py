"""`doorman projects`: projects as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from bot.cli.adopting import export_projects
from bot.cli.explained import explain_export
from bot.cli.file_commands import Explain, Json, file_commands
from bot.cli.running import run
from bot.files.projects_yaml import read_projects

NAME: Final = "projects"
group = file_commands("Projects as a file: plan, apply, adopt, export.", read_projects)

Catalog = Annotated[str, typer.Argument(help="The catalog that holds the projects' packages")]
Application = Annotated[str, typer.Option(help="The application whose roles the groups carry")]
Out = Annotated[Path | None, typer.Option(help="The file to write; printed when left out")]


@group.command("adopt")
def adopt_command(
    catalog: Catalog,
    application: Application = "",
    out: Out = None,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Write a file for what somebody made by hand; planning it changes nothing, and from then on the file leads."""
    if is_explained:
        run(explain_export(catalog, application, as_json))
    run(export_projects(catalog, application, out, as_json))


@group.command("export")
def export_command(
    catalog: Catalog,
    application: Application = "",
    out: Out = None,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Write the projects as they are now, for comparing and for keeping. Changes nothing."""
    if is_explained:
        run(explain_export(catalog, application, as_json))
    run(export_projects(catalog, application, out, as_json))
