"""When reviews take place: the occurrences of an `entitlementManagementSchedule`."""

from __future__ import annotations

import calendar
import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.graph.engine.policies import part
from sandbox.graph.engine.times import parse_duration, parse_moment
from sandbox.tenant.model import Json

_DEFAULT_DURATION = timedelta(days=25)
_MOST_OCCURRENCES = 10_000


def duration_of(schedule: Json) -> timedelta:
    """How long each occurrence is open for decisions."""
    expiration = part(schedule, "expiration")
    start = schedule.get("startDateTime")
    if expiration.get("duration"):
        return max(parse_duration(str(expiration["duration"])), timedelta(minutes=1))
    if expiration.get("endDateTime") and start:
        return max(parse_moment(str(expiration["endDateTime"])) - parse_moment(str(start)), timedelta(minutes=1))
    return _DEFAULT_DURATION


def occurrences(schedule: Json) -> Iterator[datetime]:
    """The moments at which occurrences start, in order; without a recurrence there is one."""
    if not schedule.get("startDateTime"):
        return
    first = parse_moment(str(schedule["startDateTime"]))
    recurrence = part(schedule, "recurrence")
    pattern, extent = part(recurrence, "pattern"), part(recurrence, "range")
    if not pattern:
        yield first
        return
    last = str(extent.get("endDate") or "9999-12-31")
    count = _MOST_OCCURRENCES
    if str(extent.get("type")).casefold() == "numbered" and extent.get("numberOfOccurrences"):
        count = min(int(extent["numberOfOccurrences"]), _MOST_OCCURRENCES)
    for number in range(count):
        try:
            start = _nth(first, pattern, number)
        except (ValueError, OverflowError):
            return
        if str(extent.get("type")).casefold() == "enddate" and start.date().isoformat() > last:
            return
        yield start


def next_occurrence(schedule: Json, since: datetime, now: datetime) -> datetime | None:
    """The first occurrence that began at `since` or later and is still open at `now`; None when all are over."""
    duration = duration_of(schedule)
    with contextlib.suppress(OverflowError):  # near the end of time nothing is reviewed any more
        return next((start for start in occurrences(schedule) if start >= since and start + duration > now), None)
    return None


def _nth(first: datetime, pattern: Json, number: int) -> datetime:
    interval = max(1, int(pattern.get("interval") or 1))
    kind = str(pattern.get("type") or "absoluteMonthly").casefold()
    if kind == "daily":
        return first + timedelta(days=interval * number)
    if kind == "weekly":
        return first + timedelta(weeks=interval * number)
    months = interval * number * (12 if kind.endswith("yearly") else 1)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    day = min(int(pattern.get("dayOfMonth") or 0) or first.day, calendar.monthrange(year, month + 1)[1])
    return first.replace(year=year, month=month + 1, day=day)
