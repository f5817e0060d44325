"""`about`: what Doorman is, what it may do, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.dispatch import Router
from bot.error_replies import help_button
from bot.services.bundle import Services
from bot.turn import Reply, Turn
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Fact

WHAT_IT_IS: Final = _(
    "I get you the access you need. You ask here, the right person decides here, and I tell you when it works. "
    "Everything I do for you happens with your own rights, in Microsoft Entra."
)


@dataclass(frozen=True, slots=True)
class About:
    version: str
    support_contact: str

    def register(self, router: Router) -> None:
        router.command("about", self.show, title=_("About"), help=_("What Doorman is and whom to ask"), rank=90)

    async def show(self, turn: Turn, words: str) -> Reply:
        facts = [Fact(turn.words("Version"), self.version)]
        if self.support_contact:
            facts.append(Fact(turn.words("Help"), self.support_contact))
        view = NoticeView(
            "Doorman",
            turn.words(WHAT_IT_IS),
            facts=tuple(facts),
            buttons=(help_button(turn.words),),
            words=turn.words,
        )
        return Reply.with_card(notice_card(view), summary=turn.words("About Doorman"), is_personal=False)


def feature(services: Services) -> About:
    return About(services.version, services.support_contact)
