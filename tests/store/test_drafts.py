"""Requests put together in words: one for each person and package, sent once."""

from __future__ import annotations

import asyncio
from itertools import count

from bot.domain import AccessPackageId, PolicyId, RequestId, UserId
from bot.services.drafts import Drafts
from bot.services.spoken_form import Filled
from bot.store import Store
from bot.turn import Actor
from tests.store.conftest import HandClock

RITA, MARC = Actor("tenant", UserId("rita"), "Rita"), Actor("tenant", UserId("marc"), "Marc")
SALES = AccessPackageId("sales")


def drafts_of(store: Store) -> Drafts:
    ids = count()
    return Drafts(store, lambda: f"form-{next(ids)}", HandClock())


async def test_two_at_once_are_one_draft_and_nobody_elses(store: Store) -> None:
    drafts, filled = drafts_of(store), Filled(justification="Q3", answers={"q": ("a", "b")}, is_sure=False)
    one, other = await asyncio.gather(*(drafts.keep(RITA, SALES, filled) for _ in range(2)))
    assert (one.code, one.form_id) == (other.code, other.form_id)
    found = await drafts.find(RITA, one.code)
    assert found is not None
    assert Filled.of(found.content) == filled == await drafts.known(RITA, SALES)
    assert await drafts.find(MARC, one.code) is None
    assert await drafts.find(RITA, "") is None
    assert (await drafts.keep(MARC, SALES, filled)).code != one.code


async def test_what_was_sent_for_somebody_else_or_is_through_makes_room(store: Store, clock: HandClock) -> None:
    drafts = drafts_of(store)
    draft = await drafts.keep(RITA, SALES, Filled(justification="Q3"))
    async with store.unit() as unit:
        await unit.submissions.begin(
            form_id=draft.form_id,
            tenant_id="tenant",
            person_id=RITA.object_id,
            person_name="Rita",
            package_id=SALES,
            package_name="Sales data",
            policy_id=PolicyId("p"),
            payload={"target": None},
        )
    assert await drafts.known(RITA, SALES) == Filled()
    same = await drafts.keep(RITA, SALES, Filled(justification="Q3"))
    assert same.form_id == draft.form_id, "it is still being sent"
    async with store.unit() as unit:
        await unit.submissions.mark_sent(draft.form_id, RequestId("r"))
    for_marc = await drafts.keep(RITA, SALES, Filled(target_id="marc"))
    assert for_marc.form_id != draft.form_id
    async with store.unit() as unit:
        assert await unit.drafts.delete_older_than(clock.move(days=1)) == 1
