"""`--explain` for commands that work with a session: the same work, on a Graph that sends nothing."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
from collections.abc import Awaitable, Callable, Mapping

from bot.cli.exit_codes import Exit
from bot.cli.explained import tell_calls
from bot.cli.running import guarded, quiet_log
from bot.cli.session import Session
from bot.cli.settings import CliSettings, load_cli_settings
from bot.clock import Clock
from bot.errors import DoormanError
from bot.graph.explaining import Explaining
from bot.graph.reader import ReaderGraph
from bot.services.app_roles import AmbiguousApplication

_NOBODY = "00000000-0000-0000-0000-000000000000"
_CREDENTIALS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE")


class NoTokens:
    """Nobody is signed in."""

    async def graph(self) -> str:
        return ""

    async def graph_roles(self) -> frozenset[str]:
        return frozenset()

    async def signed_in(self) -> tuple[str, str]:
        return "", ""

    async def close(self) -> None:
        return None


def explain_work(work: Callable[[Session, CliSettings], Awaitable[object]], as_json: bool) -> None:
    """Do this work where nothing is sent, keep what it prints to itself, and tell its calls. Raises typer.Exit.

    What hangs on an answer is not known: where something is looked for by its id, that look is the last call.
    """
    explain_imagined(lambda line, settings: work(session_on(line), settings), as_json)


def explain_imagined(work: Callable[[Explaining, CliSettings], Awaitable[object]], as_json: bool) -> None:
    """The same for work that brings a Graph of its own over this line."""
    line = Explaining()

    async def whole() -> Exit:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(DoormanError, AmbiguousApplication):
            await work(line, imagined_settings(os.environ))
        tell_calls(line.calls, as_json)
        return Exit.DONE

    with quiet_log():
        guarded(lambda: asyncio.run(whole()))


def session_on(line: Explaining) -> Session:
    """A session in which nobody is signed in."""
    tokens = NoTokens()
    return Session(line, tokens, ReaderGraph(line, tokens.graph), Clock(), _NOBODY)


def imagined_settings(env: Mapping[str, str]) -> CliSettings:
    """The settings of this environment; what only signing in needs may be missing."""
    named = {"AZURE_TENANT_ID": _NOBODY, "AZURE_CLIENT_ID": _NOBODY}
    rest = {name: value for name, value in env.items() if name not in _CREDENTIALS and value}
    return load_cli_settings({**named, **rest, "DOORMAN_SIGN_IN": "app", "AZURE_CLIENT_SECRET": "none is used"})
