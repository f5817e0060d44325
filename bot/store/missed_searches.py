"""What was searched for in vain: words, how often and on how many days. Never by whom, and never at what hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy import case, delete, select

from bot.store import schema
from bot.store.records import MissedSearch
from bot.store.session import Session

_table = schema.missed_searches
_NOON = time(12)  # stands for the day in nearly every time zone


class MissedSearches:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def count(self, key: str, words: str, at: datetime) -> None:
        """One more search for this, on the day of `at`. `words` are how it was spelt the first time."""
        day = datetime.combine(at.date(), _NOON, at.tzinfo)
        statement = self._session.insert(_table).values(
            key=key, words=words, count=1, days=1, first_day_at=day, last_day_at=day
        )
        is_new_day = _table.c.last_day_at < day
        await self._session.write(
            statement.on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "count": _table.c.count + 1,
                    "days": _table.c.days + case((is_new_day, 1), else_=0),
                    "last_day_at": case((is_new_day, day), else_=_table.c.last_day_at),
                },
            )
        )

    async def most(self, limit: int, *, at_least_days: int, since: datetime | None = None) -> Sequence[MissedSearch]:
        """What was searched for on so many days or more, the most frequent first."""
        query = select(_table).where(_table.c.days >= at_least_days)
        if since is not None:
            query = query.where(_table.c.last_day_at >= since)
        rows = await self._session.rows(
            query.order_by(_table.c.count.desc(), _table.c.last_day_at.desc(), _table.c.key).limit(limit)
        )
        return [
            MissedSearch(row["words"], row["count"], row["days"], row["first_day_at"], row["last_day_at"])
            for row in rows
        ]

    async def delete_older_than(self, moment: datetime) -> int:
        return await self._session.write(delete(_table).where(_table.c.last_day_at < moment))

    async def delete_rare(self, moment: datetime, at_least_days: int) -> int:
        """Forget what was last looked for before `moment` and on fewer days than that."""
        is_rare = (_table.c.last_day_at < moment) & (_table.c.days < at_least_days)
        return await self._session.write(delete(_table).where(is_rare))
