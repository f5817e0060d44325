"""One call to Graph: address, headers, time limit, and an answer that is either JSON or one of our errors."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import httpx
import structlog

from bot.clock import Clock
from bot.errors import DoormanError, GraphContractError, GraphError, GraphUnavailable, Throttled
from bot.graph.batch import BATCH_SIZE, Write, envelope, outcomes, write_envelope, write_outcomes
from bot.graph.budget import INTERACTIVE, Budget
from bot.graph.errors import error_from, http_date
from bot.graph.odata import GraphPath, Query, query_string
from bot.graph.transport import TRACE, GraphRetry, Trace
from bot.graph.wire_base import JsonObject

K = TypeVar("K", bound=Hashable)

_IDENTITY_GOVERNANCE: Final = "/identityGovernance/"
_BATCH: Final = "/$batch"
_BATCHES_IN_FLIGHT: Final = 4
_MOST_ITEMS: Final = 100_000  # more than any person or poll can use; a list without end stops here
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_CORRELATION_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is. `identity` names whose pace it keeps to: a person's object id, or an app."""

    identity: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a finished call. `template` is the path without ids, `attempts` counts what was really sent.

    `status` is 0 when nothing came back. `error` is the name of the error raised, "" when there was none.
    """

    method: str
    template: str
    status: int
    duration_seconds: float
    attempts: int
    request_id: str
    error: str


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    template: str
    url: str
    headers: Mapping[str, str]
    is_write: bool = False
    body: JsonObject | None = None


class GraphClient:
    """Speaks HTTP with Graph for many callers. `budget` bounds each call, with everything that it waits for.

    All methods raise NotAllowed, NotFound, Conflict and GraphError with its family, as `bot.graph.errors` maps them.
    `observer` is told of every call; it must not raise.
    """

    def __init__(
        self,
        base_url: str,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        budget: Budget = INTERACTIVE,
        observer: Callable[[CallFacts], None] | None = None,
    ) -> None:
        self._base = httpx.URL(base_url.rstrip("/"))
        self._http = http
        self._clock = clock
        self._budget = budget
        self._observer = observer

    def within(self, budget: Budget) -> GraphClient:
        """The same client with another budget; connections and pace stay shared."""
        return GraphClient(str(self._base), self._http, self._clock, budget=budget, observer=self._observer)

    async def get(
        self, caller: Caller, where: GraphPath, *, params: Query | None = None, locale: str | None = None
    ) -> JsonObject:
        return await self._exchange(caller, self._call("GET", where, params=params, locale=locale))

    async def post(
        self,
        caller: Caller,
        where: GraphPath,
        body: JsonObject | None = None,
        *,
        is_read: bool = False,
        locale: str | None = None,
    ) -> JsonObject:
        """The answer's object, {} when it is empty. With `is_read` the call changes nothing and may be sent again."""
        call = self._call("POST", where, body=body, is_write=not is_read, locale=locale)
        return await self._exchange(caller, call)

    async def patch(self, caller: Caller, where: GraphPath, body: JsonObject) -> JsonObject:
        """The answer's object, {} when it is empty."""
        return await self._exchange(caller, self._call("PATCH", where, body=body, is_write=True))

    async def write(self, caller: Caller, method: str, where: GraphPath, body: JsonObject | None = None) -> JsonObject:
        """A write with this method. The answer's object, {} when it is empty."""
        return await self._exchange(caller, self._call(method, where, body=body, is_write=True))

    async def collect(
        self,
        caller: Caller,
        where: GraphPath,
        limit: int = _MOST_ITEMS,
        *,
        params: Query | None = None,
        locale: str | None = None,
    ) -> list[JsonObject]:
        """The items of a collection, all pages of it, but no more than `limit`; stopping there is logged.

        Links to the next page are followed as they are, but never to another host: a token goes with them.
        """
        items: list[JsonObject] = []
        async for page in self.pages(caller, where, params=params, locale=locale):
            if len(items) >= limit:
                _log.warning("graph_list_cut", path=where.template, limit=limit)
                break
            items.extend(page)
        return items[:limit]

    async def pages(
        self,
        caller: Caller,
        where: GraphPath,
        *,
        params: Query | None = None,
        locale: str | None = None,
        after: JsonObject | None = None,
    ) -> AsyncIterator[list[JsonObject]]:
        """The items of a collection, a page at a time, for collections that do not fit in memory.

        With `after`, a page that was read otherwise, only those that follow it.
        """
        deadline = self._deadline() if self._budget.spans_pages else None
        seen: set[str] = set()
        call = self._call("GET", where, params=params, locale=locale)
        answer = after
        while True:
            if answer is None:
                answer = await self._exchange(caller, call, deadline)
                yield _page(answer)
            link = answer.get("@odata.nextLink")
            if not link:
                return
            answer = None
            if not isinstance(link, str) or link in seen:
                raise GraphContractError(200, "next page unusable")
            seen.add(link)
            call = replace(call, url=self._own_address(link))

    async def batch(
        self, caller: Caller, wanted: Mapping[K, tuple[GraphPath, Query | None]]
    ) -> dict[K, JsonObject | DoormanError]:
        """What became of each of these reads: its object, or the error that it met. The order means nothing.

        Items that Graph turned down for the moment are asked for again, as far as the budget goes.
        """
        keys = list(wanted)
        chunks = [keys[start : start + BATCH_SIZE] for start in range(0, len(keys), BATCH_SIZE)]
        turns = asyncio.Semaphore(_BATCHES_IN_FLIGHT)

        async def ask(chunk: Sequence[K]) -> dict[K, JsonObject | DoormanError]:
            async with turns:
                return await self._batch_of_few(caller, {key: wanted[key] for key in chunk})

        # Every part is awaited before the first failure is raised, so that nothing goes on unseen.
        parts = await asyncio.gather(*(ask(chunk) for chunk in chunks), return_exceptions=True)
        found: dict[K, JsonObject | DoormanError] = {}
        for part in parts:
            if isinstance(part, BaseException):
                raise part
            found.update(part)
        return found

    async def _batch_of_few(
        self, caller: Caller, wanted: Mapping[K, tuple[GraphPath, Query | None]]
    ) -> dict[K, JsonObject | DoormanError]:
        deadline = self._deadline()
        found: dict[K, JsonObject | DoormanError] = {}
        open_keys = list(wanted)
        for attempt in range(self._budget.resends + 1):
            parts = [wanted[key] for key in open_keys]
            headers = _standing_headers(_IDENTITY_GOVERNANCE, None)
            call = self._call("POST", GraphPath(_BATCH, _BATCH), body=envelope(parts, headers))
            found.update(zip(open_keys, outcomes(await self._exchange(caller, call, deadline), parts), strict=True))
            open_keys = [key for key in open_keys if isinstance(found[key], Throttled | GraphUnavailable)]
            wait = max((_wait_of(found[key], self._budget.backoff * 2**attempt) for key in open_keys), default=0.0)
            if not open_keys or wait > self._budget.longest_wait or wait + _loop_time() > deadline:
                break
            if attempt < self._budget.resends:
                await asyncio.sleep(wait)
        return found

    async def batch_writes(
        self, caller: Caller, posts: Mapping[K, tuple[GraphPath, JsonObject]]
    ) -> dict[K, JsonObject | DoormanError]:
        """What became of each of these writes, each carried out at most once: its object, or the error that it met.

        Only what Graph turned down unseen (429) is sent again, after the pause it asked for, which holds back the
        others too. An error with `may_have_happened` leaves it open whether the write was carried out.
        """
        keys = list(posts)
        chunks = [keys[start : start + BATCH_SIZE] for start in range(0, len(keys), BATCH_SIZE)]
        pause = _Pause()
        parts = await asyncio.gather(
            *(self._write_few(caller, {key: posts[key] for key in chunk}, pause) for chunk in chunks)
        )
        return {key: outcome for part in parts for key, outcome in part.items()}

    async def _write_few(
        self, caller: Caller, posts: Mapping[K, tuple[GraphPath, JsonObject]], pause: _Pause
    ) -> dict[K, JsonObject | DoormanError]:
        deadline = self._deadline()
        found: dict[K, JsonObject | DoormanError] = {}
        open_keys = list(posts)
        for _ in range(self._budget.resends + 1):
            await pause.over()
            parts: list[Write] = [("POST", *posts[key]) for key in open_keys]
            body = write_envelope(parts, _standing_headers(_IDENTITY_GOVERNANCE, None))
            try:
                answer = await self._exchange(
                    caller, self._call("POST", GraphPath(_BATCH, _BATCH), body=body, is_write=True), deadline
                )
            except DoormanError as error:
                return {**found, **dict.fromkeys(open_keys, error)}
            found.update(zip(open_keys, write_outcomes(answer, parts), strict=True))
            waits = {key: each.wait_seconds for key in open_keys if isinstance(each := found[key], Throttled)}
            open_keys, wait = list(waits), max(waits.values(), default=0.0)
            if not open_keys or wait > self._budget.longest_wait or wait + _loop_time() > deadline:
                break
            pause.until(_loop_time() + wait)
        return found

    def relative(self, link: str) -> str:
        """A link to a next page as a batch takes it. Raises: GraphContractError, for one that leads elsewhere."""
        own = self._own_address(link)
        base = str(self._base)
        if not own.startswith(f"{base}/"):
            raise GraphContractError(200, "next page elsewhere")
        return own.removeprefix(base)

    def _call(
        self,
        method: str,
        where: GraphPath,
        *,
        params: Query | None = None,
        body: JsonObject | None = None,
        is_write: bool = False,
        locale: str | None = None,
    ) -> _Call:
        query = f"?{query_string(params)}" if params else ""
        headers = _standing_headers(where.template, locale)
        return _Call(method, where.template, f"{self._base}{where.text}{query}", headers, is_write, body)

    async def _exchange(self, caller: Caller, call: _Call, deadline: float | None = None) -> JsonObject:
        started = _loop_time()
        until = self._deadline() if deadline is None else deadline
        trace = Trace(caller.identity, call.is_write, until, self._budget.longest_wait)
        status, request_id, error = 0, "", "Cancelled"
        try:
            response = await self._send(caller, call, trace)
            status, request_id = response.status_code, response.headers.get("request-id", "")
            self._observe_time(response)
            answer = _object_of(response, call)
            error = ""
            return answer
        except DoormanError as problem:
            error = type(problem).__name__
            status = status or (problem.status if isinstance(problem, GraphError) else 0)
            raise
        finally:
            duration = _loop_time() - started
            self._tell(CallFacts(call.method, call.template, status, duration, trace.attempts, request_id, error))

    async def _send(self, caller: Caller, call: _Call, trace: Trace) -> httpx.Response:
        budget = self._budget
        retry = GraphRetry.for_call(budget, is_write=call.is_write, deadline=trace.deadline)
        try:
            async with asyncio.timeout_at(trace.deadline):
                return await self._http.request(
                    call.method,
                    call.url,
                    json=call.body,
                    headers={
                        **call.headers,
                        "Authorization": f"Bearer {caller.token}",
                        "client-request-id": _correlation_id(),
                    },
                    timeout=httpx.Timeout(budget.attempt, connect=budget.connect, pool=budget.connect),
                    extensions={TRACE: trace, "retry": retry},
                )
        except (TimeoutError, httpx.TransportError) as lost:
            doubt = call.is_write and trace.is_in_doubt
            raise GraphUnavailable(0, type(lost).__name__, may_have_happened=doubt) from lost

    def _own_address(self, link: str) -> str:
        """`link` when it leads back to the service that the token is for. Raises: GraphContractError."""
        try:
            url = self._base.join(link)
        except (httpx.InvalidURL, ValueError):
            raise GraphContractError(200, "next page unusable") from None
        if (url.scheme, url.host, url.port, url.userinfo) != (self._base.scheme, self._base.host, self._base.port, b""):
            raise GraphContractError(200, "next page elsewhere")
        return str(url)

    def _observe_time(self, response: httpx.Response) -> None:
        server_time = http_date(response.headers.get("date", ""))
        if server_time is not None:
            self._clock.observe(server_time)

    def _tell(self, facts: CallFacts) -> None:
        _log.info(
            "graph_call",
            method=facts.method,
            path=facts.template,
            status=facts.status,
            duration_ms=round(facts.duration_seconds * 1000),
            attempts=facts.attempts,
            request_id=facts.request_id,
            error=facts.error,
        )
        if self._observer is not None:
            self._observer(facts)

    def _deadline(self) -> float:
        return _loop_time() + self._budget.total


