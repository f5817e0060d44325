"""Calls to the Bot Connector: one pooled session, patience where it helps, and errors in our own words.

Only 429, 412, 502, 503 and 504 are tried again. A send whose answer got lost is not: the message may be in the chat.
Source: "Rate limiting for bots" and "Build conversational capability", Teams developer documentation.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from weakref import WeakValueDictionary

import aiohttp

from bot.errors import ConnectorRefused, DoormanError, MessageGone, ServiceBusy, Throttled, Unreachable
from bot.metrics import Metrics
from bot.teams.activities import written
from bot.teams.inbound import ServiceHosts
from bot.teams.pacer import Pacer

PATIENT_SECONDS = 60.0
"""How long a call may be waited for and tried again where nobody looks at a spinner."""

_TRY_SECONDS = 10.0
_FIRST_BACK_OFF_SECONDS = 0.25
_LONGEST_BACK_OFF_SECONDS = 8.0
_AGAIN = frozenset({412, 429, 502, 503, 504})


class Connector:
    """Posts, edits and deletes messages. One call at a time per conversation, so that messages keep their order; only
    answers go before what has time.

    Every method takes `budget_seconds`, within which it waits and tries again, and raises: Unreachable (403),
    MessageGone (404), Throttled (429 for longer than the budget), ServiceBusy("connector") (5xx, time-out, no
    connection, no token), ConnectorRefused (anything else).
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        token: Callable[[], Awaitable[str]],
        hosts: ServiceHosts,
        metrics: Metrics,
        pacer: Pacer | None = None,
    ) -> None:
        self._http = http
        self._pacer = pacer or Pacer()
        self._token = token
        self.hosts = hosts
        self._metrics = metrics
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._calls: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._jitter = random.Random()  # noqa: S311  spreads retries, protects nothing

    async def send(
        self,
        service_url: str,
        conversation_id: str,
        activity: Mapping[str, Any],
        *,
        reply_to_id: str | None = None,
        budget_seconds: float = PATIENT_SECONDS,
    ) -> str:
        """Post a message and give back its id."""
        path = f"v3/conversations/{_quoted(conversation_id)}/activities"
        if reply_to_id:
            path = f"{path}/{_quoted(reply_to_id)}"
        async with self._turn_of(conversation_id, budget_seconds) as left:
            answer = await self._call("send", "POST", service_url, path, activity, left, conversation_id)
        return str(answer.get("id") or "")

    async def update(
        self,
        service_url: str,
        conversation_id: str,
        message_id: str,
        activity: Mapping[str, Any],
        *,
        budget_seconds: float = PATIENT_SECONDS,
    ) -> None:
        """Put this in place of the bot's own message."""
        path = f"v3/conversations/{_quoted(conversation_id)}/activities/{_quoted(message_id)}"
        async with self._turn_of(conversation_id, budget_seconds) as left:
            await self._call("update", "PUT", service_url, path, activity, left, conversation_id)

    async def delete(
        self, service_url: str, conversation_id: str, message_id: str, *, budget_seconds: float = PATIENT_SECONDS
    ) -> None:
        path = f"v3/conversations/{_quoted(conversation_id)}/activities/{_quoted(message_id)}"
        async with self._turn_of(conversation_id, budget_seconds) as left:
            await self._call("delete", "DELETE", service_url, path, None, left, conversation_id)

    async def open_chat(
        self, service_url: str, parameters: Mapping[str, Any], *, budget_seconds: float = PATIENT_SECONDS
    ) -> Mapping[str, Any]:
        """Open a 1:1 chat, or find the one there is: {id, serviceUrl?}. Opening it twice gives the same chat."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + budget_seconds
        await self._pace("", budget_seconds, is_answer=budget_seconds < PATIENT_SECONDS)
        return await self._call("open", "POST", service_url, "v3/conversations", parameters, deadline - loop.time())

    @asynccontextmanager
    async def _turn_of(self, conversation_id: str, budget_seconds: float) -> AsyncIterator[float]:
        """One call at a time to a chat, within Teams' limits; what is left of the budget.

        What has time waits in a queue of its own for its share of the limits, so that an answer can pass it.

        Raises: ServiceBusy("connector") when those before it take too long, Throttled.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + budget_seconds
        is_answer = budget_seconds < PATIENT_SECONDS
        async with AsyncExitStack() as places:
            if not is_answer:
                await places.enter_async_context(_place(_lock_of(self._queues, conversation_id), deadline))
            await self._pace(conversation_id, deadline - loop.time(), is_answer=is_answer)
            await places.enter_async_context(_place(_lock_of(self._calls, conversation_id), deadline))
            yield deadline - loop.time()

    async def _pace(self, conversation_id: str, seconds: float, *, is_answer: bool) -> None:
        """Wait until Teams takes one more call, at most so long. Raises Throttled."""
        wait = await self._pacer.pace(conversation_id, seconds, is_answer=is_answer)
        if wait > 0:
            raise Throttled(wait, "paced")

    async def _call(
        self,
        operation: str,
        method: str,
        service_url: str,
        path: str,
        body: Mapping[str, Any] | None,
        budget_seconds: float,
        conversation_id: str = "",
    ) -> Mapping[str, Any]:
        if not self.hosts.allows(service_url):
            # A stored address may be older than the list: the bot's token never goes to a host outside of it.
            raise ConnectorRefused(0, "host not allowed")
        url = f"{service_url.rstrip('/')}/{path}"
        data = None if body is None else written(body)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + budget_seconds
        back_off = _FIRST_BACK_OFF_SECONDS
        while True:
            status, retry_after, content = await self._try(operation, method, url, data, deadline)
            if status in (200, 201, 202, 204):
                return content
            error = _error(status, content)
            if status not in _AGAIN:
                raise error
            wait = retry_after if retry_after is not None else back_off * self._jitter.uniform(0.75, 1.25)
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                self._pacer.told_off(conversation_id, wait)
            if loop.time() + wait >= deadline:
                raise Throttled(wait, _code(content)) if status == 429 else error
            await asyncio.sleep(wait)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_SECONDS)

    async def _try(
        self, operation: str, method: str, url: str, data: bytes | None, deadline: float
    ) -> tuple[int, float | None, Mapping[str, Any]]:
        """One request: status, what Retry-After asks for, the JSON body. A lost connection counts as 503 or raises."""
        headers = {"Authorization": f"Bearer {await self._token()}", "Content-Type": "application/json; charset=utf-8"}
        left = deadline - asyncio.get_running_loop().time()
        timeout = aiohttp.ClientTimeout(total=max(0.5, min(_TRY_SECONDS, left)), sock_connect=5.0)
        try:
            async with self._http.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                content = await response.read()
                self._metrics.connector_calls.labels(operation, str(response.status)).inc()
                return response.status, _seconds(response.headers.get("Retry-After")), _object(content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            # Nothing was sent, so trying again cannot do it twice.
            self._metrics.connector_calls.labels(operation, "no connection").inc()
            return 503, None, {}
        except (aiohttp.ClientError, TimeoutError) as error:
            self._metrics.connector_calls.labels(operation, "lost").inc()
            if method == "POST" and operation != "open":
                raise ServiceBusy("connector", may_have_happened=True) from error
            return 503, None, {}


def _lock_of(locks: WeakValueDictionary[str, asyncio.Lock], name: str) -> asyncio.Lock:
    lock = locks.get(name)
    if lock is None:
        lock = locks[name] = asyncio.Lock()
    return lock


@asynccontextmanager
async def _place(lock: asyncio.Lock, deadline: float) -> AsyncIterator[None]:
    """Raises: ServiceBusy("connector") when the lock does not become free in time."""
    try:
        async with asyncio.timeout_at(deadline):
            await lock.acquire()
    except TimeoutError:
        raise ServiceBusy("connector") from None
    try:
        yield
    finally:
        lock.release()


@lru_cache(maxsize=4096)
def _quoted(part: str) -> str:
    return quote(part, safe="")


def _error(status: int, content: Mapping[str, Any]) -> DoormanError:
    code = _code(content)
    if status == 403:
        return Unreachable(code or "Forbidden")
    if status == 404:
        return MessageGone(code or "NotFound")
    if status in (408, 412) or status >= 500:
        return ServiceBusy("connector")
    return ConnectorRefused(status, code)


def _code(content: Mapping[str, Any]) -> str:
    """The connector's error code from either of its two envelopes; a sub-code tells more than number 209."""
    error = content.get("error")
    if isinstance(error, Mapping):
        return str(error.get("code") or "")[:100]
    message = content.get("message")
    if isinstance(message, str) and message.startswith("{"):
        detail = _object(message.encode())
        return str(detail.get("subCode") or content.get("errorCode") or "")[:100]
    return str(content.get("errorCode") or "")[:100]


def _object(content: bytes) -> Mapping[str, Any]:
    if not content:
        return {}
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None
