"""What people do to messages, the app's commands and its life, and every switch of the sandbox, by hand in the page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from sandbox.connector.state import CHANNEL_ID, Chat
from tests.browser.test_client_features import asked
from tests.browser.window import NARROW, People, Window
from tests.sandbox.connector_support import (
    Stage,
    card,
    card_answer,
    execute,
    message,
    oauth_message,
    refresh,
    stage,
    text,
)
from tests.sandbox.test_connector_commands import MANIFEST, bot_message
from tests.sandbox.test_connector_dialogs import dialog, submit
from tests.sandbox.test_connector_extension import result, results

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


async def does(window: Window, about: str, what: str) -> None:
    """Choose an entry of the menu of the message with this text."""
    found = window.card(about).last
    await found.hover()
    await found.get_by_role("button", name="More").click()
    await found.get_by_role("group", name="Message actions").get_by_role("button", name=what, exact=True).click()


async def test_messages_are_reacted_to_edited_deleted_and_judged(seats: People, it: Stage) -> None:
    loop = {"feedbackLoop": {"type": "default"}}
    await it.bot.post(it.personal(), {"type": "message", "text": "Done for you", "channelData": loop})
    rita = await seats.sits_down("requester")
    await does(rita, "Done for you", "heart")
    assert (await asked(it, "messageReaction"))["reactionsAdded"] == [{"type": "heart"}]
    await rita.presses("heart: Rita Requester")
    assert (await asked(it, "messageReaction", 2))["reactionsRemoved"] == [{"type": "heart"}]
    it.bot.always(200)
    await rita.presses("Bad answer")
    await rita.types("What did you like or dislike?", "Too slow")
    await rita.presses("Submit")
    await rita.sees("Thanks for your feedback")
    await rita.says("helo")
    await rita.sees("helo")
    await does(rita, "helo", "Edit")
    await rita.types("Edit your message", "hello")
    await rita.presses("Save")
    await expect(rita.card("hello")).to_contain_text("Edited")
    await does(rita, "hello", "Delete")
    await rita.sees("This message has been deleted.")
    await rita.presses("Undo")
    await rita.sees("hello")
    heard = [each["channelData"]["eventType"] for each in it.bot.received if "eventType" in each["channelData"]]
    assert heard == ["editMessage", "softDeleteMessage", "undeleteMessage"]


async def test_a_card_is_shown_as_it_was_sent_with_what_is_wrong_and_refreshes_by_hand(
    seats: People, it: Stage
) -> None:
    wrong = {"type": "TextBlock", "text": "base", "colour": "good"}
    await it.bot.post(it.personal(), message(card(wrong, refresh=refresh("look", it.teams_id("manager")))))
    rita = await seats.sits_down("requester")
    await rita.sees("a TextBlock has no 'colour'")
    await does(rita, "base", "Show as it was sent")
    shown = rita.page.get_by_role("dialog", name="As it was sent")
    await expect(shown).to_contain_text('"colour": "good"')
    await rita.page.keyboard.press("Escape")
    it.bot.always(*card_answer(card(text("only for Rita"))))
    await does(rita, "base", "Refresh card")
    await rita.sees("only for Rita")
    assert it.bot.invokes()[0]["value"]["trigger"] == "manual"


async def test_commands_of_the_extension_from_the_compose_box_and_a_message(seats: People, it: Stage) -> None:
    rita = await seats.sits_down("requester", NARROW, scheme="dark", behind_the_scenes=True)
    await rita.opens("The app and its people")
    manifest = {"name": "manifest.json", "mimeType": "application/json", "buffer": json.dumps(MANIFEST).encode()}
    await rita.page.get_by_label("Manifest of the app").set_input_files(manifest)  # type: ignore[arg-type]  # a TypedDict
    await expect(rita.page.get_by_text("Share, Note")).to_be_visible()
    assert not await rita.is_too_wide()
    it.bot.in_turn(bot_message("Draft of the bot"), dialog(card(text("again"), actions=[submit()])), bot_message("New"))
    await rita.presses("Search with Doorman")
    await rita.presses("Share")
    draft = rita.page.get_by_role("group", name="Card to send")
    await expect(draft).to_contain_text("Draft of the bot")
    await draft.get_by_role("button", name="Edit").click()
    await rita.page.get_by_role("dialog", name="Step").get_by_role("button", name="Send").click()
    await expect(draft).to_contain_text("New")
    it.bot.always(200)
    await draft.get_by_role("button", name="Send as Doorman").click()
    await expect(draft).to_be_hidden()
    assert it.bot.received[-1]["value"]["botMessagePreviewAction"] == "send"
    await rita.says("keep this")
    await rita.sees("keep this")
    it.bot.always(*results(result("Kept card")))
    await does(rita, "keep this", "Share")
    await expect(draft).to_contain_text("Kept card")
    assert it.bot.received[-1]["value"]["messagePayload"]["body"]["content"] == "<p>keep this</p>"


async def test_the_life_of_the_app(seats: People, it: Stage) -> None:
    rita = await seats.sits_down("requester")
    await rita.opens("The app and its people")
    state = rita.page.locator("#app-state")
    for press, said, event in (
        ("Remove", "has not installed", "installationUpdate"),
        ("Install", "has Doorman installed", "conversationUpdate"),
        ("Block", "has blocked", ""),
        ("Unblock", "has Doorman installed", ""),
    ):
        await rita.presses(press)
        await expect(state).to_contain_text(said)
        assert not event or it.bot.received[-1]["type"] == event
    await rita.presses("Upgrade")
    assert (await asked(it, "installationUpdate", 3))["action"] == "add-upgrade"
    await rita.page.get_by_label("What Doorman writes to this person is").select_option("BotDisabledByAdmin")
    await expect(rita.page.get_by_text("the bot hears of it when it writes next")).to_be_visible()
    _, refused = await it.bot.call("POST", f"/{it.personal()}/activities", {"type": "message", "text": "x"})
    assert refused["error"]["code"] == "BotDisabledByAdmin"
    await rita.page.get_by_label("Where").select_option("in General")
    await rita.presses("Leave")
    await expect(rita.page.get_by_text("Rita Requester has left.")).to_be_visible()
    assert it.world.chats.is_absent(Chat.CHANNEL, it.person())
    await rita.presses("Come in")
    await expect(rita.page.get_by_text("Rita Requester is in.")).to_be_visible()
    await rita.page.get_by_label("Name", exact=True).last.fill("Reviews")
    await rita.presses("Do it")
    await expect(rita.page.get_by_text("Doorman was told.")).to_be_visible()
    assert it.bot.received[-1]["channelData"]["eventType"] == "channelCreated"
    _, body = dialog(card(text("settings"), actions=[submit()]))
    it.bot.in_turn((200, {"config": body["task"]}), (200, None))
    await rita.presses("Bot settings")
    await rita.page.get_by_role("dialog", name="Step").get_by_role("button", name="Send").click()
    assert await asked(it, "config/submit")


async def test_faults_states_and_everything_else(seats: People, it: Stage) -> None:
    rita = await seats.sits_down("requester")
    await rita.opens("Let things go wrong")
    await rita.opens("A fault of your own")
    rule = rita.page.locator("#rule")
    await rule.get_by_label("Service").select_option("Teams")
    await rule.get_by_label("Status").fill("412")
    await rule.get_by_label("Skip the first").fill("1")
    await rule.get_by_label("Then so often").fill("1")
    await rita.presses("Switch on")
    await expect(rita.page.get_by_role("list", name="Faults in force")).to_contain_text("connector answers 412")
    sent = [await it.bot.call("POST", f"/{CHANNEL_ID}/activities", {"type": "message", "text": "x"}) for _ in range(3)]
    assert [status for status, _ in sent] == [201, 412, 201]
    await rita.opens("Start again")
    await rita.presses("Keep this state")
    await it.bot.post(it.personal(), {"type": "message", "text": "after that"})
    await rita.sees("after that")
    await rita.presses("Back to the kept state")
    await expect(rita.card("after that")).to_have_count(0)
    await rita.opens("How Teams behaves")
    await rita.page.get_by_label("Universal actions in dialogs").select_option("run as in a chat")
    await rita.opens("Everything else")
    await rita.page.get_by_label("Operation", exact=True).select_option("POST /control/activity")
    given = {"person": "requester", "activity": {"type": "event", "name": "odd"}}
    await rita.page.get_by_label("Fields, as JSON").fill(json.dumps(given))
    await rita.page.locator("#operation-send").click()
    await expect(rita.page.get_by_label("Answer", exact=True)).to_contain_text('"status": 201')
    assert it.bot.received[-1]["name"] == "odd"
    assert it.world.chats.behaviour.execute_in_dialogs == "executed"


async def test_a_universal_action_in_a_dialog_and_a_pasted_picture(seats: People, it: Stage) -> None:
    it.world.chats.behaviour.execute_in_dialogs = "executed"
    await it.bot.post(it.personal(), message(card(actions=[submit("Ask", msteams={"type": "task/fetch"})])))
    rita = await seats.sits_down("requester")
    it.bot.in_turn(dialog(card(text("one"), actions=[execute("Go", "go")])), card_answer(card(text("two"))))
    await rita.presses("Ask")
    opened = rita.page.get_by_role("dialog", name="Step")
    await opened.get_by_role("button", name="Go").click()
    await expect(opened).to_contain_text("two")
    await rita.page.keyboard.press("Escape")
    paste = """field => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array([1, 2])], "shot.png", {type: "image/png"}));
      field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }"""
    await rita.composer.evaluate(paste)
    await rita.sees("shot.png")
    assert (await asked(it, "message"))["attachments"][0]["contentType"] == "image/png"


async def test_teams_is_made_awkward_in_every_way(seats: People, it: Stage) -> None:
    rita, marc = await seats.sits_down("requester"), await seats.sits_down("manager")
    switches = (
        "Everything is delivered twice",
        "Invokes slower than 5 s are repeated",
        "Everybody has two devices signed in",
        "Doorman is held to Teams' rates",
        "Doorman may know what was read",
    )
    for window in (rita, marc):
        await window.opens("How Teams behaves")
    for switch in switches:
        await rita.page.get_by_label(switch).check()
    await rita.page.get_by_label("In place of a token, clients report").select_option("invokeerror")
    for switch in switches:
        await expect(marc.page.get_by_label(switch)).to_be_checked()
    await expect(marc.page.get_by_label("In place of a token, clients report")).to_have_value("invokeerror")
    teams = it.world.chats.behaviour
    assert (teams.duplicate_delivery, teams.repeat_slow_invokes, teams.devices) == (True, True, 2)
    assert (teams.throttling, teams.read_receipts) == (True, True)
    await it.bot.post(it.personal(), oauth_message())
    assert (await asked(it, "signin/failure"))["value"]["code"] == "invokeerror"
    await rita.page.get_by_label("In place of a token, clients report").select_option("nothing: they give it")
    await expect(marc.page.get_by_label("In place of a token, clients report")).to_have_value("")
    await it.bot.post(it.personal(), oauth_message())
    assert await asked(it, "signin/tokenExchange", 2)
