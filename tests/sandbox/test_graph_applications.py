"""Applications: app roles, credentials with their ends, service principals, and who may change them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sandbox.tenant.identity import BOT_APP_ID, EMPTY_GUID, TENANT_ID, WRITER_APP_ID, stable_id
from sandbox.tenant.model import AppRegistration
from tests.sandbox.graph_support import Answer, Caller, Graph, serve_graph

WRITE = ("Application.ReadWrite.All", "Application.Read.All")
ASSIGN = ("AppRoleAssignment.ReadWrite.All", "Application.Read.All", "Directory.Read.All")
ENABLED = "CannotDeleteOrUpdateEnabledEntitlement"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def portal(graph: Graph) -> AppRegistration:
    return next(found for found in graph.tenant.apps.values() if found.display_name == "Sales Portal")


def where(app: AppRegistration) -> str:
    return f"/applications/{app.application_object_id}"


def role(number: int, **more: Any) -> dict[str, Any]:
    made = {
        "id": stable_id(f"test role {number}"),
        "displayName": f"Role {number}",
        "description": f"Role number {number}",
        "value": f"Role.{number}",
        "isEnabled": True,
        "allowedMemberTypes": ["User"],
    }
    return {**made, **more}


async def roles(caller: Caller, app: AppRegistration) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await caller.get(where(app))).body["appRoles"]
    return found


async def test_an_application_is_found_by_id_by_app_id_and_by_name(graph: Graph) -> None:
    caller, app = graph.app(WRITE), portal(graph)
    assert (await caller.get(where(app))).body["appId"] == app.app_id
    assert (await caller.get(f"/applications(appId='{app.app_id}')")).body["id"] == app.application_object_id
    assert [one["id"] for one in await caller.values("/applications?$filter=displayName eq 'sales portal'")] == [
        app.application_object_id
    ]
    assert app.application_object_id != app.object_id
    assert (await caller.get(f"/applications/{app.object_id}")).status == 404
    assert (await caller.get("/applications?$filter=notes eq 'x'")).status == 400


async def test_app_roles_are_replaced_whole_and_show_on_the_service_principal_later(graph: Graph) -> None:
    caller, app = graph.app(WRITE), portal(graph)
    before = await roles(caller, app)
    assert (await caller.patch(where(app), {"appRoles": [*before, role(1)]})).status == 204
    assert [one["id"] for one in await roles(caller, app)] == [*(one["id"] for one in before), role(1)["id"]]
    shown = await caller.get(f"/servicePrincipals/{app.object_id}")
    assert len(shown.body["appRoles"]) == len(before)
    graph.advance(seconds=4)
    shown = await caller.get(f"/servicePrincipals/{app.object_id}")
    assert len(shown.body["appRoles"]) == len(before) + 1


async def test_a_role_is_disabled_before_it_is_deleted(graph: Graph) -> None:
    caller, app = graph.app(WRITE), portal(graph)
    before = await roles(caller, app)
    assert (await caller.patch(where(app), {"appRoles": before[1:]})).code == ENABLED
    renamed = [{**before[0], "value": "Other"}, *before[1:]]
    assert (await caller.patch(where(app), {"appRoles": renamed})).code == ENABLED
    assert await roles(caller, app) == before
    disabled = [{**before[0], "isEnabled": False}, *before[1:]]
    assert (await caller.patch(where(app), {"appRoles": disabled})).status == 204
    assert (await caller.patch(where(app), {"appRoles": disabled[1:]})).status == 204
    assert len(await roles(caller, app)) == len(before) - 1


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ([role(1, value="with space")], "value"),
        ([role(1, value="x" * 121)], "value"),
        ([role(1), role(1)], "id"),
        ([role(1), role(2, value="Role.1")], "value"),
        ([role(1, id="one")], "id"),
        ([role(1, allowedMemberTypes=[])], "allowedMemberTypes"),
        ([role(1, allowedMemberTypes=["Device"])], "allowedMemberTypes"),
        ([role(1, isEnabled=None)], "isEnabled"),
        ([role(1, colour="red")], "colour"),
        (["Role"], "appRoles"),
        ({}, "appRoles"),
    ],
)
async def test_a_wrong_role_is_refused_by_name(graph: Graph, wanted: Any, named: str) -> None:
    caller, app = graph.app(WRITE), portal(graph)
    body = {"appRoles": [*await roles(caller, app), *wanted] if isinstance(wanted, list) else wanted}
    answer = await caller.patch(where(app), body)
    assert answer.status == 400
    assert named in answer.message


async def test_a_new_application_belongs_to_its_maker_and_gets_a_service_principal_once(graph: Graph) -> None:
    caller = graph.app(("Application.ReadWrite.OwnedBy",), app_id=WRITER_APP_ID)
    made = await caller.post("/applications", {"displayName": "Library", "appRoles": [role(1)]})
    assert made.status == 201
    app_id = made.body["appId"]
    reader = graph.app(WRITE)
    assert (await reader.get(f"/servicePrincipals(appId='{app_id}')")).status == 404
    principal = await caller.post("/servicePrincipals", {"appId": app_id})
    assert principal.status == 201
    assert principal.body["appId"] == app_id
    again = await caller.post("/servicePrincipals", {"appId": app_id})
    assert (again.status, again.code) == (409, "Request_MultipleObjectsWithSameKeyValue")
    unknown = await caller.post("/servicePrincipals", {"appId": stable_id("nobody's app")})
    assert (unknown.status, unknown.code) == (400, "NoBackingApplicationObject")
    assert (await caller.patch(f"/applications/{made.body['id']}", {"notes": "Books"})).status == 204
    assert (await caller.patch(where(portal(graph)), {"notes": "Books"})).status == 403
    assert (await caller.call("DELETE", f"/applications/{made.body['id']}")).status == 204
    assert (await reader.get(f"/servicePrincipals/{principal.body['id']}")).status == 404


async def test_people_change_applications_with_a_role_or_as_owners(graph: Graph) -> None:
    app = portal(graph)
    change = {"description": "New"}
    rita = graph.person("requester", WRITE)
    assert (await rita.patch(where(app), change)).status == 403
    admin = graph.person("admin", (*WRITE, "Directory.Read.All"))
    owner = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{graph.id_of('requester')}"}
    assert (await admin.post(f"{where(app)}/owners/$ref", owner)).status == 204
    assert (await admin.post(f"{where(app)}/owners/$ref", owner)).status == 400
    assert [one["id"] for one in await admin.values(f"{where(app)}/owners")] == [graph.id_of("requester")]
    assert (await rita.patch(where(app), change)).status == 204
    assert (await graph.person("admin", WRITE).post(f"{where(app)}/owners/$ref", owner)).status == 403


@pytest.mark.parametrize("name", ["colour", "createdDateTime", "appId", "passwordCredentials@odata.bind"])
async def test_an_unknown_property_is_refused_by_name(graph: Graph, name: str) -> None:
    answer = await graph.app(WRITE).patch(where(portal(graph)), {name: "x"})
    assert (answer.status, answer.code) == (400, "Request_BadRequest")
    assert name in answer.message


async def sign_in(graph: Graph, secret: str, app_id: str = BOT_APP_ID) -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_id": app_id,
        "client_secret": secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    return (await graph.http.post(f"/{TENANT_ID}/oauth2/v2.0/token", data=form)).json()


async def test_secrets_are_told_once_and_end_by_the_clock(graph: Graph) -> None:
    caller, bot = graph.app(WRITE), graph.tenant.apps[BOT_APP_ID]
    end = "2026-12-01T00:00:00Z"
    made = await caller.post(
        f"{where(bot)}/addPassword", {"passwordCredential": {"displayName": "Second", "endDateTime": end}}
    )
    assert made.status == 200
    assert made.body["endDateTime"] == end
    secret = made.body["secretText"]
    shown = (await caller.get(where(bot))).body["passwordCredentials"]
    assert [one["secretText"] for one in shown] == [None, None]
    assert shown[1]["hint"] == secret[:3]
    assert "access_token" in await sign_in(graph, secret)
    graph.advance(days=40)
    assert 7000222 in (await sign_in(graph, secret))["error_codes"]
    graph.world.options.credentials_expire = False
    assert "access_token" in await sign_in(graph, secret)
    assert (await caller.post(f"{where(bot)}/removePassword", {"keyId": made.body["keyId"]})).status == 204
    assert 7000215 in (await sign_in(graph, secret))["error_codes"]
    assert (await caller.post(f"{where(bot)}/removePassword", {"keyId": made.body["keyId"]})).status == 400


async def test_a_secret_lasts_two_years_unless_it_is_told_else(graph: Graph) -> None:
    caller, bot = graph.app(WRITE), graph.tenant.apps[BOT_APP_ID]
    made = await caller.post(f"{where(bot)}/addPassword", {})
    assert made.body["endDateTime"] == "2028-11-01T09:00:00Z"
    for wrong in ({"endDateTime": "2020-01-01T00:00:00Z"}, {"endDateTime": "soon"}, {"secretText": "mine"}):
        assert (await caller.post(f"{where(bot)}/addPassword", {"passwordCredential": wrong})).status == 400


async def test_the_default_tenant_has_a_secret_that_ends_soon_and_one_that_has_ended(graph: Graph) -> None:
    caller = graph.app(WRITE)
    hub = (await caller.values("/applications?$filter=displayName eq 'Project Hub'"))[0]
    ends = {one["displayName"]: one["endDateTime"] for one in hub["passwordCredentials"]}
    assert ends == {"Nightly export": "2026-11-22T09:00:00Z", "Old import": "2026-10-28T09:00:00Z"}


async def test_secrets_can_be_left_out_but_not_added_by_an_update(graph: Graph) -> None:
    caller, bot = graph.app(WRITE), graph.tenant.apps[BOT_APP_ID]
    known = (await caller.get(where(bot))).body["passwordCredentials"]
    added = [*known, {"keyId": stable_id("made up"), "displayName": "Mine"}]
    refused = await caller.patch(where(bot), {"passwordCredentials": added})
    assert refused.status == 400
    assert "addPassword" in refused.message
    assert (await caller.patch(where(bot), {"passwordCredentials": known})).status == 204
    assert (await caller.patch(where(bot), {"passwordCredentials": []})).status == 204
    assert (await caller.get(where(bot))).body["passwordCredentials"] == []


def certificate(days: int = 30) -> str:
    """A self-signed certificate as base64 of DER."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    start = datetime(2026, 11, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


