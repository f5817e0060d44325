"""Moments and spans of time in a person's language and zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, format_timedelta, get_datetime_format
from babel.lists import format_list

from bot.services.zones import last_day as last_day_of
from bot.services.zones import zone_of
from bot.turn import Turn
from cards.language import ENGLISH, Language

_WHOLE: Final[tuple[Literal["day", "hour", "minute"], ...]] = ("day", "hour", "minute")
_NEVER: Final = 10**9  # of a unit, before the next larger one is used


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
    """`Tue, 24 Nov, 14:05`, in the reader's zone; with the zone's name when it is not known to be theirs."""
    there, locale = at.astimezone(zone_of(reader.time_zone)), _locale_of(reader)
    date, time = format_skeleton("MMMEd", there, locale=locale), format_time(there, "short", locale=locale)
    # The pattern joins the two; what stands in apostrophes in it is no field, and braces are none of its own.
    text = str(get_datetime_format("medium", locale=locale)).replace("'", "").format(time, date)
    return text if reader.time_zone else f"{text} UTC"


def day(at: datetime, reader: Reader) -> str:
    """`24 November 2026`, in the reader's zone."""
    return format_date(at.astimezone(zone_of(reader.time_zone)), "long", locale=_locale_of(reader))


def last_day(ends_at: datetime, reader: Reader) -> str:
    """The day on which something is still there, as `day` gives it: what ends at midnight ends the day before."""
    return format_date(last_day_of(ends_at, zone_of(reader.time_zone)), "long", locale=_locale_of(reader))


def distance(at: datetime, now: datetime, reader: Reader) -> str:
    """`in 3 days`, `2 hours ago`."""
    if abs(at - now) < timedelta(minutes=1):
        return reader.words("just now") if at <= now else reader.words("in a minute")
    return format_timedelta(
        at - now, granularity="minute", add_direction=True, threshold=1.2, locale=_locale_of(reader)
    )


def moment_and_distance(at: datetime, now: datetime, reader: Reader) -> str:
    """`Tue, 24 Nov, 14:05 (in 3 days)`."""
    return f"{moment(at, reader)} ({distance(at, now, reader)})"


def span(duration: timedelta, reader: Reader) -> str:
    """`90 days`, `12 hours`: exact where the span is whole days, hours or minutes."""
    locale = _locale_of(reader)
    for unit in _WHOLE:
        if duration and duration % timedelta(**{f"{unit}s": 1}) == timedelta(0):
            return format_timedelta(duration, granularity=unit, threshold=_NEVER, locale=locale)
    return format_timedelta(duration, locale=locale)


def rough_span(duration: timedelta, reader: Reader) -> str:
    """`3 hours`, `2 days`: in the unit that people would use for it."""
    if duration < timedelta(minutes=1):
        return reader.words("less than a minute")
    return format_timedelta(duration, threshold=1.5, locale=_locale_of(reader))


def listed(names: tuple[str, ...], reader: Reader, most: int = 3) -> str:
    """`Ann`, `Ann or Bob`, `Ann, Bob or Cem`, `Ann, Bob, Cem or 4 others`."""
    shown, hidden = names[:most], len(names) - most
    if hidden > 0:
        names_shown = ", ".join(shown)
        return reader.words.plural("{names} or {count} other", "{names} or {count} others", hidden, names=names_shown)
    return format_list(shown, style="or", locale=_locale_of(reader))


def listed_all(names: tuple[str, ...], reader: Reader, most: int = 5) -> str:
    """`Ann`, `Ann and Bob`, `Ann, Bob, Cem, Dan, Eva and 4 others`."""
    shown, hidden = names[:most], len(names) - most
    if hidden > 0:
        names_shown = ", ".join(shown)
        return reader.words.plural("{names} and {count} other", "{names} and {count} others", hidden, names=names_shown)
    return format_list(shown, style="standard", locale=_locale_of(reader))


def _locale_of(reader: Reader) -> Locale:
    return _locale(reader.words.tag, reader.locale)


@lru_cache(maxsize=256)
def _locale(language: str, wish: str) -> Locale:
    """The language of the sentences, because a card speaks one, as it is written where the reader lives."""
    spoken = Locale.parse(language, sep="-")
    try:
        own = Locale.parse(wish.replace("-", "_"))
        return own if own.language == spoken.language else Locale(spoken.language, own.territory)
    except (UnknownLocaleError, ValueError):
        return spoken


def sentences(*whole: str) -> str:
    """Sentences one after the other, those that are empty left out."""
    return " ".join(sentence for sentence in whole if sentence)
