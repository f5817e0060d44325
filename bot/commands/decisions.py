"""`decisions`: what this person decided, and taking access back that they approved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.dispatch import Router
from bot.domain import RequestId
from bot.error_replies import invalid_answer
from bot.errors import ConsentNeeded, InvalidAnswer, NotAllowed, NotFound, UnknownCode
from bot.services.bundle import Services
from bot.services.codes import split_code
from bot.turn import Card, Placement, Reply, Turn
from bot.views.approval import requestor_name
from bot.views.approvals import past_view
from bot.views.words import reader_of
from cards.actions import AskTakeBack, TakeBack
from cards.decisions import MOST_SHOWN, TakeBackView, decisions_card, take_back_card
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Tone

_LONGEST_SHOWN_AGAIN = 4_000


@dataclass(frozen=True, slots=True)
class DecisionsCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "decisions",
            self.show,
            title=_("My decisions"),
            help=_("See what you decided, and take access back"),
            aliases=("my decisions", "what i decided"),
            rank=35,
        )
        router.command(
            "take back",
            self.take_back_by_code,
            help=_("Take access back that you approved, by the request's code"),
            is_listed=False,
            takes_words=True,
        )
        router.action(AskTakeBack, self.ask)
        router.action(TakeBack, self.take_back)

    async def show(self, turn: Turn, words: str) -> Reply:
        past = await self.services.approval_lists.past(turn.actor)
        view = past_view(past, MOST_SHOWN, reader_of(turn), portal_url=self.services.portal_url(""))
        return Reply.with_card(decisions_card(view), summary=turn.words("What you decided"))

    async def ask(self, turn: Turn, action: AskTakeBack) -> Reply:
        return Reply.with_card(await self._question(turn, RequestId(action.request_id)))

    async def take_back(self, turn: Turn, action: TakeBack) -> Reply:
        request_id, words = RequestId(action.request_id), turn.words
        try:
            is_done = await self.services.revoking.take_back(turn.actor, request_id, action.justification)
        except InvalidAnswer as error:
            typed = action.justification[:_LONGEST_SHOWN_AGAIN]
            return Reply.view(await self._question(turn, request_id, typed, invalid_answer(error, turn.words)))
        except ConsentNeeded:
            raise
        except NotAllowed:
            title = words("Access cannot be taken back here")
            text = words(
                "Only the person who approved it can, and only where your organization has the licence for it. "
                "Please ask an administrator to end the access. Nothing was changed."
            )
            return Reply.replace(notice_card(NoticeView(title, text, Tone.BAD, words=turn.words)))
        if is_done:
            title, text = words("The access ends now"), words("The person is told, and so is your organization's log.")
            return Reply.replace(notice_card(NoticeView(title, text, Tone.GOOD, words=turn.words)))
        title, text = words("On its way"), words("Microsoft 365 is slow to answer. I keep at it.")
        return Reply.replace(notice_card(NoticeView(title, text, Tone.WAITING, words=turn.words)))

    async def take_back_by_code(self, turn: Turn, words: str) -> Reply:
        """`take back K7Q2 why` does it; without a reason it is asked for first, as on the card."""
        code, why = split_code(words)
        if not code:
            return await self.show(turn, "")
        record = await self.services.codes.find(code)
        if record is None:
            raise UnknownCode(code, "decisions")
        try:
            question = await self._question(turn, record.request_id)
        except ConsentNeeded:
            raise
        except (NotAllowed, NotFound):
            raise UnknownCode(code, "decisions") from None
        if not why:
            return Reply.with_card(question)
        reply = await self.take_back(turn, TakeBack(request_id=record.request_id, justification=why))
        return replace(reply, placement=Placement.NEW)

    async def _question(self, turn: Turn, request_id: RequestId, typed: str = "", problem: str = "") -> Card:
        """Told only to those who decided it: the payload alone opens nothing."""
        past = await self.services.approval_lists.past(turn.actor)
        if request_id not in {one.request_id for one in past}:
            raise NotAllowed("not decided by this person")
        facts = await self.services.revoking.facts(request_id)
        words, name = turn.words, requestor_name(facts, turn.words)
        package = facts.request.package_name
        return take_back_card(
            TakeBackView(
                title=words("Take {package} back from {name}?", package=package, name=name),
                text=words(
                    "Everything that {package} gave to {name} ends at once. They are told.", package=package, name=name
                ),
                take_back=TakeBack(request_id=request_id),
                typed_justification=typed,
                problem=problem,
                words=words,
            )
        )


def feature(services: Services) -> DecisionsCommand:
    return DecisionsCommand(services)
