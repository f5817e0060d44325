"""Records of the directory audit log about approvals, turned into domain values.

How a record names its request is not documented: the correlation id is taken for it, and what is no request of ours
is left out by whoever looks it up.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from bot.domain import AuditedDecision, RequestId, UserId, Verdict
from bot.graph.wire_base import JsonObject, Moment, Wire, read

_VERDICTS: Final = {
    "approve access package assignment request": Verdict.APPROVE,
    "deny access package assignment request": Verdict.DENY,
    "approval stage completed for access package assignment request": None,
}


class _User(Wire):
    id: str = ""
    display_name: str = ""


class _Initiator(Wire):
    user: _User | None = None


class _Detail(Wire):
    key: str = ""
    value: str = ""


class _Record(Wire):
    activity_display_name: str = ""
    activity_date_time: Moment = None
    correlation_id: str = ""
    initiated_by: _Initiator = _Initiator()
    additional_details: tuple[_Detail, ...] = Field(())


def audited_decision(data: JsonObject) -> AuditedDecision | None:
    """What an approver decided; None for a record of anything else. Raises GraphContractError."""
    found = read(_Record, data)
    activity = found.activity_display_name.casefold()
    if activity not in _VERDICTS or found.activity_date_time is None or not found.correlation_id:
        return None
    user = found.initiated_by.user
    reason = next((detail.value for detail in found.additional_details if detail.key == "Justification"), "")
    return AuditedDecision(
        request_id=RequestId(found.correlation_id),
        verdict=_VERDICTS[activity],
        by_id=UserId(user.id) if user and user.id else None,
        by_name=user.display_name if user else "",
        reason=reason,
        at=found.activity_date_time,
    )
