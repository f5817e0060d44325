"""Reading a rendered card as a client does: its parts, what it shows, what can be pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

JsonPart = Mapping[str, Any]

_PUNCTUATION: Final = r"!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~"
_ESCAPE: Final = re.compile(rf"\\([{_PUNCTUATION}])")


def parts(value: Any) -> Iterator[JsonPart]:
    """Every object in the card, except inside what buttons send back."""
    if isinstance(value, Mapping):
        yield value
        for name, member in value.items():
            if name != "data":
                yield from parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member)


def presses(card: JsonPart) -> list[JsonPart]:
    """Every `Action.Execute`: buttons, tappable rows and the refresh action."""
    return [part for part in parts(card) if part.get("type") == "Action.Execute"]


def markdown_texts(card: JsonPart) -> list[str]:
    """Every text that a client reads as Markdown, as the card writes it."""
    texts = [str(card["fallbackText"])]
    for part in parts(card):
        if part.get("type") == "TextBlock":
            texts.append(part["text"])
        texts.extend(text for fact in part.get("facts", ()) for text in (fact["title"], fact["value"]))
        if "errorMessage" in part:
            texts.append(part["errorMessage"])
    return texts


def plain_texts(card: JsonPart) -> list[str]:
    """Every text that a client shows as it is."""
    texts = [str(card["speak"])]
    for part in parts(card):
        kind = str(part.get("type", ""))
        if kind.startswith("Action.") and "title" in part:
            texts.append(part["title"])
        texts.extend(part[name] for name in ("label", "placeholder") if name in part)
        texts.extend(choice["title"] for choice in part.get("choices", ()))
    return texts


def shown(markdown: str) -> str:
    """What a client shows for an escaped text: the same without the backslashes."""
    return _ESCAPE.sub(r"\1", markdown)


def visible_texts(card: JsonPart) -> list[str]:
    """Everything there is to read on the card, in no particular order."""
    return [*map(shown, markdown_texts(card)[1:]), *plain_texts(card)[1:]]
