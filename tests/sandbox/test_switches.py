"""Switches of Graph and Entra that no other test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from sandbox.graph.render import UNDOCUMENTED
from sandbox.tenant.identity import BOT_APP_ID, BOT_APP_SECRET, TENANT_ID
from tests.sandbox.graph_support import EM, SELF, Caller, Graph, serve_graph
from tests.sandbox.review_support import begin, where


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


async def first_ask(graph: Graph, rita: Caller) -> str:
    body = {
        "requestType": "userAdd",
        "justification": "Q3",
        "assignment": {"accessPackageId": graph.package("Sales data").id},
    }
    return str((await rita.post(f"{EM}/assignmentRequests", body)).body["id"])


async def test_the_status_of_a_cancelled_request(graph: Graph) -> None:
    rita = graph.person("requester", (SELF,))
    graph.world.options.cancel_status = 200
    assert (await rita.post(f"{EM}/assignmentRequests/{await first_ask(graph, rita)}/cancel")).status == 200


async def test_the_audit_log_may_be_quick_and_forgetful(graph: Graph) -> None:
    graph.world.options.audit_delay_s = 0.0
    graph.world.options.reports_units_per_10s = 0
    request_id = await first_ask(graph, graph.person("requester", (SELF,)))
    reader, log = (
        graph.app(("AuditLog.Read.All",)),
        f"/auditLogs/directoryAudits?$filter=correlationId eq '{request_id}'",
    )
    assert len(await reader.values(log)) == 1
    graph.world.options.audit_retention_days = 2
    graph.advance(days=1)
    assert len(await reader.values(log)) >= 1
    graph.advance(days=2)
    assert [one for one in await reader.values(log) if one["activityDisplayName"].startswith("User requests")] == []


@pytest.mark.parametrize(
    ("option", "path", "permission"),
    [
        ("directory_units_per_10s", "/users?$top=1", "User.Read.All"),
        ("reviews_units_per_10s", "/identityGovernance/accessReviews/definitions", "AccessReview.Read.All"),
        ("teams_units_per_10s", "/appCatalogs/teamsApps", "AppCatalog.Read.All"),
    ],
)
async def test_each_service_has_a_limit_of_its_own(graph: Graph, option: str, path: str, permission: str) -> None:
    setattr(graph.world.options, option, 3)
    caller = graph.app((permission, "EntitlementManagement.Read.All"))
    statuses = [(await caller.get(path)).status for _ in range(4)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert (await caller.get(f"{EM}/catalogs")).status == 200


async def test_writes_to_the_directory_are_counted_besides(graph: Graph) -> None:
    graph.world.options.directory_writes_per_150s = 2
    writer = graph.app(("User.ReadWrite.All", "User.Read.All", "GroupMember.Read.All"))
    rita = graph.id_of("requester")
    for _ in range(3):
        assert (await writer.post(f"/users/{rita}/checkMemberGroups", {"groupIds": []})).status == 200
    statuses = [(await writer.patch(f"/users/{rita}", {"jobTitle": f"Title {n}"})).status for n in range(2)]
    refused = await writer.patch(f"/users/{rita}", {"jobTitle": "One too many"})
    assert (statuses, refused.status, refused.code) == ([204, 204], 429, "TooManyRequests")
    assert 10 < float(refused.headers["Retry-After"]) <= 75
    assert (await writer.get(f"/users/{rita}?$select=jobTitle")).body["jobTitle"] == "Title 1"


async def test_objects_may_carry_what_no_documentation_knows(graph: Graph) -> None:
    graph.world.options.undocumented_properties = True
    app = replace(graph.app(), contract=None)  # which knows nothing of it either
    for package in await app.values(f"{EM}/accessPackages?$expand=catalog&$top=3"):
        assert {UNDOCUMENTED} <= package.keys() & package["catalog"].keys()
    shown = await app.get(f"{EM}/accessPackages/{graph.package('Office map').id}?$select=id")
    assert UNDOCUMENTED not in shown.body


async def test_new_app_roles_may_show_at_once(graph: Graph) -> None:
    graph.world.options.app_role_delay_s = 0.0
    hub = next(app for app in graph.tenant.apps.values() if app.display_name == "Project Hub")
    admin = graph.person("admin", ("Application.ReadWrite.All",))
    where_it_is = f"/applications/{hub.application_object_id}"
    roles = (await admin.get(where_it_is)).body["appRoles"]
    new = {**roles[0], "id": "11111111-1111-4111-8111-111111111111", "value": "New.Role", "displayName": "New"}
    assert (await admin.patch(where_it_is, {"appRoles": [*roles, new]})).status == 204
    shown = (await admin.get(f"/servicePrincipals/{hub.object_id}")).body["appRoles"]
    assert "New.Role" in [role["value"] for role in shown]


async def test_a_review_may_take_effect_at_once_and_stay_completed(graph: Graph) -> None:
    graph.world.options.review_apply_delay_s = 0.0
    graph.world.options.review_applied_status = "Completed"
    begun = begin(graph)
    admin = graph.person("admin", ("AccessReview.ReadWrite.All",))
    assert (await admin.post(f"{where(begun)}/stop")).status == 204
    assert (await admin.get(where(begun))).body["status"] == "Completed"
    items = await admin.values(f"{where(begun)}/decisions")
    assert {item["applyResult"] for item in items} == {"AppliedSuccessfully"}


async def test_tokens_live_as_long_as_they_are_told_to(graph: Graph) -> None:
    graph.world.options.token_lifetime_s = 60
    form = {"client_id": BOT_APP_ID, "client_secret": BOT_APP_SECRET, "grant_type": "client_credentials"}
    form["scope"] = "https://graph.microsoft.com/.default"
    url = f"{graph.world.base_url}/{TENANT_ID}/oauth2/v2.0/token"
    assert (await graph.http.post(url, data=form)).json()["expires_in"] == 60
