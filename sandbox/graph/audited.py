"""Which writes of administrators the audit log keeps, and as what.

Names of activities: Microsoft Entra's list of audit activities; those of operation types are formed like the two that
were seen in public.
"""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph.engine import audit
from sandbox.graph.operations import Call, Entity, Operation, Result
from sandbox.tenant.audits import AuditTarget, TargetType
from sandbox.tenant.model import Tenant

_EM: Final = "/identityGovernance/entitlementManagement"
_ROLES: Final = "/roleManagement/entitlementManagement/roleAssignments"
ACTIVITIES: Final[dict[tuple[str, str], str]] = {
    ("POST", f"{_EM}/catalogs"): "Create access package catalog",
    ("PATCH", f"{_EM}/catalogs/{{id}}"): "Update access package catalog",
    ("DELETE", f"{_EM}/catalogs/{{id}}"): "Delete access package catalog",
    ("POST", f"{_EM}/catalogs/{{id}}/customWorkflowExtensions"): "Create custom extension",
    ("PUT", f"{_EM}/catalogs/{{id}}/customWorkflowExtensions/{{extensionId}}"): "Update custom extension",
    ("DELETE", f"{_EM}/catalogs/{{id}}/customWorkflowExtensions/{{extensionId}}"): "Delete custom extension",
    ("POST", f"{_EM}/resourceRequests"): "Create resource request",
    ("POST", f"{_EM}/accessPackages"): "Create access package",
    ("PATCH", f"{_EM}/accessPackages/{{id}}"): "Update access package",
    ("DELETE", f"{_EM}/accessPackages/{{id}}"): "Delete access package",
    ("POST", f"{_EM}/accessPackages/{{id}}/resourceRoleScopes"): "Update access package",
    ("DELETE", f"{_EM}/accessPackages/{{id}}/resourceRoleScopes/{{roleScopeId}}"): "Update access package",
    ("POST", f"{_EM}/accessPackages/{{id}}/incompatibleAccessPackages/$ref"): "Create incompatible access package",
    ("DELETE", f"{_EM}/accessPackages/{{id}}/incompatibleAccessPackages/{{otherId}}/$ref"): (
        "Delete incompatible access package"
    ),
    ("POST", f"{_EM}/accessPackages/{{id}}/incompatibleGroups/$ref"): "Create incompatible group",
    ("DELETE", f"{_EM}/accessPackages/{{id}}/incompatibleGroups/{{groupId}}/$ref"): "Delete incompatible group",
    ("POST", f"{_EM}/assignmentPolicies"): "Create access package assignment policy",
    ("PUT", f"{_EM}/assignmentPolicies/{{id}}"): "Update access package assignment policy",
    ("DELETE", f"{_EM}/assignmentPolicies/{{id}}"): "Delete access package assignment policy",
    ("POST", f"{_EM}/connectedOrganizations"): "Create connected organization",
    ("PATCH", f"{_EM}/connectedOrganizations/{{id}}"): "Update connected organization",
    ("DELETE", f"{_EM}/connectedOrganizations/{{id}}"): "Delete connected organization",
    ("POST", f"{_EM}/connectedOrganizations/{{id}}/internalSponsors/$ref"): "Assign user as internal sponsor",
    ("POST", f"{_EM}/connectedOrganizations/{{id}}/externalSponsors/$ref"): "Assign user as external sponsor",
    ("DELETE", f"{_EM}/connectedOrganizations/{{id}}/internalSponsors/{{sponsorId}}/$ref"): (
        "Remove user as internal sponsor"
    ),
    ("DELETE", f"{_EM}/connectedOrganizations/{{id}}/externalSponsors/{{sponsorId}}/$ref"): (
        "Remove user as external sponsor"
    ),
    ("PATCH", f"{_EM}/settings"): "Update tenant setting",
    ("POST", _ROLES): "Add Entitlement Management role assignment",
    ("DELETE", f"{_ROLES}/{{id}}"): "Remove Entitlement Management role assignment",
}


def named_before(call: Call, operation: Operation) -> AuditTarget | None:
    """What a write is about, as long as it is still there; None where the log keeps nothing of it."""
    if (operation.method, operation.path) not in ACTIVITIES:
        return None
    object_id = call.params.get("extensionId") or call.params.get("id", "")
    return AuditTarget(object_id, _name(call.tenant, object_id), _kind(operation))


def note(call: Call, operation: Operation, result: Result, before: AuditTarget | None) -> None:
    """Keep a write that has succeeded."""
    if before is None:
        return
    made = result.value if isinstance(result, Entity) else None
    object_id = str(getattr(made, "id", before.id))
    target = AuditTarget(object_id, _name(call.tenant, object_id) or before.display_name, before.type)
    activity = ACTIVITIES[operation.method, operation.path]
    actor = call.principal.user_id or call.principal.app_id
    audit.administered(call.tenant, activity, target, actor, call.reader.now)


def _kind(operation: Operation) -> TargetType:
    return "Policy" if "/assignmentPolicies" in operation.path else "Other"


def _name(tenant: Tenant, object_id: str) -> str | None:
    shelves: tuple[Any, ...] = (
        tenant.catalogs,
        tenant.packages,
        tenant.policies,
        tenant.connected_organizations,
        tenant.custom_extensions,
    )
    found = next((shelf[object_id] for shelf in shelves if object_id in shelf), None)
    return getattr(found, "display_name", None)
