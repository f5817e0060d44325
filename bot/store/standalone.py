"""The same storage for callers at the edge, who want one step at a time: every method is a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from bot.domain import Address, UserId
from bot.store.ports import TicketLike
from bot.store.records import TicketRecord
from bot.store.store import Store
from bot.turn import Actor

TicketT = TypeVar("TicketT", bound=TicketLike)
TicketT_co = TypeVar("TicketT_co", bound=TicketLike, covariant=True)
CodeT = TypeVar("CodeT")
CodeT_co = TypeVar("CodeT_co", covariant=True)


class MakesTicket(Protocol[TicketT_co]):
    def __call__(
        self,
        ticket_id: str,
        /,
        *,
        tenant_id: str,
        object_id: UserId,
        sealed: str,
        expires_at: datetime,
        is_claimed: bool,
    ) -> TicketT_co: ...


class MakesCode(Protocol[CodeT_co]):
    def __call__(self, ticket_id: str, fingerprint: str, attempts: int) -> CodeT_co: ...


class StoredPeople:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def seen(self, actor: Actor, address: Address | None, locale: str, time_zone: str | None) -> None:
        async with self._store.unit() as unit:
            await unit.people.seen(
                tenant_id=actor.tenant_id,
                object_id=actor.object_id,
                name=actor.name,
                teams_id=actor.teams_id,
                conversation_id=address.conversation_id if address else None,
                service_url=address.service_url if address else None,
                locale=locale,
                time_zone=time_zone,
            )

    async def address_of(self, tenant_id: str, object_id: UserId) -> Address | None:
        """The person's own chat; None when it is unknown or nothing can be sent to it."""
        async with self._store.unit(read_only=True) as unit:
            person = await unit.people.find(object_id)
        if person is None or person.tenant_id != tenant_id or not person.is_reachable:
            return None
        return person.address

    async def mark_unreachable(self, conversation_id: str, code: str) -> None:
        async with self._store.unit() as unit:
            await unit.people.mark_chat_unreachable(conversation_id)

    async def latest_service_url(self) -> str | None:
        async with self._store.unit(read_only=True) as unit:
            return await unit.people.latest_service_url()


class StoredInstallations:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, tenant_id: str, conversation_id: str) -> bool:
        async with self._store.unit() as unit:
            return await unit.installations.add(tenant_id, conversation_id)

    async def remove(self, tenant_id: str, conversation_id: str) -> bool:
        async with self._store.unit() as unit:
            return await unit.installations.remove(tenant_id, conversation_id)


class StoredTokenCaches:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self, tenant_id: str, object_id: str) -> str | None:
        async with self._store.unit(read_only=True) as unit:
            return await unit.token_caches.find(tenant_id, object_id)

    async def save(self, tenant_id: str, object_id: str, sealed: str) -> None:
        async with self._store.unit() as unit:
            await unit.token_caches.save(tenant_id, object_id, sealed)

    async def delete(self, tenant_id: str, object_id: str) -> None:
        """Proofs of strong sign-ins go with the tokens they came with."""
        async with self._store.unit() as unit:
            await unit.token_caches.delete(tenant_id, object_id)
            await unit.proofs.forget(tenant_id, UserId(object_id))


class StoredProofs:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, tenant_id: str, object_id: str, context: str, proved_at: datetime) -> None:
        async with self._store.unit() as unit:
            await unit.proofs.note(tenant_id, UserId(object_id), context, proved_at)

    async def find(self, tenant_id: str, object_id: str, context: str) -> datetime | None:
        async with self._store.unit(read_only=True) as unit:
            return await unit.proofs.find(tenant_id, UserId(object_id), context)


class StoredTickets(Generic[TicketT, CodeT]):
    """Speaks in the ticket and code types of whoever uses it; both are made from the fields of ours."""

    def __init__(self, store: Store, ticket: MakesTicket[TicketT], code: MakesCode[CodeT]) -> None:
        self._store = store
        self._ticket = ticket
        self._code = code

    async def add(self, ticket: TicketT) -> None:
        record = TicketRecord(
            id=ticket.id,
            tenant_id=ticket.tenant_id,
            object_id=ticket.object_id,
            sealed=ticket.sealed,
            expires_at=ticket.expires_at,
            is_claimed=ticket.is_claimed,
        )
        async with self._store.unit() as unit:
            await unit.tickets.add(record)

    async def find(self, ticket_id: str) -> TicketT | None:
        async with self._store.unit(read_only=True) as unit:
            record = await unit.tickets.find(ticket_id)
        if record is None:
            return None
        return self._ticket(
            record.id,
            tenant_id=record.tenant_id,
            object_id=record.object_id,
            sealed=record.sealed,
            expires_at=record.expires_at,
            is_claimed=record.is_claimed,
        )

    async def rewrite(self, ticket_id: str, sealed: str) -> None:
        async with self._store.unit() as unit:
            await unit.tickets.rewrite(ticket_id, sealed)

    async def claim(self, ticket_id: str) -> bool:
        async with self._store.unit() as unit:
            return await unit.tickets.claim(ticket_id)

    async def set_code(self, ticket_id: str, fingerprint: str, expires_at: datetime) -> None:
        async with self._store.unit() as unit:
            await unit.tickets.set_code(ticket_id, fingerprint, expires_at)

    async def waiting_codes(self, tenant_id: str, object_id: UserId, now: datetime) -> Sequence[CodeT]:
        async with self._store.unit(read_only=True) as unit:
            records = await unit.tickets.waiting_codes(tenant_id, object_id, now)
        return [
            self._code(ticket_id=record.ticket_id, fingerprint=record.fingerprint, attempts=record.attempts)
            for record in records
        ]

    async def count_attempt(self, ticket_ids: Sequence[str]) -> None:
        async with self._store.unit() as unit:
            await unit.tickets.count_attempt(ticket_ids)

    async def take_code(self, ticket_id: str, fingerprint: str) -> bool:
        async with self._store.unit() as unit:
            return await unit.tickets.take_code(ticket_id, fingerprint)

    async def purge(self, before: datetime) -> int:
        async with self._store.unit() as unit:
            return await unit.tickets.purge(before)
