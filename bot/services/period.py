"""A period in a person's own words: `2w`, `3 months`, `until 24 December`, `from next Monday for a week`.

English, Dutch and German words are understood by everybody, month and day names in the person's language too. Days
begin and end at midnight in the person's zone; weeks and months are counted on the calendar, so a change of the clock
in between makes no difference.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from bot.domain import Expiration, ExpirationKind, Schedule
from bot.errors import AnswerProblem, InvalidAnswer

_LONGEST: Final = 100
_MOST_DAYS: Final = 36_600
_LANGUAGES: Final = ("en", "nl", "de")

_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "stunde", "stunden", "std", "uur", "uren"), "hours"),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen", "dag", "dagen"), "days"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "woche", "wochen", "weken"), "weeks"),
    **dict.fromkeys(("m", "mo", "month", "months", "monat", "monate", "monaten", "mnd", "maand", "maanden"), "months"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "jahr", "jahre", "jahren", "jaar", "jaren"), "years"),
}
_NUMBERS: Final[Mapping[str, int]] = {
    word: number
    for number, words in enumerate(
        (
            "a an one een één ein eine einen einem",
            "two twee zwei",
            "three drie drei",
            "four vier",
            "five vijf fünf",
            "six zes sechs",
            "seven zeven sieben",
            "eight acht",
            "nine negen neun",
            "ten tien zehn",
            "eleven elf",
            "twelve twaalf zwölf",
        ),
        start=1,
    )
    for word in words.split()
}
_UNTIL: Final = re.compile(
    r"(?:^|\s)(?:until|till|til|to|through|bis(?: zum| einschließlich)?|tot(?: en met)?|t/m)\s+|\s[-\u2013\u2014]\s"
)
_FROM: Final = re.compile(r"^(?:from|starting|as of|ab|vom|von|vanaf|van)\s+")
_FOR: Final = re.compile(r"(?:^|\s)(?:for|für|voor)\s+")
_PIECE: Final = re.compile(r"(\d{1,5}|[^\W\d]+)\s*([^\W\d]+)")
_JOINT: Final = re.compile(r"(?:\s+(?:and|und|en)\s+|[\s,]+)")
_NEAR: Final[Mapping[str, int]] = {
    **dict.fromkeys(("today", "heute", "vandaag", "now", "jetzt", "nu"), 0),
    **dict.fromkeys(("tomorrow", "morgen"), 1),
    **dict.fromkeys(("day after tomorrow", "the day after tomorrow", "übermorgen", "overmorgen"), 2),
}
_NEXT: Final = re.compile(
    r"^(?:next |this |coming |nächste[nrm]? |kommende[nrm]? |diese[nrm]? |volgende |aanstaande |komende )"
)
_END_OF_MONTH: Final = re.compile(
    r"^(?:the )?end of (?:the |this )?month$|^(?:ende des monats|monatsende|eind(?:e)? van de maand)$"
)
_END_OF_YEAR: Final = re.compile(
    r"^(?:the )?end of (?:the |this )?year$|^(?:ende des jahres|jahresende|eind(?:e)? van het jaar)$"
)
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMERIC: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:[./-](\d{4}|\d{2})?)?")
_DAY_MONTH: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.|e)?\s*(?:of )?([^\W\d]{3,})\.?,?(?:\s+(\d{4}))?")
_MONTH_DAY: Final = re.compile(r"([^\W\d]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?")


@dataclass(frozen=True, slots=True)
class Span:
    """So long, counted on the calendar."""

    months: int = 0
    days: int = 0
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; at most one of `last_day` and `span` is set."""

    first_day: date | None = None
    last_day: date | None = None
    span: Span | None = None

    @property
    def has_end(self) -> bool:
        return self.last_day is not None or self.span is not None


def read_period(text: str, today: date, locale: str) -> Wish | None:
    """What the words mean, seen from `today`; None where they mean nothing. A day alone is the last one."""
    said = re.sub(r"\s+", " ", text.casefold()).strip(" .!")
    if not said:
        return Wish()
    if len(said) > _LONGEST:
        return None
    try:
        return _read(said, today, locale)
    except (ValueError, OverflowError):
        return None


def read_last_day(text: str, *, since: date, today: date, locale: str) -> date | None:
    """The one day that the words mean: a day by itself, or a span of whole days counted from `since`."""
    wish = read_period(text, today, locale)
    if wish is None or wish.first_day is not None or (wish.span is not None and wish.span.hours):
        return None
    if wish.span is None:
        return wish.last_day
    try:
        return _on_the_calendar(since, wish.span)
    except (OverflowError, ValueError):
        return None


