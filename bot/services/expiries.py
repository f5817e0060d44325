"""Telling people in time that access of theirs ends: one card per person and day, and one afterwards to ask again.

Graph announces no ends and cannot be asked for them, so everything that is delivered is listed a few times a day, and
the ends of people who know Doorman are remembered. What is due is read from there; before anybody is told, Graph is
asked once more what that person has. Telling is written down together with the message that tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.clock import Clock
from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentId,
    AssignmentPolicy,
    PolicyId,
    RequestId,
    ResourceRole,
    UserId,
)
from bot.errors import DoormanError, NotAllowed, NotFound
from bot.services.access import gives_access
from bot.services.hours import Hours
from bot.services.loss import Held, loss_of
from bot.services.notice_days import LOOK_AHEAD, due_lead
from bot.services.tracking import Scheduler
from bot.services.zones import zone_of
from bot.store import Store, Unit
from bot.store.records import Expiry, ExpiryChoice, MessageKind, MessageRecord
from bot.turn import Actor

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


class PolicyDesk(Protocol):
    async def policy(self, policy_id: PolicyId | None) -> AssignmentPolicy | None: ...


@dataclass(frozen=True, slots=True)
class ExpiryRow:
    """One line of a card: `told_end` is the end it was about, `record` what is known now (None: nothing any more)."""

    assignment_id: AssignmentId
    package_id: AccessPackageId
    package_name: str
    told_end: datetime
    record: Expiry | None
    is_waiting: bool = False
    may_extend: bool = False
    is_justification_required: bool = False
    is_approval_required: bool = False
    result: str = ""

    @property
    def is_extended(self) -> bool:
        return self.record is not None and self.record.ends_at > self.told_end + _SAME_END


@dataclass(frozen=True, slots=True)
class ExpiryFacts:
    day: str
    rows: tuple[ExpiryRow, ...]


@dataclass(frozen=True, slots=True)
class _Day:
    """A person's own hours and zone."""

    hours: Hours
    time_zone: str | None

    def of(self, now: datetime) -> str:
        """The day, which names their card."""
        return f"{now.astimezone(zone_of(self.time_zone or self.hours.time_zone)):%Y-%m-%d}"


