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


class UnreadableLine:
    async def write(self, *_: Any) -> Any:
        return {"answers": "none"}


async def test_writes_whose_answer_cannot_be_read_may_have_been_carried_out() -> None:
    batches = WriteBatches(cast("Any", UnreadableLine()), nobody)
    with pytest.raises(GraphUnavailable) as caught:
        await batches.send("POST", path("/groups"), {})
    assert caught.value.may_have_happened
