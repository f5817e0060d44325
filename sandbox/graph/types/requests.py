"""Assignment requests, assignments, subjects, approvals and connected organizations as Graph shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.graph import wire
from sandbox.graph.engine import Entitlement, StageView
from sandbox.graph.engine.records import draft_of
from sandbox.graph.reader import Reader
from sandbox.graph.types import policy as policies
from sandbox.graph.types.base import EntityType, many, one
from sandbox.graph.types.directory import directory_objects
from sandbox.tenant.model import Assignment, AssignmentRequest

_NEW_REQUEST_TYPES: Final = frozenset({"approverRemove"})
"""Members that were added after `unknownFutureValue` and are spelt out only on demand."""


def _request_type(reader: Reader, request: AssignmentRequest) -> str:
    if request.request_type in _NEW_REQUEST_TYPES and not reader.shows_new_members:
        return "unknownFutureValue"
    return request.request_type


def _callouts(values: list[wire.Json]) -> list[wire.Json]:
    template = {"id": None, "customExtensionId": None, "externalCorrelationId": None, "detail": None, "status": None}
    return [policies.filled(template, value) for value in values]


def assignment_of(reader: Reader, request: AssignmentRequest) -> Assignment:
    """The assignment that a request is about; one that does not exist yet is shown as it would become."""
    return reader.tenant.assignments.get(request.assignment_id) or draft_of(request)


REQUEST: Final = EntityType(
    "accessPackageAssignmentRequest",
    {
        "id": lambda _, q: q.id,
        "requestType": _request_type,
        "state": lambda _, q: q.state,
        "status": lambda _, q: q.status,
        "createdDateTime": lambda _, q: wire.moment(q.created_at),
        "completedDateTime": lambda _, q: wire.moment(q.completed_at),
        "justification": lambda _, q: q.justification,
        "schedule": lambda _, q: policies.schedule(q.schedule),
        "answers": lambda _, q: [policies.answer(value) for value in q.answers],
        "customExtensionCalloutInstances": lambda _, q: _callouts(q.callouts),
    },
    {
        "accessPackage": one("accessPackage", lambda r, q: r.tenant.packages.get(q.package_id)),
        "requestor": one("accessPackageSubject", lambda r, q: r.tenant.subjects.get(q.requestor_id)),
        "assignment": one("accessPackageAssignment", assignment_of),
    },
)

ASSIGNMENT: Final = EntityType(
    "accessPackageAssignment",
    {
        "id": lambda _, a: a.id,
        "state": lambda _, a: a.state,
        "status": lambda _, a: a.status or None,
        "expiredDateTime": lambda _, a: wire.moment(a.expired_at),
        "schedule": lambda _, a: policies.schedule(a.schedule),
        "customExtensionCalloutInstances": lambda _, a: _callouts(a.callouts),
    },
    {
        "target": one("accessPackageSubject", lambda r, a: r.tenant.subjects.get(a.target_id)),
        "accessPackage": one("accessPackage", lambda r, a: r.tenant.packages.get(a.package_id)),
        "assignmentPolicy": one("accessPackageAssignmentPolicy", lambda r, a: r.tenant.policies.get(a.policy_id)),
    },
)

SUBJECT: Final = EntityType(
    "accessPackageSubject",
    {
        "id": lambda _, s: s.id,
        "objectId": lambda _, s: s.object_id,
        "displayName": lambda _, s: s.display_name,
        "email": lambda _, s: s.email or None,
        "principalName": lambda _, s: s.principal_name,
        "onPremisesSecurityIdentifier": lambda _, s: None,
        "subjectType": lambda _, s: s.subject_type,
        "subjectLifecycle": lambda _, s: s.lifecycle,
    },
    {
        "connectedOrganization": one(
            "connectedOrganization",
            lambda r, s: r.tenant.connected_organizations.get(s.connected_organization_id or ""),
        )
    },
)

ORGANIZATION: Final = EntityType(
    "connectedOrganization",
    {
        "id": lambda _, o: o.id,
        "displayName": lambda _, o: o.display_name,
        "description": lambda _, o: o.description or None,
        "state": lambda _, o: o.state,
        "identitySources": lambda _, o: [
            {**source, "@odata.type": wire.NAMESPACE + policies.short_type(source)} for source in o.identity_sources
        ],
        "createdDateTime": lambda _, o: wire.moment(o.created_at),
        "modifiedDateTime": lambda _, o: wire.moment(o.modified_at),
    },
    {
        "internalSponsors": many("directoryObject", lambda r, o: directory_objects(r, o.internal_sponsor_ids)),
        "externalSponsors": many("directoryObject", lambda r, o: directory_objects(r, o.external_sponsor_ids)),
    },
)


def _identity(reader: Reader, user_id: str | None) -> wire.Json | None:
    if user_id is None:
        return None
    user = reader.tenant.users.get(user_id) or reader.tenant.deleted_users.get(user_id)
    return {"id": user_id, "displayName": user.display_name if user else None}


@dataclass(frozen=True, slots=True)
class Approval:
    """The approval of a request; its id is the request's."""

    request: AssignmentRequest

    @property
    def id(self) -> str:
        return self.request.id


def stages_of(reader: Reader, request: AssignmentRequest) -> list[StageView]:
    """The stages as the reader sees them. Raises GraphProblem 403 for somebody who has no business with them."""
    if reader.user_id is None:
        return []
    return Entitlement(reader.world).stages(request.id, reader.user_id)


APPROVAL: Final = EntityType(
    "approval",
    {"id": lambda _, a: a.id},
    {"stages": many("approvalStage", lambda r, a: stages_of(r, a.request))},
)

STAGE: Final = EntityType(
    "approvalStage",
    {
        "id": lambda _, s: s.id,
        "displayName": lambda _, s: s.display_name,
        "status": lambda _, s: s.status,
        "assignedToMe": lambda _, s: s.assigned_to_me,
        "reviewResult": lambda _, s: s.review_result,
        "justification": lambda _, s: s.justification,
        "reviewedBy": lambda r, s: _identity(r, s.reviewed_by),
        "reviewedDateTime": lambda _, s: wire.moment(s.reviewed_at),
    },
)
