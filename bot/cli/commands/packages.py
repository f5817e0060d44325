"""`doorman packages`: access packages as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from bot.cli.administration import Agreement
from bot.cli.adopting import export_packages
from bot.cli.explained import explain_export, explain_visibility
from bot.cli.file_commands import Explain, Json, Tenant, file_commands
from bot.cli.running import run
from bot.cli.visibility import set_visibility
from bot.files.packages_yaml import read_packages

NAME: Final = "packages"
group = file_commands("Access packages as a file: plan, apply, export; hide and show one.", read_packages)


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


Package = Annotated[str, typer.Argument(help="The access package, by name or id")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change and change nothing")]


@group.command("hide")
def hide_command(
    package: Package, tenant: Tenant = "", dry_run: DryRun = False, as_json: Json = False, is_explained: Explain = False
) -> None:
    """Hide an access package from lists and searches; who has its address can still ask."""
    _set_visibility(package, True, tenant, dry_run, as_json, is_explained)


@group.command("show")
def show_command(
    package: Package, tenant: Tenant = "", dry_run: DryRun = False, as_json: Json = False, is_explained: Explain = False
) -> None:
    """Let an access package be found again by whoever may ask for it."""
    _set_visibility(package, False, tenant, dry_run, as_json, is_explained)


def _set_visibility(
    package: str, is_hidden: bool, tenant: str, dry_run: bool, as_json: bool, is_explained: bool
) -> None:
    if is_explained:
        run(explain_visibility(package, is_hidden, as_json))
    run(set_visibility(package, is_hidden, Agreement(tenant), dry_run, as_json))
