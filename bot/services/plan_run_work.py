"""What the durable job does with a plan that an administrator agreed to: its steps, round by round, with their token.

Each round looks at the tenant anew and does what is missing, but nothing that was not agreed to. One round at a time
works on a run: whoever is killed leaves a claim behind that runs out, and a journal that tells how far it came.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import DoormanError, GraphUnavailable, NotAllowed, PlanMoved, ServiceBusy, SignInNeeded, Throttled
from bot.files.yaml_document import FileRefused
from bot.plans.journal import Entry, Journal, RowState
from bot.plans.steps import Plan
from bot.services.administering import Outcome, StepOutcome
from bot.services.enrolment_journal import StoreJournal
from bot.services.enrolment_runs import Applier, Teller, deliver
from bot.services.package_office import PackageOffice
from bot.services.plan_runs import PlanRun, is_done, moment_of, plan_run_of, seal_of
from bot.store import Store
from bot.store.records import EnrolmentRunState

_ROUND_SECONDS: Final = 45.0
_CLAIM_SECONDS: Final = 60.0  # longer than any round, so nobody is still at it when it ends
_BEHIND_SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 5.0
_LEFT_BEHIND_AFTER: Final = timedelta(minutes=2)
_GIVE_UP_AFTER: Final = timedelta(hours=1)
_PASSING: Final = frozenset({"RolesLate", "GraphUnavailable", "Throttled", "ServiceBusy"})

_log = structlog.get_logger(__name__)


class PlanRunWork:
    def __init__(self, store: Store, office: PackageOffice, scheduler: Applier, teller: Teller, clock: Clock) -> None:
        self._store = store
        self._office = office
        self._scheduler = scheduler
        self._teller = teller
        self._clock = clock

    async def apply(self, run_id: str) -> float | None:
        """One round of a run. Seconds until the next; None when there is nothing left to do, or it has stopped.

        Runs on the same access package take turns, in the order in which they were agreed to.
        Raises: ServiceBusy. Then it may be tried again.
        """
        async with self._store.unit() as unit:
            record = await unit.enrolments.find(run_id)
            if record is None or record.state != "applying":
                return None
            if not record.plan:  # its key was taken away, so nobody can tell what was agreed to
                await unit.enrolments.end(run_id, "refused", "unreadable")
                return None
            if await unit.enrolments.ahead_of(record):
                return _BEHIND_SECONDS
            claim = await unit.enrolments.claim(run_id, _CLAIM_SECONDS)
        if claim is None:
            return _BEHIND_SECONDS
        try:
            return await self._round(plan_run_of(record))
        finally:
            await self._release(run_id, claim)

    async def recover(self) -> None:
        """Start again what nobody works on."""
        now = self._clock.now()
        async with self._store.unit(read_only=True) as unit:
            records = await unit.enrolments.in_state("applying", kind="administration")
        for record in records:
            if record.updated_at < now - _LEFT_BEHIND_AFTER:
                await self._scheduler.apply_soon(record.id, f"{moment_of(record)}/again-{now:%Y%m%d%H%M}")

    async def _round(self, run: PlanRun) -> float | None:
        word, wait = await self._tried(run)
        if wait is not None and not self._is_too_long(run):
            await self._note(run, word)
            return wait
        await self._end(run, "stopped" if word else "done", word)
        return None

    async def _tried(self, run: PlanRun) -> tuple[str, float | None]:
        """What stands in the way, "" when all is done; and in how many seconds it may have gone by itself."""
        try:
            async with asyncio.timeout(_ROUND_SECONDS):
                outcome = await self._carry_out(run)
        except Throttled as error:
            return "unavailable", max(_AGAIN_SECONDS, error.wait_seconds)
        except (GraphUnavailable, ServiceBusy, TimeoutError):
            return "unavailable", _AGAIN_SECONDS
        except ExceptionGroup as group:
            if group.split(ServiceBusy)[1] is not None:
                raise
            return "unavailable", _AGAIN_SECONDS
        except (DoormanError, FileRefused) as error:
            _log.info("plan_stopped", run_id=run.id, reason=type(error).__name__)
            return _reason(error), None
        if outcome.is_done:
            return "", None
        codes = {each.code for each in outcome.failed}
        if codes <= _PASSING:
            return "late" if codes == {"RolesLate"} else "unavailable", _AGAIN_SECONDS
        return _worst(outcome.failed), None

    async def _carry_out(self, run: PlanRun) -> Outcome:
        """Raises: PlanMoved, where that is not what was agreed to, and what planning raises."""
        journal = self._office.audited(run.author, run.new, run.id, StoreJournal(self._store, run.id))
        plan = await self._office.plan(run.author, run.new)
        agreed = {each.step.id: each.seal for each in run.steps}
        if plan.has_errors or any(agreed.get(step.id) != seal_of(step) for step in plan.steps):
            raise PlanMoved(())
        await self._note_done(run, plan, journal)
        return await self._office.apply(run.author, plan, journal)

    async def _note_done(self, run: PlanRun, plan: Plan, journal: Journal) -> None:
        """End the steps that are no longer to be done: begun by whoever was killed, or done by somebody else."""
        entries, left = await journal.entries(), {step.id for step in plan.steps}
        found = []
        for step in run.writes:
            entry = entries.get(step.id)
            if step.id in left or is_done(entry):
                continue
            known = {"id": plan.known[step.gives]} if step.gives in plan.known else {}
            told = {"kind": step.kind.value, "subject": step.subject, **known}
            was_tried = entry is not None and entry.state is not RowState.CANCELLED
            found.append(Entry(step.id, RowState.DONE if was_tried else RowState.UNCHANGED, told))
        if found:
            await journal.write(found)

    async def _end(self, run: PlanRun, state: EnrolmentRunState, reason: str = "") -> None:
        async with self._store.unit() as unit:
            if await unit.enrolments.end(run.id, state, reason):
                stale = await self._teller.changed(unit, run.id)
            else:
                stale = ()
        await deliver(self._scheduler, stale)

    async def _note(self, run: PlanRun, word: str) -> None:
        """Keep what it waits for, and have the card tell how far it is."""
        async with self._store.unit() as unit:
            await unit.enrolments.touch(run.id, word)
            stale = await self._teller.changed(unit, run.id)
        await deliver(self._scheduler, stale)

    async def _release(self, run_id: str, claim: datetime) -> None:
        async with self._store.unit() as unit:
            await unit.enrolments.release(run_id, claim)

    def _is_too_long(self, run: PlanRun) -> bool:
        return self._clock.now() - (run.record.agreed_at or run.record.created_at) > _GIVE_UP_AFTER


def _reason(error: Exception) -> str:
    if isinstance(error, PlanMoved | FileRefused):
        return "moved"
    if isinstance(error, SignInNeeded):
        return "sign-in"
    return "forbidden" if isinstance(error, NotAllowed) else "refused"


def _worst(failed: tuple[StepOutcome, ...]) -> str:
    """What has to be mended first."""
    codes = {each.code for each in failed}
    if "SignInNeeded" in codes:
        return "sign-in"
    return "forbidden" if codes & {"NotAllowed", "ConsentNeeded"} else "refused"
