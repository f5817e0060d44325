"""Action commands of the message extension, previews, settings, and `Action.Execute` in dialogs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.connector.state import ADAPTIVE_CARD, Chat
from tests.sandbox.connector_support import (
    Answer,
    Json,
    Stage,
    card,
    card_answer,
    execute,
    message,
    stage,
    text,
    text_answer,
)
from tests.sandbox.test_connector_dialogs import dialog, submit
from tests.sandbox.test_connector_extension import result, results
from tests.sandbox.test_control import ok, refused

MANIFEST: Json = {
    "bots": [{"configuration": {"groupChat": {"fetchTask": True}}}],
    "composeExtensions": [
        {
            "canUpdateConfiguration": True,
            "commands": [
                {
                    "id": "share",
                    "title": "Share",
                    "type": "action",
                    "fetchTask": True,
                    "context": ["compose", "message"],
                },
                {
                    "id": "note",
                    "title": "Note",
                    "type": "action",
                    "parameters": [
                        {"name": "what", "title": "What"},
                        {"name": "when", "title": "When", "inputType": "date"},
                    ],
                },
            ],
        }
    ],
}


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        _, answer = await ready.control("POST", "manifest", {"manifest": MANIFEST})
        assert [each["id"] for each in answer["actions"]] == ["share", "note"]
        yield ready


def bot_message(title: str) -> Answer:
    preview = {"attachments": [{"contentType": ADAPTIVE_CARD, "content": card(text(title))}]}
    return 200, {"composeExtension": {"type": "botMessagePreview", "activityPreview": preview}}


async def test_a_command_fetches_a_dialog_and_its_answer_stands_in_the_compose_box(it: Stage) -> None:
    it.bot.in_turn(dialog(card(actions=[submit(step=1)])), results(result("Shared")))
    about = {"person": "requester", "command": "share"}
    opened = await ok(it, "POST", "extension/command", about)
    [fetched] = it.bot.invokes("composeExtension/fetchTask")
    assert fetched["value"] == {"commandId": "share", "commandContext": "compose", "context": {"theme": "default"}}
    assert opened["dialog"]["title"] == "Step"
    sent = await ok(it, "POST", "dialog", {"person": "requester", "button": "Send"})
    [submitted] = it.bot.invokes("composeExtension/submitAction")
    assert submitted["value"]["data"] == {"step": 1}
    assert submitted["value"]["commandId"] == "share"
    assert (sent["dialog"], sent["composed"]["draft"]["contentType"]) == (None, ADAPTIVE_CARD)
    await ok(it, "POST", "say", {"person": "requester", "text": "", "draft": True})
    assert (await refused(it, "POST", "extension/command", {**about, "context": "commandbox"}))[0] == 409
    assert (await refused(it, "POST", "extension/command", {**about, "command": "x"}))[0] == 404


async def test_a_command_of_a_message_brings_the_message_along(it: Stage) -> None:
    said = (await it.teams.say(it.person(), "look <here>")).message_id
    it.bot.in_turn(dialog(card(actions=[submit()])), (200, {"task": {"type": "message", "value": "Kept"}}))
    await ok(it, "POST", "extension/command", {"person": "requester", "command": "Share", "message": said})
    value = it.bot.invokes("composeExtension/fetchTask")[0]["value"]
    assert value["commandContext"] == "message"
    assert value["messagePayload"]["body"] == {"contentType": "html", "content": "<p>look &lt;here&gt;</p>"}
    assert value["messagePayload"]["from"]["user"]["displayName"] == "Rita Requester"
    done = await ok(it, "POST", "dialog", {"person": "requester", "button": "Send"})
    assert done["told"] == "Kept"
    assert it.bot.invokes("composeExtension/submitAction")[0]["value"]["messagePayload"]["id"] == said


async def test_parameters_of_the_manifest_are_asked_for_without_the_bot(it: Stage) -> None:
    opened = await ok(it, "POST", "extension/command", {"person": "requester", "command": "note"})
    assert opened["status"] is None
    assert [each["type"] for each in opened["dialog"]["card"]["body"]] == ["Input.Text", "Input.Date"]
    it.bot.always(200)
    typed = {"what": "Sales", "when": "2026-11-02"}
    await ok(it, "POST", "dialog", {"person": "requester", "button": "Send", "inputs": typed})
    assert it.bot.received[-1]["value"]["data"] == typed


async def test_the_bots_own_message_is_previewed_edited_and_sent(it: Stage) -> None:
    it.bot.in_turn(bot_message("Draft"), dialog(card(actions=[submit()])), bot_message("Better"), (200, None))
    shown = await ok(it, "POST", "extension/command", {"person": "requester", "command": "share"})
    assert shown["composed"]["kind"] == "botMessagePreview"
    again = await ok(it, "POST", "extension/preview", {"person": "requester", "action": "edit"})
    edit = it.bot.received[-1]["value"]
    assert edit["botMessagePreviewAction"] == "edit"
    assert edit["botActivityPreview"][0]["attachments"][0]["content"]["body"] == [text("Draft")]
    assert again["dialog"]["title"] == "Step"
    assert (await ok(it, "POST", "dialog", {"person": "requester", "button": "Send"}))["composed"]["preview"]
    await ok(it, "POST", "extension/preview", {"person": "requester", "action": "send"})
    assert it.bot.received[-1]["value"]["botMessagePreviewAction"] == "send"
    assert (await refused(it, "POST", "extension/preview", {"person": "requester", "action": "send"}))[0] == 409


async def test_a_just_in_time_card_installs_the_app_first(it: Stage) -> None:
    await it.teams.uninstall(it.person(), "group")
    install = submit("Install", msteams={"justInTimeInstall": True})
    it.bot.in_turn(dialog(card(actions=[install])), (201, None), (201, None), dialog(card(text("in"))))
    await ok(it, "POST", "extension/command", {"person": "requester", "command": "share", "chat": "group"})
    await ok(it, "POST", "dialog", {"person": "requester", "button": "Install"})
    assert Chat.GROUP in it.world.chats.bot_is_in
    [sent] = it.bot.invokes("composeExtension/submitAction")
    assert sent["value"]["data"] == {"msteams": {"justInTimeInstall": True}}


async def test_settings_of_the_extension_and_of_the_bot(it: Stage) -> None:
    actions = [{"type": "openUrl", "value": "https://bot.example/settings", "title": "Settings"}]
    it.bot.always(200, {"composeExtension": {"type": "config", "suggestedActions": {"actions": actions}}})
    page = await ok(it, "POST", "extension/settings", {"person": "requester"})
    assert (page["kind"], page["url"]) == ("config", "https://bot.example/settings")
    it.bot.always(200)
    assert (await ok(it, "POST", "extension/settings", {"person": "requester", "state": "dark"}))["text"] is None
    assert it.bot.invokes("composeExtension/setting")[0]["value"] == {"state": "dark"}
    _, body = dialog(card(actions=[submit(k=1)]))
    it.bot.in_turn((200, {"responseType": "config", "config": body["task"]}), (200, None))
    configured = await ok(it, "POST", "configure", {"person": "requester", "chat": "channel"})
    assert configured["dialog"]["title"] == "Step"
    await ok(it, "POST", "dialog", {"person": "requester", "button": "Send"})
    assert it.bot.invokes("config/submit")[0]["value"]["data"] == {"k": 1}
    assert (await refused(it, "POST", "configure", {"person": "requester"}))[0] == 409


async def test_a_plain_invoke_on_a_card_that_a_person_sent(it: Stage) -> None:
    press = submit("Go", msteams={"type": "invoke", "value": {"k": 1}})
    found = result("One")
    found["content"]["actions"] = [press]
    it.bot.always(*results(found))
    await it.control("POST", "manifest", {"manifest": {"composeExtensions": [{"commands": [
        {"id": "s", "title": "S", "parameters": [{"name": "q"}]}]}]}})  # fmt: skip
    await it.teams.extension.query(it.person(), "x")
    await it.teams.extension.pick(it.person(), 0)
    await it.teams.say(it.person(), "see", draft=True)
    await it.teams.press(it.person(), "Go")
    assert it.bot.invokes("composeExtension/onCardButtonClicked")[0]["value"] == {"k": 1}


async def test_universal_actions_in_dialogs_do_what_was_chosen(it: Stage) -> None:
    await it.bot.post(it.personal(), message(card(actions=[submit("Ask", msteams={"type": "task/fetch"})])))
    shown = card(
        {"type": "Input.Text", "id": "why"},
        actions=[execute("Go", "go", k=1), submit("Odd", msteams={"type": "imBack"})],
    )
    it.bot.always(*dialog(shown))
    await it.teams.press(it.person(), "Ask")
    pressed = {"person": "requester", "button": "Go", "inputs": {"why": "q"}}
    assert (await refused(it, "POST", "dialog", pressed))[0] == 409
    assert (await refused(it, "POST", "dialog", {**pressed, "button": "Odd"}))[0] == 409
    await ok(it, "POST", "teams", {"execute_in_dialogs": "submitted"})
    await ok(it, "POST", "dialog", pressed)
    assert it.bot.invokes("task/submit")[0]["value"]["data"] == {"k": 1, "why": "q"}
    await ok(it, "POST", "teams", {"execute_in_dialogs": "executed"})
    it.bot.in_turn(text_answer("Not yet"), card_answer(card(text("Done"))))
    assert (await ok(it, "POST", "dialog", pressed))["told"] == "Not yet"
    after = await ok(it, "POST", "dialog", pressed)
    assert after["dialog"]["card"]["body"] == [text("Done")]
    sent = it.bot.invokes()[0]["value"]
    assert (sent["trigger"], sent["action"]["verb"], sent["action"]["data"]) == ("manual", "go", {"k": 1, "why": "q"})
