"""How requests travel to Graph: whole answers, an even pace per identity, and resending where that is safe.

Layers from the outside in: `RetryTransport` of httpx-retries, told by a `GraphRetry` per call what may be sent again;
`Paced`; `Whole`; and aiohttp, whose client costs a fraction of the processor time of httpx's own transport.
Nothing here knows what a request is about.
"""

from __future__ import annotations

import asyncio
import copy
import http.cookiejar
import math
import ssl
from dataclasses import dataclass, field
from typing import Final, Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from httpx_retries import Retry, RetryTransport

from bot.errors import GraphUnavailable, Throttled
from bot.graph.budget import Budget
from bot.graph.errors import asked_wait_seconds

TRACE: Final = "doorman.trace"
"""The request extension that carries a `Trace`."""

_READS_IN_FLIGHT: Final = 16
_WRITES_IN_FLIGHT: Final = 4
_CONNECTIONS: Final = 128
_MANY_LANES: Final = 1000
_UNASKED_PAUSE_SECONDS: Final = 1.0
_READ_STATUSES: Final = (429, 500, 502, 503, 504)
_HOP_HEADERS: Final = ("content-encoding", "content-length", "transfer-encoding")


@dataclass(slots=True)
class Trace:
    """One call on its way: whose it is, until when it may take, and what has become of it so far.

    `deadline` is a moment of the event loop's clock. `is_in_doubt` is True while an attempt was sent and nothing
    came back, so that it is unknown whether it was carried out.
    """

    identity: str
    is_write: bool
    deadline: float
    longest_wait: float
    attempts: int = 0
    is_in_doubt: bool = False


class GraphRetry(Retry):
    """What may be sent again within one call, and for how long to wait before.

    Reads go again after 429, 5xx and anything lost. Writes go again only when nothing can have happened: after 429,
    and when no connection was made. A wait that the budget does not cover is not begun; the caller hears of it.
    """

    deadline: float = math.inf

    @classmethod
    def for_call(cls, budget: Budget, *, is_write: bool, deadline: float) -> Self:
        retry = cls(
            total=budget.resends,
            allowed_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            status_forcelist=[429] if is_write else _READ_STATUSES,
            retry_on_exceptions=[httpx.ConnectError] if is_write else None,
            backoff_factor=budget.backoff,
            backoff_jitter=0.5,
            max_backoff_wait=budget.longest_wait,
        )
        retry.deadline = deadline
        return retry

    def increment(self) -> Self:
        """The same rules, one attempt later. The base class would make a copy without `deadline`."""
        following = copy.copy(self)
        following.attempts_made += 1
        return following

    async def asleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt as long as Graph asks, or with a growing pause when it does not say.

        Raises: Throttled or GraphUnavailable instead of a wait that is too long, or what was lost itself.
        """
        asked = asked_wait_seconds(response.headers) if isinstance(response, httpx.Response) else None
        wait = self.backoff_strategy() if asked is None else asked
        if wait > self.max_backoff_wait or asyncio.get_running_loop().time() + wait > self.deadline:
            raise _given_up(response, wait)
        await asyncio.sleep(wait)


def _given_up(response: httpx.Response | Exception, wait: float) -> Exception:
    if isinstance(response, Exception):
        return response
    if response.status_code == 429:
        return Throttled(wait)
    return GraphUnavailable(response.status_code)  # only reads are waited for here, so nothing was changed


class Whole(httpx.AsyncBaseTransport):
    """Gives back answers that have arrived completely, and names failures by what they mean for a resend.

    `httpx.ConnectError`: nothing was sent. `httpx.TimeoutException`: no answer in time. `httpx.RemoteProtocolError`:
    the answer was lost, cut off or garbled. httpx-aiohttp alone calls a refused connection and an answer lost half
    way both a `ConnectTimeout`, which would let a write be sent twice.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._inner.handle_async_request(request)
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        except (httpx.HTTPError, aiohttp.ClientError) as error:
            renamed = _renamed(error, request)
            if renamed is error:
                raise
            raise renamed from error
        headers = [(name, value) for name, value in response.headers.raw if name.lower().decode() not in _HOP_HEADERS]
        return httpx.Response(
            response.status_code, headers=headers, content=body, request=request, extensions=response.extensions
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def _renamed(error: httpx.HTTPError | aiohttp.ClientError, request: httpx.Request) -> httpx.TransportError:
    cause = error if isinstance(error, aiohttp.ClientError) else error.__cause__
    if isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return httpx.ConnectError(type(cause).__name__, request=request)
    if isinstance(cause, aiohttp.ServerTimeoutError):
        return httpx.ReadTimeout(type(cause).__name__, request=request)
    if isinstance(error, httpx.TransportError) and not isinstance(cause, aiohttp.ClientError):
        return error  # from another transport than aiohttp's, which names its failures itself
    return httpx.RemoteProtocolError(type(cause or error).__name__, request=request)


@dataclass(slots=True)
class _Lane:
    """The pace of one identity. `resume_at` is a moment of the event loop's clock."""

    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READS_IN_FLIGHT))
    writes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_WRITES_IN_FLIGHT))
    users: int = 0
    resume_at: float = 0.0

    async def wait_for_leave(self, trace: Trace) -> None:
        """Wait out a pause that Graph asked of this identity. Raises: Throttled when it is too long for this call."""
        loop = asyncio.get_running_loop()
        while (wait := self.resume_at - loop.time()) > 0:
            if wait > trace.longest_wait or self.resume_at > trace.deadline:
                raise Throttled(wait)
            await asyncio.sleep(wait)


