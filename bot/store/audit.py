"""The audit log: what was done in somebody's name or by Doorman itself, who wanted it, and from which chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from bot.store import schema
from bot.store.records import AuditRecord
from bot.store.session import Session

_table = schema.audit


class Audit:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(
        self,
        entry_id: str,
        *,
        event: str,
        about: str,
        actor_id: str = "",
        actor_name: str = "",
        chat: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> bool:
        """Write one line; once for one id, so work that is done again after a crash leaves one line. Whether it is new.

        `event` says what was done ("reprocess.asked"), `about` to what, `detail` holds ids and states, no free text.
        """
        statement = self._session.insert(_table).values(
            id=entry_id,
            at=self._session.now(),
            event=event,
            actor_id=actor_id,
            actor_name=actor_name,
            about=about,
            chat=chat,
            detail=dict(detail or {}),
        )
        return await self._session.write(statement.on_conflict_do_nothing(index_elements=["id"])) == 1

    async def about(self, about: str, limit: int = 200) -> Sequence[AuditRecord]:
        """What was done to this thing, the oldest first."""
        rows = await self._session.rows(
            select(_table).where(_table.c.about == about).order_by(_table.c.at, _table.c.id).limit(limit)
        )
        return [AuditRecord(**row) for row in rows]

    async def delete_older_than(self, moment: datetime) -> int:
        return await self._session.write(delete(_table).where(_table.c.at < moment))
