"""Work that goes on after a turn was answered: counted, logged, and ended in order when the bot stops."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.errors import DoormanError
from bot.metrics import Metrics

_log = structlog.get_logger(__name__)


class Background:
    def __init__(self, metrics: Metrics) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._metrics = metrics

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(self._watched(work, name), name=name)
        self._tasks.add(task)
        self._metrics.background.set(len(self._tasks))
        task.add_done_callback(self._gone)

    async def settle(self, seconds: float) -> None:
        """Wait for what runs, at most so long, and cancel the rest."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        left = set(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._metrics.background.set(len(self._tasks))

    async def _watched(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except DoormanError as error:
            _log.warning("background.gave_up", work=name, error=type(error).__name__)
        except Exception:
            _log.exception("background.failed", work=name)
