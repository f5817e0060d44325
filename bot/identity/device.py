"""A person signs in on another device: they enter a code in any browser, and what runs here acts as them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msal
import structlog

from bot.errors import ServiceBusy
from bot.identity.app_tokens import scopes_in
from bot.identity.login import Login, Result

_log = structlog.get_logger(__name__)


class DeviceTokens:
    """The tokens of one person for Graph, kept in memory. Asks them to sign in with the first call, and once.

    `tell` shows the sentence of Entra that says where to enter which code.
    """

    def __init__(
        self, login: Login, app_id: str, tenant_id: str, *, graph_resource: str, tell: Callable[[str], Awaitable[None]]
    ) -> None:
        self._login = login
        self._app_id = app_id
        self._tenant_id = tenant_id
        self._scopes = [f"{graph_resource.rstrip('/')}/.default"]
        self._tell = tell
        self._cache = msal.TokenCache()
        self._one_at_a_time = asyncio.Lock()
        self._who = ("", "")

    async def graph(self) -> str:
        """Raises ServiceBusy("sign-in"), also where nobody signs in in time."""
        async with self._one_at_a_time:
            result = await self._login.run(self._silently) or await self._by_code()
        if "access_token" not in result:
            _log.error("sign_in.device_refused", error=str(result.get("error")))
            raise ServiceBusy("sign-in")
        return str(result["access_token"])

    async def graph_roles(self) -> frozenset[str]:
        """The permissions that the person's token holds."""
        return scopes_in(await self.graph())

    async def signed_in(self) -> tuple[str, str]:
        """Object id and name of the person."""
        await self.graph()
        return self._who

    async def close(self) -> None:
        """Nothing goes on here by itself."""

    async def _by_code(self) -> Result:
        flow: dict[str, Any] = await self._login.run(lambda: self._app().initiate_device_flow(self._scopes))
        if "user_code" not in flow:
            return flow
        await self._tell(str(flow["message"]))
        result: Result = await self._login.run(lambda: self._app().acquire_token_by_device_flow(flow))
        claims = result.get("id_token_claims") or {}
        self._who = str(claims.get("oid", "")), str(claims.get("name", ""))
        return result

    def _silently(self) -> Result | None:
        app = self._app()
        accounts = app.get_accounts()
        result: Result | None = app.acquire_token_silent(self._scopes, accounts[0]) if accounts else None
        return result

    def _app(self) -> msal.PublicClientApplication:
        return self._login.public_application(self._app_id, self._tenant_id, self._cache)
