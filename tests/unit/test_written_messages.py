"""The JSON of what is sent, whichever way it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.teams.activities import card_answer, card_message, text_message, written
from bot.turn import SharedCard

CARD: dict[str, Any] = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": 'Zoë said "hi" \\ \u2028 </b>'}]}


@pytest.mark.parametrize("summary", ["", 'A "summary": {"attachments":[]}'])
def test_a_shared_card_is_sent_like_any_other(summary: str) -> None:
    shared = SharedCard(CARD)
    for _ in range(2):
        assert json.loads(written(card_message(shared, summary))) == card_message(CARD, summary)
    assert json.loads(written(card_answer(shared))) == card_answer(CARD)


def test_messages_are_written_in_utf_8_without_spaces() -> None:
    assert written(text_message("Zoë <&>")) == '{"type":"message","textFormat":"plain","text":"Zoë <&>"}'.encode()


@pytest.mark.parametrize("kind", [dict, SharedCard])
def test_half_of_a_pair_of_surrogates_stops_no_message(kind: type[dict[str, Any]]) -> None:
    card = kind({"type": "AdaptiveCard", "fallbackText": "cut \ud83d off"})
    sent = json.loads(written(card_message(card, "cut \ud83d off")))
    assert sent == card_message({"type": "AdaptiveCard", "fallbackText": "cut ? off"}, "cut ? off")
