"""Bringing groups, applications and sites into a catalog: when their roles appear, and who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.graph.engine.roles import CATALOG_OWNER
from sandbox.tenant.identity import WRITER_APP_ID
from sandbox.tenant.model import AppRole
from tests.sandbox.admin_support import Office, grant
from tests.sandbox.graph_support import EM, WRITE, Graph, serve_graph

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
def office(graph: Graph) -> Office:
    return Office.of(graph)


async def test_roles_appear_after_the_onboarding_delay(graph: Graph, office: Office) -> None:
    graph.world.options.onboarding_delay_s = 60
    graph.world.options.expanded_roles_delay_s = 120
    group = office.build.group("Slow")
    catalog = await office.catalog()
    body = {
        "requestType": "AdminAdd",
        "resource": {"originId": group.id, "originSystem": "aadgroup", "displayName": "Slow one"},
        "catalog": {"id": catalog},
    }
    made = await office.admin.post(f"{EM}/resourceRequests", body)
    assert (made.status, made.body["state"], made.body["requestType"]) == (201, "delivered", "adminAdd")
    resources = f"{EM}/catalogs/{catalog}/resources?$expand=roles,scopes"
    resource = (await office.admin.values(resources))[0]
    assert (resource["displayName"], resource["roles"], len(resource["scopes"])) == ("Slow one", [], 1)
    roles = f"{EM}/catalogs/{catalog}/resourceRoles"
    assert await office.admin.values(roles) == []
    graph.advance(seconds=61)
    shown = [role["originId"] for role in await office.admin.values(roles)]
    assert shown == [f"Member_{group.id}", f"Owner_{group.id}"]
    assert (await office.admin.values(resources))[0]["roles"] == []
    graph.advance(seconds=120)
    assert len((await office.admin.values(resources))[0]["roles"]) == 2
    scopes = await office.admin.values(f"{EM}/catalogs/{catalog}/resourceScopes?$expand=resource")
    assert [(scope["originId"], scope["isRootScope"]) for scope in scopes] == [(group.id, True)]
    requests = await office.admin.values(f"{EM}/resourceRequests?$expand=resource($expand=roles),catalog")
    assert [(one["resource"]["id"], one["catalog"]["id"]) for one in requests] == [(resource["id"], catalog)]
    assert (await office.admin.get(f"{EM}/resourceRequests/{requests[0]['id']}")).status == 200
    assert (await office.admin.get(f"{EM}/resourceRequests/nothing")).status == 404


async def test_groups_that_cannot_be_managed_are_refused(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    unsuitable = [
        office.build.group("Dynamic", group_types=["DynamicMembership"]),
        office.build.group("Synchronised", on_premises_sync_enabled=True),
        office.build.group("List", mail="list@woodgrove.example", security_enabled=False),
    ]
    for group in unsuitable:
        body: dict[str, Any] = {
            "requestType": "adminAdd",
            "resource": {"originId": group.id, "originSystem": "AadGroup"},
            "catalog": {"id": catalog},
        }
        answer = await office.admin.post(f"{EM}/resourceRequests", body)
        assert (answer.status, answer.code) == (400, "UnsuitableGroup"), group.display_name
    fine = office.build.group(
        "Team", mail="team@woodgrove.example", security_enabled=False, group_types=["Unified"], key="Team"
    )
    assert await office.resource(catalog, fine.id)


@pytest.mark.parametrize(
    ("change", "status", "named"),
    [
        ({"requestType": "userAdd"}, 400, "requestType"),
        ({"requestType": None}, 400, "requestType"),
        ({"catalog": None}, 400, "catalog"),
        ({"catalog": {"id": NOBODY}}, 404, NOBODY),
        ({"catalogId": "x"}, 400, "catalogId"),
        ({"resource": {"originSystem": "AadGroup"}}, 400, "resource/originId"),
        ({"resource": {"originId": "x"}}, 400, "resource/originSystem"),
        ({"resource": {"originId": "x", "originSystem": "AzureResources"}}, 400, "AzureResources"),
        ({"resource": {"originId": NOBODY, "originSystem": "AadGroup"}}, 404, NOBODY),
        ({"resource": {"originId": NOBODY, "originSystem": "AadApplication"}}, 404, NOBODY),
        ({"resource": {"originId": "site", "originSystem": "SharePointOnline"}}, 400, "address"),
        ({"resource": {"resourceType": "x", "originId": "y", "originSystem": "AadGroup"}}, 400, "resourceType"),
        ({"requestType": "adminRemove", "resource": {}}, 400, "resource/id"),
        ({"requestType": "adminUpdate", "resource": {"id": NOBODY}}, 404, NOBODY),
    ],
)
async def test_resource_requests_are_checked(
    graph: Graph, office: Office, change: dict[str, Any], status: int, named: str
) -> None:
    catalog = await office.catalog()
    group = office.build.group("Group")
    body = {
        "requestType": "adminAdd",
        "resource": {"originId": group.id, "originSystem": "AadGroup"},
        "catalog": {"id": catalog},
        **change,
    }
    answer = await office.admin.post(f"{EM}/resourceRequests", body)
    assert answer.status == status
    assert named in answer.message


async def test_a_resource_is_renamed_and_leaves_when_nothing_grants_it(graph: Graph, office: Office) -> None:
    group = office.build.group("Group")
    catalog = await office.catalog()
    package = await office.package(catalog)
    resource = await office.resource(catalog, group.id)
    added = await office.role_scope(package, catalog, group.id)
    change = {"requestType": "adminUpdate", "resource": {"id": resource, "displayName": "New name"}}
    assert (await office.admin.post(f"{EM}/resourceRequests", change)).status == 201
    assert graph.tenant.resources[resource].display_name == "New name"
    removal = {"requestType": "adminRemove", "resource": {"originId": group.id}, "catalog": {"id": catalog}}
    assert (await office.admin.post(f"{EM}/resourceRequests", removal)).code == "ResourceInUse"
    assert (await office.delete(f"/accessPackages/{package}/resourceRoleScopes/{added.body['id']}")).status == 204
    assert (await office.admin.post(f"{EM}/resourceRequests", removal)).status == 201
    assert await office.admin.values(f"{EM}/catalogs/{catalog}/resources") == []


async def test_a_resource_request_may_fail(graph: Graph, office: Office) -> None:
    graph.world.options.resource_requests_fail = True
    catalog = await office.catalog()
    body = {
        "requestType": "adminAdd",
        "resource": {"originId": office.build.group("Group").id, "originSystem": "AadGroup"},
        "catalog": {"id": catalog},
    }
    made = await office.admin.post(f"{EM}/resourceRequests", body)
    assert (made.status, made.body["state"]) == (201, "deliveryFailed")
    assert await office.admin.values(f"{EM}/catalogs/{catalog}/resources") == []


async def test_adding_a_resource_needs_the_right_to_change_it(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    grant(graph, "lead", CATALOG_OWNER, catalog)
    group = office.build.group("Somebody's")
    site = "https://woodgrove.example/sites/new"
    lead, writer = graph.person("lead"), graph.app([WRITE], WRITER_APP_ID)

    def body(origin: str, system: str) -> dict[str, Any]:
        return {
            "requestType": "adminAdd",
            "resource": {"originId": origin, "originSystem": system},
            "catalog": {"id": catalog},
        }

    wanted = body(group.id, "AadGroup")
    assert (await lead.post(f"{EM}/resourceRequests", wanted)).status == 403
    assert (await lead.post(f"{EM}/resourceRequests", body(site, "SharePointOnline"))).status == 403
    assert (await writer.post(f"{EM}/resourceRequests", wanted)).status == 403
    powerful = graph.app([WRITE, "Group.ReadWrite.All"], WRITER_APP_ID)
    assert (await powerful.post(f"{EM}/resourceRequests", wanted)).status == 201
    graph.world.options.origin_rights = False
    assert (await lead.post(f"{EM}/resourceRequests", body(site, "SharePointOnline"))).status == 201


async def test_refreshing_reads_the_roles_of_an_application_again(graph: Graph, office: Office) -> None:
    app = office.build.app("Portal", [("Viewer", "Viewer"), ("Editor", "Editor")])
    catalog = await office.catalog()
    package = await office.package(catalog)
    resource = await office.resource(catalog, app.object_id, "AadApplication")
    await office.role_scope(package, catalog, app.object_id, "Viewer")
    app.app_roles = [AppRole("new-role", "Owner", "Owner")]
    where = f"{EM}/catalogs/{catalog}/resources/{resource}/refresh"
    assert (await office.admin.post(where)).status == 204

    async def roles() -> list[str]:
        found = await office.admin.values(f"{EM}/catalogs/{catalog}/resourceRoles")
        return [role["displayName"] for role in found]

    assert await roles() == ["Viewer", "Editor"]
    graph.advance(seconds=6)
    assert await roles() == ["Owner", "Viewer"]  # what a package grants stays
    assert (await office.admin.post(f"{EM}/catalogs/{catalog}/resources/nothing/refresh")).status == 404
