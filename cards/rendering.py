"""The last step of every card: parts become JSON values, and what every card must keep is checked, once and here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from cards.elements import AdaptiveCard
from cards.language import ENGLISH, Language

Card: TypeAlias = Mapping[str, Any]
"""A rendered Adaptive Card: plain JSON values. Cards may be shared, so nobody changes one."""

MOST_BYTES: Final = 25 * 1024
MOST_BUTTONS: Final = 6
MOST_REFRESHING: Final = 60
"""The people whose clients ask for news by themselves; Teams reads no more than this."""

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_SHARES: Final = (1.0, 0.5, 0.2, 0.08, 0.03)


class CardError(Exception):
    """A card that cannot be sent."""


class CardTooLarge(CardError):
    """More JSON than fits a message with room to spare."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the card takes {size} bytes, {MOST_BYTES} are allowed")
        self.size = size


class CardIncomplete(CardError):
    """Something is missing that every card needs, or there is too much of it."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much of each text is shown, and in which language the card speaks.

    Where a card gets too large, all texts become shorter together.
    """

    share: float = 1.0
    words: Language = ENGLISH

    def of(self, limit: int, at_least: int = 12) -> int:
        """The characters to show of a text that may have `limit` when there is room."""
        return max(int(limit * self.share), min(at_least, limit))


def render(card: AdaptiveCard) -> Card:
    """The card as JSON values.

    Raises: CardIncomplete (an input without label or error message, a picture without a text, more than six buttons,
    no fallback text, an address that is not https, an id used twice), CardTooLarge.
    """
    rendered = card.to_dict()
    if not rendered.get("fallbackText"):
        raise CardIncomplete("the card has no fallbackText")
    _check_parts(rendered)
    # The longest spelling there is: whoever sends the card cannot make it longer than this.
    size = len(json.dumps(rendered))
    if size > MOST_BYTES:
        raise CardTooLarge(size)
    return rendered


def fitted(build: Callable[[Room], AdaptiveCard], words: Language = ENGLISH) -> Card:
    """The card with the longest texts that fit, in this language.

    Raises: CardTooLarge when it does not fit with the shortest either; CardIncomplete.
    """
    for share in _SHARES[:-1]:
        try:
            return render(build(Room(share, words)))
        except CardTooLarge:
            continue
    return render(build(Room(_SHARES[-1], words)))


def is_safe_url(url: str) -> bool:
    """Whether a button may open this address: https, or plain http on this very machine; no hidden user name."""
    if not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def _check_parts(rendered: Card) -> None:
    seen: set[str] = set()
    buttons = 0
    for part in _parts(rendered):
        kind = str(part.get("type", ""))
        buttons += len(part.get("actions", ()))
        if kind.startswith("Input.") and not (part.get("label") and part.get("errorMessage")):
            raise CardIncomplete(f"the input {part.get('id')!r} needs a label and an errorMessage")
        if kind == "Image" and not part.get("altText"):
            raise CardIncomplete("a picture needs an altText")
        if kind in ("Image", "Action.OpenUrl") and not is_safe_url(str(part.get("url", ""))):
            raise CardIncomplete("an address has to be https")
        if kind and "id" in part:
            if part["id"] in seen:
                raise CardIncomplete(f"the id {part['id']!r} is used twice")
            seen.add(part["id"])
    if buttons > MOST_BUTTONS:
        raise CardIncomplete(f"the card has {buttons} buttons, {MOST_BUTTONS} are allowed")


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every part of the card; what a button sends back is data and no part."""
    if isinstance(value, dict):
        yield value
        for name, member in value.items():
            if name != "data" and isinstance(member, (dict, list)):
                yield from _parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _parts(member)
