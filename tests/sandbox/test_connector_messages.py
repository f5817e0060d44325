"""What people do to messages that are there, feedback, events of the team, refusals, and activities of any kind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import get_args

import pytest

from sandbox.connector.errors import PersonError
from sandbox.connector.state import CHANNEL_ID, RefusalCode
from tests.sandbox.connector_support import Json, Stage, card, message, oauth_message, stage, text
from tests.sandbox.test_connector_dialogs import dialog, submit
from tests.sandbox.test_control import ok, refused


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


async def test_reactions_reach_the_bot_that_wrote_the_message(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(text("base"))))
    about = {"person": "requester", "message": posted}
    await ok(it, "POST", "react", {**about, "reaction": "heart"})
    added = it.bot.received[-1]
    assert (added["type"], added["replyToId"]) == ("messageReaction", posted)
    assert added["reactionsAdded"] == [{"type": "heart"}]
    mine = {"type": "heart", "people": ["Rita Requester"], "mine": True}
    assert (await it.message(posted))["reactions"] == [mine]
    assert (await ok(it, "POST", "react", {**about, "reaction": "heart"}))["status"] is None
    await ok(it, "POST", "react", {**about, "reaction": "heart", "remove": True})
    assert it.bot.received[-1]["reactionsRemoved"] == [{"type": "heart"}]
    assert (await it.message(posted))["reactions"] == []
    assert (await refused(it, "POST", "react", {**about, "reaction": "shrug"}))[0] == 422
    own = (await it.teams.say(it.person(), "mine")).message_id
    before = len(it.bot.received)
    await ok(it, "POST", "react", {"person": "requester", "message": own})
    assert len(it.bot.received) == before


async def test_people_edit_delete_and_bring_back_what_they_wrote(it: Stage) -> None:
    said = (await it.teams.say(it.person(), "helo")).message_id
    about = {"person": "requester", "message": said}
    await ok(it, "POST", "edit", {**about, "text": "hello"})
    edited = it.bot.received[-1]
    assert (edited["type"], edited["id"], edited["text"]) == ("messageUpdate", said, "hello")
    assert edited["channelData"]["eventType"] == "editMessage"
    await ok(it, "POST", "delete", about)
    gone = it.bot.received[-1]
    assert (gone["type"], gone["id"], gone["channelData"]["eventType"]) == ("messageDelete", said, "softDeleteMessage")
    assert "text" not in gone
    assert (await it.message(str(said)))["deleted"]
    assert (await refused(it, "POST", "edit", {**about, "text": "no"}))[0] == 409
    assert (await refused(it, "POST", "delete", about))[0] == 409
    await ok(it, "POST", "undelete", about)
    back = it.bot.received[-1]
    assert (back["type"], back["channelData"]["eventType"]) == ("messageUpdate", "undeleteMessage")
    assert (await it.message(str(said)))["text"] == "hello"
    assert (await refused(it, "POST", "undelete", about))[0] == 409
    posted = await it.bot.post(it.personal(), message(card(text("base"))))
    assert (await refused(it, "POST", "edit", {**about, "message": posted, "text": "x"}))[0] == 409
    assert (await refused(it, "POST", "delete", {**about, "message": "1"}))[0] == 404


async def test_the_bot_is_told_what_was_read_where_it_may_know(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), {"type": "message", "text": "read me"})
    assert (await ok(it, "POST", "read", {"person": "requester"}))["status"] is None
    await ok(it, "POST", "teams", {"read_receipts": True})
    await ok(it, "POST", "read", {"person": "requester"})
    [event] = it.bot.received
    assert (event["type"], event["name"]) == ("event", "application/vnd.microsoft.readReceipt")
    assert event["value"] == {"lastReadMessageId": posted}
    assert (await ok(it, "POST", "read", {"person": "requester"}))["status"] is None


@pytest.mark.parametrize("asking", [{"feedbackLoopEnabled": True}, {"feedbackLoop": {"type": "default"}}])
async def test_a_thumb_is_told_with_what_was_written(it: Stage, asking: Json) -> None:
    posted = await it.bot.post(it.personal(), {"type": "message", "text": "good?", "channelData": asking})
    it.bot.always(200)
    given = {"person": "requester", "message": posted, "reaction": "dislike", "text": "slow"}
    outcome = await ok(it, "POST", "feedback", given)
    [invoke] = it.bot.invokes("message/submitAction")
    assert invoke["value"]["actionName"] == "feedback"
    assert invoke["value"]["actionValue"]["reaction"] == "dislike"
    assert json.loads(invoke["value"]["actionValue"]["feedback"]) == {"feedbackText": "slow"}
    assert outcome["messages"][0]["notes"] == ["Thanks for your feedback"]
    assert outcome["messages"][0]["given_feedback"] == "dislike"
    it.bot.always(200, {"unexpected": 1})
    assert (await ok(it, "POST", "feedback", given))["messages"][0]["notes"][-1] == "Something went wrong"


async def test_a_form_of_the_bots_own_behind_the_thumbs(it: Stage) -> None:
    loop = {"feedbackLoop": {"type": "custom"}}
    posted = await it.bot.post(it.personal(), {"type": "message", "text": "good?", "channelData": loop})
    plain = await it.bot.post(it.personal(), {"type": "message", "text": "no thumbs"})
    about = {"person": "requester", "reaction": "like"}
    assert (await refused(it, "POST", "feedback", {**about, "message": plain}))[0] == 409
    why = {"type": "Input.Text", "id": "why"}
    it.bot.in_turn(dialog(card(why, actions=[submit()])), (200, None))
    opened = await ok(it, "POST", "feedback", {**about, "message": posted})
    [asked] = it.bot.invokes("message/fetchTask")
    assert asked["value"]["data"] == {"actionName": "feedback", "actionValue": {"reaction": "like"}}
    assert opened["dialog"]["title"] == "Step"
    await ok(it, "POST", "dialog", {"person": "requester", "button": "Send", "inputs": {"why": "neat"}})
    [sent] = it.bot.invokes("message/submitAction")
    assert sent["value"]["actionValue"]["reaction"] == "like"
    assert json.loads(sent["value"]["actionValue"]["feedback"]) == {"why": "neat"}


async def test_the_team_and_its_channels_change(it: Stage) -> None:
    await ok(it, "POST", "team-event", {"event": "channelCreated", "name": "Reviews"})
    made = it.bot.received[-1]
    assert (made["type"], made["channelData"]["eventType"]) == ("conversationUpdate", "channelCreated")
    assert made["channelData"]["channel"]["name"] == "Reviews"
    await ok(it, "POST", "team-event", {"event": "channelRenamed", "name": "Reviews -> Access reviews"})
    assert it.bot.received[-1]["channelData"]["channel"] == {**made["channelData"]["channel"], "name": "Access reviews"}
    await ok(it, "POST", "team-event", {"event": "teamRenamed", "name": "All of us"})
    assert it.bot.received[-1]["channelData"]["team"]["name"] == "All of us"
    await ok(it, "POST", "team-event", {"event": "channelDeleted", "name": "Access reviews"})
    assert it.world.chats.team.channels == {}
    assert (await refused(it, "POST", "team-event", {"event": "channelDeleted", "name": "x"}))[0] == 404
    assert (await refused(it, "POST", "team-event", {"event": "channelCreated"}))[0] == 422
    await ok(it, "POST", "team-event", {"event": "teamArchived"})
    assert it.world.chats.team.is_archived


@pytest.mark.parametrize("code", get_args(RefusalCode))
async def test_every_refusal_in_its_own_envelope(it: Stage, code: str) -> None:
    await ok(it, "POST", "refuse", {"person": "requester", "code": code})
    status, body = await it.bot.call("POST", f"/{it.personal()}/activities", {"type": "message", "text": "x"})
    assert status == (412 if code == "PreconditionFailed" else 403)
    if code == "MessageWritesBlocked":
        assert json.loads(body["message"])["subCode"] == code
    else:
        assert body["error"]["code"] == code
    assert (await it.bot.call("POST", f"/{CHANNEL_ID}/activities", {"type": "message", "text": "x"}))[0] == 201
    assert (await it.teams.say(it.person(), "I can still write")).status == 201
    await ok(it, "POST", "refuse", {"person": "requester", "code": None})
    assert (await it.bot.call("POST", f"/{it.personal()}/activities", {"type": "message", "text": "x"}))[0] == 201
    await ok(it, "POST", "refuse", {"code": code})
    assert (await it.bot.call("POST", f"/{CHANNEL_ID}/activities", {"type": "message", "text": "x"}))[0] in (403, 412)


async def test_an_activity_of_any_kind(it: Stage) -> None:
    stranger = {"text": "hi", "channelData": {"tenant": {"id": "other"}}, "from": {"aadObjectId": None}}
    await ok(it, "POST", "activity", {"person": "requester", "activity": stranger})
    sent = it.bot.received[-1]
    assert (sent["type"], sent["text"], sent["channelData"]["tenant"]) == ("message", "hi", {"id": "other"})
    assert "aadObjectId" not in sent["from"]
    assert sent["from"]["name"] == "Rita Requester"
    it.bot.always(501)
    event = {"type": "invoke", "name": "tab/fetch", "value": {}}
    assert (await ok(it, "POST", "activity", {"person": "requester", "activity": event}))["status"] == 501


async def test_a_targeted_message_of_a_person_is_for_the_bot_alone(it: Stage) -> None:
    await ok(it, "POST", "say", {"person": "requester", "text": "psst", "chat": "channel", "targeted": True})
    heard = it.bot.received[-1]
    assert {"type": "targetedMessageInfo", "messageId": heard["id"]} in heard["entities"]
    assert [each["only_you"] for each in it.teams.messages(it.person(), "channel")] == [True]
    assert it.teams.messages(it.person("manager"), "channel") == []
    with pytest.raises(PersonError, match="no reactions"):
        await it.teams.changes.react(it.person(), heard["id"], "like")


async def test_a_pasted_picture_is_fetched_with_the_bots_token(it: Stage) -> None:
    upload = {"person": "requester", "name": "shot.png", "content": "aGk=", "picture": "image/png", "text": "see"}
    await ok(it, "POST", "upload", upload)
    [picture, twin] = it.bot.received[-1]["attachments"]
    assert (picture["contentType"], twin["contentType"]) == ("image/png", "text/html")
    async with it.http.get(picture["contentUrl"]) as answer:
        assert answer.status == 401
    status, _, headers = await it.bot.call_fully("GET", "/../attachments/" + picture["contentUrl"].split("/")[-3])
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")


async def test_clients_report_why_there_is_no_token(it: Stage) -> None:
    await ok(it, "POST", "teams", {"sso_failure": "invokeerror"})
    await it.bot.post(it.personal(), oauth_message())
    await it.teams.settle()
    [failure] = it.bot.invokes("signin/failure")
    assert failure["value"]["code"] == "invokeerror"
    assert it.bot.invokes("signin/tokenExchange") == []
    await ok(it, "POST", "teams", {"sso_failure": None})
    await it.bot.post(it.personal(), oauth_message())
    await it.teams.settle()
    assert it.bot.invokes("signin/tokenExchange")


async def test_problems_of_a_card_stand_beside_it(it: Stage) -> None:
    await it.bot.post(it.personal(), message(card({"type": "TextBlock", "text": "x", "colour": "good"})))
    [shown] = it.teams.messages(it.person())
    assert shown["warnings"] == ["card.body[0]: a TextBlock has no 'colour'"]
