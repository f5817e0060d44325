"""Delegated permission grants: what applications may do as people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.graph.types.applications import GRAPH_SERVICE_PRINCIPAL
from sandbox.tenant.identity import BOT_APP_ID, WRITER_APP_ID, stable_id
from sandbox.tenant.model import Consent
from tests.sandbox.graph_support import Graph, serve_graph

MANAGE = ("DelegatedPermissionGrant.ReadWrite.All",)
GRANTS = "/oauth2PermissionGrants"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


async def test_consents_for_everybody_show_as_one_grant(graph: Graph) -> None:
    bot = graph.tenant.apps[BOT_APP_ID].object_id
    (found,) = await graph.app(MANAGE).values(f"{GRANTS}?$filter=clientId eq '{bot}'")
    assert found["consentType"] == "AllPrincipals"
    assert found["principalId"] is None
    assert found["resourceId"] == GRAPH_SERVICE_PRINCIPAL
    assert set(found["scope"].split()) >= {"EntitlementManagement.ReadWrite.All", "User.Read"}


async def test_ones_own_grants_leave_out_what_counts_for_everybody(graph: Graph) -> None:
    rita = graph.id_of("requester")
    graph.tenant.consents.add(Consent(BOT_APP_ID, rita, "User.ReadBasic.All"))
    reader = graph.person("requester", ("Directory.Read.All",))
    (found,) = await reader.values("/me/oauth2PermissionGrants")
    assert (found["consentType"], found["principalId"], found["scope"]) == ("Principal", rita, "User.ReadBasic.All")
    assert await reader.values(f"/users/{rita}/oauth2PermissionGrants") == [found]
    assert (await graph.app(("User.Read.All",)).get(GRANTS)).status == 403


async def test_a_grant_is_made_changed_and_taken_back(graph: Graph) -> None:
    caller = graph.app(MANAGE)
    writer, rita = graph.tenant.apps[WRITER_APP_ID].object_id, graph.id_of("requester")
    body = {
        "clientId": writer,
        "consentType": "Principal",
        "principalId": rita,
        "resourceId": GRAPH_SERVICE_PRINCIPAL,
        "scope": "User.Read openid",
    }
    made = await caller.post(GRANTS, body)
    assert made.status == 201
    assert Consent(WRITER_APP_ID, rita, "User.Read") in graph.tenant.consents
    assert (await caller.post(GRANTS, body)).status == 409
    one = f"{GRANTS}/{made.body['id']}"
    assert (await caller.patch(one, {"scope": "User.Read.All"})).status == 204
    assert (await caller.get(one)).body["scope"] == "User.Read.All"
    assert Consent(WRITER_APP_ID, rita, "User.Read") not in graph.tenant.consents
    assert (await caller.call("DELETE", one)).status == 204
    assert (await caller.get(one)).status == 404
    assert Consent(WRITER_APP_ID, rita, "User.Read.All") not in graph.tenant.consents


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"consentType": "Principal"}, 400),
        ({"principalId": stable_id("user/requester")}, 400),
        ({"consentType": "Principal", "principalId": stable_id("nobody")}, 404),
        ({"consentType": "Somebody"}, 400),
        ({"clientId": stable_id("nothing")}, 404),
        ({"resourceId": stable_id("nothing")}, 400),
        ({"scope": "access_as_user"}, 400),
        ({"expiryTime": "2030-01-01T00:00:00Z"}, 400),
    ],
)
async def test_a_wrong_grant_is_refused(graph: Graph, more: dict[str, Any], status: int) -> None:
    before = set(graph.tenant.consents)
    body = {
        "clientId": graph.tenant.apps[WRITER_APP_ID].object_id,
        "consentType": "AllPrincipals",
        "resourceId": GRAPH_SERVICE_PRINCIPAL,
        "scope": "User.Read",
    }
    assert (await graph.app(MANAGE).post(GRANTS, {**body, **more})).status == status
    assert graph.tenant.consents == before


async def test_people_need_a_role_to_change_grants(graph: Graph) -> None:
    bot = graph.tenant.apps[BOT_APP_ID].object_id
    (found,) = await graph.app(MANAGE).values(f"{GRANTS}?$filter=clientId eq '{bot}'")
    one = f"{GRANTS}/{found['id']}"
    assert (await graph.person("requester", MANAGE).call("DELETE", one)).status == 403
    assert (await graph.person("admin", MANAGE).call("DELETE", one)).status == 204