async def test_certificates_are_replaced_whole_and_show_when_they_end(graph: Graph) -> None:
    caller, bot = graph.app(WRITE), graph.tenant.apps[BOT_APP_ID]
    new = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate(), "displayName": "CN=Test"}
    assert (await caller.patch(where(bot), {"keyCredentials": [new]})).status == 204
    (shown,) = (await caller.get(where(bot))).body["keyCredentials"]
    assert shown["endDateTime"] == "2026-12-01T00:00:00Z"
    assert shown["key"] is None
    assert len(graph.tenant.apps[BOT_APP_ID].certificates) == 1
    assert (await caller.patch(where(bot), {"keyCredentials": [shown, {**new, "key": certificate()}]})).status == 204
    assert len((await caller.get(where(bot))).body["keyCredentials"]) == 2
    late = await caller.patch(where(bot), {"keyCredentials": [{**new, "endDateTime": "2030-01-01T00:00:00Z"}]})
    assert (late.status, late.code) == (400, "KeyCredentialsInvalidEndDate")
    for wrong in ({"key": "xyz"}, {"key": 3}, {"type": "Symmetric"}):
        assert (await caller.patch(where(bot), {"keyCredentials": [{**new, **wrong}]})).status == 400
    assert len((await caller.get(where(bot))).body["keyCredentials"]) == 2


