"""What a bot receives when people write, press, install and leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from sandbox.connector.client import TeamsClient
from sandbox.connector.errors import PersonError
from sandbox.connector.state import CHANNEL_ID, GROUP_ID
from sandbox.connector.submitting import SENT
from sandbox.tenant.identity import BOT_APP_ID, BOT_TEAMS_ID, TEAMS_APP_ID, TENANT_ID
from tests.sandbox.connector_support import Json, Stage, card, message, stage, text


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


# Writing


async def test_a_message_in_the_personal_chat(it: Stage) -> None:
    rita = it.world.tenant.persona("requester")
    rita.preferred_language, rita.time_zone = "de-DE", "Europe/Berlin"
    outcome = await it.teams.say(rita.id, "help & <me>")
    assert (outcome.status, outcome.messages) == (201, [])
    [activity] = it.bot.received
    assert (activity["type"], activity["id"], activity["text"]) == ("message", outcome.message_id, "help & <me>")
    assert activity["conversation"] == {
        "id": it.personal(),
        "conversationType": "personal",
        "tenantId": TENANT_ID,
    }
    assert activity["from"] == {"id": it.teams_id(), "name": rita.display_name, "aadObjectId": rita.id}
    assert activity["recipient"]["id"] == BOT_TEAMS_ID
    assert activity["serviceUrl"] == f"{it.world.base_url}/connector/"
    assert (activity["channelId"], activity["locale"], activity["localTimezone"]) == (
        "msteams",
        "de-DE",
        "Europe/Berlin",
    )
    assert activity["attachments"] == [{"contentType": "text/html", "content": "<p>help &amp; &lt;me&gt;</p>"}]
    assert activity["channelData"]["tenant"] == {"id": TENANT_ID}
    assert activity["channelData"]["app"]["id"] == TEAMS_APP_ID
    assert activity["entities"][0]["timezone"] == "Europe/Berlin"


async def test_the_token_is_the_connectors_and_speaks_for_its_service_url(it: Stage) -> None:
    await it.teams.say(it.person(), "hi")
    token = it.bot.headers[0]["Authorization"].removeprefix("Bearer ")
    key = it.world.channel_keys.public_key(jwt.get_unverified_header(token)["kid"])
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=BOT_APP_ID, issuer="https://api.botframework.com")
    assert claims["serviceurl"] == it.bot.received[0]["serviceUrl"]
    assert it.bot.headers[0]["x-ms-conversation-id"] == it.personal()


async def test_in_a_channel_the_bot_is_mentioned_amid_blanks_in_a_thread(it: Stage) -> None:
    first = await it.teams.say(it.person(), "request a & b", "channel")
    again = await it.teams.say(it.person("manager"), "me too", "channel", thread=first.message_id)
    one, two = it.bot.received
    assert one["text"] == "<at>Doorman</at> request a &amp; b&nbsp;\n"
    assert one["conversation"]["id"] == f"{CHANNEL_ID};messageid={first.message_id}" == two["conversation"]["id"]
    assert (one["conversation"]["conversationType"], one["conversation"]["isGroup"]) == ("channel", True)
    mention = one["entities"][0]
    assert (mention["type"], mention["text"], mention["mentioned"]["id"]) == (
        "mention",
        "<at>Doorman</at>",
        BOT_TEAMS_ID,
    )
    assert one["channelData"]["channel"] == {"id": CHANNEL_ID}
    assert again.status == 201


async def test_in_a_group_the_bot_hears_only_mentions(it: Stage) -> None:
    heard = await it.teams.say(it.person(), "hi", "group")
    unheard = await it.teams.say(it.person(), "psst", "group", mention=False)
    assert (heard.status, unheard.status, len(it.bot.received)) == (201, None, 1)
    assert it.bot.received[0]["conversation"]["id"] == GROUP_ID
    assert it.bot.received[0]["conversation"]["conversationType"] == "groupChat"
    assert [each["text"] for each in it.teams.messages(it.person("manager"), "group")] == ["hi", "psst"]


async def test_what_the_bot_sends_during_a_call_comes_back_with_it(it: Stage) -> None:
    async def think(activity: Json) -> tuple[int, Any]:
        await it.bot.post(activity["conversation"]["id"], {"type": "message", "text": "hello"})
        return 201, None

    it.bot.think = think
    outcome = await it.teams.say(it.person(), "hi")
    assert [(each["text"], each["from"]["is_bot"]) for each in outcome.messages] == [("hello", True)]
    assert [each["text"] for each in it.teams.messages(it.person())] == ["hi", "hello"]
    assert it.teams.messages(it.person("manager")) == []


async def test_waiting_for_what_comes_later(it: Stage) -> None:
    told: list[asyncio.Task[str]] = []

    async def think(activity: Json) -> tuple[int, Any]:
        answer = message(card(text("Your *Sales\\_data* is ready")))
        told.append(asyncio.create_task(it.bot.post(activity["conversation"]["id"], answer)))
        return 201, None

    it.bot.think = think
    outcome = await it.teams.say(it.person(), "is sales_data ready?", wait_for="sales_data")
    assert [each["id"] for each in outcome.messages] == [await told[0]]
    assert await it.teams.wait_for(it.person("manager"), "sales", seconds=0.01) is None


async def test_a_bot_that_is_down_is_told_below_the_message(it: Stage) -> None:
    it.world.bot_url = "http://127.0.0.1:1"
    outcome = await it.teams.say(it.person(), "hi")
    assert (outcome.status, outcome.messages[0]["notes"]) == (0, ["Doorman could not be reached"])


async def test_a_bot_that_does_not_answer_in_time(it: Stage) -> None:
    release = asyncio.Event()

    async def think(_: Json) -> tuple[int, Any]:
        await release.wait()
        return 201, None

    it.bot.think = think
    hasty = TeamsClient(it.world, it.http, timeout_s=0.05)
    assert (await hasty.say(it.person(), "hi")).status == 504
    release.set()


async def test_a_duplicate_delivery_is_the_same_activity_twice(it: Stage) -> None:
    it.world.chats.behaviour.duplicate_delivery = True
    await it.teams.say(it.person(), "hi")
    one, two = it.bot.received
    assert one == two


async def test_who_cannot_write(it: Stage) -> None:
    it.teams.block(it.person())
    with pytest.raises(PersonError, match="blocked") as refusal:
        await it.teams.say(it.person(), "hi")
    assert refusal.value.status == 409
    await it.teams.uninstall(it.person("manager"))
    with pytest.raises(PersonError, match="not installed"):
        await it.teams.say(it.person("manager"), "hi")
    await it.teams.leave(it.person("lead"), "group")
    with pytest.raises(PersonError, match="not in the chat"):
        await it.teams.say(it.person("lead"), "hi", "group")
    with pytest.raises(PersonError, match="requester") as refusal:
        await it.teams.say("nobody", "hi")
    assert refusal.value.status == 404
    assert {each["type"] for each in it.bot.received} == {"installationUpdate", "conversationUpdate"}


# The app


async def test_an_install_is_two_events_in_either_order(it: Stage) -> None:
    await it.teams.install(it.person())
    it.world.chats.behaviour.installation_first = False
    await it.teams.install(it.person())
    kinds = [each["type"] for each in it.bot.received]
    assert kinds == ["installationUpdate", "conversationUpdate", "conversationUpdate", "installationUpdate"]
    assert it.bot.received[0]["action"] == "add"
    assert it.bot.received[1]["membersAdded"] == [{"id": BOT_TEAMS_ID}]
    assert it.bot.received[0]["from"]["aadObjectId"] == it.person()


async def test_uninstall_and_upgrade(it: Stage) -> None:
    await it.teams.uninstall(it.person())
    await it.teams.install(it.person())
    await it.teams.upgrade(it.person(), version="2.0.0")
    actions = [each["action"] for each in it.bot.received if each["type"] == "installationUpdate"]
    assert actions == ["remove", "add", "add-upgrade"]
    assert it.bot.received[-1]["channelData"]["app"]["version"] == "2.0.0"


async def test_the_app_in_the_channel_and_people_who_come_and_go(it: Stage) -> None:
    await it.teams.uninstall(it.person(), "channel")
    await it.teams.install(it.person(), "channel")
    await it.teams.leave(it.person("manager"))
    await it.teams.join(it.person("manager"))
    removed, gone, added, there, left, joined = it.bot.received
    assert (removed["action"], added["action"]) == ("remove", "add")
    assert (gone["membersRemoved"], there["membersAdded"]) == ([{"id": BOT_TEAMS_ID}],) * 2
    marc = [{"id": it.teams_id("manager"), "aadObjectId": it.person("manager")}]
    assert (left["membersRemoved"], joined["membersAdded"]) == (marc, marc)
    assert joined["channelData"]["eventType"] == "teamMemberAdded"
    assert joined["channelData"]["team"]["id"] == CHANNEL_ID


# Buttons other than Action.Execute


async def test_a_submit_is_a_message_with_a_value(it: Stage) -> None:
    form = card(
        {"type": "Input.Text", "id": "why", "label": "Why?"},
        actions=[{"type": "Action.Submit", "title": "Send", "data": {"k": 1}}],
    )
    posted = await it.bot.post(it.personal(), message(form))
    outcome = await it.teams.press(it.person(), "Send", inputs={"Why?": "because"})
    [activity] = it.bot.received
    assert (activity["type"], activity["value"], activity["replyToId"]) == (
        "message",
        {"k": 1, "why": "because"},
        posted,
    )
    assert "text" not in activity
    assert outcome.messages[0]["notes"] == [SENT]


async def test_a_submit_can_keep_teams_quiet_and_speak_for_the_person(it: Stage) -> None:
    def submit(title: str, data: Any, **more: Any) -> Json:
        return {"type": "Action.Submit", "title": title, "data": data, **more}

    back = {"type": "messageBack", "text": "cmd", "displayText": "I did", "value": {"v": 1}}
    actions = [
        submit("Quiet", {"q": 1}, msteams={"feedback": {"hide": True}}),
        submit("Say", {"msteams": {"type": "imBack", "value": "help"}}),
        submit("Back", {"msteams": back}),
        submit("Invoke", {"msteams": {"type": "invoke", "value": {"k": 1}}}),
        submit("Strange", {"msteams": {"type": "teleport"}}),
        submit("Login", {"msteams": {"type": "signin", "value": "https://bot.example/in"}}),
        submit("Text", "plain"),
    ]
    posted = await it.bot.post(it.personal(), message(card(actions=actions)))
    await it.teams.press(it.person(), "Quiet")
    assert (await it.message(posted))["notes"] == []
    await it.teams.press(it.person(), "Say")
    await it.teams.press(it.person(), "Back")
    assert [each["text"] for each in it.teams.messages(it.person())] == ["", "help", "I did"]
    _, said, sent = it.bot.received
    assert said["text"] == "help"
    assert "value" not in said
    assert (sent["text"], sent["value"], sent["replyToId"]) == ("cmd", {"v": 1}, posted)
    await it.teams.press(it.person(), "Invoke")
    invoke = it.bot.received[-1]
    assert (invoke["type"], invoke["value"], invoke["replyToId"]) == ("invoke", {"k": 1}, posted)
    assert "name" not in invoke
    with pytest.raises(PersonError, match="teleport"):
        await it.teams.press(it.person(), "Strange")
    assert (await it.teams.press(it.person(), "Login")).url == "https://bot.example/in"
    await it.teams.press(it.person(), "Text")
    assert it.bot.received[-1]["value"] == "plain"


async def test_links_and_what_happens_in_the_client_alone(it: Stage) -> None:
    actions: list[Json] = [
        {"type": "Action.OpenUrl", "title": "Open", "url": "https://myaccess.example/"},
        {"type": "Action.ToggleVisibility", "title": "More", "targetElements": []},
        {"type": "Action.ShowCard", "title": "Deny", "card": card()},
    ]
    await it.bot.post(it.personal(), message(card(actions=actions)))
    opened = await it.teams.press(it.person(), "Open")
    assert (opened.status, opened.url) == (None, "https://myaccess.example/")
    for title in ("More", "Deny"):
        assert (await it.teams.press(it.person(), title)).reason is not None
    assert it.bot.received == []


async def test_a_thread_must_exist(it: Stage) -> None:
    with pytest.raises(PersonError):
        await it.teams.say(it.person(), "hi", "channel", thread="123")
