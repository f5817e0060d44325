"""What the Bot Connector takes from a bot, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from sandbox.connector.state import CHANNEL_ID, GROUP_ID, TARGETED_LIFETIME, Chat
from sandbox.connector.throttle import Operation, Throttle
from sandbox.entra.scopes import CONNECTOR_URL
from sandbox.entra.tokens import issue_app_token
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID, WRITER_APP_ID, teams_id
from tests.sandbox.connector_support import Json, Stage, card, execute, message, stage, text

HELLO = {"type": "message", "text": "hello"}


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


def path(conversation_id: str, *rest: str) -> str:
    return "/" + "/".join([quote(conversation_id, safe=""), *rest])


def one_to_one(member_id: str, **more: object) -> Json:
    return {"isGroup": False, "members": [{"id": member_id}], "tenantId": TENANT_ID, **more}


# Tokens


async def test_only_the_bot_itself_may_call(it: Stage) -> None:
    url = path(it.personal(), "activities")
    assert (await it.bot.call("POST", url, HELLO, token="garbage"))[0] == 401
    graph = issue_app_token(it.world, BOT_APP_ID, "https://graph.microsoft.com", lifetime_s=3600)
    assert (await it.bot.call("POST", url, HELLO, token=graph))[0] == 401
    writer = issue_app_token(it.world, WRITER_APP_ID, CONNECTOR_URL, lifetime_s=3600)
    status, answer = await it.bot.call("POST", url, HELLO, token=writer)
    assert (status, answer["error"]["code"]) == (401, "BotNotRegistered")
    assert it.teams.messages(it.person()) == []


# Conversations


async def test_the_same_person_has_the_same_chat_by_either_id(it: Stage) -> None:
    by_object_id = await it.bot.call("POST", "", one_to_one(it.person()))
    by_teams_id = await it.bot.call("POST", "", one_to_one(it.teams_id()))
    assert by_object_id[0] == 201
    assert by_object_id == by_teams_id
    assert by_object_id[1]["id"] == it.personal()
    assert (await it.bot.call("POST", "", one_to_one(it.person("manager"))))[1]["id"] != it.personal()


@pytest.mark.parametrize("key", ["tenantId", "tenantID"])
async def test_the_tenant_is_read_in_both_spellings(it: Stage, key: str) -> None:
    body = {"members": [{"id": it.person()}], key: TENANT_ID}
    assert (await it.bot.call("POST", "", body))[0] == 201
    assert (await it.bot.call("POST", "", {**body, key: "another"}))[0] == 400


async def test_a_tenant_is_needed(it: Stage) -> None:
    members = [{"id": it.person()}]
    assert (await it.bot.call("POST", "", {"members": members}))[0] == 400
    in_channel_data = {"members": members, "channelData": {"tenant": {"id": TENANT_ID}}}
    assert (await it.bot.call("POST", "", in_channel_data))[0] == 201


async def test_people_are_not_found_by_mail_or_several_at_once(it: Stage) -> None:
    mail = it.world.tenant.persona("requester").user_principal_name
    assert (await it.bot.call("POST", "", one_to_one(mail)))[0] == 400
    both = {"members": [{"id": it.person()}, {"id": it.person("manager")}], "tenantId": TENANT_ID}
    assert (await it.bot.call("POST", "", both))[0] == 400
    assert (await it.bot.call("POST", "", {**both, "isGroup": True}))[0] == 400


async def test_a_first_activity_is_posted_with_the_conversation(it: Stage) -> None:
    status, answer = await it.bot.call("POST", "", one_to_one(it.person(), activity=HELLO))
    assert status == 201
    assert (await it.message(answer["activityId"]))["text"] == "hello"


async def test_a_thread_in_the_channel(it: Stage) -> None:
    body = {"isGroup": True, "channelData": {"channel": {"id": CHANNEL_ID}}, "activity": HELLO}
    status, answer = await it.bot.call("POST", "", body)
    assert (status, answer["id"]) == (201, f"{CHANNEL_ID};messageid={answer['activityId']}")
    reply = await it.bot.post(answer["id"], {"type": "message", "text": "more"})
    assert [each["thread"] for each in it.teams.messages(it.person(), "channel")] == [answer["activityId"]] * 2
    assert int(reply) > int(answer["activityId"])
    assert (await it.bot.call("POST", path(f"{CHANNEL_ID};messageid=1", "activities"), HELLO))[0] == 404


# Messages


async def test_ids_grow_and_a_typing_has_none(it: Stage) -> None:
    first, second = [await it.bot.post(it.personal(), HELLO) for _ in range(2)]
    assert int(first) < int(second)
    assert await it.bot.call("POST", path(it.personal(), "activities"), {"type": "typing"}) == (201, {})
    assert len(it.teams.messages(it.person())) == 2


async def test_text_and_card_are_split_and_cannot_be_edited(it: Stage) -> None:
    both = message(card(text("a")), text="words")
    assert await it.bot.call("POST", path(it.personal(), "activities"), both) == (201, {})
    first, second = it.teams.messages(it.person())
    assert (first["text"], first["card"], second["text"]) == ("words", None, "")
    assert second["card"] == card(text("a"))


async def test_a_reply_is_a_message_too(it: Stage) -> None:
    said = (await it.teams.say(it.person(), "hi")).message_id
    status, answer = await it.bot.call("POST", path(it.personal(), "activities", str(said)), HELLO)
    assert status == 201
    assert (await it.message(answer["id"]))["reply_to"] == said


@pytest.mark.parametrize(
    ("activity", "status", "code"),
    [
        ({"type": "message"}, 400, "Bad Argument"),
        ({"type": "event", "name": "x"}, 400, "Bad Argument"),
        ({"type": "message", "text": 1}, 400, "BadSyntax"),
        ({"type": "message", "text": "a", "textFormat": "html"}, 400, "Bad Argument"),
        ({"type": "message", "attachments": ["{}"]}, 400, "BadSyntax"),
        ({"type": "message", "attachments": [{"content": {}}]}, 400, "MissingProperty"),
        (message(card('{"type": "TextBlock"}')), 400, "BadSyntax"),
        (message(card({"type": "Container", "items": ["text"]})), 400, "BadSyntax"),
        (message({"type": "AdaptiveCard", "body": []}), 400, "MissingProperty"),
        (message({"type": "Card", "version": "1.5"}), 400, "BadSyntax"),
        (message(card(text("x" * 60_000))), 413, "MessageSizeTooBig"),
        ([1], 400, "BadSyntax"),
    ],
)
async def test_what_is_refused(it: Stage, activity: object, status: int, code: str) -> None:
    got, answer = await it.bot.call("POST", path(it.personal(), "activities"), activity)
    assert (got, answer["error"]["code"]) == (status, code)
    assert it.teams.messages(it.person()) == []


async def test_a_large_card_is_taken_with_a_warning(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(text("x" * 29_000))))
    assert "28672" in (await it.message(posted))["warnings"][0]


async def test_an_edit_replaces_the_message_and_everybodys_own_view(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(text("old"), actions=[execute("Go", "go")])))
    kept = it.world.chats.find(posted)
    assert kept is not None
    it.teams.board.show(kept, it.person(), card(text("mine")))
    status, answer = await it.bot.call("PUT", path(it.personal(), "activities", posted), message(card(text("new"))))
    assert (status, answer) == (200, {"id": posted})
    told = await it.message(posted)
    assert (told["card"], told["shown"], told["edits"]) == (card(text("new")), card(text("new")), 1)
    assert told["edited_at"] is not None


async def test_only_own_messages_can_be_changed_and_only_while_they_exist(it: Stage) -> None:
    said = str((await it.teams.say(it.person(), "hi")).message_id)
    assert (await it.bot.call("PUT", path(it.personal(), "activities", said), HELLO))[0] == 403
    assert (await it.bot.call("DELETE", path(it.personal(), "activities", said)))[0] == 403
    posted = await it.bot.post(it.personal(), HELLO)
    assert (await it.bot.call("PUT", path(it.personal("manager"), "activities", posted), HELLO))[0] == 404
    assert await it.bot.call("DELETE", path(it.personal(), "activities", posted)) == (200, None)
    for method in ("PUT", "DELETE"):
        status, answer = await it.bot.call(method, path(it.personal(), "activities", posted), HELLO)
        assert (status, answer["error"]["code"]) == (404, "ActivityNotFoundInConversation")
    assert (await it.message(posted))["deleted"]


async def test_an_unknown_conversation(it: Stage) -> None:
    for strange in ("19:nobody@thread.v2", "a:1xyz", "a:1" + "é"):
        status, answer = await it.bot.call("POST", path(strange, "activities"), HELLO)
        assert (status, answer["error"]["code"]) == (404, "ConversationNotFound")


# Who cannot be written to


async def test_a_blocked_bot_is_refused_in_two_shapes(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), HELLO)
    url = path(it.personal(), "activities")
    it.teams.block(it.person())
    status, answer = await it.bot.call("POST", url, HELLO)
    assert (status, answer["error"]["code"]) == (403, "ConversationBlockedByUser")
    assert (await it.bot.call("POST", "", one_to_one(it.person())))[0] == 403
    it.teams.block(it.person(), "MessageWritesBlocked")
    status, answer = await it.bot.call("PUT", f"{url}/{posted}", HELLO)
    assert (status, answer["errorCode"]) == (403, 209)
    assert json.loads(answer["message"])["subCode"] == "MessageWritesBlocked"
    assert "error" not in answer
    it.teams.unblock(it.person())
    assert (await it.bot.call("POST", url, HELLO))[0] == 201


async def test_a_removed_app_cannot_write(it: Stage) -> None:
    await it.teams.uninstall(it.person())
    status, answer = await it.bot.call("POST", path(it.personal(), "activities"), HELLO)
    assert (status, answer["error"]["code"]) == (403, "BotNotInConversationRoster")
    status, answer = await it.bot.call("POST", "", one_to_one(it.person()))
    assert (status, answer["error"]["code"]) == (403, "ForbiddenOperationException")
    await it.teams.uninstall(it.person("admin"), "channel")
    assert (await it.bot.call("POST", path(CHANNEL_ID, "activities"), HELLO))[0] == 403


async def test_nobody_has_the_app_when_it_is_not_set_up_for_everybody(it: Stage) -> None:
    it.world.chats.behaviour.installed_by_default = False
    assert (await it.bot.call("POST", "", one_to_one(it.person())))[0] == 403
    await it.teams.install(it.person())
    assert (await it.bot.call("POST", "", one_to_one(it.person())))[0] == 201


# Members


async def test_members_by_either_id(it: Stage) -> None:
    user = it.world.tenant.persona("guest")
    for member_id in (user.id, teams_id(user.id)):
        status, answer = await it.bot.call("GET", path(GROUP_ID, "members", quote(member_id, safe="")))
        assert (status, answer["aadObjectId"], answer["userRole"]) == (200, user.id, "guest")
    status, answer = await it.bot.call("GET", path(it.personal(), "members", user.id))
    assert (status, answer["error"]["code"]) == (404, "MemberNotFoundInConversation")
    assert [each["aadObjectId"] for each in (await it.bot.call("GET", path(it.personal(), "members")))[1]] == [
        it.person()
    ]


async def test_members_page_by_page_name_everybody_once(it: Stage) -> None:
    found: list[str] = []
    query = "?pageSize=1"
    while True:
        _, page = await it.bot.call("GET", path(CHANNEL_ID, "pagedmembers") + query)
        assert len(page["members"]) <= 50
        found += [each["aadObjectId"] for each in page["members"]]
        if "continuationToken" not in page:
            break
        query = f"?pageSize=1&continuationToken={page['continuationToken']}"
    assert sorted(found) == sorted(it.world.tenant.users)
    assert (await it.bot.call("GET", path(CHANNEL_ID, "pagedmembers") + "?continuationToken=xx"))[0] == 400
    assert (await it.bot.call("GET", path(CHANNEL_ID, "pagedmembers") + "?pageSize=many"))[0] == 400


# Targeted messages


async def test_a_targeted_message_is_seen_by_one_person_for_a_day(it: Stage) -> None:
    it.world.clock.freeze()
    url = path(GROUP_ID, "activities")
    activity = {**HELLO, "recipient": {"id": it.teams_id()}}
    status, answer = await it.bot.call("POST", f"{url}?isTargetedActivity=true", activity)
    assert status == 201
    assert [each["only_you"] for each in it.teams.messages(it.person(), "group")] == [True]
    assert it.teams.messages(it.person("manager"), "group") == []
    its = f"{url}/{answer['id']}"
    assert (await it.bot.call("PUT", its, HELLO))[0] == 404
    assert (await it.bot.call("PUT", f"{its}?isTargetedActivity=true", activity))[0] == 400
    assert (await it.bot.call("PUT", f"{its}?isTargetedActivity=true", HELLO))[0] == 200
    it.world.clock.advance(TARGETED_LIFETIME)
    assert it.teams.messages(it.person(), "group") == []
    assert (await it.bot.call("DELETE", f"{its}?isTargetedActivity=true"))[0] == 404


async def test_a_targeted_message_needs_a_recipient_who_is_there(it: Stage) -> None:
    url = path(GROUP_ID, "activities") + "?isTargetedActivity=true"
    assert (await it.bot.call("POST", url, HELLO))[0] == 400
    it.world.chats.set_absent(Chat.GROUP, [it.person()], True)
    gone = {**HELLO, "recipient": {"id": it.teams_id()}}
    status, answer = await it.bot.call("POST", url, gone)
    assert (status, answer["error"]["code"]) == (404, "BotNotInConversationRoster")


# Rates


async def test_a_conversation_takes_seven_messages_a_second(it: Stage) -> None:
    it.world.chats.behaviour.throttling = True
    it.world.chats.throttle.now = lambda: 1000.0
    url = path(it.personal(), "activities")
    assert [(await it.bot.call("POST", url, HELLO))[0] for _ in range(7)] == [201] * 7
    status, answer, headers = await it.bot.call_fully("POST", url, HELLO)
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (429, "Throttled", "1")
    assert (await it.bot.call("POST", path(it.personal("manager"), "activities"), HELLO))[0] == 201
    it.world.chats.throttle.now = lambda: 1001.5
    assert (await it.bot.call("POST", url, HELLO))[0] == 201
    assert (await it.bot.call("POST", url, HELLO))[0] == 429  # eight in two seconds


async def test_the_whole_list_of_members_is_given_five_times_a_minute(it: Stage) -> None:
    it.world.chats.behaviour.throttling = True
    it.world.chats.throttle.now = lambda: 1000.0
    url = path(GROUP_ID, "members")
    assert [(await it.bot.call("GET", url))[0] for _ in range(6)] == [200] * 5 + [429]


def test_windows_slide_and_refused_calls_do_not_count() -> None:
    now = [0.0]
    throttle = Throttle(now=lambda: now[0])
    admitted = 0
    for tenth in range(290):  # 29 seconds of trying ten times a second
        now[0] = tenth / 10
        admitted += throttle.admit(Operation.SEND, "a:1") == 0
    assert admitted == 60
    assert throttle.admit(Operation.SEND, "a:1") == 2  # whole seconds until the first of them is thirty old
    now[0] = 30.5
    assert throttle.admit(Operation.SEND, "a:1") == 0


def test_one_app_makes_fifty_calls_a_second() -> None:
    throttle = Throttle(now=lambda: 5.0)
    assert [throttle.admit_app() for _ in range(51)] == [0] * 50 + [1]


async def test_every_change_is_told_to_whoever_watches(it: Stage) -> None:
    async with it.world.events.subscribe() as events:
        posted = await it.bot.post(it.personal(), HELLO)
        await it.bot.call("PUT", path(it.personal(), "activities", posted), HELLO)
        await it.bot.call("DELETE", path(it.personal(), "activities", posted))
        await it.bot.post(GROUP_ID, HELLO)
        told = [(await anext(events)).data for _ in range(4)]
    assert [each["person"] for each in told] == [it.person()] * 3 + [None]
    assert {each["message_id"] for each in told[:3]} == {posted}
    assert told[3]["chat"] == "group"


async def test_the_clock_of_the_sandbox_dates_messages(it: Stage) -> None:
    it.world.clock.advance(timedelta(days=400))
    posted = await it.bot.post(it.personal(), HELLO)
    assert abs(int(posted) / 1000 - it.world.clock.now().timestamp()) < 60
