"""The tokens of an app itself: for Graph and for the Bot Connector."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import msal
import structlog

from bot.errors import ServiceBusy
from bot.identity.login import Login, Registration, Result
from bot.identity.refusals import codes_of

_RENEW_AHEAD_SECONDS = 280.0  # just inside the five minutes from which on MSAL itself asks for a new one
_USELESS_SECONDS = 30.0
_PAUSE_SECONDS = 5.0  # between attempts to renew a token that still works

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Slot:
    token: str = ""
    expires_at: float = float("-inf")
    renewal: asyncio.Task[None] | None = None
    tried_at: float = float("-inf")


class AppTokens:
    """Tokens by client credentials, kept in memory, renewed before they expire, one request in flight per scope.

    `connector_tenant` is the tenant that issues the connector's token: the own one, or `botframework.com` for a
    multi-tenant bot.
    """

    def __init__(
        self,
        login: Login,
        registration: Registration,
        tenant_id: str,
        *,
        graph_resource: str = "https://graph.microsoft.com",
        connector_scope: str = "https://api.botframework.com/.default",
        connector_tenant: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._login = login
        self._registration = registration
        self._graph = (tenant_id, f"{graph_resource.rstrip('/')}/.default")
        self._connector = (connector_tenant or tenant_id, connector_scope)
        self._monotonic = monotonic
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._cache = msal.TokenCache()

    async def graph(self) -> str:
        """Raises ServiceBusy("sign-in")."""
        return await self._token(self._graph)

    async def graph_roles(self) -> frozenset[str]:
        """The application permissions of Graph that this app has been given, as its own token lists them.

        Raises ServiceBusy("sign-in").
        """
        return roles_in(await self.graph())

    async def signed_in(self) -> tuple[str, str]:
        """Nobody: an app acts as itself."""
        return "", ""

    async def connector(self) -> str:
        """Raises ServiceBusy("sign-in")."""
        return await self._token(self._connector)

    async def close(self) -> None:
        """Stop renewing. Tokens that are in use go on working."""
        running = [slot.renewal for slot in self._slots.values() if slot.renewal is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _token(self, key: tuple[str, str]) -> str:
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot()
        left = slot.expires_at - self._monotonic()
        if left > _RENEW_AHEAD_SECONDS:
            return slot.token
        is_usable = left > _USELESS_SECONDS
        if slot.renewal is None and not (is_usable and self._monotonic() - slot.tried_at < _PAUSE_SECONDS):
            slot.tried_at = self._monotonic()
            slot.renewal = asyncio.create_task(self._renew(key, slot))
        if is_usable or slot.renewal is None:
            return slot.token
        # Shielded: whoever waits may give up, the others that wait for the same renewal may not be given up with them.
        await asyncio.shield(slot.renewal)
        if slot.expires_at <= self._monotonic():
            raise ServiceBusy("sign-in")
        return slot.token

    async def _renew(self, key: tuple[str, str], slot: _Slot) -> None:
        tenant, scope = key
        try:
            result = await self._login.run(lambda: self._acquire(tenant, scope))
        except ServiceBusy:
            _log.warning("sign_in.app_token_late", scope=scope)
            return
        except Exception:
            # Whoever waits hears ServiceBusy; this line is for whoever has to find out why.
            _log.exception("sign_in.app_token_failed", scope=scope)
            return
        finally:
            slot.renewal = None
        if "access_token" not in result:
            _log.error(
                "sign_in.app_token_refused",
                scope=scope,
                error=str(result.get("error")),
                aadsts=sorted(codes_of(result)),
            )
            return
        slot.token = str(result["access_token"])
        slot.expires_at = self._monotonic() + float(result.get("expires_in") or 0)

    def _acquire(self, tenant: str, scope: str) -> Result:
        application = self._login.application(self._registration, tenant, self._cache)
        result: Result = application.acquire_token_for_client([scope])
        return result


def roles_in(token: str) -> frozenset[str]:
    """The permissions that a token of our own names; none where it is not to be read. Nothing is trusted for it."""
    roles = _claim(token, "roles")
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()


def scopes_in(token: str) -> frozenset[str]:
    """The same for what a person's token lets an app do in their name."""
    return frozenset(str(_claim(token, "scp") or "").split())


def _claim(token: str, name: str) -> object:
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get(name)
    except (IndexError, ValueError, AttributeError):
        return None
