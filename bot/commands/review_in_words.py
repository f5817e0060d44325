"""`review keep Ada: why`, `review remove`, `review unsure` and `review accept`: a review's card in text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.commands.reviews import ReviewsCommand
from bot.dispatch import Router
from bot.errors import NotFound
from bot.reviews import ReviewItem, ReviewVerdict
from bot.services.bundle import Services
from bot.services.reviews import Opened
from bot.turn import Placement, Reply, Turn
from bot.views.words import listed_all, reader_of
from cards.actions import AcceptSuggestions, DecideReview
from cards.language import _

_MOST_NAMED: Final = 10
_WHY: Final = re.compile(r"\s*[:;]\s*")


@dataclass(frozen=True, slots=True)
class ReviewInWords:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "review keep",
            self.keep,
            help=_("Say that somebody keeps their access"),
            is_listed=False,
            takes_words=True,
        )
        router.command(
            "review remove",
            self.remove,
            help=_("Say that somebody does not need their access any more"),
            is_listed=False,
            takes_words=True,
        )
        router.command(
            "review unsure", self.unsure, help=_("Say that you do not know"), is_listed=False, takes_words=True
        )
        told = _("Accept all suggestions of a review")
        router.command("review accept", self.accept, help=told, is_listed=False, takes_words=True)

    async def keep(self, turn: Turn, words: str) -> Reply:
        return await self._say(turn, words, ReviewVerdict.APPROVE)

    async def remove(self, turn: Turn, words: str) -> Reply:
        return await self._say(turn, words, ReviewVerdict.DENY)

    async def unsure(self, turn: Turn, words: str) -> Reply:
        return await self._say(turn, words, ReviewVerdict.DONT_KNOW)

    async def accept(self, turn: Turn, words: str) -> Reply:
        """All suggestions of the one review that runs, or of the one whose title has these words."""
        fitting = [each for each in await self._opened(turn) if words.casefold() in each.about.title.casefold()]
        if len(fitting) != 1:
            return await ReviewsCommand(self.services).show(turn, "")
        about = AcceptSuggestions(instance_id=fitting[0].about.instance_id)
        return replace(await ReviewsCommand(self.services).accept(turn, about), placement=Placement.NEW)

    async def _say(self, turn: Turn, text: str, verdict: ReviewVerdict) -> Reply:
        """One verdict about one person: the name before a colon, the reason behind it."""
        name, *why = _WHY.split(text.strip(), 1)
        if not name:
            return await ReviewsCommand(self.services).show(turn, "")
        found = [(opened, item) for opened in await self._opened(turn) for item in _named(opened.items, name)]
        if len(found) != 1:
            return _which_one(turn, name, [item for _opened, item in found])
        opened, item = found[0]
        said = DecideReview(
            instance_id=opened.about.instance_id, verdict=verdict.value, items=item.id, justification="".join(why)
        )
        return replace(await ReviewsCommand(self.services).decide(turn, said), placement=Placement.NEW)

    async def _opened(self, turn: Turn) -> list[Opened]:
        opened = []
        for about in await self.services.reviews.running(turn.actor):
            try:
                opened.append(await self.services.reviews.open(turn.actor, about.instance_id))
            except NotFound:  # it has just ended
                continue
        return opened


def _named(items: Sequence[ReviewItem], name: str) -> list[ReviewItem]:
    """Whoever is called so; everybody whose name has it in it where nobody is."""
    wanted = name.casefold()
    exact = [item for item in items if wanted in (item.person_name.casefold(), _both(item).casefold())]
    return exact or [item for item in items if wanted in _both(item).casefold()]


def _both(item: ReviewItem) -> str:
    return f"{item.person_name} ({item.package_name})"


def _which_one(turn: Turn, name: str, found: Sequence[ReviewItem]) -> Reply:
    if not found:
        told = turn.words(
            "Nobody called {name} is in a review of yours. Type {command} to see who is.",
            name=name,
            command=turn.words.to_type("reviews"),
        )
        return Reply.with_text(told)
    names = listed_all(tuple(_both(item) for item in found), reader_of(turn), _MOST_NAMED)
    told = turn.words("Whom do you mean: {names}? Please type the name as it is written here.", names=names)
    return Reply.with_text(told)


def feature(services: Services) -> ReviewInWords:
    return ReviewInWords(services)
