"""Writes to Graph that somebody asked for, written down before they are made and settled after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.domain import RequestId, UserId
from bot.store import schema
from bot.store.records import Errand, ErrandHand, ErrandKind, ErrandState
from bot.store.session import Session

_table = schema.errands


class Errands:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def begin(
        self,
        key: str,
        *,
        kind: ErrandKind,
        request_id: RequestId,
        tenant_id: str,
        actor_id: UserId,
        actor_name: str,
        hand: ErrandHand,
    ) -> tuple[Errand, bool]:
        """The errand of this key, and whether it is for the caller to run.

        A second press finds the first one's. One that was refused may be run again, by whoever asks now.
        """
        now = self._session.now()
        values = {
            "kind": kind,
            "request_id": request_id,
            "tenant_id": tenant_id,
            "actor_id": actor_id,
            "actor_name": actor_name,
            "hand": hand,
            "state": "sending",
            "begun_at": now,
            "updated_at": now,
        }
        statement = self._session.insert(_table).values(key=key, **values)
        row = await self._session.written(
            statement.on_conflict_do_update(
                index_elements=["key"], set_=values, where=_table.c.state == "refused"
            ).returning(_table)
        )
        if row is not None:
            return Errand(**row), True
        found = await self.find(key)
        if found is None:  # only retention deletes errands, long after they were run
            raise RuntimeError("the errand was deleted while it was begun")
        return found, False

    async def find(self, key: str) -> Errand | None:
        row = await self._session.row(select(_table).where(_table.c.key == key))
        return None if row is None else Errand(**row)

    async def settle(self, key: str, state: ErrandState) -> None:
        await self._session.write(
            update(_table).where(_table.c.key == key).values(state=state, updated_at=self._session.now())
        )

    async def unfinished(self, older_than: datetime, limit: int = 100) -> Sequence[Errand]:
        """Errands still being run that were begun before `older_than`, the oldest first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.state == "sending", _table.c.updated_at < older_than)
            .order_by(_table.c.updated_at)
            .limit(limit)
        )
        return [Errand(**row) for row in rows]

    async def delete_older_than(self, moment: datetime) -> int:
        return await self._session.write(
            delete(_table).where(_table.c.state != "sending", _table.c.updated_at < moment)
        )
