"""The operations by which administrators shape entitlement management: everything that they write."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import catalogs as ca
from sandbox.graph.handlers import extensions as ex
from sandbox.graph.handlers import organizations as og
from sandbox.graph.handlers import package_writes as pw
from sandbox.graph.handlers import policies as po
from sandbox.graph.handlers import policy_questions as qu
from sandbox.graph.handlers import role_assignments as ra
from sandbox.graph.handlers import suggestions as su
from sandbox.graph.odata.filters import FilterRules, by
from sandbox.graph.operations import PROJECTION, Handler, Operation, Query

EM: Final = "/identityGovernance/entitlementManagement"
_ROLES: Final = "/roleManagement/entitlementManagement"
_LIST: Final = Query(select=True, expand=True, top=True)
_ROLE_WRITE: Final = (*may.EM_WRITE, "RoleManagement.ReadWrite.Directory")
_ROLE_READ: Final = (*may.EM_READ, "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory")
_DEFINITION_READ: Final = (*may.EM_READ, "RoleManagement.Read.All")


def _read(path: str, handler: Handler, answers: str, query: Query = _LIST, **more: Any) -> Operation:
    more = {"delegated": may.EM_READ, "application": may.EM_READ, "duty": "read", **more}
    return Operation("GET", EM + path, handler, answers, query=query, **more)


def _write(method: str, path: str, handler: Handler, answers: str = "", **more: Any) -> Operation:
    """A write; everything but a deletion brings a body."""
    body = "none" if method == "DELETE" else "required"
    more = {"delegated": may.EM_WRITE, "application": may.EM_WRITE, "body": body, **more}
    return Operation(method, EM + path, handler, answers, **more)


_CATALOG: Final = "/catalogs/{id}"
_EXTENSION: Final = f"{_CATALOG}/customWorkflowExtensions/{{extensionId}}"
_EXTENSION_TYPE: Final = "customCalloutExtension"
_CATALOGS: Final = (
    _write("POST", "/catalogs", ca.create_catalog, "accessPackageCatalog", duty="create catalogs"),
    _write("PATCH", _CATALOG, ca.update_catalog, duty="catalog"),
    _write("DELETE", _CATALOG, ca.delete_catalog, duty="catalog"),
    _read(
        f"{_CATALOG}/resourceScopes",
        ca.list_scopes,
        "accessPackageResourceScope",
        unpublished="the map has no entry; reading takes what reading the roles takes",
    ),
    _write(
        "POST", f"{_CATALOG}/resources/{{resourceId}}/refresh", ca.refresh_resource, duty="catalog", body="optional"
    ),
    _read("/resourceRequests", ca.list_resource_requests, "accessPackageResourceRequest"),
    _read(
        "/resourceRequests/{id}",
        ca.get_resource_request,
        "accessPackageResourceRequest",
        PROJECTION,
        unpublished="the map names the collection only",
    ),
    _write("POST", "/resourceRequests", ca.create_resource_request, "accessPackageResourceRequest", duty="catalog"),
    _read("/resourceEnvironments", ca.list_environments, "accessPackageResourceEnvironment"),
    _read("/resourceEnvironments/{id}", ca.get_environment, "accessPackageResourceEnvironment", PROJECTION),
    _read(f"{_CATALOG}/customWorkflowExtensions", ex.list_extensions, _EXTENSION_TYPE),
    _read(_EXTENSION, ex.get_extension, _EXTENSION_TYPE, PROJECTION),
    _write("POST", f"{_CATALOG}/customWorkflowExtensions", ex.create_extension, _EXTENSION_TYPE, duty="catalog"),
    _write("PUT", _EXTENSION, ex.update_extension, _EXTENSION_TYPE, duty="catalog"),
    _write("DELETE", _EXTENSION, ex.delete_extension, duty="catalog"),
)

_PACKAGE: Final = "/accessPackages/{id}"
_PACKAGES: Final = (
    _write("POST", "/accessPackages", pw.create_package, "accessPackage", duty="packages"),
    _write("PATCH", _PACKAGE, pw.update_package, duty="packages"),
    _write("DELETE", _PACKAGE, pw.delete_package, duty="packages"),
    _write(
        "POST", f"{_PACKAGE}/resourceRoleScopes", pw.add_role_scope, "accessPackageResourceRoleScope", duty="packages"
    ),
    _write(
        "DELETE",
        f"{_PACKAGE}/resourceRoleScopes/{{roleScopeId}}",
        pw.remove_role_scope,
        duty="packages",
        unpublished="the map names POST only; removing takes what adding takes",
    ),
    _write("POST", f"{_PACKAGE}/incompatibleAccessPackages/$ref", pw.exclude_package, duty="packages"),
    _write("DELETE", f"{_PACKAGE}/incompatibleAccessPackages/{{otherId}}/$ref", pw.include_package, duty="packages"),
    _write("POST", f"{_PACKAGE}/incompatibleGroups/$ref", pw.exclude_group, duty="packages"),
    _write("DELETE", f"{_PACKAGE}/incompatibleGroups/{{groupId}}/$ref", pw.include_group, duty="packages"),
    *(
        _read(
            f"/assignments/additionalAccess({arguments})",
            pw.list_additional_access,
            "accessPackageAssignment",
            application=may.NOT_SUPPORTED,
            unpublished="the map names the function with both of its arguments only",
        )
        for arguments in ("", "accessPackageId={accessPackageId}")
    ),
)

_POLICY: Final = "/assignmentPolicies/{id}"
_QUESTION: Final = "accessPackageQuestion"
_NO_QUESTIONS: Final = "the map has no entry; they are declared as a part of the policy, and take what it takes"
_POLICIES: Final = (
    _write("POST", "/assignmentPolicies", po.create_policy, "accessPackageAssignmentPolicy", duty="packages"),
    _write("PUT", _POLICY, po.replace_policy, "accessPackageAssignmentPolicy", duty="packages"),
    _write("DELETE", _POLICY, po.delete_policy, duty="packages"),
    _read(f"{_POLICY}/questions", qu.list_questions, _QUESTION, unpublished=_NO_QUESTIONS),
    _read(
        f"{_POLICY}/questions/{{questionId}}", qu.get_question, _QUESTION, Query(select=True), unpublished=_NO_QUESTIONS
    ),
    _write("POST", f"{_POLICY}/questions", qu.create_question, _QUESTION, duty="packages", unpublished=_NO_QUESTIONS),
    _write(
        "PATCH", f"{_POLICY}/questions/{{questionId}}", qu.update_question, duty="packages", unpublished=_NO_QUESTIONS
    ),
    _write(
        "DELETE", f"{_POLICY}/questions/{{questionId}}", qu.delete_question, duty="packages", unpublished=_NO_QUESTIONS
    ),
)

_ORGANIZATION: Final = "/connectedOrganizations/{id}"
_TENANT: Final = (
    _write("POST", "/connectedOrganizations", og.create_organization, "connectedOrganization", duty="tenant"),
    _write("PATCH", _ORGANIZATION, og.update_organization, duty="tenant"),
    _write("DELETE", _ORGANIZATION, og.delete_organization, duty="tenant"),
    _write("POST", f"{_ORGANIZATION}/internalSponsors/$ref", og.add_internal_sponsor, duty="tenant"),
    _write("POST", f"{_ORGANIZATION}/externalSponsors/$ref", og.add_external_sponsor, duty="tenant"),
    _write("DELETE", f"{_ORGANIZATION}/internalSponsors/{{sponsorId}}/$ref", og.remove_internal_sponsor, duty="tenant"),
    _write("DELETE", f"{_ORGANIZATION}/externalSponsors/{{sponsorId}}/$ref", og.remove_external_sponsor, duty="tenant"),
    _write("PATCH", "/settings", og.update_settings, duty="tenant"),
    _write(
        "PATCH",
        "/controlConfigurations/endUserSettings",
        og.update_end_user_settings,
        duty="tenant",
        unpublished="the map has no entry; writing takes what other writes of entitlement management take",
    ),
)


def _role(
    method: str, path: str, handler: Handler, answers: str, permissions: tuple[str, ...], **more: Any
) -> Operation:
    return Operation(method, _ROLES + path, handler, answers, permissions, permissions, **more)


_ROLE: Final = "unifiedRoleAssignment"
_ROLE_FILTER: Final = FilterRules({"principalId": by("id", "eq"), "appScopeId": by("text", "eq in")})
_ROLE_MANAGEMENT: Final = (
    _role(
        "GET",
        "/roleAssignments",
        ra.list_role_assignments,
        _ROLE,
        _ROLE_READ,
        query=Query(select=True, expand=True, top=True, filter=_ROLE_FILTER),
        duty="read",
    ),
    _role("GET", "/roleAssignments/{id}", ra.get_role_assignment, _ROLE, _ROLE_READ, query=PROJECTION, duty="read"),
    _role("POST", "/roleAssignments", ra.create_role_assignment, _ROLE, _ROLE_WRITE, body="required", duty="catalog"),
    _role("DELETE", "/roleAssignments/{id}", ra.delete_role_assignment, "", _ROLE_WRITE, duty="catalog"),
    _role(
        "GET",
        "/roleDefinitions/{id}",
        ra.get_role_definition,
        "unifiedRoleDefinition",
        _DEFINITION_READ,
        query=PROJECTION,
        duty="read",
    ),
)

_SELF_SERVICE: Final = (
    _read(
        "/accessPackageSuggestions/filterByCurrentUser(on={on})",
        su.list_suggestions,
        "accessPackageSuggestion",
        delegated=may.SELF_READ,
        duty=None,
    ),
    _write("POST", "/assignmentRequests/{id}/resume", ex.resume_request, duty="assign"),
)

ADMINISTRATION: Final[tuple[Operation, ...]] = (
    *_CATALOGS,
    *_PACKAGES,
    *_POLICIES,
    *_TENANT,
    *_ROLE_MANAGEMENT,
    *_SELF_SERVICE,
)
