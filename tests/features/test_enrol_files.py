"""What leads and second persons take along from a plan, how it is taken back, and how a team's export is given back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.config import load_config
from sandbox.connector.outcomes import Outcome
from sandbox.faults import Fault
from sandbox.services import Service
from tests.features.test_enrol import ALDER, RITA_S_LINE, attaches, file_of, holders, runs, ticked
from tests.support.story import LENA, MARC, ROOT, SAM, Story, story, told

DECEIVER = '=HYPERLINK("http://evil.example")'
NINA_S_LINE = f"Nina New;nina.new@fernhill.example;{ALDER}"


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as started:
        started.forget_other_requests()
        started.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await started.start_bot()
        for name in (LENA, SAM, MARC):
            await started.says(name, "help")
        yield started


async def taken(here: Story, name: str, button: str) -> str:
    """What is in the file that this person takes into their OneDrive."""
    before = set(here.world.chats.drive.files)
    await here.presses(name, button)
    await here.teams.files.answer_consent(here.user(name).id, "accept")

    async def is_there() -> bool:
        return set(here.world.chats.drive.files) > before

    await here.until(is_there, "the file is in OneDrive")
    (new,) = set(here.world.chats.drive.files) - before
    assert here.world.chats.drive.files[new].owner == here.user(name).id
    return here.world.chats.drive.files[new].content.decode("utf-8-sig")


async def test_both_take_the_plan_and_the_result_along_strangers_do_not_and_it_is_taken_back(here: Story) -> None:
    before = holders(here)
    leaving = sorted(before)[0]
    tenant = here.world.tenant
    deceiver = next(user for user in tenant.users.values() if user.mail == leaving)
    deceiver.display_name = tenant.subject_of_user(deceiver.id).display_name = DECEIVER
    await attaches(here, LENA, file_of(here, NINA_S_LINE, without=leaving))
    card = await here.sees(LENA, "Please read this before")
    plan = await taken(here, LENA, "Download the plan")
    assert "Remove;" in plan
    assert leaving in plan
    assert "HYPERLINK" in plan
    assert ";=HYPERLINK" not in plan.replace('"', "")
    assert plan.count("\n") >= len(before) + 1, "every row of the plan, not only those that change"

    run_id = (await runs(here, LENA))[0]
    for which in ("plan", "result"):
        data = {"run_id": run_id, "which": which}
        refused = await here.teams.press(here.user(MARC).id, verb="enrolment.file", data=data)
        assert "could not find that" in told(refused)

    await here.presses(LENA, "Ask for agreement", kept=",".join(ticked(card)))
    await here.sees(SAM, "asks for your agreement")
    assert await taken(here, SAM, "Download the plan") == plan
    await here.presses(SAM, "Agree")
    for name in (LENA, SAM):
        await here.sees(name, "2 of 2 done")
    result = await taken(here, LENA, "Download the result")
    assert result == await taken(here, SAM, "Download the result")
    assert result.count(";Done;") == 2
    assert "Take it back" not in str(here.chat(SAM)[-1])

    await here.presses(LENA, "Take it back")
    await here.presses(LENA, "Take it back")
    back = await here.sees(LENA, "Please read this before")
    assert leaving in str(back["card"])
    await here.presses(LENA, "Ask for agreement", kept=",".join(ticked(back)))
    await here.sees(SAM, "asks for your agreement")
    await here.presses(SAM, "Agree")

    async def is_back() -> bool:
        return holders(here) == before

    await here.until(is_back, "who left is there again, who came is gone")
    assert len(await runs(here, LENA)) == 2, "pressed twice it is proposed once"


async def test_what_is_exported_from_the_team_changes_nothing_when_it_is_given_back(here: Story) -> None:
    await here.says(LENA, "team alder")
    await here.presses(LENA, "Export")
    exported = await taken(here, LENA, "CSV file")
    assert exported.count(ALDER) == len(holders(here))
    await attaches(here, LENA, exported)
    await here.sees(LENA, "Nothing to change: everybody has what the file says.")
    assert await runs(here, LENA), "it was planned, and the plan was empty"


async def test_a_plan_that_was_changed_since_is_read_once_more_before_it_is_agreed_to(here: Story) -> None:
    leaving = sorted(holders(here))[0]
    await attaches(here, LENA, file_of(here, RITA_S_LINE, without=leaving))
    card = await here.sees(LENA, "Please read this before")
    draft, rows = str(card["id"]), ticked(card)
    await here.presses(LENA, "Ask for agreement", kept=",".join(rows))
    seen = await here.sees(SAM, "asks for your agreement")
    agree = next(each for each in seen["card"]["actions"] if each["title"] == "Agree")

    # An old card of the author still takes a choice; the second person's card shows it.
    run_id = (await runs(here, LENA))[0]
    kept = {"kept": rows[0]}
    chosen = await here.teams.press(
        here.user(LENA).id, verb="enrolment.choose", data={"run_id": run_id, **kept}, inputs=kept, message_id=draft
    )
    assert "Left out: Rita Requester" in told(chosen)
    await here.sees(SAM, "Left out: Rita Requester")
    again = await here.teams.press(here.user(SAM).id, verb="enrolment.agree", data=agree["data"])
    assert "The plan was changed. Please read it once more." in told(again)
    assert "rita.requester@woodgrove.example" not in holders(here)
    await here.presses(SAM, "Agree")
    await here.sees(LENA, "1 of 1 done")
    assert not {leaving, "rita.requester@woodgrove.example"} & holders(here)


async def test_a_plan_that_is_changed_while_somebody_agrees_to_it_is_read_once_more(here: Story) -> None:
    """The tenant is compared with the plan before it is applied: long enough to add what nobody has agreed to."""
    leaving = sorted(holders(here))[0]
    await attaches(here, LENA, file_of(here, RITA_S_LINE, without=leaving))
    card = await here.sees(LENA, "Please read this before")
    draft, rows = str(card["id"]), ticked(card)
    (run_id,) = await runs(here, LENA)

    async def choose(kept: str) -> Outcome:
        data = {"run_id": run_id, "kept": kept}
        return await here.teams.press(
            here.user(LENA).id, verb="enrolment.choose", data=data, inputs={"kept": kept}, message_id=draft
        )

    await choose(rows[0])
    await here.presses(LENA, "Ask for agreement", kept=rows[0])
    await here.sees(SAM, "Left out: Rita Requester")
    before = len(here.graph_calls())
    slow = here.world.faults.add(Fault(Service.GRAPH, "slow", delay_ms=500))
    agreeing = asyncio.create_task(here.presses(SAM, "Agree"))

    async def is_looking() -> bool:
        return slow.hits > 0

    await here.until(is_looking, "the tenant is compared with the plan")
    await choose(",".join(rows))
    answer = told(await agreeing)
    here.world.faults.clear()
    assert "The plan was changed. Please read it once more." in answer
    written = [call for call in here.graph_calls()[before:] if call.method == "POST" and "$batch" not in call.path]
    assert written == []
    async with here.store.unit(read_only=True) as unit:
        run = await unit.enrolments.find(run_id)
    assert run is not None
    assert run.state == "waiting"
