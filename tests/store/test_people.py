"""People, where their chat is, and what is forgotten when they leave."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.domain import Address, UserId
from bot.store import PersonRecord, Store, StoredInstallations, StoredPeople, TicketRecord
from bot.teams import ports
from bot.turn import Actor
from tests.store.conftest import START, HandClock

RITA = UserId("rita")
CHAT = Address("a:rita", "https://smba.example/emea/")


async def meet(store: Store, who: UserId = RITA, conversation_id: str | None = "a:rita") -> PersonRecord:
    async with store.unit() as unit:
        return await unit.people.seen(
            tenant_id="tenant",
            object_id=who,
            name="Rita Requester",
            teams_id="29:rita",
            conversation_id=conversation_id,
            service_url="https://smba.example/emea/" if conversation_id else None,
            locale="nl-NL",
            time_zone="Europe/Amsterdam",
        )


async def find(store: Store, who: UserId = RITA) -> PersonRecord | None:
    async with store.unit(read_only=True) as unit:
        return await unit.people.find(who)


async def test_a_person_seen_is_found_as_they_were_seen(store: Store) -> None:
    met = await meet(store)
    assert met == await find(store)
    assert met.address == CHAT
    assert (met.name, met.locale, met.time_zone) == ("Rita Requester", "nl-NL", "Europe/Amsterdam")
    assert met.is_reachable
    assert not met.is_welcomed
    assert met.updated_at == START
    assert met.updated_at.utcoffset() == timedelta()
    assert await find(store, UserId("nobody")) is None


async def test_what_is_not_given_stays_known(store: Store, clock: HandClock) -> None:
    before = await meet(store)
    clock.move(minutes=5)
    async with store.unit() as unit:
        after = await unit.people.seen(tenant_id="tenant", object_id=RITA, name="Rita R.")
    assert after.name == "Rita R."
    assert after.updated_at == START + timedelta(minutes=5)
    assert after.address == before.address
    assert (after.teams_id, after.locale, after.time_zone) == ("29:rita", "nl-NL", "Europe/Amsterdam")


async def test_somebody_seen_only_in_a_group_has_no_chat_of_their_own(store: Store) -> None:
    met = await meet(store, conversation_id=None)
    assert met.address is None


async def test_only_their_own_chat_makes_a_person_reachable_again(store: Store) -> None:
    await meet(store)
    async with store.unit() as unit:
        await unit.people.mark_unreachable(RITA)
        in_a_group = await unit.people.seen(tenant_id="tenant", object_id=RITA)
    assert not in_a_group.is_reachable
    assert (await meet(store)).is_reachable


async def test_one_of_many_welcomes(store: Store) -> None:
    await meet(store)

    async def welcome() -> bool:
        async with store.unit() as unit:
            return await unit.people.welcome_once(RITA)

    assert sorted(await asyncio.gather(*(welcome() for _ in range(6)))) == [False] * 5 + [True]
    async with store.unit() as unit:
        assert not await unit.people.welcome_once(UserId("nobody"))


async def test_a_purged_person_leaves_nothing_but_an_unreachable_id(store: Store, clock: HandClock) -> None:
    await meet(store)
    async with store.unit() as unit:
        await unit.people.welcome_once(RITA)
        await unit.token_caches.save("tenant", RITA, "sealed")
        await unit.tickets.add(_ticket(RITA))
        await unit.tickets.add(_ticket(UserId("marc")))
        await unit.proofs.note("tenant", RITA, "c1", START)
    async with store.unit() as unit:
        await unit.people.purge(RITA)
        left = await unit.people.find(RITA)
        assert await unit.token_caches.find("tenant", RITA) is None
        assert await unit.proofs.find("tenant", RITA, "c1") is None
        assert await unit.tickets.find("ticket of rita") is None
        assert await unit.tickets.find("ticket of marc") is not None
    assert left is not None
    assert (left.name, left.teams_id, left.address, left.time_zone) == ("", "", None, None)
    assert not left.is_reachable
    assert not left.is_welcomed
    async with store.unit() as unit:
        assert await unit.people.delete_older_than(clock.move(days=1)) == 1
        assert await unit.people.find(RITA) is None


async def test_retention_keeps_everybody_who_can_be_reached(store: Store, clock: HandClock) -> None:
    await meet(store)
    async with store.unit() as unit:
        assert await unit.people.delete_older_than(clock.move(days=900)) == 0


async def test_the_edge_finds_addresses(store: Store, clock: HandClock) -> None:
    people: ports.People = StoredPeople(store)
    assert await people.latest_service_url() is None
    rita = Actor("tenant", RITA, "Rita", "29:rita")
    await people.seen(rita, CHAT, "en", None)
    assert await people.address_of("tenant", RITA) == CHAT
    assert await people.address_of("another tenant", RITA) is None
    clock.move(seconds=1)
    await people.seen(Actor("tenant", UserId("marc"), "Marc", "29:marc"), Address("a:marc", "https://new/"), "en", None)
    assert await people.latest_service_url() == "https://new/"
    await people.mark_unreachable("a:nobody", "ConversationNotFound")
    await people.mark_unreachable("a:rita", "MessageWritesBlocked")
    assert await people.address_of("tenant", RITA) is None
    await people.seen(rita, CHAT, "en", None)
    assert await people.address_of("tenant", RITA) == CHAT


async def test_an_installation_is_added_once_and_removed_once(store: Store) -> None:
    installations: ports.Installations = StoredInstallations(store)
    added = await asyncio.gather(*(installations.add("tenant", "a:rita") for _ in range(4)))
    assert sorted(added) == [False, False, False, True]
    removed = await asyncio.gather(*(installations.remove("tenant", "a:rita") for _ in range(4)))
    assert sorted(removed) == [False, False, False, True]
    assert await installations.add("tenant", "a:rita")


def _ticket(who: UserId) -> TicketRecord:
    return TicketRecord(
        id=f"ticket of {who}", tenant_id="tenant", object_id=who, sealed="x", expires_at=START + timedelta(minutes=5)
    )
