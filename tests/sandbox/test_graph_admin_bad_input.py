"""Whatever is sent to a write of entitlement management, the answer is one of Graph's, never a failure of its own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.graph.operations import Operation
from sandbox.graph.table_administration import ADMINISTRATION
from sandbox.tenant.settings import group_members, manager, policy_settings, stage
from tests.sandbox.graph_support import EM, Graph, serve_graph
from tests.support.graph_metadata import VARIABLE, find_metadata

WRITES = [found for found in ADMINISTRATION if found.method in ("POST", "PUT", "PATCH")]
WORDS = (
    "",
    "x",
    "-1",
    "P1D",
    "PT0S",
    "P99999999999999999999Y",
    "2026-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9999999-14:00",
    "adminAdd",
    "AadGroup",
    "specificDirectoryUsers",
    "#microsoft.graph.singleUser",
    "#microsoft.graph.attributeRuleMembers",
    "assignmentRequestCreated",
    "https://graph.microsoft.com/v1.0/users/x",
    "/AccessPackageCatalog/",
    "\u0000",
    "\ud7ff",
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.sampled_from(WORDS)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("id", "x", "type")), inner)),
    max_leaves=6,
)


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def example(graph: Graph) -> dict[str, Any]:
    """Members of every body there is, so that any write finds something that it knows."""
    package = graph.package("Sales data")
    group = next(iter(graph.tenant.groups.values()))
    body = policy_settings(
        "specificDirectoryUsers", stages=[stage([manager()], escalation="P2D", alternates=[manager(2)])]
    )
    body["specificAllowedTargets"] = [group_members(group)]
    return {
        **body,
        "@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension",
        "@odata.id": f"https://graph.microsoft.com/v1.0/groups/{group.id}",
        "displayName": "Anything",
        "accessPackage": {"id": package.id},
        "catalog": {"id": package.catalog_id},
        "requestType": "adminAdd",
        "resource": {"originId": group.id, "originSystem": "AadGroup"},
        "role": {"id": package.role_scopes[0].role_id},
        "scope": {"id": package.role_scopes[0].scope_id},
        "identitySources": [{"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": "x.example"}],
        "principalId": graph.id_of("lead"),
        "roleDefinitionId": "ae79f266-94d4-4dab-b730-feca7e132178",
        "appScopeId": f"/AccessPackageCatalog/{package.catalog_id}",
        "endpointConfiguration": {
            "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
            "url": "https://x.example",
        },
        "callbackConfiguration": {"timeoutDuration": "PT1H"},
        "data": {"state": "denied"},
    }


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every member of a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, member in members for found in ((*way, key), *places(member, (*way, key)))]


def changed(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    """The same JSON value with another member at the end of a way."""
    if not way:
        return new
    key, *rest = way
    if isinstance(value, dict):
        return {**value, key: changed(value[key], tuple(rest), new)}
    return [changed(item, tuple(rest), new) if index == key else item for index, item in enumerate(value)]


def filled(graph: Graph, operation: Operation) -> str:
    tenant = graph.tenant
    known = {
        f"{EM}/catalogs": graph.package("Sales data").catalog_id,
        f"{EM}/accessPackages": graph.package("Sales data").id,
        f"{EM}/assignmentPolicies": tenant.policies_of(graph.package("Sales data").id)[0].id,
        f"{EM}/assignmentRequests": next(iter(tenant.requests)),
        f"{EM}/connectedOrganizations": next(iter(tenant.connected_organizations)),
    }
    path = operation.path.replace("{id}", known.get(operation.path.partition("/{id}")[0], "x"), 1)
    return re.sub(r"\{\w+\}", "x", path)


@pytest.mark.parametrize("operation", WRITES, ids=lambda found: f"{found.method} {found.path}")
async def test_no_body_makes_a_write_fail(graph: Graph, operation: Operation) -> None:
    """Bodies that are almost right, and bodies that are nothing at all; unknown members are not what is tested."""
    graph.world.options.unknown_properties = "ignore"
    caller = graph.person("admin")
    path, base = filled(graph, operation), example(graph)
    bodies: list[Any] = []

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(places(base)), VALUES)
    def draw(way: tuple[Any, ...], new: Any) -> None:
        bodies.append(changed(base, way, new))

    draw()
    for body in [*bodies, base, {}, [], None, 7, "x"]:
        if operation.path.endswith("$ref") and isinstance(body, dict):
            body = {name: member for name, member in body.items() if name == "@odata.id"}
        answer = await caller.call(operation.method, path, body)
        assert answer.status < 500, (body, answer.body)


@pytest.mark.skipif(find_metadata() is None, reason=f"{VARIABLE} names no folder with Microsoft's published files")
async def test_what_was_taken_can_be_read_again(graph: Graph) -> None:
    """Every policy that got in is shown in the published shape."""
    caller, base = graph.person("admin"), example(graph)
    keys = ("displayName", "accessPackage", *policy_settings())
    whole = {name: base[name] for name in keys}
    whole["allowedTargetScope"] = "specificDirectoryUsers"
    taken = 0
    bodies: list[Any] = []

    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(places(whole)), VALUES)
    def draw(way: tuple[Any, ...], new: Any) -> None:
        bodies.append(changed(whole, way, new))

    draw()
    for body in bodies:
        answer = await caller.post(f"{EM}/assignmentPolicies", body)
        taken += answer.status == 201
    assert taken > 5
    assert (await caller.get(f"{EM}/assignmentPolicies?$expand=questions,customExtensionStageSettings")).status == 200


async def test_a_body_that_is_no_json_is_refused(graph: Graph) -> None:
    caller = graph.person("admin")
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"displayName":"x"}', "text/plain", 415),
        (b"x" * 1_000_001, "application/json", 413),
    ):
        headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": kind}
        answer: httpx.Response = await graph.http.post(f"/v1.0{EM}/catalogs", content=content, headers=headers)
        assert answer.status_code == status
