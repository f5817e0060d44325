"""Small facts: how far the poll has come, and what was seen already."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.store import schema
from bot.store.session import Session

_marks = schema.marks
_seen = schema.seen


class Marks:
    """Named values. They are few and each is in use, so no retention deletes them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, key: str) -> str | None:
        row = await self._session.row(select(_marks.c.value).where(_marks.c.key == key))
        return None if row is None else row["value"]

    async def put(self, key: str, value: str) -> None:
        changes = {"value": value, "updated_at": self._session.now()}
        statement = self._session.insert(_marks).values(key=key, **changes)
        await self._session.write(statement.on_conflict_do_update(index_elements=["key"], set_=changes))


class Seen:
    """Things that must count once although they may arrive twice."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def first_time(self, key: str, now: datetime, for_seconds: float = 86_400) -> bool:
        """Whether nobody said so about this key within the time it is remembered. True for exactly one caller."""
        changes = {"expires_at": now + timedelta(seconds=for_seconds)}
        statement = self._session.insert(_seen).values(key=key, **changes)
        changed = await self._session.write(
            statement.on_conflict_do_update(index_elements=["key"], set_=changes, where=_seen.c.expires_at <= now)
        )
        return changed == 1

    async def is_remembered(self, key: str, now: datetime) -> bool:
        """Whether somebody said so about this key, and it is still remembered."""
        return (
            await self._session.row(select(_seen.c.key).where(_seen.c.key == key, _seen.c.expires_at > now)) is not None
        )

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget what need not be remembered after `moment`; pass the present for everything that has expired."""
        return await self._session.write(delete(_seen).where(_seen.c.expires_at <= moment))
