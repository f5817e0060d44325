"""`approvals`: what waits for this person's decision; approving and denying on the cards."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.domain import RequestId, UserId, Verdict
from bot.error_replies import invalid_answer
from bot.errors import InvalidAnswer, NotYourDecision
from bot.services.approvals import Outcome, Wish
from bot.services.bundle import Services
from bot.services.facts import RequestFacts
from bot.services.stages import Decided
from bot.turn import Card, ConversationKind, Placement, Reply, Turn
from bot.views.approval import Asked, Setting, Typed, approval_view
from bot.views.words import reader_of
from cards.actions import ApproveRequest, DenyRequest, OpenApproval, RefreshApproval, UndoDecision
from cards.approval import approval_card
from cards.notice import NoticeView, notice_card
from cards.views import Tone

_LARGEST_REASON_SHOWN_AGAIN = 4_000


@dataclass(frozen=True, slots=True)
class DecideOne:
    services: Services

    def register(self, router: Router) -> None:
        router.action(OpenApproval, self.open)
        router.action(RefreshApproval, self.refresh)
        router.action(ApproveRequest, self.approve)
        router.action(DenyRequest, self.deny)
        router.action(UndoDecision, self.undo)

    async def open(self, turn: Turn, action: OpenApproval) -> Reply:
        """One waiting request in full; what waits is for Graph to say, not for the payload."""
        request_id = RequestId(action.request_id)
        waiting = await self.services.approvals.waiting(turn.actor)
        if request_id not in {request.id for request in waiting}:
            return await self.refresh(turn, RefreshApproval(request_id=request_id))
        facts = await self.services.approvals.facts(request_id)
        card = await self._card(turn, facts, is_theirs=True)
        if turn.message_id and turn.conversation.kind is not ConversationKind.PERSONAL:
            return Reply.view(card)  # where others see the card that was pressed, this person alone sees the request
        return Reply.with_card(card, summary=turn.words("{package}: your decision", package=facts.request.package_name))

    async def refresh(self, turn: Turn, action: RefreshApproval) -> Reply:
        """The card as it is now, for those who were asked."""
        request_id = RequestId(action.request_id)
        if await self.services.askings.find(turn.actor, request_id) is None:
            raise NotYourDecision
        return Reply.view(await self._card(turn, await self.services.approvals.facts(request_id)))

    async def approve(self, turn: Turn, action: ApproveRequest) -> Reply:
        return await self._decide(turn, action, Verdict.APPROVE)

    async def deny(self, turn: Turn, action: DenyRequest) -> Reply:
        return await self._decide(turn, action, Verdict.DENY)

    async def undo(self, turn: Turn, action: UndoDecision) -> Reply:
        """The card as it was before, with what was typed; or what became of it, when it was too late."""
        request_id = RequestId(action.request_id)
        undone = await self.services.approvals.undo(turn.actor, request_id)
        if undone is None:
            return await self.refresh(turn, RefreshApproval(request_id=request_id))
        facts = await self.services.approvals.facts(request_id)
        return Reply.replace(await self._card(turn, facts, stage=undone.stage))

    async def _decide(self, turn: Turn, action: ApproveRequest | DenyRequest, verdict: Verdict) -> Reply:
        wish = wish_of(turn, RequestId(action.request_id), verdict, action.reason, action.shown)
        try:
            outcome = await self.services.approvals.decide(turn.actor, wish)
        except InvalidAnswer as error:
            return await self._again(turn, action, invalid_answer(error, turn.words))
        if outcome.has_changed:
            typed = Typed(action.justification[:_LARGEST_REASON_SHOWN_AGAIN], shown=action.shown, canned=action.canned)
            return Reply.view(await self._card(turn, outcome.facts, typed, stage=outcome.stage, is_theirs=True))
        if outcome.is_sending:
            return Reply.view(_still_sending(turn, outcome.facts))
        if outcome.held:
            return Reply.replace(await self._card(turn, outcome.facts, stage=outcome.stage, is_theirs=True))
        return Reply.replace(await self._card(turn, outcome.facts, decided=_decided(turn, outcome, action)))

    async def _again(self, turn: Turn, action: ApproveRequest | DenyRequest, problem: str) -> Reply:
        if len(action.justification) > _LARGEST_REASON_SHOWN_AGAIN:
            return Reply(text=problem, placement=Placement.VIEW)
        facts = await self.services.approvals.facts(RequestId(action.request_id))
        typed = Typed(action.justification, problem, canned=action.canned)
        return Reply.view(await self._card(turn, facts, typed, is_theirs=True))

    async def _card(
        self,
        turn: Turn,
        facts: RequestFacts,
        typed: Typed | None = None,
        *,
        stage: int = 0,
        decided: Decided | None = None,
        is_theirs: bool = False,
    ) -> Card:
        """`is_theirs`: Graph has just said that this person may decide, whatever our list says."""
        approvals, reader = self.services.approvals, reader_of(turn)
        asking = await self.services.askings.find(turn.actor, facts.request.id)
        detail = dict(asking.detail) if asking else {}
        if is_theirs:
            detail.pop("is_gone", None)
        number = (decided.stage if decided else 0) or stage or (asking.stage if asking else facts.stage)
        known = decided or await approvals.decision_about(facts, number)
        setting = Setting()
        if known is None:
            setting = Setting(
                mode=(await approvals.rule_of(facts.request)).mode,
                context=None if detail.get("is_gone") else await self.services.context.about(facts),
                earlier=await approvals.earlier(facts, number),
                wish=await approvals.own_wish(turn.actor, facts.request.id),
                canned_reasons=self.services.canned_reasons,
            )
        view = approval_view(
            facts,
            Asked(turn.actor.object_id, number, detail),
            known,
            reader,
            turn.now,
            portal_url=self.services.portal_url(facts.request.id),
            typed=typed,
            setting=setting,
        )
        return approval_card(view)


def wish_of(turn: Turn, request_id: RequestId, verdict: Verdict, reason: str, shown: str = "") -> Wish:
    """What was pressed or said in this turn."""
    return Wish(request_id, verdict, reason, shown, chat=turn.conversation.id, press_id=turn.correlation_id)


def _decided(turn: Turn, outcome: Outcome, action: ApproveRequest | DenyRequest) -> Decided | None:
    """What to show as the decision: one's own, or the one that was made before."""
    if outcome.decided is not None:
        return outcome.decided
    if outcome.mine is None:
        return None
    own = UserId(turn.actor.object_id)
    return Decided(outcome.mine, outcome.stage, own, turn.actor.name, action.reason, turn.now)


def _still_sending(turn: Turn, facts: RequestFacts) -> Card:
    title = turn.words("Your decision on {package} is on its way", package=facts.request.package_name)
    text = turn.words(
        "Microsoft 365 is slow to answer. I keep at it, and this card changes as soon as your decision has arrived."
    )
    return notice_card(NoticeView(title, text, Tone.WAITING, words=turn.words))


def feature(services: Services) -> DecideOne:
    return DecideOne(services)
