"""Remarks, errands and the audit log: each once, whoever writes it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.domain import RequestId, UserId
from bot.identity.sealing import Sealer
from bot.store import Errand, Store, open_store
from tests.store.conftest import HandClock

REQUEST, RITA = RequestId("r1"), UserId("rita")


async def begin(store: Store, who: str = "adam") -> tuple[Errand, bool]:
    async with store.unit() as unit:
        return await unit.errands.begin(
            "reprocess/r1/1",
            kind="reprocess",
            request_id=REQUEST,
            tenant_id="tenant",
            actor_id=UserId(who),
            actor_name=who.title(),
            hand="writer",
        )


async def test_of_several_that_begin_an_errand_one_runs_it(store: Store) -> None:
    begun = await asyncio.gather(*(begin(store, who) for who in ("adam", "bea", "cem")))
    assert sorted(is_ours for _, is_ours in begun) == [False, False, True]
    assert len({errand.actor_id for errand, _ in begun}) == 1


async def test_a_refused_errand_may_be_run_again_and_a_done_one_not(store: Store) -> None:
    assert (await begin(store))[1]
    async with store.unit() as unit:
        await unit.errands.settle("reprocess/r1/1", "refused")
    errand, is_ours = await begin(store, "bea")
    assert (errand.actor_id, errand.state, is_ours) == ("bea", "sending", True)
    async with store.unit() as unit:
        await unit.errands.settle("reprocess/r1/1", "done")
    assert not (await begin(store))[1]


async def test_what_hangs_is_found_and_what_is_settled_forgotten(store: Store, clock: HandClock) -> None:
    await begin(store)
    clock.move(minutes=2)
    async with store.unit() as unit:
        assert [errand.key for errand in await unit.errands.unfinished(clock.now())] == ["reprocess/r1/1"]
        assert await unit.errands.delete_older_than(clock.now()) == 0
        await unit.errands.settle("reprocess/r1/1", "done")
        assert await unit.errands.unfinished(clock.now() + timedelta(hours=1)) == []
        assert await unit.errands.delete_older_than(clock.now() + timedelta(hours=1)) == 1


async def test_a_text_whose_key_was_taken_away_is_empty_and_the_log_names_it(database: str, sealer: Sealer) -> None:
    before = await open_store(database, sealer)
    async with before.unit() as unit:
        await unit.remarks.add(
            "n1", request_id=REQUEST, kind="note", stage=1, author_id=RITA, author_name="Rita", text="Urgent"
        )
    await before.close()
    after = await open_store(database, Sealer([Fernet.generate_key().decode()]))
    with capture_logs() as logs:
        async with after.unit(read_only=True) as unit:
            assert [remark.text for remark in await unit.remarks.for_request(REQUEST)] == [""]
    assert [(line["event"], line["context"]) for line in logs] == [("sealed_text_unreadable", "remark/n1")]
    await after.close()


async def test_a_remark_is_kept_once_and_unreadable_in_the_database(store: Store) -> None:
    async with store.unit() as unit:
        added = [
            await unit.remarks.add(
                "n1", request_id=REQUEST, kind="note", stage=1, author_id=RITA, author_name="Rita", text="Urgent"
            )
            for _ in range(2)
        ]
    assert added == [True, False]
    async with store.unit(read_only=True) as unit:
        (kept,) = await unit.remarks.for_request(REQUEST)
        assert (kept.text, kept.kind, kept.author_id) == ("Urgent", "note", RITA)
        assert await unit.remarks.find("n2") is None


async def test_a_line_of_the_audit_log_is_written_once(store: Store) -> None:
    async with store.unit() as unit:
        for _ in range(2):
            await unit.audit.add("a1", event="reprocess.asked", about="r1", actor_id="adam", chat="19:chat")
        (line,) = await unit.audit.about("r1")
    assert (line.event, line.actor_id, line.chat, line.detail) == ("reprocess.asked", "adam", "19:chat", {})
