"""Requests that people put together in words: what they have said so far, until it is sent or forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select, update

from bot.domain import AccessPackageId, UserId
from bot.store import schema
from bot.store.codes import new_code
from bot.store.records import Draft
from bot.store.session import Session

_table = schema.drafts
_TRIES = 12


class Drafts:
    """Each person has one draft for each access package."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def begin(
        self, person_id: UserId, package_id: AccessPackageId, form_id: str, content: Mapping[str, Any]
    ) -> Draft:
        """The draft of this person for this package, with this content; `form_id` is for a new one."""
        for attempt in range(_TRIES):
            code = new_code(4 + attempt // 4)
            statement = self._session.insert(_table).values(
                code=code,
                form_id=form_id,
                person_id=person_id,
                package_id=package_id,
                sealed_content=self._sealed(package_id, person_id, content),
                updated_at=self._session.now(),
            )
            if await self._session.write(statement.on_conflict_do_nothing()) == 1:
                break
            if await self.of(person_id, package_id) is not None:
                await self.change(person_id, package_id, content)
                break
        found = await self.of(person_id, package_id)
        if found is None:
            raise RuntimeError("no code is left for a draft")
        return found

    async def change(self, person_id: UserId, package_id: AccessPackageId, content: Mapping[str, Any]) -> None:
        await self._session.write(
            update(_table)
            .where(_table.c.person_id == person_id, _table.c.package_id == package_id)
            .values(sealed_content=self._sealed(package_id, person_id, content), updated_at=self._session.now())
        )

    async def of(self, person_id: UserId, package_id: AccessPackageId) -> Draft | None:
        row = await self._session.row(
            select(_table).where(_table.c.person_id == person_id, _table.c.package_id == package_id)
        )
        return None if row is None else self._record(row)

    async def find(self, person_id: UserId, code: str) -> Draft | None:
        """The person's own draft that goes by this code."""
        if not code:
            return None
        row = await self._session.row(select(_table).where(_table.c.code == code, _table.c.person_id == person_id))
        return None if row is None else self._record(row)

    async def drop(self, code: str) -> None:
        await self._session.write(delete(_table).where(_table.c.code == code))

    async def delete_older_than(self, moment: datetime) -> int:
        return await self._session.write(delete(_table).where(_table.c.updated_at < moment))

    def _sealed(self, package_id: str, person_id: str, content: Mapping[str, Any]) -> str:
        return self._session.seal(json.dumps(content, ensure_ascii=False), _context(person_id, package_id))

    def _record(self, row: RowMapping) -> Draft:
        text = self._session.open(row["sealed_content"], _context(row["person_id"], row["package_id"]))
        return Draft(
            code=row["code"],
            form_id=row["form_id"],
            person_id=row["person_id"],
            package_id=row["package_id"],
            content=json.loads(text) if text else {},
            updated_at=row["updated_at"],
        )


def _context(person_id: str, package_id: str) -> str:
    return f"draft/{person_id}/{package_id}"
