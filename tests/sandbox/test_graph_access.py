"""Who may call what: kinds of token, permissions, roles, catalogs."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator

import pytest

from sandbox.graph.operations import Operation
from sandbox.graph.table import OPERATIONS
from sandbox.tenant.identity import WRITER_APP_ID
from sandbox.tenant.model import RoleAssignment
from tests.sandbox.graph_support import EM, READ, SELF, WRITE, Caller, Graph, serve_graph

CATALOG_READER = "44272f93-9762-48e8-af59-1b5351b1d6b3"
ASSIGNMENT_MANAGER = "e2182095-804a-4656-ae11-64734e9b7ae5"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def _filled(operation: Operation) -> str:
    """The operation's path with something in each placeholder."""
    path = re.sub(r"=\{\w+\}", "='x'", operation.path)
    return re.sub(r"\{\w+\}", "x", path)


def _grant(graph: Graph, principal_id: str, definition: str, catalog_id: str) -> None:
    made = RoleAssignment("granted", principal_id, definition, f"/AccessPackageCatalog/{catalog_id}")
    graph.tenant.role_assignments[made.id] = made


async def test_every_operation_needs_a_token(graph: Graph) -> None:
    for operation in OPERATIONS:
        answer = await graph.nobody().call(operation.method, _filled(operation))
        assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken"), operation.path
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_every_operation_needs_a_permission(graph: Graph) -> None:
    idle = ["Calendars.Read"]
    for caller in (graph.person("admin", idle), graph.app(idle)):
        for operation in OPERATIONS:
            answer = await caller.call(operation.method, _filled(operation), {})
            assert (answer.status, answer.code) == (403, "Authorization_RequestDenied"), operation.path


async def test_an_application_is_kept_out_of_what_only_people_may_do(graph: Graph) -> None:
    everything = {name for operation in OPERATIONS for name in (*operation.delegated, *operation.application)}
    app = graph.app(sorted(everything))
    delegated_only = [operation for operation in OPERATIONS if not operation.application]
    assert len(delegated_only) > 10
    for operation in delegated_only:
        answer = await app.call(operation.method, _filled(operation), {})
        assert (answer.status, answer.code) == (403, "Authorization_RequestDenied"), operation.path


