"""The message extension in the compose box, links that unfold, and cards that people send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.connector.app_manifest import read_manifest
from sandbox.connector.errors import PersonError
from sandbox.connector.extension import TOO_SLOW
from sandbox.connector.state import ADAPTIVE_CARD, GROUP_ID
from tests.sandbox.connector_support import Answer, Json, Stage, card, execute, message, stage, text, text_answer

LINK = "https://myaccess.microsoft.com/woodgrove.example#/access-packages/1"


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        ready.world.clock.freeze()
        yield ready


def result(title: str, *, version: str = "1.3", tap: Any = None) -> Json:
    preview: Json = {"title": title, "text": "about"}
    if tap is not None:
        preview["tap"] = {"type": "invoke", "value": tap}
    content = {**card(text(title), actions=[execute("Go", "go")]), "version": version}
    shown = {"contentType": "application/vnd.microsoft.card.thumbnail", "content": preview}
    return {"contentType": ADAPTIVE_CARD, "content": content, "preview": shown}


def results(*attachments: Json, **more: Any) -> Answer:
    return 200, {"composeExtension": {"type": "result", "attachments": list(attachments), **more}}


async def test_a_search_is_sent_and_its_results_are_listed(it: Stage) -> None:
    it.bot.always(*results(result("One"), result("Two"), attachmentLayout="grid"))
    await it.teams.extension.query(it.person(), None)
    composed = await it.teams.extension.query(it.person(), "sal")
    first, second = it.bot.invokes("composeExtension/query")
    assert first["value"]["parameters"] == [{"name": "initialRun", "value": "true"}]
    assert second["value"] == {
        "commandId": "search",
        "parameters": [{"name": "query", "value": "sal"}],
        "queryOptions": {"skip": 0, "count": 25},
    }
    assert "replyToId" not in second
    assert [each["title"] for each in composed.results] == ["One", "Two"]
    assert (composed.kind, composed.layout, composed.draft) == ("result", "grid", None)


async def test_the_manifest_says_which_commands_there_are(it: Stage) -> None:
    commands = [{"id": "packages", "title": "Packages", "parameters": [{"name": "words"}]}]
    it.world.chats.app = read_manifest({"composeExtensions": [{"commands": commands}]})
    it.bot.always(*results())
    assert (await it.teams.extension.query(it.person(), None)).status is None  # no initialRun
    await it.teams.extension.query(it.person(), "x", command="Packages")
    assert it.bot.received[-1]["value"]["parameters"] == [{"name": "words", "value": "x"}]
    with pytest.raises(PersonError, match="'packages'"):
        await it.teams.extension.query(it.person(), "x", command="other")
    assert not it.world.chats.app.supports_files
    with pytest.raises(ValueError, match="parameter"):
        read_manifest({"composeExtensions": [{"commands": [{"id": "x"}]}]})


async def test_a_card_needs_a_preview_to_be_listed(it: Stage) -> None:
    bare = {key: value for key, value in result("Bare").items() if key != "preview"}
    hero = {"contentType": "application/vnd.microsoft.card.hero", "content": {"title": "Hero"}}
    it.bot.always(*results(bare, hero, {"contentType": "x/y", "content": {}}))
    composed = await it.teams.extension.query(it.person(), "x")
    assert [each["title"] for each in composed.results] == ["Hero"]
    assert [each.partition(":")[0] for each in composed.warnings] == ["result 1 is not shown", "result 3 is not shown"]


async def test_a_picked_card_is_sent_as_the_person_and_can_be_pressed(it: Stage) -> None:
    it.bot.always(*results(result("One"), result("Two")))
    await it.teams.extension.query(it.person(), "x", "group")
    picked = await it.teams.extension.pick(it.person(), 1, "group")
    assert (picked.status, picked.draft) == (None, result("Two"))
    sent = await it.teams.say(it.person(), "look", "group", draft=True)
    activity = it.bot.received[-1]
    assert activity["attachments"][0] == {"contentType": ADAPTIVE_CARD, "content": result("Two")["content"]}
    with pytest.raises(PersonError, match="compose box"):
        await it.teams.say(it.person(), "again", "group", draft=True)
    it.bot.always(*text_answer("pressed"))
    pressed = await it.teams.press(it.person("manager"), "Go", message_id=sent.message_id)
    assert pressed.messages[0]["notes"] == ["pressed"]
    assert pressed.messages[0]["from"]["name"] == "Rita Requester"


async def test_a_card_alone_reaches_the_bot_as_one_decides(it: Stage) -> None:
    for reaches in (True, False):
        it.world.chats.behaviour.sent_cards_reach_bot = reaches
        it.bot.always(*results(result("One")))
        await it.teams.extension.query(it.person(), "x")
        await it.teams.extension.pick(it.person(), 0)
        it.bot.received.clear()
        await it.teams.say(it.person(), "", draft=True)
        assert [each["type"] for each in it.bot.received] == (["message"] if reaches else [])


async def test_a_tap_fetches_the_card(it: Stage) -> None:
    it.bot.in_turn(results(result("Row", tap={"id": 7})), results(result("Full"), result("Ignored")))
    await it.teams.extension.query(it.person(), "x")
    picked = await it.teams.extension.pick(it.person(), 0)
    assert it.bot.invokes("composeExtension/selectItem")[0]["value"] == {"id": 7}
    assert picked.draft == result("Full")
    with pytest.raises(PersonError, match="result"):
        await it.teams.extension.pick(it.person(), 5)


async def test_newer_cards_are_noted(it: Stage) -> None:
    it.bot.always(*results(result("New", version="1.5")))
    await it.teams.extension.query(it.person(), "x")
    assert "1.5" in (await it.teams.extension.pick(it.person(), 0)).warnings[0]
    sent = await it.teams.say(it.person(), "hi", draft=True)
    assert sent.message_id is not None
    assert "1.3" in (await it.message(sent.message_id))["warnings"][0]


async def test_texts_sign_ins_and_useless_answers(it: Stage) -> None:
    it.bot.always(200, {"composeExtension": {"type": "message", "text": "Nothing found"}})
    assert (await it.teams.extension.query(it.person(), "x")).text == "Nothing found"
    action = {"type": "openUrl", "title": "Sign in", "value": "https://bot.example/in"}
    asking = {"composeExtension": {"type": "auth", "suggestedActions": {"actions": [action]}}}
    it.bot.in_turn((200, asking), results())
    composed = await it.teams.extension.query(it.person(), "x")
    assert (composed.kind, composed.url) == ("auth", "https://bot.example/in")
    await it.teams.extension.query(it.person(), "x", state="123456")
    assert it.bot.received[-1]["value"]["state"] == "123456"
    for useless in ((200, {}), (200, {"composeExtension": {"type": "result"}}), (500, None), (200, "no JSON")):
        it.bot.always(*useless)
        assert (await it.teams.extension.query(it.person(), "x")).text == "Something went wrong"


async def test_silent_auth_repeats_the_question_with_a_token(it: Stage) -> None:
    action = {"type": "openUrl", "title": "Sign in", "value": "https://bot.example/in"}
    asking = {"composeExtension": {"type": "silentAuth", "suggestedActions": {"actions": [action]}}}
    it.bot.in_turn((200, asking), results(result("Mine")))
    composed = await it.teams.extension.query(it.person(), "x")
    assert composed.results[0]["title"] == "Mine"
    assert it.bot.received[-1]["value"]["authentication"]["token"].count(".") == 2


async def test_five_seconds_are_all_it_has(it: Stage) -> None:
    it.world.chats.behaviour.extension_limit_s = 0.05
    may_answer = asyncio.Event()

    async def slow(_: Json) -> Answer:
        await may_answer.wait()
        return results()

    it.bot.think = slow
    composed = await it.teams.extension.query(it.person(), "x")
    may_answer.set()
    assert (composed.status, composed.text) == (504, TOO_SLOW)


# Links


async def test_a_link_unfolds_and_is_remembered_for_half_an_hour(it: Stage) -> None:
    it.bot.always(*results(result("Sales data"), result("Second")))
    composed = await it.teams.extension.unfurl(it.person(), LINK)
    [invoke] = it.bot.invokes("composeExtension/queryLink")
    assert invoke["value"] == {"url": LINK}
    assert composed.draft == result("Sales data")
    it.world.clock.advance(timedelta(minutes=29))
    assert (await it.teams.extension.unfurl(it.person(), LINK)).draft == composed.draft
    assert len(it.bot.received) == 1
    it.world.clock.advance(timedelta(minutes=1))
    await it.teams.extension.unfurl(it.person(), LINK)
    assert len(it.bot.received) == 2


async def test_without_the_app_nobody_is_named(it: Stage) -> None:
    it.world.chats.set_installed(it.person(), False)
    it.bot.always(*results(result("Sales data")))
    await it.teams.extension.unfurl(it.person(), LINK, "group")
    [invoke] = it.bot.invokes("composeExtension/anonymousQueryLink")
    assert invoke["from"] == {"id": "29:anonymous"}
    assert it.person() not in str(invoke)
    it.world.chats.app.anonymous_links = False
    assert (await it.teams.extension.unfurl(it.person(), LINK, "group")).status is None


@pytest.mark.parametrize(
    ("url", "unfolds"),
    [
        ("https://a.example.com/x", True),
        ("https://example.com/", False),
        ("https://a.b.example.com/", False),
        ("https://A.EXAMPLE.com", True),
        ("https://evil.test/a.example.com", False),
        ("http://[", False),
    ],
)
async def test_a_star_is_one_label(it: Stage, url: str, unfolds: bool) -> None:
    it.world.chats.app.link_domains = ["*.example.com"]
    assert it.world.chats.app.unfolds(url) is unfolds
    it.bot.always(*results())
    await it.teams.extension.unfurl(it.person(), url)
    assert bool(it.bot.received) is unfolds


# Devices and repetitions


async def test_every_device_has_its_own_view(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(text("base"), actions=[execute("Go", "go")])))
    it.bot.always(200, {"statusCode": 200, "type": ADAPTIVE_CARD, "value": card(text("phone"))})
    await it.teams.press(it.person(), "Go", device=2)
    views = [it.teams.messages(it.person(), device=device)[0]["shown"] for device in (1, 2)]
    assert [view["body"][0]["text"] for view in views] == ["base", "phone"]
    status, _ = await it.bot.call("PUT", f"/{it.personal()}/activities/{posted}", message(card(text("new"))))
    assert status == 200
    views = [it.teams.messages(it.person(), device=device)[0]["shown"] for device in (1, 2)]
    assert [view["body"][0]["text"] for view in views] == ["new", "new"]


async def test_every_device_refreshes_an_edited_card_once_a_minute(it: Stage) -> None:
    it.world.chats.behaviour.devices = 2
    fresh = card(text("a"), refresh={"action": {"type": "Action.Execute", "verb": "r"}, "userIds": [it.teams_id()]})
    it.bot.always(200, {"statusCode": 200, "type": ADAPTIVE_CARD, "value": fresh})
    posted = await it.bot.post(it.personal(), message(fresh))
    await it.bot.call("PUT", f"/{it.personal()}/activities/{posted}", message(fresh))
    await it.teams.settle()
    assert len(it.bot.invokes()) == 2
    again = await it.teams.refresh(it.person(), posted, device=2)
    assert again.reason == "the last answer is not older than a minute"
    await it.teams.look(it.person(), device=3)
    assert len(it.bot.invokes()) == 3


async def test_a_slow_invoke_is_sent_once_more_where_that_is_switched_on(it: Stage) -> None:
    it.world.chats.behaviour.repeat_slow_invokes = True
    it.world.chats.behaviour.slow_invoke_s = 0.02
    await it.bot.post(it.personal(), message(card(actions=[execute("Go", "go")])))
    repeated = asyncio.Event()

    async def think(activity: Json) -> Answer:
        if len(it.bot.invokes()) == 2:
            repeated.set()
        await repeated.wait()
        return text_answer("done")

    it.bot.think = think
    outcome = await it.teams.press(it.person(), "Go")
    first, second = it.bot.invokes()
    assert first == second
    assert outcome.messages[0]["notes"] == ["done"]
    it.bot.received.clear()
    await it.teams.say(it.person(), "messages are not repeated")
    assert len(it.bot.received) == 1


async def test_suggested_actions_are_for_1_to_1_chats_and_three_are_shown(it: Stage) -> None:
    actions = [{"type": "imBack", "title": f"T{number}", "value": f"v{number}"} for number in range(4)]
    actions.insert(1, {"type": "openUrl", "title": "no", "value": "https://x.example"})
    activity = {"type": "message", "text": "What now?", "suggestedActions": {"to": [], "actions": actions}}
    shown = (await it.message(await it.bot.post(it.personal(), activity)))["suggestions"]
    assert shown == [{"title": f"T{number}", "value": f"v{number}"} for number in range(3)]
    assert (await it.message(await it.bot.post(GROUP_ID, activity)))["suggestions"] == []