class _Pause:
    """A pause that Graph asked of one of several batches, and that all of them keep."""

    def __init__(self) -> None:
        self._until = 0.0

    def until(self, moment: float) -> None:
        self._until = max(self._until, moment)

    async def over(self) -> None:
        await asyncio.sleep(max(0.0, self._until - _loop_time()))


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def _standing_headers(template: str, locale: str | None) -> dict[str, str]:
    """What a call is sent with whoever makes it. Entitlement management hides new enum members unless told not to."""
    headers = {}
    if template.startswith(_IDENTITY_GOVERNANCE):
        headers["Prefer"] = "include-unknown-enum-members"
    if locale and _LANGUAGE_TAG.fullmatch(locale):
        headers["Accept-Language"] = locale
    return headers


def _correlation_id() -> str:
    """The id of what is going on (a turn, a job), bound as `correlation_id` in structlog's context; else a new one."""
    bound = structlog.contextvars.get_contextvars().get("correlation_id")
    return bound if isinstance(bound, str) and _CORRELATION_ID.fullmatch(bound) else str(uuid.uuid4())


def _object_of(response: httpx.Response, call: _Call) -> JsonObject:
    """The JSON object of an answer, {} when a write is answered by nothing.

    An answer to a write that cannot be read is like a lost one: the write may have been carried out.
    """
    status = response.status_code
    body = _json_of(response)
    if status >= 300:
        raise error_from(status, response.headers, body, what=call.template, is_write=call.is_write)
    if isinstance(body, dict):
        return body
    if call.method != "GET" and not response.content:
        return {}
    if call.is_write:
        raise GraphUnavailable(status, "unreadable answer", may_have_happened=True)
    raise GraphContractError(status, "no JSON object")


def _json_of(response: httpx.Response) -> object:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _page(answer: JsonObject) -> list[JsonObject]:
    items = answer.get("value")
    if not isinstance(items, list):
        raise GraphContractError(200, "no collection")
    return [item for item in items if isinstance(item, dict)]


def _wait_of(outcome: JsonObject | DoormanError, backoff: float) -> float:
    return outcome.wait_seconds if isinstance(outcome, Throttled) else backoff
