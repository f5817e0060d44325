"""Periods as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import AccessPackageId, Assignment, AssignmentId, AssignmentState
from bot.errors import AnswerProblem, InvalidAnswer
from bot.services.extension import Extension, chosen_end
from bot.services.period import read_last_day

TODAY = date(2026, 11, 22)
AMSTERDAM = "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2w", date(2026, 12, 6)),
        ("10 days", date(2026, 12, 2)),
        ("for 3 months", date(2027, 2, 22)),
        ("1 Jahr", date(2027, 11, 22)),
        ("until 24 December", date(2026, 12, 24)),
        ("24. Dezember 2027", date(2027, 12, 24)),
        ("tot 1 mei", date(2027, 5, 1)),
        ("December 24th, 2027", date(2027, 12, 24)),
        ("bis 3. März", date(2027, 3, 3)),
        ("31.12.2026", date(2026, 12, 31)),
        ("31/12/26", date(2026, 12, 31)),
        ("24.12.", date(2026, 12, 24)),
        ("2027-01-31", date(2027, 1, 31)),
        ("29 February", date(2028, 2, 29)),
        ("22 November", TODAY),
        ("soon", None),
        ("", None),
        ("31 Feb", None),
        ("2027-02-30", None),
        ("99999 years", None),
        ("2 fortnights", None),
    ],
)
def test_what_is_typed_is_read_as_meant(typed: str, day: date | None) -> None:
    assert read_last_day(typed, since=TODAY, today=TODAY, locale="en-GB") == day


@given(st.text(max_size=60))
def test_nothing_that_can_be_typed_breaks_it(typed: str) -> None:
    read_last_day(typed, since=TODAY, today=TODAY, locale="en-GB")


@given(st.dates(TODAY + timedelta(days=1), date(2200, 1, 1)))
def test_every_day_can_be_written_out(day: date) -> None:
    assert read_last_day(day.isoformat(), since=TODAY, today=TODAY, locale="en-GB") == day
    assert read_last_day(f"until {day:%d.%m.%Y}", since=TODAY, today=TODAY, locale="en-GB") == day


def extension(ends_at: datetime, latest: datetime | None) -> Extension:
    mine = Assignment(
        AssignmentId("a"), AssignmentState.DELIVERED, AccessPackageId("p"), "Sales data", expires_at=ends_at
    )
    return Extension(mine, latest=latest, can_choose=True)


def test_a_span_across_the_clock_change_ends_with_the_day() -> None:
    ends_at = datetime(2027, 3, 20, 23, tzinfo=UTC)  # midnight in Amsterdam, before clocks go forward on the 28th
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    end = chosen_end(extension(ends_at, None), "2w", now=now, zone=AMSTERDAM, locale="en-GB")
    assert end == datetime(2027, 4, 4, tzinfo=ZoneInfo(AMSTERDAM))
    assert end is not None
    assert end.astimezone(UTC) == datetime(2027, 4, 3, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("next year maybe", AnswerProblem.NOT_A_PERIOD),
        ("2027-02-01", AnswerProblem.IN_THE_PAST),
        ("2027-03-20", AnswerProblem.NOT_LATER),
        ("6 months", AnswerProblem.TOO_LATE),
    ],
)
def test_what_cannot_be_is_named(typed: str, problem: AnswerProblem) -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    offered = extension(datetime(2027, 3, 20, 12, tzinfo=UTC), now + timedelta(days=90))
    with pytest.raises(InvalidAnswer) as refused:
        chosen_end(offered, typed, now=now, zone=AMSTERDAM, locale="en-GB")
    assert refused.value.problem is problem


def test_the_last_possible_day_may_be_chosen_though_it_ends_before_the_day_does() -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    latest = now + timedelta(days=90)
    offered = extension(datetime(2027, 3, 20, 12, tzinfo=UTC), latest)
    assert chosen_end(offered, "2027-05-30", now=now, zone=AMSTERDAM, locale="en-GB") == latest
    assert chosen_end(offered, "", now=now, zone=AMSTERDAM, locale="en-GB") is None
