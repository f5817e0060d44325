"""Forms are sent once, and a crash while sending leaves something to find."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain import AccessPackageId, Address, PolicyId, RequestId, UserId
from bot.identity.sealing import Sealer
from bot.store import Store, Submission, open_store
from tests.store.conftest import START, HandClock

CHAT = Address("a:rita", "https://smba.example/")
REASON = "Q3 forecast für Zürich"


async def begin(
    store: Store, form_id: str = "form", payload: Mapping[str, Any] | None = None
) -> tuple[Submission, bool]:
    async with store.unit() as unit:
        return await unit.submissions.begin(
            form_id=form_id,
            tenant_id="tenant",
            person_id=UserId("rita"),
            person_name="Rita Requester",
            package_id=AccessPackageId("sales"),
            package_name="Sales data",
            policy_id=PolicyId("policy"),
            payload=payload or {"justification": REASON, "answers": [{"id": "q1", "values": ["a", "b"]}]},
            address=CHAT,
            message_id="1700",
        )


async def find(store: Store, form_id: str = "form") -> Submission:
    async with store.unit(read_only=True) as unit:
        found = await unit.submissions.find(form_id)
    assert found is not None
    return found


async def test_a_submission_keeps_what_was_asked(store: Store) -> None:
    begun, is_new = await begin(store)
    assert is_new
    assert begun == await find(store)
    assert begun.payload == {"justification": REASON, "answers": [{"id": "q1", "values": ["a", "b"]}]}
    assert (begun.state, begun.request_id, begun.address, begun.message_id) == ("sending", None, CHAT, "1700")
    assert begun.created_at == begun.updated_at == START
    async with store.unit() as unit:
        assert await unit.submissions.find("another form") is None


async def test_of_many_presses_one_sends(store: Store) -> None:
    begun = await asyncio.gather(*(begin(store, payload={"press": number}) for number in range(5)))
    assert sorted(is_new for _, is_new in begun) == [False] * 4 + [True]
    assert len({record.payload["press"] for record, _ in begun}) == 1


async def test_a_sent_form_is_not_sent_again(store: Store, clock: HandClock) -> None:
    await begin(store)
    clock.move(seconds=2)
    async with store.unit() as unit:
        await unit.submissions.mark_sent("form", RequestId("r1"))
    again, is_new = await begin(store, payload={"other": 1})
    assert not is_new
    assert (again.state, again.request_id) == ("sent", "r1")
    assert again.updated_at == START + timedelta(seconds=2)


async def test_a_refused_form_may_be_sent_again_by_one(store: Store) -> None:
    await begin(store)
    async with store.unit() as unit:
        await unit.submissions.mark_refused("form")
    begun = await asyncio.gather(*(begin(store, payload={"second": "try"}) for _ in range(3)))
    assert sorted(is_new for _, is_new in begun) == [False, False, True]
    assert (await find(store)).payload == {"second": "try"}


async def test_unfinished_submissions_are_found_the_oldest_first(store: Store, clock: HandClock) -> None:
    for name in ("first", "second", "sent", "lost"):
        await begin(store, name)
        clock.move(seconds=1)
    async with store.unit() as unit:
        await unit.submissions.mark_sent("sent", RequestId("r1"))
        await unit.submissions.mark_lost("lost")
        assert [form.form_id for form in await unit.submissions.unfinished(clock.moment)] == ["first", "second"]
        assert [form.form_id for form in await unit.submissions.unfinished(clock.moment, limit=1)] == ["first"]
        assert [form.form_id for form in await unit.submissions.unfinished(START + timedelta(seconds=1))] == ["first"]


async def test_retention_keeps_what_is_being_sent(store: Store, clock: HandClock) -> None:
    await begin(store, "sending")
    await begin(store, "sent")
    async with store.unit() as unit:
        await unit.submissions.mark_sent("sent", RequestId("r1"))
        assert await unit.submissions.delete_older_than(START) == 0
        assert await unit.submissions.delete_older_than(clock.move(days=1)) == 1
        assert await unit.submissions.find("sent") is None
        assert await unit.submissions.find("sending") is not None


async def test_without_its_key_a_payload_is_empty(database: str, sealer: Sealer, store: Store) -> None:
    await begin(store)
    stranger = await open_store(database, Sealer([Fernet.generate_key().decode()]))
    try:
        assert (await find(stranger)).payload == {}
    finally:
        await stranger.close()
    assert (await find(store)).payload["justification"] == REASON


async def test_a_unit_for_reading_does_not_write(store: Store) -> None:
    async with store.unit(read_only=True) as unit:
        with pytest.raises(RuntimeError):
            await unit.submissions.mark_refused("form")
