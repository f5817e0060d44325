"""The way to Graph against real sockets: what goes wrong there must keep its meaning."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from bot.clock import Clock
from bot.errors import GraphUnavailable, Throttled
from bot.graph.budget import Budget
from bot.graph.client import Caller, GraphClient
from bot.graph.odata import path
from bot.graph.transport import graph_http
from tests.unit.graph_fakes import ANYBODY, QUICK, Answer, FakeGraph, answer, refusal

USERS = path("/users")
GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}'
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def wire(*scripts: Script, budget: Budget = QUICK) -> AsyncIterator[tuple[GraphClient, list[bytes]]]:
    """A client whose connections meet these scripts in turn, the last one again and again, and what was received."""
    received: list[bytes] = []
    open_scripts = list(scripts)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = open_scripts.pop(0) if len(open_scripts) > 1 else open_scripts[0]
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            received.append(head)
            await script(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1.0"
    async with graph_http(base) as http:
        yield GraphClient(base, http, Clock(), budget=budget), received
    server.close()
    await server.wait_closed()


def says(content: bytes) -> Script:
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return script


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()  # until the client has had enough


BROKEN = {
    "hung up": b"",
    "cut in the body": b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a": 1',
    "cut in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "not HTTP": b"hello\r\n\r\n",
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad compression": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
async def test_a_read_survives_a_broken_answer(content: bytes) -> None:
    async with wire(says(content), says(content), says(GOOD)) as (client, received):
        assert await client.get(ANYBODY, USERS) == {"a": 1}
        assert len(received) == 3


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
async def test_a_write_whose_answer_broke_is_not_repeated(content: bytes) -> None:
    async with wire(says(content), says(GOOD)) as (client, received):
        with pytest.raises(GraphUnavailable) as raised:
            await client.post(ANYBODY, USERS, {})
        assert raised.value.may_have_happened
        assert len(received) == 1


async def test_a_write_that_finds_nobody_has_not_happened() -> None:
    base = "http://127.0.0.1:1/v1.0"
    async with graph_http(base) as http:
        with pytest.raises(GraphUnavailable) as raised:
            await GraphClient(base, http, Clock(), budget=QUICK).post(ANYBODY, USERS, {})
    assert not raised.value.may_have_happened


async def test_silence_is_a_time_out() -> None:
    async with wire(silence, budget=replace(QUICK, attempt=0.05, resends=0)) as (client, _):
        with pytest.raises(GraphUnavailable) as raised:
            await client.post(ANYBODY, USERS, {})
        assert raised.value.may_have_happened
        assert raised.value.code == "ReadTimeout"


async def test_a_compressed_answer_is_read() -> None:
    packed = gzip.compress(b'{"a": 1}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    async with wire(says(head + packed)) as (client, _):
        assert await client.get(ANYBODY, USERS) == {"a": 1}


async def test_a_fraction_of_a_second_is_waited_for() -> None:
    busy = b"HTTP/1.1 429 Busy\r\nRetry-After: 0.25\r\nContent-Length: 0\r\n\r\n"
    async with wire(says(busy), says(GOOD)) as (client, received):
        loop = asyncio.get_running_loop()
        started = loop.time()
        await client.get(ANYBODY, USERS)
        assert loop.time() - started >= 0.25
        assert len(received) == 2


class Gate(FakeGraph):
    """Holds every request until it is opened, and counts how many came at once."""

    def __init__(self, expected: int) -> None:
        super().__init__(handler=self.hold)
        self.here = 0
        self.most = 0
        self.full = asyncio.Event()
        self.opened = asyncio.Event()
        self._expected = expected

    async def hold(self, _: httpx.Request) -> Answer:
        self.here += 1
        self.most = max(self.most, self.here)
        if self.here >= self._expected:
            self.full.set()
        await self.opened.wait()
        self.here -= 1
        return answer({})


@pytest.mark.parametrize(("is_read", "most"), [(True, 16), (False, 4)])
async def test_one_identity_has_so_many_calls_in_flight(is_read: bool, most: int) -> None:
    gate = Gate(most)
    client = gate.client()
    calls = [asyncio.create_task(client.post(ANYBODY, USERS, {}, is_read=is_read)) for _ in range(3 * most)]
    await gate.full.wait()
    gate.opened.set()
    await asyncio.gather(*calls)
    assert gate.most == most
    assert len(gate.requests) == 3 * most


async def test_one_identity_does_not_hold_up_another() -> None:
    gate = Gate(5)
    client = gate.client()
    calls = [asyncio.create_task(client.post(ANYBODY, USERS, {})) for _ in range(10)]
    calls.append(asyncio.create_task(client.post(Caller("another", "b"), USERS, {})))
    await gate.full.wait()  # four of the first identity, and the other one
    gate.opened.set()
    await asyncio.gather(*calls)


async def test_a_throttled_identity_rests_as_a_whole() -> None:
    """The call that was turned down learns how long; the next one of the same identity is not even sent."""
    graph = FakeGraph(refusal(429, Retry_After="30"), answer({}))
    client = graph.client()
    with pytest.raises(Throttled):
        await client.get(ANYBODY, USERS)
    with pytest.raises(Throttled) as raised:
        await client.get(ANYBODY, USERS)
    assert 29 < raised.value.wait_seconds <= 30
    assert len(graph.requests) == 1
    await client.get(Caller("another", "b"), USERS)
    assert len(graph.requests) == 2


async def test_a_short_rest_is_waited_out_by_the_others() -> None:
    arrived = asyncio.Event()

    def serve(_: httpx.Request) -> Answer:
        if arrived.is_set():
            return answer({})
        arrived.set()
        return refusal(429, Retry_After="0.2")

    graph = FakeGraph(handler=serve)
    client = graph.client()
    loop = asyncio.get_running_loop()
    started = loop.time()
    first = asyncio.create_task(client.get(ANYBODY, USERS))
    await arrived.wait()
    await client.get(ANYBODY, USERS)
    assert loop.time() - started >= 0.2
    await first
    assert len(graph.requests) == 3


async def test_very_many_identities_do_not_pile_up() -> None:
    graph = FakeGraph(answer({}))
    async with graph_http("https://graph.example/v1.0", transport=graph) as http:
        client = GraphClient("https://graph.example/v1.0", http, Clock(), budget=QUICK)
        for number in range(1100):
            await client.get(Caller(str(number), "t"), USERS)
        paced = http._transport._async_transport  # type: ignore[attr-defined]  # the only way to look inside
        assert len(paced._lanes) < 1001
