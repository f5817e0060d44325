"""A lead attaches a file, a second person agrees, and exactly that happens; everything else is told in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from bot.config import load_config
from bot.domain import UserId
from sandbox.connector.outcomes import Outcome
from tests.support.story import LENA, MARC, RITA, ROOT, SAM, Story, story, told

ALDER = "Project Alder | Contributor"
RITA_S_LINE = f"Rita Requester;rita.requester@woodgrove.example;{ALDER}"
LINE_END = "\n"


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as started:
        started.forget_other_requests()
        started.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await started.start_bot()
        for name in (LENA, SAM):
            await started.says(name, "help")
        yield started


async def attaches(here: Story, name: str, content: str | bytes, *, file: str = "alder.csv", **more: Any) -> Outcome:
    data = content if isinstance(content, bytes) else content.encode()
    return await here.teams.files.attach(here.user(name).id, file, data, **more)


def holders(here: Story, label: str = ALDER) -> set[str]:
    tenant, package_id = here.world.tenant, here.package_id(label)
    subjects = {
        assignment.target_id
        for assignment in tenant.assignments.values()
        if assignment.package_id == package_id and assignment.state == "delivered"
    }
    return {user.mail for user in tenant.users.values() if tenant.subject_of_user(user.id).id in subjects and user.mail}


def file_of(here: Story, *more: str, without: str = "", label: str = ALDER) -> str:
    """What is in the tenant as a file, with lines added and one person left out."""
    lines = [f"{mail.split('@')[0]};{mail};{label}" for mail in sorted(holders(here, label)) if mail != without]
    return "\n".join([*lines, *more]) + LINE_END


async def test_a_file_is_planned_agreed_to_by_a_second_person_and_carried_out(here: Story) -> None:
    leaving = sorted(holders(here))[0]
    content = file_of(here, f"Nina New;nina.new@fernhill.example;{ALDER}", without=leaving)
    await attaches(here, LENA, content)
    card = await here.sees(LENA, "Please read this before you hand it to a second person")
    shown = str(card["card"])
    assert "Nina New" in shown
    assert leaving in shown
    assert here.count(SAM, "asks for your agreement") == 0

    await here.presses(LENA, "Ask for agreement", kept=",".join(ticked(card)))
    await here.sees(SAM, "Lena Lead asks for your agreement")
    await here.sees(LENA, "Waits for a second person to agree")
    await here.presses(SAM, "Agree")
    for name in (LENA, SAM):
        done = await here.sees(name, "agreed to by Sam Second")
        await here.sees(name, "2 of 2 done")
        assert "Lena Lead" in str(done)
    now = holders(here)
    assert "nina.new@fernhill.example" in now
    assert leaving not in now

    await attaches(here, LENA, file_of(here))
    await here.sees(LENA, "Nothing to change: everybody has what the file says.")


def ticked(message: dict[str, object]) -> list[str]:
    """The rows that are ticked on a plan card."""
    card = message["card"]
    assert isinstance(card, dict)
    inputs = [each for each in card["body"] if each.get("id") == "kept"]
    return str(inputs[0]["value"]).split(",")


async def test_what_is_unticked_stays_and_a_plan_can_be_thrown_away(here: Story) -> None:
    leaving = sorted(holders(here))[0]
    await attaches(
        here, LENA, file_of(here, f"Rita Requester;rita.requester@woodgrove.example;{ALDER}", without=leaving)
    )
    card = await here.sees(LENA, "Please read this before")
    rows = ticked(card)
    assert len(rows) == 2
    removal = next(
        choice["value"]
        for part in card["card"]["body"]
        if part.get("id") == "kept"
        for choice in part["choices"]
        if "Remove" in choice["title"]
    )
    assert "Left out" in told(await here.presses(LENA, "Save my choice", kept=",".join(set(rows) - {removal})))
    await here.presses(LENA, "Ask for agreement", kept=",".join(set(rows) - {removal}))
    await here.sees(SAM, "asks for your agreement")
    await here.presses(SAM, "Agree")
    await here.sees(LENA, "1 of 1 done")
    assert leaving in holders(here)
    assert "rita.requester@woodgrove.example" in holders(here)

    await attaches(here, LENA, file_of(here, without=leaving))
    await here.sees(LENA, "Please read this before")
    assert "Given up: nothing was changed" in told(await here.presses(LENA, "Throw away"))
    assert leaving in holders(here)


async def test_turning_the_page_of_a_plan_keeps_what_was_unticked(here: Story) -> None:
    keep = sorted(holders(here))[:1]
    await attaches(here, LENA, f"Somebody;{keep[0]};{ALDER}\n# end\n")
    first = await here.sees(LENA, "Please read this before")
    rows = ticked(first)
    assert len(rows) == 10
    second = told(await here.presses(LENA, "Next page", kept=",".join(rows[1:])))
    assert "11 to" in second
    assert "Left out" in second

    async def ticks(wanted: list[str] | None = None) -> bool:
        now = ticked(here.teams.messages(here.user(LENA).id, "personal")[-1])
        return now == wanted if wanted else len(now) == len(holders(here)) - 1 - 10

    await here.until(ticks, "the card that is brought up to date is on the same page")
    others = ticked(here.teams.messages(here.user(LENA).id, "personal")[-1])
    assert "1 to 10" in told(await here.presses(LENA, "Previous page", kept=",".join(others)))
    await here.until(lambda: ticks(rows[1:]), "and back with it, without the one that was unticked")


async def test_many_removals_wait_for_the_number_to_be_typed(here: Story) -> None:
    before = holders(here)
    keep = sorted(before)[:1]
    await attaches(here, LENA, f"Somebody;{keep[0]};{ALDER}\n# end\n")
    card = await here.sees(LENA, "people would lose access")
    await here.presses(LENA, "Ask for agreement", kept=",".join(ticked(card)))
    await here.sees(SAM, "Type the number of removals")
    removals = len(before) - 1
    assert f"The plan removes {removals} people" in told(await here.presses(SAM, "Agree", removals="1"))
    assert holders(here) == before
    await here.presses(SAM, "Agree", removals=str(removals))
    await here.sees(LENA, f"{removals} of {removals} done")
    assert holders(here) == set(keep)


async def test_only_leads_enrol_and_nobody_agrees_to_their_own_plan(here: Story) -> None:
    await here.says(MARC, "help")
    assert "You do not have the right to do this" in told(await attaches(here, MARC, file_of(here)))
    assert "You do not have the right to do this" in told(await here.says(RITA, "enrol"))
    assert "Attach a CSV file" in told(await here.says(LENA, "enrol"))

    await attaches(here, LENA, file_of(here, RITA_S_LINE))
    card = await here.sees(LENA, "Please read this before")
    run_id = (await runs(here, LENA))[0]
    data = {"run_id": run_id, "digest": "x"}
    for name in (MARC, LENA):
        await here.teams.press(here.user(name).id, verb="enrolment.agree", data=data)
    assert "rita.requester@woodgrove.example" not in holders(here)
    assert ticked(card)


async def runs(here: Story, name: str) -> list[str]:
    async with here.store.unit(read_only=True) as unit:
        return [run.id for run in await unit.enrolments.of_author(UserId(here.user(name).id))]


async def test_what_cannot_be_read_is_told_in_words(here: Story) -> None:
    assert "does not come from your organization's OneDrive" in told(
        await attaches(here, LENA, file_of(here), host="https://evil.example")
    )
    assert "does not come from your organization's OneDrive" in told(
        await attaches(here, LENA, file_of(here), redirect_to="http://127.0.0.1:1/secret")
    )
    assert "larger than 20 MB" in told(await attaches(here, LENA, b"x" * 20_000_001))
    assert "I found mistakes" in told(await attaches(here, LENA, b"\xff\xfe\x00", file="broken.csv"))
    assert "is not an e-mail address" in told(await attaches(here, LENA, f"Ada;ada at woodgrove;{ALDER}\n"))
    here.world.chats.behaviour.file_link_s = 0
    assert "cannot be opened any more" in told(await attaches(here, LENA, file_of(here)))
