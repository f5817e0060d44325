"""The form for one access package, in the order and with the rules that the policy gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain import Expiration, ExpirationKind, Question, QuestionKind
from bot.services.request_form import RequestForm
from bot.views.words import Reader, day, span
from cards.actions import OpenRequestForm, SubmitRequest
from cards.language import Language
from cards.request_form import AnswerKind, PolicyChoice, QuestionView, RequestFormView

_KINDS: Mapping[QuestionKind, AnswerKind] = {
    QuestionKind.TEXT: AnswerKind.TEXT,
    QuestionKind.MULTILINE_TEXT: AnswerKind.MULTILINE_TEXT,
    QuestionKind.SINGLE_CHOICE: AnswerKind.SINGLE_CHOICE,
    QuestionKind.MULTIPLE_CHOICE: AnswerKind.MULTIPLE_CHOICE,
}


@dataclass(frozen=True, slots=True)
class Before:
    """What was typed into a form that is shown again, and why it came back."""

    problem: str = ""
    justification: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    start_date: str = ""
    end_date: str = ""


def form_view(form: RequestForm, form_id: str, reader: Reader, before: Before | None = None) -> RequestFormView:
    before = before or Before()
    package, chosen = form.package, form.chosen
    return RequestFormView(
        package_name=package.name,
        description=package.description,
        contents=tuple(f"{role.resource_name}: {role.role_name}" for role in form.contents),
        submit=SubmitRequest(form_id=form_id, access_package_id=package.id, policy_id=chosen.policy_id),
        policies=_policies(form),
        is_justification_required=chosen.is_justification_required,
        justification=before.justification,
        questions=tuple(_question(question, before.answers.get(question.id, "")) for question in chosen.questions),
        asks_for_period=chosen.is_custom_schedule_allowed,
        start_date=before.start_date,
        end_date=before.end_date,
        period=period_words(chosen.expiration, reader),
        approval=_outlook(form, reader.words),
        problem=before.problem,
        words=reader.words,
    )


def period_words(expiration: Expiration, reader: Reader) -> str:
    if expiration.kind is ExpirationKind.NO_EXPIRATION:
        return reader.words("without an end")
    if expiration.end_at is not None:
        return reader.words("until {day}", day=day(expiration.end_at, reader))
    return span(expiration.duration, reader) if expiration.duration is not None else ""


def _policies(form: RequestForm) -> tuple[PolicyChoice, ...]:
    if len(form.choices) < 2:
        return ()
    return tuple(
        PolicyChoice(
            name=choice.policy_name,
            description=choice.policy_description,
            open=OpenRequestForm(access_package_id=form.package.id, policy_id=choice.policy_id),
            is_current=choice.policy_id == form.chosen.policy_id,
        )
        for choice in form.choices
    )


def _question(question: Question, value: str) -> QuestionView:
    return QuestionView(
        question_id=question.id,
        kind=_KINDS.get(question.kind, AnswerKind.TEXT),
        label=question.text,
        is_required=question.is_required,
        regex=question.regex or "",
        choices=tuple((choice.value, choice.text) for choice in question.choices),
        value=value,
    )


def _outlook(form: RequestForm, words: Language) -> str:
    if form.chosen.is_approval_required:
        return words("Somebody has to approve this. I will tell you as soon as it is decided.")
    return words("Nobody has to approve this. You get it right after asking.")
