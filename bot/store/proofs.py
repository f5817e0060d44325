"""When people last proved, with a fresh sign-in, that it is them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from bot.domain import UserId
from bot.store import schema
from bot.store.session import Session

_table = schema.proofs


class Proofs:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def note(self, tenant_id: str, object_id: UserId, context: str, proved_at: datetime) -> None:
        """Keep the latest sign-in that met this authentication context."""
        statement = self._session.insert(_table).values(
            tenant_id=tenant_id, object_id=object_id, context=context, proved_at=proved_at
        )
        latest = statement.excluded.proved_at
        await self._session.write(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "object_id", "context"],
                set_={"proved_at": latest},
                where=_table.c.proved_at < latest,
            )
        )

    async def find(self, tenant_id: str, object_id: UserId, context: str) -> datetime | None:
        """When this person last signed in so strongly."""
        row = await self._session.row(
            select(_table.c.proved_at).where(
                _table.c.tenant_id == tenant_id, _table.c.object_id == object_id, _table.c.context == context
            )
        )
        return None if row is None else row["proved_at"]

    async def forget(self, tenant_id: str, object_id: UserId) -> None:
        await self._session.write(
            delete(_table).where(_table.c.tenant_id == tenant_id, _table.c.object_id == object_id)
        )

    async def delete_older_than(self, moment: datetime) -> int:
        return await self._session.write(delete(_table).where(_table.c.proved_at < moment))
