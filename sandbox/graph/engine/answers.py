"""What a requestor must supply: justification, answers and period, checked against the policy."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sandbox.graph.engine.policies import (
    approval_flag,
    end_of,
    is_true,
    part,
    parts,
    questions,
    requestor_flag,
    says_when_it_ends,
    type_name,
)
from sandbox.graph.engine.records import unspecified_schedule
from sandbox.graph.engine.times import moment_text, parse_asked_duration, parse_asked_moment, parse_moment
from sandbox.graph.problems import bad_request
from sandbox.tenant.model import AssignmentPolicy, Json

_EXPIRATIONS = {name.casefold(): name for name in ("notSpecified", "noExpiration", "afterDateTime", "afterDuration")}


def check_justification(policy: AssignmentPolicy, justification: str | None) -> None:
    """Raises GraphProblem 400 where the policy wants a justification and there is none."""
    if approval_flag(policy, "isRequestorJustificationRequired") and not (justification or "").strip():
        raise bad_request("A justification is required by the assignment policy.", "JustificationRequired")


def check_answers(
    policy: AssignmentPolicy,
    answers: list[Json],
    separator: str,
    *,
    all_required: bool = True,
    is_anchored: bool = True,
) -> None:
    """Raises GraphProblem 400 for answers to unknown questions, twice answered, not allowed, missing or misspelt.

    `separator` stands between several choices of one answer. Without `all_required` (an administrator's own
    assignment) required questions may stay open. Patterns have to match the whole answer if `is_anchored`, else a part.
    """
    by_question: dict[str, str] = {}
    known = {str(question.get("id")): question for question in questions(policy)}
    for answer in answers:
        question_id = str(part(answer, "answeredQuestion").get("id", ""))
        if question_id not in known:
            raise bad_request(f"There is no question '{question_id}' in the assignment policy.", "UnknownQuestion")
        if question_id in by_question:
            raise bad_request(f"Question '{question_id}' is answered more than once.", "DuplicateAnswer")
        value = answer.get("value")
        if value is not None and not isinstance(value, str):
            raise bad_request(f"The answer to question '{question_id}' must be a string.", "InvalidAnswer")
        by_question[question_id] = value or ""
    for question_id, question in known.items():
        given = by_question.get(question_id, "")
        if given.strip():
            _check_answer(question_id, question, given, separator, is_anchored=is_anchored)
        elif all_required and is_true(question.get("isRequired")):
            raise bad_request(f"Question '{question_id}' requires an answer.", "AnswerRequired")


def _check_answer(question_id: str, question: Json, given: str, separator: str, *, is_anchored: bool) -> None:
    if type_name(question) == "accessPackageMultipleChoiceQuestion":
        several = is_true(question.get("isMultipleSelectionAllowed"))
        chosen = [item.strip() for item in given.split(separator)] if several else [given]
        allowed = {str(choice.get("actualValue")) for choice in parts(question, "choices")}
        for value in chosen:
            if value not in allowed:
                raise bad_request(f"'{value}' is not a choice of question '{question_id}'.", "InvalidAnswer")
        return
    if is_true(question.get("isSingleLineQuestion")) and ("\n" in given or "\r" in given):
        raise bad_request(f"The answer to question '{question_id}' must be a single line.", "InvalidAnswer")
    pattern = question.get("regexPattern")
    if isinstance(pattern, str) and pattern and not _matches(pattern, given, is_anchored=is_anchored):
        raise bad_request(f"The answer to question '{question_id}' does not match its pattern.", "InvalidAnswer")


def _matches(pattern: str, given: str, *, is_anchored: bool) -> bool:
    """Whether the answer, or a part of it, matches; a pattern that is no regular expression forbids nothing."""
    try:
        return (re.fullmatch if is_anchored else re.search)(pattern, given) is not None
    except re.error:
        return True


def check_schedule(policy: AssignmentPolicy, asked: Any, now: datetime) -> Json:
    """The schedule of a request in its full form; one that asks for nothing is "notSpecified".

    Raises GraphProblem 400 where it is malformed, not allowed, ends before it begins, or lasts longer than the policy.
    """
    if asked is None:
        return unspecified_schedule()
    if not isinstance(asked, dict):
        raise bad_request("'schedule' must be an object.", "InvalidSchedule")
    schedule = _read_schedule(asked)
    if schedule["startDateTime"] is None and not says_when_it_ends(schedule):
        return schedule
    if not requestor_flag(policy, "allowCustomAssignmentSchedule"):
        raise bad_request("The assignment policy does not allow a custom schedule.", "CustomScheduleNotAllowed")
    start = max(parse_moment(schedule["startDateTime"]), now) if schedule["startDateTime"] else now
    if not says_when_it_ends(schedule):
        return schedule
    ends_at = end_of(schedule["expiration"], start)
    latest = end_of(part(policy.settings, "expiration"), start)
    if ends_at is not None and ends_at <= start:
        raise bad_request("The schedule ends before it begins.", "InvalidSchedule")
    if latest is not None and (ends_at is None or ends_at > latest):
        raise bad_request("The schedule is longer than the assignment policy allows.", "InvalidSchedule")
    return schedule


def _read_schedule(asked: Json) -> Json:
    """The known members of a schedule, normalized; unknown ones are ignored as the service does."""
    if asked.get("recurrence") is not None:
        raise bad_request("'recurrence' is not supported for assignment requests.", "InvalidSchedule")
    expiration = part(asked, "expiration")
    kind = _EXPIRATIONS.get(str(expiration.get("type") or "notSpecified").casefold())
    if kind is None:
        raise bad_request(f"'{expiration.get('type')}' is not an expiration type.", "InvalidSchedule")
    try:
        start = _moment_or_none(asked.get("startDateTime"))
        end = _moment_or_none(expiration.get("endDateTime"))
        duration = expiration.get("duration") or None
        if duration is not None:
            parse_asked_duration(str(duration))
    except ValueError as problem:
        raise bad_request(f"The schedule cannot be read: {problem}", "InvalidSchedule") from problem
    if (kind == "afterDateTime" and end is None) or (kind == "afterDuration" and duration is None):
        raise bad_request(f"An expiration of type '{kind}' lacks its end.", "InvalidSchedule")
    return {
        "startDateTime": start,
        "recurrence": None,
        "expiration": {
            "endDateTime": end if kind == "afterDateTime" else None,
            "duration": duration if kind == "afterDuration" else None,
            "type": kind,
        },
    }


def _moment_or_none(value: Any) -> str | None:
    return moment_text(parse_asked_moment(str(value))) if value else None
