"""Trying a delivery that failed once more, for people who look after the tenant."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from cards.language import _

_HELP = "help"


@dataclass(frozen=True, slots=True)
class Reprocess:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "reprocess",
            self.by_code,
            help=_("Have a delivery that failed tried again"),
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
            reply = await self.press(turn, ReprocessRequest(request_id=record.request_id))
        except (NotAllowed, NotFound):
            raise UnknownCode(code, _HELP) from None
        return replace(reply, placement=Placement.NEW)

    async def press(self, turn: Turn, action: ReprocessRequest) -> Reply:
        """As the writer for those who are named in the configuration; for others with their own rights in Entra."""
        is_named = await self.services.administrators.includes(turn.actor.object_id)
        request_id = RequestId(action.request_id)
        facts = await self.services.approvals.facts(request_id)
        try:
            ended = await self.services.errands.reprocess(turn.actor, facts, turn.conversation.id, as_writer=is_named)
        except GraphRefused:
            ended = Ended("too late", facts)
            if not is_named:
                raise
        if not is_named and ended.how in ("too late", "before"):
            raise NotAllowed("Graph has not said that they may")
        words = turn.words
        told = {
            "on its way": words("Microsoft 365 is slow to answer. I keep at it."),
            "too late": words("There is nothing to try again any more, or it failed too long ago."),
            "before": words("It is being tried again already."),
        }.get(ended.how, "")
        view = incident_view(ended.facts, reader_of(turn), turn.now, admin_url=self.services.admin_url, problem=told)
        return Reply.view(incident_card(view))


def feature(services: Services) -> Reprocess:
    return Reprocess(services)
