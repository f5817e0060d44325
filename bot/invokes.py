"""What a Teams client asks for besides messages and presses: choices while somebody types, cards for the compose box.

Such questions are answered in the same breath, in words when they cannot be: nothing is sent, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.turn import Card, SignInPrompt

MOST_CHOICES = 15
"""What a drop-down of Teams shows; more are cut off there."""


@dataclass(frozen=True, slots=True)
class ChoiceSearch:
    """Somebody types into an input that asks for its choices.

    `dataset` is the name that the input gave to its source, `inputs` what stands in the card's other inputs. All of it
    comes from the client and proves nothing.
    """

    dataset: str
    text: str
    most: int = MOST_CHOICES
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: `title` is shown as it is, `value` is what the card sends. A picked value is checked again."""

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the drop-down shows; `problem` stands there instead when there is nothing to show."""

    items: tuple[Choice, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ComposeSearch:
    """A search from the compose box. `is_first` when it was only opened, before anything was typed."""

    command: str
    text: str = ""
    is_first: bool = False
    skip: int = 0
    most: int = 25


@dataclass(frozen=True, slots=True)
class PastedLink:
    """A link of a domain that the app has named, pasted into the compose box."""

    url: str


ComposeQuestion: TypeAlias = ComposeSearch | PastedLink


@dataclass(frozen=True, slots=True)
class FileWish:
    """Somebody wants the file that they were offered. `context` comes from the client and proves nothing."""

    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileContent:
    """What is put into the person's OneDrive; a sentence in its place when they cannot have it."""

    content: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Shareable:
    """A card that the person may put into their own message; `title` and `text` are what the list shows of it."""

    card: Card
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """What the compose box shows: cards to choose from, else a sentence, else the way to sign in."""

    items: tuple[Shareable, ...] = ()
    text: str = ""
    sign_in: SignInPrompt | None = None
