"""Every operation answers once, in the shape that the published metadata declares."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sandbox.graph.engine.roles import ROLE_NAMES
from sandbox.graph.operations import Operation
from sandbox.graph.reader import Reader
from sandbox.graph.table import OPERATIONS
from sandbox.graph.types.applications import grants
from sandbox.graph.types.reports import GOVERNANCE
from sandbox.graph.types.teams import Installation, catalog
from sandbox.tenant.identity import BOT_APP_ID, CLI_APP_ID
from tests.sandbox.graph_support import EM, Caller, Graph, serve_graph
from tests.sandbox.review_support import AR, review_ids
from tests.support.graph_metadata import VARIABLE, GraphContract, find_metadata

FOLDER = find_metadata()
pytestmark = pytest.mark.skipif(FOLDER is None, reason=f"{VARIABLE} names no folder with Microsoft's published files")

EXPANSIONS = {
    "accessPackage": "catalog,assignmentPolicies($expand=questions),resourceRoleScopes($expand=role($expand=resource),"
    "scope),incompatibleAccessPackages,incompatibleGroups,accessPackagesIncompatibleWith",
    "accessPackageAssignment": "target($expand=connectedOrganization),accessPackage,assignmentPolicy",
    "accessPackageAssignmentPolicy": "accessPackage,catalog,questions,customExtensionStageSettings",
    "accessPackageAssignmentRequest": "requestor,accessPackage,assignment($expand=target,assignmentPolicy)",
    "accessPackageCatalog": "accessPackages,resources($expand=roles,scopes,environment)",
    "accessPackageResource": "roles,scopes",
    "accessPackageResourceRole": "resource",
    "accessPackageResourceRoleScope": "role,scope",
    "accessPackageSubject": "connectedOrganization",
    "approval": "stages",
    "connectedOrganization": "internalSponsors,externalSponsors",
    "accessReviewInstance": "contactedReviewers,decisions,stages($expand=decisions)",
    "accessReviewScheduleDefinition": "instances($expand=decisions)",
    "accessReviewStage": "decisions",
    "application": "owners",
    "group": "members,memberOf,owners,appRoleAssignments",
    "teamsApp": "appDefinitions",
    "servicePrincipal": "owners,appRoleAssignedTo",
    "unifiedRoleAssignment": "roleDefinition",
    "user": "manager,directReports,sponsors,memberOf,transitiveMemberOf,appRoleAssignments",
    "userScopeTeamsAppInstallation": "teamsApp,teamsAppDefinition",
}


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def everything() -> list[str]:
    return sorted({name for found in OPERATIONS for name in (*found.delegated, *found.application)})


def ids(graph: Graph, path: str) -> list[dict[str, str]]:
    """Values for the placeholders of a path: some objects of the kind that it is about; lists show all of them."""
    tenant = graph.tenant
    of_kind: dict[str, Callable[[], Any]] = {
        "/users": lambda: [graph.id_of(key) for key in ("requester", "member-50")],
        "/directoryObjects": lambda: [
            graph.id_of("requester"),
            next(iter(tenant.groups)),
            tenant.apps[BOT_APP_ID].object_id,
        ],
        "/groups": lambda: tenant.groups,
        "/applications": lambda: [app.application_object_id for app in tenant.apps.values()],
        "/oauth2PermissionGrants": lambda: [grant.id for grant in grants(tenant)],
        "/subscribedSkus": lambda: [GOVERNANCE.sku_id],
        "/servicePrincipals": lambda: [app.object_id for app in tenant.apps.values()],
        f"{EM}/catalogs": lambda: tenant.catalogs,
        f"{EM}/accessPackages": lambda: tenant.packages,
        f"{EM}/availableAccessPackages": lambda: tenant.packages,
        f"{EM}/assignmentPolicies": lambda: tenant.policies,
        f"{EM}/assignmentRequests": lambda: tenant.requests,
        f"{EM}/assignments": lambda: tenant.assignments,
        f"{EM}/accessPackageAssignmentApprovals": lambda: [r.id for r in tenant.requests.values() if r.stages],
        f"{EM}/connectedOrganizations": lambda: tenant.connected_organizations,
        f"{EM}/subjects": lambda: tenant.subjects,
        f"{EM}/resourceRequests": lambda: tenant.resource_requests,
        f"{EM}/resourceEnvironments": lambda: (),
        "/roleManagement/entitlementManagement/roleAssignments": lambda: tenant.role_assignments,
        "/roleManagement/entitlementManagement/roleDefinitions": lambda: ROLE_NAMES,
    }
    if path.startswith(AR):
        return review_ids(graph)
    if "{installationId}" in path:
        app = catalog(Reader(graph.world, graph.world.clock.now()))[0]
        requester = tenant.users[graph.id_of("requester")]
        return [{"id": requester.id, "installationId": Installation(requester, app).id}]
    if path.startswith("/auditLogs") and "{id}" in path:
        return [{"id": record.id} for record in tenant.audits[-2:]]
    if "{stageId}" in path:
        found = [(request.id, stage.id) for request in tenant.requests.values() for stage in request.stages]
        return [{"id": request_id, "stageId": stage_id} for request_id, stage_id in found[:8]]
    if "{questionId}" in path:
        policies = [one for one in tenant.policies.values() if one.settings.get("questions")]
        return [{"id": one.id, "questionId": one.settings["questions"][0]["id"]} for one in policies[:3]]
    if "{credentialId}" in path:
        cli = tenant.apps[CLI_APP_ID]
        return [{"id": cli.application_object_id, "credentialId": one.id} for one in cli.federated]
    if "{extensionId}" in path:
        return [{"id": found.catalog_id, "extensionId": found.id} for found in tenant.custom_extensions.values()]
    if "{id}" in path:
        return [{"id": one} for one in list(of_kind[path.partition("/{id}")[0]]())[:8]]
    if "{appId}" in path:
        return [{"appId": one} for one in tenant.apps]
    if "{objectId}" in path:
        return [{"objectId": graph.id_of("member-50")}]
    if "{accessPackageId}" in path:
        first, second = list(tenant.packages)[:2]
        return [{"accessPackageId": first, "incompatibleAccessPackageId": second}]
    if "Suggestions" in path:
        return [{"on": "relatedPeopleAssignments,assignmentHistory"}]
    if "{on}" in path:
        return [{"on": "allowedRequestor" if "/accessPackages/" in path else "approver"}]
    return [{}]


def filled(path: str, values: dict[str, str]) -> str:
    path = re.sub(r"=\{(\w+)\}", lambda found: f"='{values[found[1]]}'", path)
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)


READS = [found for found in OPERATIONS if found.method == "GET" and "assignments/filterByCurrentUser" not in found.path]


@pytest.mark.parametrize("operation", READS, ids=lambda found: found.path)
async def test_every_read_keeps_to_the_metadata(graph: Graph, operation: Operation) -> None:
    needs_person = not operation.application or "filterByCurrentUser" in operation.path
    caller = graph.person("admin", everything()) if needs_person else graph.app(everything())
    options = [""]
    if operation.query.expand and operation.answers in EXPANSIONS:
        options.append(f"?$expand={EXPANSIONS[operation.answers]}")
    if operation.query.select and operation.answers == "user":
        options.append("?$select=*")
    for values in ids(graph, operation.path):
        for option in options:
            answer = await caller.get(filled(operation.path, values) + option, Prefer="include-unknown-enum-members")
            assert answer.status == 200, (operation.path, values, answer.body)


@pytest.mark.parametrize("on", ["target", "createdBy", "targetManager", "targetAgentIdentitySponsorOrOwner"])
async def test_own_assignments_keep_to_the_metadata(graph: Graph, on: str) -> None:
    for key in ("member-50", "member-49", "guest-6"):
        caller = graph.person(key, everything())
        query = f"?$expand={EXPANSIONS['accessPackageAssignment']}"
        assert (await caller.get(f"{EM}/assignments/filterByCurrentUser(on='{on}'){query}")).status == 200


@pytest.mark.parametrize(
    "on", ["target", "createdBy", "approver", "targetOrRequestor", "targetManager", "requestForOthers"]
)
async def test_own_requests_keep_to_the_metadata(graph: Graph, on: str) -> None:
    for key in ("member-50", "member-49", "member-57", "guest-6"):
        caller = graph.person(key, everything())
        query = f"?$expand={EXPANSIONS['accessPackageAssignmentRequest']}"
        assert (await caller.get(f"{EM}/assignmentRequests/filterByCurrentUser(on='{on}'){query}")).status == 200


async def test_requirements_keep_to_the_metadata(graph: Graph) -> None:
    people = [graph.person(key, everything()) for key in ("requester", "guest")]
    for caller in people:
        for package_id in graph.tenant.packages:
            where = f"{EM}/accessPackages/{package_id}/getApplicablePolicyRequirements"
            assert (await caller.post(where)).status == 200


async def test_writes_keep_to_the_metadata(graph: Graph) -> None:
    admin, app = graph.person("admin", everything()), graph.app(everything())
    package = graph.package("Office map")
    wanted = {
        "targetId": graph.id_of("requester"),
        "assignmentPolicyId": graph.tenant.policies_of(package.id)[0].id,
        "accessPackageId": package.id,
    }
    made = await admin.post(f"{EM}/assignmentRequests", {"requestType": "AdminAdd", "assignment": wanted})
    assert made.status == 201
    graph.advance(seconds=10)
    assert (await app.get(f"{EM}/assignmentRequests/{made.body['id']}")).body["state"] == "delivered"
    held = next(graph.tenant.assignments[one] for one in graph.tenant.assignments_by_package[package.id])
    statuses = [
        (await app.post(f"{EM}/assignments/{held.id}/reprocess")).status,
        (await app.post(f"{EM}/assignments/malformed/reprocess")).status,
        (await app.post(f"{EM}/assignmentRequests/{made.body['id']}/reprocess")).status,
        (await app.call("DELETE", f"{EM}/assignmentRequests/{made.body['id']}")).status,
        (await app.post(f"{EM}/assignmentRequests/{made.body['id']}/resume", {"data": {}})).status,
        (await _again(admin, f"{EM}/assignmentPolicies/{wanted['assignmentPolicyId']}")).status,
    ]
    assert statuses == [202, 400, 400, 400, 400, 200]
    failed = next(found for found in graph.tenant.requests.values() if found.state == "partiallyDelivered")
    assert (await app.post(f"{EM}/assignmentRequests/{failed.id}/reprocess")).status == 202
    canceled = next(found for found in graph.tenant.requests.values() if found.state == "canceled")
    assert (await app.call("DELETE", f"{EM}/assignmentRequests/{canceled.id}")).status == 204
    assert (await app.get(f"{EM}/assignmentRequests/{canceled.id}")).status == 404
    body = {"invitedUserEmailAddress": "ann@fabrikam.example", "inviteRedirectUrl": "https://woodgrove.example"}
    assert (await app.post("/invitations", body)).status == 201
    assert (await app.post(f"/users/{graph.id_of('requester')}/checkMemberGroups", {"groupIds": []})).status == 200


async def _again(caller: Caller, where: str) -> Any:
    """Read, and send the whole back."""
    return await caller.call("PUT", where, (await caller.get(f"{where}?$expand=questions")).body)


async def test_the_checks_above_have_seen_every_important_type(graph: Graph) -> None:
    assert isinstance(graph.contract, GraphContract)
    app = graph.app(everything())
    for path, kind in (
        (f"{EM}/assignmentPolicies", "accessPackageAssignmentPolicy"),
        (f"{EM}/assignmentRequests", "accessPackageAssignmentRequest"),
        (f"{EM}/connectedOrganizations", "connectedOrganization"),
    ):
        await app.values(f"{path}?$expand={EXPANSIONS[kind]}")
    assert graph.contract.seen >= {
        "accessPackageAnswerString",
        "accessPackageMultipleChoiceQuestion",
        "accessPackageTextInputQuestion",
        "attributeRuleMembers",
        "connectedOrganizationMembers",
        "domainIdentitySource",
        "groupMembers",
        "internalSponsors",
        "requestorManager",
        "singleUser",
        "targetManager",
    }
