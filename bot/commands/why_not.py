"""`why not <package>`: the rule that keeps somebody from requesting it, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.errors import NotAllowed
from bot.services.bundle import Services
from bot.turn import Reply, Turn
from bot.views.why_not import why_not_view
from bot.views.words import reader_of
from cards.language import _
from cards.notice import NoticeView, notice_card


@dataclass(frozen=True, slots=True)
class ExplainRefusal:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "why not",
            self.explain,
            title=_("Why not?"),
            help=_("Ask why you cannot request an access package"),
            aliases=("why can i not request", "why can't i request"),
            takes_words=True,
            rank=75,
        )

    async def explain(self, turn: Turn, words: str) -> Reply:
        title = turn.words("Why not?")
        if not words.strip():
            text = turn.words("Tell me which one by its whole name, for example: why not Sales data.")
            return Reply.with_card(notice_card(NoticeView(title, text, words=turn.words)), summary=title)
        try:
            explanation = await self.services.why_not.explain(turn.actor, words.strip("“”\"'?! "))
        except NotAllowed as refused:
            if not refused.what.startswith("why-not"):
                raise
            text = turn.words("I cannot tell you that here. Please ask the person who told you about it.")
            return Reply.with_card(notice_card(NoticeView(title, text, words=turn.words)), summary=title)
        view = why_not_view(explanation, words, self.services.support_contact, reader_of(turn))
        return Reply.with_card(notice_card(view), summary=view.title)


def feature(services: Services) -> ExplainRefusal:
    return ExplainRefusal(services)
