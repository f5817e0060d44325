"""Action.Execute and refresh: what the bot is sent, and what the person then sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.connector.errors import PersonError
from sandbox.connector.state import CHANNEL_ID, GROUP_ID
from sandbox.tenant.identity import teams_id
from tests.sandbox.connector_support import (
    Json,
    Stage,
    card,
    card_answer,
    execute,
    message,
    refresh,
    stage,
    text,
    text_answer,
)

ERROR = "application/vnd.microsoft.error"


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        ready.world.clock.freeze()
        yield ready


async def posted_card(it: Stage, *titles: str, key: str = "requester", **more: Any) -> str:
    actions = [execute(title, title.lower(), id=title) for title in titles or ("Go",)]
    return await it.bot.post(it.personal(key), message(card(text("base"), actions=actions, **more)))


# The press


async def test_a_press_is_an_invoke_with_the_merged_data(it: Stage) -> None:
    field = {"type": "Input.Text", "id": "why", "value": "preset"}
    posted = await it.bot.post(it.personal(), message(card(field, actions=[execute("Go", "go", id="7")])))
    it.bot.always(*text_answer("done"))
    outcome = await it.teams.press(it.person(), "Go", inputs={"why": "typed"})
    [invoke] = it.bot.received
    assert (invoke["type"], invoke["name"], invoke["replyToId"]) == ("invoke", "adaptiveCard/action", posted)
    assert invoke["id"].startswith("f:")
    assert invoke["value"] == {
        "action": {"type": "Action.Execute", "verb": "go", "data": {"id": "7", "why": "typed"}},
        "trigger": "manual",
    }
    assert invoke["channelData"]["source"] == {"name": "message"}
    assert (outcome.status, outcome.answer["value"]) == (200, "done")
    assert outcome.messages[0]["notes"] == ["done"]


async def test_an_answered_card_is_seen_by_the_presser_alone(it: Stage) -> None:
    posted = await it.bot.post(GROUP_ID, message(card(text("base"), actions=[execute("Go", "go")])))
    it.bot.always(*card_answer(card(text("yours"))))
    outcome = await it.teams.press(it.person(), "Go")
    assert outcome.messages[0]["shown"] == card(text("yours"))
    mine, others = [(await it.message(posted, key)) for key in ("requester", "manager")]
    assert mine["card"] == others["card"] == others["shown"] != mine["shown"]
    assert others["notes"] == []


async def test_the_newest_message_with_the_button_is_pressed_as_this_person_sees_it(it: Stage) -> None:
    old = await posted_card(it, "Go")
    new = await posted_card(it, "Go")
    it.bot.always(*card_answer(card(actions=[execute("Next", "next")])))
    assert (await it.teams.press(it.person(), "go")).message_id == new
    assert (await it.teams.press(it.person(), "Next")).message_id == new
    it.bot.always(*text_answer("ok"))
    assert (await it.teams.press(it.person(), "Go")).message_id == old  # the newer one shows it no more
    double = await it.teams.press(it.person(), "Go", message_id=new)  # pressed again on a device that still does
    assert double.message_id == new
    assert (await it.teams.press(it.person(), "Go", device=2)).message_id == new


async def test_a_button_by_id_verb_and_place_in_an_opened_card(it: Stage) -> None:
    inner = card(
        {"type": "Input.Text", "id": "reason"}, actions=[{**execute("Send", "deny", id="1"), "id": "send-deny"}]
    )
    outer = card(
        {"type": "Input.Text", "id": "note"},
        {"type": "ActionSet", "actions": [execute("In a set", "set")]},
        {"type": "Container", "items": [], "selectAction": {"type": "Action.Execute", "id": "tap", "verb": "tap"}},
        actions=[{"type": "Action.ShowCard", "title": "Deny", "card": inner}, execute("Approve", "approve")],
    )
    await it.bot.post(it.personal(), message(outer))
    it.bot.always(*text_answer("ok"))
    await it.teams.press(it.person(), "send-deny", inputs={"reason": "no", "note": "n"})
    await it.teams.press(it.person(), verb="set")
    await it.teams.press(it.person(), "tap")
    with pytest.raises(PersonError, match="reason"):
        await it.teams.press(it.person(), "Approve", inputs={"reason": "not open"})
    actions = [each["value"]["action"] for each in it.bot.received]
    assert actions[0]["data"] == {"id": "1", "reason": "no", "note": "n"}
    assert (actions[0]["id"], actions[1]["verb"], actions[2]["verb"]) == ("send-deny", "set", "tap")


async def test_altered_payloads(it: Stage) -> None:
    posted = await posted_card(it, "Go")
    it.bot.always(*text_answer("ok"))
    await it.teams.press(it.person(), "Go", data={"id": "somebody else's"})
    await it.teams.press(it.person(), "Go", verb="admin")
    await it.teams.press(it.person(), verb="nowhere", data=[1], message_id=posted)
    sent = [each["value"]["action"] for each in it.bot.received]
    assert sent[0]["data"] == {"id": "somebody else's"}
    assert (sent[1]["verb"], sent[1]["data"]) == ("admin", {"id": "Go"})
    assert (sent[2]["verb"], sent[2]["data"]) == ("nowhere", [1])


async def test_what_cannot_be_pressed_is_told_with_what_can(it: Stage) -> None:
    posted = await posted_card(it, "Go")
    with pytest.raises(PersonError, match="'Go'") as refusal:
        await it.teams.press(it.person(), "Stop")
    assert refusal.value.status == 404
    with pytest.raises(PersonError, match=posted):
        await it.teams.press(it.person(), "Go", message_id="1")
    with pytest.raises(PersonError):  # somebody else's chat
        await it.teams.press(it.person("manager"), "Go", message_id=posted)
    await it.bot.post(it.personal(), message(card(actions=[{**execute("Off", "off"), "isEnabled": False}])))
    with pytest.raises(PersonError, match="switched off"):
        await it.teams.press(it.person(), "Off")
    it.teams.block(it.person())
    with pytest.raises(PersonError, match="blocked"):
        await it.teams.press(it.person(), "Go")
    assert it.bot.received == []


# Answers


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ((200, {"statusCode": 400, "type": ERROR, "value": {"code": "BadRequest", "message": "No."}}), "No."),
        (
            (200, {"type": "application/vnd.microsoft.activity.message", "value": "without a status"}),
            "without a status",
        ),
        ((500, None), "Something went wrong"),
        ((200, "<html>"), "Something went wrong"),
        ((200, None), "Something went wrong"),
        ((200, {"statusCode": 200, "type": "strange", "value": 1}), "Something went wrong"),
        ((200, {"statusCode": 42, "type": ERROR, "value": {}}), "Something went wrong"),
        (card_answer({"type": "AdaptiveCard"}), "Something went wrong"),
        (card_answer(card("text")), "Something went wrong"),
    ],
)
async def test_what_is_told_under_the_card(it: Stage, answer: tuple[int, Any], note: str) -> None:
    posted = await posted_card(it)
    it.bot.always(*answer)
    outcome = await it.teams.press(it.person(), "Go")
    told = await it.message(posted)
    assert (outcome.status, told["notes"], told["shown"]) == (answer[0], [note], told["card"])
    assert len(it.bot.received) == 1


async def test_an_empty_message_makes_the_client_press_again(it: Stage) -> None:
    posted = await posted_card(it)
    it.bot.in_turn(text_answer(""), text_answer("done"))
    await it.teams.press(it.person(), "Go")
    one, two = it.bot.received
    assert one["value"] == two["value"]
    assert (await it.message(posted))["notes"] == ["Unable to reach app", "done"]


async def test_it_presses_again_only_once(it: Stage) -> None:
    await posted_card(it)
    it.bot.always(*text_answer(""))
    await it.teams.press(it.person(), "Go")
    assert len(it.bot.received) == 2


async def test_a_press_while_the_bot_is_down(it: Stage) -> None:
    posted = await posted_card(it)
    it.world.bot_url = "http://127.0.0.1:1"
    assert (await it.teams.press(it.person(), "Go")).status == 0
    assert (await it.message(posted))["notes"] == ["Doorman could not be reached"]


# Refresh


async def test_a_refresh_gives_the_named_people_their_own_view(it: Stage) -> None:
    listed = refresh("look", it.teams_id("manager"))
    posted = await it.bot.post(GROUP_ID, message(card(text("base"), refresh=listed)))
    it.bot.always(*card_answer(card(text("marc's"), refresh=listed)))
    unnamed = await it.teams.refresh(it.person(), posted)
    assert (unnamed.status, unnamed.reason) == (None, "the card does not name this person")
    assert (await it.teams.refresh(it.person("manager"), posted)).status == 200
    [invoke] = it.bot.received
    assert invoke["value"]["trigger"] == "automatic"
    assert invoke["value"]["action"] == {"type": "Action.Execute", "verb": "look", "data": {"id": "1"}}
    assert (await it.message(posted, "manager"))["shown"]["body"] == [text("marc's")]
    assert (await it.message(posted))["shown"]["body"] == [text("base")]


async def test_the_client_asks_again_after_a_minute(it: Stage) -> None:
    listed = refresh("look", it.teams_id())
    posted = await it.bot.post(it.personal(), message(card(refresh=listed)))
    it.bot.always(*card_answer(card(text("view"), refresh=listed)))
    asked = []
    for step in (0, 60, 1):
        it.world.clock.advance(timedelta(seconds=step))
        asked.append((await it.teams.refresh(it.person(), posted)).status)
    assert asked == [200, None, 200]
    assert (await it.teams.refresh(it.person(), posted, by_hand=True)).status == 200
    assert it.bot.received[-1]["value"]["trigger"] == "manual"


async def test_a_view_without_refresh_stays(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(refresh=refresh("look", it.teams_id()))))
    it.bot.always(*card_answer(card(text("final"))))
    await it.teams.refresh(it.person(), posted)
    it.world.clock.advance(timedelta(hours=1))
    assert (await it.teams.refresh(it.person(), posted)).reason == "the card has no refresh"


async def test_only_the_first_sixty_names_count(it: Stage) -> None:
    strangers = [teams_id(str(number)) for number in range(60)]
    many = refresh("look", *strangers, it.teams_id())
    posted = await it.bot.post(it.personal(), message(card(refresh=many)))
    assert (await it.teams.refresh(it.person(), posted)).status is None
    assert "61" in (await it.message(posted))["warnings"][0]


async def test_without_names_it_is_everybody_in_a_small_chat_and_nobody_in_a_large_one(it: Stage) -> None:
    anybody = {"action": {"type": "Action.Execute", "verb": "look"}}
    in_group = await it.bot.post(GROUP_ID, message(card(refresh=anybody)))
    in_channel = await it.bot.post(CHANNEL_ID, message(card(refresh=anybody)))
    it.bot.always(*card_answer(card(text("view"))))
    assert (await it.teams.refresh(it.person(), in_group)).status == 200
    assert (await it.teams.refresh(it.person(), in_channel)).status is None
    nobody = await it.bot.post(GROUP_ID, message(card(refresh={**anybody, "userIds": []})))
    assert (await it.teams.refresh(it.person(), nobody)).status is None
    assert (await it.teams.refresh(it.person(), nobody, by_hand=True)).status == 200


async def test_an_edit_makes_the_named_clients_ask_at_once(it: Stage) -> None:
    listed = refresh("look", it.teams_id("manager"), it.teams_id("approver"))
    posted = await it.bot.post(GROUP_ID, message(card(text("one"), refresh=listed)))
    it.bot.always(*card_answer(card(text("view"), refresh=listed)))
    await it.teams.refresh(it.person("manager"), posted)
    url = f"/{quote(GROUP_ID)}/activities/{posted}"
    assert (await it.bot.call("PUT", url, message(card(text("two"), refresh=listed))))[0] == 200
    await it.teams.settle()
    people = [each["from"]["aadObjectId"] for each in it.bot.received]
    assert sorted(people[1:]) == sorted([it.person("manager"), it.person("approver")])
    assert (await it.message(posted, "manager"))["shown"]["body"] == [text("view")]
    await it.bot.call("PUT", url, message(card(text("done"), refresh={**listed, "userIds": []})))
    await it.teams.settle()
    assert len(it.bot.received) == 3
    assert (await it.message(posted, "manager"))["shown"]["body"] == [text("done")]


async def test_opening_a_chat_refreshes_what_is_due(it: Stage) -> None:
    for _ in range(2):
        await it.bot.post(it.personal(), message(card(refresh=refresh("look", it.teams_id()))))
    await posted_card(it)
    it.bot.always(*card_answer(card(text("view"), refresh=refresh("look", it.teams_id()))))
    outcome = await it.teams.look(it.person())
    assert [each["shown"]["body"] for each in outcome.messages] == [[text("view")]] * 2
    assert (await it.teams.look(it.person())).reason == "no card was due"
    assert len(it.bot.received) == 2


async def test_a_refresh_that_fails_is_told_once(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(refresh=refresh("look", it.teams_id()))))
    it.bot.always(500)
    for _ in range(3):
        await it.teams.refresh(it.person(), posted)
    assert (await it.message(posted))["notes"] == ["Something went wrong"]


async def test_a_targeted_or_deleted_card_cannot_be_refreshed_by_others(it: Stage) -> None:
    activity: Json = {
        **message(card(refresh=refresh("look", it.teams_id("manager")))),
        "recipient": {"id": it.teams_id()},
    }
    url = f"/{quote(GROUP_ID)}/activities"
    _, answer = await it.bot.call("POST", f"{url}?isTargetedActivity=true", activity)
    with pytest.raises(PersonError):
        await it.teams.refresh(it.person("manager"), answer["id"])
    await it.bot.call("DELETE", f"{url}/{answer['id']}?isTargetedActivity=true")
    with pytest.raises(PersonError):
        await it.teams.refresh(it.person(), answer["id"])
