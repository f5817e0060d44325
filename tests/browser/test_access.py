"""Rita looks at what she has, keeps one thing longer, gives another back, and is told what ends."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from playwright.async_api import expect

from sandbox.graph.engine.lifecycle import Lifecycle
from tests.browser.conftest import Picture
from tests.browser.window import NARROW, People
from tests.support.giving import allow, end_of, give, has, held
from tests.support.story import RITA, Story

pytestmark = pytest.mark.browser


async def test_rita_keeps_one_thing_and_gives_another_back(people: People, here: Story, picture: Picture) -> None:
    allow(here, "Audit archive", allowCustomAssignmentSchedule=True)
    for package in ("Audit archive", "Sales data", "Project Alder | Contributor", "Project Birch | Contributor"):
        give(here, RITA, package)
    here.world.clock.advance(timedelta(days=20))
    before = end_of(here, RITA, "Audit archive")
    rita = await people.sits_down("requester")
    await rita.says("my access")
    await rita.sees("Sales Readers: Member")
    await rita.photograph(picture("access-list.png"))
    await rita.says("extend audit archive")
    await rita.sees("Nobody has to approve this")
    await rita.types("How much longer?", "2w")
    await rita.photograph(picture("access-extend.png"))
    await rita.presses("Extend")
    await rita.sees("Your access to Audit archive goes on until")
    assert end_of(here, RITA, "Audit archive") > before + timedelta(days=13)
    await rita.says("give back alder")
    leaving = await rita.sees("You would lose")
    await expect(leaving).to_contain_text("through Project Birch")
    await rita.photograph(picture("access-give-back.png"))
    await rita.presses("Give back")
    await rita.sees("You have given back Project Alder | Contributor.")
    assert not has(here, RITA, "Project Alder | Contributor")


async def test_what_ends_is_kept_from_one_card(people: People, here: Story, picture: Picture) -> None:
    await here.says(RITA, "help")
    for package in ("Audit archive", "Bench", "Office map"):
        give(here, RITA, package)
    allow(here, "Bench", enableTargetsToSelfUpdateAccess=False)
    now = here.world.clock.now()
    for package in ("Audit archive", "Bench"):
        assignment = held(here, RITA, package)
        ends_at = (now + timedelta(days=21)).replace(hour=10, tzinfo=UTC)
        Lifecycle(here.world).expire_at(assignment, ends_at, assignment.created_at)
    here.world.clock.advance(timedelta(days=20, hours=1))
    await here.poll()
    await here.look_ahead()
    rita = await people.sits_down("requester", NARROW, scheme="dark", behind_the_scenes=False)
    await rita.sees("2 access packages end soon")
    assert not await rita.is_too_wide()
    await rita.photograph(picture("access-expiry.png"))
    await rita.presses("Extend")
    await rita.sees("Your access to Audit archive goes on until")
    await rita.sees("Extended until")
    await rita.says("my access")
    await rita.sees("Office map")
    assert not await rita.is_too_wide()
    await rita.photograph(picture("access-narrow-dark.png"))
