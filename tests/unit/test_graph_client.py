from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.clock import Clock
from bot.errors import (
    DoormanError,
    GraphContractError,
    GraphRefused,
    GraphUnavailable,
    NotAllowed,
    NotFound,
    Throttled,
)
from bot.graph.client import Caller, CallFacts
from bot.graph.odata import path
from tests.unit.graph_fakes import ANYBODY, BASE, NOW, QUICK, Answer, FakeGraph, answer, page, refusal

PACKAGES = path("/identityGovernance/entitlementManagement/accessPackages")
USER = path("/users/{user}", user="some-secret-id")


@pytest.fixture(autouse=True)
def no_context() -> Iterator[None]:
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


async def test_a_read_carries_token_language_and_correlation_id() -> None:
    graph = FakeGraph(answer({"id": "1"}))
    structlog.contextvars.bind_contextvars(correlation_id="11111111-2222-3333-4444-555555555555")
    found = await graph.client().get(ANYBODY, PACKAGES, params={"$expand": "catalog"}, locale="nl-NL")
    assert found == {"id": "1"}
    sent = graph.requests[0]
    assert str(sent.url) == f"{BASE}{PACKAGES.text}?$expand=catalog"
    assert sent.headers["Authorization"] == "Bearer a-token"
    assert sent.headers["Prefer"] == "include-unknown-enum-members"
    assert sent.headers["Accept-Language"] == "nl-NL"
    assert sent.headers["client-request-id"] == "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize("bound", [None, "line\r\nbreak", "é", "x" * 100])
async def test_without_a_usable_correlation_id_a_new_one_is_made(bound: str | None) -> None:
    graph = FakeGraph(answer({}))
    structlog.contextvars.bind_contextvars(correlation_id=bound)
    await graph.client().get(ANYBODY, USER)
    assert uuid.UUID(graph.requests[0].headers["client-request-id"])


@pytest.mark.parametrize("locale", ["nl\r\nX-Evil: 1", "", "*", "a" * 9, "en_US;q=1"])
async def test_a_language_that_is_no_language_is_not_sent(locale: str) -> None:
    graph = FakeGraph(answer({}))
    await graph.client().get(ANYBODY, USER, locale=locale)
    assert "Accept-Language" not in graph.requests[0].headers
    assert "Prefer" not in graph.requests[0].headers


async def test_graphs_clock_is_followed() -> None:
    clock = Clock(lambda: NOW)
    graph = FakeGraph(answer({}, Date="Mon, 02 Nov 2026 10:00:00 GMT"))
    await graph.client(clock=clock).get(ANYBODY, USER)
    assert clock.now() == datetime(2026, 11, 2, 10, tzinfo=UTC)


async def test_a_broken_date_header_leaves_the_clock_alone() -> None:
    clock = Clock(lambda: NOW)
    await FakeGraph(answer({}, Date="yesterday")).client(clock=clock).get(ANYBODY, USER)
    assert clock.now() == NOW


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b"\xff\xfe", b'"text"', b"[" * 100_000, b'{"a": '])
async def test_an_answer_that_is_no_object_breaks_the_contract(content: bytes) -> None:
    with pytest.raises(GraphContractError):
        await FakeGraph(httpx.Response(200, content=content)).client().get(ANYBODY, USER)


async def test_a_redirect_is_not_followed() -> None:
    graph = FakeGraph(answer(None, 302, Location="https://evil.example/"))
    with pytest.raises(GraphContractError):
        await graph.client().get(ANYBODY, USER)
    assert len(graph.requests) == 1


async def test_cookies_do_not_travel_from_one_call_to_the_next() -> None:
    graph = FakeGraph(answer({}, Set_Cookie="who=rita; Path=/"))
    client = graph.client()
    await client.get(ANYBODY, USER)
    await client.get(Caller("somebody else", "b"), USER)
    assert "Cookie" not in graph.requests[1].headers


@pytest.mark.parametrize("fault", [refusal(503), refusal(500), refusal(429, Retry_After="0.01"), httpx.ReadTimeout("")])
async def test_a_read_is_sent_again(fault: Answer) -> None:
    graph = FakeGraph(fault, answer({"id": "1"}))
    assert await graph.client().get(ANYBODY, USER) == {"id": "1"}
    assert len(graph.requests) == 2


