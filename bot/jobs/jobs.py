"""Durable jobs: what has to happen although the process may end at any moment."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from dbos import DBOS, SetWorkflowID

from bot.errors import ServiceBusy
from bot.jobs.engine import engine_running
from bot.jobs.gate import Gate
from bot.jobs.replicas import Replicas
from bot.jobs.work import JobSettings, Sealer, Work
from bot.jobs.workflows import Workflows, register

_AGAIN_SECONDS = 600.0
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


class Jobs:
    """Made early, so that the services that ask for jobs can be given it; it works inside `running`.

    There is one for each process.
    """

    def __init__(self, settings: JobSettings, sealer: Sealer) -> None:
        self._settings = settings
        self._sealer = sealer
        self._workflows: Workflows | None = None
        self._starting: set[asyncio.Task[None]] = set()
        self._replicas: Replicas | None = None

    @property
    def processes(self) -> int:
        """How many processes share the work, this one included, as far as they are known to be alive."""
        return self._replicas.alive if self._replicas else 1

    def _meet(self, replicas: Replicas) -> None:
        self._replicas = replicas

    @asynccontextmanager
    async def running(self, work: Work) -> AsyncIterator[Jobs]:
        """Do this work until the block ends, which waits for the steps under way and leaves the rest for later."""
        gate = Gate()
        async with engine_running(
            self._settings, self._sealer, gate, lambda: register(work, gate, self._settings), self._meet
        ) as workflows:
            self._workflows = workflows
            try:
                yield self
            finally:
                self._workflows = None

    async def follow_soon(self, request_id: str, reason: str) -> None:
        """Follow the request closely for a while. For one reason it is done once.

        Raises: ServiceBusy when the job cannot be written down in time; it may still run.
        """
        await self._start(f"follow/{request_id}/{reason}", lambda flows: flows.follow, request_id)

    async def deliver_soon(self, key: str, wanted: int) -> None:
        """Bring the message to its chat, now. For one number of changes it is done once.

        Asked for again after it was given up, it is tried again, every ten minutes at most.

        Raises: ServiceBusy when the job cannot be written down in time; it may still run.
        """
        await self._start(f"deliver/{key}/{wanted}", lambda flows: flows.deliver, key)

    async def decide_soon(self, key: str, moment: str) -> None:
        """Send the held decision when its time has come. For one moment it is done once.

        Raises: ServiceBusy when the job cannot be written down in time; the sweep sends the decision then.
        """
        await self._start(f"decide/{key}/{moment}", lambda flows: flows.decide, key)

    async def apply_soon(self, run_id: str, moment: str) -> None:
        """Apply the enrolment run. For one moment it is done once.

        Raises: ServiceBusy when the job cannot be written down in time; the sweep starts it then.
        """
        await self._start(f"apply/{run_id}/{moment}", lambda flows: flows.apply, run_id)

    async def _start(
        self, job_id: str, pick: Callable[[Workflows], Callable[[str], Coroutine[Any, Any, bool]]], about: str
    ) -> None:
        if self._workflows is None:
            raise ServiceBusy("jobs")
        # In a context of its own: asked for from within a step, the job must not become a part of that step.
        starting = asyncio.get_running_loop().create_task(
            _start_once(job_id, pick(self._workflows), about), context=contextvars.Context()
        )
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        # Left to itself when it takes too long, never cancelled: half a start is a job that waits for the next launch.
        done, _ = await asyncio.wait((starting,), timeout=self._settings.start_seconds)
        if not done:
            starting.add_done_callback(_ignore_outcome)
            raise ServiceBusy("jobs")
        error = starting.exception()
        if error is not None:
            raise ServiceBusy("jobs") from error


async def _start_once(job_id: str, workflow: Callable[[str], Coroutine[Any, Any, bool]], about: str) -> None:
    if await _is_given_up(job_id, workflow, about):
        bucket = int(time.time() // _AGAIN_SECONDS)
        await _is_given_up(f"{job_id}/again-{bucket}", workflow, about)


async def _is_given_up(job_id: str, workflow: Callable[[str], Coroutine[Any, Any, bool]], about: str) -> bool:
    """Start the job unless there is one of this id; whether that one ended with nothing settled."""
    with SetWorkflowID(job_id):
        handle = await DBOS.start_workflow_async(workflow, about)
    status = await handle.get_status()
    return status.status in _ENDED and status.output is not True


def _ignore_outcome(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()


@asynccontextmanager
async def running_jobs(settings: JobSettings, work: Work, sealer: Sealer) -> AsyncIterator[Jobs]:
    """Jobs that run until the block ends."""
    async with Jobs(settings, sealer).running(work) as jobs:
        yield jobs
