"""What we send to Graph: domain values turned into the JSON of a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain import Answer, AssignmentId, Expiration, NewRequest, RequestType, Schedule, Verdict
from bot.graph.odata import moment
from bot.graph.wire_base import JsonObject, format_span

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
