"""What entitlement management keeps: catalogs, access packages, policies, requests and assignments.

Settings that the rules read as they were written (policies, schedules, answers) stay plain JSON objects with Graph's
v1.0 names; everything that the service itself moves is an attribute. Moments are aware datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
"""A JSON object with Graph's v1.0 property names."""

RequestState = Literal[
    "submitted",
    "pendingApproval",
    "delivering",
    "delivered",
    "deliveryFailed",
    "denied",
    "scheduled",
    "canceled",
    "partiallyDelivered",
]
AssignmentState = Literal["delivering", "partiallyDelivered", "delivered", "expired", "deliveryFailed"]
RequestType = Literal[
    "userAdd",
    "userUpdate",
    "userRemove",
    "adminAdd",
    "adminUpdate",
    "adminRemove",
    "systemAdd",
    "systemUpdate",
    "systemRemove",
    "onBehalfAdd",
    "approverRemove",
]
StageStatus = Literal["Initializing", "InProgress", "Completed", "Expired"]
ReviewResult = Literal["NotReviewed", "Approved", "Denied"]
Delivery = Literal["normal", "stuck", "partial", "failed"]
OriginSystem = Literal["AadGroup", "AadApplication", "SharePointOnline"]

OPEN_STATES: frozenset[RequestState] = frozenset({"submitted", "pendingApproval", "scheduled", "delivering"})
"""A request in one of these is not finished: nobody may file another one for the same person and package."""

LIVE_STATES: frozenset[AssignmentState] = frozenset({"delivering", "partiallyDelivered", "delivered"})
"""An assignment in one of these gives, or is about to give, access."""


@dataclass(slots=True)
class Catalog:
    id: str
    display_name: str
    created_at: datetime
    modified_at: datetime
    description: str = ""
    catalog_type: Literal["userManaged", "serviceDefault", "serviceManaged"] = "userManaged"
    state: Literal["published", "unpublished"] = "published"
    is_externally_visible: bool = False


@dataclass(slots=True)
class ResourceRole:
    id: str
    display_name: str
    origin_id: str
    origin_system: OriginSystem
    description: str = ""
    type: str | None = None


@dataclass(slots=True)
class ResourceScope:
    id: str
    origin_id: str
    origin_system: OriginSystem
    display_name: str = "Root"
    description: str = "Root Scope"
    is_root_scope: bool = True


@dataclass(slots=True)
class Resource:
    """A group, application or site in a catalog. Its roles are shown from `roles_visible_at` on, as in the service."""

    id: str
    catalog_id: str
    origin_id: str
    origin_system: OriginSystem
    display_name: str
    created_at: datetime
    modified_at: datetime
    roles_visible_at: datetime
    description: str = ""
    roles: list[ResourceRole] = field(default_factory=list)
    scopes: list[ResourceScope] = field(default_factory=list)
    attributes: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class ResourceRequest:
    id: str
    request_type: str
    state: str
    resource_id: str
    catalog_id: str
    created_at: datetime


@dataclass(slots=True)
class RoleScope:
    """One thing a package grants: a role of a resource, in a scope."""

    role_id: str
    scope_id: str
    resource_id: str
    created_at: datetime

    @property
    def id(self) -> str:
        return f"{self.role_id}_{self.scope_id}"


@dataclass(slots=True)
class AccessPackage:
    """`delivery` other than "normal" marks a package whose first `troubled_attempts` deliveries go wrong that way.

    `troubled_attempts` None means every attempt, however often it is processed again.
    """

    id: str
    display_name: str
    catalog_id: str
    created_at: datetime
    modified_at: datetime
    description: str = ""
    is_hidden: bool = False
    role_scopes: list[RoleScope] = field(default_factory=list)
    incompatible_package_ids: dict[str, None] = field(default_factory=dict)
    incompatible_group_ids: dict[str, None] = field(default_factory=dict)
    delivery: Delivery = "normal"
    troubled_attempts: int | None = 1


@dataclass(slots=True)
class AssignmentPolicy:
    """`settings` is the policy as Graph shows it, without id, moments, `accessPackage` and `catalog`."""

    id: str
    package_id: str
    created_at: datetime
    modified_at: datetime
    settings: Json

    @property
    def display_name(self) -> str:
        return str(self.settings.get("displayName", ""))


