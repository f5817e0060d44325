"""From an empty catalog to a package that people hold: the steps of a script, and what stands in their way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.graph.engine.roles import CATALOG_CREATOR, CATALOG_OWNER, PACKAGE_MANAGER
from sandbox.tenant.model import Catalog
from tests.sandbox.admin_support import Office, approval, grant, manager_set, stage, user_set
from tests.sandbox.graph_support import EM, READ, SELF, WRITE, Graph, serve_graph

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
def office(graph: Graph) -> Office:
    return Office.of(graph)


async def test_the_six_steps_of_a_script_give_people_access(graph: Graph, office: Office) -> None:
    """Catalog, package, resources, roles, what the package grants, policy; then somebody gets it."""
    group, devops = office.build.group("Article group"), office.build.app("Article app")
    admin = office.admin
    found = await admin.values(f"{EM}/catalogs?$filter=displayName eq 'General'")
    catalog = found[0]["id"]
    package = await office.package(catalog, "Article package", description="Resources for B2B")
    for origin, system in ((group.id, "AadGroup"), (devops.object_id, "AadApplication")):
        resource = await office.resource(catalog, origin, system)
        where = (
            f"{EM}/catalogs/{catalog}/resourceRoles"
            f"?$filter=(originSystem eq '{system}' and resource/id eq '{resource}')&$expand=resource"
        )
        roles = [role["displayName"] for role in await admin.values(where)]
        assert roles == (["Member", "Owner"] if system == "AadGroup" else ["Default Access"])
        added = await office.role_scope(package, catalog, origin, roles[0])
        assert added.status == 201
        assert added.body["id"].count("_") == 1
    policy = await office.policy(
        package, allowedTargetScope="notSpecified", expiration={"type": "afterDuration", "duration": "P365D"}
    )
    assert policy.status == 201
    wanted = {
        "targetId": graph.id_of("guest"),
        "assignmentPolicyId": policy.body["id"],
        "accessPackageId": package,
    }
    made = await admin.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": wanted})
    assert made.status == 201
    graph.advance(seconds=10)
    assert (await admin.get(f"{EM}/assignmentRequests/{made.body['id']}")).body["state"] == "delivered"
    assert graph.id_of("guest") in group.member_ids
    assert [held.principal_id for held in graph.tenant.app_role_assignments.values()].count(graph.id_of("guest")) == 1


async def test_a_new_policy_is_asked_for_and_approved_under(graph: Graph, office: Office) -> None:
    group = office.build.group("Readers")
    catalog = await office.catalog("Fresh", state="published")
    package = await office.package(catalog)
    await office.resource(catalog, group.id)
    await office.role_scope(package, catalog, group.id)
    settings = {
        "allowedTargetScope": "allMemberUsers",
        "requestorSettings": {"enableTargetsToSelfAddAccess": True},
        "requestApprovalSettings": approval(
            stage(manager_set(), fallbackPrimaryApprovers=[user_set(graph.id_of("approver"))])
        ),
    }
    assert (await office.policy(package, **settings)).status == 201
    rita, marc = graph.person("requester"), graph.person("manager")
    body = {"requestType": "userAdd", "assignment": {"accessPackageId": package}}
    request = (await rita.post(f"{EM}/assignmentRequests", body)).body["id"]
    graph.advance(seconds=1)
    stages = await marc.values(f"{EM}/accessPackageAssignmentApprovals/{request}/stages")
    where = f"{EM}/accessPackageAssignmentApprovals/{request}/stages/{stages[0]['id']}"
    assert (await marc.patch(where, {"reviewResult": "Approve"})).status == 204
    graph.advance(seconds=10)
    assert (await office.admin.get(f"{EM}/assignmentRequests/{request}")).body["state"] == "delivered"
    assert graph.id_of("requester") in group.member_ids


async def test_a_catalog_is_made_changed_and_deleted(graph: Graph, office: Office) -> None:
    body = {"displayName": "sales", "description": "x", "state": "Published", "isExternallyVisible": True}
    made = await office.admin.post(f"{EM}/catalogs", body)
    assert made.status == 201
    assert (made.body["catalogType"], made.body["state"]) == ("userManaged", "published")
    where = f"{EM}/catalogs/{made.body['id']}"
    assert (await office.admin.patch(where, {"state": "unpublished", "displayName": "Sales"})).status == 204
    shown = (await office.admin.get(where)).body
    assert (shown["displayName"], shown["state"], shown["description"]) == ("Sales", "unpublished", "x")
    package = await office.package(made.body["id"])
    assert (await office.admin.call("DELETE", where)).status == 409
    assert (await office.delete(f"/accessPackages/{package}")).status == 204
    assert (await office.admin.call("DELETE", where)).status == 204
    assert (await office.admin.get(where)).status == 404
    assert all(not held.app_scope_id.endswith(made.body["id"]) for held in graph.tenant.role_assignments.values())


async def test_the_built_in_catalog_stays(graph: Graph, office: Office) -> None:
    catalog = Catalog("general", "Built in", graph.world.clock.now(), graph.world.clock.now(), "", "serviceDefault")
    graph.tenant.catalogs[catalog.id] = catalog
    assert (await office.delete("/catalogs/general")).status == 400


async def test_whoever_creates_a_catalog_owns_it(graph: Graph) -> None:
    lead = graph.person("lead")
    assert (await lead.post(f"{EM}/catalogs", {"displayName": "Lena's"})).status == 403
    grant(graph, "lead", CATALOG_CREATOR, None)
    made = await lead.post(f"{EM}/catalogs", {"displayName": "Lena's"})
    assert made.status == 201
    body = {"displayName": "Package", "catalog": {"id": made.body["id"]}}
    assert (await lead.post(f"{EM}/accessPackages", body)).status == 201
    assert (await lead.patch(f"{EM}/catalogs/{made.body['id']}", {"description": "mine"})).status == 204


async def test_roles_of_a_catalog_reach_as_far_as_they_should(graph: Graph, office: Office) -> None:
    mine, theirs = await office.catalog("Mine"), await office.catalog("Theirs")
    grant(graph, "lead", PACKAGE_MANAGER, mine)
    lead = graph.person("lead")
    body = {"displayName": "Package", "catalog": {"id": mine}}
    made = await lead.post(f"{EM}/accessPackages", body)
    assert made.status == 201
    assert (await lead.post(f"{EM}/accessPackages", {**body, "catalog": {"id": theirs}})).status == 403
    foreign = await office.package(theirs)
    assert (await lead.patch(f"{EM}/accessPackages/{foreign}", {"isHidden": True})).status == 403
    policy = {"displayName": "P", "accessPackage": {"id": made.body["id"]}}
    assert (await lead.post(f"{EM}/assignmentPolicies", policy)).status == 201
    assert (await lead.post(f"{EM}/assignmentPolicies", {**policy, "accessPackage": {"id": foreign}})).status == 403
    # A package manager cannot change the catalog itself, or what is in it.
    assert (await lead.patch(f"{EM}/catalogs/{mine}", {"description": "x"})).status == 403
    owned = office.build.group("Owned", owner_ids={graph.id_of("lead"): None})
    wanted = {
        "requestType": "adminAdd",
        "resource": {"originId": owned.id, "originSystem": "AadGroup"},
        "catalog": {"id": mine},
    }
    assert (await lead.post(f"{EM}/resourceRequests", wanted)).status == 403
    grant(graph, "lead", CATALOG_OWNER, mine)
    assert (await lead.post(f"{EM}/resourceRequests", wanted)).status == 201
    assert (await lead.post(f"{EM}/resourceRequests", {**wanted, "catalog": {"id": theirs}})).status == 403


async def test_a_package_is_made_changed_and_deleted(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    body = {"displayName": "P", "description": "d", "isHidden": True, "catalog": {"id": catalog}}
    made = await office.admin.post(f"{EM}/accessPackages", body)
    assert (made.status, made.body["isHidden"], made.body["description"]) == (201, True, "d")
    where = f"{EM}/accessPackages/{made.body['id']}"
    assert (await office.admin.patch(where, {"isHidden": False})).status == 204
    assert (await office.admin.patch(where, {"catalog": {"id": catalog}})).status == 400
    assert (await office.admin.get(where)).body["isHidden"] is False
    assert (await office.admin.call("DELETE", where)).status == 204
    assert (await office.admin.call("DELETE", where)).status == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"catalog": {"id": NOBODY}}, "displayName"),
        ({"displayName": " ", "catalog": {"id": NOBODY}}, "displayName"),
        ({"displayName": 7, "catalog": {"id": NOBODY}}, "displayName"),
        ({"displayName": "P"}, "catalog"),
        ({"displayName": "P", "catalog": {}}, "catalog/id"),
        ({"displayName": "P", "catalog": {"id": NOBODY}}, "catalog/id"),
        ({"displayName": "P", "catalogId": NOBODY}, "catalogId"),
        ({"displayName": "P", "isHidden": "perhaps", "catalog": {"id": NOBODY}}, "isHidden"),
        ({"displayName": "x" * 20_001, "catalog": {"id": NOBODY}}, "displayName"),
    ],
)
async def test_packages_are_checked(office: Office, body: dict[str, Any], named: str) -> None:
    answer = await office.admin.post(f"{EM}/accessPackages", body)
    assert answer.status == 400
    assert f"'{named}'" in answer.message


async def test_unknown_properties_can_be_ignored(graph: Graph, office: Office) -> None:
    body = {"displayName": "C", "catalogStatus": "Published"}
    refused = await office.admin.post(f"{EM}/catalogs", body)
    assert (refused.status, refused.code) == (400, "UnknownProperty")
    assert "catalogStatus" in refused.message
    graph.world.options.unknown_properties = "ignore"
    assert (await office.admin.post(f"{EM}/catalogs", body)).status == 201


async def test_a_package_in_use_stays(graph: Graph, office: Office) -> None:
    held = graph.package("Key Users")
    assert (await office.delete(f"/accessPackages/{held.id}")).status == 409
    policy = graph.tenant.policies_of(held.id)[0]
    assert (await office.delete(f"/assignmentPolicies/{policy.id}")).status == 409


async def test_role_scopes_are_checked(graph: Graph, office: Office) -> None:
    group, other = office.build.group("Group"), office.build.group("Other")
    catalog, elsewhere = await office.catalog(), await office.catalog("Elsewhere")
    package = await office.package(catalog)
    resource = await office.resource(catalog, group.id)
    foreign = await office.resource(elsewhere, other.id)
    where = f"{EM}/accessPackages/{package}/resourceRoleScopes"
    role = {"originId": f"Member_{group.id}", "originSystem": "AadGroup", "resource": {"id": resource}}
    scope = {"originId": group.id, "originSystem": "AadGroup"}
    for body, status, named in (
        ({"scope": scope}, 400, "'role'"),
        ({"role": role}, 400, "'scope'"),
        ({"role": {"originId": "x"}, "scope": scope}, 400, "role/id"),
        ({"role": {"originId": "x", "originSystem": "AadGroup"}, "scope": scope}, 400, "role/resource/id"),
        ({"role": {**role, "originId": "Guest_1"}, "scope": scope}, 404, "Guest_1"),
        ({"role": {"id": NOBODY}, "scope": scope}, 404, NOBODY),
        ({"role": role, "scope": {"id": NOBODY}}, 400, "scope"),
        ({"role": role, "scope": {}}, 400, "scope/id"),
        ({"role": role, "scope": {**scope, "colour": "red"}}, 400, "scope/colour"),
        ({"accessPackageResourceRole": role}, 400, "accessPackageResourceRole"),
    ):
        answer = await office.admin.post(where, body)
        assert (answer.status, named in answer.message) == (status, True), (body, answer.body)
    outside = {
        "role": {"originId": f"Member_{other.id}", "originSystem": "AadGroup", "resource": {"id": foreign}},
        "scope": {"originId": other.id},
    }
    assert (await office.admin.post(where, outside)).code == "ResourceNotInCatalog"
    assert (await office.admin.post(where, {"role": role, "scope": scope})).status == 201
    assert (await office.admin.post(where, {"role": role, "scope": scope})).code == "RoleScopeExists"


async def test_packages_and_groups_exclude_each_other(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    first, second = await office.package(catalog, "First"), await office.package(catalog, "Second")
    group = office.build.group("Accountants", [graph.id_of("requester")])
    below = f"/accessPackages/{first}"
    packages, groups = f"{below}/incompatibleAccessPackages", f"{below}/incompatibleGroups"
    target = f"/identityGovernance/entitlementManagement/accessPackages/{second}"
    assert (await office.link(f"{packages}/$ref", target)).status == 204
    assert (await office.link(f"{packages}/$ref", target)).code == "ReferenceExists"
    assert (await office.link(f"{packages}/$ref", f"/accessPackages('{first}')")).status == 400
    assert (await office.link(f"{packages}/$ref", f"/accessPackages/{NOBODY}")).status == 404
    assert (await office.link(f"{packages}/$ref", f"/groups/{group.id}")).status == 400
    assert (await office.link(f"{groups}/$ref", f"/groups/{group.id}")).status == 204
    assert (await office.admin.post(f"{EM}{groups}/$ref", {"id": group.id})).status == 400
    assert (await office.admin.post(f"{EM}{groups}/$ref", {})).status == 400
    assert (await office.admin.post(f"{EM}{groups}/$ref", {"@odata.id": "https://[/groups/x"})).status == 400
    assert [one["id"] for one in await office.admin.values(EM + packages)] == [second]
    assert [one["id"] for one in await office.admin.values(EM + groups)] == [group.id]
    against = await office.admin.values(f"{EM}/accessPackages/{second}/accessPackagesIncompatibleWith")
    assert [one["id"] for one in against] == [first]
    policy = await office.policy(first)
    wanted = {"targetId": graph.id_of("requester"), "assignmentPolicyId": policy.body["id"], "accessPackageId": first}
    body = {"requestType": "adminAdd", "assignment": wanted}
    assert (await office.admin.post(f"{EM}/assignmentRequests", body)).code == "IncompatibleAccess"
    assert (await office.delete(f"{groups}/{group.id}/$ref")).status == 204
    assert (await office.delete(f"{groups}/{group.id}/$ref")).status == 404
    assert (await office.delete(f"{packages}/{second}/$ref")).status == 204
    assert (await office.admin.post(f"{EM}/assignmentRequests", body)).status == 201


async def test_additional_access_over_all_that_a_package_excludes(graph: Graph, office: Office) -> None:
    for name in ("Purchase orders", "Invoice approval"):
        package = graph.package(name)
        policy = graph.tenant.policies_of(package.id)[0]
        wanted = {
            "targetId": graph.id_of("lead"),
            "assignmentPolicyId": policy.id,
            "accessPackageId": package.id,
        }
        package.incompatible_package_ids, excluded = {}, package.incompatible_package_ids
        made = await office.admin.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": wanted})
        assert made.status == 201
        package.incompatible_package_ids = excluded
    graph.advance(seconds=10)
    orders, invoices = graph.package("Purchase orders"), graph.package("Invoice approval")
    for arguments, count in (
        (f"accessPackageId='{orders.id}'", 1),
        (f"accessPackageId='{invoices.id}'", 0),
        ("", 1),
    ):
        found = await office.admin.values(f"{EM}/assignments/additionalAccess({arguments})?$expand=target")
        assert len(found) == count
    assert (await office.admin.get(f"{EM}/assignments/additionalAccess(accessPackageId='x')")).status == 404


async def test_reading_and_self_service_do_not_suffice_for_writing(graph: Graph) -> None:
    body = {"displayName": "C"}
    assert (await graph.person("admin", [SELF, READ]).post(f"{EM}/catalogs", body)).status == 403
    assert (await graph.person("auditor").post(f"{EM}/catalogs", body)).status == 403
    assert (await graph.app([READ]).post(f"{EM}/catalogs", body)).status == 403
    assert (await graph.app([WRITE]).post(f"{EM}/catalogs", body)).status == 201


@pytest.mark.parametrize(
    ("option", "collection", "body"),
    [
        ("max_catalogs", "catalogs", {"displayName": "C"}),
        ("max_packages", "accessPackages", {"displayName": "P", "catalog": {"id": "{catalog}"}}),
        ("max_policies", "assignmentPolicies", {"displayName": "P", "accessPackage": {"id": "{package}"}}),
    ],
)
async def test_service_limits(graph: Graph, office: Office, option: str, collection: str, body: dict[str, Any]) -> None:
    catalog = await office.catalog()
    ids = {"{catalog}": catalog, "{package}": await office.package(catalog)}
    sent = {k: {"id": ids[v["id"]]} if isinstance(v, dict) else v for k, v in body.items()}
    setattr(graph.world.options, option, 1)
    answer = await office.admin.post(f"{EM}/{collection}", sent)
    assert (answer.status, answer.code) == (400, "ServiceLimitExceeded")


async def test_limits_of_requests_and_assignments(graph: Graph, office: Office) -> None:
    package = graph.package("Office map")
    wanted = {"requestType": "userAdd", "assignment": {"accessPackageId": package.id}}
    rita = graph.person("requester")
    graph.world.options.max_assignments = 5
    assert (await rita.post(f"{EM}/assignmentRequests", wanted)).code == "ServiceLimitExceeded"
    graph.world.options.max_assignments = 300_000
    graph.world.options.max_requests_per_quarter = 1
    assert (await rita.post(f"{EM}/assignmentRequests", wanted)).code == "ServiceLimitExceeded"


async def test_without_a_licence_nothing_is_written(graph: Graph, office: Office) -> None:
    graph.world.options.licence = "none"
    assert (await office.admin.post(f"{EM}/catalogs", {"displayName": "C"})).status == 403
    graph.world.options.licence = "P2"
    assert (await office.admin.post(f"{EM}/catalogs", {"displayName": "C"})).status == 201


@pytest.mark.parametrize(
    "schedule",
    [
        {"startDateTime": "9999-12-31T00:00:00Z"},
        {"startDateTime": "0001-01-01T00:00:00+14:00"},
        {"expiration": {"type": "afterDuration", "duration": "P999999999999999Y"}},
        {"expiration": {"type": "afterDuration", "duration": "P99999D"}},
        {"expiration": {"type": "afterDateTime", "endDateTime": "9999-12-31T23:59:59.9999999-14:00"}},
    ],
)
async def test_a_period_beyond_all_calendars_is_refused(graph: Graph, schedule: dict[str, Any]) -> None:
    wanted = {"accessPackageId": graph.package("Bench").id, "targetId": graph.id_of("requester")}
    wanted["assignmentPolicyId"] = graph.tenant.policies_of(wanted["accessPackageId"])[0].id
    body = {"requestType": "adminAdd", "assignment": wanted, "schedule": schedule}
    answer = await graph.person("admin").post(f"{EM}/assignmentRequests", body)
    assert (answer.status, answer.code) == (400, "InvalidSchedule")
