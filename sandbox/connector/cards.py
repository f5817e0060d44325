"""Reading an Adaptive Card the way a client does: its buttons, its inputs, and what a press sends.

Nothing here draws. Parts that are no part of what a person sees (`fallback`, `refresh`, payloads) are not searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.state import Json

_NOT_SHOWN = frozenset({"data", "fallback", "refresh", "authentication", "msteams", "valueChangedAction", "resources"})


@dataclass(frozen=True, slots=True)
class Button:
    """An action and the cards it sits in: the root first, then every `Action.ShowCard` that has to be opened."""

    action: Json
    cards: tuple[Json, ...]

    @property
    def kind(self) -> str:
        return str(self.action["type"])

    @property
    def title(self) -> str:
        return str(self.action.get("title") or "")

    @property
    def name(self) -> str:
        """What to call it by: the title, else the id, else the verb."""
        return self.title or str(self.action.get("id") or self.action.get("verb") or self.kind)

    def answers_to(self, wanted: str, *, exactly: bool) -> bool:
        names = [self.action.get(key) for key in ("title", "id", "verb", "tooltip")]
        if exactly:
            return wanted in names
        return wanted.strip().casefold() in [name.strip().casefold() for name in names if isinstance(name, str)]


def buttons(card: Json) -> list[Button]:
    """Every button of a card, in reading order, those of cards that `Action.ShowCard` opens too."""
    return list(_buttons(card, (card,)))


def _buttons(node: Any, cards: tuple[Json, ...]) -> Iterator[Button]:
    if isinstance(node, list):
        for each in node:
            yield from _buttons(each, cards)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    if isinstance(kind, str) and kind.startswith("Action."):
        yield Button(node, cards)
        opened = node.get("card")
        if kind == "Action.ShowCard" and isinstance(opened, dict):
            yield from _buttons(opened, (*cards, opened))
            return
    for key, value in node.items():
        if key not in _NOT_SHOWN:
            yield from _buttons(value, cards)


def find_button(card: Json, wanted: str, *, payload: Any = None) -> Button | None:
    """The button with this title, id, verb or tooltip; spelling counts before upper and lower case do.

    Of several such buttons, as in a list with one per row, it is the one that sends `payload`, else the first.
    """
    found = buttons(card)
    for exactly in (True, False):
        fitting = [button for button in found if button.answers_to(wanted, exactly=exactly)]
        if fitting:
            sending = (button for button in fitting if payload is not None and button.action.get("data", {}) == payload)
            return next(sending, fitting[0])
    return None


def inputs_for(button: Button) -> dict[str, Json]:
    """The inputs that a press on this button sends, by id: those of its own card and of the cards around it."""
    if button.action.get("associatedInputs") == "none":
        return {}
    found: dict[str, Json] = {}
    for card in button.cards:
        for element in _inputs(card):
            found.setdefault(str(element["id"]), element)
    return found


def all_inputs(card: Json) -> list[Json]:
    """Every input of a card, those of cards that `Action.ShowCard` opens too."""
    return list(_inputs(card, opened=True))


def _inputs(node: Any, *, opened: bool = False) -> Iterator[Json]:
    if isinstance(node, list):
        for each in node:
            yield from _inputs(each, opened=opened)
    elif isinstance(node, dict):
        if str(node.get("type", "")).startswith("Input.") and node.get("id"):
            yield node
        for key, value in node.items():
            if key not in _NOT_SHOWN and (opened or not (key == "card" and node.get("type") == "Action.ShowCard")):
                yield from _inputs(value, opened=opened)


def filled(button: Button, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the inputs send: what was `typed` (by id or label), else what the card had put there.

    Inputs left empty are left out, as Teams does. Raises PersonError (404) for an input that is not on the card.
    """
    elements = inputs_for(button)
    by_label = {str(element.get("label")): key for key, element in elements.items() if element.get("label")}
    values = {key: _preset(element) for key, element in elements.items()}
    for name, value in typed.items():
        key = name if name in elements else by_label.get(name)
        if key is None:
            raise nothing_like("input", name, list(elements))
        values[key] = _as_sent(elements[key], value)
    return {key: value for key, value in values.items() if value not in (None, "")}


