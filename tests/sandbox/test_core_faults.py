"""Faults: what the rules hit, and what a caller gets to see."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.entra.tokens import issue_graph_token, issue_user_token
from sandbox.faults import Fault, Faults
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID
from tests.sandbox.entra_support import GRAPH, Entra, running_entra

KEYS = f"/{TENANT_ID}/discovery/v2.0/keys"


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        yield entra


def fault(kind: Any = "status", service: Service = Service.ENTRA, **more: Any) -> Fault:
    return Fault(service, kind, **more)


async def get(entra: Entra, path: str = KEYS, **more: Any) -> httpx.Response:
    return await entra.http.get(entra.world.base_url + path, **more)


async def test_a_status_is_worded_as_its_service_words_it(entra: Entra) -> None:
    entra.world.faults.add(fault(status=429, retry_after=2.5))
    answer = await get(entra)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2.5")
    assert answer.json()["error_codes"] == [50196]
    for service, path, code in (
        (Service.GRAPH, "/v1.0/me", "TooManyRequests"),
        (Service.CONNECTOR, "/connector/v3/conversations/a/members", "Throttled"),
    ):
        entra.world.faults.add(fault(service=service, status=429))
        answer = await get(entra, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, code)
        assert "Retry-After" not in answer.headers


async def test_what_graph_refuses_carries_the_time_of_the_sandbox(entra: Entra) -> None:
    entra.world.clock.set(datetime(2030, 1, 1, 12, tzinfo=UTC))
    entra.world.faults.add(fault(service=Service.GRAPH, status=404))
    dates = (await get(entra, "/v1.0/me")).headers.get_list("Date")
    assert [date.partition(":")[0] for date in dates] == ["Tue, 01 Jan 2030 12"]


async def test_bodies_may_be_given(entra: Entra) -> None:
    entra.world.faults.add(fault(status=403, body={"errorCode": 209}, times=1))
    assert (await get(entra)).json() == {"errorCode": 209}
    entra.world.faults.add(fault(status=502, body="<html>bad gateway</html>", times=1))
    assert (await get(entra)).text == "<html>bad gateway</html>"
    assert (await get(entra)).status_code == 200


async def test_rules_pick_by_method_path_and_caller(entra: Entra) -> None:
    world = entra.world
    rita, marc = entra.person("Rita Requester"), entra.person("Marc Manager")
    for who in (rita.id, "rita requester", "RITA.REQUESTER@woodgrove.example"):
        rule = world.faults.add(fault(service=Service.GRAPH, method="get", path=r"/me\?", who=who))
        statuses = []
        for person in (rita, marc):
            token = issue_graph_token(world, user_id=person.id, permissions=["User.Read"])
            headers = {"Authorization": f"Bearer {token}"}
            statuses.append((await get(entra, "/v1.0/me?$select=id", headers=headers)).status_code)
        assert statuses[0] == 503
        assert statuses[1] != 503
        assert rule.hits == 1
        assert world.faults.remove(rule.id)
    world.faults.add(fault(who="Doorman writer"))
    assert (await entra.ask(grant_type="client_credentials", scope=f"{GRAPH}/.default")).status_code == 200
    world.faults.add(fault(who=rita.id))
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "requested_token_use": "on_behalf_of"}
    for person, status in ((rita, 503), (marc, 400)):
        assertion = issue_user_token(world, person.id, BOT_APP_ID)
        answer = await entra.ask(**form, assertion=assertion, scope=f"{GRAPH}/User.Read")
        assert answer.status_code == status


async def test_times_and_shares(entra: Entra) -> None:
    entra.world.faults.add(fault(times=2))
    assert [(await get(entra)).status_code for _ in range(3)] == [503, 503, 200]
    assert not entra.world.faults.rules

    def drawn(seed: int) -> list[bool]:
        faults = Faults(seed=seed)
        faults.add(fault(percent=30))
        return [faults.pick(Service.ENTRA, "GET", "/", frozenset()) is not None for _ in range(1000)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 250 < sum(drawn(1)) < 350


async def test_rules_make_a_sequence(entra: Entra) -> None:
    entra.world.faults.add(fault(status=429, skip=1, times=1))
    entra.world.faults.add(fault(skip=2, times=2))
    assert [(await get(entra)).status_code for _ in range(6)] == [200, 429, 200, 503, 503, 200]
    assert not entra.world.faults.rules


async def test_a_reset_connection_gives_no_answer(entra: Entra) -> None:
    entra.world.faults.add(fault("reset", times=1))
    with pytest.raises(httpx.ReadError):
        await get(entra)
    assert (await get(entra)).status_code == 200


async def test_a_fault_may_come_after_the_work_is_done(entra: Entra) -> None:
    entra.world.faults.add(fault("reset", times=1, after=True))
    async with entra.world.events.subscribe() as events:
        with pytest.raises(httpx.ReadError):
            await entra.ask(grant_type="client_credentials", scope=f"{GRAPH}/.default")
        seen = [(await anext(events)).kind, (await anext(events)).kind]
    assert seen == ["fault", "entra"]


async def test_silence_lasts_until_the_caller_has_enough(entra: Entra) -> None:
    entra.world.faults.add(fault("timeout", times=1))
    with pytest.raises(httpx.ReadTimeout):
        await get(entra, timeout=0.2)
    entra.world.faults.add(fault("timeout", times=1, delay_ms=150))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await get(entra)


async def test_silence_does_not_hold_up_the_end() -> None:
    async with running_entra() as entra:
        entra.world.faults.add(fault("timeout"))
        asking = asyncio.ensure_future(get(entra))
        async with entra.world.events.subscribe() as events:
            await anext(events)
        stopped_at = time.monotonic()
    assert time.monotonic() - stopped_at < 5
    assert isinstance(await asyncio.gather(asking, return_exceptions=True), list)


async def test_half_an_answer_is_not_taken_for_a_whole_one(entra: Entra) -> None:
    whole = (await get(entra)).content
    entra.world.faults.add(fault("truncate", times=1))
    received = b""

    async def read() -> None:
        nonlocal received
        async with entra.http.stream("GET", entra.world.base_url + KEYS) as answer:
            assert answer.headers["Content-Length"] == str(len(whole))
            async for part in answer.aiter_raw():
                received += part

    with pytest.raises(httpx.RemoteProtocolError):
        await read()
    assert whole.startswith(received)
    assert len(received) < len(whole)


async def test_slowness_and_latency_only_delay(entra: Entra) -> None:
    entra.world.faults.set_latency(Service.ENTRA, 60)
    entra.world.faults.add(fault("slow", delay_ms=60, times=1))
    began = time.monotonic()
    assert (await get(entra)).status_code == 200
    assert time.monotonic() - began >= 0.12
    with pytest.raises(ValueError, match="negative"):
        entra.world.faults.set_latency(Service.ENTRA, -1)


async def test_nothing_else_is_touched(entra: Entra) -> None:
    for service in (Service.GRAPH, Service.CONNECTOR):
        entra.world.faults.add(fault(service=service))
    assert (await get(entra)).status_code == 200
    entra.world.reset()
    assert not entra.world.faults.rules
    assert not entra.world.faults.latency_ms


def test_rules_travel_as_json() -> None:
    rule = Fault.from_json({"service": "graph", "kind": "status", "status": 429, "retry_after": 1, "times": None})
    assert (rule.service, rule.status, rule.retry_after, rule.times) == (Service.GRAPH, 429, 1, None)
    assert Faults().add(rule).to_json()["service"] == "graph"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "status"},
        {"service": "graph"},
        {"service": "control", "kind": "status"},
        {"service": "mail", "kind": "status"},
        {"service": "graph", "kind": "explode"},
        {"service": "graph", "kind": "status", "status": 99},
        {"service": "graph", "kind": "status", "status": "503"},
        {"service": "graph", "kind": "status", "times": 0},
        {"service": "graph", "kind": "status", "times": True},
        {"service": "graph", "kind": "status", "percent": 0},
        {"service": "graph", "kind": "status", "path": "("},
        {"service": "graph", "kind": "slow", "delay_ms": -1},
        {"service": "graph", "kind": "status", "colour": "red"},
    ],
)
def test_impossible_rules_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Fault.from_json(body)


@pytest.mark.parametrize(("median_ms", "spread"), [(20, 0.3), (100, 0.3), (100, 0.0), (250, 0.1)])
def test_half_of_the_requests_are_quicker_than_the_latency_that_was_set(median_ms: int, spread: float) -> None:
    faults = Faults(seed=7)
    faults.set_latency(Service.GRAPH, median_ms)
    faults.set_spread(spread)
    drawn = [faults.next_latency_s(Service.GRAPH) * 1000 for _ in range(2001)]
    assert statistics.median(drawn) == pytest.approx(median_ms, abs=5)
    assert (len(set(drawn)) > 1) == (spread > 0)
    again = Faults(seed=7)
    again.set_latency(Service.GRAPH, median_ms)
    again.set_spread(spread)
    assert [again.next_latency_s(Service.GRAPH) * 1000 for _ in range(2001)] == drawn
    assert again.next_latency_s(Service.ENTRA) == 0


def test_no_spread_that_is_none() -> None:
    for sigma in (-0.1, 2.1, float("nan")):
        with pytest.raises(ValueError, match="spread"):
            Faults().set_spread(sigma)
