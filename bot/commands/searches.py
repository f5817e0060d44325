"""`searches`: what people look for and do not find, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.dispatch import Audience, Router
from bot.errors import NotAllowed
from bot.services.bundle import Services
from bot.services.missed_searches import SHOWN_FROM_DAYS
from bot.turn import Reply, Turn
from bot.views.searches import searches_view
from bot.views.words import reader_of
from cards.language import _
from cards.notice import notice_card

_MOST: Final = 12


@dataclass(frozen=True, slots=True)
class Searches:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "searches",
            self.show,
            title=_("Missed searches"),
            help=_("What people search for and do not find, for administrators"),
            aliases=("missed searches",),
            is_listed=False,
            audience=Audience.ADMINISTRATORS,
        )

    async def show(self, turn: Turn, words: str) -> Reply:
        """Raises: NotAllowed, for everybody whom the configuration does not name."""
        if not await self.services.administrators.includes(turn.actor.object_id):
            raise NotAllowed("searches are for administrators")
        found = await self.services.missed_searches.report(_MOST)
        view = searches_view(found, SHOWN_FROM_DAYS, reader_of(turn))
        return Reply.with_card(notice_card(view), summary=view.title)


def feature(services: Services) -> Searches:
    return Searches(services)
