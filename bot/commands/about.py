"""`about`: what Doorman is, what it may do, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.services.bundle import Services
from bot.turn import Reply, Turn
from cards.actions import RunCommand
from cards.notice import NoticeView, notice_card
from cards.views import Button, Fact


@dataclass(frozen=True, slots=True)
class About:
    version: str
    support_contact: str

    def register(self, router: Router) -> None:
        router.command("about", self.show, title="About", help="What Doorman is and whom to ask", rank=90)

    async def show(self, turn: Turn, words: str) -> Reply:
        facts = [Fact("Version", self.version)]
        if self.support_contact:
            facts.append(Fact("Help", self.support_contact))
        view = NoticeView(
            "Doorman",
            "I get you the access you need. You ask here, the right person decides here, and I tell you when it works. "
            "Everything I do for you happens with your own rights, in Microsoft Entra.",
            facts=tuple(facts),
            buttons=(Button("What can I do here?", RunCommand(text="help")),),
        )
        return Reply.with_card(notice_card(view), summary="About Doorman", is_personal=False)


def feature(services: Services) -> About:
    return About(services.version, services.support_contact)
