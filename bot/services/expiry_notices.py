"""Telling people in time that access of theirs ends: one card per person and day, and one afterwards to ask again.

Graph announces no ends and cannot be asked for them, so everything that is delivered is listed a few times a day, and
the ends of people who know Doorman are remembered. What is due is read from there; before anybody is told, Graph is
asked once more what that person has. Telling is written down together with the message that tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.clock import Clock
from bot.domain import AccessPackageId, Assignment, AssignmentId, ResourceRole, UserId
from bot.errors import DoormanError
from bot.services.access import gives_access
from bot.services.ends import Ends, expiry_key, remembered, show_again, want_card
from bot.services.hours import Hours
from bot.services.loss import Held, loss_of
from bot.services.notice_days import LOOK_AHEAD, due_lead
from bot.services.tracking import Scheduler
from bot.services.zones import zone_of
from bot.store import Store, Unit
from bot.store.records import Expiry, MessageKind, MessageRecord

LISTED = "assignments-listed-at"

_LIST_EVERY = timedelta(hours=6)
_TELL_EVERY = timedelta(minutes=4)
_MOST = 5_000
_SETTLED_AFTER = timedelta(minutes=10)  # the service needs a moment to end what has come to its end
_OLD_NEWS = timedelta(days=7)
_SAME_END = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class ExpiryReader(Protocol):
    def delivered_assignments(self) -> AsyncIterator[list[Assignment]]: ...
    async def assignments_of(self, person_id: UserId) -> list[Assignment]: ...
    async def contents_of(self, ids: Iterable[AccessPackageId]) -> dict[AccessPackageId, list[ResourceRole]]: ...


@dataclass(frozen=True, slots=True)
class _Day:
    """A person's own hours and zone."""

    hours: Hours
    time_zone: str | None

    def of(self, now: datetime) -> str:
        """The day, which names their card."""
        return f"{now.astimezone(zone_of(self.time_zone or self.hours.time_zone)):%Y-%m-%d}"


class ExpiryNotices:
    """`leads` are the days before an end on which people are told."""

    def __init__(
        self,
        store: Store,
        reader: ExpiryReader,
        scheduler: Scheduler,
        clock: Clock,
        hours: Hours,
        *,
        leads: Sequence[int] = (14, 1),
    ) -> None:
        self._store = store
        self._reader = reader
        self._clock = clock
        self._hours = hours
        self._leads = tuple(sorted(leads))
        self._told_at: datetime | None = None
        self._ends = Ends(store, scheduler, clock)

    async def round(self) -> None:
        """List when it is time, tell what is due, and what has ended. May be cut off anywhere."""
        await self._list_if_due()
        now = self._clock.now()
        if self._told_at is not None and timedelta() <= now - self._told_at < _TELL_EVERY:
            return
        await self._each_person(await self._untold(now), self._tell)
        await self._each_person(await self._past(now), self._tell_ended)
        self._told_at = now

    async def _list_if_due(self) -> None:
        started_at = self._clock.now()
        async with self._store.unit(read_only=True) as unit:
            text = await unit.marks.find(LISTED)
        last = datetime.fromisoformat(text) if text else None
        if last is not None and timedelta() <= started_at - last < _LIST_EVERY:
            return
        async for page in self._reader.delivered_assignments():
            await self._take(page, started_at)
        async with self._store.unit() as unit:
            await unit.expiries.drop_unlisted(started_at, self._clock.now())
            await unit.marks.put(LISTED, started_at.isoformat())

    async def _take(self, page: Sequence[Assignment], now: datetime) -> None:
        """Remember the ends on one page of the list, of people who can be told."""
        ending = {each.id: (each, owner) for each in page if each.expires_at and (owner := _owner(each))}
        async with self._store.unit(read_only=True) as unit:
            reachable = await unit.people.reachable(list({owner for _, owner in ending.values()}))
            known = await unit.expiries.find_many(list(ending))
        unchanged: list[AssignmentId] = []
        changed: dict[UserId, list[Expiry]] = defaultdict(list)
        for assignment, owner in ending.values():
            record = remembered(assignment, owner, now, known.get(assignment.id)) if owner in reachable else None
            if record is None:
                continue
            if record == replace(known.get(assignment.id, record), listed_at=now) and assignment.id in known:
                unchanged.append(assignment.id)
            else:
                changed[owner].append(record)
        stale: list[MessageRecord] = []
        if unchanged or changed:
            async with self._store.unit() as unit:
                await unit.expiries.listed(unchanged, now)
                for owner, records in changed.items():
                    for record in records:
                        await unit.expiries.put(record)
                    stale += await show_again(unit, owner, [each.assignment_id for each in records])
        await self._ends.deliver(stale)

    async def _untold(self, now: datetime) -> Mapping[UserId, list[Expiry]]:
        if not self._leads:
            return {}
        leads = [(days, now + timedelta(days=days) + LOOK_AHEAD) for days in self._leads]
        async with self._store.unit(read_only=True) as unit:
            found = await unit.expiries.untold(leads, now, _MOST)
        return _by_person(found)

    async def _past(self, now: datetime) -> Mapping[UserId, list[Expiry]]:
        async with self._store.unit(read_only=True) as unit:
            found = await unit.expiries.past(now - _SETTLED_AFTER, _MOST)
        return _by_person(found)

    async def _each_person(self, found: Mapping[UserId, list[Expiry]], do: Any) -> None:
        """One person whose access cannot be read must not keep the others waiting; they are tried again."""
        for person_id, records in found.items():
            async with self._store.unit(read_only=True) as unit:
                person = await unit.people.find(person_id)
                wishes = await unit.personal.of(person_id)
            if person is None or person.address is None or not person.is_reachable:
                continue
            try:
                own = _Day(self._hours.chosen(wishes.quiet_hours), wishes.time_zone or person.time_zone)
                await do(person_id, own, records)
            except DoormanError as error:
                _log.warning("expiry_not_told", reason=type(error).__name__)

    async def _tell(self, person_id: UserId, own: _Day, records: Sequence[Expiry]) -> None:
        now = self._clock.now()
        if not any(self._lead(record, now, own) for record in records):
            return
        held = await self._reader.assignments_of(person_id)
        fresh = await self._ends.refresh(person_id, held)
        async with self._store.unit(read_only=True) as unit:
            waiting = {each.package_id for each in await unit.requests.under_way_of(person_id)}
        due = {
            record.assignment_id: (record, days)
            for record in fresh
            if not record.choice
            and record.package_id not in waiting
            and not record.is_over
            and (days := self._lead(record, now, own))
        }
        if not due:
            return
        muted = await self._kept_otherwise(held, set(due))
        day = own.of(now)
        async with self._store.unit() as unit:
            told = [
                record
                for record, days in due.values()
                if await unit.expiries.tell(record.assignment_id, record.ends_at, days)
                and record.assignment_id not in muted
            ]
            message = await _add(unit, "expiry", person_id, day, told) if told else None
        await self._ends.deliver([message] if message else [])

    async def _tell_ended(self, person_id: UserId, own: _Day, records: Sequence[Expiry]) -> None:
        now = self._clock.now()
        held = await self._reader.assignments_of(person_id)
        await self._ends.refresh(person_id, held)
        by_id = {each.id: each for each in held}
        ended = [record for record in records if not _is_running(by_id.get(record.assignment_id), now)]
        newsworthy = [record for record in ended if _is_news(record, by_id, held, now)]
        if newsworthy and own.hours.quiet_ends(now, own.time_zone) > now:
            return  # nothing is lost by waiting for the morning
        kept = await self._kept_otherwise(held, {record.assignment_id for record in newsworthy})
        day = own.of(now)
        async with self._store.unit() as unit:
            closed = [record for record in ended if await unit.expiries.close(record.assignment_id)]
            told = [record for record in closed if record in newsworthy and record.assignment_id not in kept]
            stale = await show_again(unit, person_id, [record.assignment_id for record in closed])
            if told:
                stale.append(await _add(unit, "ended", person_id, day, told))
        await self._ends.deliver(stale)

    async def _kept_otherwise(self, held: Sequence[Assignment], ending: set[AssignmentId]) -> set[AssignmentId]:
        """Those of `ending` whose contents somebody has longer through something else as well."""
        live = [each for each in held if gives_access(each) or each.id in ending]
        if len(live) < 2 or not ending:
            return set()
        contents = await self._reader.contents_of(dict.fromkeys(each.package_id for each in live if each.package_id))
        found = set()
        for mine in (each for each in live if each.id in ending):
            others = [
                Held(other.package_name, tuple(contents.get(other.package_id, ())), other.expires_at)
                for other in live
                if other.id != mine.id and other.package_id is not None and _outlasts(other, mine)
            ]
            roles = contents.get(mine.package_id, []) if mine.package_id else []
            if loss_of(roles, others).is_nothing:
                found.add(mine.id)
        return found

    def _lead(self, record: Expiry, now: datetime, own: _Day) -> int:
        return due_lead(self._leads, record.ends_at, record.began_at, record.told_days, now, own.hours, own.time_zone)