def _read(said: str, today: date, locale: str) -> Wish:
    """Raises: ValueError, OverflowError."""
    until = _UNTIL.search(said)
    if until is not None:
        first = _FROM.sub("", said[: until.start()]).strip()
        start = _day(first, today, locale) if first else None
        return Wish(start, _day(said[until.end() :], max(start or today, today), locale))
    start_words = _FROM.match(said)
    lasting = _FOR.search(said)
    if lasting is not None:
        first = _FROM.sub("", said[: lasting.start()]).strip()
        start = _day(first, today, locale) if first else None
        return Wish(start, span=_span(said[lasting.end() :]))
    if start_words is not None:
        return Wish(_day(said[start_words.end() :], today, locale))
    try:
        return Wish(span=_span(said))
    except ValueError:
        return Wish(last_day=_day(said, today, locale))


def _span(said: str) -> Span:
    counts = dict.fromkeys(("hours", "days", "weeks", "months", "years"), 0)
    rest = said.strip()
    while rest:
        piece = _PIECE.match(rest)
        if piece is None or piece[2] not in _UNITS:
            raise ValueError(said)
        counts[_UNITS[piece[2]]] += int(piece[1]) if piece[1].isdigit() else _NUMBERS.get(piece[1], 0)
        if not (piece[1].isdigit() or piece[1] in _NUMBERS):
            raise ValueError(said)
        rest = rest[piece.end() :]
        joint = _JOINT.match(rest)
        rest = rest[joint.end() :] if joint else rest
    span = Span(counts["years"] * 12 + counts["months"], counts["weeks"] * 7 + counts["days"], counts["hours"])
    if span == Span() or span.months * 31 + span.days + span.hours // 24 > _MOST_DAYS:
        raise ValueError(said)
    return span


def _day(said: str, today: date, locale: str) -> date:
    """The day that the words name, the next one of it where no year is told. Raises: ValueError."""
    said = said.strip(" ,.")
    if said in _NEAR:
        return today + timedelta(days=_NEAR[said])
    if _END_OF_MONTH.match(said):
        return today.replace(day=monthrange(today.year, today.month)[1])
    if _END_OF_YEAR.match(said):
        return today.replace(month=12, day=31)
    weekday = _weekdays(locale).get(_NEXT.sub("", re.sub(r"^(?:on |am |op )", "", said)))
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if iso := _ISO.fullmatch(said):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    if numeric := _NUMERIC.fullmatch(said):
        return _numeric_day(numeric, today, locale)
    if found := _DAY_MONTH.fullmatch(said):
        return _dated(int(found[1]), _months(locale).get(found[2]), found[3], today)
    if found := _MONTH_DAY.fullmatch(said):
        return _dated(int(found[2]), _months(locale).get(found[1]), found[3], today)
    raise ValueError(said)


def _numeric_day(found: re.Match[str], today: date, locale: str) -> date:
    """`24/12`, `12/24/2026`, `24.12.`: in the order of the person's language, unless only the other one makes sense."""
    one, other = int(found[1]), int(found[3])
    is_month_first = found[2] != "." and month_comes_first(locale)
    if (is_month_first and one > 12 >= other) or (not is_month_first and other > 12 >= one):
        is_month_first = not is_month_first
    day, month = (other, one) if is_month_first else (one, other)
    year = found[4]
    return _dated(day, month, f"20{year}" if year and len(year) == 2 else year, today)


def _dated(day: int, month: int | None, year: str | None, today: date) -> date:
    if month is None:
        raise ValueError("no month")
    if year:
        return date(int(year), month, day)
    for candidate in range(today.year, today.year + 9):
        if month == 2 and day == 29 and monthrange(candidate, 2)[1] < 29:
            continue
        found = date(candidate, month, day)
        if found >= today:
            return found
    raise ValueError("no such day")


@lru_cache(maxsize=64)
def month_comes_first(locale: str) -> bool:
    """Whether 12/1 is the first of December to people who write this language."""
    pattern = str(_locale(locale).date_formats["short"].pattern)
    return pattern.find("M") < pattern.find("d")


@lru_cache(maxsize=64)
def _months(locale: str) -> Mapping[str, int]:
    return {name: number for names in _names(locale, "months") for name, number in names}


@lru_cache(maxsize=64)
def _weekdays(locale: str) -> Mapping[str, int]:
    return {name: number for names in _names(locale, "days") for name, number in names}


