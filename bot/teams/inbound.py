"""Who is calling /api/messages: the check of the channel's token and of the activity that comes with it.

Source: "Authenticate requests from the Bot Connector service to your bot" (Bot Connector REST reference).
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt

from bot.identity.keys import SigningKeys, fetch_json
from bot.settings import is_loopback

_HOST = re.compile(r"[a-z0-9.:-]+")
_LEEWAY_SECONDS = 300
_KEPT_VERDICTS = 2000
_LONGEST_TOKEN = 16_384  # characters


class DeniedError(Exception):
    """The token or its bearer is not acceptable; always answered with 401. `reason` is for logs and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a genuine token says."""

    service_url: str
    endorsements: frozenset[str]
    useful_until: float
    generation: int

    def must_fit(self, service_url: str, channel_id: str) -> None:
        """Raises DeniedError. Asked every time: one token may come with many activities."""
        if self.service_url != _without_slash(service_url):
            raise DeniedError("service URL")
        if self.endorsements and channel_id not in self.endorsements:
            raise DeniedError("endorsement")


def channel_keys(http: aiohttp.ClientSession, metadata_url: str) -> SigningKeys:
    """The keys that the channel signs with, found through its OpenID document."""

    async def fetch() -> Mapping[str, Any]:
        document = await fetch_json(http, metadata_url)
        keys_url = document.get("jwks_uri")
        if not isinstance(keys_url, str):
            raise ValueError("jwks_uri missing")
        parts = urlsplit(keys_url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("jwks_uri is not https")
        return await fetch_json(http, keys_url)

    return SigningKeys(fetch)


class ChannelTokens:
    """Checks `Authorization` headers. Verdicts about genuine tokens are kept until they expire or keys change."""

    def __init__(self, keys: SigningKeys, *, app_id: str, issuer: str, now: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._app_id = app_id
        self._issuer = issuer
        self._now = now
        self._verdicts: OrderedDict[str, Verdict] = OrderedDict()

    async def check(self, authorization: str | None) -> Verdict:
        """What the token says. Raises DeniedError, or KeysUnavailable when nothing can be judged right now."""
        if not authorization or not authorization.startswith("Bearer "):
            raise DeniedError("no bearer token")
        return await self._verdict(authorization[7:])

    async def _verdict(self, token: str) -> Verdict:
        kept = self._verdicts.get(token)
        if kept is not None and kept.useful_until > self._now() and kept.generation == self._keys.generation:
            if not self._keys.is_old:
                return kept
        elif kept is not None:
            del self._verdicts[token]
        verdict = await self._judge(token)
        self._verdicts[token] = verdict
        if len(self._verdicts) > _KEPT_VERDICTS:
            self._verdicts.popitem(last=False)
        return verdict

    async def _judge(self, token: str) -> Verdict:
        if len(token) > _LONGEST_TOKEN:
            raise DeniedError("token too long")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, UnicodeError):  # a header may carry any bytes
            raise DeniedError("not a token") from None
        kid = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(kid, str) or not kid:
            raise DeniedError("algorithm or key name")
        key = await self._keys.find(kid)
        if key is None:
            raise DeniedError("unknown key")
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "nbf", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise DeniedError(type(error).__name__) from None
        service_url = claims.get("serviceurl")
        if not isinstance(service_url, str) or not service_url:
            raise DeniedError("service URL claim")
        useful_until = float(claims["exp"]) + _LEEWAY_SECONDS
        return Verdict(_without_slash(service_url), key.endorsements, useful_until, self._keys.generation)


class ServiceHosts:
    """The hosts that the bot's own token may be sent to."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        """`hosts` are `host` (https, default port), `host:port`, or `*.suffix`."""
        self._exact = frozenset(host for host in hosts if not host.startswith("*."))
        self._suffixes = tuple(host[1:] for host in hosts if host.startswith("*."))
        self._seen: dict[str, bool] = {}

    def allows(self, url: str) -> bool:
        known = self._seen.get(url)
        if known is None:
            known = self._judge(url)
            if len(self._seen) < 1000:
                self._seen[url] = known
        return known

    def _judge(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        # Whoever makes the call may take any other sign in a host's name for its end, and call somebody else.
        if not _HOST.fullmatch(host) or parts.username is not None or parts.password is not None:
            return False
        if parts.query or parts.fragment:
            return False
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            return False
        if (f"{host}:{port}" if port else host) in self._exact:
            return True
        return port in (None, 443) and (host in self._exact or host.endswith(self._suffixes or ("\0",)))


def _without_slash(url: str) -> str:
    return url.rstrip("/")
