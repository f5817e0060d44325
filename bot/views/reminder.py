"""What still waits for an approver, as they read it in a reminder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain import RequestId
from bot.services.nudge_plan import LAST_CALL
from bot.store.records import NudgeRecord, RequestRecord
from bot.views.words import Reader, distance, moment
from cards.actions import OpenApproval
from cards.reminder import MOST_SHOWN, ReminderView, WaitingLine


def reminder_view(
    waiting: Sequence[NudgeRecord],
    requests: Mapping[RequestId, RequestRecord],
    reader: Reader,
    now: datetime,
    *,
    portal_url: str,
) -> ReminderView:
    """`waiting` in the order in which it is shown; of what is not among `requests` nothing is known any more."""
    known = [nudge for nudge in waiting if nudge.request_id in requests]
    count = len(known)
    headline = reader.words.plural(
        "{count} request waits for your decision", "{count} requests wait for your decision", count
    )
    return ReminderView(
        headline=headline,
        summary=_summary(headline, known, reader),
        lines=tuple(_line(nudge, requests[nudge.request_id], reader, now) for nudge in known[:MOST_SHOWN]),
        more_count=max(count - MOST_SHOWN, 0),
        portal_url=portal_url,
        words=reader.words,
    )


def _summary(headline: str, waiting: Sequence[NudgeRecord], reader: Reader) -> str:
    """The line of the notification: how much waits, and what of it lapses first, and when."""
    first = min((nudge.decide_by for nudge in waiting if nudge.decide_by is not None), default=None)
    if first is None:
        return headline
    return reader.words.plural(
        "{count} request waits for your decision, by {moment}",
        "{count} requests wait for your decision, the first by {moment}",
        len(waiting),
        moment=moment(first, reader),
    )


def _line(nudge: NudgeRecord, request: RequestRecord, reader: Reader, now: datetime) -> WaitingLine:
    asked = distance(request.created_at, now, reader)
    if nudge.decide_by is None:
        when = reader.words("asked {ago}", ago=asked)
    else:
        when = reader.words("asked {ago}; decide by {moment}", ago=asked, moment=moment(nudge.decide_by, reader))
    return WaitingLine(
        requestor_name=request.requestor_name,
        package_name=request.package_name,
        when=when,
        open=OpenApproval(request_id=nudge.request_id),
        is_urgent=nudge.decide_by is not None and nudge.decide_by - now <= LAST_CALL,
    )
