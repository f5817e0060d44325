"""`approve <code>`, `deny <code> <why>` and `undo <code>`: an approver's card in text, held to the same rules."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.commands.approvals import ApprovalsCommand
from bot.commands.decide import DecideOne, wish_of
from bot.dispatch import Router
from bot.domain import RequestId, Verdict
from bot.errors import NotFound, NotYourDecision, UnknownCode
from bot.services.bundle import Services
from bot.services.codes import split_code
from bot.turn import Card, Placement, Reply, Turn
from cards.actions import ApproveRequest, DenyRequest, OpenApproval, UndoDecision
from cards.language import _

_INBOX = "approvals"


@dataclass(frozen=True, slots=True)
class DecideByCode:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "approve", self.approve, help=_("Approve a request by its code"), is_listed=False, takes_words=True
        )
        router.command(
            "deny",
            self.deny,
            help=_("Deny a request by its code"),
            aliases=("reject",),
            is_listed=False,
            takes_words=True,
        )

        router.command(
            "undo",
            self.undo,
            help=_("Undo a decision that is not sent yet, by the request's code"),
            is_listed=False,
            takes_words=True,
        )

    async def approve(self, turn: Turn, words: str) -> Reply:
        return await self._decide(turn, words, ApproveRequest)

    async def deny(self, turn: Turn, words: str) -> Reply:
        return await self._decide(turn, words, DenyRequest)

    async def undo(self, turn: Turn, words: str) -> Reply:
        """The card as it was before, or what became of the decision; only its own author gets to see either."""
        code, _rest = split_code(words)
        if not code:
            told = turn.words(
                "Please add the code that is on the card, for example: {command} K7Q2",
                command=turn.words.to_type("undo"),
            )
            return Reply.with_text(told)
        record = await self.services.codes.find(code)
        if record is None:
            raise UnknownCode(code, _INBOX)
        try:
            reply = await DecideOne(self.services).undo(turn, UndoDecision(request_id=record.request_id))
        except (NotFound, NotYourDecision):
            raise UnknownCode(code, _INBOX) from None
        return replace(reply, placement=Placement.NEW)

    async def _decide(self, turn: Turn, words: str, kind: type[ApproveRequest] | type[DenyRequest]) -> Reply:
        """Decide what the person was shown; what they have not seen yet, or not like this, is shown first."""
        code, reason = split_code(words)
        if not code:
            name = "approve" if kind is ApproveRequest else "deny"
            told = turn.words(
                "Please add the code that is on the card, for example: {command} K7Q2", command=turn.words.to_type(name)
            )
            return Reply.with_text(told).and_also([await ApprovalsCommand(self.services).show(turn, "")])
        record = await self.services.codes.find(code)
        if record is None:
            await self._refused(turn, RequestId(code), kind, UnknownCode)
            raise UnknownCode(code, _INBOX)
        request_id = record.request_id
        if record.requestor_id == turn.actor.object_id:
            await self._refused(turn, request_id, kind, NotYourDecision)
            raise NotYourDecision(is_own=True)
        try:
            shown = await self.services.askings.shown_to(turn.actor, request_id)
            if not shown:
                reply = await DecideOne(self.services).open(turn, OpenApproval(request_id=request_id))
            else:
                reply = await self._press(turn, kind(request_id=request_id, shown=shown, justification=reason))
        except NotFound:
            raise UnknownCode(code, _INBOX) from None
        except NotYourDecision as error:
            await self._refused(turn, request_id, kind, NotYourDecision)
            if error.is_own:
                raise
            raise UnknownCode(code, _INBOX) from None
        if asked := _asked_by(reply.card):
            await self.services.askings.note_shown(turn.actor, request_id, asked)
        return replace(reply, placement=Placement.NEW)

    async def _refused(
        self,
        turn: Turn,
        about: RequestId,
        kind: type[ApproveRequest] | type[DenyRequest],
        why: type[Exception],
    ) -> None:
        """What was tried is written down, once, also where it did not get as far as being a decision."""
        verdict = Verdict.APPROVE if kind is ApproveRequest else Verdict.DENY
        await self.services.approvals.refused(turn.actor, wish_of(turn, about, verdict, ""), why.__name__)

    async def _press(self, turn: Turn, action: ApproveRequest | DenyRequest) -> Reply:
        deciding = DecideOne(self.services)
        if isinstance(action, ApproveRequest):
            return await deciding.approve(turn, action)
        return await deciding.deny(turn, action)


def _asked_by(card: Card | None) -> str:
    """The digest that a card carries which (still) asks for a decision: what was shown by it."""
    for action in (card or {}).get("actions", ()):
        if action.get("verb") == ApproveRequest.verb:
            return str(action.get("data", {}).get("shown", ""))
    return ""


def feature(services: Services) -> DecideByCode:
    return DecideByCode(services)
