"""What belongs to no catalog: connected organizations, settings, roles; and suggestions, which settings govern."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.graph.engine.roles import CATALOG_CREATOR, CATALOG_OWNER, CATALOG_READER, ROLE_NAMES
from sandbox.tenant.model import RoleAssignment
from tests.sandbox.admin_support import TYPE, Office
from tests.sandbox.graph_support import EM, READ, SELF, WRITE, Answer, Graph, serve_graph

NOBODY = "00000000-0000-4000-8000-000000000000"
ROLES = "/roleManagement/entitlementManagement"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
def office(graph: Graph) -> Office:
    return Office.of(graph)


def domain(name: str) -> dict[str, Any]:
    return {"@odata.type": TYPE + "domainIdentitySource", "domainName": name, "displayName": name}


async def create(office: Office, **body: Any) -> Answer:
    return await office.admin.post(f"{EM}/connectedOrganizations", {"displayName": "Fabrikam", **body})


async def test_an_organization_is_made_changed_and_deleted(graph: Graph, office: Office) -> None:
    made = await create(office, description="x", state="Proposed", identitySources=[domain("fabrikam.example")])
    assert made.status == 201
    assert (made.body["state"], made.body["identitySources"]) == ("proposed", [])
    where = f"{EM}/connectedOrganizations/{made.body['id']}"
    shown = (await office.admin.get(where)).body
    assert [source["domainName"] for source in shown["identitySources"]] == ["fabrikam.example"]
    assert (await office.admin.patch(where, {"state": "configured", "displayName": "F"})).status == 204
    assert (await office.admin.patch(where, {"identitySources": []})).status == 400
    assert (await office.admin.get(where)).body["state"] == "configured"
    assert (await office.admin.call("DELETE", where)).status == 204
    assert (await office.admin.call("DELETE", where)).status == 404
    graph.world.options.sources_in_created_organization = True
    assert len((await create(office, identitySources=[domain("x.example")])).body["identitySources"]) == 1


@pytest.mark.parametrize(
    ("sources", "status", "named"),
    [
        (None, 400, "identitySources"),
        ([], 400, "identitySources"),
        ([domain("one.example"), domain("two.example")], 400, "exactly one"),
        ([domain("not a domain")], 400, "domainName"),
        ([domain("FERNHILL.example")], 409, "exists"),
        ([{"@odata.type": TYPE + "domainIdentitySource"}], 400, "domainName"),
        ([{"@odata.type": TYPE + "carrierPigeon"}], 400, "carrierPigeon"),
        ([{"@odata.type": TYPE + "azureActiveDirectoryTenant", "tenantId": "x"}], 400, "tenantId"),
        ([{"@odata.type": TYPE + "azureActiveDirectoryTenant", "tenantId": NOBODY}], 201, ""),
        ([{"@odata.type": TYPE + "externalDomainFederation", "issuerUri": "https://idp.example"}], 201, ""),
        ([{"@odata.type": TYPE + "socialIdentitySource", "socialIdentitySourceType": "Facebook"}], 201, ""),
        (
            [
                {
                    "@odata.type": TYPE + "crossCloudAzureActiveDirectoryTenant",
                    "tenantId": NOBODY,
                    "cloudInstance": "microsoftonline.us",
                }
            ],
            201,
            "",
        ),
    ],
)
async def test_identity_sources(office: Office, sources: Any, status: int, named: str) -> None:
    answer = await create(office, identitySources=sources)
    assert answer.status == status, answer.body
    if status == 201:
        shown = await office.admin.get(f"{EM}/connectedOrganizations/{answer.body['id']}")
        assert shown.body["identitySources"][0]["@odata.type"] == sources[0]["@odata.type"]
    else:
        assert named in answer.message


async def test_people_belong_to_the_organization_that_fits_them(graph: Graph, office: Office) -> None:
    guest = office.build.user("new", "Nina New", mail="nina@fabrikam.example", user_type="Guest")
    where = f"{EM}/subjects(objectId='{guest.id}')?$expand=connectedOrganization"
    graph.tenant.subject_of_user(guest.id)
    assert (await office.admin.get(where)).body["connectedOrganization"] is None
    made = await create(office, identitySources=[domain("fabrikam.example")])
    assert (await office.admin.get(where)).body["connectedOrganization"]["id"] == made.body["id"]
    answer = await office.delete(f"/connectedOrganizations/{made.body['id']}")
    assert (answer.status, answer.code) == (409, "OrganizationHasUsers")


async def test_an_organization_that_a_policy_names_stays(office: Office) -> None:
    made = await create(office, identitySources=[domain("fabrikam.example")])
    target = {"@odata.type": TYPE + "connectedOrganizationMembers", "connectedOrganizationId": made.body["id"]}
    package = await office.package(await office.catalog())
    scope = {"allowedTargetScope": "specificConnectedOrganizationUsers", "specificAllowedTargets": [target]}
    policy = await office.policy(package, **scope)
    assert (await office.delete(f"/connectedOrganizations/{made.body['id']}")).code == "OrganizationInUse"
    assert (await office.delete(f"/assignmentPolicies/{policy.body['id']}")).status == 204
    assert (await office.delete(f"/connectedOrganizations/{made.body['id']}")).status == 204


@pytest.mark.parametrize("side", ["internalSponsors", "externalSponsors"])
async def test_sponsors(graph: Graph, office: Office, side: str) -> None:
    made = await create(office, identitySources=[domain("fabrikam.example")])
    below = f"/connectedOrganizations/{made.body['id']}/{side}"
    lena, group = graph.id_of("lead"), next(iter(graph.tenant.groups))
    assert (await office.link(f"{below}/$ref", f"/users/{lena}")).status == 204
    assert (await office.link(f"{below}/$ref", f"/directoryObjects('{lena}')")).code == "ReferenceExists"
    assert (await office.link(f"{below}/$ref", f"/groups/{group}")).status == 204
    assert (await office.link(f"{below}/$ref", f"/users/{NOBODY}")).status == 404
    assert (await office.link(f"{below}/$ref", f"/applications/{lena}")).status == 400
    assert [one["id"] for one in await office.admin.values(EM + below)] == [lena, group]
    assert (await office.delete(f"{below}/{lena}/$ref")).status == 204
    assert (await office.delete(f"{below}/{lena}/$ref")).status == 404
    assert (await office.link(f"/connectedOrganizations/{NOBODY}/{side}/$ref", f"/users/{lena}")).status == 404


async def test_organizations_are_outside_of_catalog_roles(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    held = RoleAssignment("r", graph.id_of("lead"), CATALOG_OWNER, f"/AccessPackageCatalog/{catalog}")
    graph.tenant.role_assignments[held.id] = held
    body = {"displayName": "F", "identitySources": [domain("fabrikam.example")]}
    assert (await graph.person("lead").post(f"{EM}/connectedOrganizations", body)).status == 403
    assert (await graph.person("lead").patch(f"{EM}/settings", {})).status == 403
    graph.world.options.max_organizations = 3
    assert (await create(office, **body)).code == "ServiceLimitExceeded"


async def test_settings_of_the_tenant(graph: Graph, office: Office) -> None:
    body = {"externalUserLifecycleAction": "BlockSignIn", "durationUntilExternalUserDeletedAfterBlocked": "P7D"}
    assert (await office.admin.patch(f"{EM}/settings", body)).status == 204
    shown = (await office.admin.get(f"{EM}/settings")).body
    assert shown["externalUserLifecycleAction"] == "blockSignIn"
    assert shown["durationUntilExternalUserDeletedAfterBlocked"] == "P7D"
    for wrong in (
        {"externalUserLifecycleAction": "banish"},
        {"durationUntilExternalUserDeletedAfterBlocked": "a week"},
        {"durationUntilExternalUserDeletedAfterBlocked": "-P1D"},
        {"daysUntilExternalUserDeletedAfterBlocked": 7},
    ):
        answer = await office.admin.patch(f"{EM}/settings", wrong)
        assert answer.status == 400
        assert next(iter(wrong)) in answer.message
    where = f"{EM}/controlConfigurations/endUserSettings"
    assert (await office.admin.patch(where, {"showApproverDetailsToMembers": False})).status == 204
    assert (await office.admin.get(where)).body["showApproverDetailsToMembers"] is False
    assert (await office.admin.patch(where, {"relatedPeopleInsightLevel": "everything"})).status == 400


async def test_roles_are_given_and_taken(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    lena, where = graph.id_of("lead"), f"{ROLES}/roleAssignments"
    scope = f"/AccessPackageCatalog/{catalog}"
    body = {"principalId": lena, "roleDefinitionId": CATALOG_READER, "appScopeId": scope}
    lead = graph.person("lead", [READ])
    assert (await lead.get(f"{EM}/catalogs/{catalog}")).status == 403
    made = await office.admin.post(where, body)
    assert (made.status, made.body["appScopeId"], made.body["principalId"]) == (201, scope, lena)
    assert (await lead.get(f"{EM}/catalogs/{catalog}")).status == 200
    assert (await office.admin.post(where, body)).status == 409
    found = await office.admin.values(f"{where}?$filter=principalId eq '{lena}'&$expand=roleDefinition")
    assert [one["roleDefinition"]["displayName"] for one in found] == ["Catalog reader"]
    here = await office.admin.values(f"{where}?$filter=appScopeId eq '{scope}'")
    assert made.body["id"] in {one["id"] for one in here}
    assert {one["appScopeId"] for one in here} == {scope}
    elsewhere = f"{where}?$filter=appScopeId in ('/AccessPackageCatalog/{NOBODY}')"
    assert await office.admin.values(elsewhere) == []
    own = f"{where}/{made.body['id']}"
    assert (await office.admin.get(own)).body["id"] == made.body["id"]
    assert {one["appScopeId"] for one in await lead.values(where)} == {scope}
    assert (await lead.call("DELETE", own)).status == 403
    assert (await office.admin.call("DELETE", own)).status == 204
    assert (await office.admin.get(own)).status == 404
    assert (await lead.get(f"{EM}/catalogs/{catalog}")).status == 403


async def test_an_owner_delegates_within_the_catalog_only(graph: Graph, office: Office) -> None:
    mine, theirs = await office.catalog("Mine"), await office.catalog("Theirs")
    body = {"principalId": graph.id_of("lead"), "roleDefinitionId": CATALOG_OWNER}
    where = f"{ROLES}/roleAssignments"
    made = await office.admin.post(where, {**body, "appScopeId": f"/AccessPackageCatalog/{mine}"})
    assert made.status == 201
    foreign = await office.admin.post(where, {**body, "appScopeId": f"/AccessPackageCatalog/{theirs}"})
    await office.admin.call("DELETE", f"{where}/{foreign.body['id']}")
    lead = graph.person("lead")
    body["principalId"] = graph.id_of("manager")
    assert (await lead.post(where, {**body, "appScopeId": f"/AccessPackageCatalog/{theirs}"})).status == 403
    assert (await lead.post(where, {**body, "appScopeId": f"/AccessPackageCatalog/{mine}"})).status == 201
    creator = {**body, "roleDefinitionId": CATALOG_CREATOR, "appScopeId": "/"}
    assert (await lead.post(where, creator)).status == 403
    assert (await office.admin.post(where, creator)).status == 201


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"principalId": NOBODY}, NOBODY),
        ({"principalId": None}, "principalId"),
        ({"roleDefinitionId": NOBODY}, NOBODY),
        ({"appScopeId": f"/AccessPackageCatalog/{NOBODY}"}, NOBODY),
        ({"appScopeId": "everywhere"}, "appScopeId"),
        ({"appScopeId": "/"}, "catalog"),
        ({"directoryScopeIds": "/"}, "directoryScopeIds"),
    ],
)
async def test_role_assignments_are_checked(graph: Graph, office: Office, change: dict[str, Any], named: str) -> None:
    catalog = await office.catalog()
    body = {
        "principalId": graph.id_of("lead"),
        "roleDefinitionId": CATALOG_OWNER,
        "appScopeId": f"/AccessPackageCatalog/{catalog}",
        **change,
    }
    answer = await office.admin.post(f"{ROLES}/roleAssignments", body)
    assert answer.status == 400
    assert named in answer.message


async def test_role_definitions(office: Office) -> None:
    for role_id, name in ROLE_NAMES.items():
        assert (await office.admin.get(f"{ROLES}/roleDefinitions/{role_id}")).body["displayName"] == name
    assert (await office.admin.get(f"{ROLES}/roleDefinitions/{NOBODY}")).status == 404


async def test_what_people_around_have_is_suggested(graph: Graph, office: Office) -> None:
    package = graph.package("Office map")
    colleague = next(
        user for user in graph.tenant.reports_of(graph.id_of("manager")) if user.id != graph.id_of("requester")
    )
    for person in (colleague.id, graph.id_of("requester")):
        wanted = {
            "targetId": person,
            "assignmentPolicyId": graph.tenant.policies_of(package.id)[0].id,
            "accessPackageId": package.id,
        }
        made = await office.admin.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": wanted})
        graph.advance(seconds=10)
    request = await office.admin.get(f"{EM}/assignmentRequests/{made.body['id']}?$expand=assignment")
    end = {"requestType": "adminRemove", "assignment": {"id": request.body["assignment"]["id"]}}
    assert (await office.admin.post(f"{EM}/assignmentRequests", end)).status == 201
    graph.advance(seconds=10)
    rita = graph.person("requester", [SELF])

    async def suggested(on: str) -> list[dict[str, Any]]:
        where = f"{EM}/accessPackageSuggestions/filterByCurrentUser(on='{on}')?$expand=accessPackage"
        found = [one for one in await rita.values(where) if one["accessPackage"]["id"] == package.id]
        return found[0]["reasons"] if found else []

    both = "relatedPeopleAssignments,assignmentHistory"
    kinds = [reason["@odata.type"].rpartition(".")[2] for reason in await suggested(both)]
    assert kinds == ["accessPackageSuggestionSelfAssignmentHistoryBased"]
    settings = f"{EM}/controlConfigurations/endUserSettings"
    assert (await office.admin.patch(settings, {"relatedPeopleInsightLevel": "count"})).status == 204
    (people,) = await suggested("RelatedPeopleAssignments")
    assert (people["relatedPeopleAssignmentCount"], people["relatedPeople"]) == (1, [])
    assert (await office.admin.patch(settings, {"relatedPeopleInsightLevel": "countAndNames"})).status == 204
    people, past = await suggested(both)
    assert [one["displayName"] for one in people["relatedPeople"]] == [colleague.display_name]
    assert past["pastAssignmentCount"] == 1
    assert await suggested("none") == []
    answer = await rita.get(f"{EM}/accessPackageSuggestions/filterByCurrentUser(on='horoscope')")
    assert (answer.status, "horoscope" in answer.message) == (400, True)
    again = {"requestType": "userAdd", "assignment": {"accessPackageId": package.id}}
    assert (await rita.post(f"{EM}/assignmentRequests", again)).status == 201
    graph.advance(seconds=10)
    assert await suggested(both) == []  # what one has is not suggested
    assert await graph.app([WRITE]).values(f"{EM}/accessPackageSuggestions/filterByCurrentUser(on='none')") == []
