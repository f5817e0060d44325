"""Trying a delivery that failed once more, for people who look after the tenant."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.domain import RequestId
from bot.errors import GraphRefused, NotAllowed, NotFound, UnknownCode
from bot.services.bundle import Services
from bot.services.codes import split_code
from bot.services.errands import Ended
from bot.turn import Placement, Reply, Turn
from bot.views.incident import incident_view
from bot.views.words import reader_of
from cards.actions import ReprocessRequest
from cards.incident import incident_card
from cards.language import Language, _

_HELP = "help"


@dataclass(frozen=True, slots=True)
class Reprocess:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "reprocess",
            self.by_code,
            help=_("Try a failed delivery again"),
            is_listed=False,
            takes_words=True,
        )
        router.action(ReprocessRequest, self.press)

    async def by_code(self, turn: Turn, words: str) -> Reply:
        code, _rest = split_code(words)
        record = await self.services.codes.find(code)
        if record is None:
            raise UnknownCode(code, _HELP)
        try:
            ended = await self._reprocess(turn, record.request_id)
        except (NotAllowed, NotFound):
            raise UnknownCode(code, _HELP) from None
        told = "" if ended.how == "done" else _told(ended, turn.words)
        view = incident_view(ended.facts, reader_of(turn), turn.now, admin_url=self.services.admin_url, problem=told)
        return Reply.with_card(incident_card(view), summary=view.title)

    async def press(self, turn: Turn, action: ReprocessRequest) -> Reply:
        """The card itself is brought up to date by its job, as everything else about the request."""
        ended = await self._reprocess(turn, RequestId(action.request_id))
        return Reply(text=_told(ended, turn.words), placement=Placement.VIEW)

    async def _reprocess(self, turn: Turn, request_id: RequestId) -> Ended:
        """As the writer for those who are named in the configuration; for others with their own rights in Entra."""
        is_named = await self.services.administrators.includes(turn.actor.object_id)
        facts = await self.services.approvals.facts(request_id)
        try:
            ended = await self.services.errands.reprocess(turn.actor, facts, turn.conversation.id, as_writer=is_named)
        except GraphRefused:
            ended = Ended("too_late", facts)
        if not is_named and ended.how in ("too_late", "before"):
            raise NotAllowed("Graph has not said that they may")
        return ended


def _told(ended: Ended, words: Language) -> str:
    return {
        "done": words("I am trying it again. The card about it tells how that goes."),
        "on_its_way": words("Microsoft 365 is slow to answer. I keep at it."),
        "too_late": words("There is nothing to try again any more, or it failed too long ago."),
        "before": words("It is being tried again already."),
    }[ended.how]


def feature(services: Services) -> Reprocess:
    return Reprocess(services)
