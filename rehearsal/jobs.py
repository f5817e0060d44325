"""The bot's jobs by a clock that is moved: nothing runs by itself, and what is due is done in one fixed order."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.errors import DoormanError, Throttled
from bot.jobs.work import Work

_AGAIN_AFTER: Final = timedelta(minutes=1)
_MOST_ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True, order=True)
class _Job:
    at: datetime
    number: int
    kind: str
    about: str
    attempt: int = 0


class SteppedJobs:
    """Takes jobs in as the durable ones are taken in, and does those that are due when it is told to.

    A request that is followed is looked at again once `steps_of` has grown: the looks between would find nothing.
    """

    def __init__(self, now: Callable[[], datetime], steps_of: Callable[[str], int]) -> None:
        self._now = now
        self._steps_of = steps_of
        self._followed: dict[str, int] = {}
        self._work: Work | None = None
        self._waiting: list[_Job] = []
        self._asked: set[str] = set()
        self._count = 0

    @property
    def processes(self) -> int:
        """There is one."""
        return 1

    @asynccontextmanager
    async def running(self, work: Work) -> AsyncIterator[SteppedJobs]:
        self._work = work
        try:
            yield self
        finally:
            self._work = None

    async def follow_soon(self, request_id: str, reason: str) -> None:
        self._ask(f"follow/{request_id}/{reason}", "follow", request_id)

    async def deliver_soon(self, key: str, wanted: int) -> None:
        self._ask(f"deliver/{key}/{wanted}", "deliver", key)

    async def decide_soon(self, key: str, moment: str) -> None:
        self._ask(f"decide/{key}/{moment}", "decide", key)

    async def apply_soon(self, run_id: str, moment: str) -> None:
        self._ask(f"apply/{run_id}/{moment}", "apply", run_id)

    @property
    def next_at(self) -> datetime | None:
        return self._waiting[0].at if self._waiting else None

    async def run_due(self) -> None:
        """Everything that is due by now, and whatever that asks for at once."""
        for request_id, steps in list(self._followed.items()):
            if self._steps_of(request_id) != steps:
                del self._followed[request_id]
                self._put(self._now(), "follow", request_id)
        while self._waiting and self._waiting[0].at <= self._now():
            await self._do(heapq.heappop(self._waiting))

    def _ask(self, name: str, kind: str, about: str) -> None:
        if name not in self._asked:
            self._asked.add(name)
            self._put(self._now(), kind, about)

    def _put(self, at: datetime, kind: str, about: str, attempt: int = 0) -> None:
        self._count += 1
        heapq.heappush(self._waiting, _Job(at, self._count, kind, about, attempt))

    async def _do(self, job: _Job) -> None:
        if self._work is None:
            return
        try:
            again_in, is_good = await self._attempt(self._work, job)
        except DoormanError as error:
            again_in, is_good = _AGAIN_AFTER, False
            if isinstance(error, Throttled):
                again_in = max(again_in, timedelta(seconds=error.wait_seconds))
        if again_in is not None and job.attempt < _MOST_ATTEMPTS:
            self._put(self._now() + again_in, job.kind, job.about, 0 if is_good else job.attempt + 1)

    async def _attempt(self, work: Work, job: _Job) -> tuple[timedelta | None, bool]:
        """How soon to come back to it, if at all, and whether all went well."""
        if job.kind == "deliver":
            is_done = await work.deliver(job.about)
            return (None if is_done else _AGAIN_AFTER), is_done
        if job.kind == "follow":
            if await work.follow(job.about) is not None:
                self._followed[job.about] = self._steps_of(job.about)
            return None, True
        seconds = await (work.decide(job.about) if job.kind == "decide" else work.apply(job.about))
        return (None if seconds is None else timedelta(seconds=seconds)), True
