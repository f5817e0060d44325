"""`doorman`: what administrators and pipelines do from a command line."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from bot.cli import commands
from bot.cli.exit_codes import Exit
from bot.logging import configure_logging

_REHEARSE: Final = "rehearse"
_REHEARSAL_NEEDS: Final = ("rehearsal", "sandbox", "odata_query")


class Commands(TyperGroup):
    """Ends with 1 where the command line cannot be read: a pipeline takes 2 for changes that wait."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        with _ending_as_failed():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _ending_as_failed():
            return super().invoke(ctx)


@contextmanager
def _ending_as_failed() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # What typer raises for a command line that it cannot read has no public name, but its own exit code.
        if not isinstance(error, typer.Exit) and getattr(error, "exit_code", None) == Exit.CHANGES:
            vars(error)["exit_code"] = int(Exit.FAILED)
        raise


def build_app() -> typer.Typer:
    """The command line with every module of `bot.cli.commands`; nobody keeps a list of them.

    A module has a `NAME`, and either a `group` of commands or one `command`.
    """
    app = typer.Typer(
        name="doorman",
        cls=Commands,
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
