"""What everything has in common that calls Graph with the token of an app itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.graph.client import Caller, GraphClient


class AsApp:
    """`identity` names whose pace the calls keep to: apps are throttled each by themselves."""

    def __init__(
        self, client: GraphClient, app_token: Callable[[], Awaitable[str]], *, identity: str = "reader"
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._identity = identity

    async def _caller(self) -> Caller:
        return Caller(self._identity, await self._app_token())
