"""Who was asked to decide which stage, and when they are reminded of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, delete, exists, or_, select, update

from bot.domain import RequestId, RequestState, UserId
from bot.store import schema
from bot.store.records import NudgeRecord
from bot.store.session import Session

_table = schema.nudges
_requests = schema.requests
_decisions = schema.decisions


class Nudges:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def put(self, nudge: NudgeRecord) -> None:
        """Write it down, once: what is there already stays as it is."""
        values = {column.name: getattr(nudge, column.name) for column in _table.c}
        await self._session.write(self._session.insert(_table).values(values).on_conflict_do_nothing())

    async def for_request(self, request_id: RequestId) -> Sequence[NudgeRecord]:
        rows = await self._session.rows(
            select(_table).where(_table.c.request_id == request_id).order_by(_table.c.stage, _table.c.person_id)
        )
        return [_record(row) for row in rows]

    async def for_stage(self, request_id: RequestId, stage: int) -> Sequence[NudgeRecord]:
        """Those who were asked about this stage, while it is to be decided and they have not done so here."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.request_id == request_id, _table.c.stage == stage, _is_waiting())
            .order_by(_table.c.person_id)
        )
        return [_record(row) for row in rows]

    async def due(self, now: datetime, limit: int) -> Sequence[NudgeRecord]:
        """Reminders whose time has come and that still make sense, the oldest first.

        Of a stage that may not have begun there are none, but for those whom nothing else has told of it.
        """
        is_told_first = and_(_table.c.has_card.is_(False), _table.c.due_at <= _table.c.asked_at)
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.due_at <= now, _is_waiting(), or_(_has_begun(), is_told_first))
            .order_by(_table.c.due_at)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def waiting_for(self, person_id: UserId) -> Sequence[NudgeRecord]:
        """Everything this person was asked and that is still to be decided, what lapses first before the rest."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.person_id == person_id, _is_waiting())
            .order_by(_table.c.decide_by.is_(None), _table.c.decide_by, _table.c.asked_at, _table.c.request_id)
        )
        return [_record(row) for row in rows]

    async def move(self, nudge: NudgeRecord, due_at: datetime | None) -> bool:
        """Set the next reminder. False when somebody else did so since it was read."""
        changed = await self._session.write(
            update(_table)
            .where(
                _table.c.request_id == nudge.request_id,
                _table.c.stage == nudge.stage,
                _table.c.person_id == nudge.person_id,
                _table.c.due_at == nudge.due_at,
            )
            .values(due_at=due_at)
        )
        return changed == 1

    async def begin(self, request_id: RequestId, stage: int, now: datetime, decide_by: datetime) -> None:
        """Remind those now who were asked before anything showed that this stage has begun; it has."""
        await self._session.write(
            update(_table)
            .where(_table.c.request_id == request_id, _table.c.stage == stage, _table.c.decide_by.is_(None))
            .values(asked_at=now, decide_by=decide_by, due_at=now)
        )

    async def hurry(self, request_id: RequestId, stage: int, now: datetime) -> None:
        """Remind those who have no card at once: what should have told them of the stage did not arrive."""
        await self._session.write(
            update(_table)
            .where(_table.c.request_id == request_id, _table.c.stage == stage, _table.c.has_card.is_(False))
            .values(due_at=now)
        )

    async def drop(self, request_id: RequestId, person_id: UserId, stages: Collection[int]) -> None:
        """Ask this person no more about these stages of the request."""
        await self._session.write(
            delete(_table).where(
                _table.c.request_id == request_id, _table.c.person_id == person_id, _table.c.stage.in_(stages)
            )
        )

    async def drop_finished(self) -> int:
        """Forget what nobody waits for any more."""
        is_open = exists().where(_requests.c.request_id == _table.c.request_id, _requests.c.is_finished.is_(False))
        return await self._session.write(delete(_table).where(~is_open))


def _is_waiting() -> ColumnElement[bool]:
    """The request is at this stage, undecided, and this person has not decided it through Doorman."""
    is_at_stage = exists().where(
        _requests.c.request_id == _table.c.request_id,
        _requests.c.state == RequestState.PENDING_APPROVAL.value,
        _requests.c.stage <= _table.c.stage,
    )
    is_decided = exists().where(
        _decisions.c.request_id == _table.c.request_id,
        _decisions.c.stage == _table.c.stage,
        _decisions.c.approver_id == _table.c.person_id,
        _decisions.c.state.not_in(("refused", "undone")),
    )
    return and_(is_at_stage, ~is_decided)


def _has_begun() -> ColumnElement[bool]:
    return exists().where(_requests.c.request_id == _table.c.request_id, _requests.c.stage == _table.c.stage)


def _record(row: RowMapping) -> NudgeRecord:
    return NudgeRecord(**{column.name: row[column.name] for column in _table.c})
