"""ISO 8601 as Graph writes it: moments with up to seven fractional digits, durations like P14D or PT1H."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

LONGEST = timedelta(days=3660)
"""The longest span that a policy or a request may name; the portal's forms end there."""

_YEARS = range(1900, 9000)
_FRACTION = re.compile(r"\.(\d+)")
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def parse_moment(text: str) -> datetime:
    """An aware moment in UTC; without an offset it is taken as UTC. Raises ValueError."""
    trimmed = _FRACTION.sub(lambda found: "." + (found[1] + "000000")[:6], text.strip(), count=1)
    moment = datetime.fromisoformat(trimmed.replace("Z", "+00:00").replace("z", "+00:00"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_asked_moment(text: str) -> datetime:
    """A moment that somebody outside wrote, which leaves room to count days from. Raises ValueError."""
    try:
        moment = parse_moment(text)
    except OverflowError as error:
        raise ValueError(f"out of range: {text!r}") from error
    if moment.year not in _YEARS:
        raise ValueError(f"out of range: {text!r}")
    return moment


def parse_asked_duration(text: str) -> timedelta:
    """A span that somebody outside wrote, `LONGEST` at most either way. Raises ValueError."""
    try:
        span = parse_duration(text)
    except OverflowError as error:
        raise ValueError(f"out of range: {text!r}") from error
    if abs(span) > LONGEST:
        raise ValueError(f"longer than {LONGEST.days} days: {text!r}")
    return span


def moment_text(moment: datetime) -> str:
    """`2026-11-01T08:00:00Z`, with a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_duration(text: str) -> timedelta:
    """A span; a year counts 365 days and a month 30. Raises ValueError."""
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or text.strip().upper().lstrip("-") in {"P", "PT"} or text.strip().upper().endswith("T"):
        raise ValueError(f"not an ISO 8601 duration: {text!r}")
    part = {name: float(value) for name, value in found.groupdict(default="0").items() if name != "sign"}
    days = 365 * part["years"] + 30 * part["months"] + 7 * part["weeks"] + part["days"]
    span = timedelta(days=days, hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"])
    return -span if found["sign"] else span
