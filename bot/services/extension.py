"""Whether and how somebody may keep what they have longer, by what Graph says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain import (
    Answer,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    AssignmentState,
    Expiration,
    ExpirationKind,
    NewRequest,
    PolicyId,
    PolicyRequirements,
    RequestId,
    RequestType,
    Schedule,
)
from bot.errors import AnswerProblem, InvalidAnswer
from bot.services.period import read_last_day
from bot.services.zones import last_day, zone_of
from cards.language import _

LONGEST_JUSTIFICATION = 2_000
PERIOD_LABEL: Final = _("How much longer?")
JUSTIFICATION_LABEL: Final = _("Why do you still need it?")

_WORTH_IT = timedelta(hours=1)  # an end that moves by less is no extension


class NotExtendable(StrEnum):
    NO_END = "no end"
    NOT_ALLOWED = "not_allowed"
    NOT_WORKING = "not_working"
    LONGEST = "longest"
    UNDER_WAY = "under way"


@dataclass(frozen=True, slots=True)
class Extension:
    """What extending one assignment takes. `why_not` is None when it can be done.

    `latest` is the last possible end, None where there is no limit. With `can_choose` the person may name an earlier
    one. `type` tells the way that the policy offers: a renewing addition, or an update with a new end.
    """

    assignment: Assignment
    why_not: NotExtendable | None = None
    latest: datetime | None = None
    can_choose: bool = False
    is_justification_required: bool = False
    is_approval_required: bool = False
    type: RequestType = RequestType.USER_ADD
    policy_id: PolicyId | None = None
    answers: tuple[Answer, ...] = ()
    open_request_id: RequestId | None = None


def extension_of(
    assignment: Assignment,
    policy: AssignmentPolicy | None,
    offered: Sequence[PolicyRequirements],
    requests: Sequence[AssignmentRequest],
    now: datetime,
) -> Extension:
    """How `assignment` may be extended. `offered` is what its package asks of the person now, `requests` are theirs.

    The policy the assignment was made under has to allow it. Where that policy is still open to the person, asking
    again renews the assignment, at its longest or as long as they choose; where it is not, an update can only set an
    end, and needs a policy that lets people choose one.
    """
    about = [each for each in requests if each.package_id == assignment.package_id]
    waiting = next((each for each in about if each.state.is_open), None)
    if waiting is not None:
        return Extension(assignment, NotExtendable.UNDER_WAY, open_request_id=waiting.id)
    if assignment.state is not AssignmentState.DELIVERED:
        return Extension(assignment, NotExtendable.NOT_WORKING)
    if assignment.expires_at is None:
        return Extension(assignment, NotExtendable.NO_END)
    asked = next((each for each in offered if each.policy_id == assignment.policy_id), None)
    if policy is not None and not policy.may_extend:
        return Extension(assignment, NotExtendable.NOT_ALLOWED)
    if asked is not None:
        found = _renewal(assignment, asked, about, now)
    elif policy is not None and policy.is_custom_schedule_allowed:
        found = _update(assignment, policy, now)
    else:
        return Extension(assignment, NotExtendable.NOT_ALLOWED)
    if found.latest is not None and found.latest < assignment.expires_at + _WORTH_IT:
        return Extension(assignment, NotExtendable.LONGEST)
    return found


def to_request(
    extension: Extension, period: str, justification: str, *, now: datetime, zone: str | None, locale: str
) -> NewRequest:
    """The request to send, or InvalidAnswer for what was typed wrongly."""
    why = justification.strip()
    if not why and extension.is_justification_required:
        raise InvalidAnswer(AnswerProblem.MISSING, JUSTIFICATION_LABEL)
    if len(why) > LONGEST_JUSTIFICATION:
        raise InvalidAnswer(AnswerProblem.TOO_LONG, JUSTIFICATION_LABEL, limit=LONGEST_JUSTIFICATION)
    end = chosen_end(extension, period, now=now, zone=zone, locale=locale)
    schedule = None
    if end is not None:
        schedule = Schedule(None, Expiration(ExpirationKind.AFTER_DATE_TIME, end_at=end))
    assert extension.assignment.package_id is not None  # noqa: S101  an extension is of a package that was read
    return NewRequest(
        extension.assignment.package_id,
        extension.policy_id or PolicyId(""),
        why,
        extension.answers,
        schedule,
        extension.type,
        extension.assignment.id,
    )


def chosen_end(extension: Extension, period: str, *, now: datetime, zone: str | None, locale: str) -> datetime | None:
    """The end to ask for; None to leave it to the policy. A span counts from the end there is, a day is the last one.

    Raises: InvalidAnswer.
    """
    current = extension.assignment.expires_at or now
    if not extension.can_choose or not period.strip():
        # An update changes nothing but what it names, so it names the latest end there is.
        return extension.latest if extension.type is RequestType.USER_UPDATE else None
    place = zone_of(zone)
    today = now.astimezone(place).date()
    wanted = read_last_day(period, since=last_day(current, place), today=today, locale=locale)
    if wanted is None:
        raise InvalidAnswer(AnswerProblem.NOT_A_PERIOD, PERIOD_LABEL)
    end = _end_of_day(wanted, place)
    if end <= now:
        raise InvalidAnswer(AnswerProblem.IN_THE_PAST, PERIOD_LABEL)
    if wanted <= last_day(current, place):
        raise InvalidAnswer(AnswerProblem.NOT_LATER, PERIOD_LABEL, limit=last_day(current, place))
    if extension.latest is not None and end > extension.latest:
        if wanted == extension.latest.astimezone(place).date():
            return extension.latest  # the last day there is, though not to its very end
        limit = _last_whole_day(extension.latest, place)
        raise InvalidAnswer(AnswerProblem.TOO_LATE, PERIOD_LABEL, limit=limit)
    return end


def _renewal(
    assignment: Assignment, asked: PolicyRequirements, about: Sequence[AssignmentRequest], now: datetime
) -> Extension:
    return Extension(
        assignment,
        latest=latest_end(asked.expiration, now),
        can_choose=asked.is_custom_schedule_allowed,
        is_justification_required=asked.is_justification_required,
        is_approval_required=asked.is_approval_required_for_update,
        policy_id=asked.policy_id,
        answers=_answers_given(asked, about),
    )


def _update(assignment: Assignment, policy: AssignmentPolicy, now: datetime) -> Extension:
    return Extension(
        assignment,
        latest=latest_end(policy.expiration, now),
        can_choose=True,
        is_justification_required=policy.is_justification_required,
        is_approval_required=policy.is_approval_required_for_update and bool(policy.stages),
        type=RequestType.USER_UPDATE,
        policy_id=policy.id,
    )


def latest_end(expiration: Expiration, now: datetime) -> datetime | None:
    """When access that is given now ends at the latest; None for never, and where nothing is said."""
    if expiration.kind is ExpirationKind.AFTER_DURATION and expiration.duration is not None:
        try:
            return now + expiration.duration
        except OverflowError:
            return None
    return expiration.end_at if expiration.kind is ExpirationKind.AFTER_DATE_TIME else None


def _answers_given(asked: PolicyRequirements, about: Sequence[AssignmentRequest]) -> tuple[Answer, ...]:
    """What the person answered the last time, as far as it is still asked; nothing when something is missing now."""
    before = [each for each in about if each.policy_id == asked.policy_id and each.answers]
    latest = max(before, key=lambda each: (each.created_at is not None, each.created_at), default=None)
    if latest is None:
        return ()
    given = {answer.question_id: answer for answer in latest.answers}
    choices = {question.id: {choice.value for choice in question.choices} for question in asked.questions}
    kept = tuple(
        given[question.id]
        for question in asked.questions
        if question.id in given and (not question.choices or choices[question.id].issuperset(given[question.id].values))
    )
    answered = {answer.question_id for answer in kept}
    is_enough = all(question.id in answered for question in asked.questions if question.is_required)
    return kept if is_enough else ()


def _end_of_day(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=1), time.min, zone)
    except OverflowError:
        raise InvalidAnswer(AnswerProblem.NOT_A_PERIOD, PERIOD_LABEL) from None


def _last_whole_day(end: datetime, zone: ZoneInfo) -> date:
    local = end.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() == time.min else local.date()
