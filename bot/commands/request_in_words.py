"""`request sales data because … for 2w`, `fill <code> …`, `send <code>`: the request form in words.

What was typed becomes what the form's inputs would send, and goes the form's own way. Where something is missing it is
kept under a short code, until one more line completes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.commands.request_package import RequestPackage
from bot.dispatch import Router
from bot.domain import AccessPackageId, PolicyId, QuestionKind
from bot.error_replies import invalid_answer
from bot.errors import AnswerProblem, InvalidAnswer, NotRequestable, UnknownCode
from bot.services.answers import Finding, looked_over
from bot.services.bundle import Services
from bot.services.catalog_index import Found
from bot.services.catalog_words import folded, tokens, wanted_tokens
from bot.services.codes import split_code
from bot.services.packages import Search
from bot.services.request_form import RequestForm, Start
from bot.services.said_request import Said, SentenceReader, Vocabulary
from bot.services.spoken_form import Filled, filled_in, people_named
from bot.services.zones import zone_of
from bot.store.records import Draft
from bot.turn import Placement, Reply, Turn
from bot.views.filled_form import typed_into
from bot.views.packages import matches_view
from bot.views.request_form import Before, shown_digest
from bot.views.spoken_form import misheard_words, sent_view, spoken_form_view
from bot.views.words import reader_of
from cards.actions import (
    ANSWER,
    MYSELF,
    OpenDraft,
    OpenRequestForm,
    OpenSaid,
    RunCommand,
    SendDraft,
    SubmitRequest,
    choice_value,
)
from cards.language import _
from cards.notice import notice_card
from cards.packages import packages_card
from cards.rendering import CardTooLarge
from cards.request_form import WHO
from cards.spoken_form import spoken_form_card
from cards.views import Button

_LONGEST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class RequestInWords:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "fill",
            self.fill,
            help=_("Answer the form of an access package in words"),
            aliases=("fill in",),
            is_listed=False,
            takes_words=True,
        )
        router.command(
            "send",
            self.send,
            help=_("Send a request that you put together in words"),
            is_listed=False,
            takes_words=True,
        )
        router.action(OpenSaid, self.open_said)
        router.action(OpenDraft, self.open_draft)
        router.action(SendDraft, self.press_send)

    async def request(self, turn: Turn, words: str) -> Reply | None:
        """The answer to a request that says more than what is searched for; None for a plain search."""
        said = self._reader(turn).request(words)
        if not said.is_more_than_a_search and not said.person:
            return None
        whole = await self.services.packages.find(turn.actor, words)
        if whole.found.is_sure and whole.direct_id is None and _is_named(whole.found, words):
            return None  # a package is called exactly like that
        search = await self.services.packages.find(turn.actor, said.name)
        package_id = _found(search)
        if not said.is_more_than_a_search:
            is_meant = package_id is not None and not whole.found.is_sure
            if not is_meant or not people_named(await self.services.forms.reports(turn.actor), said.person):
                return None
        if package_id is None:
            return await self._which(turn, said, words, search)
        before = await self.services.drafts.known(turn.actor, package_id)
        is_sure = search.direct_id is not None or _is_named(search.found, said.name)
        return await self._take(turn, package_id, replace(before, is_sure=is_sure), said)

    async def fill(self, turn: Turn, words: str) -> Reply:
        code, rest = split_code(words)
        draft = await self.services.drafts.find(turn.actor, code)
        if draft is not None:
            return await self._take(turn, draft.package_id, Filled.of(draft.content), self._reader(turn).filling(rest))
        if not words:
            text = turn.words("Please add which one, for example: fill Sales data. I then tell you what to type.")
            return Reply.with_text(text)
        search = await self.services.packages.find(turn.actor, words)
        package_id = _found(search)
        if package_id is None and code:
            raise UnknownCode(code, "my requests")
        if package_id is None:
            return await self._which(turn, Said(name=words), words, search)
        before = await self.services.drafts.known(turn.actor, package_id)
        return await self._take(turn, package_id, replace(before, is_sure=False), Said())

    async def send(self, turn: Turn, words: str) -> Reply:
        code, _rest = split_code(words)
        draft = await self._draft(turn, code)
        return await self._take(turn, draft.package_id, replace(Filled.of(draft.content), is_sure=True), Said())

    async def press_send(self, turn: Turn, action: SendDraft) -> Reply:
        reply = await self.send(turn, action.code)
        return reply if reply.card is None else replace(reply, placement=Placement.IN_PLACE)

    async def open_said(self, turn: Turn, action: OpenSaid) -> Reply:
        """The form of the package that was picked, with what was said already."""
        package_id = AccessPackageId(action.access_package_id)
        said = self._reader(turn).filling(action.said[:_LONGEST_KEPT])
        try:
            form = await self._form(turn, package_id, Filled())
        except NotRequestable:
            return await self._plain_form(turn, package_id)
        form, filled, _misheard = filled_in(form, Filled(), said)
        draft = await self.services.drafts.keep(turn.actor, package_id, filled)
        return replace(await self._shown(turn, draft, form, filled), placement=Placement.IN_PLACE)

    async def open_draft(self, turn: Turn, action: OpenDraft) -> Reply:
        draft = await self._draft(turn, action.code)
        filled = Filled.of(draft.content)
        try:
            form = await self._form(turn, draft.package_id, filled)
        except NotRequestable:
            return await self._plain_form(turn, draft.package_id)
        return replace(await self._shown(turn, draft, form, filled), placement=Placement.IN_PLACE)

    async def _draft(self, turn: Turn, code: str) -> Draft:
        draft = await self.services.drafts.find(turn.actor, code.upper())
        if draft is None:
            raise UnknownCode(code, "my requests")
        return draft

    async def _take(self, turn: Turn, package_id: AccessPackageId, before: Filled, said: Said) -> Reply:
        """Keep what was said, and send it when nothing is missing."""
        try:
            form = await self._form(turn, package_id, before)
        except NotRequestable:
            return await self._plain_form(turn, package_id)
        if form.is_blocked or form.chosen.is_verified_id_required:
            return await self._plain_form(turn, package_id)
        form, filled, misheard = filled_in(form, before, said)
        draft = await self.services.drafts.keep(turn.actor, package_id, filled)
        action = _as_sent(draft, form, filled)
        findings = self._findings(turn, form, action, filled)
        if not findings and not misheard and filled.is_sure:
            return await self._send(turn, form, filled, action)
        is_complete = not findings and not misheard
        reader = reader_of(turn)
        problems = [misheard_words(each, form, reader) for each in misheard]
        problems += [
            invalid_answer(each.error, turn.words)
            for each in findings
            if each.error.problem is not AnswerProblem.MISSING
        ]
        view = spoken_form_view(form, filled, draft.code, findings, problems, reader, is_complete=is_complete)
        try:
            return Reply.with_card(spoken_form_card(view), summary=view.how)
        except CardTooLarge:
            return await self._shown(turn, draft, form, filled)

    def _findings(self, turn: Turn, form: RequestForm, action: SubmitRequest, filled: Filled) -> tuple[Finding, ...]:
        is_own = not filled.target_id
        who_is_wrong = not form.is_for_self if is_own else all(each.id != filled.target_id for each in form.reports)
        wrong = (Finding(InvalidAnswer(AnswerProblem.MISSING, WHO), "who"),) if who_is_wrong else ()
        try:
            typed = typed_into(form, action, is_own=is_own)
        except InvalidAnswer as error:
            return (*wrong, Finding(error, "answer"))
        _new, found = looked_over(
            form.package, form.chosen, typed, now=turn.now, time_zone=turn.time_zone, locale=turn.locale
        )
        return (*wrong, *found)

    async def _send(self, turn: Turn, form: RequestForm, filled: Filled, action: SubmitRequest) -> Reply:
        """By the form's own way; the status card comes by itself, so this says what was understood."""
        before = await self.services.submissions.already_sent(turn.actor, action.form_id)
        reply = await RequestPackage(self.services).submit(turn, action)
        sent = await self.services.submissions.already_sent(turn.actor, action.form_id)
        if before is None and sent is not None and sent.request_id is not None:
            view = sent_view(form, filled, reader_of(turn))
            return Reply.with_card(notice_card(view), summary=view.title)
        return replace(reply, placement=Placement.NEW)

    async def _form(self, turn: Turn, package_id: AccessPackageId, filled: Filled) -> RequestForm:
        """Raises: NotRequestable."""
        policy_id = PolicyId(filled.policy_id) if filled.policy_id else None
        return await self.services.forms.form(turn.actor, package_id, policy_id, locale=turn.locale, start=Start())

    async def _plain_form(self, turn: Turn, package_id: AccessPackageId) -> Reply:
        """The form's own words for why it is no use to fill it in."""
        reply = await RequestPackage(self.services).open(turn, OpenRequestForm(access_package_id=package_id))
        return replace(reply, placement=Placement.NEW)

    async def _shown(self, turn: Turn, draft: Draft, form: RequestForm, filled: Filled) -> Reply:
        """The form itself, with what was said. It is sent under the draft's id, so that it is sent once."""
        before = Before(
            justification=filled.justification,
            answers=_answers(form, filled),
            period=filled.period,
            target_id=filled.target_id or MYSELF,
        )
        card = await RequestPackage(self.services).card_of(turn, form, before, draft.form_id)
        return Reply.with_card(card, summary=turn.words("Request {package}", package=form.package.name))

    async def _which(self, turn: Turn, said: Said, words: str, search: Search) -> Reply:
        """What fits, each leading to its form with what was said behind the name."""
        if not search.found.matches:
            await self.services.missed_searches.note(turn.actor, said.name)
        rest = words.strip().removeprefix(said.name).strip(" ,;")[:_LONGEST_KEPT]
        everything = Button(turn.words("Show everything"), RunCommand(text="packages"))
        view = matches_view(search.found, said.name, search.as_of, turn.now, reader_of(turn), (everything,))
        lines = tuple(
            replace(line, action=OpenSaid(access_package_id=line.access_package_id, said=rest))
            for line in view.packages
        )
        return Reply.with_card(packages_card(replace(view, packages=lines)), summary=view.title)

    def _reader(self, turn: Turn) -> SentenceReader:
        because, for_whom, policy = ["because", *turn.words.spoken("because")], ["for"], ["policy"]
        for words in self.services.languages:
            # The usual word alone: another may mean something else elsewhere, as Dutch "want" does.
            because += words.spoken("because")[:1]
            for_whom += words.spoken("for")
            policy += words.spoken("policy")
        vocabulary = Vocabulary(because, for_whom, policy)
        return SentenceReader(vocabulary, turn.now.astimezone(zone_of(turn.time_zone)).date(), turn.locale)