class Paced(httpx.AsyncBaseTransport):
    """Lets each identity have so many reads and writes in flight, and holds all of them back after a 429.

    Graph counts early returns against the caller, so the calls that have not been turned down yet wait as well.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._lanes: dict[str, _Lane] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        trace = request.extensions.get(TRACE)
        if not isinstance(trace, Trace):
            return await self._inner.handle_async_request(request)
        lane = self._enter(trace.identity)
        try:
            async with lane.writes if trace.is_write else lane.reads:
                await lane.wait_for_leave(trace)
                response = await self._attempt(request, trace)
            if response.status_code == 429:
                asked = asked_wait_seconds(response.headers)
                pause = _UNASKED_PAUSE_SECONDS if asked is None else asked
                lane.resume_at = max(lane.resume_at, asyncio.get_running_loop().time() + pause)
            return response
        finally:
            lane.users -= 1

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _attempt(self, request: httpx.Request, trace: Trace) -> httpx.Response:
        trace.attempts += 1
        trace.is_in_doubt = True
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.ConnectError:
            trace.is_in_doubt = False
            raise
        trace.is_in_doubt = False
        return response

    def _enter(self, identity: str) -> _Lane:
        if len(self._lanes) >= _MANY_LANES:
            now = asyncio.get_running_loop().time()
            self._lanes = {key: lane for key, lane in self._lanes.items() if lane.users or lane.resume_at > now}
        lane = self._lanes.setdefault(identity, _Lane())
        lane.users += 1
        return lane


def graph_http(base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """The one HTTP client of the app for Graph; close it in the end. It is costly to make.

    It follows no redirects, because a token is for one host only, and keeps no cookies, because one person's must
    not travel with another's call. `transport` takes the place of the network.
    """
    return httpx.AsyncClient(
        base_url=base_url,
        transport=RetryTransport(transport=Paced(Whole(transport or _over_aiohttp()))),
        follow_redirects=False,
        trust_env=False,
        cookies=http.cookiejar.CookieJar(policy=http.cookiejar.DefaultCookiePolicy(allowed_domains=[])),
        headers={"Accept": "application/json", "User-Agent": "doorman"},
    )


def _over_aiohttp() -> AiohttpTransport:
    trusted = ssl.create_default_context()

    def session() -> aiohttp.ClientSession:
        # Made at the first request, because aiohttp wants a running loop.
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=trusted)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    return AiohttpTransport(verify=trusted, client=session)
