"""Published signing keys: fetched once, fetched again when an unknown one is used or they have grown old."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt

from bot.errors import ServiceBusy

_SECONDS_BETWEEN_FETCHES = 60.0
_SECONDS_BETWEEN_FIRST_FETCHES = 2.0
_SECONDS_UNTIL_OLD = 12 * 3600.0
_FETCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class SigningKey:
    key: jwt.PyJWK
    endorsements: frozenset[str]  # channels it may speak for; empty when the document names none


class KeysUnavailable(ServiceBusy):
    """The key document cannot be fetched or read right now, so no token can be judged."""


class SigningKeys:
    """RSA keys by `kid`.

    An unknown `kid` fetches the document again, at most once a minute, because anybody can invent one. `generation`
    counts the documents that differed; verdicts about tokens are worth keeping only within one generation.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, SigningKey] = {}
        self._published: list[Any] | None = None
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()
        self.generation = 0

    async def find(self, kid: str) -> SigningKey | None:
        """The key of this name. Raises KeysUnavailable when none has ever been fetched."""
        key = self._keys.get(kid)
        if key is not None and not self.is_old:
            return key
        async with self._lock:
            if kid not in self._keys or self.is_old:
                await self._refresh()
        return self._keys.get(kid)

    @property
    def is_old(self) -> bool:
        return self._fetched_at is None or self._monotonic() - self._fetched_at > _SECONDS_UNTIL_OLD

    async def _refresh(self) -> None:
        now = self._monotonic()
        if self._tried_at is not None and now - self._tried_at < _SECONDS_BETWEEN_FETCHES:
            if self._fetched_at is None:
                raise KeysUnavailable("signing keys")
            return
        self._tried_at = now
        try:
            document = await self._fetch()
            published = document["keys"]
            if not isinstance(published, list):
                raise ValueError("keys is not a list")
            keys = dict(_read(entry for entry in published if isinstance(entry, dict)))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            if self._fetched_at is None:
                # Nothing is known yet: a start beside a slow peer must not cost a whole minute.
                self._tried_at = now - _SECONDS_BETWEEN_FETCHES + _SECONDS_BETWEEN_FIRST_FETCHES
                raise KeysUnavailable("signing keys") from error
            return
        if published != self._published:
            self.generation += 1
        self._keys, self._published, self._fetched_at = keys, published, now


def _read(published: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, SigningKey]]:
    for entry in published:
        kid = entry.get("kid")
        if entry.get("kty") != "RSA" or not isinstance(kid, str) or entry.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(dict(entry), algorithm="RS256")
        except jwt.PyJWTError:
            continue  # One unreadable key must not take the others away.
        yield kid, SigningKey(key, frozenset(entry.get("endorsements") or ()))


async def fetch_json(http: aiohttp.ClientSession, url: str) -> Mapping[str, Any]:
    """A small JSON object. Raises aiohttp.ClientError, TimeoutError, ValueError."""
    timeout = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
    async with http.get(url, timeout=timeout, allow_redirects=False, raise_for_status=True) as response:
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        body = await response.read()
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document