@pytest.mark.parametrize(
    ("path", "roleless", "reader"),
    [
        (f"{EM}/accessPackages", 403, 200),
        (f"{EM}/assignmentRequests", 403, 200),
        (f"{EM}/connectedOrganizations", 403, 200),
        (f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')", 200, 200),
    ],
)
async def test_an_administrators_read_needs_a_role_besides(graph: Graph, path: str, roleless: int, reader: int) -> None:
    assert (await graph.person("requester", [READ]).get(path)).status == roleless
    assert (await graph.person("auditor", [READ]).get(path)).status == reader
    assert (await graph.person("admin", [READ]).get(path)).status == reader


async def test_reading_does_not_permit_writing(graph: Graph) -> None:
    request_id = next(iter(graph.tenant.requests))
    where = f"{EM}/assignmentRequests/{request_id}"
    assert (await graph.app([READ]).call("DELETE", where)).status == 403
    assert (await graph.person("auditor", [WRITE]).call("DELETE", where)).status == 403


async def test_a_catalog_role_reaches_its_catalog_only(graph: Graph) -> None:
    company = graph.package("Sales data").catalog_id
    _grant(graph, graph.id_of("requester"), CATALOG_READER, company)
    rita = graph.person("requester", [READ])
    shown = await rita.values(f"{EM}/accessPackages?$expand=catalog")
    assert {package["catalog"]["id"] for package in shown} == {company}
    other = next(package for package in graph.tenant.packages.values() if package.catalog_id != company)
    assert (await rita.get(f"{EM}/accessPackages/{other.id}")).status == 403


@pytest.mark.parametrize("collection", ["assignments", "assignmentRequests"])
async def test_callers_with_catalog_roles_filter_by_package(graph: Graph, collection: str) -> None:
    bench = graph.package("Bench")
    app = next(found for found in graph.tenant.apps.values() if found.display_name == "Doorman")
    _grant(graph, app.object_id, CATALOG_READER, bench.catalog_id)
    caller = graph.app([])
    assert (await caller.get(f"{EM}/{collection}")).status == 403
    assert (await caller.get(f"{EM}/{collection}?$filter=state eq 'delivered'")).status == 403
    own = await caller.values(f"{EM}/{collection}?$filter=accessPackage/id eq '{bench.id}'&$expand=accessPackage")
    assert {item["accessPackage"]["id"] for item in own} == {bench.id}
    other = graph.package("Purchase orders")
    assert await caller.values(f"{EM}/{collection}?$filter=accessPackage/id eq '{other.id}'") == []


async def test_administrators_requests_need_more_than_self_service(graph: Graph) -> None:
    package = graph.package("Office map")
    policy = graph.tenant.policies_of(package.id)[0]
    wanted = {"targetId": graph.id_of("requester"), "assignmentPolicyId": policy.id, "accessPackageId": package.id}
    body = {"requestType": "adminAdd", "assignment": wanted}

    async def status(caller: Caller, sent: object = body) -> int:
        return (await caller.post(f"{EM}/assignmentRequests", sent)).status

    assert await status(graph.person("admin", [SELF])) == 403
    assert await status(graph.person("manager", [WRITE])) == 403
    assert await status(graph.app([READ])) == 403
    own = {"requestType": "userAdd", "assignment": {"accessPackageId": package.id}}
    assert await status(graph.app([WRITE], WRITER_APP_ID), own) == 403
    assert await status(graph.app([WRITE], WRITER_APP_ID)) == 201


async def test_an_application_may_assign_by_a_role_on_the_catalog(graph: Graph) -> None:
    package, other = graph.package("Bench"), graph.package("Office map")
    writer = graph.tenant.apps[WRITER_APP_ID]
    _grant(graph, writer.object_id, ASSIGNMENT_MANAGER, package.catalog_id)
    app = graph.app([], WRITER_APP_ID)
    statuses = []
    for wanted in (package, other):
        policy = graph.tenant.policies_of(wanted.id)[0]
        named = {
            "targetId": graph.id_of("requester"),
            "assignmentPolicyId": policy.id,
            "accessPackageId": wanted.id,
        }
        made = await app.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": named})
        statuses.append(made.status)
    assert statuses == [201, 403]


async def test_user_read_is_about_oneself(graph: Graph) -> None:
    rita = graph.person("requester", ["User.Read"])
    mine, theirs = graph.id_of("requester"), graph.id_of("manager")
    assert (await rita.get("/me?$select=id,department")).body["department"] == "Sales"
    assert (await rita.get(f"/users/{mine}")).status == 200
    assert (await rita.get(f"/users/{theirs}")).status == 403
    assert (await rita.get("/users/nobody")).status == 403
    assert (await rita.get("/me/manager")).status == 403
    assert (await rita.get(f"/users/{mine}/directReports")).status == 200


async def test_basic_reading_shows_basic_profiles(graph: Graph) -> None:
    select = "$select=id,displayName,department,jobTitle,accountEnabled"
    where = f"/users/{graph.id_of('manager')}?{select}"
    basic = (await graph.app(["User.ReadBasic.All"]).get(where)).body
    assert basic["displayName"] == "Marc Manager"
    assert (basic["department"], basic["jobTitle"], basic["accountEnabled"]) == (None, None, None)
    assert (await graph.app(["User.Read.All"]).get(where)).body["department"] == "Sales"


async def test_members_are_withheld_from_those_who_may_not_see_users(graph: Graph) -> None:
    group = next(found for found in graph.tenant.groups.values() if found.display_name == "Design Approvers")
    where = f"/groups/{group.id}/members"
    shown = await graph.app(["GroupMember.Read.All"]).values(where)
    assert {member["id"] for member in shown} == set(group.member_ids)
    assert {member["@odata.type"] for member in shown} == {"#microsoft.graph.user"}
    assert {member["displayName"] for member in shown} == {None}
    names = {
        member["displayName"] for member in await graph.app(["GroupMember.Read.All", "User.Read.All"]).values(where)
    }
    assert names == {"Sam Second", "Lena Lead", "Petra Primary"}


async def test_a_claims_challenge_comes_with_the_refusal(graph: Graph) -> None:
    rita = graph.person("requester", ["User.Read"])
    graph.world.options.cae_users[graph.id_of("requester")] = 4_000_000_000
    answer = await rita.get("/me")
    assert answer.status == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in challenge
    claims = re.search(r'claims="([^"]+)"', challenge)
    assert claims is not None
    assert "access_token" in json.loads(base64.urlsafe_b64decode(claims[1] + "=="))


async def test_a_person_who_is_gone_is_not_let_in(graph: Graph) -> None:
    rita = graph.person("requester")
    del graph.tenant.users[graph.id_of("requester")]
    assert (await rita.get("/me")).status == 401


async def test_a_tenant_without_a_licence_has_no_entitlement_management(graph: Graph) -> None:
    graph.world.options.licence = "none"
    assert (await graph.app().get(f"{EM}/accessPackages")).status == 403
    assert (await graph.app().get("/users")).status == 200


async def test_the_log_says_who_did_what_with_which_permission(graph: Graph) -> None:
    await graph.person("requester", [SELF, "User.Read"]).get("/me?$select=id", client_request_id="c-1")
    await graph.app().get(f"{EM}/catalogs")
    await graph.nobody().get("/me")
    person, app, nobody = graph.world.graph_log.entries
    assert (person.identity, person.token_kind, person.used_permission) == ("Rita Requester", "delegated", "User.Read")
    assert (person.path, person.query, person.correlation_id) == ("/v1.0/me", "$select=id", "c-1")
    assert (app.identity, app.token_kind, app.used_permission) == ("Doorman", "application", READ)
    assert (nobody.identity, nobody.token_kind, nobody.status) == ("", "none", 401)


async def test_the_permission_for_own_requests_decides_only_where_that_is_switched_on(graph: Graph) -> None:
    marc = graph.person("manager", (SELF,))
    inbox = f"{EM}/accessPackageAssignmentApprovals/filterByCurrentUser(on='approver')"
    assert (await marc.get(inbox)).status == 403
    graph.world.options.subject_access_decides = True
    assert (await marc.get(inbox)).status == 200
    assert (await graph.person("manager", ("User.Read",)).get(inbox)).status == 403
