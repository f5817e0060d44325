"""The form of one access package, and filing what it sends back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.commands.request_status import own_facts, status_card
from bot.dispatch import Router
from bot.domain import (
    AccessPackageId,
    Address,
    AssignmentRequest,
    NewRequest,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
    Subject,
)
from bot.error_replies import ErrorReplies, invalid_answer
from bot.errors import (
    AlreadyAsked,
    AnswerProblem,
    ConsentNeeded,
    DoormanError,
    GraphRefused,
    InvalidAnswer,
    NotAllowed,
    NotRequestable,
)
from bot.invokes import Choice, Choices, ChoiceSearch
from bot.services.bundle import Services
from bot.services.facts import RequestFacts
from bot.services.request_form import RequestForm, Start, checked
from bot.turn import Card, ConversationKind, Placement, Reply, Turn
from bot.views.filled_form import typed_into
from bot.views.request_form import (
    Before,
    blocked_view,
    form_view,
    shown_digest,
    verified_id_view,
)
from bot.views.request_status import status_view
from bot.views.words import reader_of
from cards.actions import MYSELF, OpenRequestForm, RefreshRequestStatus, RunCommand, SubmitRequest
from cards.language import Language
from cards.notice import NoticeView, notice_card
from cards.rendering import CardTooLarge
from cards.request_form import REPORTS, WHO, request_form_card
from cards.request_status import request_status_card
from cards.text import choice_title
from cards.views import Button, Link, Tone

_LARGEST_FORM_TEXT = 8_000  # characters; more than this would not fit on a card with the rest of the form


@dataclass(frozen=True, slots=True)
class RequestPackage:
    services: Services

    def register(self, router: Router) -> None:
        router.action(OpenRequestForm, self.open)
        router.action(SubmitRequest, self.submit)
        router.action(RefreshRequestStatus, self.refresh)
        router.choices(REPORTS, self.reports)

    async def open(self, turn: Turn, action: OpenRequestForm) -> Reply:
        try:
            card, name = await self.form_card(
                turn,
                AccessPackageId(action.access_package_id),
                PolicyId(action.policy_id) if action.policy_id else None,
                Start(RequestId(action.like_request_id) if action.like_request_id else None, action.looked_for),
                Before(target_id=action.target_id) if action.target_id and not action.like_request_id else None,
            )
        except NotRequestable as refused:
            return self._not_open(turn, refused, action.access_package_id)
        return replace(Reply.replace(card), summary=turn.words("Request {package}", package=name))

    def _not_open(self, turn: Turn, refused: NotRequestable, package_id: str) -> Reply:
        """The same for packages that there are not and that this person may not have; both may be asked about."""
        words, title = turn.words, turn.words("You cannot request this one")
        ask = Button(words("Why not?"), RunCommand(text=f"why not {package_id}"))
        view = NoticeView(title, ErrorReplies.sentence(refused, words), Tone.BAD, buttons=(ask,), words=words)
        return replace(Reply.with_card(notice_card(view)), summary=title)

    async def reports(self, turn: Turn, search: ChoiceSearch) -> Choices:
        """Those of the person's reports whose name holds what was typed."""
        wanted = search.text.casefold().split()
        fitting = [
            person
            for person in await self.services.forms.reports(turn.actor)
            if all(word in person.name.casefold() for word in wanted)
        ]
        return Choices(
            tuple(Choice(choice_title(each.name, 120) or each.id, each.id) for each in fitting[: search.most])
        )

    async def submit(self, turn: Turn, action: SubmitRequest) -> Reply:
        sent = await self.services.submissions.already_sent(turn.actor, action.form_id)
        if sent is not None:
            return await self._status(turn, sent.request_id) if sent.request_id else _on_its_way(turn.words)
        package_id, policy_id = AccessPackageId(action.access_package_id), PolicyId(action.policy_id)
        target_id = "" if action.target_id == MYSELF else action.target_id
        try:
            form = await self.services.forms.again(turn.actor, package_id, policy_id, target_id, locale=turn.locale)
        except NotRequestable:
            return _gone(turn.words)
        if form.chosen.policy_id != policy_id or (action.shown and action.shown != shown_digest(form)):
            problem = turn.words("The rules for this access have changed meanwhile. Please look at the form again.")
            return await self._again(turn, action, problem)
        try:
            new = self._checked(turn, form, action, target_id)
        except InvalidAnswer as error:
            return await self._again(turn, action, invalid_answer(error, turn.words))
        return await self._send(turn, action, form, new)

    def _checked(self, turn: Turn, form: RequestForm, action: SubmitRequest, target_id: str) -> NewRequest:
        """Raises: InvalidAnswer."""
        target = next((person for person in form.reports if person.id == target_id), None)
        if (target_id and target is None) or (not target_id and not form.policy.is_for_self):
            raise InvalidAnswer(AnswerProblem.NOT_A_REPORT, WHO)
        return checked(
            form.package,
            form.chosen,
            typed_into(form, action, is_own=target is None),
            now=turn.now,
            time_zone=turn.time_zone,
            locale=turn.locale,
            target=Subject(target.id, target.name, target.mail or target.user_principal_name) if target else None,
        )

    async def _send(self, turn: Turn, action: SubmitRequest, form: RequestForm, new: NewRequest) -> Reply:
        here = turn.conversation
        is_own_chat = here.kind is ConversationKind.PERSONAL
        card = (Address(here.id, here.service_url), turn.message_id) if turn.message_id and is_own_chat else None
        try:
            sent = await self.services.submissions.send(turn.actor, action.form_id, form, new, card)
        except AlreadyAsked as error:
            if not error.request_id:
                raise
            return await self._status(turn, RequestId(error.request_id))
        except ConsentNeeded:
            raise
        except (NotAllowed, GraphRefused) as error:
            return await self._refused(turn, action, new, error)
        if sent.request_id is None:
            return _on_its_way(turn.words)
        return Reply.view(self._sent_card(turn, form, new, sent.request_id))

    async def _refused(self, turn: Turn, action: SubmitRequest, new: NewRequest, error: DoormanError) -> Reply:
        """Graph said no to a form that was in order: what has happened meanwhile, and the form with what was typed."""
        name = new.target.name if new.target else ""
        try:
            form = await self.services.forms.form(
                turn.actor, new.package_id, new.policy_id, locale=turn.locale, start=Start()
            )
        except NotRequestable:
            return _gone(turn.words)
        if not new.target and form.standing.is_blocked:
            return Reply.view(notice_card(blocked_view(form, reader_of(turn))))
        if name:
            problem = turn.words(
                "Microsoft 365 does not let you ask for this for {name}. They may have it already, have asked for it, "
                "or have something that it does not go together with. Nothing was sent.",
                name=name,
            )
        else:
            problem = turn.words("Microsoft 365 did not accept this. Nothing was sent. Please check what you typed.")
        return await self._again(turn, action, problem)

    async def refresh(self, turn: Turn, action: RefreshRequestStatus) -> Reply:
        return await self._status(turn, RequestId(action.request_id))

    async def _status(self, turn: Turn, request_id: RequestId) -> Reply:
        """The request as it stands, for the person who asked or receives it and for nobody else."""
        return Reply.view(await status_card(self.services, turn, await own_facts(self.services, turn, request_id)))

    async def form_card(
        self,
        turn: Turn,
        package_id: AccessPackageId,
        policy_id: PolicyId | None = None,
        start: Start | None = None,
        before: Before | None = None,
    ) -> tuple[Card, str]:
        """The form, or why it is no use to fill it in; and the name of the package. Raises: NotRequestable."""
        form = await self.services.forms.form(turn.actor, package_id, policy_id, locale=turn.locale, start=start)
        return await self.card_of(turn, form, before), form.package.name

    async def card_of(self, turn: Turn, form: RequestForm, before: Before | None = None, form_id: str = "") -> Card:
        """`form_id` is for one that was begun in words."""
        reader = reader_of(turn)
        if form.chosen.is_verified_id_required:
            url = self.services.package_url(form.package.id)
            return notice_card(verified_id_view(form, url, reader))
        if form.is_blocked:
            return notice_card(blocked_view(form, reader))
        usual = await self.services.history.usual(form.package.id, form.chosen.policy_id)
        view = form_view(form, form_id or self.services.new_id(), reader, before, usual)
        try:
            return request_form_card(view)
        except CardTooLarge:
            text = turn.words("This form is too long for a chat. Please fill it in at My Access.")
            link = Link(turn.words("Open My Access"), self.services.package_url(form.package.id))
            notice = NoticeView(form.package.name, text, Tone.WAITING, links=(link,), words=turn.words)
            return notice_card(notice)

    async def _again(self, turn: Turn, action: SubmitRequest, problem: str) -> Reply:
        """The same form with what was typed and what is wrong; only words under it when it would not fit."""
        answers = action.answers()
        if len(action.justification) + sum(map(len, answers.values())) > _LARGEST_FORM_TEXT:
            return Reply(text=problem, placement=Placement.VIEW)
        before = Before(
            problem,
            action.justification,
            answers,
            action.start_date,
            action.end_date,
            action.period,
            action.target_id,
        )
        try:
            card, _name = await self.form_card(
                turn, AccessPackageId(action.access_package_id), PolicyId(action.policy_id), before=before
            )
        except NotRequestable:
            return _gone(turn.words)
        return Reply.replace(card)

    def _sent_card(self, turn: Turn, form: RequestForm, new: NewRequest, request_id: RequestId) -> Card:
        """The status of a request that was filed a moment ago, without asking Graph again."""
        asker = Subject(turn.actor.object_id, turn.actor.name)
        request = AssignmentRequest(
            request_id,
            RequestType.USER_ADD,
            RequestState.SUBMITTED,
            created_at=turn.now,
            justification=new.justification,
            package_id=form.package.id,
            package_name=form.package.name,
            requestor=asker,
            target=new.target or asker,
        )
        rule = form.policy.rule
        facts = RequestFacts(request, None, rule.policy if rule else None, (), None)
        return request_status_card(status_view(facts, (), reader_of(turn), turn.now))


def _gone(words: Language) -> Reply:
    """Under the form, so that what was typed can still be copied."""
    text = words(
        "This access cannot be requested any more. Nothing was sent; what you typed is still here for you to copy."
    )
    return Reply(text=text, placement=Placement.VIEW)


def _on_its_way(words: Language) -> Reply:
    title = words("Your request is on its way")
    text = words(
        "Microsoft 365 is slow to answer. I keep at it, and this card changes as soon as your request has arrived."
    )
    return Reply.view(notice_card(NoticeView(title, text, Tone.WAITING, words=words)))


def feature(services: Services) -> RequestPackage:
    return RequestPackage(services)
