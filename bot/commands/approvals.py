"""`approvals`: what waits for this person's decision, by page, and deciding several of it together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.commands.decide import wish_of
from bot.dispatch import Router
from bot.domain import AssignmentRequest, RequestId, Verdict
from bot.error_replies import ErrorReplies, invalid_answer
from bot.errors import AnswerProblem, ConsentNeeded, DoormanError, InvalidAnswer, SignInNeeded
from bot.services.approvals import LONGEST_REASON, REASON_LABEL, Outcome, Wish
from bot.services.bundle import Services
from bot.turn import Reply, Turn
from bot.views.approval import canned_reasons
from bot.views.approvals import last_page, queue_view, title_of
from bot.views.words import Reader, distance, reader_of, sentences
from cards.actions import ApproveSeveral, DenySeveral, ListApprovals, OpenApproval, chosen_values
from cards.approvals import (
    MOST_SHOWN,
    NONE_CHOSEN,
    ApprovalsView,
    ResultLine,
    ResultsView,
    approvals_card,
    results_card,
)
from cards.language import _
from cards.views import Tone


@dataclass(frozen=True, slots=True)
class ApprovalsCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "approvals",
            self.show,
            title=_("Approvals"),
            help=_("See what waits for your decision"),
            aliases=("approval", "my approvals", "waiting"),
            takes_words=True,
            rank=30,
        )
        router.action(ListApprovals, self.list)
        router.action(ApproveSeveral, self.approve)
        router.action(DenySeveral, self.deny)

    async def show(self, turn: Turn, words: str) -> Reply:
        view = await self._page(turn, ListApprovals(words=words))
        return Reply.with_card(approvals_card(view), summary=turn.words("What waits for you"))

    async def list(self, turn: Turn, action: ListApprovals) -> Reply:
        return Reply.view(approvals_card(await self._page(turn, action)))

    async def approve(self, turn: Turn, action: ApproveSeveral) -> Reply:
        return await self._decide(turn, action, Verdict.APPROVE)

    async def deny(self, turn: Turn, action: DenySeveral) -> Reply:
        return await self._decide(turn, action, Verdict.DENY)

    async def _page(self, turn: Turn, action: ListApprovals) -> ApprovalsView:
        """The page that was asked for, or the last one there still is."""
        lists, reader = self.services.approval_lists, reader_of(turn)
        queue = await lists.queue(turn.actor, action.words)
        page = min(max(action.page, 0), last_page(len(queue)))
        several = None
        if action.is_for_several:
            shown = queue[page * MOST_SHOWN : (page + 1) * MOST_SHOWN]
            several = await lists.complete([waiting.request for waiting in shown])
        return queue_view(
            queue,
            page,
            action.words,
            reader,
            turn.now,
            portal_url=self.services.portal_url(""),
            several=several,
            canned_reasons=canned_reasons(self.services.canned_reasons, reader.words),
        )

    async def _decide(self, turn: Turn, action: ApproveSeveral | DenySeveral, verdict: Verdict) -> Reply:
        """Each item for itself: one that fails does not stop the others, and one pressed twice is decided once."""
        ticked = [_ticked(value) for value in chosen_values(action.chosen)][:MOST_SHOWN]
        problem = _problem(turn, action, verdict, ticked)
        wishes = [wish_of(turn, request_id, verdict, action.reason, shown) for request_id, shown in ticked]
        if problem:
            for wish in wishes:
                await self.services.approvals.refused(turn.actor, wish, InvalidAnswer.__name__)
            return await self._again(turn, action, problem)
        # What waits is asked beside the decisions: it gives the items their names and costs no time.
        waiting, results = await asyncio.gather(
            self.services.approvals.waiting(turn.actor), asyncio.gather(*(self._one(turn, wish) for wish in wishes))
        )
        for result in results:
            # Signing in concerns all of them: the press is repeated after it, and what was decided is found again.
            if isinstance(result, SignInNeeded | ConsentNeeded):
                raise result
        names = {one.id: one for one in waiting}
        lines = tuple(_result(turn, wish, result, names) for wish, result in zip(wishes, results, strict=True))
        done = sum(line.tone in (Tone.GOOD, Tone.WAITING) for line in lines)
        title = turn.words("{done} of {count} decided", done=done, count=len(lines))
        back = ListApprovals(words=action.words)
        return Reply.replace(results_card(ResultsView(title, lines, back, words=turn.words)))

    async def _one(self, turn: Turn, wish: Wish) -> Outcome | DoormanError:
        try:
            return await self.services.approvals.decide(turn.actor, wish)
        except DoormanError as error:
            return error

    async def _again(self, turn: Turn, action: ApproveSeveral | DenySeveral, problem: str) -> Reply:
        place = ListApprovals(words=action.words, page=action.page, is_for_several=True)
        view = await self._page(turn, place)
        typed = action.justification[:LONGEST_REASON]
        again = replace(
            view, problem=problem, chosen=action.chosen, typed_justification=typed, typed_canned=action.canned
        )
        return Reply.view(approvals_card(again))


def _ticked(value: str) -> tuple[RequestId, str]:
    request_id, _, shown = value.partition("|")
    return RequestId(request_id), shown


def _problem(
    turn: Turn, action: ApproveSeveral | DenySeveral, verdict: Verdict, ticked: Sequence[tuple[RequestId, str]]
) -> str:
    if not ticked:
        return turn.words(NONE_CHOSEN)
    if verdict is Verdict.DENY and not action.reason:
        return invalid_answer(InvalidAnswer(AnswerProblem.MISSING, REASON_LABEL), turn.words)
    if len(action.reason) > LONGEST_REASON:
        return invalid_answer(InvalidAnswer(AnswerProblem.TOO_LONG, REASON_LABEL, limit=LONGEST_REASON), turn.words)
    return ""


def _result(
    turn: Turn, wish: Wish, result: Outcome | DoormanError, names: dict[RequestId, AssignmentRequest]
) -> ResultLine:
    reader = reader_of(turn)
    listed = names.get(wish.request_id)
    if isinstance(result, Outcome):
        what = title_of(result.facts.request, reader.words)
        tone, said = _said(result, wish, reader, turn)
        again = OpenApproval(request_id=wish.request_id) if result.has_changed else None
        return ResultLine(tone, what, said, again)
    what = title_of(listed, reader.words) if listed else turn.words("A request")
    if isinstance(result, InvalidAnswer):
        return ResultLine(Tone.BAD, what, invalid_answer(result, turn.words), OpenApproval(request_id=wish.request_id))
    return ResultLine(Tone.BAD, what, ErrorReplies.sentence(result, turn.words))


def _said(outcome: Outcome, wish: Wish, reader: Reader, turn: Turn) -> tuple[Tone, str]:
    words = reader.words
    is_approval = wish.verdict is Verdict.APPROVE
    if outcome.has_changed:
        return Tone.BAD, words("It has changed since it was listed. Please look at it again.")
    if outcome.held and outcome.held.verdict is not wish.verdict:
        was_approved = outcome.held.verdict is Verdict.APPROVE
        other = words("You will approve it.") if was_approved else words("You will deny it.")
        return Tone.NEUTRAL, sentences(other, words("Its card lets you undo that."))
    if outcome.held:
        soon = distance(outcome.held.due_at or turn.now, turn.now, reader)
        return Tone.WAITING, words("It will be sent {soon}. Until then its card lets you undo it.", soon=soon)
    if outcome.is_sending:
        return Tone.WAITING, words("On its way. Microsoft 365 is slow to answer.")
    if outcome.decided:
        was_approved = outcome.decided.verdict is Verdict.APPROVE
        if outcome.decided.by_id == turn.actor.object_id:
            if outcome.decided.verdict is wish.verdict:
                return Tone.GOOD, words("Approved") if is_approval else words("Denied")
            mine = words("You had approved it before.") if was_approved else words("You had denied it before.")
            return Tone.NEUTRAL, mine
        name = outcome.decided.by_name or words("Somebody")
        if was_approved:
            return Tone.NEUTRAL, words("{name} had approved it before.", name=name)
        return Tone.NEUTRAL, words("{name} had denied it before.", name=name)
    if outcome.is_over:
        return Tone.NEUTRAL, words("The request is over: there is nothing to decide any more.")
    return (Tone.GOOD, words("Approved")) if is_approval else (Tone.GOOD, words("Denied"))


def feature(services: Services) -> ApprovalsCommand:
    return ApprovalsCommand(services)
