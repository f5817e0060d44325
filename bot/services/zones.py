"""Time zones by the names that Teams and people give them, and the days of people who live there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=256)
def zone_of(name: str | None) -> ZoneInfo:
    """The zone of this name; UTC for none, and for one that this machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """The last day with access: an end at midnight belongs to the day before."""
    return (ends_at.astimezone(zone) - timedelta(microseconds=1)).date()
