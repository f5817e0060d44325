"""When the end of access is told: some days before, in the person's zone, on a working day, at a decent hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from bot.services.hours import Hours
from bot.services.zones import last_day, zone_of

_FROM = time(9)
_TOO_LATE = timedelta(hours=2)
_DAYS_A_WEEK = 7

LOOK_AHEAD = timedelta(days=8)
"""How much earlier than its number of days a notice may go out: free days, and a zone."""


def due_lead(
    leads: Sequence[int],
    ends_at: datetime,
    began_at: datetime | None,
    told_days: int,
    now: datetime,
    hours: Hours,
    time_zone: str | None,
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
        if now >= tell_from(ends_at, days, hours, time_zone):
            return days if is_decent(now, ends_at, hours, time_zone) else 0
    return 0


def tell_from(ends_at: datetime, days: int, hours: Hours, time_zone: str | None) -> datetime:
    """The morning on which it is told. What would be told on a free day is told on the last working day before."""
    zone = zone_of(time_zone or hours.time_zone)
    day = last_day(ends_at, zone) - timedelta(days=days)
    for _ in range(_DAYS_A_WEEK):
        if day.weekday() in hours.working_days or not hours.working_days:
            break
        day -= timedelta(days=1)
    return datetime.combine(day, _FROM, zone)


def is_decent(now: datetime, ends_at: datetime, hours: Hours, time_zone: str | None) -> bool:
    """Whether people may be written to now, or it cannot wait until they may."""
    quiet_ends = hours.quiet_ends(now, time_zone)
    return quiet_ends <= now or quiet_ends > ends_at - _TOO_LATE
