"""Quiet hours and the times of reminders."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.hours import Hours
from bot.services.nudge_plan import LAST_CALL, NudgePlan

AMSTERDAM = "Europe/Amsterdam"
USUAL = Hours()


def at(text: str, zone: str = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-11-23T09:00", "2026-11-23T09:00"),  # a Monday morning
        ("2026-11-23T08:00", "2026-11-23T08:00"),
        ("2026-11-23T07:59", "2026-11-23T08:00"),
        ("2026-11-23T18:00", "2026-11-24T08:00"),
        ("2026-11-27T18:30", "2026-11-30T08:00"),  # Friday evening, until Monday
        ("2026-11-28T12:00", "2026-11-30T08:00"),
        ("2026-03-27T20:00", "2026-03-30T08:00"),  # the clocks go forward in between
        ("2026-10-23T20:00", "2026-10-26T08:00"),  # and back
    ],
)
def test_quiet_until_the_next_working_morning(now: str, ends: str) -> None:
    assert USUAL.quiet_ends(at(now), AMSTERDAM) == at(ends)


def test_an_hour_that_comes_twice_is_not_waited_for_until_tomorrow() -> None:
    night = Hours(time(18), time(2, 30), frozenset(range(7)))
    second_time = at("2026-10-25T02:10").replace(fold=1)
    assert night.quiet_ends(second_time, AMSTERDAM).astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    gone = night.quiet_ends(at("2026-03-29T01:10"), AMSTERDAM)
    assert gone.astimezone(ZoneInfo(AMSTERDAM)).time() == time(3, 30), "half past two is left out that night"


def test_the_zone_is_the_person_s_own() -> None:
    evening_in_amsterdam = at("2026-11-24T18:30")
    assert USUAL.quiet_ends(evening_in_amsterdam, "America/New_York") == evening_in_amsterdam
    assert USUAL.quiet_ends(evening_in_amsterdam, "Nowhere/Land") == evening_in_amsterdam  # 17:30 in UTC
    assert Hours(time_zone="Asia/Tokyo").quiet_ends(at("2026-11-24T10:00"), None) == at(
        "2026-11-25T08:00", "Asia/Tokyo"
    )


def test_hours_in_the_middle_of_the_day_and_none_at_all() -> None:
    lunch = Hours(time(12), time(13))
    assert lunch.quiet_ends(at("2026-11-24T12:30"), AMSTERDAM) == at("2026-11-24T13:00")
    assert lunch.quiet_ends(at("2026-11-24T23:30"), AMSTERDAM) == at("2026-11-24T23:30")
    never = Hours(time(0), time(0), frozenset(range(7)))
    assert never.quiet_ends(at("2026-11-28T03:00"), AMSTERDAM) == at("2026-11-28T03:00")
    only_weekends = Hours(time(0), time(0))
    assert only_weekends.quiet_ends(at("2026-11-28T03:00"), AMSTERDAM) == at("2026-11-30T00:00")


_moments = st.timedeltas(timedelta(0), timedelta(days=730)).map(lambda span: datetime(2026, 1, 1, tzinfo=UTC) + span)
_hours = st.builds(
    Hours,
    st.times(),
    st.times(),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sampled_from(["UTC", AMSTERDAM, "America/New_York", "Australia/Lord_Howe"]),
)


@given(_moments, _hours)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_what_ends_is_not_quiet_and_comes_within_a_week(now: datetime, hours: Hours) -> None:
    ends = hours.quiet_ends(now, None)
    assert now <= ends <= now + timedelta(days=9)
    assert hours.quiet_ends(ends, None) - ends <= timedelta(hours=1)  # an hour that the clocks leave out
    assert hours.next_start(now, None) > now


PLAN = NudgePlan()
ASKED = datetime(2026, 11, 23, 9, tzinfo=UTC)


def all_due(decide_by: datetime | None) -> list[timedelta]:
    due, moments = PLAN.next_due(ASKED, decide_by, ASKED), []
    while due is not None:
        moments.append(due - ASKED)
        due = PLAN.next_due(ASKED, decide_by, due)
    return moments


@pytest.mark.parametrize(
    ("days", "expected"),
    [(14, [1, 3, 7, 13]), (7, [1, 3, 6]), (2, [1]), (1, [0.5]), (None, [1, 3, 7])],
)
def test_reminders_back_off_and_end_with_a_last_call(days: int | None, expected: list[float]) -> None:
    decide_by = ASKED + timedelta(days=days) if days else None
    assert all_due(decide_by) == [timedelta(days=day) for day in expected]


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=60)))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_last_call_leaves_time_to_decide(span: timedelta) -> None:
    moments = all_due(ASKED + span)
    assert moments == sorted(moments)
    assert all(moment < span for moment in moments)
    assert moments[-1] >= min(span - LAST_CALL, span / 2)
