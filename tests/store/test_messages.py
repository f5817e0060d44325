"""Messages that are wanted, claimed by one, and delivered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import AccessPackageId, Address, RequestId, RequestState, UserId
from bot.store import MessageRecord, RequestRecord, Store
from tests.store.conftest import START, HandClock

CHAT = Address("a:marc", "https://smba.example/")
OTHER_CHAT = Address("a:other", "https://smba.example/")


async def want(store: Store, key: str = "k", **more: Any) -> MessageRecord:
    values = {"kind": "approval", "request_id": RequestId("r1"), "stage": 1, "person_id": UserId("marc"), **more}
    async with store.unit() as unit:
        return await unit.messages.want(key, **values)


async def claim(store: Store, clock: HandClock, key: str = "k", owner: str = "me") -> MessageRecord | None:
    async with store.unit() as unit:
        return await unit.messages.claim(key, owner, clock.moment, 60)


async def settle(store: Store, key: str = "k", *, delivered: int = 1, message_id: str = "1700") -> None:
    async with store.unit() as unit:
        await unit.messages.settle(key, message_id, CHAT, f"digest {delivered}", delivered)


async def find(store: Store, key: str = "k") -> MessageRecord:
    async with store.unit(read_only=True) as unit:
        found = await unit.messages.find(key)
    assert found is not None
    return found


async def test_a_wanted_message_is_kept_as_it_was_asked_for(store: Store) -> None:
    wanted = await want(store, detail={"why": "requestorManager", "is_fallback": False}, address=CHAT)
    assert wanted == await find(store)
    assert wanted == MessageRecord(
        key="k",
        kind="approval",
        request_id=RequestId("r1"),
        stage=1,
        person_id=UserId("marc"),
        address=CHAT,
        detail={"why": "requestorManager", "is_fallback": False},
        updated_at=START,
    )
    async with store.unit(read_only=True) as unit:
        assert await unit.messages.find("another") is None


async def test_every_want_counts_also_at_once(store: Store, clock: HandClock) -> None:
    await want(store, detail={"a": 1})
    clock.move(seconds=5)
    await asyncio.gather(*(want(store) for _ in range(4)))
    found = await find(store)
    assert found.wanted == 5
    assert found.detail == {"a": 1}
    assert found.updated_at == clock.moment
    assert (await want(store, detail={"b": 2})).detail == {"b": 2}


async def test_one_of_many_claims_a_message(store: Store, clock: HandClock) -> None:
    await want(store)
    claimed = await asyncio.gather(*(claim(store, clock, owner=f"attempt {n}") for n in range(6)))
    winners = [record for record in claimed if record]
    assert len(winners) == 1
    found = await find(store)
    assert winners == [found]
    assert (found.state, found.claimed_until) == ("posting", START + timedelta(seconds=60))
    assert found.claimed_by.startswith("attempt ")
    assert not found.is_interrupted


async def test_what_is_delivered_is_not_claimed_until_more_is_wanted(store: Store, clock: HandClock) -> None:
    await want(store)
    await claim(store, clock)
    clock.move(seconds=1)
    await settle(store)
    posted = await find(store)
    assert (posted.state, posted.message_id, posted.address, posted.shown) == ("posted", "1700", CHAT, "digest 1")
    assert (posted.wanted, posted.delivered, posted.claimed_by, posted.claimed_until) == (1, 1, "", None)
    assert posted.posted_at == clock.moment
    assert await claim(store, clock) is None
    await want(store)
    again = await claim(store, clock)
    assert again is not None
    assert (again.state, again.is_interrupted) == ("posted", False)
    clock.move(minutes=1)
    await settle(store, delivered=2)
    edited = await find(store)
    assert (edited.delivered, edited.posted_at) == (2, posted.posted_at)


async def test_what_was_wanted_meanwhile_is_still_to_do(store: Store, clock: HandClock) -> None:
    await want(store)
    taken = await claim(store, clock)
    assert taken is not None
    await want(store)
    await settle(store, delivered=taken.wanted)
    found = await find(store)
    assert (found.wanted, found.delivered) == (2, 1)
    assert await claim(store, clock) is not None


async def test_a_late_settlement_takes_nothing_back(store: Store, clock: HandClock) -> None:
    await want(store)
    await want(store)
    await settle(store, delivered=2)
    await settle(store, delivered=1)
    assert (await find(store)).delivered == 2


async def test_a_claim_that_ran_out_is_taken_by_the_next_who_learns_of_it(store: Store, clock: HandClock) -> None:
    await want(store)
    await claim(store, clock)
    clock.move(seconds=59)
    assert await claim(store, clock) is None
    clock.move(seconds=1)
    taken = await claim(store, clock, owner="the next")
    assert taken is not None
    assert taken.is_interrupted
    assert taken.claimed_by == "the next"


async def test_a_clock_that_was_set_back_holds_nobody_up(store: Store, clock: HandClock) -> None:
    await want(store)
    clock.move(days=30)
    await claim(store, clock)
    clock.move(days=-30)
    assert await claim(store, clock) is not None


async def test_a_released_message_waits_again_or_has_failed(store: Store, clock: HandClock) -> None:
    await want(store)
    await claim(store, clock)
    async with store.unit() as unit:
        await unit.messages.release("k", "429", retry=True)
    waiting = await find(store)
    assert (waiting.state, waiting.error, waiting.claimed_by) == ("wanted", "429", "")
    taken = await claim(store, clock)
    assert taken is not None
    assert not taken.is_interrupted
    async with store.unit() as unit:
        await unit.messages.release("k", "BadSyntax", retry=False)
    assert (await find(store)).state == "failed"
    assert await claim(store, clock) is None


async def test_a_released_edit_is_still_posted(store: Store, clock: HandClock) -> None:
    await want(store)
    await settle(store)
    await want(store)
    await claim(store, clock)
    async with store.unit() as unit:
        await unit.messages.release("k", "503", retry=True)
    assert (await find(store)).state == "posted"


@pytest.mark.parametrize("state", ["unreachable", "failed"])
async def test_wanted_again_means_tried_again(store: Store, clock: HandClock, state: Any) -> None:
    await want(store, "new")
    await want(store, "posted")
    await settle(store, "posted")
    async with store.unit() as unit:
        await unit.messages.mark("new", state, "blocked")
        await unit.messages.mark("posted", state)
    assert (await find(store, "new")).error == "blocked"
    assert await claim(store, clock, "new") is None
    assert (await want(store, "new")).state == "wanted"
    assert (await want(store, "posted")).state == "posted"
    assert await claim(store, clock, "new") is not None


async def test_a_retired_message_stays_retired(store: Store, clock: HandClock) -> None:
    await want(store)
    async with store.unit() as unit:
        await unit.messages.mark("k", "retired")
        await unit.messages.release("k", "late", retry=True)
    assert (await want(store)).state == "retired"
    assert await claim(store, clock) is None
    await settle(store)
    assert (await find(store)).state == "retired"


async def test_an_address_given_later_counts_until_there_is_a_message(store: Store) -> None:
    await want(store)
    assert (await want(store, address=CHAT)).address == CHAT
    assert (await want(store, address=OTHER_CHAT)).address == OTHER_CHAT
    await settle(store)
    assert (await want(store, address=OTHER_CHAT)).address == CHAT


async def adopt(store: Store, *, shown: str = "", message_id: str = "1600") -> MessageRecord:
    async with store.unit() as unit:
        return await unit.messages.adopt(
            "k",
            kind="status",
            request_id=RequestId("r1"),
            person_id=UserId("rita"),
            address=CHAT,
            message_id=message_id,
            shown=shown,
        )


async def test_an_adopted_message_is_brought_up_to_date_unless_it_is(store: Store, clock: HandClock) -> None:
    adopted = await adopt(store)
    assert (adopted.state, adopted.message_id, adopted.address) == ("posted", "1600", CHAT)
    assert (adopted.wanted, adopted.delivered) == (1, 0)
    taken = await claim(store, clock)
    assert taken is not None
    assert taken.state == "posted"
    assert not taken.is_interrupted


async def test_an_adopted_message_that_is_up_to_date_waits_for_changes(store: Store, clock: HandClock) -> None:
    adopted = await adopt(store, shown="digest")
    assert (adopted.wanted, adopted.delivered, adopted.shown) == (1, 1, "digest")
    assert await claim(store, clock) is None


async def test_adopting_what_was_wanted_already_keeps_what_is_wanted(store: Store, clock: HandClock) -> None:
    await want(store, detail={"a": 1})
    await want(store)
    await claim(store, clock)
    adopted = await adopt(store)
    assert (adopted.wanted, adopted.delivered, adopted.state, adopted.claimed_by) == (2, 0, "posted", "")
    assert adopted.detail == {"a": 1}


async def test_undelivered_messages_are_found_the_oldest_first(store: Store, clock: HandClock) -> None:
    for key in ("c", "b", "claimed", "delivered", "failed", "retired", "young"):
        clock.move(seconds=1)
        await want(store, key)
    await settle(store, "delivered")
    for key, state in (("failed", "failed"), ("retired", "retired")):
        async with store.unit() as unit:
            await unit.messages.mark(key, state)  # type: ignore[arg-type]  # words of the table above
    limit = clock.moment
    await claim(store, clock, "claimed")

    async def undelivered(most: int = 10) -> list[str]:
        async with store.unit(read_only=True) as unit:
            return [record.key for record in await unit.messages.undelivered(limit, most)]

    assert await undelivered() == ["c", "b"]
    assert await undelivered(1) == ["c"]
    clock.move(minutes=2)
    assert await undelivered() == ["c", "b", "claimed"]


async def test_messages_are_found_by_request_and_by_person(store: Store, clock: HandClock) -> None:
    await want(store, "b")
    clock.move(seconds=1)
    await want(store, "a")
    await want(store, "c", request_id=RequestId("r2"), person_id=UserId("sam"))
    async with store.unit(read_only=True) as unit:
        assert [one.key for one in await unit.messages.for_request(RequestId("r1"))] == ["a", "b"]
        assert [one.key for one in await unit.messages.for_person(UserId("marc"))] == ["a", "b"]
        assert [one.key for one in await unit.messages.for_person(UserId("marc"), limit=1)] == ["a"]
        assert await unit.messages.for_person(UserId("nobody")) == []


async def test_retention_keeps_the_messages_of_open_requests(store: Store, clock: HandClock) -> None:
    await want(store, "open", request_id=RequestId("open"))
    await want(store, "finished", request_id=RequestId("finished"))
    await want(store, "of no request", request_id=RequestId(""))
    async with store.unit() as unit:
        for name in ("open", "finished"):
            await unit.requests.upsert(_request(name, is_finished=name == "finished"))
    limit = clock.move(days=1)
    await want(store, "recent", request_id=RequestId(""))
    async with store.unit() as unit:
        assert await unit.messages.delete_older_than(limit) == 2
        assert await unit.messages.find("open") is not None
        assert await unit.messages.find("recent") is not None


def _request(name: str, *, is_finished: bool) -> RequestRecord:
    return RequestRecord(
        request_id=RequestId(name),
        package_id=AccessPackageId("p"),
        package_name="P",
        requestor_id=UserId("rita"),
        requestor_name="Rita",
        target_id=UserId("rita"),
        state=RequestState.DELIVERED,
        created_at=START,
        looked_at=START,
        is_finished=is_finished,
    )


async def test_marks_are_put_and_replaced(store: Store) -> None:
    async with store.unit() as unit:
        assert await unit.marks.find("watermark") is None
        await unit.marks.put("watermark", "1")
        await unit.marks.put("watermark", "2")
        await unit.marks.put("other", "3")
        assert await unit.marks.find("watermark") == "2"


async def test_something_is_seen_for_the_first_time_by_one(store: Store, clock: HandClock) -> None:
    async def first_time(key: str = "activity") -> bool:
        async with store.unit() as unit:
            return await unit.seen.first_time(key, clock.moment, for_seconds=60)

    assert sorted(await asyncio.gather(*(first_time() for _ in range(5)))) == [False] * 4 + [True]
    assert await first_time("another")
    clock.move(seconds=59)
    assert not await first_time()
    clock.move(seconds=1)
    assert await first_time()
    clock.move(seconds=30)
    async with store.unit() as unit:
        assert await unit.seen.delete_older_than(clock.moment) == 1
    assert not await first_time()
    assert await first_time("another")
