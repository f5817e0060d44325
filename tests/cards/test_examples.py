"""The examples as they are kept in git, and what holds for every one of them."""

from __future__ import annotations

import json

import pytest

from cards.rendering import MOST_BUTTONS, MOST_BYTES
from tests.cards.examples import CHAT, PORTAL, examples
from tests.cards.golden_files import FOLDER, path_of, written
from tests.cards.test_actions import KINDS
from tests.cards.translated import LANGUAGES, translated
from tests.support.card_reading import parts, presses, visible_texts
from tests.support.card_schema import CardSchema

NAMES = sorted(examples())
FILTERING = {words(title) for words in LANGUAGES for title in ("Filter", "Show")}
SENDING = ("request.submit", "approval.approve", "approval.deny", "remark.send", "remark.answer")


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


@pytest.mark.parametrize("name", sorted(translated()))
def test_a_translated_card_cuts_none_of_its_words_off(name: str) -> None:
    """Other languages need more room than English; what names and reasons leave must be enough for them."""
    assert not [text for text in visible_texts(examples()[name]) if text.endswith("…")]


@pytest.mark.parametrize("name", NAMES)
def test_only_buttons_that_send_the_form_bring_its_inputs(name: str) -> None:
    """A required input would otherwise keep somebody from leaving the form."""
    card = examples()[name]
    there = {part["id"] for part in parts(card) if str(part.get("type", "")).startswith("Input.")}
    for press in presses(card) if there else ():
        kind = KINDS[press["verb"]]
        filled_by_inputs = there & (kind.model_fields.keys() - press["data"].keys())
        if press["verb"] in (
            "packages.show",
            "team.show",
            "team.ask-export",
        ):  # turning pages keeps to what the page was made with
            assert (press.get("associatedInputs") != "none") is (press["title"] in FILTERING)
            continue
        sends_inputs = bool(filled_by_inputs or (there and kind.model_config.get("extra") == "allow"))
        assert (press.get("associatedInputs") != "none") is sends_inputs, press["title"]


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_where_the_view_says_and_nowhere_else(name: str) -> None:
    assert {part["url"] for part in parts(examples()[name]) if "url" in part} <= {PORTAL, CHAT}
