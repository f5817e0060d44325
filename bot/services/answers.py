"""What was typed into a form, held against what the policy asks, before anything is sent."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import regex

from bot.domain import (
    AccessPackage,
    Answer,
    NewRequest,
    PolicyRequirements,
    Question,
    QuestionId,
    QuestionKind,
    Schedule,
    Subject,
)
from bot.errors import AnswerProblem, InvalidAnswer
from bot.services.period import merged, read_period, schedule_for
from bot.services.zones import zone_of
from cards.language import _

LONGEST_JUSTIFICATION = 2_000
LONGEST_ANSWER = 2_000
JUSTIFICATION_LABEL = _("Why do you need it?")
START_LABEL = _("From")
END_LABEL = _("Until")
PERIOD_LABEL = _("For how long?")

_LONGEST_MATCHED = 2_000
_MATCH_SECONDS = 0.2  # a pattern that takes longer would hold up everybody


@dataclass(frozen=True, slots=True)
class Typed:
    """What the person typed, as it came from the card. `locked` are answers that cannot be another than before."""

    justification: str
    answers: Mapping[str, str]  # question id -> text, or the value of the one choice
    chosen: Mapping[str, tuple[str, ...]]  # question id -> values, for questions with several choices
    start_date: str = ""
    end_date: str = ""
    period: str = ""
    locked: Mapping[QuestionId, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one part of a form: with an answer, or with `part`, which is no question of the policy."""

    error: InvalidAnswer
    part: Literal["who", "why", "answer", "period"]
    question_id: QuestionId | None = None


def checked(
    package: AccessPackage,
    asked: PolicyRequirements,
    typed: Typed,
    *,
    now: datetime,
    time_zone: str | None,
    locale: str = "en",
    target: Subject | None = None,
) -> NewRequest:
    """The request to send, or InvalidAnswer for the first answer that Graph would turn down."""
    new, wrong = looked_over(package, asked, typed, now=now, time_zone=time_zone, locale=locale, target=target)
    if wrong:
        raise wrong[0].error
    return new


def looked_over(
    package: AccessPackage,
    asked: PolicyRequirements,
    typed: Typed,
    *,
    now: datetime,
    time_zone: str | None,
    locale: str = "en",
    target: Subject | None = None,
) -> tuple[NewRequest, tuple[Finding, ...]]:
    """The request with everything that was answered well, and what is wrong or missing, in the order of the form."""
    wrong: list[Finding] = []
    justification = typed.justification.strip()
    if not justification and asked.is_justification_required:
        wrong.append(Finding(InvalidAnswer(AnswerProblem.MISSING, JUSTIFICATION_LABEL), "why"))
    if len(justification) > LONGEST_JUSTIFICATION:
        problem = InvalidAnswer(AnswerProblem.TOO_LONG, JUSTIFICATION_LABEL, limit=LONGEST_JUSTIFICATION)
        wrong.append(Finding(problem, "why"))
    answers: list[Answer] = []
    for question in asked.questions:
        try:
            answer = _answer(question, typed)
        except InvalidAnswer as error:
            wrong.append(Finding(error, "answer", question.id))
            continue
        if answer is not None:
            answers.append(answer)
    schedule = None
    if asked.is_custom_schedule_allowed:
        try:
            schedule = _schedule(asked, typed, now=now, zone=zone_of(time_zone), locale=locale)
        except InvalidAnswer as error:
            wrong.append(Finding(error, "period"))
    new = NewRequest(package.id, asked.policy_id, justification, tuple(answers), schedule, target=target)
    return new, tuple(wrong)


def _answer(question: Question, typed: Typed) -> Answer | None:
    if question.id in typed.locked:
        return typed.locked[question.id]
    if question.kind is QuestionKind.MULTIPLE_CHOICE:
        return _choice(question, typed.chosen.get(question.id, ()))
    text = typed.answers.get(question.id, "").strip()
    if question.choices:
        return _choice(question, (text,) if text else ())
    if not text:
        if question.is_required:
            raise InvalidAnswer(AnswerProblem.MISSING, question.text)
        return None
    if len(text) > LONGEST_ANSWER:
        raise InvalidAnswer(AnswerProblem.TOO_LONG, question.text, limit=LONGEST_ANSWER)
    if question.kind is QuestionKind.TEXT:
        text = " ".join(text.splitlines())
    if question.regex and not _fits(question.regex, text):
        raise InvalidAnswer(AnswerProblem.WRONG_FORM, question.text)
    return Answer(question.id, question.text, text, (text,), question.odata_type)


def _choice(question: Question, values: tuple[str, ...]) -> Answer | None:
    if not values:
        if question.is_required:
            raise InvalidAnswer(AnswerProblem.MISSING, question.text)
        return None
    texts = {choice.value: choice.text for choice in question.choices}
    if any(value not in texts for value in values):
        raise InvalidAnswer(AnswerProblem.NOT_A_CHOICE, question.text)
    return Answer(question.id, question.text, ", ".join(texts[value] for value in values), values, question.odata_type)


def _fits(pattern: str, text: str) -> bool:
    """A full match. What Python cannot read, or would take long over, is left to Graph, which has the last word."""
    if len(text) > _LONGEST_MATCHED or len(pattern) > _LONGEST_MATCHED:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return regex.fullmatch(pattern, text, timeout=_MATCH_SECONDS) is not None
    except (regex.error, OverflowError, RecursionError, TimeoutError):
        return True


def _schedule(
    asked: PolicyRequirements, typed: Typed, *, now: datetime, zone: ZoneInfo, locale: str
) -> Schedule | None:
    """From the start of the first day to the end of the last one, both in the person's zone."""
    wish = read_period(typed.period, now.astimezone(zone).date(), locale)
    if wish is None:
        raise InvalidAnswer(AnswerProblem.NOT_A_PERIOD, PERIOD_LABEL)
    first_day, last_day = _day(typed.start_date, START_LABEL), _day(typed.end_date, END_LABEL)
    wish = merged(wish, first_day, last_day, END_LABEL)
    return schedule_for(wish, asked.expiration, now=now, zone=zone, start_label=START_LABEL, end_label=END_LABEL)


def _day(text: str, label: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidAnswer(AnswerProblem.NOT_A_DATE, label) from None
