"""Periods in people's own words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Expiration, ExpirationKind, Schedule
from bot.errors import AnswerProblem, InvalidAnswer
from bot.services.period import Span, Wish, merged, read_period, schedule_for

TODAY = date(2026, 11, 18)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
NINETY_DAYS = Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=90))


@pytest.mark.parametrize(
    ("said", "locale", "meant"),
    [
        ("", "en", Wish()),
        ("2w", "en", Wish(span=Span(days=14))),
        ("2 Weeks", "en", Wish(span=Span(days=14))),
        ("for 3 months", "en", Wish(span=Span(months=3))),
        ("a year and 2 days", "en", Wish(span=Span(months=12, days=2))),
        ("12h", "en", Wish(span=Span(hours=12))),
        ("zwei Wochen", "de", Wish(span=Span(days=14))),
        ("für einen Monat", "de", Wish(span=Span(months=1))),
        ("3 maanden", "nl", Wish(span=Span(months=3))),
        ("until 24 December", "en-GB", Wish(last_day=date(2026, 12, 24))),
        ("until December 24th, 2027", "en-US", Wish(last_day=date(2027, 12, 24))),
        ("24 December", "en", Wish(last_day=date(2026, 12, 24))),
        ("bis 24. Dezember", "de-DE", Wish(last_day=date(2026, 12, 24))),
        ("bis zum 3. März", "de-DE", Wish(last_day=date(2027, 3, 3))),
        ("tot en met 24 december", "nl-NL", Wish(last_day=date(2026, 12, 24))),
        ("bis 24.12.", "de-DE", Wish(last_day=date(2026, 12, 24))),
        ("1/12", "en-GB", Wish(last_day=date(2026, 12, 1))),
        ("1/12", "en-US", Wish(last_day=date(2027, 1, 12))),
        ("12/24/26", "en-US", Wish(last_day=date(2026, 12, 24))),
        ("24/12/2026", "en-US", Wish(last_day=date(2026, 12, 24))),
        ("2026-12-24", "en", Wish(last_day=date(2026, 12, 24))),
        ("tomorrow", "en", Wish(last_day=date(2026, 11, 19))),
        ("morgen", "de", Wish(last_day=date(2026, 11, 19))),
        ("next Monday", "en", Wish(last_day=date(2026, 11, 23))),
        ("until wednesday", "en", Wish(last_day=date(2026, 11, 25))),
        ("nächsten Freitag", "de", Wish(last_day=date(2026, 11, 20))),
        ("le 24", "fr", None),
        ("lundi", "fr", Wish(last_day=date(2026, 11, 23))),
        ("until the end of the month", "en", Wish(last_day=date(2026, 11, 30))),
        ("from next monday for 2 weeks", "en", Wish(date(2026, 11, 23), span=Span(days=14))),
        ("from tomorrow until friday", "en", Wish(date(2026, 11, 19), date(2026, 11, 20))),
        ("1 december - 24 december", "en", Wish(date(2026, 12, 1), date(2026, 12, 24))),
        ("from 28 december to 3 january", "en", Wish(date(2026, 12, 28), date(2027, 1, 3))),
        ("ab morgen für 3 Tage", "de", Wish(date(2026, 11, 19), span=Span(days=3))),
        ("from tomorrow", "en", Wish(date(2026, 11, 19))),
        ("29 february", "en", Wish(last_day=date(2028, 2, 29))),
        ("soon", "en", None),
        ("0 days", "en", None),
        ("-3 days", "en", None),
        ("99999 years", "en", None),
        ("30 february 2027", "en", None),
        ("2 weeks or so", "en", None),
        ("**2w**", "en", None),
        ("2w" * 200, "en", None),
    ],
)
def test_words_and_what_they_mean(said: str, locale: str, meant: Wish | None) -> None:
    assert read_period(said, TODAY, locale) == meant


@given(st.text(max_size=120), st.sampled_from(["en-US", "de-DE", "nl-NL", "fr", "xx-nonsense", ""]))
def test_whatever_is_typed_is_read_or_not_understood(said: str, locale: str) -> None:
    wish = read_period(said, TODAY, locale)
    assert wish is None or not (wish.last_day and wish.span)


def asked(
    wish: Wish, allowed: Expiration = NINETY_DAYS, now: datetime = NOW, zone: ZoneInfo = BERLIN
) -> Schedule | None:
    return schedule_for(wish, allowed, now=now, zone=zone, start_label="From", end_label="Until")


def test_days_are_whole_days_where_the_person_is() -> None:
    schedule = asked(Wish(date(2026, 11, 19), date(2026, 11, 20)))
    assert schedule is not None
    assert schedule.start_at == datetime(2026, 11, 18, 23, tzinfo=UTC)
    assert schedule.expiration.end_at == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_a_week_across_a_change_of_the_clock_ends_at_the_same_time_of_day() -> None:
    before = datetime(2026, 10, 23, 8, tzinfo=UTC)  # ten in the morning, two days before the clocks go back
    schedule = asked(Wish(span=Span(days=7)), now=before)
    assert schedule is not None
    assert schedule.expiration.end_at == datetime(2026, 10, 30, 9, tzinfo=UTC)


def test_the_hour_that_the_clock_gives_back_is_not_beyond_the_maximum() -> None:
    before = datetime(2026, 10, 23, 8, tzinfo=UTC)
    week = Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=7))
    assert asked(Wish(span=Span(days=7)), week, now=before) is None, "the policy's own end is meant"


def test_the_last_possible_day_is_the_policys_own_end_and_the_next_one_is_too_late() -> None:
    assert asked(Wish(last_day=TODAY + timedelta(days=90))) is None
    with pytest.raises(InvalidAnswer) as refused:
        asked(Wish(last_day=TODAY + timedelta(days=91)))
    assert refused.value.problem is AnswerProblem.TOO_LATE
    assert refused.value.limit == TODAY + timedelta(days=90)


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        (Wish(first_day=TODAY - timedelta(days=1)), AnswerProblem.IN_THE_PAST),
        (Wish(last_day=TODAY - timedelta(days=1)), AnswerProblem.ENDS_BEFORE_START),
        (Wish(date(2026, 12, 24), date(2026, 12, 23)), AnswerProblem.ENDS_BEFORE_START),
        (Wish(span=Span(months=4)), AnswerProblem.TOO_LATE),
        (Wish(date.max), AnswerProblem.NOT_A_PERIOD),
        (Wish(last_day=date.max), AnswerProblem.NOT_A_PERIOD),
    ],
)
def test_periods_that_cannot_be(wish: Wish, problem: AnswerProblem) -> None:
    with pytest.raises(InvalidAnswer) as refused:
        asked(wish)
    assert refused.value.problem is problem


def test_a_start_after_the_end_of_the_policy_is_too_late() -> None:
    fixed = Expiration(ExpirationKind.AFTER_DATE_TIME, end_at=datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(InvalidAnswer) as refused:
        asked(Wish(date(2026, 12, 24)), fixed)
    assert refused.value.problem is AnswerProblem.TOO_LATE


def test_words_and_picked_days_must_not_contradict_each_other() -> None:
    day = date(2026, 12, 24)
    assert merged(Wish(last_day=day), None, day, "Until") == Wish(last_day=day)
    assert merged(Wish(span=Span(days=3)), day, None, "Until") == Wish(day, span=Span(days=3))
    with pytest.raises(InvalidAnswer) as refused:
        merged(Wish(span=Span(days=3)), None, day, "Until")
    assert refused.value.problem is AnswerProblem.TWO_ENDS


@given(
    st.integers(0, 3_000),
    st.integers(1, 3_000),
    st.integers(0, 400),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Africa/Cairo", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_what_is_asked_for_is_never_more_than_allowed(offset_hours: int, days: int, maximum: int, zone: str) -> None:
    now = NOW + timedelta(hours=offset_hours)
    allowed = Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=maximum, hours=1))
    try:
        schedule = asked(Wish(span=Span(days=days)), allowed, now, ZoneInfo(zone))
    except InvalidAnswer:
        assert days >= maximum
        return
    if schedule is None:
        assert days >= maximum - 1
        return
    assert schedule.expiration.end_at is not None
    assert now < schedule.expiration.end_at < now + timedelta(days=maximum, hours=1)
