"""What is remembered of access that ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain import AccessPackageId, AssignmentId, UserId
from bot.store import Store
from bot.store.records import Expiry
from tests.store.conftest import START, HandClock

RITA = UserId("rita")


def expiry(name: str, days: float, **more: object) -> Expiry:
    record = Expiry(
        assignment_id=AssignmentId(name),
        person_id=RITA,
        package_id=AccessPackageId("p-" + name),
        package_name=name,
        ends_at=START + timedelta(days=days),
        listed_at=START,
    )
    return replace(record, **more)  # type: ignore[arg-type]  # the names are those of the record


async def put(store: Store, *records: Expiry) -> None:
    async with store.unit() as unit:
        for record in records:
            await unit.expiries.put(record)


async def test_what_may_have_to_be_told_comes_soonest_first(store: Store) -> None:
    await put(
        store,
        expiry("told", 5, told_days=14),
        expiry("new", 10),
        expiry("far", 40),
        expiry("let_go", 3, choice="let_go"),
        expiry("over", 2, is_over=True),
        expiry("told twice", 1, told_days=1),
        expiry("past", -1),
    )
    leads = [(1, START + timedelta(days=2)), (14, START + timedelta(days=20))]
    async with store.unit(read_only=True) as unit:
        found = await unit.expiries.untold(leads, START, 10)
        assert [record.assignment_id for record in found] == ["new"]
        later = [(1, START + timedelta(days=8)), (14, START + timedelta(days=50))]
        found = await unit.expiries.untold(later, START, 10)
        assert [record.assignment_id for record in found] == ["told", "new", "far"]
        past = await unit.expiries.past(START, 10)
        assert [record.assignment_id for record in past] == ["past"]


async def test_an_end_is_told_once_for_each_lead_and_only_while_it_stands(store: Store) -> None:
    mine = expiry("mine", 10)
    await put(store, mine)
    async with store.unit() as unit:
        assert await unit.expiries.tell(mine.assignment_id, mine.ends_at, 14)
        assert not await unit.expiries.tell(mine.assignment_id, mine.ends_at, 14)
        assert await unit.expiries.tell(mine.assignment_id, mine.ends_at, 1)
        assert not await unit.expiries.tell(mine.assignment_id, mine.ends_at, 14)
        assert await unit.expiries.close(mine.assignment_id)
        assert not await unit.expiries.close(mine.assignment_id)
        await unit.expiries.put(replace(mine, ends_at=mine.ends_at + timedelta(days=90)))
        assert not await unit.expiries.tell(mine.assignment_id, mine.ends_at, 14)


async def test_what_a_complete_list_no_longer_has_is_forgotten_unless_it_has_ended(
    store: Store, clock: HandClock
) -> None:
    await put(store, expiry("seen", 10), expiry("gone", 10), expiry("ended", -1), expiry("back", 10, choice="returned"))
    later = clock.move(hours=6)
    async with store.unit() as unit:
        await unit.expiries.listed([AssignmentId("seen")], later)
        assert await unit.expiries.drop_unlisted(later, later) == 1
        assert {record.assignment_id for record in await unit.expiries.for_person(RITA)} == {"seen", "ended", "back"}
        assert await unit.expiries.delete_older_than(START) == 1


async def test_people_who_can_be_written_to_are_told_apart(store: Store) -> None:
    async with store.unit() as unit:
        await unit.people.seen(tenant_id="t", object_id=RITA, conversation_id="c")
        await unit.people.seen(tenant_id="t", object_id=UserId("marc"))
        assert await unit.people.reachable([RITA, UserId("marc"), UserId("nobody")]) == {RITA}
        assert await unit.people.reachable([]) == set()
        await unit.people.mark_unreachable(RITA)
        assert await unit.people.reachable([RITA]) == set()
