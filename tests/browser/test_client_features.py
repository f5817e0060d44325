"""What Teams' clients can do beside chatting and pressing, by hand in the page, with a bot that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from sandbox.connector.state import ADAPTIVE_CARD, CHANNEL_ID, FILE_CONSENT, FILE_INFO
from tests.browser.window import NARROW, People
from tests.sandbox.connector_support import Json, Stage, card, card_answer, execute, message, stage, text
from tests.sandbox.test_connector_dialogs import dialog, submit
from tests.sandbox.test_connector_extension import LINK, result, results
from tests.sandbox.test_connector_search import chooser, found

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


@pytest_asyncio.fixture
async def seats(browser: Browser, it: Stage) -> AsyncIterator[People]:
    opened = People(browser, it.world.base_url)
    yield opened
    await opened.close()
    assert opened.complaints == []


async def asked(it: Stage, name: str, number: int = 1) -> Json:
    """The bot's `number`th activity of that name (or type, for messages), waited for."""
    async with asyncio.timeout(60):
        while True:
            heard = [each for each in it.bot.received if name in (each.get("name"), each["type"])]
            if len(heard) >= number:
                return heard[number - 1]
            await asyncio.sleep(0.01)


async def test_typing_into_a_choice_set_asks_the_bot(seats: People, it: Stage) -> None:
    catalog = {"type": "Input.Text", "id": "catalog", "label": "Catalog", "value": "General"}
    field = chooser(query={"associatedInputs": "auto"}, choices=[{"title": "Sales own", "value": "own"}])
    await it.bot.post(it.personal(), message(card(catalog, field, actions=[execute("Go", "go")])))
    rita = await seats.sits_down("requester")
    it.bot.always(*found("Sales data", "Sales portal"))
    box = rita.page.get_by_role("combobox", name="Package")
    await box.press_sequentially("sal")
    options = rita.page.get_by_role("listbox").get_by_role("option")
    await expect(options).to_have_text(["Sales own", "Sales data", "Sales portal"])
    assert it.bot.received[-1]["value"]["data"] == {"catalog": "General"}
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await box.press("Enter")
    await expect(box).to_have_value("Sales data")
    it.bot.always(*card_answer(card(text("Thank you"))))
    await rita.presses("Go")
    await rita.sees("Thank you")
    pressed = await asked(it, "adaptiveCard/action")
    assert pressed["value"]["action"]["data"] == {"catalog": "General", "package": "sales data"}


