"""What waits for an approver and what they decided, in lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import AssignmentRequest, RequestState, Verdict
from bot.services.approval_lists import PastDecision, Waiting
from bot.services.facts import RequestFacts
from bot.store.records import RequestRecord
from bot.views.words import Reader, distance, moment, sentences
from cards.actions import ApproveSeveral, AskTakeBack, DenySeveral, ListApprovals, OpenApproval, UndoDecision
from cards.approvals import MOST_SHOWN, TITLE, ApprovalLine, ApprovalsView
from cards.decisions import TAKE_BACK, DecisionLine, DecisionsView
from cards.language import Language
from cards.views import Button, ButtonStyle, Tone

_SOON = timedelta(days=1)


def queue_view(
    queue: Sequence[Waiting],
    page: int,
    search: str,
    reader: Reader,
    now: datetime,
    *,
    portal_url: str = "",
    several: Sequence[RequestFacts] | None = None,
    canned_reasons: tuple[str, ...] = (),
) -> ApprovalsView:
    """One page of the queue; with the full facts of that page in `several`, to be ticked and decided together."""
    words, start = reader.words, page * MOST_SHOWN
    shown = queue[start : start + MOST_SHOWN]
    digests = {facts.request.id: facts.short_digest(facts.stage) for facts in several or ()}
    is_several = several is not None and bool(shown)
    more = len(queue) > start + len(shown)
    title = words.plural("Waiting for you: {count} request", "Waiting for you: {count} requests", len(queue))
    first, last = start + 1, start + len(shown)
    where = words("{first} to {last} of {count}", first=first, last=last, count=len(queue))
    place = {"words": search, "is_for_several": is_several}
    return ApprovalsView(
        lines=tuple(_line(waiting, digests.get(waiting.request.id, ""), reader, now) for waiting in shown),
        title=title if queue else words(TITLE),
        page_line=where if more or page else "",
        search=search,
        next=ListApprovals(page=page + 1, **place) if more else None,
        first=ListApprovals(page=0, **place) if page else None,
        switch=_switch(search, page, is_several) if len(shown) > 1 or is_several else None,
        approve=ApproveSeveral(words=search, page=page) if is_several else None,
        deny=DenySeveral(words=search, page=page) if is_several else None,
        canned_reasons=canned_reasons if is_several else (),
        portal_url=portal_url,
        words=words,
    )


def last_page(count: int) -> int:
    return max(count - 1, 0) // MOST_SHOWN


def title_of(request: AssignmentRequest, words: Language) -> str:
    who = request.requestor
    name = (who.name or who.mail if who else "") or words("Somebody")
    return f"{name} · {request.package_name}"


def past_view(past: Sequence[PastDecision], shown: int, reader: Reader, *, portal_url: str) -> DecisionsView:
    lines = tuple(_past_line(one, reader) for one in past[:shown])
    return DecisionsView(lines, has_more=len(past) > shown, portal_url=portal_url, words=reader.words)


def _switch(search: str, page: int, is_several: bool) -> ListApprovals:
    return ListApprovals(words=search, page=page, is_for_several=not is_several)


def _line(waiting: Waiting, digest: str, reader: Reader, now: datetime) -> ApprovalLine:
    request, words = waiting.request, reader.words
    who = request.requestor
    asked = distance(request.created_at, now, reader) if request.created_at else words("just now")
    when = words("asked {ago}", ago=asked)
    if waiting.deadline:
        when = words("asked {ago}, due {soon}", ago=asked, soon=distance(waiting.deadline, now, reader))
    is_escalated = request.state is RequestState.PENDING_APPROVAL and "Escalated" in request.status
    return ApprovalLine(
        requestor_name=(who.name or who.mail if who else "") or words("Somebody"),
        package_name=request.package_name,
        when=when,
        justification=request.justification,
        open=OpenApproval(request_id=request.id),
        is_urgent=is_escalated or bool(waiting.deadline and waiting.deadline - now < _SOON),
        choice=f"{request.id}|{digest}" if digest else "",
    )


def _past_line(one: PastDecision, reader: Reader) -> DecisionLine:
    words, record = reader.words, one.record
    when = moment(one.at, reader) if one.at else ""
    what = f"{record.requestor_name} · {record.package_name}" if record else words("An older request")
    if one.is_held:
        said = words("Not sent yet. You can still undo it.")
        undo = Button(words("Undo"), UndoDecision(request_id=one.request_id))
        return DecisionLine(what, said, Tone.WAITING, (undo,))
    if one.verdict is Verdict.DENY:
        return DecisionLine(what, words("You denied it, {when}.", when=when), Tone.BAD)
    said = words("You approved it, {when}.", when=when)
    if one.is_taken_back:
        return DecisionLine(what, sentences(said, words("You took it back later.")), Tone.NEUTRAL)
    after = _after(record, words)
    outcome = sentences(said, after)
    may_take_back = record is not None and record.state is RequestState.DELIVERED
    ask = Button(words(TAKE_BACK), AskTakeBack(request_id=one.request_id), ButtonStyle.DESTRUCTIVE)
    return DecisionLine(what, outcome, Tone.GOOD, (ask,) if may_take_back else ())


def _after(record: RequestRecord | None, words: Language) -> str:
    if record is None:
        return ""
    if record.state is RequestState.DELIVERED:
        return words("The access was set up.")
    if record.state is RequestState.PENDING_APPROVAL:
        return words("The next approver decides now.")
    if record.state is RequestState.DENIED:
        return words("The request was denied later.")
    return words("It is being set up.") if record.state.is_open else ""
