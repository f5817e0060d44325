"""`request <words>`: find an access package, show its form, and file what the form sends back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.dispatch import Router
from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Address,
    AssignmentPolicy,
    AssignmentRequest,
    PolicyId,
    QuestionKind,
    RequestId,
    RequestState,
    RequestType,
)
from bot.error_replies import invalid_answer
from bot.errors import AlreadyAsked, InvalidAnswer, NotAllowed
from bot.services.bundle import Services
from bot.services.facts import RequestFacts
from bot.services.packages import Found
from bot.services.request_form import RequestForm, Typed, checked
from bot.turn import Card, ConversationKind, Placement, Reply, Turn
from bot.views.request_form import Before, form_view
from bot.views.request_status import status_view
from bot.views.words import reader_of
from cards.actions import OpenRequestForm, RefreshRequestStatus, SubmitRequest
from cards.language import Language, _
from cards.notice import NoticeView, notice_card
from cards.packages import PackageLine, PackagesView, packages_card
from cards.rendering import CardTooLarge
from cards.request_form import request_form_card
from cards.request_status import request_status_card
from cards.views import Link, Tone

_SHOWN = 8
_LARGEST_FORM_TEXT = 8_000  # characters; more than this would not fit on a card with the rest of the form


@dataclass(frozen=True, slots=True)
class RequestPackage:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "request",
            self.find,
            title=_("Request access"),
            help=_("Find an access package and ask for it"),
            aliases=("packages", "request access", "ask for"),
            takes_words=True,
            rank=10,
        )
        router.action(OpenRequestForm, self.open)
        router.action(SubmitRequest, self.submit)
        router.action(RefreshRequestStatus, self.refresh)

    async def find(self, turn: Turn, words: str) -> Reply:
        found = await self.services.packages.find(turn.actor, words)
        if found.is_sure:
            package_id = found.direct_id or found.packages[0].id
            form = await self.services.forms.form(turn.actor, package_id, locale=turn.locale)
            summary = turn.words("Request {package}", package=form.package.name)
            return Reply.with_card(self._form_card(turn, form), summary=summary)
        return Reply.with_card(_packages_card(found, words, turn.words), summary=turn.words("What you can request"))

    async def open(self, turn: Turn, action: OpenRequestForm) -> Reply:
        policy_id = PolicyId(action.policy_id) if action.policy_id else None
        form = await self.services.forms.form(
            turn.actor, AccessPackageId(action.access_package_id), policy_id, locale=turn.locale
        )
        return Reply.replace(self._form_card(turn, form))

    async def submit(self, turn: Turn, action: SubmitRequest) -> Reply:
        sent = await self.services.submissions.already_sent(turn.actor, action.form_id)
        if sent is not None:
            return await self._status(turn, sent.request_id) if sent.request_id else _on_its_way(turn.words)
        form, policy = await asyncio.gather(
            self.services.forms.form(
                turn.actor, AccessPackageId(action.access_package_id), PolicyId(action.policy_id), locale=turn.locale
            ),
            self.services.facts.policy(PolicyId(action.policy_id)),
        )
        if form.chosen.policy_id != action.policy_id:
            problem = turn.words("The rules for this access have changed meanwhile. Please look at the form again.")
            return self._again(turn, form, action, problem)
        try:
            new = checked(form, _typed(form, action), now=turn.now, time_zone=turn.time_zone)
        except InvalidAnswer as error:
            return self._again(turn, form, action, invalid_answer(error, turn.words))
        here = turn.conversation
        is_own_chat = here.kind is ConversationKind.PERSONAL
        card = (Address(here.id, here.service_url), turn.message_id) if turn.message_id and is_own_chat else None
        try:
            sent = await self.services.submissions.send(turn.actor, action.form_id, form, new, card)
        except AlreadyAsked as error:
            if not error.request_id:
                raise
            return await self._status(turn, RequestId(error.request_id))
        if sent.request_id is None:
            return _on_its_way(turn.words)
        return Reply.view(self._sent_card(turn, form.package, sent.request_id, policy, action.justification))

    async def refresh(self, turn: Turn, action: RefreshRequestStatus) -> Reply:
        return await self._status(turn, RequestId(action.request_id))

    async def _status(self, turn: Turn, request_id: RequestId) -> Reply:
        """The request as it stands, for the person who asked or receives it and for nobody else."""
        facts = await self.services.approvals.facts(request_id)
        own = {subject.object_id for subject in (facts.request.requestor, facts.request.target) if subject}
        if turn.actor.object_id not in own:
            raise NotAllowed("somebody else's request")
        approvers = await self.services.approvals.approver_names(facts)
        return Reply.view(request_status_card(status_view(facts, approvers, reader_of(turn), turn.now)))

    def _form_card(self, turn: Turn, form: RequestForm, before: Before | None = None) -> Card:
        """The form; a way to the portal when it asks for more than fits on a card."""
        try:
            return request_form_card(form_view(form, self.services.new_id(), reader_of(turn), before))
        except CardTooLarge:
            text = turn.words("This form is too long for a chat. Please fill it in at My Access.")
            link = Link(turn.words("Open My Access"), self.services.package_url(form.package.id))
            return notice_card(NoticeView(form.package.name, text, Tone.WAITING, links=(link,), words=turn.words))

    def _again(self, turn: Turn, form: RequestForm, action: SubmitRequest, problem: str) -> Reply:
        """The same form with what was typed and what is wrong; only words under it when it would not fit."""
        answers = {str(question.id): action.answer(question.id) for question in form.chosen.questions}
        if len(action.justification) + sum(map(len, answers.values())) > _LARGEST_FORM_TEXT:
            return Reply(text=problem, placement=Placement.VIEW)
        before = Before(problem, action.justification, answers, action.start_date, action.end_date)
        return Reply.replace(self._form_card(turn, form, before))

    def _sent_card(
        self, turn: Turn, package: AccessPackage, request_id: RequestId, policy: AssignmentPolicy | None, why: str
    ) -> Card:
        """The status of a request that was filed a moment ago, without asking Graph again."""
        request = AssignmentRequest(
            request_id,
            RequestType.USER_ADD,
            RequestState.SUBMITTED,
            created_at=turn.now,
            justification=why,
            package_id=package.id,
            package_name=package.name,
        )
        facts = RequestFacts(request, None, policy, (), None)
        return request_status_card(status_view(facts, (), reader_of(turn), turn.now))


def _typed(form: RequestForm, action: SubmitRequest) -> Typed:
    several = {q.id for q in form.chosen.questions if q.kind is QuestionKind.MULTIPLE_CHOICE}
    return Typed(
        justification=action.justification,
        answers={q.id: action.answer(q.id) for q in form.chosen.questions if q.id not in several},
        chosen={question_id: action.chosen(question_id) for question_id in several},
        start_date=action.start_date,
        end_date=action.end_date,
    )


def _packages_card(found: Found, typed: str, words: Language) -> Card:
    lines = tuple(
        PackageLine(package.id, package.name, package.description, package.catalog_name)
        for package in found.packages[:_SHOWN]
    )
    if not typed:
        title = words("What you can request")
        intro = words("Pick one, or type request and a few words about what you need.")
    elif lines:
        title, intro = words("Which one do you mean?"), ""
    else:
        title = words("I found nothing like that")
        intro = words(
            "Nothing that you can request fits “{text}”. Try other words, or type request to see everything.",
            text=typed,
        )
    return packages_card(PackagesView(title, lines, intro, max(0, len(found.packages) - _SHOWN), words))


def _on_its_way(words: Language) -> Reply:
    title = words("Your request is on its way")
    text = words(
        "Microsoft 365 is slow to answer. I keep at it, and this card changes as soon as your request has arrived."
    )
    return Reply.view(notice_card(NoticeView(title, text, Tone.WAITING, words=words)))


def feature(services: Services) -> RequestPackage:
    return RequestPackage(services)
