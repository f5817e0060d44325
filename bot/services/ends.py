"""What Doorman remembers of when people's access ends, and the cards that show it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.clock import Clock
from bot.domain import Assignment, AssignmentId, RequestId, UserId
from bot.services.access import gives_access
from bot.services.tracking import Scheduler
from bot.store import Store, Unit
from bot.store.records import Expiry, MessageKind, MessageRecord


class Ends:
    """Keeps what is remembered of one person in step with what Graph says they have."""

    def __init__(self, store: Store, scheduler: Scheduler, clock: Clock) -> None:
        self._store = store
        self._scheduler = scheduler
        self._clock = clock

    async def refresh(self, person_id: UserId, held: Sequence[Assignment]) -> list[Expiry]:
        """Bring what is remembered of one person up to date, and the cards that show it; gives back what is live."""
        now = self._clock.now()
        async with self._store.unit() as unit:
            known = {record.assignment_id: record for record in await unit.expiries.for_person(person_id)}
            fresh, moved = [], []
            for assignment in held:
                before = known.get(assignment.id)
                if not gives_access(assignment) or (record := remembered(assignment, person_id, now, before)) is None:
                    continue
                await unit.expiries.put(record)
                fresh.append(record)
                if before is not None and before.ends_at != record.ends_at:
                    moved.append(record.assignment_id)
            live = {assignment.id for assignment in held if assignment.is_live}
            gone = [each.assignment_id for each in known.values() if _is_gone(each, live, now)]
            moved += [assignment_id for assignment_id in gone if await unit.expiries.close(assignment_id)]
            stale = await show_again(unit, person_id, moved) if moved else []
        await self.deliver(stale)
        return fresh

    async def deliver(self, messages: Iterable[MessageRecord]) -> None:
        for message in {each.key: each for each in messages}.values():
            await self._scheduler.deliver_soon(message.key, message.wanted)


def expiry_key(kind: MessageKind, person_id: UserId, day: str) -> str:
    return f"{kind}/{person_id}/{day}"


async def show_again(unit: Unit, person_id: UserId, assignment_ids: Sequence[AssignmentId]) -> list[MessageRecord]:
    """Want the cards again that show one of these."""
    wanted = set(assignment_ids)
    return [
        await want_card(unit, message.key, message.kind, person_id, None)
        for message in await unit.messages.for_person(person_id)
        if message.kind == "expiry" and wanted.intersection(message.detail.get("ends", {}))
    ]


async def want_card(
    unit: Unit, key: str, kind: MessageKind, person_id: UserId, detail: Mapping[str, Any] | None
) -> MessageRecord:
    return await unit.messages.want(key, kind=kind, request_id=RequestId(key), person_id=person_id, detail=detail)


def remembered(assignment: Assignment, owner: UserId, now: datetime, known: Expiry | None) -> Expiry | None:
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