def _preset(element: Json) -> Any:
    if element["type"] == "Input.Toggle":
        return element.get("value", element.get("valueOff", "false"))
    return element.get("value")


def _as_sent(element: Json, value: Any) -> Any:
    if element["type"] == "Input.Toggle" and isinstance(value, bool):
        return element.get("valueOn", "true") if value else element.get("valueOff", "false")
    if element["type"] != "Input.ChoiceSet":
        return value
    wanted = value if isinstance(value, list) else [value]
    return ",".join(_choice_value(element, each) for each in wanted)


def _choice_value(element: Json, wanted: Any) -> str:
    """The value of the choice with this value or title. Anything else passes: picked by typeahead, or altered."""
    choices = _choices(element)
    values = [str(choice.get("value")) for choice in choices]
    titles = [str(choice.get("title")) for choice in choices]
    if str(wanted) not in values and str(wanted) in titles:
        return values[titles.index(str(wanted))]
    return str(wanted)


def _choices(element: Json) -> list[Json]:
    choices = element.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def check_inputs(button: Button, values: Mapping[str, Any]) -> None:
    """Refuse what a client would not send. Raises PersonError (422) with one sentence per input that is not right."""
    problems = {
        key: problem for key, element in inputs_for(button).items() if (problem := _problem(element, values.get(key)))
    }
    if problems:
        message = "The card does not accept these inputs: " + "; ".join(f"{k}: {v}" for k, v in problems.items())
        raise PersonError(422, "inputs-not-accepted", message, problems=problems)


def _problem(element: Json, value: Any) -> str | None:
    said = str(element.get("errorMessage") or "")
    if value in (None, ""):
        return (said or "is required") if element.get("isRequired") else None
    if element["type"] == "Input.Toggle" and element.get("isRequired") and value != element.get("valueOn", "true"):
        return said or "is required"
    rule = {
        "Input.Text": _text_problem,
        "Input.Number": _number_problem,
        "Input.ChoiceSet": _choice_problem,
        "Input.Date": _range_problem,
        "Input.Time": _range_problem,
    }.get(element["type"])
    problem = rule(element, str(value)) if rule else None
    return (said or problem) if problem else None


def _text_problem(element: Json, value: str) -> str | None:
    longest = element.get("maxLength")
    if isinstance(longest, int) and len(value) > longest:
        return f"has more than {longest} characters"
    pattern = element.get("regex")
    if isinstance(pattern, str) and pattern and not re.search(pattern, value):
        return "does not match the pattern"
    return None


def _number_problem(element: Json, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "is not a number"
    if "min" in element and number < float(element["min"]):
        return f"is less than {element['min']}"
    if "max" in element and number > float(element["max"]):
        return f"is more than {element['max']}"
    return None


def _range_problem(element: Json, value: str) -> str | None:
    """Dates and times are written so that their order is the order of their texts."""
    if element.get("min") and value < str(element["min"]):
        return f"is before {element['min']}"
    if element.get("max") and value > str(element["max"]):
        return f"is after {element['max']}"
    return None


def _choice_problem(element: Json, value: str) -> str | None:
    if "choices.data" in element:
        return None
    known = {str(choice.get("value")) for choice in _choices(element)}
    chosen = value.split(",") if element.get("isMultiSelect") else [value]
    strange = [each for each in chosen if each not in known]
    return f"{strange[0]!r} is not one of the choices" if strange else None


def texts(node: Any) -> Iterator[str]:
    """Everything a person can read on a card: texts, titles, labels, facts, choices."""
    if isinstance(node, list):
        for each in node:
            yield from texts(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in _NOT_SHOWN:
                continue
            if key in ("text", "title", "label", "value", "altText", "placeholder") and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
