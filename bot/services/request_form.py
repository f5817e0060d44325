"""What the form for one access package has to ask, and whether what came back may be sent."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import regex

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Answer,
    Expiration,
    ExpirationKind,
    NewRequest,
    PolicyId,
    PolicyRequirements,
    Question,
    QuestionKind,
    ResourceRole,
    Schedule,
)
from bot.errors import AnswerProblem, GraphError, InvalidAnswer, NotAllowed, NotFound, NotRequestable
from bot.turn import Actor
from cards.language import _

LONGEST_JUSTIFICATION = 2_000
LONGEST_ANSWER = 2_000
JUSTIFICATION_LABEL = _("Why do you need it?")
START_LABEL = _("From")
END_LABEL = _("Until")

_LONGEST_MATCHED = 2_000
_MATCH_SECONDS = 0.2  # a pattern that takes longer would hold up everybody


class RequirementsSource(Protocol):
    async def requirements(self, who: Actor, package_id: AccessPackageId, locale: str) -> list[PolicyRequirements]: ...
    async def contents(self, who: Actor, package_id: AccessPackageId) -> list[ResourceRole]: ...


class PackageSource(Protocol):
    async def package(self, package_id: AccessPackageId) -> AccessPackage: ...


@dataclass(frozen=True, slots=True)
class RequestForm:
    """Everything that asking for one package takes. `chosen` is one of `choices`, the policies open to the person."""

    package: AccessPackage
    contents: tuple[ResourceRole, ...]
    choices: tuple[PolicyRequirements, ...]
    chosen: PolicyRequirements


@dataclass(frozen=True, slots=True)
class Typed:
    """What the person typed, as it came from the card."""

    justification: str
    answers: Mapping[str, str]  # question id -> text, or the value of the one choice
    chosen: Mapping[str, tuple[str, ...]]  # question id -> values, for questions with several choices
    start_date: str = ""
    end_date: str = ""


class RequestForms:
    def __init__(self, graph: RequirementsSource, reader: PackageSource) -> None:
        self._graph = graph
        self._reader = reader

    async def form(
        self, who: Actor, package_id: AccessPackageId, policy_id: PolicyId | None = None, *, locale: str = "en"
    ) -> RequestForm:
        """One round of Graph calls, side by side.

        Raises: NotRequestable, for packages that do not exist and for those the person may not have alike.
        """
        package, requirements, contents = await asyncio.gather(
            self._package(package_id), self._requirements(who, package_id, locale), self._contents(who, package_id)
        )
        if not requirements or package is None:
            raise NotRequestable(f"no policy of {package_id} is open to the person")
        chosen = next((choice for choice in requirements if choice.policy_id == policy_id), requirements[0])
        return RequestForm(package, tuple(contents), tuple(requirements), chosen)

    async def _package(self, package_id: AccessPackageId) -> AccessPackage | None:
        try:
            return await self._reader.package(package_id)
        except NotFound:
            return None

    async def _requirements(self, who: Actor, package_id: AccessPackageId, locale: str) -> list[PolicyRequirements]:
        try:
            return await self._graph.requirements(who, package_id, locale)
        except NotFound:
            return []

    async def _contents(self, who: Actor, package_id: AccessPackageId) -> list[ResourceRole]:
        try:
            return await self._graph.contents(who, package_id)
        except (NotFound, NotAllowed, GraphError):
            return []  # what one gets is good to know; asking does not depend on it


def checked(form: RequestForm, typed: Typed, *, now: datetime, time_zone: str | None) -> NewRequest:
    """The request to send, or InvalidAnswer for the first answer that Graph would turn down."""
    justification = typed.justification.strip()
    if not justification and form.chosen.is_justification_required:
        raise InvalidAnswer(AnswerProblem.MISSING, JUSTIFICATION_LABEL)
    if len(justification) > LONGEST_JUSTIFICATION:
        raise InvalidAnswer(AnswerProblem.TOO_LONG, JUSTIFICATION_LABEL, limit=LONGEST_JUSTIFICATION)
    answers = tuple(answer for question in form.chosen.questions if (answer := _answer(question, typed)) is not None)
    schedule = None
    if form.chosen.is_custom_schedule_allowed and (typed.start_date or typed.end_date):
        schedule = _schedule(form.chosen.expiration, typed, now=now, zone=_zone(time_zone))
    return NewRequest(form.package.id, form.chosen.policy_id, justification, answers, schedule)


def _answer(question: Question, typed: Typed) -> Answer | None:
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


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _schedule(allowed: Expiration, typed: Typed, *, now: datetime, zone: ZoneInfo) -> Schedule:
    """From the start of the first day to the end of the last one, both in the person's zone."""
    today = now.astimezone(zone).date()
    start = _day(typed.start_date, START_LABEL) if typed.start_date else None
    end = _day(typed.end_date, END_LABEL) if typed.end_date else None
    if start is not None and start < today:
        raise InvalidAnswer(AnswerProblem.IN_THE_PAST, START_LABEL)
    if end is not None and end < (start or today):
        raise InvalidAnswer(AnswerProblem.ENDS_BEFORE_START, END_LABEL)
    start_at = datetime.combine(start, time.min, zone) if start is not None and start > today else None
    end_at = datetime.combine(end + timedelta(days=1), time.min, zone) if end is not None else None
    latest = _latest_end(allowed, start_at or now)
    if end_at is not None and latest is not None and end_at > latest:
        last_day = (latest.astimezone(zone) - timedelta(days=1)).date()
        raise InvalidAnswer(AnswerProblem.TOO_LATE, END_LABEL, limit=last_day)
    expiration = Expiration(ExpirationKind.AFTER_DATE_TIME, end_at=end_at) if end_at else Expiration()
    return Schedule(start_at, expiration)


def _latest_end(allowed: Expiration, start_at: datetime) -> datetime | None:
    if allowed.kind is ExpirationKind.AFTER_DURATION and allowed.duration is not None:
        return start_at + allowed.duration
    if allowed.kind is ExpirationKind.AFTER_DATE_TIME:
        return allowed.end_at
    return None


def _day(text: str, label: str) -> date:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidAnswer(AnswerProblem.NOT_A_DATE, label) from None