class Expiries:
    def __init__(
        self,
        store: Store,
        reader: ExpiryReader,
        policies: PolicyDesk,
        scheduler: Scheduler,
        clock: Clock,
        hours: Hours,
        *,
        leads: Sequence[int] = (14, 1),
    ) -> None:
        self._store = store
        self._reader = reader
        self._policies = policies
        self._scheduler = scheduler
        self._clock = clock
        self._hours = hours
        self._leads = tuple(sorted(leads))
        self._told_at: datetime | None = None

    async def round(self) -> None:
        """List when it is time, tell what is due, and what has ended. May be cut off anywhere."""
        await self._list_if_due()
        now = self._clock.now()
        if self._told_at is not None and timedelta() <= now - self._told_at < _TELL_EVERY:
            return
        await self._each_person(await self._untold(now), self._tell)
        await self._each_person(await self._past(now), self._tell_ended)
        self._told_at = now

    async def let_go(self, who: Actor, mine: Assignment) -> None:
        """`who` wants this to end as planned, and not to be reminded. `mine` was read as theirs."""
        if mine.expires_at is None:
            return
        now = self._clock.now()
        async with self._store.unit() as unit:
            known = (await unit.expiries.find_many([mine.id])).get(mine.id)
            fresh = _record(mine, who.object_id, now, known)
            if fresh is not None:
                await unit.expiries.put(replace(fresh, choice="let_go"))
            stale = await _show_again(unit, who.object_id, [mine.id])
        await self._deliver(stale)

    async def returned(self, who: Actor, assignment_id: AssignmentId) -> None:
        """`who` gave this back: nothing more is told of its end."""
        async with self._store.unit() as unit:
            known = (await unit.expiries.find_many([assignment_id])).get(assignment_id)
            if known is None or known.person_id != who.object_id:
                return
            await unit.expiries.choose(assignment_id, "returned")
            stale = await _show_again(unit, who.object_id, [assignment_id])
        await self._deliver(stale)

    async def present_facts(self, message: MessageRecord) -> ExpiryFacts:
        """What a card about ends shows now. One that stands in a chat changes because something has become of what it
        tells, so Graph is asked what the person has; for a new one it was asked just before.

        Raises: Throttled, GraphUnavailable.
        """
        if message.kind == "expiry" and message.message_id is not None:
            try:
                await self._refresh(message.person_id, await self._reader.assignments_of(message.person_id))
            except (NotAllowed, NotFound) as error:
                _log.info("ends_not_read", reason=type(error).__name__)
        return await self.facts(message)

    async def facts(self, message: MessageRecord) -> ExpiryFacts:
        """What a card about ends shows, by what is remembered."""
        ends: Mapping[str, Any] = message.detail.get("ends", {})
        results: Mapping[str, str] = message.detail.get("results", {})
        async with self._store.unit(read_only=True) as unit:
            known = await unit.expiries.find_many([AssignmentId(each) for each in ends])
            waiting = {each.package_id for each in await unit.requests.under_way_of(message.person_id)}
        rows = []
        for assignment_id, told in ends.items():
            record = known.get(AssignmentId(assignment_id))
            policy = await self._policy(record.policy_id if record else None)
            rows.append(
                ExpiryRow(
                    AssignmentId(assignment_id),
                    AccessPackageId(str(told["package_id"])),
                    record.package_name if record else str(told["name"]),
                    datetime.fromisoformat(told["end"]),
                    record,
                    is_waiting=AccessPackageId(str(told["package_id"])) in waiting,
                    may_extend=policy is None or policy.may_extend,
                    is_justification_required=bool(policy and policy.is_justification_required),
                    is_approval_required=bool(policy and policy.is_approval_required_for_update and policy.stages),
                    result=results.get(assignment_id, ""),
                )
            )
        return ExpiryFacts(str(message.detail.get("day", "")), tuple(sorted(rows, key=lambda row: row.told_end)))

    async def card_of(self, who: Actor, day: str) -> MessageRecord | None:
        async with self._store.unit(read_only=True) as unit:
            return await unit.messages.find(expiry_key("expiry", who.object_id, day))

    async def note_results(self, who: Actor, day: str, results: Mapping[AssignmentId, str]) -> MessageRecord | None:
        """Write down how what was pressed on the card ended, and bring the card up to date."""
        key = expiry_key("expiry", who.object_id, day)
        async with self._store.unit() as unit:
            message = await unit.messages.find(key)
            if message is None:
                return None
            noted = {**message.detail, "results": {**message.detail.get("results", {}), **results}}
            message = await _want(unit, message.key, "expiry", who.object_id, noted)
        await self._deliver([message])
        return message

    async def choose(self, who: Actor, assignment_ids: Iterable[AssignmentId], choice: ExpiryChoice) -> None:
        """Only what is the person's own is changed."""
        async with self._store.unit() as unit:
            known = await unit.expiries.find_many(list(assignment_ids))
            for record in known.values():
                if record.person_id == who.object_id and not record.is_over:
                    await unit.expiries.choose(record.assignment_id, choice)

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
            record = _record(assignment, owner, now, known.get(assignment.id)) if owner in reachable else None
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
                    stale += await _show_again(unit, owner, [each.assignment_id for each in records])
        await self._deliver(stale)

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
        fresh = await self._refresh(person_id, held)
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
        await self._deliver([message] if message else [])

    async def _tell_ended(self, person_id: UserId, own: _Day, records: Sequence[Expiry]) -> None:
        now = self._clock.now()
        held = await self._reader.assignments_of(person_id)
        await self._refresh(person_id, held)
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
            stale = await _show_again(unit, person_id, [record.assignment_id for record in closed])
            if told:
                stale.append(await _add(unit, "ended", person_id, day, told))
        await self._deliver(stale)

    async def _refresh(self, person_id: UserId, held: Sequence[Assignment]) -> list[Expiry]:
        """Bring what is remembered of one person up to date, and the cards that show it; gives back what is live."""
        now = self._clock.now()
        async with self._store.unit() as unit:
            known = {record.assignment_id: record for record in await unit.expiries.for_person(person_id)}
            fresh, moved = [], []
            for assignment in held:
                before = known.get(assignment.id)
                if not gives_access(assignment) or (record := _record(assignment, person_id, now, before)) is None:
                    continue
                await unit.expiries.put(record)
                fresh.append(record)
                if before is not None and before.ends_at != record.ends_at:
                    moved.append(record.assignment_id)
            live = {assignment.id for assignment in held if assignment.is_live}
            gone = [each.assignment_id for each in known.values() if _is_gone(each, live, now)]
            moved += [assignment_id for assignment_id in gone if await unit.expiries.close(assignment_id)]
            stale = await _show_again(unit, person_id, moved) if moved else []
        await self._deliver(stale)
        return fresh

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

    async def _policy(self, policy_id: PolicyId | None) -> AssignmentPolicy | None:
        try:
            return await self._policies.policy(policy_id)
        except DoormanError:
            return None

    def _lead(self, record: Expiry, now: datetime, own: _Day) -> int:
        return due_lead(self._leads, record.ends_at, record.began_at, record.told_days, now, own.hours, own.time_zone)

    async def _deliver(self, messages: Iterable[MessageRecord]) -> None:
        for message in {each.key: each for each in messages}.values():
            await self._scheduler.deliver_soon(message.key, message.wanted)