async def test_a_post_that_only_reads_is_sent_again() -> None:
    graph = FakeGraph(refusal(503), answer({"value": []}))
    assert await graph.client().post(ANYBODY, PACKAGES, is_read=True) == {"value": []}


async def test_a_read_that_keeps_failing_is_unavailable() -> None:
    graph = FakeGraph(refusal(503, "serviceNotAvailable"))
    with pytest.raises(GraphUnavailable) as raised:
        await graph.client().get(ANYBODY, USER)
    assert raised.value.status == 503
    assert not raised.value.may_have_happened
    assert len(graph.requests) == QUICK.resends + 1


@pytest.mark.parametrize("fault", [refusal(503), refusal(504), httpx.ReadTimeout(""), httpx.RemoteProtocolError("")])
@pytest.mark.parametrize("method", ["post", "patch"])
async def test_a_write_is_not_sent_again_when_it_may_have_happened(fault: Answer, method: str) -> None:
    graph = FakeGraph(fault)
    with pytest.raises(GraphUnavailable) as raised:
        await getattr(graph.client(), method)(ANYBODY, PACKAGES, {"a": 1})
    assert raised.value.may_have_happened
    assert len(graph.requests) == 1


@pytest.mark.parametrize("fault", [refusal(429, Retry_After="0.01"), httpx.ConnectError("")])
@pytest.mark.parametrize("method", ["post", "patch"])
async def test_a_write_is_sent_again_when_nothing_can_have_happened(fault: Answer, method: str) -> None:
    graph = FakeGraph(fault, answer(None, 204))
    assert await getattr(graph.client(), method)(ANYBODY, PACKAGES, {"a": 1}) == {}
    assert [json.loads(sent.content) for sent in graph.requests] == [{"a": 1}, {"a": 1}]


async def test_a_write_that_never_got_through_has_not_happened() -> None:
    with pytest.raises(GraphUnavailable) as raised:
        await FakeGraph(httpx.ConnectError("")).client().post(ANYBODY, PACKAGES, {})
    assert not raised.value.may_have_happened


async def test_a_write_whose_answer_cannot_be_read_may_have_happened() -> None:
    with pytest.raises(GraphUnavailable) as raised:
        await FakeGraph(httpx.Response(201, content=b"<html>")).client().post(ANYBODY, PACKAGES, {})
    assert raised.value.may_have_happened


async def test_a_wait_beyond_the_budget_is_told_and_not_waited() -> None:
    graph = FakeGraph(refusal(429, Retry_After="120.5"))
    with pytest.raises(Throttled) as raised:
        await graph.client().get(ANYBODY, USER)
    assert raised.value.wait_seconds == 120.5
    assert len(graph.requests) == 1


async def test_a_503_that_asks_for_a_long_wait_is_unavailable() -> None:
    with pytest.raises(GraphUnavailable):
        await FakeGraph(refusal(503, Retry_After="120")).client().get(ANYBODY, USER)


