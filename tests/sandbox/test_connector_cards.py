"""Filling in a card as a client does, and the state that survives a snapshot."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.connector.cards import buttons, check_inputs, filled, find_button, texts
from sandbox.connector.errors import PersonError
from sandbox.connector.state import BOT, Chat, Chats, Message
from tests.sandbox.connector_support import Json, card, execute, text

FORM = card(
    text("Form"),
    {
        "type": "Input.Text",
        "id": "why",
        "label": "Why?",
        "isRequired": True,
        "errorMessage": "Say why.",
        "maxLength": 5,
    },
    {"type": "Input.Text", "id": "code", "regex": "^[A-Z]{2}$"},
    {"type": "Input.Number", "id": "count", "min": 1, "max": 3},
    {"type": "Input.Date", "id": "day", "min": "2026-11-01", "max": "2026-12-01"},
    {"type": "Input.Toggle", "id": "agree", "title": "I agree", "valueOn": "yes", "valueOff": "no"},
    {
        "type": "Input.ChoiceSet",
        "id": "color",
        "choices": [{"title": "Red", "value": "r"}, {"title": "Blue", "value": "b"}],
        "isMultiSelect": True,
    },
    {"type": "Input.ChoiceSet", "id": "who", "choices": [], "choices.data": {"type": "Data.Query", "dataset": "p"}},
    {"type": "Input.Text", "id": "preset", "value": "there"},
    actions=[execute("Send", "send"), {**execute("Alone", "alone"), "associatedInputs": "none"}],
)


def send(**typed: Any) -> Json:
    button = find_button(FORM, "Send")
    assert button is not None
    values = filled(button, typed)
    check_inputs(button, values)
    return values


def test_inputs_send_what_was_typed_else_what_was_there() -> None:
    assert send(why="x") == {"why": "x", "agree": "no", "preset": "there"}
    assert send(**{"Why?": "x", "preset": ""}) == {"why": "x", "agree": "no"}


def test_toggles_choices_and_typeahead() -> None:
    values = send(why="x", agree=True, color=["Red", "b"], who="any-id")
    assert (values["agree"], values["color"], values["who"]) == ("yes", "r,b", "any-id")


def test_a_button_without_inputs_sends_none() -> None:
    button = find_button(FORM, "Alone")
    assert button is not None
    assert filled(button, {}) == {}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({}, "Say why."),
        ({"why": "too long"}, "Say why."),
        ({"why": "x", "code": "abc"}, "code: does not match"),
        ({"why": "x", "count": "4"}, "count: is more than 3"),
        ({"why": "x", "count": 0}, "count: is less than 1"),
        ({"why": "x", "count": "many"}, "count: is not a number"),
        ({"why": "x", "day": "2026-10-31"}, "day: is before"),
        ({"why": "x", "day": "2026-12-02"}, "day: is after"),
        ({"why": "x", "color": "r,green"}, "'green' is not one"),
    ],
)
def test_what_a_client_would_not_send(typed: Json, problem: str) -> None:
    with pytest.raises(PersonError, match="inputs") as refusal:
        send(**typed)
    assert refusal.value.status == 422
    assert problem in refusal.value.message


def test_an_input_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(PersonError, match="'why', 'code'"):
        send(nothing="x")


def test_buttons_are_not_looked_for_in_payloads_and_fallbacks() -> None:
    hidden = {"type": "Action.Execute", "title": "Hidden"}
    shown = {**execute("Shown", "s", nested=hidden), "fallback": hidden}
    assert [each.title for each in buttons(card(actions=[shown], refresh={"action": hidden}))] == ["Shown"]


def test_the_exact_spelling_of_a_button_goes_first() -> None:
    both = card(actions=[execute("approve", "first"), execute("Approve", "second")])
    exact, loose = find_button(both, "Approve"), find_button(both, " APPROVE ")
    assert exact is not None
    assert loose is not None
    assert (exact.action["verb"], loose.action["verb"]) == ("second", "first")
    assert find_button(both, "Deny") is None


def test_of_several_equal_buttons_the_one_with_the_payload_is_meant() -> None:
    rows = card(actions=[execute("Request", "request", package="one"), execute("Request", "request", package="two")])
    meant, unknown = (find_button(rows, "request", payload={"package": each}) for each in ("two", "three"))
    assert meant is not None
    assert unknown is not None
    assert (meant.action["data"]["package"], unknown.action["data"]["package"]) == ("two", "one")


def test_what_can_be_read_on_a_card() -> None:
    found = set(texts({**FORM, "refresh": {"action": {"title": "unseen"}}}))
    assert {"Form", "Why?", "Red", "Send", "there"} <= found
    assert "unseen" not in found


# State


@given(st.text(min_size=1, max_size=60))
def test_the_personal_chat_of_anybody_is_found_again(person: str) -> None:
    chats = Chats()
    place = chats.personal(person)
    assert chats.find_place(place.conversation_id) == place


@given(st.text(max_size=40))
def test_no_conversation_id_breaks_anything(conversation_id: str) -> None:
    chats = Chats()
    for text_ in (conversation_id, f"a:1{conversation_id}"):
        place = chats.find_place(text_)
        assert place is None or chats.find_place(place.conversation_id) == place


def test_ids_grow_although_the_clock_stands_or_goes_back() -> None:
    chats = Chats()
    moments = [datetime(2026, 1, day, tzinfo=UTC) for day in (5, 5, 1, 9)]
    ids = [int(chats.new_id(moment)) for moment in moments]
    assert ids == sorted(set(ids))


def test_a_copy_lives_on_its_own() -> None:
    chats = Chats()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    chats.add(Message(chats.new_id(at), chats.place(Chat.GROUP, "p"), BOT, at, "one"))
    kept = copy.deepcopy(chats)
    chats.add(Message(chats.new_id(at), chats.place(Chat.GROUP, "p"), BOT, at, "two"))
    assert [each.text for each in kept.changed_since(0, "p")] == ["one"]
    assert [each.text for each in chats.changed_since(kept.change_count, "p")] == ["two"]
