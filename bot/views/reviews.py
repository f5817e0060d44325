"""Access reviews as their reviewer reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.reviews import Recommendation, ReviewItem, ReviewRound, ReviewVerdict
from bot.services.reviews import Opened
from bot.views.words import Reader, distance, moment
from cards.actions import AcceptSuggestions, DecideReview, OpenReview
from cards.reviews import MOST_ROUNDS, ReviewView, RoundLine, RoundsView
from cards.views import Fact

PER_PAGE = 10
_SOON = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Filled:
    """What was ticked and typed in a review that is shown again, and how it went."""

    items: str = ""
    justification: str = ""
    problem: str = ""
    saved: str = ""


def rounds_view(rounds: Sequence[ReviewRound], reader: Reader, now: datetime) -> RoundsView:
    lines = tuple(
        RoundLine(
            title=_title(one, reader),
            when=_ends(one, reader, now),
            open=OpenReview(instance_id=one.instance_id),
            is_urgent=one.ends_at is not None and one.ends_at - now <= _SOON,
        )
        for one in rounds[:MOST_ROUNDS]
    )
    return RoundsView(lines, max(0, len(rounds) - MOST_ROUNDS), words=reader.words)


def review_view(opened: Opened, page: int, reader: Reader, now: datetime, filled: Filled | None = None) -> ReviewView:
    """One page; a page beyond the last is the first again."""
    filled = filled or Filled()
    total = len(opened.items)
    start = page * PER_PAGE if 0 <= page * PER_PAGE < total else 0
    shown = opened.items[start : start + PER_PAGE]
    about, here = opened.about, start // PER_PAGE
    say = reader.words
    return ReviewView(
        title=_title(about, reader),
        progress=say("{done} of {total} done", done=opened.decided_count, total=total),
        facts=_facts(about, reader, now),
        people=tuple((item.id, _person(item, reader)) for item in shown),
        decide=DecideReview(instance_id=about.instance_id, page=here),
        verdicts=(ReviewVerdict.APPROVE.value, ReviewVerdict.DENY.value, ReviewVerdict.DONT_KNOW.value),
        accept=AcceptSuggestions(instance_id=about.instance_id) if opened.has_suggestions else None,
        next_page=OpenReview(instance_id=about.instance_id, page=here + 1) if start + PER_PAGE < total else None,
        chosen=filled.items,
        justification=filled.justification,
        problem=filled.problem,
        saved=filled.saved,
        words=reader.words,
    )


def _facts(about: ReviewRound, reader: Reader, now: datetime) -> tuple[Fact, ...]:
    if about.ends_at is None:
        return ()
    return (Fact(reader.words("Ends"), f"{moment(about.ends_at, reader)} ({distance(about.ends_at, now, reader)})"),)


def _title(about: ReviewRound, reader: Reader) -> str:
    return about.title or reader.words("Access review")


def _ends(about: ReviewRound, reader: Reader, now: datetime) -> str:
    if about.ends_at is None:
        return reader.words("has no end")
    return reader.words("ends {when}", when=distance(about.ends_at, now, reader))


def _person(item: ReviewItem, reader: Reader) -> str:
    """`Max Member, Key Users · suggested: keep, has signed in lately · you said: remove`."""
    parts = [f"{item.person_name or reader.words('Somebody')}, {item.package_name}"]
    if suggestion := _suggestion(item, reader):
        parts.append(suggestion)
    if said := _said(item, reader):
        parts.append(said)
    return " · ".join(parts)


def _suggestion(item: ReviewItem, reader: Reader) -> str:
    match item.recommendation:
        case Recommendation.APPROVE:
            return reader.words("suggested: keep, has signed in lately")
        case Recommendation.DENY:
            return reader.words("suggested: remove, has not signed in lately")
        case _:
            return ""


def _said(item: ReviewItem, reader: Reader) -> str:
    match item.verdict:
        case ReviewVerdict.APPROVE:
            return reader.words("decided: keep")
        case ReviewVerdict.DENY:
            return reader.words("decided: remove")
        case ReviewVerdict.DONT_KNOW:
            return reader.words("decided: don't know")
        case _:
            return ""