def expiry_key(kind: MessageKind, person_id: UserId, day: str) -> str:
    return f"{kind}/{person_id}/{day}"


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
    return await _want(unit, key, kind, person_id, {**detail, "ends": {**detail.get("ends", {}), **lines}})


async def _show_again(unit: Unit, person_id: UserId, assignment_ids: Sequence[AssignmentId]) -> list[MessageRecord]:
    """Want the cards again that show one of these."""
    wanted = set(assignment_ids)
    return [
        await _want(unit, message.key, message.kind, person_id, None)
        for message in await unit.messages.for_person(person_id)
        if message.kind == "expiry" and wanted.intersection(message.detail.get("ends", {}))
    ]


async def _want(
    unit: Unit, key: str, kind: MessageKind, person_id: UserId, detail: Mapping[str, Any] | None
) -> MessageRecord:
    return await unit.messages.want(key, kind=kind, request_id=RequestId(key), person_id=person_id, detail=detail)


def _record(assignment: Assignment, owner: UserId, now: datetime, known: Expiry | None) -> Expiry | None:
    """What to remember of an assignment. With another end than before, it begins anew: nothing told, nothing chosen."""
    if assignment.expires_at is None or assignment.package_id is None:
        return None
    is_same = known is not None and known.ends_at == assignment.expires_at
    return Expiry(
        assignment_id=assignment.id,
        person_id=owner,
        package_id=assignment.package_id,
        package_name=assignment.package_name,
        policy_id=assignment.policy_id,
        began_at=assignment.began_at,
        ends_at=assignment.expires_at,
        listed_at=now,
        told_days=known.told_days if known and is_same else 0,
        choice=known.choice if known and is_same else "",
        is_over=known.is_over if known and is_same else False,
    )


def _is_gone(record: Expiry, live: Container[AssignmentId], now: datetime) -> bool:
    """Whether it was given back or taken away before its end: there is nothing left to tell of it."""
    return record.ends_at > now and not record.is_over and not record.choice and record.assignment_id not in live


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
