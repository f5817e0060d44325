"""When people are told that access ends: in time, once, on working days, in their own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.services.hours import Hours
from bot.services.notice_days import LOOK_AHEAD, due_lead, tell_from
from bot.services.zones import last_day

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
HOURS = Hours()
ZONES = ("Europe/Amsterdam", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata", "UTC")
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
MOMENT = st.timedeltas(timedelta(), timedelta(days=730)).map(lambda later: BEGIN + later)


def at(day: int, hour: int = 10, month: int = 3, zone: str = "Europe/Amsterdam") -> datetime:
    return datetime(2027, month, day, hour, tzinfo=ZoneInfo(zone))


@UNHURRIED
@given(ends_at=MOMENT, zone=st.sampled_from(ZONES), days=st.sampled_from((1, 14)))
def test_the_morning_is_a_working_day_s_and_never_later_than_asked_for(ends_at: datetime, zone: str, days: int) -> None:
    tells = tell_from(ends_at, days, HOURS, zone)
    assert tells.weekday() < 5
    there = ZoneInfo(zone)
    assert timedelta(days=days) <= last_day(ends_at, there) - tells.date() <= timedelta(days=days + 2)
    assert tells >= ends_at - timedelta(days=days) - LOOK_AHEAD


@UNHURRIED
@given(ends_at=MOMENT, zone=st.sampled_from(ZONES), start=st.integers(1, 60))
def test_each_end_is_told_exactly_once_for_each_lead_however_often_one_looks(
    ends_at: datetime, zone: str, start: int
) -> None:
    """Every hour from up to two months before to the end, as the rounds do it."""
    now, told, days = ends_at - timedelta(days=start), [], 0
    began = ends_at - timedelta(days=90)
    while now < ends_at:
        lead = due_lead((14, 1), ends_at, began, days, now, HOURS, zone)
        if lead:
            told.append(lead)
            days = lead
        now += timedelta(hours=1)
    assert told in ([14, 1], [1]), told
    assert start <= 17 or told == [14, 1]


@pytest.mark.parametrize(
    ("ends", "told_on"),
    [
        (at(12), 11),  # a Friday: told on Thursday
        (at(14), 12),  # a Sunday: Friday covers it
        (at(15), 12),  # a Monday: Sunday is free
        (at(16), 15),
        (at(13, 0), 11),  # midnight after Friday is Friday's
    ],
)
def test_friday_covers_the_weekend(ends: datetime, told_on: int) -> None:
    assert tell_from(ends, 1, HOURS, "Europe/Amsterdam") == at(told_on, 9)


def test_the_clock_change_moves_no_morning() -> None:
    assert tell_from(at(29, 10), 1, HOURS, "Europe/Amsterdam") == at(26, 9)  # clocks go forward on the 28th
    assert tell_from(at(30, 10), 1, HOURS, "Europe/Amsterdam") == at(29, 9)
    assert tell_from(at(30, 10), 14, HOURS, "Europe/Amsterdam") == at(16, 9)


def test_what_is_found_late_is_told_at_once_unless_the_morning_is_soon_enough() -> None:
    sunday_night = at(7, 23)
    assert due_lead((14, 1), at(20), at(1, month=1), 0, sunday_night, HOURS, "Europe/Amsterdam") == 0
    assert due_lead((14, 1), at(20), at(1, month=1), 0, at(8, 9), HOURS, "Europe/Amsterdam") == 14
    assert due_lead((14, 1), at(8, 7), at(1, month=1), 0, sunday_night, HOURS, "Europe/Amsterdam") == 1


def test_what_began_yesterday_is_not_told_to_end_in_a_week() -> None:
    assert due_lead((14, 1), at(12), at(4), 0, at(5), HOURS, "Europe/Amsterdam") == 0
    assert due_lead((14, 1), at(12), None, 0, at(5), HOURS, "Europe/Amsterdam") == 14
