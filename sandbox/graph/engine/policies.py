"""Reading an assignment policy: the settings are Graph's own JSON, where objects and flags may be missing or null."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.graph.engine.times import parse_duration, parse_moment
from sandbox.tenant.model import AssignmentPolicy, AssignmentRequest, Json

DYNAMIC_STAGE = "accessPackageDynamicApprovalStage"
"""An approval stage whose approvers a Logic App computes."""


def type_name(value: Json) -> str:
    """`singleUser` for `#microsoft.graph.singleUser`, with or without the `#`."""
    return str(value.get("@odata.type", "")).rpartition(".")[2]


def part(settings: Json, name: str) -> Json:
    """A nested object, empty where it is missing or null."""
    value = settings.get(name)
    return value if isinstance(value, dict) else {}


def parts(settings: Json, name: str) -> list[Json]:
    """A nested list of objects, empty where it is missing or null."""
    value = settings.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def is_true(value: Any) -> bool:
    """A flag; the service also takes the texts "true" and "false"."""
    return value is True or (isinstance(value, str) and value.casefold() == "true")


def requestor_flag(policy: AssignmentPolicy, name: str) -> bool:
    """One of `requestorSettings`' switches."""
    return is_true(part(policy.settings, "requestorSettings").get(name))


def approval_flag(policy: AssignmentPolicy, name: str) -> bool:
    """One of `requestApprovalSettings`' switches."""
    return is_true(part(policy.settings, "requestApprovalSettings").get(name))


def approval_stages(policy: AssignmentPolicy) -> list[Json]:
    return parts(part(policy.settings, "requestApprovalSettings"), "stages")


def questions(policy: AssignmentPolicy) -> list[Json]:
    return parts(policy.settings, "questions")


def target_scope(policy: AssignmentPolicy) -> str:
    return str(policy.settings.get("allowedTargetScope") or "notSpecified")


def needs_approval(policy: AssignmentPolicy, request: AssignmentRequest) -> bool:
    """Whether somebody must approve: additions by one switch, updates and renewals by the other.

    An administrator's own addition asks nobody, unless the request says that approval is not to be bypassed.
    """
    if request.removes or not approval_stages(policy):
        return False
    if request.request_type.startswith(("admin", "system")) and request.bypass_approval:
        return False
    changes = request.updates or request.is_renewal
    return approval_flag(policy, "isApprovalRequiredForUpdate" if changes else "isApprovalRequiredForAdd")


def stage_span(settings: Json, name: str) -> timedelta | None:
    """A stage's duration, None where it is not set."""
    value = settings.get(name)
    span = parse_duration(value) if isinstance(value, str) and value else None
    return span if span else None


def end_of(expiration: Json, start: datetime) -> datetime | None:
    """When access that begins at `start` ends by an expiration; None for never or not specified."""
    kind = str(expiration.get("type") or "notSpecified").casefold()
    if kind == "afterdatetime" and expiration.get("endDateTime"):
        return parse_moment(str(expiration["endDateTime"]))
    if kind == "afterduration" and expiration.get("duration"):
        return start + parse_duration(str(expiration["duration"]))
    return None


def says_when_it_ends(schedule: Json) -> bool:
    """Whether a requested schedule has an end of its own, even if that is "never"."""
    return str(part(schedule, "expiration").get("type") or "notSpecified").casefold() != "notspecified"
