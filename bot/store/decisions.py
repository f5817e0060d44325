"""Decisions made through Doorman, from the press until Graph has recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, delete, select, update

from bot.domain import RequestId, StageId, UserId, Verdict
from bot.store import schema
from bot.store.records import Decision, DecisionState
from bot.store.session import Session

_table = schema.decisions


class Decisions:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def begin(
        self,
        *,
        request_id: RequestId,
        stage_id: StageId,
        approver_id: UserId,
        stage: int,
        verdict: Verdict,
        justification: str,
        due_at: datetime | None = None,
        approver_name: str = "",
        chat: str = "",
        shown: str = "",
    ) -> tuple[Decision, bool]:
        """The decision of this approver about this stage, and whether it is for the caller to send it.

        It is made once: a second press finds the first one's record, whatever it says. One that Graph refused, or that
        was undone, may be made again, with what it says now. With `due_at` it is held until then.
        """
        context = _context(request_id, stage_id, approver_id)
        values = {
            "stage": stage,
            "verdict": verdict.value,
            "sealed_justification": self._session.seal(justification, context),
            "state": "sending" if due_at is None else "held",
            "decided_at": self._session.now(),
            "due_at": due_at,
            "approver_name": approver_name,
            "chat": chat,
            "shown": shown,
        }
        statement = self._session.insert(_table).values(
            request_id=request_id, stage_id=stage_id, approver_id=approver_id, **values
        )
        row = await self._session.written(
            statement.on_conflict_do_update(
                index_elements=["request_id", "stage_id", "approver_id"],
                set_=values,
                where=_table.c.state.in_(("refused", "undone")),
            ).returning(_table)
        )
        if row is not None:
            return self._record(row), True
        found = await self.find(request_id, stage_id, approver_id)
        if found is None:  # only retention deletes decisions, long after they were made
            raise RuntimeError("the decision was deleted while it was made")
        return found, False

    async def find(self, request_id: RequestId, stage_id: StageId, approver_id: UserId) -> Decision | None:
        row = await self._session.row(select(_table).where(_is(request_id, stage_id, approver_id)))
        return None if row is None else self._record(row)

    async def settle(self, request_id: RequestId, stage_id: StageId, approver_id: UserId, state: DecisionState) -> None:
        """Note what Graph did with it."""
        await self._session.write(update(_table).where(_is(request_id, stage_id, approver_id)).values(state=state))

    async def release(self, request_id: RequestId, stage_id: StageId, approver_id: UserId) -> bool:
        """Take a held decision that is due, to send it. True for exactly one caller."""
        changed = await self._session.write(
            update(_table)
            .where(
                _is(request_id, stage_id, approver_id), _table.c.state == "held", _table.c.due_at <= self._session.now()
            )
            .values(state="sending")
        )
        return changed == 1

    async def undo(self, request_id: RequestId, approver_id: UserId) -> bool:
        """Take back what is held of this approver. False when nothing is, or it is on its way already."""
        changed = await self._session.write(
            update(_table)
            .where(_table.c.request_id == request_id, _table.c.approver_id == approver_id, _table.c.state == "held")
            .values(state="undone")
        )
        return changed > 0

    async def for_approver(self, approver_id: UserId, limit: int = 50) -> Sequence[Decision]:
        """What this person decided and Graph has recorded, the latest first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.approver_id == approver_id, _table.c.state.in_(("recorded", "held")))
            .order_by(_table.c.decided_at.desc(), _table.c.request_id)
            .limit(limit)
        )
        return [self._record(row) for row in rows]

    async def on_their_way(self, approver_id: UserId) -> dict[RequestId, int]:
        """The requests that this person has decided and Graph does not know of yet, with the (last) stage of each."""
        rows = await self._session.rows(
            select(_table.c.request_id, _table.c.stage).where(
                _table.c.approver_id == approver_id, _table.c.state.in_(("held", "sending"))
            )
        )
        return {RequestId(row["request_id"]): int(row["stage"]) for row in sorted(rows, key=lambda row: row["stage"])}

    async def due(self, limit: int = 100) -> Sequence[Decision]:
        """Held decisions whose time has come, the longest overdue first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.state == "held", _table.c.due_at <= self._session.now())
            .order_by(_table.c.due_at)
            .limit(limit)
        )
        return [self._record(row) for row in rows]

    async def for_request(self, request_id: RequestId) -> Sequence[Decision]:
        """Every decision about this request, the first one first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.request_id == request_id)
            .order_by(_table.c.decided_at, _table.c.stage, _table.c.approver_id)
        )
        return [self._record(row) for row in rows]

    async def unfinished(self, older_than: datetime, limit: int = 100) -> Sequence[Decision]:
        """Decisions still being sent that were begun before `older_than`, the oldest first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.state == "sending", _table.c.decided_at < older_than)
            .order_by(_table.c.decided_at)
            .limit(limit)
        )
        return [self._record(row) for row in rows]

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget what was decided before `moment` and is settled."""
        return await self._session.write(
            delete(_table).where(_table.c.state.not_in(("sending", "held")), _table.c.decided_at < moment)
        )

    def _record(self, row: RowMapping) -> Decision:
        context = _context(row["request_id"], row["stage_id"], row["approver_id"])
        return Decision(
            request_id=row["request_id"],
            stage_id=row["stage_id"],
            approver_id=row["approver_id"],
            stage=row["stage"],
            verdict=Verdict(row["verdict"]),
            justification=self._session.open(row["sealed_justification"], context),
            state=row["state"],
            decided_at=row["decided_at"],
            due_at=row["due_at"],
            approver_name=row["approver_name"],
            chat=row["chat"],
            shown=row["shown"],
        )


def _is(request_id: RequestId, stage_id: StageId, approver_id: UserId) -> ColumnElement[bool]:
    return and_(_table.c.request_id == request_id, _table.c.stage_id == stage_id, _table.c.approver_id == approver_id)


def _context(request_id: str, stage_id: str, approver_id: str) -> str:
    return f"decision/{request_id}/{stage_id}/{approver_id}"
