"""A plan in chat: proposed by a lead, agreed to by a second person, applied by a durable job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.config import load_config
from bot.domain import UserId
from bot.errors import NotAllowed, NotASecond, NotFound, PlanMoved, PlanOver, RemovalsNotAgreed, SecondProblem
from bot.files.rows import EnrolmentFile
from bot.plans.enrolment import Action
from bot.plans.journal import RowState
from bot.services.enrolments import Enrolments
from bot.turn import Actor
from bot.wiring import ENROLMENTS
from tests.support.story import LENA, RITA, ROOT, SAM, Story, story

OAK = "Project Oak | Contributor"


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as begun:
        begun.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await begun.start_bot()
        yield begun


def actor(here: Story, name: str) -> Actor:
    return Actor(here.world.tenant.id, UserId(here.user(name).id), name)


def desk(here: Story) -> Enrolments:
    return here.app[ENROLMENTS]


def contributors(here: Story) -> list[str]:
    tenant = here.world.tenant
    live = [each for each in tenant.holders_of(here.package_id(OAK)) if each.state == "delivered"]
    return sorted(tenant.users[str(tenant.subjects[each.target_id].object_id)].mail for each in live)


async def a_file(here: Story, *people: str) -> EnrolmentFile:
    rows = "".join(f"{mail.partition('@')[0]};{mail};{OAK}\n" for mail in people)
    return await desk(here).read("oak.csv", f"# package: {OAK}\n{rows}".encode())


async def is_over(here: Story, run_id: str) -> bool:
    return (await desk(here).find(run_id)).state not in ("waiting", "applying")


async def test_two_people_agree_and_the_job_does_the_rest(here: Story) -> None:
    enrolments, lead, second = desk(here), actor(here, LENA), actor(here, SAM)
    kept = contributors(here)
    file = await a_file(here, *kept, "rita.requester@woodgrove.example", "new.guest@fernhill.example")
    run = await enrolments.propose(lead, "run-1", [file])
    assert (run.state, {row.action for row in run.changes}) == ("waiting", {Action.ADD, Action.INVITE})
    assert await enrolments.propose(lead, "run-1", [file]) == run
    assert await enrolments.seconds(run) == {second.object_id}

    # Neither the author, nor who gains by it, nor anybody else.
    for name, problem in ((LENA, SecondProblem.AUTHOR), (RITA, SecondProblem.BENEFICIARY)):
        with pytest.raises(NotASecond) as refused:
            await enrolments.agree(actor(here, name), run.id)
        assert refused.value.problem is problem
    with pytest.raises(NotASecond) as refused:
        await enrolments.agree(actor(here, "Marc Manager"), run.id)
    assert (refused.value.problem, refused.value.projects) == (SecondProblem.NO_REVIEWER, ("Project Oak",))
    with pytest.raises(NotAllowed):
        await enrolments.exclude(actor(here, RITA), run.id, [])

    await enrolments.agree(second, run.id)
    assert (await enrolments.agree(second, run.id)).second_name == SAM
    await here.until(lambda: is_over(here, run.id), "the run ends")
    done = await enrolments.progress(run.id)
    assert (done.run.state, done.run.second_id, done.ended, done.total) == ("done", second.object_id, 2, 2)
    assert {each.state for each in await enrolments.result(run.id)} == {RowState.DONE}
    assert contributors(here) == sorted([*kept, "new.guest@fernhill.example", "rita.requester@woodgrove.example"])
    reasons = [each.justification or "" for each in here.world.tenant.requests.values()]
    assert sum(f"proposed by {LENA}, agreed to by {SAM}" in each for each in reasons) == 2

    # It can be taken back, by another plan.
    back = await enrolments.undo(lead, run.id, "run-2")
    await enrolments.agree(second, back.id)
    await here.until(lambda: is_over(here, back.id), "the undoing ends")
    assert contributors(here) == kept

    # What stands in the database tells no names or addresses.
    async with here.store.unit(read_only=True) as unit:
        assert (await unit.enrolments.find(run.id)) is not None
    content = (here.folder / "doorman.db").read_bytes()
    assert b"new.guest@fernhill" not in content


async def test_what_stops_a_plan(here: Story) -> None:
    enrolments, lead, second = desk(here), actor(here, LENA), actor(here, SAM)
    kept = contributors(here)
    with pytest.raises(NotAllowed):
        await enrolments.propose(actor(here, RITA), "run-0", [await a_file(here)])
    with pytest.raises(NotFound):
        await enrolments.find("run-0")

    # The brake wants the number of what is still to be removed.
    run = await enrolments.propose(lead, "run-1", [await a_file(here, *kept[1:])])
    assert (run.needs_number, run.removals) == (True, 1)
    for number in (None, 2):
        with pytest.raises(RemovalsNotAgreed):
            await enrolments.agree(second, run.id, number)
    left_out = await enrolments.exclude(lead, run.id, [run.changes[0].id])
    assert (left_out.removals, left_out.changes) == (0, ())
    assert (await enrolments.exclude(lead, run.id, [])).removals == 1

    # The tenant moves before somebody agrees, and after.
    tenant = here.world.tenant
    held = next(
        each for each in tenant.holders_of(here.package_id(OAK)) if tenant.subjects[each.target_id].email == kept[0]
    )
    held.state = "partiallyDelivered"
    with pytest.raises(PlanMoved) as moved:
        await enrolments.agree(second, run.id, 1)
    assert moved.value.rows == ((kept[0], OAK),)
    held.state = "delivered"

    # Cancelled it stays cancelled, and an old plan is over.
    assert (await enrolments.cancel(lead, run.id)).state == "cancelled"
    with pytest.raises(PlanOver):
        await enrolments.agree(second, run.id, 1)
    old = await enrolments.propose(lead, "run-2", [await a_file(here, *kept[1:])])
    here.world.clock.advance(timedelta(hours=25))
    await here.poll()
    with pytest.raises(PlanOver):
        await enrolments.agree(second, old.id, 1)
    assert contributors(here) == kept


async def test_a_run_that_a_dead_process_left_is_gone_on_with(here: Story) -> None:
    enrolments, lead, second = desk(here), actor(here, LENA), actor(here, SAM)
    kept = contributors(here)
    first = await enrolments.propose(lead, "run-1", [await a_file(here, *kept, "rita.requester@woodgrove.example")])
    later = await enrolments.propose_one(lead, "run-2", OAK, "marc.manager@woodgrove.example")
    async with here.store.unit() as unit:  # agreed to, and the process died before it began the job
        await unit.enrolments.agree(first.record, second.object_id, SAM)
    here.world.clock.advance(timedelta(seconds=5))
    await enrolments.agree(second, later.id)
    assert (await enrolments.find(later.id)).state == "applying"  # it waits for the one before it
    await here.stop_bot()
    here.world.clock.advance(timedelta(minutes=5))
    await here.start_bot()
    await here.poll()
    await here.until(lambda: is_over(here, later.id), "both runs end")
    assert (await desk(here).find(first.id)).state == "done"
    assert contributors(here) == sorted([*kept, "marc.manager@woodgrove.example", "rita.requester@woodgrove.example"])