async def test_a_silent_graph_is_given_up_at_the_end_of_the_budget() -> None:
    async def silence(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("never reached")

    client = FakeGraph(handler=silence).client(replace(QUICK, total=0.05))
    with pytest.raises(GraphUnavailable) as raised:
        await client.post(ANYBODY, PACKAGES, {})
    assert raised.value.may_have_happened
    with pytest.raises(GraphUnavailable) as raised:
        await client.get(ANYBODY, USER)
    assert not raised.value.may_have_happened


async def test_other_refusals_are_errors_at_once() -> None:
    for fault, kind in [
        (refusal(403, "Forbidden"), NotAllowed),
        (refusal(404), NotFound),
        (refusal(400), GraphRefused),
    ]:
        graph = FakeGraph(fault)
        with pytest.raises(kind):
            await graph.client().get(ANYBODY, USER)
        assert len(graph.requests) == 1


async def test_pages_are_followed_with_the_same_headers() -> None:
    link = f"{BASE}{PACKAGES.text}?$skiptoken=a%2Bb%3D%27c%27"
    graph = FakeGraph(page({"id": "1"}, link=link), page(link=link + "2"), page({"id": "2"}, None, {"id": "3"}))
    found = await graph.client().collect(ANYBODY, PACKAGES, params={"$expand": "catalog"}, locale="de")
    assert [item["id"] for item in found] == ["1", "2", "3"]
    assert graph.requests[1].url.query == b"$skiptoken=a%2Bb%3D%27c%27"
    for sent in graph.requests:
        assert sent.headers["Prefer"] == "include-unknown-enum-members"
        assert sent.headers["Accept-Language"] == "de"


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=6))
def test_paging_returns_every_item_once(pages: list[list[int]]) -> None:
    def serve(request: httpx.Request) -> Answer:
        number = int(request.url.params.get("$skiptoken", "0"))
        following = f"{BASE}{PACKAGES.text}?$skiptoken={number + 1}" if number + 1 < len(pages) else None
        return page(*({"n": value} for value in pages[number]), link=following)

    found = asyncio.run(FakeGraph(handler=serve).client().collect(ANYBODY, PACKAGES))
    assert [item["n"] for item in found] == [value for each in pages for value in each]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users",
        "https://graph.example@evil.example/v1.0/users",
        "https://me:secret@graph.example/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example:8443/v1.0/users",
        "//evil.example/v1.0",
        "https://graph.example.evil.example/",
        "http://[",
        "javascript:alert(1)",
        17,
    ],
)
async def test_a_next_page_elsewhere_is_refused(link: Any) -> None:
    graph = FakeGraph(answer({"value": [], "@odata.nextLink": link}), page())
    with pytest.raises(GraphContractError):
        await graph.client().collect(ANYBODY, PACKAGES)
    assert len(graph.requests) == 1


async def test_pages_in_a_circle_end() -> None:
    graph = FakeGraph(page({"id": "1"}, link=f"{BASE}/users?$skiptoken=1"))
    with pytest.raises(GraphContractError):
        await graph.client().collect(ANYBODY, PACKAGES)


async def test_a_list_is_cut_at_the_limit_and_says_so() -> None:
    graph = FakeGraph(page({"id": "1"}, {"id": "2"}, link=f"{BASE}/users?$skiptoken=1"))
    with capture_logs() as logs:
        assert await graph.client().collect(ANYBODY, PACKAGES, 1) == [{"id": "1"}]
    assert {"event": "graph_list_cut", "path": PACKAGES.template, "limit": 1, "log_level": "warning"} in logs


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}, {"value": "x"}])
async def test_a_list_without_items_breaks_the_contract(body: object) -> None:
    with pytest.raises(GraphContractError):
        await FakeGraph(answer(body)).client().collect(ANYBODY, PACKAGES)


def batch_of(numbers: range) -> dict[int, Any]:
    return {number: (path("/users/{user}", user=f"u{number}"), {"$select": "id"}) for number in numbers}


class BatchGraph(FakeGraph):
    """Answers batches in reverse order; `faults` gives per address what comes before the real answer."""

    def __init__(self, faults: dict[str, list[dict[str, Any]]] | None = None) -> None:
        super().__init__(handler=self.serve)
        self.faults = faults or {}
        self.sizes: list[int] = []

    def serve(self, request: httpx.Request) -> Answer:
        asked = json.loads(request.content)["requests"]
        self.sizes.append(len(asked))
        responses = []
        for item in reversed(asked):
            assert item["method"] == "GET"
            waiting = self.faults.get(item["url"])
            fault = waiting.pop(0) if waiting else {"status": 200, "body": {"url": item["url"]}}
            responses.append({"id": item["id"], **fault})
        return answer({"responses": responses})


async def test_a_batch_keeps_things_apart_and_stays_within_twenty() -> None:
    graph = BatchGraph()
    found = await graph.client().batch(ANYBODY, batch_of(range(45)))
    assert found == {number: {"url": f"/users/u{number}?$select=id"} for number in range(45)}
    assert sorted(graph.sizes) == [5, 20, 20]


async def test_items_of_a_batch_that_were_throttled_are_asked_for_again() -> None:
    busy = {"status": 429, "headers": {"retry-after": "0.02"}, "body": {"error": {"code": "TooManyRequests"}}}
    graph = BatchGraph({"/users/u1?$select=id": [busy, busy], "/users/u2?$select=id": [{"status": 503, "body": None}]})
    found = await graph.client().batch(ANYBODY, batch_of(range(4)))
    assert all(isinstance(found[number], dict) for number in range(4))
    assert graph.sizes == [4, 2, 1]


