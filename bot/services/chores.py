"""Work that a service does beside turns: one at a time for each thing, few at once, and ended when the bot stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar, cast

import structlog

from bot.errors import DoormanError

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Chores:
    """`start` is for work that nobody waits for, `share` for work that several may wait for. `close` ends them all."""

    def __init__(self, at_once: int = 4) -> None:
        self._running: dict[Hashable, asyncio.Task[object]] = {}
        self._turns = asyncio.Semaphore(at_once)
        self._is_closed = False

    def start(self, key: Hashable, work: Callable[[], Awaitable[None]], name: str) -> bool:
        """Begin `work` unless it is under way for this key; False when it is, or when the bot stops."""
        if self._is_closed or key in self._running:
            return False
        self._keep(key, self._patiently(work, name), name)
        return True

    async def share(self, key: Hashable, work: Callable[[], Awaitable[T]], name: str) -> T:
        """What `work` gives; whoever asks with the same key meanwhile waits for the same. Raises what it raises.

        Somebody who stops waiting takes nothing from the others: the work goes on.
        """
        running = self._running.get(key)
        if running is None:
            if self._is_closed:
                return await work()
            running = self._keep(key, work(), name)
        return cast("T", await asyncio.shield(running))  # the key says what is shared

    @property
    def is_busy(self) -> bool:
        return bool(self._running)

    async def settle(self) -> None:
        """Wait until nothing runs any more, what was begun meanwhile included."""
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def close(self) -> None:
        """End what runs. Nothing is begun any more."""
        self._is_closed = True
        left = list(self._running.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _keep(self, key: Hashable, work: Awaitable[object], name: str) -> asyncio.Task[object]:
        async def run() -> object:
            return await work

        task = asyncio.create_task(run(), name=name)
        self._running[key] = task

        def gone(ended: asyncio.Task[object]) -> None:
            if self._running.get(key) is ended:
                del self._running[key]
            if not ended.cancelled():
                ended.exception()  # whoever waited has got it; nobody has to

        task.add_done_callback(gone)
        return task

    async def _patiently(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        async with self._turns:
            try:
                await work()
            except DoormanError as error:
                _log.warning("chore.gave_up", chore=name, error=type(error).__name__)
            except Exception:
                _log.exception("chore.failed", chore=name)
