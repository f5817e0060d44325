"""The parts of a card are strict, and the whole is checked before it goes out."""

from __future__ import annotations

from typing import Any

import pytest

from cards import elements as parts
from cards import inputs
from cards.actions import RunCommand
from cards.rendering import (
    MOST_BYTES,
    MOST_REFRESHING,
    CardIncomplete,
    CardTooLarge,
    Room,
    fitted,
    is_safe_url,
    render,
)
from cards.vocabulary import document, execute, open_url, paragraph, refresh, text_input
from tests.support.card_schema import CardSchema

HELP = RunCommand(text="help")


def text_block(words: str = "x") -> parts.TextBlock:
    return parts.TextBlock(text=words)


@pytest.mark.parametrize(
    ("part", "properties"),
    [
        (parts.TextBlock, {"text": "x", "is_subtle": True}),
        (parts.TextBlock, {"text": "x", "colour": "good"}),
        (parts.TextBlock, {"text": 1}),
        (parts.TextBlock, {"text": "x", "wrap": "yes"}),
        (parts.TextBlock, {"text": "x", "maxLines": True}),
        (parts.TextBlock, {}),
        (parts.Container, {"items": ["x"]}),
        (parts.Container, {"items": [inputs.Choice(title="a", value="b")]}),
        (parts.Container, {"items": [], "selectAction": "x"}),
        (parts.ColumnSet, {"columns": [parts.Container(items=[])]}),
        (parts.ActionSet, {"actions": [parts.TextBlock(text="x")]}),
        (parts.FactSet, {"facts": [("a", "b")]}),
        (parts.Execute, {"title": "x"}),
        (parts.Icon, {"name": "Clock"}),
        (parts.Badge, {"text": "new"}),
        (parts.Image, {"url": "https://x.example/a.png"}),
        (inputs.TextInput, {"label": "x"}),
        (parts.Refresh, {"action": parts.Execute(verb="v"), "userIds": [1]}),
    ],
)
def test_what_a_part_does_not_have_is_refused(part: type[parts.Part], properties: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        part(**properties)


def test_a_word_that_is_none_of_the_allowed_ones_is_refused() -> None:
    with pytest.raises(ValueError, match="color is one of"):
        parts.TextBlock(text="x", color="red")


def test_a_part_cannot_be_changed_afterwards() -> None:
    block = text_block()
    with pytest.raises(TypeError, match="complete"):
        block.text = "y"


def test_nothing_said_is_nothing_written() -> None:
    assert parts.TextBlock(text="x", color=None).to_dict() == {"type": "TextBlock", "text": "x"}


def everything() -> parts.AdaptiveCard:
    """A card that uses every part there is."""
    fallback = text_block("fallback")
    run = parts.TextRun(text="run", italic=True, selectAction=parts.Execute(verb="tap", title="Tap"))
    asked = [
        inputs.TextInput(id="a", label="A", errorMessage="e", regex="^a$", maxLength=5, placeholder="p", style="email"),
        inputs.ChoiceInput(
            id="b",
            label="B",
            errorMessage="e",
            choices=[inputs.Choice(title="One", value="1")],
            style="filtered",
            **{"choices.data": inputs.DataQuery(dataset="people", associatedInputs="auto")},
        ),
        inputs.DateInput(id="c", label="C", errorMessage="e", value="2026-11-02", min="2026-01-01", max="2026-12-31"),
        inputs.ToggleInput(id="d", label="D", errorMessage="e", title="Yes", valueOn="y", valueOff="n"),
    ]
    table = parts.Table(
        columns=[parts.TableColumn(width=1), parts.TableColumn(width="80px")],
        rows=[parts.TableRow(cells=[parts.TableCell(items=[text_block()]), parts.TableCell(items=[text_block()])])],
        firstRowAsHeader=True,
    )
    return parts.AdaptiveCard.root(
        body=[
            parts.RichTextBlock(inlines=[run]),
            parts.Container(items=[text_block()], style="warning", bleed=True),
            parts.ColumnSet(columns=[parts.Column(width=2, items=[text_block()])]),
            parts.FactSet(facts=[parts.Fact(title="a", value="b")]),
            parts.Image(url="https://x.example/a.png", altText="A door", size="small"),
            parts.Icon(name="Clock", fallback=fallback),
            parts.Badge(text="new", fallback="drop"),
            table,
            *asked,
            parts.ActionSet(
                actions=[parts.ToggleVisibility(title="t", targetElements=["a", parts.TargetElement(elementId="b")])]
            ),
        ],
        actions=[
            parts.Execute(title="Go", verb="go", data={"url": "kept"}, associatedInputs="auto", style="positive"),
            parts.OpenUrl(title="Open", url="https://x.example"),
            parts.ShowCard(title="More", card=parts.AdaptiveCard(body=[text_block()])),
        ],
        refresh=parts.Refresh(action=parts.Execute(verb="again"), userIds=["29:x"]),
        authentication=parts.Authentication(
            text="Sign in",
            connectionName="c",
            tokenExchangeResource=parts.TokenExchangeResource(id="i", uri="api://u", providerId="p"),
            buttons=[parts.SignInButton(type="signin", title="Sign in", value="https://x.example")],
        ),
        msteams=parts.TeamsOptions(
            width="Full", entities=[parts.Mention(text="<at>M</at>", mentioned=parts.Mentioned(id="29:m", name="M"))]
        ),
        fallbackText="x",
        speak="x",
    )


def test_a_card_with_every_part_passes_the_schema(card_schema: CardSchema) -> None:
    assert card_schema.problems(render(everything())) == []


def test_the_header_of_a_table_is_written_in_both_spellings() -> None:
    table = next(part for part in render(everything())["body"] if part["type"] == "Table")
    assert table["firstRowAsHeader"] is table["firstRowAsHeaders"] is True


def test_teams_gets_its_own_names() -> None:
    card = render(everything())
    assert card["msteams"]["width"] == "Full"
    assert card["version"] == "1.5"
    choices = next(part for part in card["body"] if part["type"] == "Input.ChoiceSet")
    assert choices["choices.data"] == {"type": "Data.Query", "dataset": "people", "associatedInputs": "auto"}


@pytest.mark.parametrize(
    "body",
    [
        [inputs.TextInput(id="a", errorMessage="e")],
        [inputs.TextInput(id="a", label="A")],
        [parts.Image(url="https://x.example/a.png", altText="")],
        [parts.Image(url="http://x.example/a.png", altText="A door")],
        [text_input("a", "A", "e"), text_input("a", "A", "e")],
        [parts.Container(items=[inputs.DateInput(id="a", label="A")])],
        [parts.ActionSet(actions=[parts.OpenUrl(title="x", url="javascript:alert(1)")])],
    ],
)
def test_an_incomplete_card_is_not_sent(body: list[parts.Element]) -> None:
    with pytest.raises(CardIncomplete):
        render(document("x", body))


def test_a_card_without_fallback_text_is_not_sent() -> None:
    with pytest.raises(CardIncomplete, match="fallbackText"):
        render(parts.AdaptiveCard.root(body=[text_block()]))


def test_buttons_are_counted_wherever_they_stand() -> None:
    four = [execute(f"b{number}", HELP) for number in range(4)]
    assert render(document("x", [parts.ActionSet(actions=four[:2])], actions=four))
    with pytest.raises(CardIncomplete, match="8 buttons"):
        render(document("x", [parts.ActionSet(actions=four)], actions=four))


def test_a_card_too_large_is_not_sent() -> None:
    with pytest.raises(CardTooLarge) as caught:
        render(document("x", [text_block("é" * MOST_BYTES)]))
    assert caught.value.size > MOST_BYTES


def test_texts_become_shorter_until_the_card_fits() -> None:
    long = "é" * 50_000
    card = fitted(lambda room: document("x", [paragraph(long, room, limit=50_000)]))
    assert len(card["body"][0]["text"]) > 1_000
    with pytest.raises(CardTooLarge):
        fitted(lambda _room: document("x", [text_block(long)]))


def test_room_leaves_something_to_read() -> None:
    assert Room(0.01).of(300) == 12
    assert Room(0.01).of(5) == 5
    assert Room().of(300) == 300


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://myaccess.microsoft.com/@x#/y", True),
        ("http://127.0.0.1:8765/", True),
        ("http://localhost/", True),
        ("http://[::1]:80/", True),
        ("http://x.example/", False),
        ("http://127.0.0.1.evil.example/", False),
        ("https://good.example@evil.example/", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https:///x", False),
        ("https://x.example/\n", False),
        ("https://x.example\\@evil.example", False),
        ("https://[x", False),
        ("/relative", False),
        ("", False),
    ],
)
def test_buttons_open_safe_addresses_only(url: str, is_safe: bool) -> None:
    assert is_safe_url(url) is is_safe
    if is_safe:
        assert open_url("x", url).to_dict()["url"] == url
    else:
        with pytest.raises(ValueError, match="https"):
            open_url("x", url)


def test_at_most_sixty_people_refresh_and_each_once() -> None:
    ids = [f"29:{number}" for number in range(80)]
    made = refresh(HELP, [ids[0], *ids]).to_dict()
    assert made["userIds"] == ids[:MOST_REFRESHING]
    assert made["action"]["verb"] == HELP.verb
    assert refresh(HELP, []).to_dict()["userIds"] == []
