"""People Doorman has met: where their own chat is, and how they like to be spoken to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, select, update

from bot.domain import UserId
from bot.store import schema
from bot.store.records import PersonRecord
from bot.store.session import Session

_table = schema.people


class People:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, object_id: UserId) -> PersonRecord | None:
        row = await self._session.row(select(_table).where(_table.c.object_id == object_id))
        return None if row is None else _record(row)

    async def reachable(self, object_ids: Sequence[UserId]) -> set[UserId]:
        """Those of these people who can be written to in their own chat; up to a few hundred at once."""
        if not object_ids:
            return set()
        rows = await self._session.rows(
            select(_table.c.object_id).where(
                _table.c.object_id.in_(object_ids),
                _table.c.is_reachable.is_(True),
                _table.c.conversation_id.is_not(None),
            )
        )
        return {row["object_id"] for row in rows}

    async def teams_ids(self, object_ids: Sequence[UserId]) -> Sequence[str]:
        """The Teams ids of those of these people whom Doorman has met, in no order; up to a few hundred at once."""
        if not object_ids:
            return ()
        rows = await self._session.rows(
            select(_table.c.teams_id)
            .where(_table.c.object_id.in_(object_ids), _table.c.teams_id != "")
            .order_by(_table.c.teams_id)
        )
        return [row["teams_id"] for row in rows]

    async def unreachable(self, object_ids: Sequence[UserId]) -> set[UserId]:
        """Those of these people who took the app away or blocked it; up to a few hundred at once."""
        if not object_ids:
            return set()
        rows = await self._session.rows(
            select(_table.c.object_id).where(_table.c.object_id.in_(object_ids), _table.c.is_reachable.is_(False))
        )
        return {row["object_id"] for row in rows}

    async def seen(
        self,
        *,
        tenant_id: str,
        object_id: UserId,
        name: str = "",
        teams_id: str = "",
        conversation_id: str | None = None,
        service_url: str | None = None,
        locale: str = "",
        time_zone: str | None = None,
    ) -> PersonRecord:
        """Note that this person was here. What is not given stays as it is known.

        `conversation_id` is their own chat, never a group's; a person seen in it can be reached.
        """
        given: dict[str, object] = {
            "name": name,
            "teams_id": teams_id,
            "conversation_id": conversation_id,
            "service_url": service_url,
            "locale": locale,
            "time_zone": time_zone,
        }
        changes = {column: value for column, value in given.items() if value}
        if conversation_id:
            changes["is_reachable"] = True
        changes |= {"tenant_id": tenant_id, "updated_at": self._session.now()}
        fresh = {**given, "is_welcomed": False, "is_reachable": True, **changes}
        statement = self._session.insert(_table).values(object_id=object_id, **fresh)
        row = await self._session.written(
            statement.on_conflict_do_update(index_elements=["object_id"], set_=changes).returning(_table)
        )
        if row is None:  # an upsert always gives its row back
            raise RuntimeError("the person was not stored")
        return _record(row)

    async def welcome_once(self, object_id: UserId) -> bool:
        """Whether it falls to the caller to welcome this person: True once until they are purged."""
        changed = await self._session.write(
            update(_table)
            .where(_table.c.object_id == object_id, _table.c.is_welcomed.is_(False))
            .values(is_welcomed=True, updated_at=self._session.now())
        )
        return changed == 1

    async def mark_unreachable(self, object_id: UserId) -> None:
        """Nothing can be sent to this person until they are seen in their own chat again."""
        await self._session.write(
            update(_table)
            .where(_table.c.object_id == object_id)
            .values(is_reachable=False, updated_at=self._session.now())
        )

    async def mark_chat_unreachable(self, conversation_id: str) -> None:
        """Like `mark_unreachable`, for whoever's own chat this is; nobody's is fine."""
        await self._session.write(
            update(_table)
            .where(_table.c.conversation_id == conversation_id)
            .values(is_reachable=False, updated_at=self._session.now())
        )

    async def latest_service_url(self) -> str | None:
        """The service URL that anybody was seen with last."""
        row = await self._session.row(
            select(_table.c.service_url)
            .where(_table.c.service_url.is_not(None))
            .order_by(_table.c.updated_at.desc())
            .limit(1)
        )
        return None if row is None else row["service_url"]

    async def purge(self, object_id: UserId) -> None:
        """Forget the person's chat, tokens, sign-ins, proofs and settings, as when they remove the app.

        Their id stays, marked unreachable, so that nobody tries to write to them; coming back is a first visit.
        """
        await self._session.write(
            update(_table)
            .where(_table.c.object_id == object_id)
            .values(
                name="",
                teams_id="",
                conversation_id=None,
                service_url=None,
                time_zone=None,
                is_welcomed=False,
                is_reachable=False,
                updated_at=self._session.now(),
            )
        )
        for table in (schema.token_caches, schema.tickets, schema.proofs, schema.personal_settings):
            await self._session.write(delete(table).where(table.c.object_id == object_id))

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget for good who has been unreachable since before `moment`."""
        are_old = _table.c.is_reachable.is_(False) & (_table.c.updated_at < moment)
        theirs = schema.personal_settings.c.object_id.in_(select(_table.c.object_id).where(are_old))
        await self._session.write(delete(schema.personal_settings).where(theirs))
        return await self._session.write(delete(_table).where(are_old))


def _record(row: RowMapping) -> PersonRecord:
    return PersonRecord(**row)
