"""Reminding approvers: everything that waits for one person in one message, not too often, and not at night.

Whoever was asked has a row with the moment of their next reminder. A round takes the rows whose time has come, moves
them to the next moment and wants one message, all in one transaction: cut off anywhere, it happens once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain import RequestId, UserId
from bot.services.hours import Hours
from bot.services.messages import once_more
from bot.services.nudge_plan import NudgePlan
from bot.services.tracking import Scheduler
from bot.store import Store, Unit
from bot.store.records import MessageRecord, NudgeRecord, RequestRecord

_PER_ROUND = 500
_BETWEEN_REMINDERS = timedelta(hours=20)
_TIME_TO_DECIDE = timedelta(hours=1)


class Reminders:
    def __init__(self, store: Store, scheduler: Scheduler, clock: Clock, hours: Hours, plan: NudgePlan) -> None:
        self._store = store
        self._scheduler = scheduler
        self._clock = clock
        self._hours = hours
        self._plan = plan

    async def remind(self) -> None:
        """One round."""
        now = self._clock.now()
        async with self._store.unit(read_only=True) as unit:
            due = await unit.nudges.due(now, _PER_ROUND)
        people: defaultdict[UserId, list[NudgeRecord]] = defaultdict(list)
        for nudge in due:
            people[nudge.person_id].append(nudge)
        for person_id, nudges in people.items():
            async with self._store.unit() as unit:
                message = await self._remind(unit, person_id, nudges, now)
            if message is not None:
                await self._scheduler.deliver_soon(message.key, message.wanted)

    async def _remind(
        self, unit: Unit, person_id: UserId, due: Sequence[NudgeRecord], now: datetime
    ) -> MessageRecord | None:
        person, wishes = await unit.people.find(person_id), await unit.personal.of(person_id)
        time_zone = wishes.time_zone or (person.time_zone if person else None)
        hours = self._hours.chosen(wishes.quiet_hours)
        due = await self._unmuted(unit, wishes.muted_packages, due, now)
        if not due:
            return None
        later = await self._not_before(unit, person_id, hours, time_zone, due, now)
        if later > now and not any(self._cannot_wait(nudge, later, now) for nudge in due):
            for nudge in due:
                await unit.nudges.move(nudge, self._moved_to(nudge, later, now))
            return None
        moved = [await unit.nudges.move(nudge, self._next(nudge, now)) for nudge in due]
        if not any(moved):
            return None  # another process was faster
        last = await unit.messages.last_of_kind(person_id, "reminder")
        if last is not None and last.message_id is None and last.state != "retired":
            return await once_more(unit, last)  # it has not arrived yet, and will tell of everything when it does
        return await unit.messages.want(
            f"reminder/{person_id}/{now:%Y%m%dT%H%M%S}",
            kind="reminder",
            request_id=due[0].request_id,
            person_id=person_id,
        )

    async def _unmuted(
        self, unit: Unit, muted: frozenset[str], due: Sequence[NudgeRecord], now: datetime
    ) -> Sequence[NudgeRecord]:
        """Those to remind of now: what is muted waits for its last call."""
        if not muted:
            return due
        requests = await unit.requests.find_many([nudge.request_id for nudge in due])
        left = []
        for nudge in due:
            last = self._plan.last_call(nudge.asked_at, nudge.decide_by, now)
            is_muted = nudge.request_id in requests and requests[nudge.request_id].package_id in muted
            if is_muted and (last is not None or nudge.decide_by is None):
                await unit.nudges.move(nudge, last)
            else:
                left.append(nudge)
        return left

    async def _not_before(
        self,
        unit: Unit,
        person_id: UserId,
        hours: Hours,
        time_zone: str | None,
        due: Sequence[NudgeRecord],
        now: datetime,
    ) -> datetime:
        """When this person may be reminded: not in quiet hours, not twice a day; a summary when the day begins."""
        not_before = now
        last = await unit.messages.last_of_kind(person_id, "reminder")
        if last is not None and last.posted_at is not None:
            not_before = max(not_before, last.posted_at + _BETWEEN_REMINDERS)
        if all(_is_unread_summary(nudge) for nudge in due):
            not_before = max(not_before, hours.next_start(now, time_zone))
        return hours.quiet_ends(not_before, time_zone)

    def _cannot_wait(self, nudge: NudgeRecord, later: datetime, now: datetime) -> bool:
        """Whether nobody's peace is kept: it lapses before then, and there is no reminder left but this one."""
        if nudge.decide_by is None or nudge.decide_by <= now or not _lapses_before(nudge, later):
            return False
        return _is_unread_summary(nudge) or self._plan.is_last_call(nudge.asked_at, nudge.decide_by, now)

    def _moved_to(self, nudge: NudgeRecord, later: datetime, now: datetime) -> datetime:
        """`later`, or the last call where it lapses before then."""
        last = self._plan.last_call(nudge.asked_at, nudge.decide_by, now)
        return last if last is not None and last < later and _lapses_before(nudge, later) else later

    def _next(self, nudge: NudgeRecord, now: datetime) -> datetime | None:
        return self._plan.next_due(nudge.asked_at, nudge.decide_by, now)


def named_now(
    plan: NudgePlan,
    waiting: Sequence[NudgeRecord],
    requests: Mapping[RequestId, RequestRecord],
    muted: frozenset[str],
    now: datetime,
) -> list[NudgeRecord]:
    """What a reminder names of all that waits: what is muted stays out of it until its own last call."""

    def is_muted(nudge: NudgeRecord) -> bool:
        return nudge.request_id in requests and requests[nudge.request_id].package_id in muted

    return [
        nudge for nudge in waiting if not is_muted(nudge) or plan.is_last_call(nudge.asked_at, nudge.decide_by, now)
    ]


def _is_unread_summary(nudge: NudgeRecord) -> bool:
    """Asked without a card of their own, and not told of it yet."""
    return not nudge.has_card and nudge.due_at is not None and nudge.due_at <= nudge.asked_at


def _lapses_before(nudge: NudgeRecord, moment: datetime) -> bool:
    """Whether waiting until then would leave less than it takes to decide."""
    return nudge.decide_by is not None and nudge.decide_by <= moment + _TIME_TO_DECIDE
