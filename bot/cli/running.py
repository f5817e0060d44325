"""Runs the work of a command: signed in, with one line for whatever goes wrong, and with an exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import typer

from bot.cli.exit_codes import Exit
from bot.cli.session import Session, graph_session
from bot.cli.settings import CliSettings, load_cli_settings
from bot.config import ConfigError
from bot.errors import DoormanError, GraphRefused, NotAllowed, NotFound, ServiceBusy
from bot.files.yaml_document import FileRefused
from bot.plans.administration_text import finding_line
from bot.plans.journal import JournalError
from bot.settings import SettingsError


class Stop(Exception):
    """The command cannot go on; the text is one line for whoever typed it."""


def with_session(work: Callable[[Session, CliSettings], Awaitable[Exit]]) -> None:
    """Sign in, do the work, and end the process with its exit code. Raises typer.Exit."""

    async def whole() -> Exit:
        settings = load_cli_settings(os.environ)
        async with graph_session(settings) as session:
            return await work(session, settings)

    with quiet_log():
        guarded(lambda: asyncio.run(whole()))


@contextmanager
def quiet_log() -> Iterator[None]:
    """Keep the lines of every call out of what a command prints; what is wrong goes to standard error."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def run(work: Coroutine[Any, Any, Exit]) -> None:
    """Run this work and end the process with its exit code. Raises typer.Exit."""
    guarded(lambda: asyncio.run(work))


def guarded(work: Callable[[], Exit]) -> None:
    """End the process with the exit code of this work, or with one line on standard error. Raises typer.Exit."""
    try:
        code = work()
    except FileRefused as error:
        for finding in error.findings:
            typer.echo(finding_line(finding), err=True)
        code = Exit.FAILED
    except OSError as error:
        typer.echo(f"doorman: {_of_file(error)}", err=True)
        code = Exit.FAILED
    except (Stop, SettingsError, ConfigError, JournalError, ValueError) as error:
        typer.echo(f"doorman: {error}", err=True)
        code = Exit.FAILED
    except DoormanError as error:
        typer.echo(f"doorman: {told(error)}", err=True)
        code = Exit.FAILED
    raise typer.Exit(code)


def _of_file(error: OSError) -> str:
    return (
        f"{error.filename}: {error.strerror}"
        if error.filename and error.strerror
        else str(error) or type(error).__name__
    )


def told(error: DoormanError) -> str:
    """What went wrong, in a line for somebody with a terminal."""
    if isinstance(error, NotAllowed):
        return f"Microsoft 365 does not allow this ({error.what or error.code or 'no reason given'})."
    if isinstance(error, NotFound):
        return f"There is no such thing: {error.what}."
    if isinstance(error, GraphRefused):
        return f"Microsoft 365 refuses: {error.message or error.code}"
    if isinstance(error, ServiceBusy):
        return f"{error.what} cannot be reached, or does not accept the credentials."
    return f"{type(error).__name__}: {error}"
