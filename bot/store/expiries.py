"""Access that ends, of people who know Doorman, and what they have been told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import RowMapping, and_, delete, or_, select, update

from bot.domain import AssignmentId, UserId
from bot.store import schema
from bot.store.records import Expiry, ExpiryChoice
from bot.store.session import Session

_table = schema.expiries


class Expiries:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def find_many(self, assignment_ids: Sequence[AssignmentId]) -> dict[AssignmentId, Expiry]:
        """Those of the assignments that are known; up to a few hundred ids at once."""
        if not assignment_ids:
            return {}
        rows = await self._session.rows(select(_table).where(_table.c.assignment_id.in_(assignment_ids)))
        return {row["assignment_id"]: _record(row) for row in rows}

    async def for_person(self, person_id: UserId) -> Sequence[Expiry]:
        rows = await self._session.rows(
            select(_table).where(_table.c.person_id == person_id).order_by(_table.c.ends_at, _table.c.assignment_id)
        )
        return [_record(row) for row in rows]

    async def put(self, record: Expiry) -> None:
        """Store it in place of what was known of the assignment."""
        values = asdict(record)
        statement = self._session.insert(_table).values(values)
        await self._session.write(statement.on_conflict_do_update(index_elements=["assignment_id"], set_=values))

    async def listed(self, assignment_ids: Sequence[AssignmentId], at: datetime) -> None:
        """These were seen again, unchanged."""
        if assignment_ids:
            await self._session.write(
                update(_table).where(_table.c.assignment_id.in_(assignment_ids)).values(listed_at=at)
            )

    async def untold(self, leads: Sequence[tuple[int, datetime]], after: datetime, limit: int) -> Sequence[Expiry]:
        """What ends after that moment and may have to be told, the soonest first.

        `leads` are pairs of days before the end and the moment up to which ends count for it.
        """
        open_for = [
            and_(_table.c.ends_at <= before, or_(_table.c.told_days == 0, _table.c.told_days > days))
            for days, before in leads
        ]
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.is_over.is_(False), _table.c.choice == "", _table.c.ends_at > after, or_(*open_for))
            .order_by(_table.c.ends_at, _table.c.assignment_id)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def past(self, before: datetime, limit: int) -> Sequence[Expiry]:
        """What has ended before that moment and has not been dealt with, the oldest first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.is_over.is_(False), _table.c.ends_at < before)
            .order_by(_table.c.ends_at, _table.c.assignment_id)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def tell(self, assignment_id: AssignmentId, ends_at: datetime, days: int) -> bool:
        """Note that this end is told now. False when somebody else has told it, or the end is another by now."""
        changed = await self._session.write(
            update(_table)
            .where(
                _table.c.assignment_id == assignment_id,
                _table.c.ends_at == ends_at,
                _table.c.is_over.is_(False),
                or_(_table.c.told_days == 0, _table.c.told_days > days),
            )
            .values(told_days=days)
        )
        return changed == 1

    async def choose(self, assignment_id: AssignmentId, choice: ExpiryChoice) -> None:
        await self._session.write(update(_table).where(_table.c.assignment_id == assignment_id).values(choice=choice))

    async def close(self, assignment_id: AssignmentId) -> bool:
        """There is nothing left to tell. False when that was so before."""
        changed = await self._session.write(
            update(_table)
            .where(_table.c.assignment_id == assignment_id, _table.c.is_over.is_(False))
            .values(is_over=True)
        )
        return changed == 1

    async def drop_unlisted(self, listed_before: datetime, ends_after: datetime) -> int:
        """Forget what a complete list no longer had before its end had come: it was given back or taken away."""
        return await self._session.write(
            delete(_table).where(
                _table.c.listed_at < listed_before, _table.c.ends_at > ends_after, _table.c.choice != "returned"
            )
        )

    async def delete_older_than(self, moment: datetime) -> int:
        return await self._session.write(delete(_table).where(_table.c.ends_at < moment))


def _record(row: RowMapping) -> Expiry:
    return Expiry(**row)