def _names(locale: str, kind: str) -> Iterator[list[tuple[str, int]]]:
    """The names of months or days of the week in the languages everybody may use, and in the person's own on top."""
    for known in (*(Locale(language) for language in _LANGUAGES), _locale(locale)):
        for width in ("wide", "abbreviated"):
            table = getattr(known, kind)["format"][width]
            yield [(name.casefold().strip("."), number) for number, name in table.items()]


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def schedule_for(
    wish: Wish, allowed: Expiration, *, now: datetime, zone: ZoneInfo, start_label: str, end_label: str
) -> Schedule | None:
    """The schedule to ask for; None where the policy's own is meant.

    An end on the last possible day, or within the hours by which a change of the clock moves it, is the policy's own.
    Raises: InvalidAnswer.
    """
    today = now.astimezone(zone).date()
    for day, label in ((wish.first_day, start_label), (wish.last_day, end_label)):
        if day is not None and (day - today).days > _MOST_DAYS:
            raise InvalidAnswer(AnswerProblem.NOT_A_PERIOD, label)
    if wish.first_day is not None and wish.first_day < today:
        raise InvalidAnswer(AnswerProblem.IN_THE_PAST, start_label)
    is_later = wish.first_day is not None and wish.first_day > today
    start_at = _midnight(wish.first_day, zone) if is_later and wish.first_day is not None else None
    begins_at = start_at or now
    latest = latest_end(allowed, begins_at)
    if latest is not None and begins_at >= latest:
        raise InvalidAnswer(AnswerProblem.TOO_LATE, start_label, limit=latest.astimezone(zone).date())
    last_day, end_at = _end_of(wish, begins_at, zone, end_label)
    if end_at is None or last_day is None:
        return Schedule(start_at) if start_at else None
    if last_day < (wish.first_day or today) or end_at <= begins_at:
        raise InvalidAnswer(AnswerProblem.ENDS_BEFORE_START, end_label)
    if latest is not None and end_at >= latest:
        if last_day > latest.astimezone(zone).date():
            raise InvalidAnswer(AnswerProblem.TOO_LATE, end_label, limit=latest.astimezone(zone).date())
        return Schedule(start_at) if start_at else None
    return Schedule(start_at, Expiration(ExpirationKind.AFTER_DATE_TIME, end_at=end_at))


def latest_end(allowed: Expiration, begins_at: datetime) -> datetime | None:
    """When access that begins then has to end at the latest; None without a limit."""
    if allowed.kind is ExpirationKind.AFTER_DURATION and allowed.duration is not None:
        return begins_at + allowed.duration
    return allowed.end_at if allowed.kind is ExpirationKind.AFTER_DATE_TIME else None


def merged(wish: Wish, first_day: date | None, last_day: date | None, end_label: str) -> Wish:
    """The words together with days that were picked. Raises: InvalidAnswer, where they name two different ends."""
    if last_day is not None and wish.has_end and wish.last_day != last_day:
        raise InvalidAnswer(AnswerProblem.TWO_ENDS, end_label)
    if first_day is not None and wish.first_day is not None and wish.first_day != first_day:
        raise InvalidAnswer(AnswerProblem.TWO_ENDS, end_label)
    wish = wish if first_day is None else replace(wish, first_day=first_day)
    return wish if last_day is None else replace(wish, last_day=last_day)


def _end_of(wish: Wish, begins_at: datetime, zone: ZoneInfo, label: str) -> tuple[date | None, datetime | None]:
    """The last day and the moment at which access ends. Raises: InvalidAnswer, beyond the end of the calendar."""
    try:
        if wish.last_day is not None:
            return wish.last_day, _midnight(wish.last_day + timedelta(days=1), zone)
        if wish.span is None:
            return None, None
        end_at = _after(begins_at, wish.span, zone)
        return end_at.astimezone(zone).date(), end_at
    except (OverflowError, ValueError):
        raise InvalidAnswer(AnswerProblem.NOT_A_PERIOD, label) from None


def _after(begins_at: datetime, span: Span, zone: ZoneInfo) -> datetime:
    local = begins_at.astimezone(zone)
    ends = datetime.combine(_on_the_calendar(local.date(), span), local.time(), zone)
    return ends.astimezone(UTC) + timedelta(hours=span.hours)


def _on_the_calendar(since: date, span: Span) -> date:
    """Months first, then days. Raises: ValueError, OverflowError, beyond the end of the calendar."""
    months = since.month - 1 + span.months
    year, month = since.year + months // 12, months % 12 + 1
    day = min(since.day, monthrange(year, month)[1])
    return since.replace(year=year, month=month, day=day) + timedelta(days=span.days)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
