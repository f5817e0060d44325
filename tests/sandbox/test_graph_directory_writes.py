"""Changing users and groups: profile, manager, sponsors, members, owners, and who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.tenant.identity import BOT_APP_ID
from tests.sandbox.graph_support import Answer, Caller, Graph, serve_graph

USERS = ("User.ReadWrite.All", "User.Read.All")
GROUPS = ("Group.ReadWrite.All", "GroupMember.Read.All", "User.Read.All")


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def ref(graph: Graph, key: str, kind: str = "users") -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/{kind}/{graph.id_of(key)}"}


async def test_a_profile_changes_by_the_properties_that_are_sent(graph: Graph) -> None:
    app, who = graph.app(USERS), f"/users/{graph.id_of('requester')}"
    assert (await app.patch(who, {"jobTitle": "Diplomat", "department": None, "accountEnabled": False})).status == 204
    shown = await app.get(f"{who}?$select=jobTitle,department,accountEnabled,displayName")
    assert shown.body["jobTitle"] == "Diplomat"
    assert shown.body["department"] is None
    assert shown.body["accountEnabled"] is False
    assert shown.body["displayName"] == "Rita Requester"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"shoeSize": 43}, "shoeSize"),
        ({"accountEnabled": "yes"}, "accountEnabled"),
        ({"displayName": " "}, "displayName"),
        ({"displayName": "x" * 300}, "displayName"),
        ({"userType": "Robot"}, "userType"),
        ({"otherMails": "a@b.example"}, "otherMails"),
        ({"createdDateTime": "2026-01-01T00:00:00Z"}, "createdDateTime"),
    ],
)
async def test_a_wrong_property_is_refused_by_name_and_changes_nothing(
    graph: Graph, body: dict[str, Any], named: str
) -> None:
    app, who = graph.app(USERS), f"/users/{graph.id_of('requester')}"
    answer = await app.patch(who, {"jobTitle": "Diplomat", **body})
    assert (answer.status, answer.code) == (400, "Request_BadRequest")
    assert named in answer.message
    assert graph.tenant.users[graph.id_of("requester")].job_title == "Account manager"


async def test_people_change_little_of_themselves_and_nothing_of_others(graph: Graph) -> None:
    rita = graph.person("requester", ("User.ReadWrite", *USERS))
    own, other = f"/users/{graph.id_of('requester')}", f"/users/{graph.id_of('manager')}"
    assert (await rita.patch(own, {"mobilePhone": "+31 6"})).status == 204
    assert (await rita.patch(own, {"jobTitle": "Director"})).status == 403
    assert (await rita.patch(other, {"mobilePhone": "+31 6"})).status == 403
    assert (await graph.person("requester", ("User.ReadWrite",)).patch(other, {"mobilePhone": "1"})).status == 403
    assert (await graph.person("admin", USERS).patch(own, {"jobTitle": "Director"})).status == 204


async def test_a_manager_is_set_replaced_and_removed(graph: Graph) -> None:
    app, where = graph.app(USERS), f"/users/{graph.id_of('nomanager')}/manager"
    assert (await app.get(where)).code == "Request_ResourceNotFound"
    assert (await app.call("PUT", f"{where}/$ref", ref(graph, "lead"))).status == 204
    assert (await app.get(where)).body["id"] == graph.id_of("lead")
    assert (await app.call("PUT", f"{where}/$ref", ref(graph, "manager", "directoryObjects"))).status == 204
    assert (await app.get(where)).body["id"] == graph.id_of("manager")
    assert (await app.call("DELETE", f"{where}/$ref")).status == 204
    gone = await app.call("DELETE", f"{where}/$ref")
    assert (gone.status, gone.code) == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"@odata.id": 3}, 400),
        ({"@odata.id": "somebody"}, 400),
        ({"@odata.id": "https://graph.microsoft.com/v1.0/groups/x"}, 400),
        ({"@odata.id": "https://graph.microsoft.com/v1.0/users/d0000000-0000-4000-8000-0000000000aa"}, 404),
        ({"@odata.id": "https://graph.microsoft.com/v1.0/users/x", "why": "because"}, 400),
    ],
)
async def test_a_reference_that_leads_nowhere_is_refused(graph: Graph, body: dict[str, Any], status: int) -> None:
    app = graph.app(USERS)
    answer = await app.call("PUT", f"/users/{graph.id_of('requester')}/manager/$ref", body)
    assert answer.status == status, answer.body


async def test_sponsors_are_added_once_and_removed(graph: Graph) -> None:
    app, where = graph.app(USERS), f"/users/{graph.id_of('guest')}/sponsors"
    assert (await app.post(f"{where}/$ref", ref(graph, "manager"))).status == 204
    again = await app.post(f"{where}/$ref", ref(graph, "manager"))
    assert again.status == 400
    assert "already exist" in again.message
    assert {one["id"] for one in await app.values(where)} == {graph.id_of("lead"), graph.id_of("manager")}
    assert (await app.call("DELETE", f"{where}/{graph.id_of('manager')}/$ref")).status == 204
    assert (await app.call("DELETE", f"{where}/{graph.id_of('manager')}/$ref")).status == 404


async def test_a_deleted_user_is_gone_from_everywhere(graph: Graph) -> None:
    app, who = graph.app(USERS), graph.id_of("lead")
    assert (await app.call("DELETE", f"/users/{who}")).status == 204
    assert (await app.get(f"/users/{who}")).status == 404
    assert who in graph.tenant.deleted_users
    assert all(who not in group.owner_ids for group in graph.tenant.groups.values())
    assert (await graph.person("requester", USERS).call("DELETE", f"/users/{graph.id_of('manager')}")).status == 403


async def test_sign_in_activity_takes_a_select_by_name_and_the_audit_permission(graph: Graph) -> None:
    who = f"/users/{graph.id_of('requester')}"
    app = graph.app(("User.Read.All", "AuditLog.Read.All"))
    shown = (await app.get(f"{who}?$select=signInActivity")).body["signInActivity"]
    assert shown["lastSignInDateTime"] == "2026-11-01T07:00:00Z"
    assert shown["lastSuccessfulSignInRequestId"]
    assert "signInActivity" not in (await app.get(f"{who}?$select=*")).body
    refused = await graph.app(("User.Read.All",)).get(f"{who}?$select=signInActivity")
    assert refused.status == 403
    assert "AuditLog.Read.All" in refused.message
    found = await app.values("/users?$filter=signInActivity/lastSignInDateTime le 2026-09-03T00:00:00Z&$select=id")
    assert 0 < len(found) < 200
    assert graph.id_of("requester") not in {one["id"] for one in found}
    graph.world.options.licence = "none"
    unlicensed = await app.get(f"{who}?$select=signInActivity")
    assert (unlicensed.status, unlicensed.code) == (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


async def make_group(caller: Caller, **more: Any) -> Answer:
    body = {"displayName": "Choir", "mailNickname": "choir", "mailEnabled": False, "securityEnabled": True}
    return await caller.post("/groups", {**body, **more})


async def test_a_group_is_made_with_its_members_and_owned_by_its_maker(graph: Graph) -> None:
    admin = graph.person("admin", GROUPS)
    bound = f"https://graph.microsoft.com/v1.0/directoryObjects/{graph.id_of('requester')}"
    made = await make_group(admin, description="Sings", **{"members@odata.bind": [bound]})
    assert made.status == 201
    assert made.body["displayName"] == "Choir"
    where = f"/groups/{made.body['id']}"
    assert [one["id"] for one in await admin.values(f"{where}/members")] == [graph.id_of("requester")]
    assert [one["id"] for one in await admin.values(f"{where}/owners")] == [graph.id_of("admin")]
    assert (await admin.patch(where, {"description": "Hums"})).status == 204
    assert (await admin.get(where)).body["description"] == "Hums"
    assert (await admin.call("DELETE", where)).status == 204
    assert (await admin.get(where)).status == 404


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"mailNickname": None}, "mailNickname"),
        ({"mailNickname": "a b"}, "mailNickname"),
        ({"securityEnabled": None}, "securityEnabled"),
        ({"groupTypes": ["Secret"]}, "Secret"),
        ({"groupTypes": ["Unified"]}, "mailEnabled"),
        ({"colour": "red"}, "colour"),
        ({"visibility": "Invisible"}, "visibility"),
        ({"members@odata.bind": ["x"]}, "@odata.id"),
        ({"members@odata.bind": ["x"] * 21}, "20"),
    ],
)
async def test_a_wrong_group_is_refused_by_name(graph: Graph, more: dict[str, Any], named: str) -> None:
    count = len(graph.tenant.groups)
    answer = await make_group(graph.app(GROUPS), **more)
    assert answer.status == 400
    assert named in answer.message
    assert len(graph.tenant.groups) == count


async def test_members_and_owners_come_and_go_once(graph: Graph) -> None:
    app = graph.app((*GROUPS, "GroupMember.ReadWrite.All"))
    where = f"/groups/{(await make_group(app)).body['id']}"
    for kind in ("members", "owners"):
        assert (await app.post(f"{where}/{kind}/$ref", ref(graph, "requester"))).status == 204
        assert (await app.post(f"{where}/{kind}/$ref", ref(graph, "requester"))).status == 400
        assert (await app.call("DELETE", f"{where}/{kind}/{graph.id_of('requester')}/$ref")).status == 204
        assert (await app.call("DELETE", f"{where}/{kind}/{graph.id_of('requester')}/$ref")).status == 404
    bot = graph.tenant.apps[BOT_APP_ID].object_id
    principal = {"@odata.id": f"https://graph.microsoft.com/v1.0/servicePrincipals/{bot}"}
    assert (await app.post(f"{where}/members/$ref", principal)).status == 204
    nested = {"@odata.id": f"https://graph.microsoft.com/v1.0{where}"}
    assert (await app.post(f"{where}/members/$ref", nested)).status == 400
    assert (await app.post(f"{where}/owners/$ref", nested)).status == 400


async def test_owners_change_their_group_and_others_do_not(graph: Graph) -> None:
    group = next(found for found in graph.tenant.groups.values() if graph.id_of("lead") in found.owner_ids)
    where = f"/groups/{group.id}/members/$ref"
    assert (await graph.person("requester", GROUPS).post(where, ref(graph, "requester"))).status == 403
    assert (await graph.person("lead", GROUPS).post(where, ref(graph, "requester"))).status == 204
    assert (await graph.person("lead", ("Group.Read.All",)).post(where, ref(graph, "manager"))).status == 403


async def test_synchronised_groups_are_changed_elsewhere(graph: Graph) -> None:
    group = next(iter(graph.tenant.groups.values()))
    group.on_premises_sync_enabled = True
    answer = await graph.app(GROUPS).post(f"/groups/{group.id}/members/$ref", ref(graph, "requester"))
    assert answer.status == 400
    assert "on-premises" in answer.message


async def test_a_deleted_group_takes_its_roles_along(graph: Graph) -> None:
    held = next(one for one in graph.tenant.app_role_assignments.values() if one.principal_type == "Group")
    assert (await graph.app(GROUPS).call("DELETE", f"/groups/{held.principal_id}")).status == 204
    assert held.id not in graph.tenant.app_role_assignments
