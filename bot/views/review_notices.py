"""What a reviewer is told of an access review outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.services.review_notices import ToldReview
from bot.views.words import Reader, distance, moment
from cards.actions import OpenReview
from cards.review_waiting import ReviewWaitingView
from cards.reviews import MOST_ROUNDS, RoundLine, RoundsView
from cards.views import Fact

_SOON = timedelta(days=2)


def review_waiting_view(told: ToldReview, reader: Reader, now: datetime) -> ReviewWaitingView:
    words = reader.words
    title = told.title or words("Access review")
    outcome = ""
    if told.is_over:
        outcome = words("There is nothing left for you to decide in this review.")
    elif not told.is_waiting:
        outcome = words("You have decided everything. You can change your mind until the review ends.")
    facts = [Fact(words("Progress"), words("{done} of {total} done", done=told.done, total=told.total))]
    if told.ends_at is not None and not told.is_over:
        ends = f"{moment(told.ends_at, reader)} ({distance(told.ends_at, now, reader)})"
        facts.insert(0, Fact(words("Ends"), ends))
    return ReviewWaitingView(
        title=title,
        summary=words("{title}: please say who keeps their access", title=title),
        facts=tuple(facts),
        outcome=outcome,
        is_over=told.is_over,
        open=None if told.is_over else OpenReview(instance_id=told.instance_id, is_new=True),
        words=words,
    )


def reviews_due_view(told: Sequence[ToldReview], reader: Reader, now: datetime) -> RoundsView:
    """Those of them that still wait, what ends first before the others; none once everything is decided."""
    waiting = sorted((one for one in told if one.is_waiting), key=lambda one: (one.ends_at is None, one.ends_at))
    words = reader.words
    lines = tuple(
        RoundLine(
            title=one.title or words("Access review"),
            when=_when(one, reader, now),
            open=OpenReview(instance_id=one.instance_id, is_new=True),
            is_urgent=one.ends_at is not None and one.ends_at - now <= _SOON,
        )
        for one in waiting[:MOST_ROUNDS]
    )
    title = words.plural("An access review ends soon", "{count} access reviews end soon", len(waiting))
    return RoundsView(lines, max(0, len(waiting) - MOST_ROUNDS), title=title if waiting else "", words=words)


def _when(told: ToldReview, reader: Reader, now: datetime) -> str:
    words = reader.words
    if told.ends_at is None:
        return words("{done} of {total} done", done=told.done, total=told.total)
    ends = distance(told.ends_at, now, reader)
    return words("ends {when}; {done} of {total} done", when=ends, done=told.done, total=told.total)