async def _add(unit: Unit, kind: MessageKind, person_id: UserId, day: str, told: Sequence[Expiry]) -> MessageRecord:
    """The one card of that person and day, with these lines besides those that it has."""
    key = expiry_key(kind, person_id, day)
    known = await unit.messages.find(key)
    detail: dict[str, Any] = dict(known.detail) if known else {"day": day}
    lines = {
        record.assignment_id: {
            "end": record.ends_at.isoformat(),
            "name": record.package_name,
            "package_id": record.package_id,
        }
        for record in told
    }
    return await want_card(unit, key, kind, person_id, {**detail, "ends": {**detail.get("ends", {}), **lines}})


def _owner(assignment: Assignment) -> UserId | None:
    return assignment.target.object_id if assignment.target else None


def _by_person(records: Iterable[Expiry]) -> Mapping[UserId, list[Expiry]]:
    found: dict[UserId, list[Expiry]] = defaultdict(list)
    for record in records:
        found[record.person_id].append(record)
    return found


def _outlasts(other: Assignment, mine: Assignment) -> bool:
    if mine.expires_at is None:
        return False
    return other.expires_at is None or other.expires_at > mine.expires_at + _SAME_END


def _is_running(assignment: Assignment | None, now: datetime) -> bool:
    """Whether it goes on: extended, or the service has not come round to ending it yet."""
    if assignment is None or not assignment.is_live:
        return False
    return assignment.expires_at is None or assignment.expires_at > now - timedelta(days=1)


def _is_news(
    record: Expiry, by_id: Mapping[AssignmentId, Assignment], held: Sequence[Assignment], now: datetime
) -> bool:
    """Whether the person should hear of this end: it came by time, nobody wanted it, and nothing took its place."""
    assignment = by_id.get(record.assignment_id)
    if assignment is None or record.choice or now - record.ends_at > _OLD_NEWS:
        return False
    if assignment.ended_at is not None and assignment.ended_at < record.ends_at - _SAME_END:
        return False
    return not any(each.is_live and each.package_id == record.package_id for each in held)
