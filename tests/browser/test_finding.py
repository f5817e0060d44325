"""Finding and sharing access packages by hand in the page: typing, pages, the compose box, links that unfold."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Picture
from tests.browser.window import NARROW, People
from tests.support.story import RITA, Story

pytestmark = pytest.mark.browser


async def test_rita_types_a_few_letters_and_asks(people: People, here: Story, picture: Picture) -> None:
    rita = await people.sits_down("requester", behind_the_scenes=False)
    await rita.says("request")
    await rita.sees("There are 31 access packages for you.")
    box = rita.page.get_by_role("combobox", name="Find an access package")
    await box.press_sequentially("salse")
    options = rita.page.get_by_role("listbox").get_by_role("option")
    await expect(options).to_have_text(["Sales data"])
    await rita.photograph(picture("find-typeahead.png"))
    await box.press("ArrowDown")
    await box.press("Enter")
    await expect(box).to_have_value("Sales data")
    await rita.presses("Continue")
    await rita.sees("What happens next")
    await expect(rita.messages).to_have_count(2)  # what she wrote, and the card, which has become the form


async def test_pages_turn_in_place_on_a_narrow_screen_in_the_dark(
    people: People, here: Story, picture: Picture
) -> None:
    rita = await people.sits_down("requester", NARROW, scheme="dark", behind_the_scenes=False)
    await rita.says("packages")
    await rita.sees("Page 1 of 4")
    assert not await rita.is_too_wide()
    await rita.photograph(picture("find-packages.png"))
    await rita.presses("Next")
    await rita.sees("Page 2 of 4")
    await rita.types("Show only what fits these words", "keys")
    await rita.presses("Filter")
    await rita.sees("3 access packages fit “keys”.")
    await expect(rita.messages).to_have_count(2)
    assert not await rita.is_too_wide()


async def test_a_package_is_found_in_the_compose_box_and_shared(people: People, here: Story, picture: Picture) -> None:
    rita = await people.sits_down("requester", behind_the_scenes=False)
    marc = await people.sits_down("manager", behind_the_scenes=False)
    for window in (rita, marc):
        await window.page.get_by_role("tab", name="Group chat").click()
    await rita.presses("Search with Doorman")
    extension = rita.page.get_by_role("dialog", name="Search with Doorman")
    await expect(extension.get_by_role("button", name="Office map")).to_be_visible()
    await extension.get_by_label("Search", exact=True).fill("sales datta")
    await expect(extension.get_by_role("button", name="Office map")).to_have_count(0)
    await rita.photograph(picture("find-extension.png"))
    await extension.get_by_role("button", name="Sales data").click()
    draft = rita.page.get_by_role("group", name="Card to send")
    await expect(draft).to_contain_text("Figures of the sales department")
    await expect(draft).not_to_contain_text("promised")
    await rita.composer.fill("This is the one")
    await rita.composer.press("Enter")
    shared = await marc.sees("Figures of the sales department")
    await expect(shared).to_contain_text("Request in Doorman")


async def test_a_link_to_my_access_unfolds_but_not_one_to_a_hidden_package(people: People, here: Story) -> None:
    await here.says(RITA, "sign in")
    await here.sees(RITA, "You are signed in")
    rita = await people.sits_down("requester", behind_the_scenes=False)
    address = "https://myaccess.microsoft.com/@woodgrove.example#/access-packages/"
    draft = rita.page.get_by_role("group", name="Card to send")
    async with rita.page.expect_response("**/control/unfurl*") as answered:
        await rita.composer.fill(f"See {address}{here.package_id('Hidden vault')}")
    assert (await (await answered.value).json())["draft"] is None
    await expect(draft).to_have_count(0)
    await rita.composer.fill("")
    await rita.composer.fill(f"See {address}{here.package_id('Sales data')}")
    await expect(draft).to_contain_text("Sales data")
    await expect(draft).not_to_contain_text("Hidden vault")
