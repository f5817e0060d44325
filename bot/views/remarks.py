"""What people told each other about a request, in words for either side; and the cards to write on."""

from __future__ import annotations

from datetime import datetime

from bot.domain import RequestState
from bot.services.facts import RequestFacts
from bot.store.records import Remark
from bot.views.words import Reader, distance, sentences
from cards.actions import SendAnswer, SendRemark
from cards.remarks import RemarkLine, WriteView
from cards.views import Tone

_SAYS = (RequestState.SUBMITTED, RequestState.PENDING_APPROVAL)


def may_still_talk(facts: RequestFacts) -> bool:
    """After the decision there is nothing to say any more."""
    return facts.request.state in _SAYS


def remark_lines(facts: RequestFacts, reader: Reader, now: datetime, *, to_approver: bool) -> tuple[RemarkLine, ...]:
    """Notes, questions and answers; an approver goes unnamed where the requestor may not know them."""
    answered = {remark.about_id for remark in facts.remarks if remark.kind == "answer"}
    told = [remark for remark in facts.remarks if remark.kind != "nudge"]
    return tuple(
        RemarkLine(
            _lead(remark, reader, now, names_asker=to_approver or facts.may_name_approvers_of(remark.stage)),
            remark.text,
            is_open=remark.kind == "question" and remark.id not in answered and may_still_talk(facts),
        )
        for remark in told
    )


def asker_of(question: Remark, facts: RequestFacts, reader: Reader) -> str:
    """The approver who asked, where the requestor may know who decides."""
    name = question.author_name if facts.may_name_approvers_of(question.stage) else ""
    return name or reader.words("An approver")


def question_view(
    question: Remark, facts: RequestFacts, reader: Reader, typed: str = "", problem: str = ""
) -> WriteView:
    """The requestor's card for one question: to answer it, or what became of it."""
    words, package = reader.words, facts.request.package_name
    answers = [remark for remark in facts.remarks if remark.kind == "answer" and remark.about_id == question.id]
    is_open = may_still_talk(facts) and not answers
    outcome, tone = "", Tone.NEUTRAL
    if answers:
        outcome, tone = words("You answered: “{text}”", text=answers[-1].text), Tone.GOOD
    elif not is_open:
        outcome = words("The request is decided or over, so no answer is needed any more.")
    name = asker_of(question, facts, reader)
    return WriteView(
        title=words("{name} has a question about your request for {package}", name=name, package=package),
        label=words("Your answer"),
        send=SendAnswer(question_id=question.id) if is_open else None,
        quoted=question.text,
        typed=typed,
        problem=problem,
        outcome=outcome,
        tone=tone,
        hint=words("Or type: answer {code} and your answer", code=facts.code) if is_open and facts.code else "",
        words=words,
    )


def writing_view(
    facts: RequestFacts, reader: Reader, *, is_question: bool, typed: str = "", problem: str = ""
) -> WriteView:
    """The card on which an approver writes a question, or the requestor a note."""
    words, package, code = reader.words, facts.request.package_name, facts.code
    requestor = facts.request.requestor
    name = (requestor.name if requestor else "") or words("Somebody")
    if is_question:
        title = words("Ask {name} about {package}", name=name, package=package)
        text = words("I bring your question to them, and their answer to your card.")
        label = words("Your question")
        hint = words("Or type: ask {code} and your question", code=code) if code else ""
    else:
        title = words("A note about your request for {package}", package=package)
        text = words("Everybody who is asked to decide reads it on their card.")
        label = words("Your note")
        hint = words("Or type: note {code} and your note", code=code) if code else ""
    send = SendRemark(request_id=facts.request.id, is_question=is_question)
    return WriteView(title, label, send, text=text, typed=typed, problem=problem, hint=hint, words=words)


def remark_notice(event: str, facts: RequestFacts, stage: int, about_id: str, reader: Reader) -> str:
    """A reminder, or that a question was answered, to an approver; empty once the request is past that."""
    words, code = reader.words, facts.code
    requestor = facts.request.requestor
    name, package = (requestor.name if requestor else "") or words("Somebody"), facts.request.package_name
    if facts.request.state is not RequestState.PENDING_APPROVAL:
        return ""
    if event == "nudge":
        if facts.stage != stage:
            return ""
        told = words("⏳ {name} asks you to look at the request for {package}.", name=name, package=package)
        how = words("Use the card above, or type status {code}.", code=code)
        return sentences(told, how if code else words("Type approvals to see it."))
    answer = next((remark for remark in facts.remarks if remark.id == about_id), None)
    if answer is None:
        return ""
    return words("{name} answered about {package}: “{text}”", name=name, package=package, text=answer.text)


def _lead(remark: Remark, reader: Reader, now: datetime, *, names_asker: bool) -> str:
    words, when = reader.words, distance(remark.made_at, now, reader)
    name = remark.author_name or words("Somebody")
    if remark.kind == "question":
        asker = name if names_asker else words("An approver")
        return words("{name} asks ({when})", name=asker, when=when)
    if remark.kind == "answer":
        return words("{name} answers ({when})", name=name, when=when)
    return words("{name} writes ({when})", name=name, when=when)
