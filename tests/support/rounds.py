"""How many of a turn's Graph calls had to wait for others: its round trips in sequence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.services import Service
from tests.support.story import Story

LATENCY_MS = 200  # so long that calls made side by side are there together, however busy the machine


@dataclass
class Rounds:
    """A middleware that notes when each call of Graph came and went."""

    spans: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            began = time.monotonic() - LATENCY_MS / 1_000  # the wait comes before the request gets here
            try:
                return await handler(request)
            finally:
                if request.path.startswith("/v1.0/"):
                    self.spans.append((began, time.monotonic(), request.path))

        return note

    def in_sequence(self) -> int:
        """The longest chain of calls of which each began after the one before had ended."""
        count, ended = 0, 0.0
        for began, finished, _ in sorted(self.spans, key=lambda span: span[1]):
            if began >= ended:
                count, ended = count + 1, finished
        return count


@contextmanager
def slow_graph(here: Story, rounds: Rounds) -> Iterator[None]:
    """Make Graph slow for a while, and count from now on."""
    rounds.spans.clear()
    here.world.faults.latency_ms[Service.GRAPH] = LATENCY_MS
    try:
        yield
    finally:
        here.world.faults.latency_ms.clear()


async def has_read_contents(rounds: Rounds) -> bool:
    """Whether the bot has read what packages contain, which it does behind the first list of them."""
    return sum(path == "/v1.0/$batch" for _, _, path in rounds.spans) >= 2  # twenty packages to a call
