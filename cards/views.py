"""Small values that several cards share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cards.actions import CardAction


class Tone(StrEnum):
    """How a line feels; cards turn it into colour and an icon, never colour alone."""

    NEUTRAL = "neutral"
    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Button:
    title: str
    action: CardAction


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str
