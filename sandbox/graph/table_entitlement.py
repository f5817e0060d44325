"""The operations of entitlement management."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import packages as pk
from sandbox.graph.handlers import requests as rq
from sandbox.graph.odata.filters import FilterRules, by
from sandbox.graph.operations import PROJECTION, Handler, Operation, Query

EM: Final = "/identityGovernance/entitlementManagement"
_ROLES: Final = "/roleManagement/entitlementManagement"
_ACTION: Final = Query()
_LIST: Final = Query(select=True, expand=True, top=True)
_NONE: Final = may.NOT_SUPPORTED


def _set(**properties: Any) -> Query:
    """A list with `$select`, `$expand`, paging, and `$filter` on the given properties joined by `and`."""
    rules = {name.replace("__", "/"): rule for name, rule in properties.items()}
    return Query(select=True, expand=True, top=True, filter=FilterRules(rules))


_PACKAGES: Final = _set(displayName=by("text", "eq contains"))
_NAMED: Final = _set(displayName=by("text", "eq"))
_REQUESTS: Final = _set(
    createdDateTime=by("time", "gt ge lt"),
    state=by("enum", "eq"),
    accessPackage__id=by("id", "eq"),
)
_ASSIGNMENTS: Final = _set(
    state=by("enum", "eq"),
    accessPackage__id=by("id", "eq"),
    assignmentPolicy__id=by("id", "eq"),
    target__objectId=by("id", "eq"),
)
_RESOURCES: Final = _set(id=by("id", "eq"), originId=by("id", "eq"))
_RESOURCE_ROLES: Final = _set(originSystem=by("enum", "eq"), resource__id=by("id", "eq"))


def _read(path: str, handler: Handler, answers: str, query: Query = _LIST, **more: Any) -> Operation:
    """A read for administrators and applications; people need a reading role besides."""
    more = {"delegated": may.EM_READ, "application": may.EM_READ, "duty": "read", **more}
    return Operation("GET", EM + path, handler, answers, query=query, **more)


def _own(path: str, handler: Handler, answers: str, query: Query = _LIST, **more: Any) -> Operation:
    """A read that is about the signed-in person, who needs no role."""
    more = {"delegated": may.SELF_READ, "application": _NONE, **more}
    return Operation("GET", EM + path, handler, answers, query=query, **more)


def _write(method: str, path: str, handler: Handler, answers: str = "", **more: Any) -> Operation:
    more = {"delegated": may.EM_WRITE, "application": may.EM_WRITE, **more}
    return Operation(method, EM + path, handler, answers, **more)


_CATALOGS: Final = (
    _read("/catalogs", pk.list_catalogs, "accessPackageCatalog", _NAMED),
    _read("/catalogs/{id}", pk.get_catalog, "accessPackageCatalog", PROJECTION),
    _read("/catalogs/{id}/resources", pk.list_resources, "accessPackageResource", _RESOURCES),
    _read("/catalogs/{id}/resourceRoles", pk.list_resource_roles, "accessPackageResourceRole", _RESOURCE_ROLES),
)

_PACKAGE: Final = "/accessPackages/{id}"
_ACCESS_PACKAGES: Final = (
    _read("/accessPackages", pk.list_packages, "accessPackage", _PACKAGES),
    _read(_PACKAGE, pk.get_package, "accessPackage", PROJECTION),
    _read(
        f"{_PACKAGE}/resourceRoleScopes",
        pk.list_contents,
        "accessPackageResourceRoleScope",
        unpublished="the map names POST only; reading takes what reading the package takes",
    ),
    _read(f"{_PACKAGE}/incompatibleAccessPackages", pk.list_incompatible_packages, "accessPackage"),
    _read(f"{_PACKAGE}/accessPackagesIncompatibleWith", pk.list_incompatible_with, "accessPackage"),
    _read(f"{_PACKAGE}/incompatibleGroups", pk.list_incompatible_groups, "group"),
    _own("/accessPackages/filterByCurrentUser(on={on})", pk.list_requestable, "accessPackage"),
    Operation(
        "POST",
        f"{EM}{_PACKAGE}/getApplicablePolicyRequirements",
        pk.get_requirements,
        "",
        may.SELF_READ,
        _NONE,
        _ACTION,
        body="optional",
    ),
    _own(
        "/availableAccessPackages/{id}/resourceRoleScopes",
        pk.list_available_contents,
        "accessPackageResourceRoleScope",
        application=may.EM_READ,
    ),
)

_POLICIES: Final = (
    _read("/assignmentPolicies", pk.list_policies, "accessPackageAssignmentPolicy"),
    _read("/assignmentPolicies/{id}", pk.get_policy, "accessPackageAssignmentPolicy", PROJECTION),
)

_REQUEST: Final = "/assignmentRequests/{id}"
_ASSIGNMENT_REQUESTS: Final = (
    _read(
        "/assignmentRequests",
        rq.list_requests,
        "accessPackageAssignmentRequest",
        _REQUESTS,
        needs_package_filter=True,
    ),
    _read(_REQUEST, rq.get_request, "accessPackageAssignmentRequest", PROJECTION),
    _own(
        "/assignmentRequests/filterByCurrentUser(on={on})",
        rq.list_my_requests,
        "accessPackageAssignmentRequest",
    ),
    _write(
        "POST",
        "/assignmentRequests",
        rq.create_request,
        "accessPackageAssignmentRequest",
        delegated=may.SELF_WRITE,
        body="required",
        role_instead="assign",
    ),
    _write(
        "POST",
        f"{_REQUEST}/cancel",
        rq.cancel_request,
        delegated=may.SELF_WRITE,
        application=_NONE,
        body="optional",
    ),
    _write("POST", f"{_REQUEST}/reprocess", rq.reprocess_request, duty="assign", body="optional"),
    _write("DELETE", _REQUEST, rq.delete_request, duty="assign"),
)

_ASSIGNMENTS_OF_PACKAGES: Final = (
    _read("/assignments", rq.list_assignments, "accessPackageAssignment", _ASSIGNMENTS, needs_package_filter=True),
    _read("/assignments/{id}", rq.get_assignment, "accessPackageAssignment", PROJECTION),
    _own("/assignments/filterByCurrentUser(on={on})", rq.list_my_assignments, "accessPackageAssignment"),
    _read(
        "/assignments/additionalAccess(accessPackageId={accessPackageId},"
        "incompatibleAccessPackageId={incompatibleAccessPackageId})",
        rq.list_additional_access,
        "accessPackageAssignment",
        _ASSIGNMENTS,
        application=_NONE,
    ),
    _write("POST", "/assignments/{id}/reprocess", rq.reprocess_assignment, duty="assign", body="optional"),
)

_APPROVAL: Final = "/accessPackageAssignmentApprovals/{id}"
_APPROVALS: Final = (
    _own(
        "/accessPackageAssignmentApprovals/filterByCurrentUser(on={on})",
        rq.list_my_approvals,
        "approval",
        delegated=may.EM_WRITE,
    ),
    _own(_APPROVAL, rq.get_approval, "approval", PROJECTION, delegated=may.EM_READ),
    _own(f"{_APPROVAL}/stages", rq.list_stages, "approvalStage", delegated=may.EM_READ),
    _own(f"{_APPROVAL}/stages/{{stageId}}", rq.get_stage, "approvalStage", PROJECTION, delegated=may.EM_READ),
    _write("PATCH", f"{_APPROVAL}/stages/{{stageId}}", rq.decide_stage, application=_NONE, body="required"),
)

_ORGANIZATION: Final = "/connectedOrganizations/{id}"
_NO_ENTRY: Final = "the map has no entry; reading takes what other reads of entitlement management take"
_TENANT: Final = (
    _read("/connectedOrganizations", pk.list_organizations, "connectedOrganization", _NAMED),
    _read(_ORGANIZATION, pk.get_organization, "connectedOrganization", PROJECTION),
    _read(f"{_ORGANIZATION}/internalSponsors", pk.list_internal_sponsors, "directoryObject"),
    _read(f"{_ORGANIZATION}/externalSponsors", pk.list_external_sponsors, "directoryObject"),
    _read("/subjects", rq.list_subjects, "accessPackageSubject", unpublished=_NO_ENTRY),
    _read("/subjects/{id}", rq.get_subject, "accessPackageSubject", PROJECTION, unpublished=_NO_ENTRY),
    _read("/subjects(objectId={objectId})", rq.get_subject, "accessPackageSubject", PROJECTION, unpublished=_NO_ENTRY),
    _read("/settings", pk.get_settings, "entitlementManagementSettings", PROJECTION),
    _read("/controlConfigurations", pk.list_control_configurations, "endUserSettings", unpublished=_NO_ENTRY),
    _read(
        "/controlConfigurations/endUserSettings",
        pk.get_end_user_settings,
        "endUserSettings",
        PROJECTION,
        unpublished=_NO_ENTRY,
    ),
    Operation(
        "GET",
        f"{_ROLES}/roleDefinitions",
        pk.list_role_definitions,
        "unifiedRoleDefinition",
        may.EM_READ,
        may.EM_READ,
        _LIST,
        duty="read",
    ),
)

ENTITLEMENT: Final[tuple[Operation, ...]] = (
    *_CATALOGS,
    *_ACCESS_PACKAGES,
    *_POLICIES,
    *_ASSIGNMENT_REQUESTS,
    *_ASSIGNMENTS_OF_PACKAGES,
    *_APPROVALS,
    *_TENANT,
)
