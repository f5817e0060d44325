"""Reading activities: text without mentions, presses, installations, and odd shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.incoming import (
    MalformedError,
    is_spoken_to,
    message_text,
    read_envelope,
    read_membership,
    read_press,
)
from bot.turn import ConversationKind

BOT = "28:bot"


def envelope_of(**changes: Any) -> Any:
    activity = {
        "type": "message",
        "recipient": {"id": BOT, "name": "Access"},
        "conversation": {"id": "c", "conversationType": "channel"},
        **changes,
    }
    return read_envelope(json.dumps(activity).encode())


def mention(text: str, who: str = BOT, name: str = "Access") -> dict[str, Any]:
    return {"type": "mention", "text": text, "mentioned": {"id": who, "name": name}}


@pytest.mark.parametrize(
    ("text", "entities", "expected"),
    [
        ("help", [], "help"),
        (None, [], ""),
        (7, [], ""),
        ("  Help \n me ", [], "Help me"),
        (r"note K7Q2 it says \u0000 and \\u0000", [], r"note K7Q2 it says \u0000 and \\u0000"),
        ("<at>Access</at> request Access to Sales", [mention("<at>Access</at>")], "request Access to Sales"),
        ("request <at>Access</at> sales", [mention("<at>Access</at>")], "request sales"),
        ("<at>Access</at><at>Access</at> hi", [mention("<at>Access</at>"), mention("<at>Access</at>")], "hi"),
        ("<at>Access</at> request sales&nbsp;\n", [mention("<at>Access</at>")], "request sales"),
        ("<at>Access</at> R&amp;D &lt;b&gt;", [mention("<at>Access</at>")], "R&D <b>"),
        (
            "<at>Access</at> access of <at>Megan B</at>",
            [mention("<at>Access</at>"), mention("<at>Megan B</at>", "29:m", "Megan B")],
            "access of Megan B",
        ),
        ("<at>.*</at> a.*b", [mention("<at>.*</at>")], "a.*b"),
        ("hi", [{"type": "mention"}, {"type": "clientInfo"}, None, 3, mention("")], "hi"),
    ],
)
def test_text(text: Any, entities: list[Any], expected: str) -> None:
    assert message_text(envelope_of(text=text, entities=entities)) == expected


def test_the_html_twin_of_a_message_is_not_looked_at() -> None:
    twin = [{"contentType": "text/html", "content": "<p>something else</p>"}]
    assert message_text(envelope_of(text="help", attachments=twin)) == "help"


def test_who_is_spoken_to() -> None:
    assert is_spoken_to(envelope_of(conversation={"id": "c", "conversationType": "personal"}))
    assert is_spoken_to(envelope_of(entities=[mention("<at>Access</at>")]))
    assert is_spoken_to(envelope_of(entities=[{"type": "targetedMessageInfo", "messageId": "1"}]))
    assert not is_spoken_to(envelope_of(entities=[mention("<at>Megan</at>", "29:m")]))
    assert not is_spoken_to(envelope_of(conversation={"id": "c", "isGroup": True}))


@pytest.mark.parametrize(
    ("conversation", "kind"),
    [
        ({"id": "c"}, ConversationKind.PERSONAL),
        ({"id": "c", "isGroup": True}, ConversationKind.GROUP_CHAT),
        ({"id": "c", "conversationType": "groupChat"}, ConversationKind.GROUP_CHAT),
        ({"id": "c", "conversationType": "something new"}, ConversationKind.GROUP_CHAT),
    ],
)
def test_kinds_of_conversations(conversation: dict[str, Any], kind: ConversationKind) -> None:
    assert envelope_of(conversation=conversation).kind is kind


def test_time_zone_and_locale() -> None:
    assert envelope_of(localTimezone="Europe/Berlin").time_zone == "Europe/Berlin"
    info = {"type": "clientInfo", "timezone": "Asia/Tokyo"}
    assert envelope_of(entities=["x", info]).time_zone == "Asia/Tokyo"
    assert envelope_of().time_zone is None
    assert envelope_of().locale == ""


def action(**changes: Any) -> dict[str, Any]:
    return {"type": "Action.Execute", "verb": "approval.approve", "data": {"a": "1"}, **changes}


def test_a_press() -> None:
    read = read_press(envelope_of(value={"action": action(), "trigger": "manual"}))
    assert (read.press.verb, read.press.data, read.press.is_automatic) == ("approval.approve", {"a": "1"}, False)
    assert read_press(envelope_of(value={"action": action(), "trigger": "automatic"})).press.is_automatic
    assert read_press(envelope_of(value={"action": action(data=None)})).press.data == {}
    with_token = read_press(envelope_of(value={"action": action(), "authentication": {"id": "t", "token": "x"}}))
    assert (with_token.ticket_id, with_token.assertion, with_token.code) == ("t", "x", "")
    assert read_press(envelope_of(value={"action": action(), "state": "123"})).code == "123"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"action": None},
        {"action": {}},
        {"action": action(type="Action.Submit")},
        {"action": action(verb="")},
        {"action": action(verb=5)},
        {"action": action(verb="x" * 101)},
        {"action": action(data=[])},
        {"action": action(data="x")},
    ],
)
def test_presses_that_cannot_be_read(value: Any) -> None:
    with pytest.raises(MalformedError):
        read_press(envelope_of(value=value))


@pytest.mark.parametrize(
    ("changes", "added", "removed", "is_upgrade"),
    [
        ({"type": "installationUpdate", "action": "add"}, True, False, False),
        ({"type": "installationUpdate", "action": "remove"}, False, True, False),
        ({"type": "installationUpdate", "action": "add-upgrade"}, True, False, True),
        ({"type": "installationUpdate", "action": "remove-upgrade"}, False, False, False),
        ({"type": "conversationUpdate", "membersAdded": [{"id": BOT}]}, True, False, False),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": BOT}]}, False, True, False),
        ({"type": "conversationUpdate", "membersAdded": [{"id": "29:m"}, None]}, False, False, False),
        ({"type": "conversationUpdate", "membersAdded": "x"}, False, False, False),
    ],
)
def test_installations(changes: dict[str, Any], added: bool, removed: bool, is_upgrade: bool) -> None:
    read = read_membership(envelope_of(**changes))
    assert (read.added, read.removed, read.is_upgrade) == (added, removed, is_upgrade)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_KEYS = st.sampled_from(
    ["name", "id", "from", "recipient", "conversation", "entities", "channelData", "value", "text", "membersAdded"]
)


@given(st.dictionaries(_KEYS, _JSON))
def test_any_shape_is_read_or_refused(fields: dict[str, Any]) -> None:
    body = json.dumps({"type": "message", "conversation": {"id": "c"}, **fields}).encode()
    try:
        envelope = read_envelope(body)
    except MalformedError:
        return
    assert isinstance(message_text(envelope), str)
    is_spoken_to(envelope)
    read_membership(envelope)