@dataclass(slots=True)
class ConnectedOrganization:
    """`identity_sources` as Graph writes them; sponsor ids are those of users or groups."""

    id: str
    display_name: str
    created_at: datetime
    modified_at: datetime
    description: str = ""
    state: Literal["configured", "proposed"] = "configured"
    identity_sources: list[Json] = field(default_factory=list)
    internal_sponsor_ids: dict[str, None] = field(default_factory=dict)
    external_sponsor_ids: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Subject:
    """Entitlement management's own record of a person or app; `object_id` is None until they are in the directory."""

    id: str
    object_id: str | None
    display_name: str
    email: str
    principal_name: str | None = None
    subject_type: Literal["user", "servicePrincipal", "notSpecified"] = "user"
    lifecycle: Literal["notDefined", "notGoverned", "governed"] = "notDefined"
    connected_organization_id: str | None = None


@dataclass(slots=True)
class ApprovalStage:
    """One stage of a request's approval. `settings` is the policy's stage as it was when the request was made.

    `closes_at` is when it is denied by time. `escalated_at` is set once the escalation approvers are asked too.
    `ended_at` is set when nobody can decide any more, however that came.
    """

    id: str
    settings: Json
    status: StageStatus = "Initializing"
    started_at: datetime | None = None
    closes_at: datetime | None = None
    escalated_at: datetime | None = None
    ended_at: datetime | None = None
    review_result: ReviewResult = "NotReviewed"
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    justification: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """At `at` the request came to `state` and `status`; `by` is the id of the person or app who did it, if any."""

    at: datetime
    state: RequestState
    status: str
    by: str | None = None


@dataclass(slots=True)
class AssignmentRequest:
    """A request. `created_at` is None until the service has looked at it; `posted_at` is when it was really sent.

    `assignment_id` is known from the start, but a new assignment exists only from `delivering` on. `requestor_id` and
    `target_id` are ids of subjects, not of users.
    """

    id: str
    request_type: RequestType
    requestor_id: str
    target_id: str
    package_id: str
    policy_id: str
    assignment_id: str
    posted_at: datetime
    state: RequestState = "submitted"
    status: str = "Accepted"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    justification: str | None = None
    answers: list[Json] = field(default_factory=list)
    schedule: Json = field(default_factory=dict)
    bypass_approval: bool = False
    is_renewal: bool = False
    stages: list[ApprovalStage] = field(default_factory=list)
    attempts: int = 0
    callouts: list[Json] = field(default_factory=list)
    history: list[Transition] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def removes(self) -> bool:
        return self.request_type.endswith("Remove")

    @property
    def updates(self) -> bool:
        return self.request_type.endswith("Update")

    @property
    def current_stage(self) -> ApprovalStage | None:
        """The stage that waits for a decision, if any does."""
        return next((stage for stage in self.stages if stage.status == "InProgress"), None)


@dataclass(slots=True)
class Assignment:
    """Somebody holds a package. `state` is None only while its request has not been approved.

    `ends_at` None means no end. `granted` are the ids of the role scopes that are really in effect.
    """

    id: str
    target_id: str
    package_id: str
    policy_id: str
    created_at: datetime
    state: AssignmentState | None = "delivering"
    status: str = "Delivering"
    schedule: Json = field(default_factory=dict)
    ends_at: datetime | None = None
    expired_at: datetime | None = None
    granted: list[str] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    callouts: list[Json] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES


@dataclass(slots=True)
class RoleAssignment:
    """A role of entitlement management; `app_scope_id` is "/" or "/AccessPackageCatalog/{catalog id}"."""

    id: str
    principal_id: str
    role_definition_id: str
    app_scope_id: str


@dataclass(slots=True)
class CustomExtension:
    """A catalog's custom workflow extension; `settings` as Graph shows it. `callbackConfiguration` makes it awaited."""

    id: str
    catalog_id: str
    settings: Json

    @property
    def kind(self) -> str:
        """The name of its type: called about requests unless its settings say about assignments."""
        stated = str(self.settings.get("@odata.type", "")).rpartition(".")[2]
        return stated or "accessPackageAssignmentRequestWorkflowExtension"
