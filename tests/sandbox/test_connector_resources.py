"""The connector's smaller calls: teams, channels, attachments, reactions of the bot, meetings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from sandbox.connector.rest_resources import MEETING_ID
from sandbox.connector.state import CHANNEL_ID, GROUP_ID
from tests.sandbox.connector_support import Stage, stage

TEAM = f"/../teams/{quote(CHANNEL_ID, safe='')}"
MEETING = f"/../../v1/meetings/{quote(MEETING_ID, safe='')}"


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


async def test_the_team_and_its_channels(it: Stage) -> None:
    await it.teams.team_event(it.person("admin"), "channelCreated", "Reviews")
    status, team = await it.bot.call("GET", TEAM)
    assert (status, team["name"], team["channelCount"], team["type"]) == (200, "Everyone", 2, "standard")
    assert team["memberCount"] > 300
    _, listed = await it.bot.call("GET", f"{TEAM}/conversations")
    assert [each["name"] for each in listed["conversations"]] == [None, "Reviews"]
    assert (await it.bot.call("GET", "/../teams/19:other"))[0] == 404
    await it.teams.uninstall(it.person("admin"), "channel")
    status, refused = await it.bot.call("GET", TEAM)
    assert (status, refused["error"]["code"]) == (403, "BotNotInConversationRoster")


async def test_an_attachment_is_kept_and_read_in_its_views(it: Stage) -> None:
    sent = {"type": "image/png", "name": "a.png", "originalBase64": "aGVsbG8=", "thumbnailBase64": "aGk="}
    status, made = await it.bot.call("POST", f"/{it.personal()}/attachments", sent)
    assert status == 201
    _, told = await it.bot.call("GET", f"/../attachments/{made['id']}")
    assert told["views"] == [{"viewId": "original", "size": 5}, {"viewId": "thumbnail", "size": 2}]
    for wrong in ({}, {**sent, "originalBase64": "%"}, {**sent, "type": 1}):
        assert (await it.bot.call("POST", f"/{it.personal()}/attachments", wrong))[0] == 400
    assert (await it.bot.call("GET", "/../attachments/none"))[0] == 404
    assert (await it.bot.call("GET", f"/../attachments/{made['id']}/views/huge"))[0] == 404


async def test_the_bot_reacts_and_takes_it_back(it: Stage) -> None:
    said = (await it.teams.say(it.person(), "thank you")).message_id
    reaction = f"/{it.personal()}/activities/{said}/reactions"
    assert (await it.bot.call("PUT", f"{reaction}/like"))[0] == 200
    assert (await it.message(str(said)))["reactions"] == [{"type": "like", "people": ["Doorman"], "mine": False}]
    assert (await it.bot.call("DELETE", f"{reaction}/like"))[0] == 200
    assert (await it.message(str(said)))["reactions"] == []
    assert (await it.bot.call("PUT", f"{reaction}/shrug"))[0] == 400
    assert (await it.bot.call("PUT", f"/{it.personal()}/activities/1/reactions/like"))[0] == 404


async def test_who_sees_a_message(it: Stage) -> None:
    posted = await it.bot.post(GROUP_ID, {"type": "message", "text": "all"})
    _, everybody = await it.bot.call("GET", f"/{GROUP_ID}/activities/{posted}/members")
    targeted = {"type": "message", "text": "psst", "recipient": {"id": it.teams_id()}}
    _, made = await it.bot.call("POST", f"/{GROUP_ID}/activities?isTargetedActivity=true", targeted)
    _, one = await it.bot.call("GET", f"/{GROUP_ID}/activities/{made['id']}/members")
    assert len(everybody) > 1
    assert [each["name"] for each in one] == ["Rita Requester"]


async def test_the_meeting_and_who_is_in_it(it: Stage) -> None:
    _, meeting = await it.bot.call("GET", MEETING)
    assert meeting["conversation"]["id"] == GROUP_ID
    tenant = it.world.tenant.id
    _, somebody = await it.bot.call("GET", f"{MEETING}/participants/{it.person()}?tenantId={tenant}")
    assert somebody["user"]["name"] == "Rita Requester"
    assert somebody["meeting"]["inMeeting"] is True
    assert (await it.bot.call("GET", f"{MEETING}/participants/{it.person()}"))[0] == 400
    assert (await it.bot.call("GET", f"{MEETING}/participants/nobody?tenantId={tenant}"))[0] == 404
    assert (await it.bot.call("GET", "/../../v1/meetings/x"))[0] == 404