async def test_people_are_picked_and_dropped_with_the_keyboard(seats: People, it: Stage) -> None:
    marc, sam = it.person("manager"), it.person("approver")
    field = chooser("graph.microsoft.com/users", isMultiSelect=True, value=marc, label="Who")
    await it.bot.post(it.personal(), message(card(field, actions=[execute("Go", "go")])))
    rita = await seats.sits_down("requester", NARROW, scheme="dark", behind_the_scenes=False)
    await rita.sees("Marc Manager")  # the card had chosen him by his id
    box = rita.page.get_by_role("combobox", name="Who")
    for words in ("sam sec", "lena l"):
        await box.press_sequentially(words)
        await expect(rita.page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
        await box.press("ArrowDown")
        await box.press("Enter")
    await box.press("Backspace")
    assert not await rita.is_too_wide()
    it.bot.always(*card_answer(card(text("Thank you"))))
    await rita.presses("Go")
    await rita.sees("Thank you")
    assert it.bot.received[-1]["value"]["action"]["data"]["package"] == f"{marc},{sam}"


async def test_a_dialog_opens_submits_and_says_goodbye(seats: People, it: Stage) -> None:
    await it.bot.post(
        it.personal(), message(card(text("base"), actions=[submit("Ask", msteams={"type": "task/fetch"})]))
    )
    rita = await seats.sits_down("requester")
    why = {"type": "Input.Text", "id": "why", "label": "Why"}
    it.bot.in_turn(dialog(card(why, actions=[submit(step=1)])), (200, {"task": {}}), (200, None))
    await rita.presses("Ask")
    opened = rita.page.get_by_role("dialog", name="Step")
    await opened.get_by_label("Why").fill("Q3")
    await opened.get_by_role("button", name="Send").click()
    await expect(opened.get_by_role("alert")).to_contain_text("1008")
    await expect(opened.get_by_label("Why")).to_have_value("Q3")
    await opened.get_by_role("button", name="Send").click()
    await expect(opened).to_be_hidden()
    assert (await asked(it, "task/submit", 2))["value"]["data"] == {"step": 1, "why": "Q3"}
    it.bot.in_turn(
        dialog(card(text("again"), actions=[submit()])), (200, {"task": {"type": "message", "value": "Bye"}})
    )
    await rita.presses("Ask")
    await opened.get_by_role("button", name="Send").click()
    await expect(rita.page.get_by_role("dialog", name="Doorman")).to_contain_text("Bye")
    await rita.page.keyboard.press("Escape")
    await expect(rita.page.get_by_role("dialog")).to_have_count(0)


async def test_files_go_both_ways(seats: People, it: Stage) -> None:
    rita = await seats.sits_down("requester")
    file = {"name": "who.csv", "mimeType": "text/csv", "buffer": b"a;b\n"}
    await rita.page.get_by_label("File to attach").set_input_files(file)  # type: ignore[arg-type]  # a TypedDict
    sent = (await asked(it, "message"))["attachments"][0]
    assert sent["name"] == "who.csv"
    async with rita.page.expect_download() as download:
        await rita.presses("who.csv")
    assert (await (await download.value).path()).read_bytes() == b"a;b\n"
    content = {"description": "Who has what", "sizeInBytes": 5, "acceptContext": {"id": 1}}
    asking = {"contentType": FILE_CONSENT, "name": "result.csv", "content": content}
    posted = await it.bot.post(it.personal(), {"type": "message", "attachments": [asking]})
    await rita.sees("Who has what")
    it.bot.always(200)
    await rita.presses("Allow")
    upload = (await asked(it, "fileConsent/invoke"))["value"]["uploadInfo"]
    async with it.http.put(upload["uploadUrl"], data=b"hello", headers={"Content-Range": "bytes 0-4/5"}) as answer:
        assert answer.status == 201
    info = {"contentType": FILE_INFO, "name": "result.csv", "contentUrl": upload["contentUrl"]}
    info["content"] = {"uniqueId": upload["uniqueId"], "fileType": "csv"}
    await it.bot.call("PUT", f"/{it.personal()}/activities/{posted}", {"type": "message", "attachments": [info]})
    await expect(rita.page.get_by_role("button", name="Allow")).to_have_count(0)
    async with rita.page.expect_download() as download:
        await rita.presses("result.csv")
    assert (await (await download.value).path()).read_bytes() == b"hello"
    await it.bot.post(it.personal(), {"type": "message", "attachments": [asking]})
    await rita.presses("Decline")
    assert (await asked(it, "fileConsent/invoke", 2))["value"]["action"] == "decline"


async def test_a_card_is_searched_picked_and_sent(seats: People, it: Stage) -> None:
    rita = await seats.sits_down("requester")
    it.bot.always(*results(result("Sales data", version="1.5"), result("Sales portal")))
    await rita.presses("Search with Doorman")
    extension = rita.page.get_by_role("dialog", name="Search with Doorman")
    await extension.get_by_label("Search", exact=True).fill("sales")
    await asked(it, "composeExtension/query", 2)
    await extension.get_by_role("button", name="Sales data").click()
    draft = rita.page.get_by_role("group", name="Card to send")
    await expect(draft).to_contain_text("Sales data")
    await expect(draft).to_contain_text("promised to show up to 1.3")
    await rita.composer.fill("Look at this")
    await rita.composer.press("Enter")
    await expect(draft).to_be_hidden()
    await expect(rita.newest).to_contain_text("Sales data")
    assert (await asked(it, "message"))["attachments"][0]["contentType"] == ADAPTIVE_CARD


async def test_a_link_unfolds_and_can_be_taken_back(seats: People, it: Stage) -> None:
    rita = await seats.sits_down("requester")
    it.bot.always(*results(result("Sales data")))
    await rita.composer.fill(f"See {LINK}")
    draft = rita.page.get_by_role("group", name="Card to send")
    await expect(draft).to_contain_text("Sales data")
    await rita.presses("Remove the card")
    await expect(draft).to_be_hidden()
    await rita.composer.press("Enter")
    assert [each["contentType"] for each in (await asked(it, "message"))["attachments"]] == ["text/html"]


async def test_replies_stay_in_their_thread(seats: People, it: Stage) -> None:
    root = await it.bot.post(CHANNEL_ID, {"type": "message", "text": "Who takes this?"})
    rita = await seats.sits_down("requester")
    await rita.page.get_by_role("tab", name="General").click()
    await rita.presses("Reply to Doorman")
    await expect(rita.page.get_by_text("Replying to Doorman")).to_be_visible()
    await rita.says("I do")
    heard = await asked(it, "message")
    assert heard["conversation"]["id"] == f"{CHANNEL_ID};messageid={root}"
    await rita.presses("New conversation instead")
    await rita.says("Else")
    assert not (await asked(it, "message", 2))["conversation"]["id"].endswith(root)


async def test_suggestions_edits_deletes_and_what_only_one_sees(seats: People, it: Stage) -> None:
    rita = await seats.sits_down("requester")
    actions = [{"type": "imBack", "title": "Approvals", "value": "approvals"}]
    await it.bot.post(it.personal(), {"type": "message", "text": "Hi", "suggestedActions": {"actions": actions}})
    await rita.presses("Approvals")
    assert (await asked(it, "message"))["text"] == "approvals"
    await expect(rita.page.get_by_role("button", name="request sales data")).to_be_visible()
    posted = await it.bot.post(it.personal(), {"type": "message", "text": "first"})
    await it.bot.call("PUT", f"/{it.personal()}/activities/{posted}", {"type": "message", "text": "second"})
    await expect(rita.card("second")).to_contain_text("Edited")
    await it.bot.call("DELETE", f"/{it.personal()}/activities/{posted}")
    await rita.sees("This message has been deleted.")
    targeted = {"type": "message", "text": "psst", "recipient": {"id": it.teams_id()}}
    await it.bot.call("POST", f"/{CHANNEL_ID}/activities?isTargetedActivity=true", targeted)
    marc = await seats.sits_down("manager")
    for window in (rita, marc):
        await window.page.get_by_role("tab", name="General").click()
    await expect(rita.card("psst")).to_contain_text("Only you can see this")
    await it.bot.post(CHANNEL_ID, {"type": "message", "text": "for all"})
    await marc.sees("for all")
    await expect(marc.card("psst")).to_have_count(0)


async def test_the_phone_has_its_own_view_and_teams_can_be_made_awkward(seats: People, it: Stage) -> None:
    await it.bot.post(it.personal(), message(card(text("base"), actions=[execute("Go", "go")])))
    computer, phone = await seats.sits_down("requester"), await seats.sits_down("requester")
    await phone.page.get_by_label("Device", exact=True).select_option("on the phone")
    it.bot.always(*card_answer(card(text("on the phone now"))))
    await phone.sees("base")
    await phone.presses("Go")
    await phone.sees("on the phone now")
    await expect(computer.messages).to_contain_text(["base"])
    await computer.opens("How Teams behaves")
    await computer.page.get_by_label("Everything is delivered twice").check()
    await computer.page.get_by_label("Invokes slower than 5 s are repeated").check()
    await phone.opens("How Teams behaves")
    await expect(phone.page.get_by_label("Everything is delivered twice")).to_be_checked()
    await computer.says("twice")
    await asked(it, "message", 2)
    assert it.world.chats.behaviour.repeat_slow_invokes
