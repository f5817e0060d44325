"""In which conversations the app is installed."""

from __future__ import annotations

from sqlalchemy import delete

from bot.store import schema
from bot.store.session import Session

_table = schema.installations


class Installations:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, tenant_id: str, conversation_id: str) -> bool:
        """True for the one caller that made it known."""
        statement = self._session.insert(_table).values(
            tenant_id=tenant_id, conversation_id=conversation_id, added_at=self._session.now()
        )
        return await self._session.write(statement.on_conflict_do_nothing()) == 1

    async def remove(self, tenant_id: str, conversation_id: str) -> bool:
        """True for the one caller that removed it."""
        statement = delete(_table).where(_table.c.tenant_id == tenant_id, _table.c.conversation_id == conversation_id)
        return await self._session.write(statement) == 1
