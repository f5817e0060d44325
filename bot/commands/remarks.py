"""A note to those who decide, their questions, and the answers: on cards or by the request's code."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.request_status import own_facts
from bot.dispatch import Router
from bot.domain import RequestId
from bot.error_replies import invalid_answer
from bot.errors import Conflict, InvalidAnswer, NotFound, NotYourDecision, UnknownCode
from bot.services.bundle import Services
from bot.services.codes import split_code
from bot.services.facts import RequestFacts
from bot.services.remarks import LONGEST_REMARK
from bot.store.records import RequestRecord
from bot.turn import Placement, Reply, Turn
from bot.views.remarks import question_view, writing_view
from bot.views.words import reader_of
from cards.actions import OpenRemark, SendAnswer, SendRemark
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.remarks import write_card
from cards.views import Fact, Tone

_INBOX = "approvals"
_LONGEST_SHOWN_AGAIN = 4_000


@dataclass(frozen=True, slots=True)
class RemarksCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "ask",
            self.ask_by_code,
            help=_("Ask the requestor something before you decide"),
            is_listed=False,
            takes_words=True,
        )
        router.command(
            "note",
            self.note_by_code,
            help=_("Write a note to those who decide your request"),
            is_listed=False,
            takes_words=True,
        )
        router.command(
            "answer", self.answer_by_code, help=_("Answer a question of an approver"), is_listed=False, takes_words=True
        )
        router.action(OpenRemark, self.open)
        router.action(SendRemark, self.send)
        router.action(SendAnswer, self.answer)

    async def open(self, turn: Turn, action: OpenRemark) -> Reply:
        facts = await self._facts(turn, RequestId(action.request_id), is_question=action.is_question)
        view = writing_view(facts, reader_of(turn), is_question=action.is_question)
        return Reply.with_card(write_card(view), summary=view.title)

    async def send(self, turn: Turn, action: SendRemark) -> Reply:
        facts = await self._facts(turn, RequestId(action.request_id), is_question=action.is_question)
        try:
            await self._say(turn, facts, action.text, is_question=action.is_question)
        except InvalidAnswer as error:
            problem = invalid_answer(error, turn.words)
            if len(action.text) > _LONGEST_SHOWN_AGAIN:
                return Reply(text=problem, placement=Placement.VIEW)
            reader, typed = reader_of(turn), action.text[:LONGEST_REMARK]
            view = writing_view(facts, reader, is_question=action.is_question, typed=typed, problem=problem)
            return Reply.view(write_card(view))
        return Reply.replace(self._said(turn, facts, action.text, is_question=action.is_question))

    async def answer(self, turn: Turn, action: SendAnswer) -> Reply:
        question = await self.services.remarks.find(action.question_id)
        facts = await own_facts(self.services, turn, question.request_id)
        reader = reader_of(turn)
        try:
            await self.services.remarks.answer(turn.actor, facts, action.question_id, action.text)
        except InvalidAnswer as error:
            problem = invalid_answer(error, turn.words)
            if len(action.text) > _LONGEST_SHOWN_AGAIN:
                return Reply(text=problem, placement=Placement.VIEW)
            return Reply.view(write_card(question_view(question, facts, reader, action.text[:LONGEST_REMARK], problem)))
        except Conflict:
            return Reply.view(write_card(question_view(question, facts, reader)))
        fresh = await self.services.approvals.facts(question.request_id)
        return Reply.view(write_card(question_view(question, fresh, reader)))

    async def ask_by_code(self, turn: Turn, words: str) -> Reply:
        return await self._by_code(turn, words, is_question=True)

    async def note_by_code(self, turn: Turn, words: str) -> Reply:
        return await self._by_code(turn, words, is_question=False)

    async def answer_by_code(self, turn: Turn, words: str) -> Reply:
        code, text = split_code(words)
        record = await self._own_record(turn, code)
        facts = await self.services.approvals.facts(record.request_id)
        answered = {remark.about_id for remark in facts.remarks if remark.kind == "answer"}
        waiting = [remark for remark in facts.remarks if remark.kind == "question" and remark.id not in answered]
        if not waiting:
            package = facts.request.package_name
            return Reply.with_text(turn.words("Nobody is waiting for your answer about {package}.", package=package))
        reader = reader_of(turn)
        if len(waiting) > 1 or not text:
            cards = [Reply.with_card(write_card(question_view(item, facts, reader))) for item in waiting]
            return cards[0].and_also(cards[1:])
        return await self.answer(turn, SendAnswer(question_id=waiting[0].id, text=text))

    async def _by_code(self, turn: Turn, words: str, *, is_question: bool) -> Reply:
        code, text = split_code(words)
        if is_question:
            record = await self.services.codes.find(code)
            if record is None:
                raise UnknownCode(code, _INBOX)
        else:
            record = await self._own_record(turn, code)
        try:
            facts = await self._facts(turn, record.request_id, is_question=is_question)
        except (NotYourDecision, NotFound):
            raise UnknownCode(code, _INBOX if is_question else "my requests") from None
        if not text:
            view = writing_view(facts, reader_of(turn), is_question=is_question)
            return Reply.with_card(write_card(view), summary=view.title)
        await self._say(turn, facts, text, is_question=is_question)
        return Reply.with_card(self._said(turn, facts, text, is_question=is_question))

    async def _facts(self, turn: Turn, request_id: RequestId, *, is_question: bool) -> RequestFacts:
        """Who may ask is for Graph to say; a note is the requestor's own."""
        if is_question:
            return await self.services.approvals.deciding(turn.actor, request_id)
        return await own_facts(self.services, turn, request_id)

    async def _say(self, turn: Turn, facts: RequestFacts, text: str, *, is_question: bool) -> None:
        if is_question:
            await self.services.remarks.ask(turn.actor, facts, text)
        else:
            await self.services.remarks.note(turn.actor, facts, text)

    async def _own_record(self, turn: Turn, code: str) -> RequestRecord:
        record = await self.services.codes.find(code)
        if record is None or record.requestor_id != turn.actor.object_id:
            raise UnknownCode(code, "my requests")
        return record

    def _said(self, turn: Turn, facts: RequestFacts, text: str, *, is_question: bool) -> dict[str, object]:
        words, package = turn.words, facts.request.package_name
        requestor = facts.request.requestor
        if is_question:
            name = (requestor.name if requestor else "") or words("Somebody")
            title = words("I have asked {name} about {package}", name=name, package=package)
            told = words("The answer comes here, and onto your card.")
        else:
            title = words("Your note about {package} is on its way", package=package)
            told = words("Those who decide read it on their card.")
        view = NoticeView(title, told, Tone.GOOD, facts=(Fact(words("You wrote"), text.strip()),), words=words)
        return dict(notice_card(view))


def feature(services: Services) -> RemarksCommand:
    return RemarksCommand(services)
