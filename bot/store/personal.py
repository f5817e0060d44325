"""What people have set for themselves: a row for each setting that differs from the default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields

from sqlalchemy import delete, select

from bot.domain import UserId
from bot.store import schema
from bot.store.records import PersonalSettings
from bot.store.session import Session

_table = schema.personal_settings
_NAMES = frozenset(field.name for field in fields(PersonalSettings))


class Personal:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def of(self, object_id: UserId) -> PersonalSettings:
        """The defaults for somebody who has set nothing."""
        rows = await self._session.rows(select(_table).where(_table.c.object_id == object_id))
        # A newer version may have left settings that this one does not know.
        return PersonalSettings(**{row["name"]: row["value"] for row in rows if row["name"] in _NAMES})

    async def of_many(self, object_ids: Sequence[UserId]) -> dict[UserId, PersonalSettings]:
        """The settings of those of them who have set something; up to a few hundred at once."""
        found: defaultdict[UserId, dict[str, str]] = defaultdict(dict)
        if object_ids:
            for row in await self._session.rows(select(_table).where(_table.c.object_id.in_(object_ids))):
                if row["name"] in _NAMES:
                    found[row["object_id"]][row["name"]] = row["value"]
        return {who: PersonalSettings(**values) for who, values in found.items()}

    async def who_set(self, name: str, value: str, limit: int) -> Sequence[UserId]:
        """The people who have set this to that."""
        rows = await self._session.rows(
            select(_table.c.object_id)
            .where(_table.c.name == name, _table.c.value == value)
            .order_by(_table.c.object_id)
            .limit(limit)
        )
        return [UserId(row["object_id"]) for row in rows]

    async def change(self, object_id: UserId, changes: Mapping[str, str]) -> PersonalSettings:
        """Set these and leave the others; an empty value is the default again. Two changes at once both count."""
        for name, value in sorted(changes.items()):
            if name not in _NAMES:
                raise ValueError(f"there is no setting {name!r}")
            if not value:
                is_it = (_table.c.object_id == object_id) & (_table.c.name == name)
                await self._session.write(delete(_table).where(is_it))
                continue
            fresh = {"value": value, "updated_at": self._session.now()}
            statement = self._session.insert(_table).values(object_id=object_id, name=name, **fresh)
            await self._session.write(statement.on_conflict_do_update(index_elements=["object_id", "name"], set_=fresh))
        return await self.of(object_id)
