"""What signing in keeps: one token cache per person, and the tickets of sign-ins under way. All of it comes sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, exists, literal, select, update

from bot.domain import UserId
from bot.store import schema
from bot.store.records import CodeRecord, TicketRecord
from bot.store.session import Session

_caches = schema.token_caches
_tickets = schema.tickets


class TokenCaches:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, tenant_id: str, object_id: str) -> str | None:
        row = await self._session.row(
            select(_caches.c.sealed).where(_caches.c.tenant_id == tenant_id, _caches.c.object_id == object_id)
        )
        return None if row is None else row["sealed"]

    async def signed_in(self, tenant_id: str, object_ids: Sequence[UserId]) -> Sequence[UserId]:
        """Those of these people whose tokens are kept, the most recently used first."""
        rows = await self._session.rows(
            select(_caches.c.object_id)
            .where(_caches.c.tenant_id == tenant_id, _caches.c.object_id.in_(object_ids))
            .order_by(_caches.c.updated_at.desc())
        )
        return [row["object_id"] for row in rows]

    async def reachable(self, tenant_id: str, limit: int, *, unless_seen: str) -> Sequence[UserId]:
        """People whose tokens are kept and who can be written to in their own chat.

        `unless_seen` leaves out those who were seen, within the time that is remembered, under it and their id.
        """
        people, seen = schema.people.c, schema.seen.c
        key = literal(unless_seen) + _caches.c.object_id
        rows = await self._session.rows(
            select(_caches.c.object_id)
            .where(
                _caches.c.tenant_id == tenant_id,
                exists().where(
                    people.object_id == _caches.c.object_id,
                    people.is_reachable.is_(True),
                    people.conversation_id.is_not(None),
                ),
                ~exists().where(seen.key == key, seen.expires_at > self._session.now()),
            )
            .order_by(_caches.c.updated_at)
            .limit(limit)
        )
        return [row["object_id"] for row in rows]

    async def save(self, tenant_id: str, object_id: str, sealed: str) -> None:
        """The last save wins."""
        changes = {"sealed": sealed, "updated_at": self._session.now()}
        statement = self._session.insert(_caches).values(tenant_id=tenant_id, object_id=object_id, **changes)
        await self._session.write(
            statement.on_conflict_do_update(index_elements=["tenant_id", "object_id"], set_=changes)
        )

    async def delete(self, tenant_id: str, object_id: str) -> None:
        await self._session.write(
            delete(_caches).where(_caches.c.tenant_id == tenant_id, _caches.c.object_id == object_id)
        )

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget the tokens of people who have not used them since; they sign in again."""
        return await self._session.write(delete(_caches).where(_caches.c.updated_at < moment))


class Tickets:
    """A ticket is used up once (`claim`), and so is the code that stands for it (`take_code`)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, ticket: TicketRecord) -> None:
        await self._session.write(
            self._session.insert(_tickets).values(
                id=ticket.id,
                tenant_id=ticket.tenant_id,
                object_id=ticket.object_id,
                sealed=ticket.sealed,
                expires_at=ticket.expires_at,
                is_claimed=ticket.is_claimed,
                code_attempts=0,
            )
        )

    async def find(self, ticket_id: str) -> TicketRecord | None:
        """The ticket, expired and claimed ones included."""
        row = await self._session.row(select(_tickets).where(_tickets.c.id == ticket_id))
        return None if row is None else _ticket(row)

    async def rewrite(self, ticket_id: str, sealed: str) -> None:
        await self._session.write(update(_tickets).where(_tickets.c.id == ticket_id).values(sealed=sealed))

    async def claim(self, ticket_id: str) -> bool:
        """True for exactly one caller."""
        changed = await self._session.write(
            update(_tickets).where(_tickets.c.id == ticket_id, _tickets.c.is_claimed.is_(False)).values(is_claimed=True)
        )
        return changed == 1

    async def set_code(self, ticket_id: str, fingerprint: str, expires_at: datetime) -> None:
        """Let this code stand for the ticket, in place of an earlier one, with no attempts made yet."""
        await self._session.write(
            update(_tickets)
            .where(_tickets.c.id == ticket_id)
            .values(
                code_fingerprint=fingerprint,
                code_expires_at=expires_at,
                code_set_at=self._session.now(),
                code_attempts=0,
            )
        )

    async def waiting_codes(self, tenant_id: str, object_id: UserId, now: datetime) -> Sequence[CodeRecord]:
        """The codes of this person's unclaimed tickets that have not expired, the newest first."""
        rows = await self._session.rows(
            select(_tickets)
            .where(
                _tickets.c.tenant_id == tenant_id,
                _tickets.c.object_id == object_id,
                _tickets.c.is_claimed.is_(False),
                _tickets.c.code_fingerprint.is_not(None),
                _tickets.c.code_expires_at > now,
                _tickets.c.expires_at > now,
            )
            .order_by(_tickets.c.code_set_at.desc(), _tickets.c.id)
        )
        return [
            CodeRecord(ticket_id=row["id"], fingerprint=row["code_fingerprint"], attempts=row["code_attempts"])
            for row in rows
        ]

    async def count_attempt(self, ticket_ids: Sequence[str]) -> None:
        await self._session.write(
            update(_tickets).where(_tickets.c.id.in_(ticket_ids)).values(code_attempts=_tickets.c.code_attempts + 1)
        )

    async def take_code(self, ticket_id: str, fingerprint: str) -> bool:
        """Use the code up. True for exactly one caller, and only while this code is the ticket's."""
        changed = await self._session.write(
            update(_tickets)
            .where(_tickets.c.id == ticket_id, _tickets.c.code_fingerprint == fingerprint)
            .values(code_fingerprint=None, code_expires_at=None)
        )
        return changed == 1

    async def purge(self, before: datetime) -> int:
        """Forget the tickets that expired before this moment."""
        return await self._session.write(delete(_tickets).where(_tickets.c.expires_at < before))


def _ticket(row: RowMapping) -> TicketRecord:
    return TicketRecord(
        id=row["id"],
        tenant_id=row["tenant_id"],
        object_id=row["object_id"],
        sealed=row["sealed"],
        expires_at=row["expires_at"],
        is_claimed=row["is_claimed"],
    )