async def assign(graph: Graph, caller: Caller, app: AppRegistration, key: str = "requester", **more: Any) -> Answer:
    role_id = app.app_roles[0].id if app.app_roles else EMPTY_GUID
    body = {"principalId": graph.id_of(key), "resourceId": app.object_id, "appRoleId": role_id}
    return await caller.post(f"/servicePrincipals/{app.object_id}/appRoleAssignedTo", {**body, **more})


async def test_a_role_is_given_listed_and_taken_away(graph: Graph) -> None:
    caller, app = graph.app(ASSIGN), portal(graph)
    made = await assign(graph, caller, app)
    assert made.status == 201
    assert made.body["principalType"] == "User"
    assert made.body["resourceDisplayName"] == "Sales Portal"
    held = await caller.values(
        f"/users/{graph.id_of('requester')}/appRoleAssignments?$filter=resourceId eq '{app.object_id}'"
    )
    assert [one["id"] for one in held] == [made.body["id"]]
    assert made.body["id"] in {
        one["id"] for one in await caller.values(f"/servicePrincipals/{app.object_id}/appRoleAssignedTo")
    }
    assert (await assign(graph, caller, app)).status == 400
    one = f"/servicePrincipals/{app.object_id}/appRoleAssignedTo/{made.body['id']}"
    other = next(found for found in graph.tenant.apps.values() if found.app_id != app.app_id)
    wrong = f"/servicePrincipals/{other.object_id}/appRoleAssignedTo/{made.body['id']}"
    assert (await caller.call("DELETE", wrong)).status == 404
    assert (await caller.call("DELETE", one)).status == 204
    assert (await caller.call("DELETE", one)).status == 404


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"appRoleId": stable_id("no such role")}, 400),
        ({"appRoleId": EMPTY_GUID}, 400),
        ({"appRoleId": None}, 400),
        ({"resourceId": stable_id("another resource")}, 400),
        ({"principalId": stable_id("nobody")}, 404),
        ({"principalId": "Rita"}, 400),
        ({"since": "today"}, 400),
    ],
)
async def test_a_wrong_assignment_is_refused(graph: Graph, more: dict[str, Any], status: int) -> None:
    assert (await assign(graph, graph.app(ASSIGN), portal(graph), **more)).status == status


