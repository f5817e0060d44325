"""`doorman`: what administrators and pipelines do from a command line."""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import Protocol

import typer

from bot.cli import commands
from bot.logging import configure_logging


class CommandModule(Protocol):
    """A module of `bot.cli.commands`: one group of commands, under its name."""

    NAME: str
    group: typer.Typer


def build_app() -> typer.Typer:
    """The command line with every group of `bot.cli.commands`; nobody keeps a list of them."""
    app = typer.Typer(
        name="doorman",
        help="Access packages from a command line: files, projects, packages, health.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for found in sorted(pkgutil.iter_modules(commands.__path__), key=lambda each: each.name):
        module: CommandModule = importlib.import_module(f"{commands.__name__}.{found.name}")
        app.add_typer(module.group, name=module.NAME)
    return app


def main() -> None:
    configure_logging(os.environ.get("LOG_LEVEL", "WARNING").upper())
    build_app()(prog_name="doorman")


if __name__ == "__main__":
    main()