async def test_the_longest_wait_of_a_batch_counts() -> None:
    waits = {
        "/users/u0?$select=id": [{"status": 429, "headers": {"Retry-After": "0.01"}}],
        "/users/u1?$select=id": [{"status": 429, "headers": {"Retry-After": "30"}}],
    }
    graph = BatchGraph(waits)
    found = await graph.client().batch(ANYBODY, batch_of(range(2)))
    assert all(isinstance(each, Throttled) for each in found.values())
    assert graph.sizes == [2]


async def test_every_item_of_a_batch_has_its_own_error() -> None:
    graph = BatchGraph(
        {
            "/users/u0?$select=id": [{"status": 404}],
            "/users/u1?$select=id": [{"status": 403, "body": {"error": {"code": "Forbidden"}}}],
            "/users/u2?$select=id": [{"status": 200, "body": "bm8="}],
            "/users/u3?$select=id": [{"status": 200, "body": "eyJpZCI6IDF9"}],
        }
    )
    found = await graph.client().batch(ANYBODY, batch_of(range(5)))
    assert isinstance(found[0], NotFound)
    assert isinstance(found[1], NotAllowed)
    assert isinstance(found[2], GraphContractError)
    assert found[3] == {"id": 1}
    assert found[4] == {"url": "/users/u4?$select=id"}


async def test_items_carry_their_own_headers() -> None:
    graph = BatchGraph()
    await graph.client().batch(ANYBODY, {1: (PACKAGES, None)})
    (item,) = json.loads(graph.requests[0].content)["requests"]
    assert item["url"] == PACKAGES.text
    assert item["headers"] == {"Prefer": "include-unknown-enum-members"}


@pytest.mark.parametrize("body", [{}, {"responses": None}, {"responses": [{"id": "0"}]}, {"responses": [3]}])
async def test_a_batch_answer_of_another_shape_breaks_the_contract(body: object) -> None:
    with pytest.raises(GraphContractError):
        await FakeGraph(answer(body)).client().batch(ANYBODY, batch_of(range(1)))


async def test_an_item_that_a_batch_left_out_is_noticed() -> None:
    found = await FakeGraph(answer({"responses": []})).client().batch(ANYBODY, batch_of(range(1)))
    assert isinstance(found[0], GraphContractError)


async def test_an_empty_batch_asks_nothing() -> None:
    graph = FakeGraph(answer({}))
    assert await graph.client().batch(ANYBODY, {}) == {}
    assert graph.requests == []


async def test_a_call_is_told_to_log_and_observer_without_ids_or_tokens() -> None:
    facts: list[CallFacts] = []
    graph = FakeGraph(refusal(503), answer({"displayName": "Rita"}, request_id="abc"), refusal(404))
    client = graph.client(observer=facts.append)
    with capture_logs() as logs:
        await client.get(ANYBODY, USER, params={"$filter": "mail eq 'rita@example.com'"})
        with pytest.raises(NotFound):
            await client.get(ANYBODY, USER)
    assert [(fact.method, fact.template, fact.status, fact.error, fact.attempts) for fact in facts] == [
        ("GET", "/users/{user}", 200, "", 2),
        ("GET", "/users/{user}", 404, "NotFound", 1),
    ]
    assert facts[0].request_id == "abc"
    assert [line["log_level"] for line in logs] == ["info", "info"]
    for hidden in ("some-secret-id", "a-token", "rita", "Rita"):
        assert hidden not in str(logs)
        assert hidden not in str(facts)
    assert "a-token" not in repr(ANYBODY)


async def test_a_cancelled_call_is_told_as_well() -> None:
    facts: list[CallFacts] = []
    started = asyncio.Event()

    async def silence(_: httpx.Request) -> httpx.Response:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError("never reached")

    call = asyncio.create_task(FakeGraph(handler=silence).client(observer=facts.append).get(ANYBODY, USER))
    await started.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [(fact.status, fact.error) for fact in facts] == [(0, "Cancelled")]


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=200), st.integers(200, 599))
def test_whatever_comes_back_is_an_object_or_one_of_our_errors(content: bytes, status: int) -> None:
    client = FakeGraph(httpx.Response(status, content=content)).client(replace(QUICK, resends=0))
    try:
        found = asyncio.run(client.get(ANYBODY, USER))
    except DoormanError:
        return
    assert isinstance(found, dict)
