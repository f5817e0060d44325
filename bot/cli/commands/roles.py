"""`doorman roles`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from bot.cli.looking import roles
from bot.cli.running import run

NAME: Final = "roles"


def command(
    resource: Annotated[str, typer.Argument(help="A group or an enterprise application, by name or id")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines")] = False,
    is_explained: Annotated[
        bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none")
    ] = False,
) -> None:
    """List the roles of a resource that an access package can grant."""
    run(roles(resource, as_json, is_explained))
