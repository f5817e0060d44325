"""`request <words>` and `packages <words>`: find an access package; the form of the one found is another feature's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from bot.commands.request_in_words import RequestInWords
from bot.commands.request_several import RequestSeveral, several
from bot.dispatch import Router
from bot.domain import AccessPackageId
from bot.invokes import Choice, Choices, ChoiceSearch
from bot.services.bundle import Services
from bot.services.catalog_index import Found
from bot.services.packages import Shelf
from bot.turn import CardPress, Placement, Reply, Turn
from bot.views.packages import list_view, matches_view, picker_view
from bot.views.words import reader_of
from cards.actions import OpenRequestForm, PickPackage, RunCommand, ShowPackages
from cards.language import _
from cards.package_list import LONGEST_FILTER, package_list_card
from cards.package_picker import DATASET, package_picker_card
from cards.packages import MOST_SHOWN, packages_card
from cards.text import choice_title
from cards.views import Button

_LONGEST_TITLE: Final = 120


@dataclass(slots=True)
class FindPackages:
    services: Services
    _router: Router = field(default_factory=Router)

    def register(self, router: Router) -> None:
        self._router = router
        router.command(
            "request",
            self.request,
            title=_("Request access"),
            help=_("Find an access package and ask for it"),
            aliases=("request access", "ask for"),
            takes_words=True,
            rank=10,
        )
        router.command(
            "packages",
            self.browse,
            title=_("What I can request"),
            help=_("Everything you can request, by catalog and project"),
            aliases=("what can i request",),
            takes_words=True,
            rank=12,
        )
        router.action(PickPackage, self.pick)
        router.action(ShowPackages, self.turn_page)
        router.choices(DATASET, self.choices)

    async def request(self, turn: Turn, words: str) -> Reply:
        if words and (typed := await RequestInWords(self.services).request(turn, words)):
            return typed
        if names := several(words):
            return await RequestSeveral(self.services).open(turn, names)
        reply = await (self._find(turn, words) if words else self._picker(turn))
        return replace(reply, placement=Placement.NEW)

    async def browse(self, turn: Turn, words: str) -> Reply:
        shelf = await self.services.packages.shelf(turn.actor)
        return replace(await self._page(turn, shelf, 0, words), placement=Placement.NEW)

    async def turn_page(self, turn: Turn, action: ShowPackages) -> Reply:
        shelf = await self.services.packages.shelf(turn.actor, is_fresh=bool(action.fresh))
        return await self._page(turn, shelf, action.page_number, action.words)

    async def pick(self, turn: Turn, action: PickPackage) -> Reply:
        """What was picked is an id, or what was typed where a client sends the text instead; both are looked up."""
        words = " ".join(action.access_package_id.split())
        if not words:
            return await self._picker(turn, turn.words("Please pick one of the packages, or type a few words."))
        return await self._find(turn, words[:LONGEST_FILTER])

    async def choices(self, turn: Turn, search: ChoiceSearch) -> Choices:
        found = (await self.services.packages.find(turn.actor, search.text)).found
        shown = found.matches or found.nearest
        items = (
            Choice(choice_title(match.package.name, _LONGEST_TITLE) or match.package.id, match.package.id)
            for match in shown[: search.most]
        )
        return Choices(tuple(items))

    async def _find(self, turn: Turn, words: str) -> Reply:
        search = await self.services.packages.find(turn.actor, words)
        found = search.found
        if search.direct_id is not None:
            return await self._form(turn, search.direct_id)
        if found.is_sure:
            return await self._form(turn, found.matches[0].package.id, words)
        if not found.matches:
            await self.services.missed_searches.note(turn.actor, words)
        view = matches_view(found, words, search.as_of, turn.now, reader_of(turn), self._ways_on(turn, found, words))
        return replace(Reply.replace(packages_card(view)), summary=view.title)

    def _ways_on(self, turn: Turn, found: Found, words: str) -> tuple[Button, ...]:
        everything = Button(turn.words("Show everything"), RunCommand(text="packages"))
        if len(found.matches) <= MOST_SHOWN:
            return (everything,)
        fitting = turn.words("Show all {count}", count=len(found.matches))
        return (Button(fitting, RunCommand(text=f"packages {words[:LONGEST_FILTER]}")), everything)

    async def _form(self, turn: Turn, package_id: AccessPackageId, words: str = "") -> Reply:
        action = OpenRequestForm(access_package_id=package_id, looked_for=words)
        return await self._router.route(turn, CardPress(action.verb, action.payload()))

    async def _picker(self, turn: Turn, problem: str = "") -> Reply:
        shelf = await self.services.packages.shelf(turn.actor)
        if not shelf.docs:
            return await self._page(turn, shelf, 0, "")
        view = picker_view(shelf, turn.now, reader_of(turn), problem)
        return replace(Reply.replace(package_picker_card(view)), summary=turn.words("What you can request"))

    async def _page(self, turn: Turn, shelf: Shelf, page: int, words: str) -> Reply:
        words = " ".join(words.split())[:LONGEST_FILTER]
        docs = shelf.docs
        if words:
            found = self.services.packages.look_through(shelf, words)
            fitting = {match.package.id for match in found.matches}
            docs = tuple(doc for doc in shelf.docs if doc.package.id in fitting)
            if not docs:
                await self.services.missed_searches.note(turn.actor, words)
                buttons = (Button(turn.words("Show everything"), ShowPackages()),)
                view = matches_view(found, words, shelf.as_of, turn.now, reader_of(turn), buttons)
                return replace(Reply.replace(packages_card(view)), summary=view.title)
        listed = list_view(shelf, docs, page, words, turn.now, reader_of(turn))
        return replace(Reply.replace(package_list_card(listed)), summary=turn.words("What you can request"))


def feature(services: Services) -> FindPackages:
    return FindPackages(services)
