"""What Doorman knows of assignment requests: enough to notice what changed and whom to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, func, or_, select, update

from bot.domain import AccessPackageId, PolicyId, RequestId, RequestState, UserId
from bot.store import schema
from bot.store.codes import new_code
from bot.store.records import RequestPurpose, RequestRecord
from bot.store.session import Session

_table = schema.requests

_PLAIN = tuple(column.name for column in _table.c if column.name not in ("state", "sealed_reason", "version"))
"""Columns that hold a field of the record as it is."""

_CODE_TRIES = 12


class Requests:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, request_id: RequestId) -> RequestRecord | None:
        row = await self._session.row(select(_table).where(_table.c.request_id == request_id))
        return None if row is None else self._record(row)

    async def find_many(self, request_ids: Sequence[RequestId]) -> dict[RequestId, RequestRecord]:
        """Those of the requests that are known; up to a few hundred ids at once."""
        if not request_ids:
            return {}
        rows = await self._session.rows(select(_table).where(_table.c.request_id.in_(request_ids)))
        return {row["request_id"]: self._record(row) for row in rows}

    async def upsert(self, record: RequestRecord) -> RequestRecord | None:
        """Store the record if nobody wrote it since it was read; version 0 means that it is new.

        Gives back the record as stored, with its next version. None means that somebody else was first: nothing was
        written, read it again.
        """
        stored = replace(record, version=record.version + 1, code=record.code or await self._unused_code())
        values = self._values(stored)
        if record.version == 0:
            changed = await self._session.write(self._session.insert(_table).values(values).on_conflict_do_nothing())
            return stored if changed == 1 else None
        if not stored.purpose:
            del values["purpose"]  # it may have been noted since the record was read
        row = await self._session.written(
            update(_table)
            .where(_table.c.request_id == record.request_id, _table.c.version == record.version)
            .values(values)
            .returning(_table)
        )
        return None if row is None else self._record(row)

    async def mark_purpose(self, request_id: RequestId, purpose: RequestPurpose) -> None:
        """Note what the request is for. It never changes, so this needs no version, and no `upsert` takes it back."""
        await self._session.write(update(_table).where(_table.c.request_id == request_id).values(purpose=purpose))

    async def under_way_of(self, person_id: UserId) -> Sequence[RequestRecord]:
        """Requests under way that this person made or receives something by."""
        rows = await self._session.rows(
            select(_table).where(
                or_(_table.c.requestor_id == person_id, _table.c.target_id == person_id),
                _table.c.is_finished.is_(False),
                _table.c.completed_at.is_(None),
            )
        )
        return [self._record(row) for row in rows]

    async def find_code(self, code: str) -> RequestRecord | None:
        """The request that goes by this code."""
        if not code:
            return None
        row = await self._session.row(select(_table).where(_table.c.code == code))
        return None if row is None else self._record(row)

    async def _unused_code(self) -> str:
        """A code that no request goes by; a longer one where most short ones are taken."""
        for attempt in range(_CODE_TRIES):
            code = new_code(4 + attempt // 4)
            if await self._session.row(select(_table.c.code).where(_table.c.code == code)) is None:
                return code
        return new_code(8)

    async def open_oldest(self, limit: int, looked_before: datetime) -> Sequence[RequestRecord]:
        """Unfinished requests last looked at before that moment, the longest ago first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.is_finished.is_(False), _table.c.looked_at < looked_before)
            .order_by(_table.c.looked_at)
            .limit(limit)
        )
        return [self._record(row) for row in rows]

    async def spans(self, package_id: AccessPackageId, policy_id: PolicyId, limit: int) -> list[timedelta]:
        """How long the latest requests took from being filed to working access; those still under way not counted."""
        rows = await self._session.rows(
            select(_table.c.created_at, _table.c.completed_at)
            .where(
                _table.c.package_id == package_id,
                _table.c.policy_id == policy_id,
                _table.c.state == RequestState.DELIVERED.value,
                _table.c.completed_at.is_not(None),
            )
            .order_by(_table.c.completed_at.desc())
            .limit(limit)
        )
        return [max(row["completed_at"] - row["created_at"], timedelta(0)) for row in rows]

    async def decided_by(self, person_id: UserId, limit: int = 50) -> Sequence[RequestRecord]:
        """Requests that this person is known to have decided in the end, the latest change first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.decided_by_id == person_id, _table.c.decided_verdict != "")
            .order_by(_table.c.changed_at.desc(), _table.c.request_id)
            .limit(limit)
        )
        return [self._record(row) for row in rows]

    async def count_open(self) -> int:
        return await self._session.number(
            select(func.count()).select_from(_table).where(_table.c.is_finished.is_(False))
        )

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget the requests that were finished before `moment`."""
        return await self._session.write(delete(_table).where(_old(moment)))

    def _values(self, record: RequestRecord) -> dict[str, Any]:
        return {
            **{column: getattr(record, column) for column in _PLAIN},
            "state": record.state.value,
            "sealed_reason": self._session.seal(record.decided_reason, _context(record.request_id)),
            "version": record.version,
        }

    def _record(self, row: RowMapping) -> RequestRecord:
        return RequestRecord(
            **{column: row[column] for column in _PLAIN},
            state=RequestState(row["state"]),
            decided_reason=self._session.open(row["sealed_reason"], _context(row["request_id"])),
            version=row["version"],
        )


def _old(moment: datetime) -> Any:
    """A request that ended without a date counts from when it was last looked at."""
    ended_at = func.coalesce(_table.c.completed_at, _table.c.looked_at)
    return _table.c.is_finished.is_(True) & (ended_at < moment)


def _context(request_id: str) -> str:
    return f"request/{request_id}"
