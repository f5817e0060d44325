"""Reading how long somebody wants something: "2w", "3 months", "until 24 December", "31.12.2026"."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_SPAN = re.compile(r"(?:for\s+)?(\d{1,4})\s*([a-zäöü]+)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?")
_NAMED = re.compile(
    r"(\d{1,2})(?:\.|st|nd|rd|th)?\s+([a-zäéû]+)\.?(?:\s+(\d{4}))?"
    r"|([a-zäéû]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?"
)
_LEAD = re.compile(r"(?:until|till|to|by|bis|zum|tot|t/m)\s+(?:the\s+|zum\s+)?")
_LONGEST_YEARS = 50

_UNITS = {
    "d": ("d", "day", "days", "t", "tag", "tage", "tagen", "dag", "dagen"),
    "w": ("w", "wk", "week", "weeks", "woche", "wochen", "weken"),
    "m": ("m", "mo", "month", "months", "monat", "monate", "monaten", "maand", "maanden"),
    "y": ("y", "yr", "year", "years", "j", "jahr", "jahre", "jahren", "jaar", "jaren"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar januari",
            "feb february februar februari",
            "mar march märz maerz mrz maart mrt",
            "apr april",
            "may mai mei",
            "jun june juni",
            "jul july juli",
            "aug august augustus",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december dez dezember",
        ),
        start=1,
    )
    for name in names.split()
}


def read_day(text: str, *, since: date, today: date) -> date | None:
    """The day that `text` means: a day by itself, or a span counted from `since`. None when it cannot be read.

    A day without a year is the next one after `today`. Of 3/4/2027 the day comes first, as in most of the world.
    """
    said = " ".join(text.casefold().split()).rstrip(".!")
    try:
        span = _SPAN.fullmatch(said)
        if span and span[2] in _UNIT_OF:
            return _added(since, int(span[1]), _UNIT_OF[span[2]])
        return _day(_LEAD.sub("", said, count=1) if _LEAD.match(said) else said, today)
    except (ValueError, OverflowError):
        return None


def _day(said: str, today: date) -> date | None:
    if iso := _ISO.fullmatch(said):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    if numbers := _NUMBERS.fullmatch(said):
        if numbers[3] is None:
            return _next(int(numbers[2]), int(numbers[1]), today)
        year = int(numbers[3])
        return date(year + 2000 if year < 100 else year, int(numbers[2]), int(numbers[1]))
    named = _NAMED.fullmatch(said)
    if named is None:
        return None
    day, name, year_text = (named[1], named[2], named[3]) if named[1] else (named[5], named[4], named[6])
    month = _MONTHS.get(name)
    if month is None:
        return None
    if year_text:
        return date(int(year_text), month, int(day))
    return _next(month, int(day), today)


def _next(month: int, day: int, today: date) -> date | None:
    """That day in the next year that has it; a leap day is never more than eight years away."""
    days = (_valid(year, month, day) for year in range(today.year, today.year + 9))
    return next((found for found in days if found and found > today), None)


def _valid(year: int, month: int, day: int) -> date | None:
    """29 February is not in every year."""
    return date(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None


def _added(since: date, count: int, unit: str) -> date | None:
    if unit in ("d", "w"):
        return since + timedelta(days=count * (7 if unit == "w" else 1)) if count <= 366 * _LONGEST_YEARS else None
    months = since.month - 1 + count * (12 if unit == "y" else 1)
    year, month = since.year + months // 12, months % 12 + 1
    return date(year, month, min(since.day, monthrange(year, month)[1]))
