"""`compare <person>`: what somebody of my team has that I have not, each with the way to ask for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.dispatch import Router
from bot.domain import Person
from bot.errors import NotAllowed, NotFound
from bot.services.bundle import Services
from bot.services.comparing import Team, named, the_mate
from bot.turn import Placement, Reply, Turn
from bot.views.comparing import comparison_view, team_view
from bot.views.words import reader_of
from cards.actions import CompareWith, RunCommand
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.packages import packages_card
from cards.views import Button


@dataclass(frozen=True, slots=True)
class Compare:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "compare",
            self.compare,
            title=_("Compare with my team"),
            help=_("See what somebody of your team has that you do not have"),
            aliases=("compare with", "what does my teammate have"),
            takes_words=True,
            rank=18,
        )
        router.action(CompareWith, self.pick)

    async def compare(self, turn: Turn, words: str) -> Reply:
        words = words.strip("?! ").removeprefix("@").strip()
        try:
            team = await self.services.comparing.team(turn.actor)
        except NotAllowed as refused:
            if not refused.what.startswith("comparing"):
                raise
            return _notice(turn, turn.words("I cannot compare your access with that of others here."))
        if not team.has_manager:
            text = turn.words("The directory knows no manager of yours, so I cannot tell who is in your team.")
            return _notice(turn, text)
        found = named(team, words)
        if len(found) == 1:
            return replace(await self._compared(turn, found[0]), placement=Placement.NEW)
        return self._whom(turn, team, found, words)

    async def pick(self, turn: Turn, action: CompareWith) -> Reply:
        """Who is in the team is looked up again: it may have changed since the card was made."""
        try:
            mate = the_mate(await self.services.comparing.team(turn.actor), action.person_id)
        except (NotAllowed, NotFound):
            return _notice(turn, turn.words("This person is not in your team any more."))
        return await self._compared(turn, mate, action.start)

    async def _compared(self, turn: Turn, mate: Person, start: int = 0) -> Reply:
        found = await self.services.comparing.compare(turn.actor, mate)
        view = comparison_view(found, start, turn.now, reader_of(turn))
        return replace(Reply.replace(packages_card(view)), summary=view.title)

    def _whom(self, turn: Turn, team: Team, found: tuple[Person, ...], words: str) -> Reply:
        if not team.mates:
            return _notice(turn, turn.words("There is nobody else in your team."))
        view = team_view(found or team.mates, words, reader_of(turn), is_known=bool(found) or not words)
        return Reply.with_card(packages_card(view), summary=view.title)


def _notice(turn: Turn, text: str) -> Reply:
    title = turn.words("Compare with my team")
    ways_on = (Button(turn.words("What I can request"), RunCommand(text="packages")),)
    return Reply.with_card(notice_card(NoticeView(title, text, buttons=ways_on, words=turn.words)), summary=title)


def feature(services: Services) -> Compare:
    return Compare(services)
