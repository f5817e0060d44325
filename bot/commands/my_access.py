"""`my access`, `extend` and `give back`: what a person has, keeping it longer, and giving it back."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.domain import (
    AccessPackageId,
    Address,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
)
from bot.error_replies import invalid_answer
from bot.errors import AlreadyAsked, InvalidAnswer, NotAllowed, NotFound
from bot.services.access import Holding, gives_access
from bot.services.bundle import Services
from bot.services.extension import Extension
from bot.services.facts import RequestFacts
from bot.services.keeping import About, Extended, Wish, stamp
from bot.services.together import together
from bot.turn import Card, ConversationKind, Placement, Reply, Turn
from bot.views.access import extension_view, give_back_view, my_access_view
from bot.views.request_status import status_view
from bot.views.words import reader_of
from cards.actions import ExtendAccess, GiveBack, LetGo, OpenExtension, OpenGiveBack, RunCommand, ShowAccess
from cards.extension import extension_card
from cards.give_back import give_back_card
from cards.language import _
from cards.my_access import MOST_SHOWN, my_access_card
from cards.notice import NoticeView, notice_card
from cards.request_status import request_status_card
from cards.views import Button, Tone

_LONGEST_TYPED = 4_000


@dataclass(frozen=True, slots=True)
class MyAccess:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "my access",
            self.show,
            title=_("My access"),
            help=_("See what you have, and until when"),
            aliases=("access", "what do i have"),
            takes_words=True,
            rank=15,
        )
        router.command(
            "extend",
            self.extend_by_name,
            title=_("Extend access"),
            help=_("Keep access longer"),
            aliases=("renew", "keep"),
            takes_words=True,
            rank=16,
        )
        router.command(
            "give back",
            self.give_back_by_name,
            title=_("Give access back"),
            help=_("End access that you do not need any more"),
            aliases=("return", "remove my access"),
            takes_words=True,
            rank=17,
        )
        router.command(
            "let go",
            self.let_go_by_name,
            help=_("Let access end as planned, without more reminders"),
            aliases=("do not extend", "don't extend", "let end"),
            is_listed=False,
            takes_words=True,
        )
        router.action(ShowAccess, self.page)
        router.action(OpenExtension, self.open_extension)
        router.action(ExtendAccess, self.extend)
        router.action(LetGo, self.let_go)
        router.action(OpenGiveBack, self.open_give_back)
        router.action(GiveBack, self.give_back)

    async def show(self, turn: Turn, words: str) -> Reply:
        return Reply.with_card(await self._list(turn, words), summary=turn.words("Your access"))

    async def page(self, turn: Turn, action: ShowAccess) -> Reply:
        start = int(action.start) if action.start.isascii() and action.start.isdigit() and len(action.start) < 7 else 0
        return Reply.replace(await self._list(turn, action.words[:200], start))

    async def extend_by_name(self, turn: Turn, words: str) -> Reply:
        holding = await self._the_one(turn, words, ends=True)
        if holding is None:
            return await self.show(turn, words)
        extension = await self.services.keeping.extension(turn.actor, _about(holding.assignment), locale=turn.locale)
        return Reply.with_card(self._extension_card(turn, extension), summary=turn.words("Keep access"))

    async def give_back_by_name(self, turn: Turn, words: str) -> Reply:
        holding = await self._the_one(turn, words)
        if holding is None:
            return await self.show(turn, words)
        return await self._leaving(turn, holding.assignment.id, holding.assignment.package_id)

    async def open_extension(self, turn: Turn, action: OpenExtension) -> Reply:
        extension = await self.services.keeping.extension(turn.actor, _meant(action), locale=turn.locale)
        return Reply.with_card(self._extension_card(turn, extension), summary=turn.words("Keep access"))

    async def extend(self, turn: Turn, action: ExtendAccess) -> Reply:
        about, wish = _meant(action), Wish(action.period, action.justification)
        try:
            done = await self.services.keeping.extend(
                turn.actor, about, wish, _card_pressed(turn), locale=turn.locale, zone=turn.time_zone
            )
        except InvalidAnswer as error:
            return await self._again(turn, about, wish, invalid_answer(error, turn.words))
        except AlreadyAsked as error:
            if not error.request_id:
                raise
            return await self._status(turn, RequestId(error.request_id))
        if done.sent is None:
            return self._changed(turn, done, wish)
        if done.sent.request_id is None:
            return _on_its_way(turn)
        return await self._status(turn, done.sent.request_id)

    async def let_go(self, turn: Turn, action: LetGo) -> Reply:
        holding = await self.services.access.one(
            turn.actor, AssignmentId(action.assignment_id), AccessPackageId(action.access_package_id)
        )
        return Reply.replace(await self._letting_go(turn, holding))

    async def let_go_by_name(self, turn: Turn, words: str) -> Reply:
        holding = await self._the_one(turn, words, ends=True)
        if holding is None or holding.assignment.expires_at is None:
            return await self.show(turn, words)
        card = await self._letting_go(turn, holding)
        return Reply.with_card(card, summary=turn.words("{package} ends as planned", package=holding.name))

    async def open_give_back(self, turn: Turn, action: OpenGiveBack) -> Reply:
        return await self._leaving(turn, AssignmentId(action.assignment_id), AccessPackageId(action.access_package_id))

    async def give_back(self, turn: Turn, action: GiveBack) -> Reply:
        try:
            sent = await self.services.keeping.give_back(turn.actor, _meant(action), _card_pressed(turn))
        except AlreadyAsked as error:
            if not error.request_id:
                raise
            return await self._status(turn, RequestId(error.request_id))
        except NotFound:
            text = turn.words("You do not have this any more.")
            return Reply.replace(
                notice_card(NoticeView(turn.words("Nothing to give back"), text, Tone.GOOD, words=turn.words))
            )
        except NotAllowed as error:
            if type(error) is not NotAllowed:
                raise
            return await self.open_give_back(
                turn,
                OpenGiveBack(assignment_id=action.assignment_id, access_package_id=action.access_package_id),
            )
        if sent.request_id is None:
            return _on_its_way(turn)
        await self.services.expiries.returned(turn.actor, AssignmentId(action.assignment_id))
        return await self._status(turn, sent.request_id)

    async def _list(self, turn: Turn, words: str, start: int = 0) -> Card:
        found, compares = await together(
            self.services.access.holdings(turn.actor, words, start=start, most=MOST_SHOWN),
            self.services.comparing.is_offered(turn.actor),
        )
        view = my_access_view(
            found,
            words,
            reader_of(turn),
            self.services.clock.now(),
            most=MOST_SHOWN,
            portal_url=self.services.access_url,
            compares=compares and not words,
        )
        return my_access_card(view)

    async def _the_one(self, turn: Turn, words: str, *, ends: bool = False) -> Holding | None:
        """The access that is meant, if the words leave no doubt."""
        if not words:
            return None
        found = await self.services.access.holdings(turn.actor, words, most=MOST_SHOWN)
        fitting = [each for each in found.shown if gives_access(each.assignment)]
        exact = [each for each in fitting if each.name.casefold() == words.casefold()]
        if len(exact) == 1:
            return exact[0]
        if ends and len(fitting) > 1:
            fitting = [each for each in fitting if each.assignment.expires_at is not None]
        return fitting[0] if len(fitting) == 1 and found.total <= MOST_SHOWN else None

    async def _letting_go(self, turn: Turn, holding: Holding) -> Card:
        """Noted only for the person's own access, so that nobody else's notices fall silent."""
        await self.services.expiries.let_go(turn.actor, holding.assignment)
        words, mine = turn.words, holding.assignment
        text = words("It ends as planned, and I will not remind you. You can still extend it until then.")
        return notice_card(NoticeView(mine.package_name, text, Tone.NEUTRAL, buttons=(_my_access(turn),), words=words))

    async def _leaving(self, turn: Turn, assignment_id: AssignmentId, package_id: AccessPackageId | None) -> Reply:
        leaving = await self.services.access.leaving(turn.actor, assignment_id, package_id or AccessPackageId(""))
        view = give_back_view(
            leaving,
            reader_of(turn),
            self.services.clock.now(),
            portal_url=self.services.access_url,
            support=self.services.support_contact,
        )
        return Reply.with_card(give_back_card(view), summary=turn.words("Give access back"))

    async def _again(self, turn: Turn, about: About, wish: Wish, problem: str) -> Reply:
        if len(wish.justification) > _LONGEST_TYPED:
            return Reply(text=problem, placement=Placement.VIEW)
        extension = await self.services.keeping.extension(turn.actor, about, locale=turn.locale)
        return Reply.view(self._extension_card(turn, extension, wish, problem))

    def _changed(self, turn: Turn, done: Extended, wish: Wish) -> Reply:
        """It cannot be extended, or has another end than the card said: the card as it is now."""
        assert done.extension is not None  # noqa: S101  given whenever nothing was sent
        problem = "" if done.extension.why_not else turn.words("The end has changed meanwhile. Please look again.")
        return Reply.replace(self._extension_card(turn, done.extension, wish, problem))

    def _extension_card(self, turn: Turn, extension: Extension, wish: Wish | None = None, problem: str = "") -> Card:
        wish = wish or Wish()
        view = extension_view(
            extension,
            reader_of(turn),
            self.services.clock.now(),
            portal_url=self.services.access_url,
            typed=(wish.period, wish.justification),
            problem=problem,
        )
        return extension_card(view)

    async def _status(self, turn: Turn, request_id: RequestId) -> Reply:
        """Where the change stands, by what is remembered: Graph may not show a request that was just filed."""
        async with self.services.store.unit(read_only=True) as unit:
            record = await unit.requests.find(request_id)
        if record is None or turn.actor.object_id not in (record.requestor_id, record.target_id):
            return _on_its_way(turn)
        kind = {"return": RequestType.USER_REMOVE}.get(record.purpose, RequestType.USER_ADD)
        request = AssignmentRequest(
            request_id,
            kind,
            record.state,
            created_at=record.created_at,
            completed_at=record.completed_at,
            package_id=record.package_id,
            package_name=record.package_name,
        )
        if record.state is not RequestState.SUBMITTED:
            facts = await self.services.approvals.facts(request_id)
        else:
            facts = RequestFacts(request, record, await self.services.facts.policy(record.policy_id), (), None)
        names = await self.services.approvals.approver_names(facts)
        return Reply.view(request_status_card(status_view(facts, names, reader_of(turn), self.services.clock.now())))


def _about(mine: Assignment) -> About:
    return About(
        mine.id, mine.package_id or AccessPackageId(""), mine.policy_id or PolicyId(""), stamp(mine.expires_at)
    )


def _meant(action: OpenExtension | ExtendAccess | GiveBack) -> About:
    return About(
        AssignmentId(action.assignment_id),
        AccessPackageId(action.access_package_id),
        PolicyId(action.policy_id),
        action.ends_at if isinstance(action, ExtendAccess) else "",
    )


def _card_pressed(turn: Turn) -> tuple[Address, str] | None:
    """The message that was pressed, if it is in the person's own chat: it becomes the status card."""
    here = turn.conversation
    if not turn.message_id or here.kind is not ConversationKind.PERSONAL:
        return None
    return Address(here.id, here.service_url), turn.message_id


def _my_access(turn: Turn) -> Button:
    return Button(turn.words("My access"), RunCommand(text="my access"))


def _on_its_way(turn: Turn) -> Reply:
    text = turn.words("Microsoft 365 is slow to answer. I keep at it, and tell you as soon as it is done.")
    view = NoticeView(
        turn.words("This is on its way"), text, Tone.WAITING, buttons=(_my_access(turn),), words=turn.words
    )
    return Reply.view(notice_card(view))


def feature(services: Services) -> MyAccess:
    return MyAccess(services)
