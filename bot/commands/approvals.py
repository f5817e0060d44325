"""`approvals`: what waits for this person's decision; approving and denying on the cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.dispatch import Router
from bot.domain import AssignmentRequest, RequestId, RequestState, UserId, Verdict
from bot.error_replies import invalid_answer
from bot.errors import InvalidAnswer, NotYourDecision
from bot.services.approvals import Outcome, Wish
from bot.services.bundle import Services
from bot.services.facts import RequestFacts
from bot.services.stages import Decided
from bot.turn import Card, Placement, Reply, Turn
from bot.views.approval import Asked, Typed, approval_view
from bot.views.words import Reader, distance, reader_of
from cards.actions import ApproveRequest, DenyRequest, OpenApproval, RefreshApproval
from cards.approval import approval_card
from cards.approvals import ApprovalLine, ApprovalsView, approvals_card
from cards.language import Language, _
from cards.notice import NoticeView, notice_card
from cards.views import Tone

_SHOWN = 8
_LARGEST_REASON_SHOWN_AGAIN = 4_000


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
            rank=30,
        )
        router.action(OpenApproval, self.open)
        router.action(RefreshApproval, self.refresh)
        router.action(ApproveRequest, self.approve)
        router.action(DenyRequest, self.deny)

    async def show(self, turn: Turn, words: str) -> Reply:
        waiting = await self.services.approvals.waiting(turn.actor)
        lines = tuple(_line(request, reader_of(turn), turn.now) for request in waiting[:_SHOWN])
        view = ApprovalsView(lines, max(0, len(waiting) - _SHOWN), self.services.portal_url(""), turn.words)
        return Reply.with_card(approvals_card(view), summary=turn.words("What waits for you"))

    async def open(self, turn: Turn, action: OpenApproval) -> Reply:
        """One waiting request in full; what waits is for Graph to say, not for the payload."""
        request_id = RequestId(action.request_id)
        waiting = await self.services.approvals.waiting(turn.actor)
        if request_id not in {request.id for request in waiting}:
            return await self.refresh(turn, RefreshApproval(request_id=request_id))
        facts = await self.services.approvals.facts(request_id)
        summary = turn.words("{package}: your decision", package=facts.request.package_name)
        return Reply.with_card(await self._card(turn, facts), summary=summary)

    async def refresh(self, turn: Turn, action: RefreshApproval) -> Reply:
        """The card as it is now, for those who were asked."""
        request_id = RequestId(action.request_id)
        if await self.services.approvals.card_of(turn.actor, request_id) is None:
            raise NotYourDecision
        return Reply.view(await self._card(turn, await self.services.approvals.facts(request_id)))

    async def approve(self, turn: Turn, action: ApproveRequest) -> Reply:
        return await self._decide(turn, action, Verdict.APPROVE)

    async def deny(self, turn: Turn, action: DenyRequest) -> Reply:
        return await self._decide(turn, action, Verdict.DENY)

    async def _decide(self, turn: Turn, action: ApproveRequest | DenyRequest, verdict: Verdict) -> Reply:
        wish = Wish(RequestId(action.request_id), verdict, action.justification, action.shown)
        try:
            outcome = await self.services.approvals.decide(turn.actor, wish)
        except InvalidAnswer as error:
            return await self._again(turn, action, invalid_answer(error, turn.words))
        if outcome.has_changed:
            typed = Typed(action.justification[:_LARGEST_REASON_SHOWN_AGAIN], shown=action.shown)
            return Reply.view(await self._card(turn, outcome.facts, typed, stage=outcome.stage))
        if outcome.is_sending:
            return Reply.view(_still_sending(outcome.facts, turn.words))
        return Reply.replace(await self._card(turn, outcome.facts, decided=_decided(turn, outcome, action)))

    async def _again(self, turn: Turn, action: ApproveRequest | DenyRequest, problem: str) -> Reply:
        if len(action.justification) > _LARGEST_REASON_SHOWN_AGAIN:
            return Reply(text=problem, placement=Placement.VIEW)
        facts = await self.services.approvals.facts(RequestId(action.request_id))
        return Reply.view(await self._card(turn, facts, Typed(action.justification, problem)))

    async def _card(
        self,
        turn: Turn,
        facts: RequestFacts,
        typed: Typed | None = None,
        *,
        stage: int = 0,
        decided: Decided | None = None,
    ) -> Card:
        message = await self.services.approvals.card_of(turn.actor, facts.request.id)
        asked = Asked(
            turn.actor.object_id,
            (decided.stage if decided else 0) or stage or (message.stage if message else facts.stage),
            message.detail if message else {},
        )
        known = decided or await self.services.approvals.decision_about(facts, asked.stage)
        view = approval_view(
            facts,
            asked,
            known,
            reader_of(turn),
            turn.now,
            portal_url=self.services.portal_url(facts.request.id),
            typed=typed,
        )
        return approval_card(view)


def _decided(turn: Turn, outcome: Outcome, action: ApproveRequest | DenyRequest) -> Decided | None:
    """What to show as the decision: one's own, or the one that was made before."""
    if outcome.decided is not None:
        return outcome.decided
    if outcome.mine is None:
        return None
    own = UserId(turn.actor.object_id)
    return Decided(outcome.mine, outcome.stage, own, turn.actor.name, action.justification.strip(), turn.now)


def _still_sending(facts: RequestFacts, words: Language) -> Card:
    title = words("Your decision on {package} is on its way", package=facts.request.package_name)
    text = words(
        "Microsoft 365 is slow to answer. I keep at it, and this card changes as soon as your decision has arrived."
    )
    return notice_card(NoticeView(title, text, Tone.WAITING, words=words))


def _line(request: AssignmentRequest, reader: Reader, now: datetime) -> ApprovalLine:
    who = request.requestor
    words = reader.words
    ago = distance(request.created_at, now, reader) if request.created_at else words("just now")
    return ApprovalLine(
        requestor_name=(who.name or who.mail if who else "") or words("Somebody"),
        package_name=request.package_name,
        when=words("asked {ago}", ago=ago),
        justification=request.justification,
        open=OpenApproval(request_id=request.id),
        is_urgent=request.state is RequestState.PENDING_APPROVAL and "Escalated" in request.status,
    )


def feature(services: Services) -> ApprovalsCommand:
    return ApprovalsCommand(services)
