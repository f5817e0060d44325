"""Writes that go to Graph together: what becomes of each of them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from bot.errors import GraphUnavailable
from bot.graph.client import Caller
from bot.graph.odata import path
from bot.graph.write_batches import WriteBatches


class BrokenLine:
    async def write(self, *_: Any) -> Any:
        raise RuntimeError("a defect")


async def nobody() -> Caller:
    return Caller("nobody", "")


async def test_a_defect_reaches_everybody_who_waits() -> None:
    batches = WriteBatches(cast("Any", BrokenLine()), nobody)
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(
            *(batches.send("POST", path("/groups"), {}) for _ in range(3)), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [RuntimeError] * 3
    with pytest.raises(RuntimeError, match="a defect"):
        await batches.send("POST", path("/groups"), {})


class BusyLine:
    """Turns the first batch down for the moment, and keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []

    async def write(self, _caller: Caller, _method: str, _where: Any, body: Any = None) -> Any:
        requests = body["requests"]
        self.sent.append([each["body"]["name"] for each in requests])
        status, more = (429, {"headers": {"Retry-After": "1"}}) if len(self.sent) == 1 else (201, {})
        return {"responses": [{"id": each["id"], "status": status, "body": {}, **more} for each in requests]}


async def test_a_write_that_was_given_up_is_not_sent_later() -> None:
    """Whoever gave it up may have begun again meanwhile; sent after that, it would make a second one."""
    line, pausing, over = BusyLine(), asyncio.Event(), asyncio.Event()

    async def sleep(_: float) -> None:
        pausing.set()
        await over.wait()

    batches = WriteBatches(cast("Any", line), nobody, sleep=sleep)
    async with asyncio.timeout(10):
        given_up = asyncio.create_task(batches.send("POST", path("/groups"), {"name": "given up"}))
        wanted = asyncio.create_task(batches.send("POST", path("/groups"), {"name": "wanted"}))
        await pausing.wait()
        given_up.cancel()
        await asyncio.wait([given_up])
        over.set()
        assert await wanted == {}
    assert line.sent == [["given up", "wanted"], ["wanted"]]


async def test_a_write_that_is_given_up_before_its_turn_is_never_sent() -> None:
    line = BusyLine()
    batches = WriteBatches(cast("Any", line), nobody)
    async with asyncio.timeout(10):
        given_up = asyncio.create_task(batches.send("POST", path("/groups"), {"name": "given up"}))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        assert await batches.send("POST", path("/groups"), {"name": "wanted"}) == {}
    assert [each for each in line.sent if "given up" in each] == []


class UnreadableLine:
    async def write(self, *_: Any) -> Any:
        return {"answers": "none"}


async def test_writes_whose_answer_cannot_be_read_may_have_been_carried_out() -> None:
    batches = WriteBatches(cast("Any", UnreadableLine()), nobody)
    with pytest.raises(GraphUnavailable) as caught:
        await batches.send("POST", path("/groups"), {})
    assert caught.value.may_have_happened
