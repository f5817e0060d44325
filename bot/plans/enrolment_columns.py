"""What the optional columns of a file say: the period, the answers that a policy wants, who answers for a guest."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.domain import Assignment, Question, QuestionKind
from bot.files.rows import EnrolmentRow
from bot.plans.enrolment import Action, PlanAnswer, PlanRow, Reason
from bot.plans.enrolment_state import PackageState, TenantState, address_key

_TEXTS = (QuestionKind.TEXT, QuestionKind.MULTILINE_TEXT)
_CHOICES_IN_A_FIELD = ","


def last_day(ends_at: datetime | None) -> str:
    """The last day on which something that ends then can be used, as a file says it; empty for no end."""
    return "" if ends_at is None else (ends_at.astimezone(UTC) - timedelta(microseconds=1)).date().isoformat()


def new_end(base: PlanRow, row: EnrolmentRow, package: PackageState, held: Assignment, today: date) -> PlanRow | None:
    """`base` with the end that the row gives to what is held, or with why it cannot; None when nothing changes.

    A row without an end says nothing about it. The start of what has begun stays.
    """
    has = last_day(held.expires_at)
    if not row.end or row.end == has:
        return None
    refused = _period(replace(row, start=""), package, today)
    if refused is not None:
        return replace(base, reason=refused[0], facts=refused[1])
    return replace(base, action=Action.UPDATE, end=row.end, reason=Reason.NEW_END, facts=(row.end, has))


def fill(base: PlanRow, row: EnrolmentRow, package: PackageState, state: TenantState, today: date) -> PlanRow:
    """`base` with period, answers and sponsor; with a reason when one of them is not acceptable."""
    for step in (_period(row, package, today), _answers(row, package), _sponsor(row, state)):
        if isinstance(step, tuple):
            return replace(base, reason=step[0], facts=step[1])
    answers = _answers(row, package)
    sponsor = _sponsor(row, state)
    return replace(
        base,
        start=row.start,
        end=row.end,
        answers=tuple(answers) if isinstance(answers, list) else (),
        sponsor_id=sponsor if isinstance(sponsor, str) else "",
    )


_Refused = tuple[Reason, tuple[str, ...]]


def _period(row: EnrolmentRow, package: PackageState, today: date) -> _Refused | None:
    if not row.start and not row.end:
        return None
    if not package.is_period_allowed:
        return Reason.PERIOD_NOT_ALLOWED, (package.policy_name,)
    try:
        start = date.fromisoformat(row.start) if row.start else today
        end = date.fromisoformat(row.end) if row.end else date.max
    except ValueError:
        return Reason.PERIOD_WRONG, ()
    if end < today:
        return Reason.PERIOD_OVER, (row.end,)
    return (Reason.PERIOD_WRONG, ()) if end < start else None


def _answers(row: EnrolmentRow, package: PackageState) -> _Refused | list[PlanAnswer]:
    given = {_plain(text): (text, answer.strip()) for text, answer in row.answers.items() if answer.strip()}
    found = []
    for question in package.questions:
        text, answer = given.pop(_plain(question.text), ("", ""))
        if not answer:
            if question.is_required:
                return Reason.ANSWER_MISSING, (question.text,)
            continue
        value = _value(question, answer)
        if value is None:
            return Reason.ANSWER_WRONG, (text, answer)
        found.append(PlanAnswer(question.id, value, answer, question.odata_type))
    if given:
        return Reason.UNKNOWN_QUESTION, (next(iter(given.values()))[0],)
    return found


def _value(question: Question, answer: str) -> str | None:
    """The answer as Graph stores it; None when it is none to this question."""
    if question.kind in _TEXTS:
        return answer if _fits(question.regex, answer) else None
    choices = {_plain(text): choice.value for choice in question.choices for text in (choice.text, choice.value)}
    parts = answer.split(_CHOICES_IN_A_FIELD) if question.kind is QuestionKind.MULTIPLE_CHOICE else [answer]
    values = [choices.get(_plain(part)) for part in parts]
    known = [value for value in values if value is not None]
    return ",".join(known) if known and len(known) == len(values) else None


def _fits(pattern: str | None, answer: str) -> bool:
    try:
        return not pattern or re.fullmatch(pattern, answer) is not None
    except re.error:  # Graph knows patterns that we do not; it has the last word
        return True


def _sponsor(row: EnrolmentRow, state: TenantState) -> _Refused | str:
    if not row.sponsor:
        return ""
    people = state.people.get(address_key(row.sponsor), ())
    return people[0].id if len(people) == 1 else (Reason.SPONSOR_UNKNOWN, (row.sponsor,))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
