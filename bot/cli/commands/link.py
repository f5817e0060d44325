"""`doorman link`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from bot.cli.looking import link
from bot.cli.running import run

NAME: Final = "link"


def command(
    package: Annotated[str, typer.Argument(help="The access package, by name")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines")] = False,
    is_explained: Annotated[
        bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none")
    ] = False,
) -> None:
    """Print the address where people ask for an access package; warn when nobody could approve."""
    run(link(package, as_json, is_explained))
