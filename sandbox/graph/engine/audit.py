"""What the audit log keeps of entitlement management and access reviews.

Names of activities: Microsoft Entra's list of audit activities. Where a justification is kept is not documented; here
it is an additional detail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox.tenant.audits import AuditRecord, AuditTarget
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import ApprovalStage, AssignmentRequest, Tenant, User
from sandbox.tenant.reviews import ReviewInstance, ReviewItem, ReviewSeries

ENTITLEMENT: Final = "Entitlement Management"
REVIEWS: Final = "Access Reviews"
_MOST_KEPT: Final = 20_000

_ASKED: Final = {
    "userAdd": ("User requests access package assignment", "CreateEntitlementGrantUserAddRequest"),
    "userUpdate": ("User requests to extend access package assignment", "CreateEntitlementGrantUserUpdateRequest"),
    "userRemove": ("User requests to remove access package assignment", "CreateEntitlementGrantUserRemoveRequest"),
    "approverRemove": ("User requests to remove access package assignment", "CreateEntitlementGrantUserRemoveRequest"),
    "onBehalfAdd": ("User requests access package assignment", "CreateEntitlementGrantUserAddRequest"),
    "adminAdd": ("Administrator directly assigns user to access package", "CreateEntitlementGrantAdminAddRequest"),
    "adminUpdate": ("Update access package assignment request", "UpdateEntitlementGrantRequest"),
    "adminRemove": (
        "Administrator directly removes user access package assignment",
        "CreateEntitlementGrantAdminRemoveRequest",
    ),
    "systemAdd": (
        "Entitlement Management creates access package assignment request for user",
        "CreateEntitlementGrantSystemAddRequest",
    ),
    "systemUpdate": ("Update access package assignment request", "UpdateEntitlementGrantRequest"),
    "systemRemove": (
        "Entitlement Management removes access package assignment request for user",
        "CreateEntitlementGrantSystemRemoveRequest",
    ),
}
_CAME_TO: Final = {
    "scheduled": ("Schedule a future access package assignment", "ScheduleEntitlementGrant"),
    "delivering": ("Ready to fulfill access package assignment request", "ReadyToFulfillEntitlementGrantRequest"),
    "delivered": ("Fulfill access package assignment request", "FulfillEntitlementGrantRequest"),
    "partiallyDelivered": (
        "Partially fulfill access package assignment request",
        "PartiallyFulfillEntitlementGrantRequest",
    ),
    "deliveryFailed": ("Failed access package assignment request", "FailEntitlementGrantRequest"),
    "canceled": ("Cancel access package assignment request", "CancelEntitlementGrantRequest"),
}
_TIMED_OUT: Final = ("Access package assignment request timed out (no approver action taken)", "TimeOutRequest")
_DENIED: Final = ("Deny access package assignment request", "DenyEntitlementGrantRequest")
_AUTO: Final = ("Auto approve access package assignment request", "AutoApproveEntitlementGrantRequest")


def moved(tenant: Tenant, request: AssignmentRequest, at: datetime, by: str | None) -> None:
    """A request has come to a new state; its history has it already."""
    before = request.history[-2].state if len(request.history) > 1 else None
    if before is None:
        _request(tenant, request, at, by, _ASKED[request.request_type], request.justification)
        return
    if before == request.state:
        return
    if request.state in ("delivering", "scheduled") and before == "submitted":
        _request(tenant, request, at, None, _AUTO)
    if request.state == "denied" and by is None:
        lapsed = any(stage.status == "Expired" for stage in request.stages)
        _request(tenant, request, at, None, _TIMED_OUT if lapsed else _DENIED, is_success=not lapsed)
    elif request.state in _CAME_TO:
        failed = request.state == "deliveryFailed"
        _request(tenant, request, at, by, _CAME_TO[request.state], is_success=not failed)


def decided(tenant: Tenant, request: AssignmentRequest, stage: ApprovalStage, at: datetime) -> None:
    """An approver has decided a stage."""
    if stage.review_result == "Denied":
        activity = _DENIED
    elif any(later.status == "Initializing" for later in request.stages):
        activity = ("Approval stage completed for access package assignment request", "CompleteApprovalStage")
    else:
        activity = ("Approve access package assignment request", "ApproveEntitlementGrantRequest")
    _request(tenant, request, at, stage.reviewed_by, activity, stage.justification)


def reviewed(tenant: Tenant, series: ReviewSeries, instance: ReviewInstance, item: ReviewItem, at: datetime) -> None:
    """A reviewer has decided about one assignment."""
    activity = "Approve decision" if item.decision == "Approve" else "Deny decision"
    _keep(
        tenant,
        AuditRecord(
            id=stable_id(f"audit/{item.id}/{at}"),
            at=at,
            activity=activity,
            category="UserManagement",
            service=REVIEWS,
            operation="Update",
            correlation_id=instance.id,
            actor_id=item.reviewed_by,
            targets=(*_users(tenant, [item.user_id]), AuditTarget(series.id, series.display_name, "Other")),
            details=_details(item.justification, Decision=item.decision),
        ),
    )


def administered(tenant: Tenant, activity: str, target: AuditTarget, actor_id: str, at: datetime) -> None:
    """An administrator, or an application, has changed what can be requested, or who manages it."""
    number = len(tenant.audits)
    _keep(
        tenant,
        AuditRecord(
            id=stable_id(f"audit/{target.id}/{activity}/{at}/{number}"),
            at=at,
            activity=activity,
            category="EntitlementManagement",
            service=ENTITLEMENT,
            operation="".join(word.capitalize() for word in activity.split()),
            correlation_id=stable_id(f"administration/{target.id}/{at}/{number}"),
            actor_id=actor_id,
            targets=(target,),
        ),
    )


def redeemed(tenant: Tenant, user: User, at: datetime) -> None:
    """A guest has accepted an invitation."""
    _keep(
        tenant,
        AuditRecord(
            id=stable_id(f"audit/{user.id}/{at}"),
            at=at,
            activity="Redeem external user invite",
            category="UserManagement",
            service="Invited Users",
            operation="Update",
            correlation_id=stable_id(f"redemption/{user.id}/{at}"),
            actor_id=user.id,
            targets=tuple(_users(tenant, [user.id])),
        ),
    )


def _request(
    tenant: Tenant,
    request: AssignmentRequest,
    at: datetime,
    actor_id: str | None,
    activity: tuple[str, str],
    justification: str | None = None,
    *,
    is_success: bool = True,
) -> None:
    package = tenant.packages.get(request.package_id)
    policy = tenant.policies.get(request.policy_id)
    target = tenant.subjects.get(request.target_id)
    targets = [
        AuditTarget(request.package_id, package.display_name if package is not None else None, "Other"),
        AuditTarget(request.policy_id, policy.display_name if policy is not None else None, "Policy"),
        *_users(tenant, [target.object_id] if target is not None and target.object_id else []),
        AuditTarget(request.id, None, "Other"),
    ]
    record = AuditRecord(
        id=stable_id(f"audit/{request.id}/{len(request.history)}/{activity[0]}"),
        at=at,
        activity=activity[0],
        category="EntitlementManagement",
        service=ENTITLEMENT,
        operation=activity[1],
        correlation_id=request.id,
        actor_id=_app_id(tenant, actor_id),
        targets=tuple(targets),
        details=_details(justification),
        is_success=is_success,
        reason="" if is_success else f"The request is {request.state}.",
    )
    _keep(tenant, record)


def _app_id(tenant: Tenant, actor_id: str | None) -> str | None:
    """Service principals are kept by their application's id, people by their own."""
    app = tenant.service_principal(actor_id) if actor_id is not None and actor_id not in tenant.users else None
    return app.app_id if app is not None else actor_id


def _users(tenant: Tenant, ids: Iterable[str]) -> Iterable[AuditTarget]:
    for one in ids:
        user = tenant.users.get(one) or tenant.deleted_users.get(one)
        if user is not None:
            yield AuditTarget(user.id, user.display_name, "User", user.user_principal_name)


def _details(justification: str | None, **more: str) -> tuple[tuple[str, str], ...]:
    said = {"Justification": justification} if justification else {}
    return tuple({**said, **more}.items())


def _keep(tenant: Tenant, record: AuditRecord) -> None:
    """Keep a record; the oldest are forgotten, so that a sandbox that runs for long does not grow for ever."""
    tenant.audits.append(record)
    if len(tenant.audits) > _MOST_KEPT:
        del tenant.audits[: _MOST_KEPT // 10]
