"""`link <package>`, the message extension and links that unfold: passing on access packages that the sender may see.

A hidden package is never passed on, and looks to all of this as if it did not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.dispatch import Router
from bot.domain import AccessPackage
from bot.errors import NotFound, NotRequestable
from bot.invokes import Composed, ComposeQuestion, ComposeSearch, PastedLink, Shareable
from bot.services.bundle import Services
from bot.services.packages import package_id_in, package_id_of_link
from bot.turn import Reply, Turn
from bot.views.packages import link_choice_view, reason_of, shared_view
from bot.views.words import reader_of
from cards.actions import SharePackage
from cards.language import _
from cards.package_share import SharedPackageView, package_link_card, shared_package_card
from cards.packages import packages_card
from cards.text import spoken

COMMAND: Final = "search"
"""The command of the message extension, as the manifest names it."""

_LONGEST_PREVIEW: Final = 140


@dataclass(frozen=True, slots=True)
class SharePackages:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "link",
            self.link,
            title=_("Share a package"),
            help=_("Get a link to an access package and a card to pass on"),
            aliases=("share",),
            takes_words=True,
            rank=60,
        )
        router.action(SharePackage, self.share)
        router.compose(self.compose)

    async def link(self, turn: Turn, words: str) -> Reply:
        shelf = await self.services.packages.shelf(turn.actor)
        direct = package_id_in(words)
        if direct is not None:
            doc = shelf.doc(direct)
            if doc is None:
                raise NotRequestable("link")
            return self._links(turn, doc.package)
        found = self.services.packages.look_through(shelf, words)
        if found.is_sure:
            return self._links(turn, found.matches[0].package)
        view = link_choice_view(found, words, shelf, reader_of(turn))
        return Reply.with_card(packages_card(view), summary=view.title)

    async def share(self, turn: Turn, action: SharePackage) -> Reply:
        shelf = await self.services.packages.shelf(turn.actor)
        doc = shelf.doc(action.access_package_id)
        if doc is None:
            raise NotRequestable("link")
        return self._links(turn, doc.package)

    async def compose(self, turn: Turn, question: ComposeQuestion) -> Composed:
        match question:
            case ComposeSearch():
                return await self._search(turn, question)
            case PastedLink(url):
                return await self._unfold(turn, url)

    async def _search(self, turn: Turn, search: ComposeSearch) -> Composed:
        """What fits; before anything was typed what is suggested, and then everything."""
        if search.command != COMMAND:
            raise NotFound(f"command {search.command[:80]!r}")
        shelf = await self.services.packages.shelf(turn.actor)
        reader = reader_of(turn)
        wanted: list[tuple[AccessPackage, str]]
        if search.text.strip():
            found = self.services.packages.look_through(shelf, search.text)
            wanted = [(match.package, reason_of(match, reader)) for match in found.matches]
        else:
            first = [doc for each in shelf.suggested if (doc := shelf.doc(each.package_id)) is not None]
            known = {doc.package.id for doc in first}
            docs = [*first, *(doc for doc in shelf.docs if doc.package.id not in known)]
            wanted = [(doc.package, "") for doc in docs]
        shown = wanted[search.skip : search.skip + search.most]
        if not shown:
            return Composed(text=turn.words("Nothing that you can request fits. Try other words."))
        return Composed(tuple(self._shareable(turn, package, reason) for package, reason in shown))

    async def _unfold(self, turn: Turn, url: str) -> Composed:
        """The card of the package that the link leads to; nothing for any other link."""
        package_id = package_id_of_link(url, turn.actor.tenant_id)
        if package_id is None:
            return Composed()
        shelf = await self.services.packages.shelf(turn.actor)
        doc = shelf.doc(package_id)
        return Composed((self._shareable(turn, doc.package, ""),)) if doc is not None else Composed()

    def _shareable(self, turn: Turn, package: AccessPackage, reason: str) -> Shareable:
        text = reason or package.description or package.catalog_name
        return Shareable(
            shared_package_card(self._view(turn, package)),
            spoken(package.name, _LONGEST_PREVIEW),
            spoken(text, _LONGEST_PREVIEW),
        )

    def _links(self, turn: Turn, package: AccessPackage) -> Reply:
        view = self._view(turn, package)
        card = Reply.with_card(package_link_card(view), summary=turn.words("Link to {package}", package=package.name))
        return replace(card, also=(Reply.with_card(shared_package_card(view), summary=package.name),))

    def _view(self, turn: Turn, package: AccessPackage) -> SharedPackageView:
        ask = self.services.chat_url(f"request {package.id}")
        return shared_view(package, ask, self.services.package_url(package.id), reader_of(turn))


def feature(services: Services) -> SharePackages:
    return SharePackages(services)
