"""What the sandbox has against cards, held to Microsoft's published schema where that is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.connector.card_schema import schema_problems
from sandbox.connector.card_shapes import BASES, CHOICES, SHAPES, TEAMS_NAMES
from tests.sandbox.connector_support import card, execute
from tests.support.card_schema import FILE, VARIABLE, CardSchema

GOLDEN = sorted(Path(__file__).resolve().parents[1].glob("cards/**/*.json"))


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ({"type": "TextBlok", "text": "x"}, "there is no element or action 'TextBlok'"),
        ({"type": "TextBlock"}, "a TextBlock needs text"),
        ({"type": "TextBlock", "text": "x", "colour": "good"}, "a TextBlock has no 'colour'"),
        ({"type": "TextBlock", "text": "x", "color": "pink"}, "'pink' is not one of default, dark"),
        ({"type": "TextBlock", "text": 5}, "5 is not a text"),
        ({"type": "TextBlock", "text": "x", "wrap": "yes"}, "'yes' is not true or false"),
        ({"type": "FactSet", "facts": [{"title": "x"}]}, "a Fact needs value"),
        ({"type": "Container", "items": [{"type": "Nothing"}]}, "card.body[0].items[0]: there is no"),
        ({"type": "ColumnSet", "columns": [{"type": "TextBlock", "text": "x"}]}, "where a Column belongs"),
        ({"type": "ActionSet", "actions": [{"type": "Action.OpenUrl"}]}, "needs url"),
    ],
)
def test_each_problem_is_named_with_its_place(element: dict[str, Any], problem: str) -> None:
    [found] = schema_problems(card(element))
    assert problem in found
    assert found.startswith("card.body[0]")


def test_what_teams_adds_is_known() -> None:
    chooser: dict[str, Any] = {"type": "Input.ChoiceSet", "id": "x", "style": "filtered", "choices": []}
    chooser["choices.data"] = {"type": "Data.Query", "dataset": "packages", "associatedInputs": "auto"}
    chart = {"type": "Chart.Donut", "title": "x", "anything": 1, "fallback": "drop"}
    assert schema_problems(card(chooser, chart, actions=[execute("Go", "go")], msteams={"width": "Full"})) == []


def test_a_card_full_of_problems_is_told_in_a_few_lines() -> None:
    assert len(schema_problems(card(*[{"type": "No"}] * 30))) == 9


def test_our_own_cards_have_none() -> None:
    assert GOLDEN
    for path in GOLDEN:
        assert schema_problems(json.loads(path.read_text("utf-8"))) == [], path.name


def test_the_words_are_well_formed() -> None:
    for words in (*SHAPES.values(), *BASES.values()):
        for word in words.split():
            if word.startswith("@"):
                assert word in BASES
                continue
            for kind in word.partition(":")[2].split("|"):
                inner = kind.removeprefix("[").removesuffix("]")
                if inner.startswith("{"):
                    assert inner == "{}" or inner[1:-1] in SHAPES, word
                else:
                    assert inner in CHOICES or inner in ("text", "number", "flag", "object", "any"), word


@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} does not say where Microsoft's schemas are")
def test_every_published_kind_and_name_is_known() -> None:
    published = json.loads((Path(os.environ[VARIABLE]) / FILE).read_text("utf-8"))["definitions"]
    own = {name: {word.partition(":")[0].removesuffix("!") for word in _words(shape)} for name, shape in SHAPES.items()}
    for kind, described in published.items():
        names = {name.removesuffix("?") for name in described.get("properties", {})} - {"type"}
        if names and not kind.startswith(("ImplementationsOf", "Extendable")):
            assert names <= own[kind] | TEAMS_NAMES, kind
    assert CardSchema.from_environment() is not None


def _words(shape: str) -> list[str]:
    return [each for word in shape.split() for each in (BASES[word].split() if word in BASES else [word])]
