"""Finding out what changed: Graph announces nothing about requests, so Doorman looks.

New requests are found by their date of creation, from a watermark that is moved only after everything found was taken
in. Requests known to be open are read again in a rolling sweep, twenty to a Graph call, so that none is older than a
few minutes. Both are repeated for ever and may be cut off anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.domain import AssignmentRequest, AuditedDecision, RequestId
from bot.errors import DoormanError, NotAllowed
from bot.services.decision_desk import DecisionDesk
from bot.services.errands import Errands
from bot.services.expiry_notices import ExpiryNotices
from bot.services.missed_searches import SHOWN_FROM_DAYS
from bot.services.reach import Reach
from bot.services.reminders import Reminders
from bot.services.revoking import Revoking
from bot.services.run_work import Worker
from bot.services.stale_cards import StaleCards
from bot.services.submissions import Submissions
from bot.services.tracking import Scheduler, Tracker
from bot.store import Store

WATERMARK = "requests-created-until"
AUDIT_WATERMARK = "audit-log-read-until"

_OVERLAP = timedelta(minutes=5)  # a request shows up in lists a while after it was filed
_FIRST_LOOK_BACK = timedelta(days=30)  # what may still be waiting when Doorman is installed
_PATIENCE = timedelta(days=1)  # a request that cannot be taken in does not hold the watermark back for ever
_SWEEP_EVERY = timedelta(minutes=5)
_AUDIT_OVERLAP = timedelta(minutes=20)  # records come minutes late, and not in order
_AUDIT_ASKED_AGAIN = timedelta(hours=1)  # where the permission is missing
_PER_SWEEP = 1_200  # 60 Graph calls, two a second on average at the usual interval
_AT_LEAST = 40
_IDS_AT_ONCE = 500
_UNDELIVERED_AFTER = timedelta(seconds=30)
_TICKET_KEEP = timedelta(days=1)
_DRAFT_KEEP = timedelta(days=7)
_RARE_KEEP = timedelta(days=90)  # what only one or two days brought is of no use, and may be about somebody
_PROOF_KEEP = timedelta(days=2)  # longer than any of them counts

_log = structlog.get_logger(__name__)


class Requests(Protocol):
    async def requests_created_since(self, since: datetime) -> list[AssignmentRequest]: ...
    async def decisions_audited_since(self, since: datetime) -> list[AuditedDecision]: ...
    async def requests(self, ids: Sequence[RequestId]) -> dict[RequestId, AssignmentRequest | None]: ...


class Delivery(Protocol):
    async def deliver(self, key: str) -> bool: ...


class Watch:
    """What the jobs do, over and over: everything here may run twice, late, or after a crash."""

    def __init__(
        self,
        store: Store,
        reader: Requests,
        tracker: Tracker,
        submissions: Submissions,
        decisions: DecisionDesk,
        revoking: Revoking,
        stale_cards: StaleCards,
        expiries: ExpiryNotices,
        errands: Errands,
        runs: Worker,
        reminders: Reminders,
        reach: Reach,
        delivery: Delivery,
        scheduler: Scheduler,
        clock: Clock,
        *,
        tenant_id: str,
        retention: timedelta,
        rounds: Sequence[Callable[[], Awaitable[None]]] = (),
        poll_every: timedelta = timedelta(seconds=30),
    ) -> None:
        self._store = store
        self._reader = reader
        self._tracker = tracker
        self._submissions = submissions
        self._decisions = decisions
        self._revoking = revoking
        self._stale_cards = stale_cards
        self._audit_closed_until: datetime | None = None
        self._expiries = expiries
        self._errands = errands
        self._runs = runs
        self._reminders = reminders
        self._reach = reach
        self._delivery = delivery
        self._scheduler = scheduler
        self._clock = clock
        self._tenant_id = tenant_id
        self._retention = retention
        self._rounds = tuple(rounds)
        self._poll_every = poll_every
        self._polling = asyncio.Lock()

    async def poll(self) -> None:
        """Take in requests that are new since the watermark, then move it."""
        async with self._polling:
            await self._poll()

    async def _poll(self) -> None:
        async with self._store.unit(read_only=True) as unit:
            text = await unit.marks.find(WATERMARK)
        was_known, started_at = self._clock.is_known, self._clock.now()
        watermark = datetime.fromisoformat(text) if text else None
        since = watermark - _OVERLAP if watermark else started_at - _FIRST_LOOK_BACK
        found = await self._reader.requests_created_since(since)
        if not was_known:
            started_at = self._clock.now()  # Graph's, now that it has answered; the call is within the overlap
        known: set[RequestId] = set()
        ids = [request.id for request in found]
        async with self._store.unit(read_only=True) as unit:
            for start in range(0, len(ids), _IDS_AT_ONCE):
                known.update(await unit.requests.find_many(ids[start : start + _IDS_AT_ONCE]))
        until = started_at
        for request in found:
            is_new = request.id not in known and (watermark is not None or request.state.is_open)
            if is_new and not await self._take(request, started_at):
                until = min(until, request.created_at or started_at)
        until = max(until, started_at - _PATIENCE)
        async with self._store.unit() as unit:
            await unit.marks.put(WATERMARK, until.isoformat())
        await self._read_audit_log(started_at)

    async def sweep(self) -> None:
        """Read open requests again, the longest unseen first; finish what a crash left behind."""
        await self._know_the_time()
        await self._submissions.recover()
        await self._decisions.recover(self._tenant_id)
        await self._revoking.recover(self._tenant_id)
        await self._errands.recover()
        await self._runs.recover()
        await self._read_again()
        await self._stale_cards.repair()
        await self._reminders.remind()
        await self._reach.bring()
        await self._send_leftovers()

    async def follow(self, request_id: str) -> float | None:
        """One quick look at a request that is about to change; gives back the seconds until the next."""
        record = await self._tracker.look(RequestId(request_id))
        return self._tracker.next_look_s(record) if record else None

    async def ends(self) -> None:
        """Tell people what of theirs ends soon, and what has ended; leads, what waits in their projects."""
        await self._know_the_time()
        await self._expiries.round()
        for each in self._rounds:
            await each()

    async def deliver(self, key: str) -> bool:
        return await self._delivery.deliver(key)

    async def decide(self, key: str) -> float | None:
        await self._know_the_time()
        return await self._decisions.send_held(key)

    async def apply(self, run_id: str) -> float | None:
        return await self._runs.apply(run_id)

    async def tidy(self) -> None:
        """Forget what is older than the retention."""
        await self._know_the_time()
        now = self._clock.now()
        before = now - self._retention
        async with self._store.unit() as unit:
            await unit.messages.delete_older_than(before)
            await unit.decisions.delete_older_than(before)
            await unit.remarks.delete_older_than(before)
            await unit.errands.delete_older_than(before)
            await unit.enrolments.delete_older_than(before)
            await unit.audit.delete_older_than(before)
            await unit.submissions.delete_older_than(before)
            await unit.requests.delete_older_than(before)
            await unit.expiries.delete_older_than(before)
            await unit.missed_searches.delete_older_than(before)
            await unit.missed_searches.delete_rare(now - _RARE_KEEP, SHOWN_FROM_DAYS)
            await unit.drafts.delete_older_than(now - _DRAFT_KEEP)
            await unit.nudges.drop_finished()
            await unit.people.delete_older_than(before)
            await unit.token_caches.delete_older_than(before)
            await unit.revocations.delete_older_than(before)
            await unit.proofs.delete_older_than(now - _PROOF_KEEP)
            await unit.tickets.purge(now - _TICKET_KEEP)
            await unit.seen.delete_older_than(now)

    async def _know_the_time(self) -> None:
        """Nothing is due, or too old, by the clock of the machine alone: right after a start it may be days off."""
        async with self._polling:
            if not self._clock.is_known:
                await self._poll()

    async def _read_audit_log(self, now: datetime) -> None:
        """Learn who decided what in the portal, where the app may read the audit log: one call, minutes late."""
        if self._audit_closed_until and now < self._audit_closed_until:
            return
        async with self._store.unit(read_only=True) as unit:
            text = await unit.marks.find(AUDIT_WATERMARK)
        since = datetime.fromisoformat(text) if text else now
        try:
            for audited in await self._reader.decisions_audited_since(since - _AUDIT_OVERLAP):
                await self._tracker.learn(audited)
        except NotAllowed:
            self._audit_closed_until = now + _AUDIT_ASKED_AGAIN
            return
        except (DoormanError, TimeoutError) as error:
            _log.info("audit_log_not_read", reason=type(error).__name__)
            return
        async with self._store.unit() as unit:
            await unit.marks.put(AUDIT_WATERMARK, now.isoformat())

    async def _read_again(self) -> None:
        now = self._clock.now()
        async with self._store.unit(read_only=True) as unit:
            open_count = await unit.requests.count_open()
            share = open_count * self._poll_every / _SWEEP_EVERY
            limit = min(max(round(share * 1.2), _AT_LEAST), _PER_SWEEP)
            due = await unit.requests.open_oldest(limit, now - self._poll_every / 2)
        if not due:
            return
        answers = await self._reader.requests([record.request_id for record in due])
        for record in due:
            request = answers.get(record.request_id)
            if request is None:
                if record.request_id in answers:
                    await self._tracker.forget(record.request_id)
                continue
            await self._take(request, now)

    async def _take(self, request: AssignmentRequest, asked_at: datetime) -> bool:
        """Take one request in; one that makes trouble must not keep the others waiting, and is tried again."""
        try:
            record = await self._tracker.take(request, asked_at)
        except DoormanError as error:
            _log.warning("request_not_taken", request_id=request.id, reason=type(error).__name__)
            return False
        except Exception:
            _log.exception("request_not_taken", request_id=request.id)
            return False
        if record is not None and self._tracker.next_look_s(record) is not None:
            await self._scheduler.follow_soon(record.request_id, f"{record.state}/{record.stage}")
        return True

    async def _send_leftovers(self) -> None:
        async with self._store.unit() as unit:
            await unit.messages.try_reachable_again()
            waiting = await unit.messages.undelivered(self._clock.now() - _UNDELIVERED_AFTER, 500)
        for message in waiting:
            await self._scheduler.deliver_soon(message.key, message.wanted)
