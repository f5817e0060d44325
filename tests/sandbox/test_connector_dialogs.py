"""Dialogs: fetched, submitted, closed, and what becomes of answers that no client understands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.connector.dialogs import MALFORMED
from sandbox.connector.errors import PersonError
from sandbox.connector.state import ADAPTIVE_CARD
from tests.sandbox.connector_support import Answer, Json, Stage, card, message, stage, text

FIELD = {"type": "Input.Text", "id": "why", "isRequired": True}


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        opener = {"type": "Action.Submit", "title": "Ask", "data": {"msteams": {"type": "task/fetch"}, "k": 1}}
        await ready.bot.post(ready.personal(), message(card(FIELD, actions=[opener])))
        yield ready


def submit(title: str = "Send", **data: Any) -> Json:
    return {"type": "Action.Submit", "title": title, "data": data}


def dialog(content: Json, **more: Any) -> Answer:
    value = {"title": "Step", "card": {"contentType": ADAPTIVE_CARD, "content": content}, **more}
    return 200, {"task": {"type": "continue", "value": value}}


async def test_a_dialog_opens_goes_on_and_closes(it: Stage) -> None:
    it.bot.in_turn(
        dialog(card(FIELD, actions=[submit(step=1)]), height="large", width=600),
        dialog(card(text("two"), actions=[submit(step=2)])),
        (200, None),
    )
    opened = await it.teams.press(it.person(), "Ask", inputs={"why": "card"})
    [fetch] = it.bot.invokes("task/fetch")
    assert fetch["value"] == {
        "data": {"msteams": {"type": "task/fetch"}, "k": 1, "why": "card"},
        "context": {"theme": "default"},
    }
    assert fetch["replyToId"] == opened.message_id
    assert opened.dialog is not None
    assert (opened.dialog["title"], opened.dialog["height"], opened.dialog["width"]) == ("Step", "large", 600)
    second = await it.teams.dialogs.submit(it.person(), "Send", inputs={"why": "typed"})
    assert it.bot.received[-1]["name"] == "task/submit"
    assert it.bot.received[-1]["value"]["data"] == {"step": 1, "why": "typed"}
    assert second.dialog is not None
    closed = await it.teams.dialogs.submit(it.person(), "Send")
    assert (closed.status, closed.dialog, closed.told) == (200, None, None)
    with pytest.raises(PersonError, match="no dialog"):
        await it.teams.dialogs.submit(it.person(), "Send")


async def test_a_message_closes_the_dialog_with_words(it: Stage) -> None:
    it.bot.in_turn(dialog(card(actions=[submit()])), (200, {"task": {"type": "message", "value": "Thank you"}}))
    await it.teams.press(it.person(), "Ask")
    done = await it.teams.dialogs.submit(it.person(), "Send")
    assert (done.dialog, done.told) == (None, "Thank you")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"task": {}},
        {"task": {"type": "unknown", "value": {}}},
        {"task": {"type": "message", "value": {}}},
        {"task": {"type": "continue", "value": {"title": "neither card nor url"}}},
        {"task": {"type": "continue", "value": {"url": "javascript:alert(1)"}}},
        {"task": {"type": "continue", "value": {"card": {"contentType": ADAPTIVE_CARD, "content": {"type": "no"}}}}},
        {"task": {"type": "continue", "value": {"height": "huge", "url": "https://bot.example/"}}},
    ],
)
async def test_malformed_answers_are_error_1008_and_lose_nothing(it: Stage, answer: Json) -> None:
    it.bot.always(200, answer)
    failed = await it.teams.press(it.person(), "Ask")
    assert (failed.dialog, failed.told) == (None, MALFORMED)
    it.bot.in_turn(dialog(card(actions=[submit()])), (200, answer))
    await it.teams.press(it.person(), "Ask")
    kept = await it.teams.dialogs.submit(it.person(), "Send")
    assert kept.told == MALFORMED
    assert kept.dialog is not None


async def test_nothing_opens_without_an_answer_and_other_failures_are_told(it: Stage) -> None:
    it.bot.always(200, None)
    assert (await it.teams.press(it.person(), "Ask")).told == MALFORMED
    it.bot.always(500, None)
    assert (await it.teams.press(it.person(), "Ask")).told == "Something went wrong"
    assert it.world.chats.dialogs == {}


async def test_a_page_in_a_dialog_and_its_cross(it: Stage) -> None:
    it.bot.always(200, {"task": {"type": "continue", "value": {"url": "https://bot.example/form", "title": "Form"}}})
    opened = await it.teams.press(it.person(), "Ask")
    assert opened.dialog is not None
    assert (opened.dialog["url"], opened.dialog["card"]) == ("https://bot.example/form", None)
    asked = len(it.bot.received)
    it.teams.dialogs.dismiss(it.person())
    assert len(it.bot.received) == asked
    with pytest.raises(PersonError):
        it.teams.dialogs.dismiss(it.person())


async def test_dialogs_submit_and_check_their_inputs(it: Stage) -> None:
    execute = {"type": "Action.Execute", "title": "Run", "verb": "run"}
    it.bot.always(*dialog(card(FIELD, actions=[submit(), execute])))
    await it.teams.press(it.person(), "Ask")
    with pytest.raises(PersonError, match=r"Action\.Execute"):
        await it.teams.dialogs.submit(it.person(), "Run")
    with pytest.raises(PersonError, match="why"):
        await it.teams.dialogs.submit(it.person(), "Send", validate=True)
    with pytest.raises(PersonError, match="'Send'"):
        await it.teams.dialogs.submit(it.person(), "Nothing")
