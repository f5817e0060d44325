"""The live view: everything that happens, as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.events import Event
from sandbox.world import WORLD

KEEP_ALIVE_S = 15.0


async def events(request: web.Request) -> web.StreamResponse:
    """Events from now on. `?kinds=chat,graph` picks some. The stream ends when its reader is far too slow.

    Nothing is repeated on reconnection: a reader that was away reads the transcripts again.
    """
    kinds = frozenset(filter(None, request.query.get("kinds", "").split(",")))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    world = request.app[WORLD]
    async with world.events.subscribe() as happened:
        with contextlib.suppress(ConnectionError):  # the reader may leave at any moment, and that is no failure
            await response.prepare(request)
            await response.write(b": connected\n\n")
            await _tell(response, happened, kinds)
            await response.write_eof()
    return response


async def _tell(response: web.StreamResponse, happened: AsyncIterator[Event], kinds: frozenset[str]) -> None:
    """Write events until there are no more, and a sign of life whenever there was none for a while."""
    following = asyncio.ensure_future(anext(happened, None))
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=KEEP_ALIVE_S)
            if not done:
                await response.write(b": still here\n\n")
                continue
            event = following.result()
            if event is None:
                return
            if not kinds or event.kind in kinds:
                await response.write(_written(event))
            following = asyncio.ensure_future(anext(happened, None))
    finally:
        following.cancel()


def _written(event: Event) -> bytes:
    data = json.dumps(event.data, default=str, separators=(",", ":"))
    return f"id: {event.number}\nevent: {event.kind}\ndata: {data}\n\n".encode()
