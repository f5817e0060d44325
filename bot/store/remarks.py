"""What people tell each other about a request through Doorman. Entra has no place for it, so it is kept here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, exists, select

from bot.domain import RequestId, UserId
from bot.store import schema
from bot.store.records import Remark, RemarkKind
from bot.store.session import Session

_table = schema.remarks


class Remarks:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(
        self,
        remark_id: str,
        *,
        request_id: RequestId,
        kind: RemarkKind,
        stage: int,
        author_id: UserId,
        author_name: str,
        about_id: str = "",
        text: str = "",
    ) -> bool:
        """Keep it, unless it is there already. Whether it is new."""
        statement = self._session.insert(_table).values(
            id=remark_id,
            request_id=request_id,
            kind=kind,
            stage=stage,
            author_id=author_id,
            author_name=author_name,
            about_id=about_id,
            sealed_text=self._session.seal(text, _context(remark_id)),
            made_at=self._session.now(),
        )
        return await self._session.write(statement.on_conflict_do_nothing(index_elements=["id"])) == 1

    async def find(self, remark_id: str) -> Remark | None:
        row = await self._session.row(select(_table).where(_table.c.id == remark_id))
        return None if row is None else self._record(row)

    async def for_request(self, request_id: RequestId) -> Sequence[Remark]:
        """Everything said about this request, the oldest first."""
        rows = await self._session.rows(
            select(_table).where(_table.c.request_id == request_id).order_by(_table.c.made_at, _table.c.id)
        )
        return [self._record(row) for row in rows]

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget what was said before, except about requests that are still open."""
        is_open = exists().where(
            schema.requests.c.request_id == _table.c.request_id, schema.requests.c.is_finished.is_(False)
        )
        return await self._session.write(delete(_table).where(_table.c.made_at < moment, ~is_open))

    def _record(self, row: RowMapping) -> Remark:
        return Remark(
            id=row["id"],
            request_id=row["request_id"],
            kind=row["kind"],
            stage=row["stage"],
            author_id=row["author_id"],
            author_name=row["author_name"],
            about_id=row["about_id"],
            text=self._session.open(row["sealed_text"], _context(row["id"])),
            made_at=row["made_at"],
        )


def _context(remark_id: str) -> str:
    return f"remark/{remark_id}"
