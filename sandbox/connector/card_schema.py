"""Holds Adaptive Cards to the shapes that Teams reads: unknown names, wrong kinds of values, what is missing.

Teams itself says nothing about most of these; it leaves out what it cannot read, or the whole card. So here they are
warnings beside the message, which a person sees in the page and a test in the transcript.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.connector.card_shapes import BASES, CHOICES, SHAPES, TEAMS_KINDS, TEAMS_NAMES
from sandbox.connector.state import Json

_MOST_TOLD = 8


@dataclass(frozen=True, slots=True)
class _Name:
    kinds: tuple[str, ...]
    is_needed: bool


def schema_problems(card: Json) -> list[str]:
    """One sentence per problem, each with its place in the card; at most eight."""
    found: list[str] = []
    for problem in _problems(card, "AdaptiveCard", "card"):
        if len(found) == _MOST_TOLD:
            return [*found, "and more"]
        found.append(problem)
    return found


@cache
def _shape(kind: str) -> dict[str, _Name]:
    names: dict[str, _Name] = {}
    for word in SHAPES[kind].split():
        words = BASES[word].split() if word.startswith("@") else [word]
        for each in words:
            name, _, kinds = each.partition(":")
            names[name.removesuffix("!")] = _Name(tuple(kinds.split("|")), name.endswith("!"))
    return names


def _problems(node: Json, kind: str, where: str) -> Iterator[str]:
    """What is wrong with an object that has to be of that kind; "" is any element or action."""
    given = node.get("type")
    if not kind or (isinstance(given, str) and given != kind and kind not in ("AuthCardButton",)):
        if not isinstance(given, str):
            yield f"{where}: it has no type"
            return
        if kind and (given in SHAPES or given in TEAMS_KINDS):
            yield f"{where}: a {given} cannot stand where a {kind} belongs"
            return
        kind = given
    if kind in TEAMS_KINDS:
        return
    if kind not in SHAPES:
        yield f"{where}: there is no element or action {kind!r}"
        return
    shape = _shape(kind)
    for name, rule in shape.items():
        if rule.is_needed and node.get(name) is None:
            yield f"{where}: a {kind} needs {name}"
    for name, value in node.items():
        if name == "type" or name in TEAMS_NAMES:
            continue
        if name not in shape:
            yield f"{where}: a {kind} has no {name!r}"
        elif value is not None:
            yield from _value_problems(value, shape[name].kinds, f"{where}.{name}")


def _value_problems(value: Any, kinds: tuple[str, ...], where: str) -> Iterator[str]:
    fitting = next((kind for kind in kinds if _fits(value, kind)), None)
    if fitting is None:
        yield f"{where}: {_shown(value)} is not {' or '.join(_wanted(kind) for kind in kinds)}"
    elif fitting.startswith("[{"):
        for number, each in enumerate(value):
            if isinstance(each, dict):
                yield from _problems(each, fitting[2:-2], f"{where}[{number}]")
            elif not (isinstance(each, str) and where.endswith((".inlines", ".targetElements"))):
                yield f"{where}[{number}]: {_shown(each)} is no object"
    elif fitting.startswith("{"):
        yield from _problems(value, fitting[1:-1], where)


def _fits(value: Any, kind: str) -> bool:
    if kind == "any":
        return True
    if kind.startswith("["):
        return isinstance(value, list)
    if kind == "object" or kind.startswith("{"):
        return isinstance(value, dict)
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    return kind == "text" or value.casefold() in CHOICES[kind].casefold().split()


def _wanted(kind: str) -> str:
    if kind.startswith("["):
        return "a list"
    if kind == "object" or kind.startswith("{"):
        return "an object"
    if kind in CHOICES:
        return f"one of {CHOICES[kind].replace(' ', ', ')}"
    return {"text": "a text", "number": "a number", "flag": "true or false"}[kind]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
