"""Moments and spans of time in a person's language and zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_timedelta
from babel.units import format_unit

from bot.turn import Turn
from cards.language import ENGLISH, Language


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their locale (such as "de-DE"), zone, Teams id, and the language they are written to in."""

    locale: str = "en"
    time_zone: str | None = None
    teams_id: str = ""
    words: Language = ENGLISH


def reader_of(turn: Turn) -> Reader:
    return Reader(turn.locale, turn.time_zone, turn.actor.teams_id, turn.words)


def moment(at: datetime, reader: Reader) -> str:
    """`Tue 24 Nov, 14:05`, in the reader's zone; with the zone's name when it is not known to be theirs."""
    zone = _zone(reader.time_zone)
    text = format_datetime(at.astimezone(zone), "EEE d MMM, HH:mm", locale=_locale(reader.locale))
    return text if reader.time_zone else f"{text} UTC"


def day(at: datetime, reader: Reader) -> str:
    """`24 November 2026`, in the reader's zone."""
    return format_datetime(at.astimezone(_zone(reader.time_zone)), "d MMMM y", locale=_locale(reader.locale))


def distance(at: datetime, now: datetime, reader: Reader) -> str:
    """`in 3 days`, `2 hours ago`."""
    if abs(at - now) < timedelta(minutes=1):
        return "just now" if at <= now else "in a minute"
    return format_timedelta(at - now, add_direction=True, threshold=1.2, locale=_locale(reader.locale))


def span(duration: timedelta, reader: Reader) -> str:
    """`90 days`, `12 hours`: exact where the span is whole days, hours or minutes."""
    seconds = int(duration.total_seconds())
    for unit, size in (("duration-day", 86_400), ("duration-hour", 3_600), ("duration-minute", 60)):
        if seconds >= size and seconds % size == 0:
            return format_unit(seconds // size, unit, length="long", locale=_locale(reader.locale))
    return format_timedelta(duration, locale=_locale(reader.locale))


def listed(names: tuple[str, ...], most: int = 3) -> str:
    """`Ann`, `Ann or Bob`, `Ann, Bob or Cem`, `Ann, Bob, Cem or 4 others`."""
    shown, hidden = names[:most], len(names) - most
    if hidden > 0:
        return f"{', '.join(shown)} or {hidden} {'other' if hidden == 1 else 'others'}"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


@lru_cache(maxsize=64)
def _locale(tag: str) -> Locale:
    """English until the sentences around the dates are translated: a card speaks one language."""
    try:
        locale = Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
    return locale if locale.language == "en" else Locale("en")


@lru_cache(maxsize=256)
def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
