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
    CAUTION = "caution"  # to be read before anything is pressed
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


class ButtonStyle(StrEnum):
    DEFAULT = "default"
    POSITIVE = "positive"  # the one thing the card is for
    DESTRUCTIVE = "destructive"  # takes something away


@dataclass(frozen=True, slots=True)
class Button:
    title: str
    action: CardAction
    style: ButtonStyle = ButtonStyle.DEFAULT


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str
