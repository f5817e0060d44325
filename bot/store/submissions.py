"""Forms that people sent, from the press until the request is known to be filed.

A crash between the press and Graph's answer leaves a row in "sending"; whoever finds it looks in Graph before anything
is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select, update

from bot.domain import AccessPackageId, Address, PolicyId, RequestId, UserId
from bot.store import schema
from bot.store.records import Submission, SubmissionState
from bot.store.rows import address_columns, address_of
from bot.store.session import Session

_table = schema.submissions


class Submissions:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def begin(
        self,
        *,
        form_id: str,
        tenant_id: str,
        person_id: UserId,
        person_name: str,
        package_id: AccessPackageId,
        package_name: str,
        policy_id: PolicyId,
        payload: Mapping[str, Any],
        address: Address | None = None,
        message_id: str | None = None,
    ) -> tuple[Submission, bool]:
        """The submission of this form, and whether it is for the caller to send it.

        A form is sent once: a second press finds the first one's record. One that was refused may be sent again, with
        what it says now.
        """
        now = self._session.now()
        values = {
            "tenant_id": tenant_id,
            "person_id": person_id,
            "person_name": person_name,
            "package_id": package_id,
            "package_name": package_name,
            "policy_id": policy_id,
            "sealed_payload": self._session.seal(json.dumps(payload, ensure_ascii=False), _context(form_id)),
            "state": "sending",
            "request_id": None,
            "message_id": message_id,
            **address_columns(address),
            "created_at": now,
            "updated_at": now,
        }
        statement = self._session.insert(_table).values(form_id=form_id, **values)
        row = await self._session.written(
            statement.on_conflict_do_update(
                index_elements=["form_id"], set_=values, where=_table.c.state == "refused"
            ).returning(_table)
        )
        if row is not None:
            return self._record(row), True
        found = await self.find(form_id)
        if found is None:  # only retention deletes forms, long after they were sent
            raise RuntimeError("the form was deleted while it was sent")
        return found, False

    async def find(self, form_id: str) -> Submission | None:
        row = await self._session.row(select(_table).where(_table.c.form_id == form_id))
        return None if row is None else self._record(row)

    async def mark_sent(self, form_id: str, request_id: RequestId) -> None:
        await self._settle(form_id, "sent", request_id)

    async def mark_refused(self, form_id: str) -> None:
        """Graph said no: nothing was filed."""
        await self._settle(form_id, "refused")

    async def mark_lost(self, form_id: str) -> None:
        """Nobody can tell what became of it; the person is asked to look and to ask again."""
        await self._settle(form_id, "lost")

    async def unfinished(self, older_than: datetime, limit: int = 100) -> Sequence[Submission]:
        """Submissions still being sent that were begun before `older_than`, the oldest first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.state == "sending", _table.c.updated_at < older_than)
            .order_by(_table.c.updated_at)
            .limit(limit)
        )
        return [self._record(row) for row in rows]

    async def sending(self, person_id: UserId, package_id: AccessPackageId) -> Sequence[Submission]:
        """What this person is asking for this package for and has no answer to yet, the oldest first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.state == "sending", _table.c.person_id == person_id, _table.c.package_id == package_id)
            .order_by(_table.c.created_at)
        )
        return [self._record(row) for row in rows]

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget what was settled before `moment`."""
        return await self._session.write(
            delete(_table).where(_table.c.state != "sending", _table.c.updated_at < moment)
        )

    async def _settle(self, form_id: str, state: SubmissionState, request_id: RequestId | None = None) -> None:
        await self._session.write(
            update(_table)
            .where(_table.c.form_id == form_id)
            .values(state=state, request_id=request_id, updated_at=self._session.now())
        )

    def _record(self, row: RowMapping) -> Submission:
        payload = self._session.open(row["sealed_payload"], _context(row["form_id"]))
        return Submission(
            form_id=row["form_id"],
            tenant_id=row["tenant_id"],
            person_id=row["person_id"],
            person_name=row["person_name"],
            package_id=row["package_id"],
            package_name=row["package_name"],
            policy_id=row["policy_id"],
            payload=json.loads(payload) if payload else {},
            state=row["state"],
            request_id=row["request_id"],
            address=address_of(row),
            message_id=row["message_id"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )


def _context(form_id: str) -> str:
    return f"submission/{form_id}"