def _as_sent(draft: Draft, form: RequestForm, filled: Filled) -> SubmitRequest:
    """What the form's button would send, had its inputs been filled in like this."""
    locked = form.locked if not filled.target_id else {}
    answers = {f"{ANSWER}{key}": value for key, value in _answers(form, filled).items() if key not in locked}
    return SubmitRequest(
        form_id=draft.form_id,
        access_package_id=form.package.id,
        policy_id=form.chosen.policy_id,
        shown=shown_digest(form),
        justification=filled.justification,
        period=filled.period if form.chosen.is_custom_schedule_allowed else "",
        target_id=filled.target_id or MYSELF,
        **answers,
    )


def _answers(form: RequestForm, filled: Filled) -> dict[str, str]:
    """The answers as the form's inputs send them."""
    several = {question.id for question in form.chosen.questions if question.kind is QuestionKind.MULTIPLE_CHOICE}
    return {
        key: ",".join(map(choice_value, values)) if key in several else values[0]
        for key, values in filled.answers.items()
        if values
    }


def _found(search: Search) -> AccessPackageId | None:
    if search.direct_id is not None:
        return search.direct_id
    return search.found.matches[0].package.id if search.found.is_sure else None


def _is_named(found: Found, words: str) -> bool:
    """Whether the package is called by these words, and not only found by them."""
    name = found.matches[0].package.name
    return folded(name) == " ".join(folded(words).split()) or sorted(tokens(name)) == sorted(wanted_tokens(words))


def feature(services: Services) -> RequestInWords:
    return RequestInWords(services)
