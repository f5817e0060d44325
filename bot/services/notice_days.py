"""When the end of access is told: some days before, in the person's zone, on a working day, at a decent hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_FROM = time(9)
_DAY_BEGINS, _DAY_ENDS = time(8), time(18)
_SATURDAY = 5
_TOO_LATE = timedelta(hours=2)

LOOK_AHEAD = timedelta(days=4)
"""How much earlier than its number of days a notice may go out: a weekend, and a zone."""


def due_lead(
    leads: Sequence[int],
    ends_at: datetime,
    began_at: datetime | None,
    told_days: int,
    now: datetime,
    zone: ZoneInfo,
) -> int:
    """For how many days before the end a notice has to go out now; 0 for none.

    Of several the nearest counts. One that was due before the access began is left out: it would tell people on the
    day they get something that it ends.
    """
    for days in sorted(leads):
        if told_days and told_days <= days:
            return 0
        if began_at is not None and began_at > ends_at - timedelta(days=days):
            continue
        if now >= tell_from(ends_at, days, zone):
            return days if is_decent(now, ends_at, zone) else 0
    return 0


def tell_from(ends_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The morning on which it is told; Friday's covers Saturday and Sunday."""
    day = last_day(ends_at, zone) - timedelta(days=days)
    day -= timedelta(days=max(0, day.weekday() - _SATURDAY + 1))
    return datetime.combine(day, _FROM, zone)


def is_decent(now: datetime, ends_at: datetime, zone: ZoneInfo) -> bool:
    """Whether people may be written to now, or it cannot wait for the next working morning."""
    return is_working_time(now, zone) or next_morning(now, zone) > ends_at - _TOO_LATE


def is_working_time(now: datetime, zone: ZoneInfo) -> bool:
    local = now.astimezone(zone)
    return local.weekday() < _SATURDAY and _DAY_BEGINS <= local.time() < _DAY_ENDS


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    day = local.date() if local.time() < _DAY_BEGINS else local.date() + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, _FROM, zone)


def last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """The last day with access: an end at midnight belongs to the day before."""
    return (ends_at.astimezone(zone) - timedelta(microseconds=1)).date()
