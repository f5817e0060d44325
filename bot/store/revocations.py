"""Access that approvers took back, from the press until Graph has taken it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, select, update

from bot.domain import AssignmentId, RequestId, UserId
from bot.store import schema
from bot.store.records import Revocation, RevocationState
from bot.store.session import Session

_table = schema.revocations


class Revocations:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def begin(
        self, *, request_id: RequestId, approver_id: UserId, assignment_id: AssignmentId, reason: str
    ) -> tuple[Revocation, bool]:
        """What this approver takes back, and whether it is for the caller to send it.

        A second press finds the first one's record; one that Graph refused may be made again.
        """
        values = {
            "assignment_id": assignment_id,
            "sealed_reason": self._session.seal(reason, _context(request_id, approver_id)),
            "state": "sending",
            "made_at": self._session.now(),
        }
        statement = self._session.insert(_table).values(request_id=request_id, approver_id=approver_id, **values)
        row = await self._session.written(
            statement.on_conflict_do_update(
                index_elements=["request_id", "approver_id"], set_=values, where=_table.c.state == "refused"
            ).returning(_table)
        )
        if row is not None:
            return self._record(row), True
        found = await self.find(request_id, approver_id)
        if found is None:  # only retention deletes them, long after they were made
            raise RuntimeError("the revocation was deleted while it was made")
        return found, False

    async def find(self, request_id: RequestId, approver_id: UserId) -> Revocation | None:
        row = await self._session.row(
            select(_table).where(_table.c.request_id == request_id, _table.c.approver_id == approver_id)
        )
        return None if row is None else self._record(row)

    async def settle(self, request_id: RequestId, approver_id: UserId, state: RevocationState) -> None:
        """Note what Graph did with it."""
        await self._session.write(
            update(_table)
            .where(_table.c.request_id == request_id, _table.c.approver_id == approver_id)
            .values(state=state)
        )

    async def for_approver(self, approver_id: UserId) -> dict[RequestId, Revocation]:
        rows = await self._session.rows(select(_table).where(_table.c.approver_id == approver_id))
        return {row["request_id"]: self._record(row) for row in rows}

    async def unfinished(self, older_than: datetime, limit: int = 100) -> Sequence[Revocation]:
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.state == "sending", _table.c.made_at < older_than)
            .order_by(_table.c.made_at)
            .limit(limit)
        )
        return [self._record(row) for row in rows]

    async def delete_older_than(self, moment: datetime) -> int:
        return await self._session.write(delete(_table).where(_table.c.state != "sending", _table.c.made_at < moment))

    def _record(self, row: RowMapping) -> Revocation:
        return Revocation(
            request_id=row["request_id"],
            approver_id=row["approver_id"],
            assignment_id=row["assignment_id"],
            reason=self._session.open(row["sealed_reason"], _context(row["request_id"], row["approver_id"])),
            state=row["state"],
            made_at=row["made_at"],
        )


def _context(request_id: str, approver_id: str) -> str:
    return f"revocation/{request_id}/{approver_id}"
