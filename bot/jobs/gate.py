"""The gate that every step passes, so that a stop finds none of them half-way.

Once it is closed no step begins. The job that wanted one waits at the gate until it is cancelled, and goes on from
there when the next process takes it up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Gate:
    def __init__(self) -> None:
        self._is_closed = asyncio.Event()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._inside = 0
        self._waiting: set[asyncio.Task[Any]] = set()
        self._is_dismissing = False

    async def through(self, step: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the step, its record in the database included."""
        if self._is_closed.is_set():
            await self._wait_for_ever()
        self._inside += 1
        self._is_empty.clear()
        try:
            return await step(*args, **kwargs)
        finally:
            self._inside -= 1
            if not self._inside:
                self._is_empty.set()

    async def rest(self, seconds: float) -> None:
        """Wait between two steps. Holds up no stop."""
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._is_closed.wait()
        except TimeoutError:
            return
        await self._wait_for_ever()

    async def close(self, seconds: float) -> None:
        """Let nobody in any more, wait for those inside at most so long, then dismiss the jobs that wait here."""
        self._is_closed.set()
        try:
            async with asyncio.timeout(seconds):
                await self._is_empty.wait()
        except TimeoutError:
            pass  # a step that does not end is repeated by whoever takes its job up; steps can bear that
        self._is_dismissing = True
        while self._waiting:
            waiting = tuple(self._waiting)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)

    async def _wait_for_ever(self) -> NoReturn:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("jobs run in tasks")
        self._waiting.add(task)
        if self._is_dismissing:
            # One that rested, or was between two steps, comes after the others were dismissed: nobody else would.
            task.cancel()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._waiting.discard(task)
        raise RuntimeError("nobody answers a job at the closed gate")
