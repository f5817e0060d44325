"""`doorman packages`: access packages as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from bot.cli.administration import run
from bot.cli.adopting import export_packages
from bot.cli.explained import explain_export
from bot.cli.file_commands import Explain, Json, file_commands
from bot.files.packages_yaml import read_packages

NAME: Final = "packages"
group = file_commands("Access packages as a file: plan, apply, export.", read_packages)


@group.command("export")
def export_command(
    catalog: Annotated[str, typer.Argument(help="The catalog whose packages are written")],
    out: Annotated[Path | None, typer.Option(help="The file to write; printed when left out")] = None,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Write the packages of a catalog as a file: a backup, and a start for another tenant. Changes nothing."""
    if is_explained:
        run(explain_export(catalog, "", as_json))
    run(export_packages(catalog, out, as_json))
