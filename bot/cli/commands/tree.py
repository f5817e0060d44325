"""`doorman tree`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from bot.cli.looking import tree
from bot.cli.running import run

NAME: Final = "tree"


def command(
    name: Annotated[str, typer.Argument(help="An access package or a catalog, by name")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines")] = False,
    is_explained: Annotated[
        bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none")
    ] = False,
) -> None:
    """Show a catalog, its access packages, what they grant, and their policies in words."""
    run(tree(name, as_json, is_explained))
