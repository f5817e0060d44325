"""`hide` and `unhide`: whether people find an access package, said by administrators as themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.dispatch import Audience, Router
from bot.errors import NotAllowed
from bot.services.bundle import Services
from bot.tenant import TenantPackage
from bot.turn import Reply, Turn
from bot.views.visibility import ask_view, changed_view, failed_view, no_change_view
from bot.views.words import reader_of
from cards.actions import SetPackageHidden
from cards.administration import plan_card
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Link, Tone

_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class HidePackage:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "hide",
            self.hide,
            title=_("Hide"),
            help=_("Take an access package out of lists and searches, if you are an administrator"),
            aliases=("hide package",),
            takes_words=True,
            is_listed=False,
            rank=93,
            audience=Audience.ADMINISTRATORS,
        )
        router.command(
            "unhide",
            self.unhide,
            title=_("Unhide"),
            help=_("Let an access package be found again, if you are an administrator"),
            aliases=("unhide package",),
            takes_words=True,
            is_listed=False,
            rank=94,
            audience=Audience.ADMINISTRATORS,
        )
        router.action(SetPackageHidden, self.change)

    async def hide(self, turn: Turn, words: str) -> Reply:
        return await self._ask(turn, words, is_hidden=True)

    async def unhide(self, turn: Turn, words: str) -> Reply:
        return await self._ask(turn, words, is_hidden=False)

    async def change(self, turn: Turn, action: SetPackageHidden) -> Reply:
        """Pressed again, or after somebody else did it, it changes nothing and says how it is."""
        reader, office = reader_of(turn), self.services.package_office
        found = await office.with_name(turn.actor, action.package_id)
        if not found:
            return self._which(turn, turn.words("This access package is gone."))
        package, links = found[0], self._links(turn, found[0])
        if package.is_hidden is action.is_hidden:
            return Reply.replace(plan_card(no_change_view(package, links, reader)))
        outcome = await office.set_hidden(turn.actor, package, action.is_hidden)
        if any(each.code == NotAllowed.__name__ for each in outcome.failed):
            raise NotAllowed("Graph does not let this person change the access package")
        view = changed_view if outcome.is_done else failed_view
        return Reply.replace(plan_card(view(package, action.is_hidden, links, reader)))

    async def _ask(self, turn: Turn, words: str, *, is_hidden: bool) -> Reply:
        if not words:
            return self._which(turn, turn.words("Say which access package, like this: hide Sales data"))
        found = await self.services.package_office.with_name(turn.actor, words)
        if not found:
            return self._which(turn, turn.words("I know no access package called {name}.", name=words))
        if len(found) > 1:
            ids = ", ".join(f"{each.catalog_name} ({each.id})" for each in found[:_MOST_NAMED])
            return self._which(
                turn, turn.words("Several catalogs have it: {names}. Say the id in place of the name.", names=ids)
            )
        package, links = found[0], self._links(turn, found[0])
        if package.is_hidden is is_hidden:
            return Reply.with_card(plan_card(no_change_view(package, links, reader_of(turn))), package.name)
        return Reply.with_card(plan_card(ask_view(package, is_hidden, links, reader_of(turn))), package.name)

    def _links(self, turn: Turn, package: TenantPackage) -> tuple[Link, ...]:
        return (Link(turn.words("Open in My Access"), self.services.package_url(package.id)),)

    def _which(self, turn: Turn, text: str) -> Reply:
        title = turn.words("Which one?")
        return Reply.with_card(notice_card(NoticeView(title, text, Tone.NEUTRAL, words=turn.words)), summary=title)


def feature(services: Services) -> HidePackage:
    return HidePackage(services)
