"""What we send to Graph: domain values turned into the JSON of a request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.domain import Answer, AssignmentId, Expiration, ExpirationKind, NewRequest, RequestType, Schedule, Verdict
from bot.graph.odata import moment
from bot.graph.wire_base import JsonObject, format_span
from bot.orders import Invitation, Order, PeriodChange, Removal

_ANSWER: Final = "#microsoft.graph.accessPackageAnswerString"
_TEXT_QUESTION: Final = "#microsoft.graph.accessPackageTextInputQuestion"
_CHOICE_SEPARATOR: Final = ","


def new_request(new: NewRequest, target_id: str) -> JsonObject:
    """The body of a request. Who asks, Graph takes from the token; an update names its target as well, and so does a
    request for somebody else.

    An addition says nothing of what the person has already: Graph finds out whether it renews that.
    """
    if new.type is RequestType.USER_REMOVE:
        return {
            "requestType": new.type.value,
            "assignment": {"id": new.assignment_id},
            "justification": new.justification,
        }
    assignment: JsonObject = {"accessPackageId": new.package_id, "assignmentPolicyId": new.policy_id}
    if new.type is RequestType.USER_UPDATE:
        assignment["targetId"] = target_id
    if new.target is not None:
        assignment["target"] = {
            "objectId": new.target.object_id,
            "displayName": new.target.name,
            "email": new.target.mail,
            "subjectType": "user",
        }
    body: JsonObject = {
        "requestType": new.type.value,
        "assignment": assignment,
        "justification": new.justification,
        "answers": [_answer(answer) for answer in new.answers],
    }
    if new.schedule is not None:
        body["schedule"] = _schedule(new.schedule)
    return body


def invitation(new: Invitation) -> JsonObject:
    body: JsonObject = {
        "invitedUserEmailAddress": new.email,
        "inviteRedirectUrl": new.redirect_url,
        "sendInvitationMessage": new.sends_message,
    }
    if new.name:
        body["invitedUserDisplayName"] = new.name
    if new.message and new.sends_message:
        body["invitedUserMessageInfo"] = {"customizedMessageBody": new.message}
    if new.sponsor_id:
        body["invitedUserSponsors"] = [{"id": new.sponsor_id}]
    return body


def order(new: Order) -> JsonObject:
    """The body of an administrator's request."""
    if isinstance(new, PeriodChange):
        return {
            "requestType": RequestType.ADMIN_UPDATE.value,
            "assignment": {"id": new.assignment_id},
            "schedule": _days(None, new.end),
            "justification": new.justification,
        }
    if isinstance(new, Removal):
        return {
            "requestType": RequestType.ADMIN_REMOVE.value,
            "assignment": {"id": new.assignment_id},
            "justification": new.justification,
        }
    assignment: JsonObject = {"accessPackageId": new.package_id, "assignmentPolicyId": new.policy_id}
    if new.person_id is not None:
        assignment["targetId"] = new.person_id
    else:
        assignment["target"] = {"email": new.email}
    body: JsonObject = {
        "requestType": RequestType.ADMIN_ADD.value,
        "assignment": assignment,
        "justification": new.justification,
    }
    if new.answers:
        body["answers"] = [_answer(answer) for answer in new.answers]
    if new.start is not None or new.end is not None:
        body["schedule"] = _days(new.start, new.end)
    return body


def _days(start: date | None, end: date | None) -> JsonObject:
    """From the beginning of the first day to the end of the last, in UTC."""
    body: JsonObject = {"expiration": {"type": ExpirationKind.NO_EXPIRATION.value}}
    if start is not None:
        body["startDateTime"] = moment(datetime.combine(start, time(), UTC))
    if end is not None:
        ends_at = datetime.combine(end + timedelta(days=1), time(), UTC)
        body["expiration"] = {"type": ExpirationKind.AFTER_DATE_TIME.value, "endDateTime": moment(ends_at)}
    return body


def decision(verdict: Verdict, justification: str) -> JsonObject:
    return {"reviewResult": verdict.value, "justification": justification}


def removal_by_approver(assignment_id: AssignmentId, reason: str) -> JsonObject:
    """The body that ends an assignment in the name of the person who approved it."""
    return {"requestType": "approverRemove", "assignment": {"id": assignment_id}, "justification": reason}


def encode_choices(values: Sequence[str]) -> str:
    """Several choices of one question in the one text that an answer holds. Graph does not document how."""
    return _CHOICE_SEPARATOR.join(values)


def decode_choices(text: str) -> tuple[str, ...]:
    """The choices that `encode_choices` packed. A choice that contains the separator comes back in parts."""
    return tuple(part for part in text.split(_CHOICE_SEPARATOR) if part)


def _answer(answer: Answer) -> JsonObject:
    return {
        "@odata.type": _ANSWER,
        "value": encode_choices(answer.values),
        "displayValue": answer.display_value,
        "answeredQuestion": {"@odata.type": answer.question_odata_type or _TEXT_QUESTION, "id": answer.question_id},
    }


def _schedule(schedule: Schedule) -> JsonObject:
    body: JsonObject = {"expiration": _expiration(schedule.expiration)}
    if schedule.start_at is not None:
        body["startDateTime"] = moment(schedule.start_at)
    return body


def _expiration(expiration: Expiration) -> JsonObject:
    """Graph takes an end or a duration, not both; the end is the more exact one."""
    body: JsonObject = {"type": expiration.kind.value}
    if expiration.end_at is not None:
        body["endDateTime"] = moment(expiration.end_at)
    elif expiration.duration is not None:
        body["duration"] = format_span(expiration.duration)
    return body
