"""`doorman`: what administrators and pipelines do from a command line."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

import typer

from bot.cli import commands
from bot.logging import configure_logging


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
    return app


def _add(app: typer.Typer, module: ModuleType) -> None:
    command: Callable[..., Any] | None = getattr(module, "command", None)
    if command is not None:
        app.command(module.NAME)(command)
    else:
        app.add_typer(module.group, name=module.NAME)


def main() -> None:
    configure_logging("WARNING")
    build_app()(prog_name="doorman")


if __name__ == "__main__":
    main()
