"""The jobs themselves: functions that go on, after a crash, behind the last step that was recorded.

A step never raises. What can be expected to pass is tried again, by the moment that the step gives back; anything else
is logged and ends the job, and the sweep finds the work again. A job that ended by an exception would stay ended.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import structlog
from dbos import DBOS

from bot.errors import DoormanError, GraphUnavailable, ServiceBusy, Throttled
from bot.jobs.gate import Gate
from bot.jobs.work import JobSettings, Work

_LONGEST_RETRY_SECONDS = 60.0
_MOST_LOOKS = 500
_MOST_PIECES = 5_000  # of an enrolment; each is worth some seconds
_MOST_FAILURES = 15  # ten minutes of them

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Workflows:
    """Each returns True when what it is about is settled."""

    follow: Callable[[str], Coroutine[Any, Any, bool]]
    deliver: Callable[[str], Coroutine[Any, Any, bool]]
    decide: Callable[[str], Coroutine[Any, Any, bool]]
    apply: Callable[[str], Coroutine[Any, Any, bool]]
    poll: Callable[[datetime, Any], Coroutine[Any, Any, None]]
    sweep: Callable[[datetime, Any], Coroutine[Any, Any, None]]
    ends: Callable[[datetime, Any], Coroutine[Any, Any, None]]
    tidy: Callable[[datetime, Any], Coroutine[Any, Any, None]]
    forget: Callable[[datetime, Any], Coroutine[Any, Any, None]]


def register(work: Work, gate: Gate, settings: JobSettings) -> Workflows:
    """Make the jobs known to dbos; between creating and launching it."""
    attempts = _Attempts(settings)

    @DBOS.step(name="look")
    async def look(request_id: str, failures: int) -> Answer:
        return await attempts.make("follow", request_id, failures, lambda: _going_on(work.follow(request_id)))

    @DBOS.step(name="decide_step")
    async def settle(key: str, failures: int) -> Answer:
        return await attempts.make("decide", key, failures, lambda: _going_on(work.decide(key)))

    @DBOS.step(name="apply_step")
    async def advance(run_id: str, failures: int) -> Answer:
        return await attempts.make("apply", run_id, failures, lambda: _going_on(work.apply(run_id)))

    @DBOS.step(name="send")
    async def send(key: str, failures: int) -> Answer:
        return await attempts.make("deliver", key, failures, lambda: _send(work, key))

    @DBOS.workflow(name="follow")
    async def follow(request_id: str) -> bool:
        return await _until_done(gate, look, request_id, _MOST_LOOKS)

    @DBOS.workflow(name="decide")
    async def decide(key: str) -> bool:
        return await _until_done(gate, settle, key, _MOST_LOOKS)

    @DBOS.workflow(name="apply")
    async def apply(run_id: str) -> bool:
        return await _until_done(gate, advance, run_id, _MOST_PIECES)

    @DBOS.workflow(name="deliver")
    async def deliver(key: str) -> bool:
        # Counted from the first answer, which is recorded: a job that is taken up later comes to the same end.
        answer = Answer(*await gate.through(send, key, 0))
        give_up_at = answer.given_at + settings.retry_for_seconds
        for attempt in count(1):
            if answer.wait_seconds is None or answer.try_again_at > give_up_at:
                break
            await gate.rest(answer.try_again_at - time.time())
            answer = Answer(*await gate.through(send, key, attempt))
        return answer.is_good

    rounds = _Rounds(gate, settings)
    return Workflows(
        follow=follow,
        deliver=deliver,
        decide=decide,
        apply=apply,
        poll=rounds.register("poll", work.poll, stale_after=timedelta(seconds=settings.poll_seconds)),
        sweep=rounds.register("sweep", work.sweep, stale_after=timedelta(seconds=settings.poll_seconds)),
        ends=rounds.register("ends", work.ends, stale_after=timedelta(seconds=settings.poll_seconds)),
        tidy=rounds.register("tidy", work.tidy, stale_after=timedelta(hours=12)),
        forget=rounds.register(
            "forget", lambda: forget_finished(settings.keep_seconds), stale_after=timedelta(hours=1)
        ),
    )


async def _until_done(
    gate: Gate, step: Callable[[str, int], Coroutine[Any, Any, Answer]], about: str, most: int
) -> bool:
    """Take one step after the other until one says that nothing is left to do; at most so many."""
    failures = 0
    for _ in range(most):
        answer = Answer(*await gate.through(step, about, failures))
        if answer.wait_seconds is None or failures >= _MOST_FAILURES:
            return answer.is_good
        failures = 0 if answer.is_good else failures + 1
        await gate.rest(answer.try_again_at - time.time())
    return False


async def forget_finished(keep_seconds: float) -> None:
    """Delete the jobs that ended longer ago than that; each tick and each job leaves a row otherwise."""
    before = (datetime.now(UTC) - timedelta(seconds=keep_seconds)).isoformat()
    while True:
        old = await DBOS.list_workflows_async(completed_before=before, limit=500, load_input=False, load_output=False)
        if not old:
            return
        await DBOS.delete_workflows_async([job.workflow_id for job in old])


class Answer(NamedTuple):
    """What a step found out, as it is recorded: JSON keeps it as a list. Moments are seconds of Unix time.

    `wait_seconds` is how long to wait before the next try, None when there is nothing more to do.
    """

    is_good: bool
    given_at: float
    wait_seconds: float | None

    @property
    def try_again_at(self) -> float:
        return self.given_at + (self.wait_seconds or 0.0)


class _Attempts:
    """Makes one attempt at something, and turns whatever happens into an answer."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings

    async def make(
        self, job: str, about: str, failures: int, do: Callable[[], Awaitable[tuple[bool, float | None]]]
    ) -> Answer:
        wait = min(self._settings.first_retry_seconds * 2.0 ** min(failures, 16), _LONGEST_RETRY_SECONDS)
        try:
            async with asyncio.timeout(self._settings.step_seconds):
                is_good, next_in = await do()
        except Throttled as error:
            return Answer(False, time.time(), max(wait, error.wait_seconds))
        except (ServiceBusy, GraphUnavailable, TimeoutError) as error:
            _log.info("job_waits", job=job, about=about, reason=type(error).__name__, failures=failures)
            return Answer(False, time.time(), wait)
        except DoormanError as error:
            # Something that an operator mends, such as a missing permission; the sweep comes back to it.
            _log.warning("job_ended", job=job, about=about, reason=type(error).__name__, detail=str(error)[:200])
            return Answer(False, time.time(), None)
        except Exception:
            _log.exception("job_ended", job=job, about=about)
            return Answer(False, time.time(), None)
        return Answer(is_good, time.time(), next_in if is_good else wait)


async def _going_on(piece: Awaitable[float | None]) -> tuple[bool, float | None]:
    return True, await piece


async def _send(work: Work, key: str) -> tuple[bool, float | None]:
    return await work.deliver(key), None


class _Rounds:
    """Jobs that come round by the clock. One that comes too late is left out: the next is due already."""

    def __init__(self, gate: Gate, settings: JobSettings) -> None:
        self._gate = gate
        self._settings = settings

    def register(
        self, name: str, do: Callable[[], Awaitable[None]], *, stale_after: timedelta
    ) -> Callable[[datetime, Any], Coroutine[Any, Any, None]]:
        @DBOS.step(name=f"{name}_step")
        async def step() -> None:
            try:
                async with asyncio.timeout(self._settings.round_seconds):
                    await do()
            except (Throttled, ServiceBusy, GraphUnavailable, TimeoutError) as error:
                _log.warning("round_failed", round=name, reason=type(error).__name__)
            except Exception:
                _log.exception("round_failed", round=name)

        @DBOS.workflow(name=name)
        async def tick(due_at: datetime, _context: Any) -> None:
            if datetime.now(UTC) - due_at <= stale_after:
                await self._gate.through(step)

        return tick
