"""Signing in where Teams cannot do it silently: through the real pages, with a second factor and a code to paste."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Picture
from tests.browser.window import People, Window
from tests.support.story import MARC, RITA, Story

pytestmark = pytest.mark.browser


async def test_a_code_pasted_into_the_chat_finishes_the_command(people: People, here: Story, picture: Picture) -> None:
    rita = await people.sits_down("requester")
    await needs_a_second_factor(rita, here, RITA)
    await rita.says("request sales data")
    await rita.sees("Please sign in")
    code = await signs_in(await rita.follows_link("Sign in"), RITA)
    await rita.photograph(picture("sign-in.png"))
    await rita.says(code)
    await rita.sees("What happens next")


async def test_a_press_goes_on_after_the_sign_in_that_it_needed(people: People, here: Story) -> None:
    marc = await people.sits_down("manager")
    await needs_a_second_factor(marc, here, MARC)
    await here.says(RITA, "request sales data")
    await here.sees(RITA, "Why do you need it?")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await marc.sees("Rita Requester asks for Sales data")
    await marc.types("Your reason", "Enjoy")
    await marc.presses("Approve")
    await marc.sees("Sign in to go on with what you pressed.")
    code = await signs_in(await marc.follows_link("Sign in"), MARC)
    await marc.types("Code from the sign-in page", code)
    await marc.presses("Continue")
    await marc.sees("You approved this. “Enjoy”")
    await here.sees(RITA, "Your access to Sales data works now.")


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await needs_a_second_factor(rita, here, RITA)
    await rita.says("my requests")
    await rita.sees("Please sign in")
    await rita.types("Code from the sign-in page", "000000")
    await rita.presses("Continue")
    await rita.sees("Doorman did not take the code")
    code = await signs_in(await rita.follows_link("Sign in"), RITA)
    await rita.types("Code from the sign-in page", code)
    await rita.presses("Continue")
    await rita.sees("You have not asked for anything yet.")


async def needs_a_second_factor(window: Window, here: Story, name: str) -> None:
    """Switched with the page's own controls; both have arrived when this returns."""
    await window.opens("Signing in")
    await window.page.get_by_label("Teams signs in silently").uncheck()
    await window.page.get_by_label("A second factor is required").check()
    person = here.user(name)
    async with here.world.events.subscribe() as changes:
        while person.sign_in == "silent" or not person.mfa_required:
            await anext(changes)


async def signs_in(page: Page, name: str) -> str:
    """Through Entra's pages to the code that the last one shows."""
    await page.get_by_role("button", name=name).click()
    number = await page.locator(".number").inner_text()
    await page.get_by_label("Number").fill(number)
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()
    return await page.locator("#code").inner_text()
