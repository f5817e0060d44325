"""What the page does beside the main flow: nothing is lost, nothing is read as Markdown or HTML, errors are told."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.window import NARROW, People
from tests.support.story import LENA, MARC, RITA, SAM, Story

pytestmark = pytest.mark.browser

MARKDOWN_NAME = "[Click me](https://evil.example) **bold**"


async def test_a_name_that_is_markdown_shows_as_it_is_written(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await rita.says("request click me")
    form = await rita.sees(MARKDOWN_NAME)
    await expect(form.get_by_role("heading", name=MARKDOWN_NAME)).to_be_visible()
    await rita.presses("Request")
    await rita.sees(f"Your access to {MARKDOWN_NAME} works now.")
    await expect(rita.page.get_by_role("link", name="Click me")).to_have_count(0)
    await expect(rita.messages.locator("strong")).to_have_count(0)


async def test_what_one_writes_is_never_html(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    text = "<img src=x onerror=alert(1)> **no** مرحبا 👋 " + "long" * 200
    await rita.says(text)
    await expect(rita.messages.first).to_contain_text(text)
    await expect(rita.messages.locator("img[src=x]")).to_have_count(0)
    assert not await rita.is_too_wide()


async def test_typing_on_a_card_survives_whatever_else_happens(people: People, here: Story) -> None:
    marc = await people.sits_down("manager")
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await marc.sees("Rita Requester asks for Sales data")
    reason = marc.card("Sales data").get_by_label("Your reason")
    await reason.fill("Half a sen")
    await reason.press("End")
    await here.says(MARC, "help")
    await here.says(RITA, "request finance reports")
    await here.presses(RITA, "Request", justification="Year end")
    await marc.sees("Rita Requester asks for Finance reports")
    await marc.page.get_by_label("Theme").select_option("dark")
    await expect(reason).to_have_value("Half a sen")
    await marc.page.get_by_label("Theme").select_option("system")


async def test_focus_stays_in_the_card_while_messages_come(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await rita.says("request sales data")
    await rita.sees("What happens next")
    why = rita.page.get_by_label("Why do you need it?")
    await why.press_sequentially("Q3")
    await here.says(RITA, "my requests")
    await rita.sees("You have not asked for anything yet.")
    await expect(why).to_be_focused()
    await rita.page.keyboard.type(" forecast")
    await expect(why).to_have_value("Q3 forecast")


async def test_unread_messages_are_counted_live_and_read_by_switching(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    marc = rita.page.get_by_role("link", name="Marc Manager Rita's manager 1 unread")
    await expect(marc).to_be_visible()
    await expect(rita.page.get_by_text("Doorman to Marc Manager")).to_be_visible()
    await marc.click()
    await rita.sees("Rita Requester asks for Sales data")
    await expect(rita.page).to_have_url(f"{here.world.base_url}/?as=manager")
    await expect(rita.page.get_by_role("link", name="Marc Manager Rita's manager", exact=True)).to_be_visible()


async def test_anybody_of_the_tenant_can_sit_down(people: People, here: Story) -> None:
    window = await people.sits_down("requester")
    await window.page.get_by_label("Somebody else").fill("dora director")
    await window.presses("Be them")
    await expect(window.page.get_by_text("You are Dora Director")).to_be_visible()
    await window.says("help")
    await window.sees("How can I help?")
    await window.page.get_by_label("Somebody else").fill("Nobody Known")
    await window.presses("Be them")
    await expect(
        window.page.get_by_role("alert").filter(has_text="Nobody in the tenant has that name.")
    ).to_be_visible()


async def test_a_bot_that_is_away_is_told(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await rita.says("request sales data")
    await rita.sees("What happens next")
    await here.stop_bot()
    here.world.bot_url = here.world.base_url  # where nothing answers as a bot does
    await rita.types("Why do you need it?", "Q3 forecast")
    await rita.presses("Request")
    await rita.sees("Something went wrong")
    await rita.says("help")
    await expect(rita.page.get_by_role("alert").filter(has_text="Doorman did not take the message")).to_be_visible()


async def test_one_of_several_equal_buttons_is_the_one_that_is_pressed(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await rita.says("packages")
    await rita.sees("What you can request")
    await rita.page.get_by_role("button", name="Request Design tools").click()
    await expect(rita.page.get_by_role("heading", name="Design tools")).to_be_visible()


async def test_a_request_is_decided_in_the_portal_from_behind_the_scenes(people: People, here: Story) -> None:
    sam = await people.sits_down("approver")
    await here.says(RITA, "request design tools")
    await here.presses(RITA, "Request")
    await sam.sees("Rita Requester asks for Design tools")
    await sam.opens("Decide in the portal")
    entry = sam.page.locator("#portal li", has_text="Rita Requester asks for Design tools")
    await entry.get_by_label("As").select_option(LENA)
    await entry.get_by_label("Justification").fill("By hand")
    await entry.get_by_role("button", name="Approve").click()
    await expect(entry).to_have_count(0)
    await here.poll()
    await sam.sees("approved in the portal")
    assert here.count(SAM, "approved in the portal") == 1


async def test_the_clock_and_the_faults_are_shared_by_all_windows(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    marc = await people.sits_down("manager")
    before = here.world.clock.now()
    await rita.presses("Freeze")
    await expect(marc.page.get_by_role("button", name="Let it run")).to_be_visible()
    await rita.presses("+14 days")
    tomorrow = marc.page.locator("#clock-face")
    await expect(tomorrow).to_contain_text("(frozen)")
    await expect(tomorrow).not_to_contain_text(f"{before.day} {before:%B}")
    assert (here.world.clock.now() - before).days == 14
    for window in (rita, marc):
        await window.opens("Let things go wrong")
    await rita.page.get_by_label("Graph is busy (429)").check()
    await expect(marc.page.get_by_label("Graph is busy (429)")).to_be_checked()
    await marc.presses("All off")
    await expect(rita.page.get_by_label("Graph is busy (429)")).not_to_be_checked()
    assert here.world.faults.rules == []


async def test_a_reset_empties_every_window(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    marc = await people.sits_down("manager")
    for window in (rita, marc):
        await window.says("help")
        await window.sees("How can I help?")
    await rita.opens("Start again")
    await rita.presses("Reset the sandbox")
    for window in (rita, marc):
        await expect(window.messages).to_have_count(0)
        await expect(window.page.get_by_text("Nothing has been said here yet.")).to_be_visible()
    await marc.says("help")
    await marc.sees("How can I help?")


async def test_what_happened_while_the_line_was_broken_is_caught_up_with(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await rita.says("help")
    await rita.sees("How can I help?")
    here.world.events.close()
    await expect(rita.page.get_by_text("The sandbox does not answer. Trying again…")).to_be_visible()
    await here.says(RITA, "request sales data")
    await rita.sees("What happens next")
    await expect(rita.page.get_by_text("The sandbox does not answer. Trying again…")).to_be_hidden()


async def test_channel_and_group_chat_open_with_the_keyboard(people: People, here: Story) -> None:
    rita = await people.sits_down("requester")
    await rita.page.get_by_role("tab", name="Chat", exact=True).press("ArrowRight")
    await expect(rita.page.get_by_role("tab", name="General")).to_be_focused()
    await rita.says("help")
    await expect(rita.messages.nth(1)).to_contain_text("Doorman")
    await expect(rita.page).to_have_url(f"{here.world.base_url}/?as=requester&chat=channel")


@pytest.mark.parametrize("width", [320, 700, 1100, 1600])
async def test_nothing_is_wider_than_the_window(people: People, here: Story, width: int) -> None:
    rita = await people.sits_down("requester", {**NARROW, "width": width})
    for text, seen in (("help", "How can I help?"), ("packages", "What you can request"), ("request travel", "Region")):
        await rita.says(text)
        await rita.sees(seen)
        assert not await rita.is_too_wide(), text
    for section in ("Let things go wrong", "Signing in", "Decide in the portal", "Start again"):
        await rita.opens(section)
    assert not await rita.is_too_wide()
