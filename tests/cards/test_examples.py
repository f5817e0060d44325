"""The examples as they are kept in git, and what holds for every one of them."""

from __future__ import annotations

import json

import pytest

from cards.rendering import MOST_BUTTONS, MOST_BYTES
from tests.cards.examples import CHAT, PORTAL, examples
from tests.cards.golden_files import FOLDER, path_of, written
from tests.support.card_reading import parts, presses
from tests.support.card_schema import CardSchema

NAMES = sorted(examples())


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_the_one_in_the_golden_file(name: str) -> None:
    """After a change on purpose: python -m tests.cards.golden_files --write"""
    assert written(examples()[name]) == path_of(name).read_text("utf-8")


def test_every_golden_file_belongs_to_an_example() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_card_passes_the_published_schema(name: str, card_schema: CardSchema) -> None:
    assert card_schema.problems(examples()[name]) == []


def test_the_schema_check_finds_what_is_wrong(card_schema: CardSchema) -> None:
    card = dict(examples()["help"])
    assert card_schema.problems({**card, "body": [{"type": "TextBlok", "text": "x"}]}) != []
    assert card_schema.problems({**card, "colour": "red"}) != []
    assert card_schema.problems({name: value for name, value in card.items() if name != "version"}) != []


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_small_and_has_few_buttons(name: str) -> None:
    card = examples()[name]
    assert len(json.dumps(card)) <= MOST_BYTES
    assert sum(len(part.get("actions", ())) for part in parts(card)) <= MOST_BUTTONS


@pytest.mark.parametrize("name", NAMES)
def test_the_card_can_be_read_without_eyes(name: str) -> None:
    card = examples()[name]
    headings = [part for part in parts(card) if part.get("style") == "heading"]
    assert card["speak"]
    assert headings
    assert all(press["title"] for press in presses(card))


SENDING = (
    "request.submit",
    "request.several",
    "request.pick",
    "approval.approve",
    "approval.deny",
    "packages.pick",
)


@pytest.mark.parametrize("name", NAMES)
def test_only_buttons_that_send_the_form_bring_its_inputs(name: str) -> None:
    """A required input would otherwise keep somebody from leaving the form."""
    for press in presses(examples()[name]):
        is_filter = press["verb"] == "packages.show" and press["data"] == {} and press["title"] == "Filter"
        sends_inputs = is_filter or press["verb"] in SENDING
        assert (press.get("associatedInputs") != "none") is sends_inputs


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_where_the_view_says_and_nowhere_else(name: str) -> None:
    assert {part["url"] for part in parts(examples()[name]) if "url" in part} <= {PORTAL, CHAT}