async def test_disabled_roles_and_roles_for_applications_are_not_for_people(graph: Graph) -> None:
    caller, app = graph.app(ASSIGN), portal(graph)
    app.app_roles[0].is_enabled = False
    assert (await assign(graph, caller, app)).status == 400
    app.app_roles[0].is_enabled = True
    app.app_roles[0].allowed_member_types = ["Application"]
    assert (await assign(graph, caller, app)).status == 400
    bot = graph.tenant.apps[BOT_APP_ID].object_id
    made = await assign(graph, caller, app, principalId=bot)
    assert made.body["principalType"] == "ServicePrincipal"


async def test_assigning_takes_both_permissions_and_for_people_a_role(graph: Graph) -> None:
    app = portal(graph)
    assert (await assign(graph, graph.app(("AppRoleAssignment.ReadWrite.All",)), app)).status == 403
    assert (await assign(graph, graph.app(("Application.Read.All",)), app)).status == 403
    assert (await assign(graph, graph.person("requester", ASSIGN), app)).status == 403
    assert (await assign(graph, graph.person("admin", ASSIGN), app)).status == 201


async def test_groups_get_roles_from_their_own_side_too(graph: Graph) -> None:
    caller, app = graph.app(ASSIGN), portal(graph)
    group = next(iter(graph.tenant.groups.values()))
    body = {"principalId": group.id, "resourceId": app.object_id, "appRoleId": app.app_roles[0].id}
    where_held = f"/groups/{group.id}/appRoleAssignments"
    made = await caller.post(where_held, body)
    assert made.status == 201
    assert made.body["principalType"] == "Group"
    assert (await caller.post(where_held, {**body, "principalId": graph.id_of("requester")})).status == 400
    assert (await caller.post(where_held, {**body, "resourceId": stable_id("nothing")})).status == 404
    assert made.body["id"] in {one["id"] for one in await caller.values(where_held)}
    assert (await caller.call("DELETE", f"{where_held}/{made.body['id']}")).status == 204
    assert made.body["id"] not in {one["id"] for one in await caller.values(where_held)}


async def test_lists_can_lag_behind_writes(graph: Graph) -> None:
    graph.world.options.directory_lag_s = 10
    caller, app = graph.app(ASSIGN), portal(graph)
    await assign(graph, caller, app)
    held = f"/users/{graph.id_of('requester')}/appRoleAssignments"
    assert await caller.values(held) == []
    graph.advance(seconds=11)
    assert len(await caller.values(held)) == 1


async def test_the_default_role_is_for_applications_without_roles(graph: Graph) -> None:
    bot = graph.tenant.apps[BOT_APP_ID]
    assert (await assign(graph, graph.app(ASSIGN), bot)).status == 201
