"""`doorman`: what administrators and pipelines do from a command line."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any, Final

import typer

from bot.cli import commands
from bot.cli.exit_codes import Exit
from bot.logging import configure_logging

_REHEARSE: Final = "rehearse"
_REHEARSAL_NEEDS: Final = ("rehearsal", "sandbox", "odata_query")


def build_app() -> typer.Typer:
    """The command line with every module of `bot.cli.commands`; nobody keeps a list of them.

    A module has a `NAME`, and either a `group` of commands or one `command`.
    """
    app = typer.Typer(
        name="doorman",
        help="Access packages from a command line: files, projects, packages, health.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for found in sorted(pkgutil.iter_modules(commands.__path__), key=lambda each: each.name):
        _add(app, importlib.import_module(f"{commands.__name__}.{found.name}"))
    _add_rehearsal(app)
    app.callback()(_every_command)
    return app


def _add(app: typer.Typer, module: ModuleType) -> None:
    command: Callable[..., Any] | None = getattr(module, "command", None)
    if command is not None:
        app.command(module.NAME)(command)
    else:
        app.add_typer(module.group, name=module.NAME)


def _every_command() -> None:
    """Being there, it keeps the names of commands, however few there are."""


def _add_rehearsal(app: typer.Typer) -> None:
    """The one command that needs a sandbox, which an image for production may leave out."""
    if all(importlib.util.find_spec(name) for name in _REHEARSAL_NEEDS):
        app.command(_REHEARSE)(importlib.import_module("rehearsal.command").rehearse)
    else:
        takes_anything = {"allow_extra_args": True, "ignore_unknown_options": True}
        app.command(_REHEARSE, context_settings=takes_anything)(no_rehearsal)


def no_rehearsal(what: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
    """Not installed here: it needs Doorman's sandbox (pip install "doorman[sandbox]")."""
    sys.stderr.write('A rehearsal needs Doorman\'s sandbox, which is not installed: pip install "doorman[sandbox]".\n')
    raise typer.Exit(Exit.FAILED)


def main() -> None:
    # Standard output belongs to what the commands write.
    configure_logging(os.environ.get("LOG_LEVEL", "WARNING").upper())
    build_app()(prog_name="doorman")


if __name__ == "__main__":
    main()
