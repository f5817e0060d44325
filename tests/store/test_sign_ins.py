"""Token caches and the tickets of sign-ins under way."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.domain import UserId
from bot.identity.ports import TokenCaches
from bot.store import Store, StoredTickets, StoredTokenCaches
from bot.teams.ports import SignInTickets, Ticket, WaitingCode
from tests.store.conftest import START, HandClock

RITA = UserId("rita")


def ticket(name: str = "t1", *, minutes: float = 10, who: UserId = RITA) -> Ticket:
    return Ticket(
        id=name, tenant_id="tenant", object_id=who, sealed="gAAA", expires_at=START + timedelta(minutes=minutes)
    )


def tickets_of(store: Store) -> SignInTickets:
    return StoredTickets(store, Ticket, WaitingCode)


async def test_a_token_cache_is_replaced_and_deleted(store: Store) -> None:
    caches: TokenCaches = StoredTokenCaches(store)
    assert await caches.load("tenant", RITA) is None
    await caches.save("tenant", RITA, "first")
    await caches.save("tenant", RITA, "second")
    assert await caches.load("tenant", RITA) == "second"
    assert await caches.load("another tenant", RITA) is None
    await caches.delete("tenant", RITA)
    assert await caches.load("tenant", RITA) is None


async def test_unused_token_caches_are_forgotten(store: Store, clock: HandClock) -> None:
    async with store.unit() as unit:
        await unit.token_caches.save("tenant", "old", "x")
        middle = clock.move(days=1)
        await unit.token_caches.save("tenant", "new", "x")
        assert await unit.token_caches.delete_older_than(middle) == 1
        assert await unit.token_caches.find("tenant", "old") is None
        assert await unit.token_caches.find("tenant", "new") == "x"


async def test_a_ticket_comes_back_as_it_was_given_and_can_be_rewritten(store: Store) -> None:
    tickets = tickets_of(store)
    await tickets.add(ticket())
    assert await tickets.find("t1") == ticket()
    assert await tickets.find("t2") is None
    await tickets.rewrite("t1", "other")
    await tickets.rewrite("t2", "other")
    found = await tickets.find("t1")
    assert found is not None
    assert found.sealed == "other"
    assert await tickets.find("t2") is None


async def test_a_ticket_is_claimed_once(store: Store) -> None:
    tickets = tickets_of(store)
    await tickets.add(ticket())
    assert sorted(await asyncio.gather(*(tickets.claim("t1") for _ in range(5)))) == [False] * 4 + [True]
    found = await tickets.find("t1")
    assert found is not None
    assert found.is_claimed
    assert not await tickets.claim("t2")


async def test_waiting_codes_are_the_persons_own_the_newest_first(store: Store, clock: HandClock) -> None:
    tickets = tickets_of(store)
    soon = START + timedelta(minutes=5)
    for name, who in (("t1", RITA), ("t2", RITA), ("claimed", RITA), ("other", UserId("marc")), ("no code", RITA)):
        await tickets.add(ticket(name, who=who))
    for name in ("t1", "t2", "claimed", "other"):
        await tickets.set_code(name, f"print of {name}", soon)
        clock.move(seconds=1)
    await tickets.claim("claimed")
    assert list(await tickets.waiting_codes("tenant", RITA, START)) == [
        WaitingCode("t2", "print of t2", 0),
        WaitingCode("t1", "print of t1", 0),
    ]
    assert not await tickets.waiting_codes("another tenant", RITA, START)
    assert not await tickets.waiting_codes("tenant", RITA, soon)


async def test_attempts_are_counted_until_there_is_a_new_code(store: Store) -> None:
    tickets = tickets_of(store)
    soon = START + timedelta(minutes=5)
    for name in ("t1", "t2"):
        await tickets.add(ticket(name))
        await tickets.set_code(name, "print", soon)
    await asyncio.gather(*(tickets.count_attempt(["t1", "t2"]) for _ in range(3)))
    await tickets.count_attempt([])
    assert [code.attempts for code in await tickets.waiting_codes("tenant", RITA, START)] == [3, 3]
    await tickets.set_code("t1", "new print", soon)
    assert {code.ticket_id: code.attempts for code in await tickets.waiting_codes("tenant", RITA, START)} == {
        "t1": 0,
        "t2": 3,
    }


async def test_a_code_is_taken_once_and_only_while_it_is_the_tickets(store: Store) -> None:
    tickets = tickets_of(store)
    await tickets.add(ticket())
    await tickets.set_code("t1", "old", START + timedelta(minutes=5))
    await tickets.set_code("t1", "new", START + timedelta(minutes=5))
    assert not await tickets.take_code("t1", "old")
    assert sorted(await asyncio.gather(*(tickets.take_code("t1", "new") for _ in range(4)))) == [False] * 3 + [True]
    assert not await tickets.waiting_codes("tenant", RITA, START)


async def test_expired_tickets_are_purged(store: Store) -> None:
    tickets = tickets_of(store)
    await tickets.add(ticket("short", minutes=1))
    await tickets.add(ticket("long", minutes=60))
    assert await tickets.purge(START + timedelta(minutes=30)) == 1
    assert await tickets.find("short") is None
    assert await tickets.find("long") is not None
