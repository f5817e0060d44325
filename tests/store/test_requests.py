"""What is known of requests: one writer wins, and the sweep finds what it has not looked at."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bot.domain import AccessPackageId, PolicyId, RequestId, RequestState, UserId, Verdict
from bot.errors import ServiceBusy
from bot.store import RequestRecord, Store
from tests.store.conftest import START


def request(name: str = "r1", *, looked_at: datetime = START, **changes: object) -> RequestRecord:
    record = RequestRecord(
        request_id=RequestId(name),
        package_id=AccessPackageId("sales"),
        package_name="Sales data",
        policy_id=PolicyId("policy"),
        requestor_id=UserId("rita"),
        requestor_name="Rita Requester",
        target_id=UserId("rita"),
        state=RequestState.PENDING_APPROVAL,
        status="PendingApproval",
        stage=1,
        stages_total=2,
        created_at=START,
        looked_at=looked_at,
        asked_here=True,
    )
    return replace(record, **changes)  # type: ignore[arg-type]  # each test changes other fields


async def save(store: Store, record: RequestRecord) -> RequestRecord:
    async with store.unit() as unit:
        stored = await unit.requests.upsert(record)
    assert stored is not None
    return stored


async def find(store: Store, name: str = "r1") -> RequestRecord | None:
    async with store.unit(read_only=True) as unit:
        return await unit.requests.find(RequestId(name))


async def test_a_request_comes_back_as_it_was_stored(store: Store) -> None:
    assert await find(store) is None
    stored = await save(store, request(code="K7Q2"))
    assert stored == replace(request(), version=1, code="K7Q2")
    assert await find(store) == stored
    decided = replace(
        stored,
        state=RequestState.DENIED,
        is_stage_proved=True,
        completed_at=START + timedelta(hours=1, microseconds=7),
        decided_verdict=Verdict.DENY,
        decided_by_id="marc",
        decided_by_name="Marc Manager",
        decided_reason="Not in my team, sorry",
        decision_source="approver token",
        is_finished=True,
    )
    assert await save(store, decided) == await find(store) == replace(decided, version=2)


async def test_moments_come_back_in_utc_whatever_zone_they_were_given_in(store: Store) -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    await save(store, request(looked_at=START.astimezone(there)))
    found = await find(store)
    assert found is not None
    assert found.looked_at == START
    assert found.looked_at.utcoffset() == timedelta()


async def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="time zone"):
        await save(store, request(looked_at=START.replace(tzinfo=None)))
    assert await find(store) is None


async def test_an_unknown_state_of_graph_is_kept_as_other(store: Store) -> None:
    await save(store, request(state=RequestState("somethingNew")))
    found = await find(store)
    assert found is not None
    assert found.state is RequestState.OTHER


async def test_of_many_that_find_a_new_request_one_stores_it(store: Store) -> None:
    async def store_it(number: int) -> RequestRecord | None:
        async with store.unit() as unit:
            return await unit.requests.upsert(request(status=str(number)))

    stored = [record for record in await asyncio.gather(*map(store_it, range(5))) if record]
    assert len(stored) == 1
    assert await find(store) == stored[0]


async def test_of_many_that_change_a_request_one_wins(store: Store) -> None:
    before = await save(store, request())

    async def change(number: int) -> RequestRecord | None:
        async with store.unit() as unit:
            return await unit.requests.upsert(replace(before, status=str(number)))

    changed = [record for record in await asyncio.gather(*map(change, range(5))) if record]
    assert [record.version for record in changed] == [2]
    assert await find(store) == changed[0]


async def test_nothing_is_written_when_the_version_is_old_or_from_nowhere(store: Store) -> None:
    await save(store, request())
    async with store.unit() as unit:
        assert await unit.requests.upsert(request(version=7, status="from nowhere")) is None
        assert await unit.requests.upsert(request("r2", version=1)) is None
        assert await unit.requests.find(RequestId("r2")) is None
    found = await find(store)
    assert found is not None
    assert found.status == "PendingApproval"


async def test_what_a_request_is_for_outlives_a_writer_who_read_it_before(store: Store) -> None:
    before = await save(store, request())
    async with store.unit() as unit:
        await unit.requests.mark_purpose(before.request_id, "extend")
    await save(store, replace(before, status="Delivering"))
    found = await find(store)
    assert found is not None
    assert (found.status, found.purpose) == ("Delivering", "extend")


async def test_several_requests_are_found_together(store: Store) -> None:
    for name in ("r1", "r2", "r3"):
        await save(store, request(name))
    async with store.unit(read_only=True) as unit:
        found = await unit.requests.find_many([RequestId("r1"), RequestId("r3"), RequestId("unknown")])
        assert sorted(found) == ["r1", "r3"]
        assert found[RequestId("r3")].request_id == "r3"
        assert await unit.requests.find_many([]) == {}


async def test_the_sweep_gets_open_requests_in_the_order_of_their_age(store: Store) -> None:
    for number, name in enumerate(("c", "a", "b", "finished")):
        looked_at = START + timedelta(minutes=number)
        await save(store, request(name, looked_at=looked_at, is_finished=name == "finished"))
    async with store.unit(read_only=True) as unit:
        late = START + timedelta(hours=1)
        assert [record.request_id for record in await unit.requests.open_oldest(10, late)] == ["c", "a", "b"]
        assert [record.request_id for record in await unit.requests.open_oldest(2, late)] == ["c", "a"]
        soon = START + timedelta(minutes=1)
        assert [record.request_id for record in await unit.requests.open_oldest(10, soon)] == ["c"]
        assert await unit.requests.count_open() == 3


async def test_retention_forgets_finished_requests_only(store: Store) -> None:
    await save(store, request("open"))
    await save(store, request("ended", is_finished=True, completed_at=START))
    await save(store, request("undated", is_finished=True))
    await save(store, request("recent", is_finished=True, completed_at=START + timedelta(days=2)))
    async with store.unit() as unit:
        limit = START + timedelta(days=1)
        assert await unit.requests.delete_older_than(limit) == 2
        assert await unit.requests.count_open() == 1
    assert await find(store, "recent") is not None
    assert await find(store, "ended") is None
    assert await find(store, "undated") is None


async def test_an_error_undoes_the_whole_unit(store: Store) -> None:
    async def store_and_fail() -> None:
        async with store.unit() as unit:
            await unit.requests.upsert(request())
            raise ServiceBusy("elsewhere")

    with pytest.raises(ServiceBusy, match="elsewhere"):
        await store_and_fail()
    assert await find(store) is None


async def test_how_long_requests_took_is_told_of_those_that_became_access(store: Store) -> None:
    hour, package, policy = timedelta(hours=1), AccessPackageId("sales"), PolicyId("policy")
    done: dict[str, Any] = {"state": RequestState.DELIVERED, "is_finished": True}
    for number in range(5):
        await save(store, request(f"d{number}", completed_at=START + (number + 1) * hour, **done))
    await save(store, request("denied", state=RequestState.DENIED, completed_at=START + hour))
    await save(store, request("other", policy_id=PolicyId("other"), completed_at=START + hour, **done))
    await save(store, request("open"))
    async with store.unit(read_only=True) as unit:
        assert await unit.requests.spans(package, policy, 3) == [5 * hour, 4 * hour, 3 * hour]
        assert await unit.requests.spans(AccessPackageId("nobody's"), policy, 3) == []
