"""Two people in two windows: one asks, the other approves, and both see it happen without touching anything."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Picture
from tests.browser.window import NARROW, People
from tests.support.story import MARC, RITA, Story

pytestmark = pytest.mark.browser


async def test_rita_asks_and_marc_approves(people: People, here: Story, picture: Picture) -> None:
    rita = await people.sits_down("requester")
    marc = await people.sits_down("manager")
    for window in (rita, marc):
        await window.page.get_by_label("Whose calls").select_option("Made as a person")

    await rita.says("request sales data")
    await rita.sees("What happens next")
    await rita.types("Why do you need it?", "Q3 forecast")
    await rita.photograph(picture("story-request.png"))
    await rita.presses("Request")
    await rita.sees("Waiting for")
    await expect(rita.messages).to_have_count(2)  # what she wrote, and the form, which has become the status

    await marc.sees("Rita Requester asks for Sales data")
    await marc.photograph(picture("story-approve.png"))
    await marc.presses("Approve")
    await marc.sees("You approved this")

    status = await rita.sees("Your access works")
    await expect(status).to_contain_text("Edited")
    await rita.sees("Your access to Sales data works now.")
    await rita.photograph(picture("story-works.png"))

    (filed,) = [call for call in await rita.graph_calls("POST") if "/assignmentRequests" in call]
    assert f"201 {RITA} · as the person EntitlementMgmt-SubjectAccess.ReadWrite" in filed
    (decided,) = await marc.graph_calls("PATCH")
    assert f"204 {MARC} · as the person EntitlementManagement.ReadWrite.All" in decided
    assert here.requests_of(RITA)[0].state == "delivered"


async def test_in_the_dark_and_on_a_narrow_screen(people: People, here: Story, picture: Picture) -> None:
    rita = await people.sits_down("requester", NARROW, behind_the_scenes=False)
    marc = await people.sits_down("manager", scheme="dark")
    await rita.says("request sales data")
    await rita.sees("What happens next")
    assert not await rita.is_too_wide()
    await rita.photograph(picture("narrow.png"))
    await rita.types("Why do you need it?", "Q3 forecast")
    await rita.presses("Request")
    await marc.sees("Rita Requester asks for Sales data")
    await marc.photograph(picture("dark.png"))
    background = await marc.page.get_by_role("button", name="Deny", exact=True).evaluate(
        "element => getComputedStyle(element).backgroundColor"
    )
    assert background == "rgb(41, 41, 41)"
