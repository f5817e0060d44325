"""Graph for one run of a command, signed in as the pipeline's own app registration."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from bot.cli.settings import CliSettings
from bot.clock import Clock
from bot.graph.budget import BACKGROUND
from bot.graph.client import CallFacts, GraphClient
from bot.graph.reader import ReaderGraph
from bot.graph.transport import graph_http
from bot.identity.app_tokens import AppTokens
from bot.identity.device import DeviceTokens
from bot.identity.login import Login, Registration, federated_registration, load_registration


class Tokens(Protocol):
    """Tokens of an app itself, or of the person who signed in. `signed_in` is that person's object id and name."""

    async def graph(self) -> str: ...
    async def graph_roles(self) -> frozenset[str]: ...
    async def signed_in(self) -> tuple[str, str]: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Session:
    """`client` and `tokens` are for what `reader` has no method for."""

    client: GraphClient
    tokens: Tokens
    reader: ReaderGraph
    clock: Clock
    app_id: str


@asynccontextmanager
async def graph_session(
    settings: CliSettings, observer: Callable[[CallFacts], None] | None = None
) -> AsyncIterator[Session]:
    """Graph as the app of these settings. Signs in with the first call.

    `observer` is told of every call. Raises ValueError, in one line, when certificate or token file cannot be used.
    """
    clock = Clock()
    login = Login(settings.login_url)
    tokens = _tokens(settings, login)
    try:
        async with graph_http(settings.graph_url) as http:
            client = GraphClient(settings.graph_url, http, clock, budget=BACKGROUND, observer=observer)
            yield Session(client, tokens, ReaderGraph(client, tokens.graph), clock, settings.client_id)
    finally:
        await tokens.close()
        login.close()


def _tokens(settings: CliSettings, login: Login) -> Tokens:
    resource = settings.graph_resource
    if settings.sign_in == "device":
        return DeviceTokens(login, settings.client_id, settings.tenant_id, graph_resource=resource, tell=_show)
    return AppTokens(login, _registration(settings), settings.tenant_id, graph_resource=resource)


async def _show(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _registration(settings: CliSettings) -> Registration:
    if settings.federated_token_file is not None:
        return federated_registration(settings.client_id, settings.federated_token_file)
    return load_registration(settings.client_id, settings.client_secret, settings.certificate_path)
