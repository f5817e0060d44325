"""What the durable job does with an enrolment run that was agreed to: its rows, piece by piece, whoever else works."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import NotAllowed, NotFound
from bot.plans.journal import Entry, Journal, RowState
from bot.services.enrolling import Advance, Enrolling
from bot.services.enrolment_journal import StoreJournal
from bot.services.enrolment_runs import Applier, Run, SilentTeller, Teller, deliver, justification, run_of
from bot.services.enrolment_state import EnrolmentStates
from bot.store import Store
from bot.store.records import EnrolmentRun, EnrolmentRunState

_STEP_SECONDS: Final = 15.0
_BEHIND_SECONDS: Final = 2.0
_LEFT_BEHIND_AFTER: Final = timedelta(minutes=2)

_log = structlog.get_logger(__name__)


class EnrolmentWork:
    """`enrolling` is None where no writer identity is set up."""

    def __init__(
        self,
        store: Store,
        states: EnrolmentStates,
        enrolling: Enrolling | None,
        scheduler: Applier,
        clock: Clock,
        teller: Teller | None = None,
    ) -> None:
        self._store = store
        self._states = states
        self._enrolling = enrolling
        self._scheduler = scheduler
        self._clock = clock
        self._teller = teller or SilentTeller()

    async def apply(self, run_id: str) -> float | None:
        """One piece of applying a run. Seconds until the next; None when there is nothing left to do.

        Runs on the same access packages take turns, in the order in which they were agreed to.
        Raises: Throttled, GraphUnavailable, ServiceBusy. Then it may be tried again.
        """
        async with self._store.unit() as unit:
            record = await unit.enrolments.find(run_id)
            if record is None or record.state != "applying" or self._enrolling is None:
                return None
            if await unit.enrolments.ahead_of(record):
                return _BEHIND_SECONDS
            await unit.enrolments.touch(run_id)
        run = run_of(record, self._clock)
        journal = StoreJournal(self._store, run.id)
        known = await journal.entries()
        if not known and not await self._prepare(run, journal):
            return None
        try:
            return await self._advance(run, journal, self._enrolling)
        except NotAllowed:
            # The writer lacks a permission. The sweep begins again, in case somebody has mended that.
            async with self._store.unit() as unit:
                await unit.enrolments.touch(run_id, "forbidden")
                stale = await self._teller.changed(unit, run_id)
            await deliver(self._scheduler, stale)
            raise

    async def recover(self) -> None:
        """Start again what is applied and nobody works on, and give up what waited too long."""
        now = self._clock.now()
        async with self._store.unit() as unit:
            expired = await unit.enrolments.expire(now)
            stale = [message for each in expired for message in await self._teller.changed(unit, each)]
            hanging = [
                record
                for record in await unit.enrolments.in_state("applying")
                if record.updated_at < now - _LEFT_BEHIND_AFTER
            ]
        await deliver(self._scheduler, stale)
        for record in hanging:
            await self._scheduler.apply_soon(record.id, f"again-{now:%Y%m%d%H%M}")

    async def _advance(self, run: Run, journal: Journal, enrolling: Enrolling) -> float | None:
        """Pieces of the work for some seconds, so that each recorded step of the job is worth its row."""
        until = self._clock.now() + timedelta(seconds=_STEP_SECONDS)
        while True:
            record = await self._fresh(run.id)
            advance = await enrolling.advance(
                run.plan,
                journal,
                justification=justification(run),
                excluded=run.excluded,
                is_cancelled=record.is_cancelled,
            )
            await self._told(run.id, advance, record)
            if advance.wait_seconds is None or advance.wait_seconds or self._clock.now() > until:
                return advance.wait_seconds

    async def _told(self, run_id: str, advance: Advance, record: EnrolmentRun) -> None:
        async with self._store.unit() as unit:
            if advance.wait_seconds is None:
                state: EnrolmentRunState = "cancelled" if record.is_cancelled else "done"
                if await unit.enrolments.end(run_id, state):
                    await unit.audit.add(
                        f"enrolment/{run_id}/{state}",
                        event=f"enrolment.{state}",
                        about=run_id,
                        actor_id=record.author_id,
                        actor_name=record.author_name,
                        detail={each.value: count for each, count in advance.counts.items() if count},
                    )
            else:
                await unit.enrolments.touch(run_id)
            stale = await self._teller.changed(unit, run_id)
        await deliver(self._scheduler, stale)

    async def _prepare(self, run: Run, journal: Journal) -> bool:
        """Before the first row: whether the tenant is still what the plan saw. What is done already is noted."""
        checked = await self._states.check(run.plan, run.excluded)
        if checked.moved:
            _log.info("enrolment_refused", run_id=run.id, rows=len(checked.moved))
            async with self._store.unit() as unit:
                await unit.enrolments.end(run.id, "refused", "moved")
                stale = await self._teller.changed(unit, run.id)
            await deliver(self._scheduler, stale)
            return False
        await journal.write([Entry(row.id, RowState.UNCHANGED) for row in checked.fulfilled])
        return True

    async def _fresh(self, run_id: str) -> EnrolmentRun:
        async with self._store.unit(read_only=True) as unit:
            record = await unit.enrolments.find(run_id)
        if record is None:
            raise NotFound("enrolment run")
        return record
