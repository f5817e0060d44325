"""Who is in which group, objects by id, and what a person has licences for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.tenant.identity import BOT_APP_ID
from sandbox.tenant.model import Group
from tests.sandbox.graph_support import Caller, Graph, serve_graph

MEMBERS = ("GroupMember.Read.All", "User.Read.All", "Directory.Read.All")


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
def app(graph: Graph) -> Caller:
    return graph.app(MEMBERS)


@pytest.fixture
def nested(graph: Graph) -> tuple[Group, Group]:
    """Rita is in the first group, which is in the second, which is no security group."""
    inner, outer = Group("g-inner", "Inner"), Group("g-outer", "Outer", security_enabled=False)
    inner.member_ids[graph.id_of("requester")] = None
    outer.member_ids[inner.id] = None
    graph.tenant.groups |= {inner.id: inner, outer.id: outer}
    return inner, outer


async def test_direct_and_nested_groups_are_told_apart(graph: Graph, app: Caller, nested: tuple[Group, Group]) -> None:
    inner, outer = nested
    rita = f"/users/{graph.id_of('requester')}"
    direct = {one["id"] for one in await app.values(f"{rita}/memberOf")}
    everything = {one["id"] for one in await app.values(f"{rita}/transitiveMemberOf")}
    assert (inner.id in direct, outer.id in direct, outer.id in everything) == (True, False, True)
    assert direct == {one["id"] for one in await app.values(f"{rita}/memberOf/microsoft.graph.group")}
    assert [one["id"] for one in await app.values(f"/groups/{inner.id}/memberOf")] == [outer.id]
    assert [one["id"] for one in await app.values(f"/groups/{inner.id}/transitiveMemberOf")] == [outer.id]
    own = graph.person("requester", ("User.Read",))
    assert {one["id"] for one in await own.values("/me/memberOf")} == direct
    assert (await own.get(f"/users/{graph.id_of('manager')}/memberOf")).status == 403
    assert (await graph.app(("User.Read.All",)).get(f"{rita}/memberOf")).status == 403


async def test_groups_are_asked_for_by_id(graph: Graph, app: Caller, nested: tuple[Group, Group]) -> None:
    inner, outer = nested
    rita = f"/users/{graph.id_of('requester')}"
    every = await app.post(f"{rita}/getMemberGroups", {"securityEnabledOnly": False})
    assert {inner.id, outer.id} <= set(every.values)
    security = await app.post(f"{rita}/getMemberGroups", {"securityEnabledOnly": True})
    assert set(every.values) - set(security.values) == {outer.id}
    assert (await app.post(f"{rita}/getMemberObjects", {})).values == every.values
    for path, body in (
        (f"{rita}/checkMemberObjects", {"ids": [outer.id, "nobody"]}),
        (f"/groups/{inner.id}/checkMemberGroups", {"groupIds": [outer.id]}),
        (f"/directoryObjects/{inner.id}/checkMemberGroups", {"groupIds": [outer.id]}),
    ):
        assert (await app.post(path, body)).values == [outer.id]
    wrong: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"/groups/{inner.id}/getMemberGroups", {"securityEnabledOnly": True}),
        (f"{rita}/getMemberGroups", {"securityEnabledOnly": "yes"}),
        (f"{rita}/checkMemberObjects", {"ids": ["x"] * 21}),
        (f"{rita}/checkMemberObjects", {}),
    )
    for path, refused in wrong:
        assert (await app.post(path, refused)).status == 400
    assert (await app.post("/users/nobody/getMemberGroups", {})).status == 404
    own = graph.person("requester", ("User.Read",))
    assert (await own.post("/me/getMemberGroups", {"securityEnabledOnly": False})).values == every.values


async def test_objects_of_any_kind_by_their_ids(graph: Graph, app: Caller, nested: tuple[Group, Group]) -> None:
    bot, rita = graph.tenant.apps[BOT_APP_ID].object_id, graph.id_of("requester")
    ids = [rita, nested[0].id, bot, "nobody", rita]
    found = (await app.post("/directoryObjects/getByIds", {"ids": ids})).values
    assert [(one["@odata.type"].rpartition(".")[2], one["id"]) for one in found] == [
        ("user", rita),
        ("group", nested[0].id),
        ("servicePrincipal", bot),
    ]
    groups = await app.post("/directoryObjects/getByIds", {"ids": ids, "types": ["Group"]})
    assert [one["id"] for one in groups.values] == [nested[0].id]
    assert (await app.get(f"/directoryObjects/{bot}")).body["appId"] == BOT_APP_ID
    for body in ({"ids": ["x"] * 1001}, {"ids": [], "types": ["device"]}, {"types": ["user"]}, {"id": [rita]}):
        assert (await app.post("/directoryObjects/getByIds", body)).status == 400
    assert (await app.get("/directoryObjects/nobody")).status == 404


async def test_licences_are_those_of_the_tenant_and_not_for_guests(graph: Graph) -> None:
    reader = graph.app(("LicenseAssignment.Read.All",))
    held = await reader.values(f"/users/{graph.id_of('requester')}/licenseDetails")
    assert [one["skuPartNumber"] for one in held] == ["AAD_PREMIUM_P2", "Microsoft_Entra_ID_Governance"]
    assert await reader.values(f"/users/{graph.id_of('guest')}/licenseDetails") == []
    graph.world.options.licence = "P2"
    own = graph.person("requester", ("User.Read",))
    assert [one["skuPartNumber"] for one in await own.values("/me/licenseDetails")] == ["AAD_PREMIUM_P2"]
