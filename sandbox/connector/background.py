"""What clients do on their own, beside the request that caused it: token exchanges and refreshes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import traceback
from collections.abc import Coroutine
from typing import Any


class Background:
    """Runs work for people, and lets a caller wait for that of one person."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], str] = {}

    def start(self, person: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[task] = person
        task.add_done_callback(self._finished)

    async def settle(self, person: str | None = None, *, seconds: float | None = None) -> None:
        """Wait until nothing runs for this person (for anybody, when None), or until the seconds are over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while waiting := [task for task, who in self._tasks.items() if person in (None, who)]:
                    await asyncio.wait(waiting)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.settle()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            traceback.print_exception(error, file=sys.stderr)
