"""Federated credentials, and service principals that are switched off or taken away."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.tenant.identity import BOT_APP_ID, BOT_APP_SECRET, CLI_APP_ID, GITHUB, TENANT_ID, TOKEN_EXCHANGE
from tests.sandbox.graph_support import Caller, Graph, serve_graph

EVERY = ("Application.ReadWrite.All",)
BODY = {"name": "release", "issuer": GITHUB, "subject": "repo:a/b:environment:prod", "audiences": [TOKEN_EXCHANGE]}


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
def admin(graph: Graph) -> Caller:
    return graph.person("admin", EVERY)


@pytest.fixture
def where(graph: Graph) -> str:
    return f"/applications/{graph.tenant.apps[BOT_APP_ID].application_object_id}/federatedIdentityCredentials"


async def test_a_pipeline_is_trusted_changed_and_trusted_no_more(graph: Graph, admin: Caller, where: str) -> None:
    made = await admin.post(where, BODY)
    assert (made.status, made.body["subject"]) == (201, BODY["subject"])
    one = f"{where}/{made.body['id']}"
    assert (await admin.patch(one, {"subject": "repo:a/b:ref:refs/heads/main", "description": "Main"})).status == 204
    assert [found["subject"] for found in await admin.values(where)] == ["repo:a/b:ref:refs/heads/main"]
    assert (await admin.get(f"{where}/release")).body["description"] == "Main"
    assert (await admin.call("DELETE", one)).status == 204
    assert (await admin.get(one)).status == 404


async def test_what_is_no_credential_is_refused_by_name(admin: Caller, where: str) -> None:
    assert (await admin.post(where, BODY)).status == 201
    assert (await admin.post(where, BODY | {"name": "other"})).status == 409
    assert (await admin.post(where, BODY | {"subject": "other"})).status == 409
    for change, named in (
        ({"name": "a b"}, "name"),
        ({"audiences": []}, "audiences"),
        ({"issuer": None}, "issuer"),
        ({"subjects": "x"}, "subjects"),
    ):
        refused = await admin.post(where, {**BODY, "name": "next", "subject": "next", **change})
        assert refused.status == 400
        assert named in refused.message
    assert (await admin.patch(f"{where}/release", {"name": "renamed"})).status == 400


async def test_only_who_may_change_the_application_changes_whom_it_trusts(graph: Graph, where: str) -> None:
    assert (await graph.person("requester", EVERY).post(where, BODY)).status == 403
    assert (await graph.app(("Application.ReadWrite.OwnedBy",), CLI_APP_ID).post(where, BODY)).status == 403
    assert (await graph.app(EVERY).post(where, BODY)).status == 201


async def test_a_service_principal_is_switched_off_and_taken_away(graph: Graph, admin: Caller) -> None:
    bot = graph.tenant.apps[BOT_APP_ID]
    one, form = f"/servicePrincipals/{bot.object_id}", {"client_id": BOT_APP_ID, "client_secret": BOT_APP_SECRET}
    form |= {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}

    async def token() -> httpx.Response:
        return await graph.http.post(f"{graph.world.base_url}/{TENANT_ID}/oauth2/v2.0/token", data=form)

    assert (await token()).status_code == 200
    assert (await admin.patch(one, {"accountEnabled": False, "notes": "Holiday", "tags": ["x"]})).status == 204
    assert (await token()).json()["error_codes"] == [7000112]
    shown = (await admin.get(one)).body
    assert (shown["accountEnabled"], shown["notes"], shown["tags"]) == (False, "Holiday", ["x"])
    assert (await admin.patch(one, {"appRoles": []})).status == 400
    assert (await graph.person("requester", EVERY).call("DELETE", one)).status == 403
    assert (await admin.call("DELETE", one)).status == 204
    assert (await admin.get(one)).status == 404
    assert not [consent for consent in graph.tenant.consents if consent.app_id == BOT_APP_ID]
    assert (await admin.get(f"/applications/{bot.application_object_id}")).status == 200


async def test_people_are_made_as_the_service_wants_them(graph: Graph) -> None:
    admin = graph.person("admin", ("User.ReadWrite.All",))
    body = {
        "accountEnabled": True,
        "displayName": "Nina New",
        "mailNickname": "nina.new",
        "userPrincipalName": "nina.new@woodgrove.example",
        "department": "Sales",
        "passwordProfile": {"password": "not a real one", "forceChangePasswordNextSignIn": True},
    }
    made = await admin.post("/users", body)
    assert (made.status, made.body["userPrincipalName"]) == (201, "nina.new@woodgrove.example")
    assert graph.tenant.users[made.body["id"]].department == "Sales"
    assert "already exists" in (await admin.post("/users", body)).message
    other = body | {"userPrincipalName": "other@woodgrove.example"}
    for change, named in (
        ({"userPrincipalName": "nina@contoso.example"}, "domain"),
        ({"userPrincipalName": "a b@woodgrove.example"}, "userPrincipalName"),
        ({"passwordProfile": {}}, "password"),
        ({"passwordProfile": {"secret": "x"}}, "secret"),
        ({"mailNickname": None}, "mailNickname"),
        ({"shoeSize": 44}, "shoeSize"),
    ):
        refused = await admin.post("/users", {**other, **change})
        assert refused.status == 400
        assert named in refused.message
    assert (await graph.person("requester", ("User.ReadWrite.All",)).post("/users", other)).status == 403
