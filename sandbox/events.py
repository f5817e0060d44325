"""What happens in the sandbox, told live to whoever watches: the page shows it as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """`number` grows by one with every event, so a reader can tell whether it missed any. `data` holds JSON values."""

    kind: str
    data: dict[str, Any]
    number: int


class Events:
    """Publishes to any number of readers and waits for none of them."""

    def __init__(self, *, queue_size: int = 1000) -> None:
        self._queue_size = queue_size
        self._readers: set[_Reader] = set()
        self._count = 0

    def publish(self, kind: str, **data: Any) -> Event:
        """Tell every reader. One that is `queue_size` events behind is dropped: its iteration ends."""
        self._count += 1
        event = Event(kind, data, self._count)
        for reader in tuple(self._readers):
            if not reader.take(event):
                self._readers.discard(reader)
        return event

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Event]]:
        """Events published from now on, until the reader leaves or falls too far behind."""
        reader = _Reader(self._queue_size)
        self._readers.add(reader)
        try:
            yield reader.events()
        finally:
            self._readers.discard(reader)
            reader.end()

    def close(self) -> None:
        """End every iteration; the server is going down."""
        for reader in self._readers:
            reader.end()
        self._readers.clear()


class _Reader:
    def __init__(self, size: int) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(size + 1)  # one place is kept for the end
        self._size = size

    def take(self, event: Event) -> bool:
        if self._queue.qsize() >= self._size:
            self.end()
            return False
        self._queue.put_nowait(event)
        return True

    def end(self) -> None:
        if not self._queue.full():
            self._queue.put_nowait(None)

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event
