"""Making the records that the service makes: draft assignments, removals of its own, schedules."""

from __future__ import annotations

from datetime import datetime

from sandbox.graph.engine.times import moment_text
from sandbox.tenant.model import Assignment, AssignmentPolicy, AssignmentRequest, Json, RequestType, Subject, Tenant


def schedule_json(start: datetime | None, ends_at: datetime | None) -> Json:
    """An assignment's schedule as Graph shows it, its end resolved to a moment."""
    end = None if ends_at is None else moment_text(ends_at)
    kind = "noExpiration" if end is None else "afterDateTime"
    return {
        "startDateTime": None if start is None else moment_text(start),
        "recurrence": None,
        "expiration": {"endDateTime": end, "duration": None, "type": kind},
    }


def unspecified_schedule() -> Json:
    """The schedule of a request that asks for no period of its own."""
    return {
        "startDateTime": None,
        "recurrence": None,
        "expiration": {"endDateTime": None, "duration": None, "type": "notSpecified"},
    }


def draft_of(request: AssignmentRequest) -> Assignment:
    """The assignment a request will lead to, as it is shown before anything has been approved: without a state."""
    return Assignment(
        id=request.assignment_id,
        target_id=request.target_id,
        package_id=request.package_id,
        policy_id=request.policy_id,
        created_at=request.posted_at,
        state=None,
        status="",
    )


def removal(
    tenant: Tenant, assignment: Assignment, request_type: RequestType, requestor_id: str, at: datetime
) -> AssignmentRequest:
    """A request, not yet taken in, to end an assignment."""
    return AssignmentRequest(
        id=tenant.new_id("request"),
        request_type=request_type,
        requestor_id=requestor_id,
        target_id=assignment.target_id,
        package_id=assignment.package_id,
        policy_id=assignment.policy_id,
        assignment_id=assignment.id,
        posted_at=at,
        schedule=unspecified_schedule(),
    )


def addition_by_rule(tenant: Tenant, policy: AssignmentPolicy, target: Subject, at: datetime) -> AssignmentRequest:
    """The service's own request, not yet taken in, to give somebody a package whose rule they satisfy."""
    return AssignmentRequest(
        id=tenant.new_id("request"),
        request_type="systemAdd",
        requestor_id=tenant.subject_of_service().id,
        target_id=target.id,
        package_id=policy.package_id,
        policy_id=policy.id,
        assignment_id=tenant.new_id("assignment"),
        posted_at=at,
        schedule=unspecified_schedule(),
        bypass_approval=True,
    )
