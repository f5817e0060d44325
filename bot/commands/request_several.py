"""`request sales data, office map`: one form for several access packages, and one request for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.dispatch import Router
from bot.domain import AccessPackageId, NewRequest, PolicyId
from bot.error_replies import invalid_answer
from bot.errors import (
    AlreadyAsked,
    ConsentNeeded,
    DoormanError,
    GraphRefused,
    GraphUnavailable,
    InvalidAnswer,
    NotAllowed,
    NotRequestable,
    ServiceBusy,
    SignInNeeded,
    Throttled,
)
from bot.services.bundle import Services
from bot.services.request_form import RequestForm, checked
from bot.turn import Card, Reply, Turn
from bot.views.filled_form import typed_into
from bot.views.request_form import Before
from bot.views.request_several import Outcome, Wanted, digest_of, results_view, several_view
from bot.views.words import reader_of
from cards.actions import PickPackages, SubmitSeveral, chosen_values
from cards.language import Language, _
from cards.notice import NoticeView, notice_card
from cards.rendering import CardTooLarge
from cards.request_several import NOTHING_TICKED, PickView, pick_card, several_card
from cards.views import Tone

MOST: Final = 10
_MOST_TICKS: Final = 60


def several(words: str) -> tuple[str, ...]:
    """The things that were named one after the other; nothing where it was only one."""
    names = tuple(dict.fromkeys(name.strip() for name in words.replace(";", ",").split(",") if name.strip()))
    return names if len(names) > 1 else ()


@dataclass(frozen=True, slots=True)
class RequestSeveral:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "request several",
            self.pick,
            title=_("Request several"),
            help=_("Ask for several access packages at once"),
            aliases=("several",),
            is_listed=False,
            rank=12,
        )
        router.action(PickPackages, self.picked)
        router.action(SubmitSeveral, self.submit)

    async def pick(self, turn: Turn, words: str) -> Reply:
        return Reply.with_card(await self._ticks(turn), summary=turn.words("Several at once"))

    async def picked(self, turn: Turn, action: PickPackages) -> Reply:
        ids = [AccessPackageId(value) for value in chosen_values(action.picked)][:MOST]
        if not ids:
            return Reply.replace(await self._ticks(turn, turn.words(NOTHING_TICKED)))
        wanted = await asyncio.gather(*(self._form(turn, package_id, str(package_id)) for package_id in ids))
        return Reply.replace(self._card(turn, wanted))

    async def open(self, turn: Turn, names: Sequence[str]) -> Reply:
        """One form for everything that was named."""
        wanted = await asyncio.gather(*(self._named(turn, name) for name in names[:MOST]))
        return Reply.with_card(self._card(turn, wanted), summary=turn.words("Several at once"))

    async def submit(self, turn: Turn, action: SubmitSeveral) -> Reply:
        pairs = action.pairs()[:MOST]
        forms = await asyncio.gather(*(self._again(turn, package, policy) for package, policy in pairs))
        there = [form for form in forms if form is not None]
        is_begun = await self._is_begun(turn, action)
        if not is_begun and action.shown and action.shown != digest_of(there):
            problem = turn.words("The rules for this access have changed meanwhile. Please look at the form again.")
            return await self._once_more(turn, action, problem)
        try:
            asked = [(form, self._checked(turn, form, action)) for form in there]
        except InvalidAnswer as error:
            return await self._once_more(turn, action, invalid_answer(error, turn.words))
        outcomes = await asyncio.gather(*(self._send(turn, action, form, new) for form, new in asked))
        return Reply.replace(several_card(results_view(outcomes, reader_of(turn))))

    async def _send(self, turn: Turn, action: SubmitSeveral, form: RequestForm, new: NewRequest) -> Outcome:
        """One request. Whatever happens to it stops none of the others."""
        name, words = form.package.name, turn.words
        try:
            sent = await self.services.submissions.send(turn.actor, _form_id(action, form.package.id), form, new, None)
        except (SignInNeeded, ConsentNeeded):
            raise
        except DoormanError as error:
            return Outcome(name, _failure(error, words), is_sent=False, package_id=form.package.id)
        if sent.request_id is None:
            return Outcome(name, words("On its way. I will tell you when it has arrived."), is_sent=True)
        return Outcome(name, words("Asked. Its card tells you where it stands."), is_sent=True)

    async def _is_begun(self, turn: Turn, action: SubmitSeveral) -> bool:
        """Whether some of it was sent before: then the rest is sent too, and nothing twice."""
        earlier = await asyncio.gather(
            *(
                self.services.submissions.already_sent(turn.actor, _form_id(action, package_id))
                for package_id, _policy_id in action.pairs()[:MOST]
            )
        )
        return any(sent is not None for sent in earlier)

    def _checked(self, turn: Turn, form: RequestForm, action: SubmitSeveral) -> NewRequest:
        """Raises: InvalidAnswer."""
        return checked(
            form.package,
            form.chosen,
            typed_into(form, action, is_own=True),
            now=turn.now,
            time_zone=turn.time_zone,
            locale=turn.locale,
        )

    async def _once_more(self, turn: Turn, action: SubmitSeveral, problem: str) -> Reply:
        before = Before(
            problem, action.justification, action.answers(), action.start_date, action.end_date, action.period
        )
        wanted = await asyncio.gather(
            *(self._form(turn, AccessPackageId(package_id), "") for package_id, _policy_id in action.pairs()[:MOST])
        )
        return Reply.replace(self._card(turn, wanted, before))

    async def _named(self, turn: Turn, name: str) -> Wanted:
        search = await self.services.packages.find(turn.actor, name)
        matches = search.found.matches
        if search.direct_id is not None or search.found.is_sure:
            return await self._form(turn, search.direct_id or matches[0].package.id, name)
        return Wanted(name, candidates=tuple(match.package for match in matches))

    async def _form(self, turn: Turn, package_id: AccessPackageId, typed: str) -> Wanted:
        try:
            return Wanted(typed, await self.services.forms.form(turn.actor, package_id, locale=turn.locale))
        except NotRequestable:
            return Wanted(typed or turn.words("This one"))

    async def _again(self, turn: Turn, package_id: str, policy_id: str) -> RequestForm | None:
        try:
            return await self.services.forms.again(
                turn.actor, AccessPackageId(package_id), PolicyId(policy_id), locale=turn.locale
            )
        except NotRequestable:
            return None

    def _card(self, turn: Turn, wanted: Sequence[Wanted], before: Before | None = None) -> Card:
        try:
            return several_card(several_view(wanted, self.services.new_id(), reader_of(turn), before))
        except CardTooLarge:
            text = turn.words("This is too much for one form. Please ask for fewer at once.")
            return notice_card(NoticeView(turn.words("Several at once"), text, Tone.WAITING, words=turn.words))

    async def _ticks(self, turn: Turn, problem: str = "") -> Card:
        shelf = await self.services.packages.shelf(turn.actor)
        names = tuple((str(doc.package.id), doc.package.name) for doc in shelf.docs[:_MOST_TICKS])
        if not names:
            text = turn.words("There is nothing that you can request.")
            return notice_card(NoticeView(turn.words("Several at once"), text, words=turn.words))
        return pick_card(PickView(names, problem, turn.words))


def _form_id(action: SubmitSeveral, package_id: str) -> str:
    return f"{action.form_id}/{package_id}"


def _failure(error: DoormanError, words: Language) -> str:
    if isinstance(error, AlreadyAsked):
        return words("You have already asked for this, and your request is still open.")
    if isinstance(error, (Throttled, GraphUnavailable, ServiceBusy)):
        return words("Microsoft 365 was too busy. Nothing was sent; please ask for this one again.")
    if isinstance(error, (NotAllowed, GraphRefused)):
        return words("Microsoft 365 did not accept this one. Nothing was sent.")
    return words("This did not work. Nothing was sent.")


def feature(services: Services) -> RequestSeveral:
    return RequestSeveral(services)
