"""Graph as a web service: paths, methods, bodies, headers, throttling and batches."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.faults import Fault
from sandbox.graph.odata.options import QueryOptions
from sandbox.graph.operations import Operation
from sandbox.graph.problems import GraphProblem
from sandbox.graph.table import OPERATIONS
from sandbox.graph.throttle import Throttle, price
from sandbox.services import Service
from sandbox.world import Options
from tests.sandbox.graph_support import EM, SELF, WRITE, Graph, serve_graph


@dataclass
class Narrow(Options):
    """A tenant in which little may be asked of entitlement management."""

    entitlement_units_per_10s: int = 3


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("GET", "/teams", 404, "'teams'"),
        ("GET", "/users/x/calendar", 404, "'calendar'"),
        ("GET", "/users/$count", 404, "'$count'"),
        ("GET", f"{EM}/accessPackageCatalogs", 404, "'accessPackageCatalogs'"),
        ("GET", f"{EM}", 404, "'entitlementManagement'"),
        ("GET", f"{EM}/accessPackages/filterByCurrentUser(of='x')", 404, "'filterByCurrentUser(of='x')'"),
        ("GET", f"{EM}/accessPackages/filterByCurrentUser(on=allowedRequestor)", 404, "filterByCurrentUser"),
        ("GET", f"{EM}/accessPackages/filterByCurrentUser(on='approver')", 400, "'approver'"),
        ("GET", f"{EM}/accessPackages/x/getApplicablePolicyRequirements", 405, "'GET'"),
        ("PATCH", f"{EM}/assignmentPolicies/x", 405, "'PATCH'"),
        ("DELETE", "/me", 405, "'DELETE'"),
        ("OPTIONS", "/me", 405, "'OPTIONS'"),
        ("GET", f"{EM}/accessPackages/x", 403, "privileges"),
        ("GET", f"{EM}/assignmentRequests/filterByCurrentUser(on='mine')", 400, "'mine'"),
        ("POST", f"{EM}/accessPackages/x/getApplicablePolicyRequirements", 404, "'x'"),
    ],
)
async def test_what_does_not_exist_is_named(graph: Graph, method: str, path: str, status: int, word: str) -> None:
    answer = await graph.person("requester").call(method, path)
    assert answer.status == status
    assert word in answer.message
    if status == 405:
        assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')",
        f"{EM}/accessPackages/filterByCurrentUser(on=%27allowedRequestor%27)",
        f"{EM}/accessPackages/filterByCurrentUser%28on%3D%27allowedRequestor%27%29",
        f"{EM}/accessPackages/microsoft.graph.filterByCurrentUser(on='AllowedRequestor')",
        f"{EM}/ACCESSPACKAGES/FilterByCurrentUser(on='allowedRequestor')",
    ],
)
async def test_functions_are_found_in_every_spelling(graph: Graph, path: str) -> None:
    assert (await graph.person("requester").get(path)).status == 200


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b'{"requestType": NaN}', "application/json", 400),
        (b'{"justification": "\\ud800"}', "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b'{"a": "' + b"x" * 1_100_000 + b'"}', "application/json", 413),
        (b'{"requestType": "userAdd", "shoeSize": 43}', "application/json; charset=utf-8", 400),
    ],
)
async def test_bodies_that_cannot_be_read(graph: Graph, content: bytes, kind: str, status: int) -> None:
    caller = graph.person("requester", [SELF])
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": kind}
    answer = await graph.http.post(f"/v1.0{EM}/assignmentRequests", content=content, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "innerError"}


@pytest.mark.parametrize(
    ("named", "extra"),
    [
        ("shoeSize", {"shoeSize": 43}),
        ("assignment/mood", {"assignment": {"mood": "good"}}),
        ("assignment/target/age", {"assignment": {"target": {"age": 43}}}),
        ("schedule/expiration/until", {"schedule": {"expiration": {"until": "P1D"}}}),
        ("answers/text", {"answers": [{"text": "x"}]}),
    ],
)
async def test_an_unknown_property_of_a_request_is_named_or_does_no_harm(
    graph: Graph, named: str, extra: dict[str, Any]
) -> None:
    wanted = {"accessPackageId": graph.package("Office map").id, **extra.get("assignment", {})}
    body = {"requestType": "userAdd", **extra, "assignment": wanted}
    rita = graph.person("requester", [SELF])
    refused = await rita.post(f"{EM}/assignmentRequests", body)
    assert (refused.status, refused.code) == (400, "UnknownProperty")
    assert f"'{named}'" in refused.body["error"]["message"]
    graph.world.options.unknown_properties = "ignore"
    assert "UnknownProperty" not in str((await rita.post(f"{EM}/assignmentRequests", body)).body)


async def test_an_unknown_property_of_a_decision_is_named(graph: Graph) -> None:
    path = f"{EM}/accessPackageAssignmentApprovals/x/stages/y"
    refused = await graph.person("manager", [WRITE]).patch(path, {"reviewResult": "Approve", "comment": "Yes"})
    assert (refused.status, refused.code) == (400, "UnknownProperty")
    assert "'comment'" in refused.body["error"]["message"]


async def test_a_request_with_what_the_documentation_s_examples_have_is_taken(graph: Graph) -> None:
    wanted = {
        "accessPackageId": graph.package("Office map").id,
        "schedule": {"startDateTime": None, "stopDateTime": None},
    }
    body: dict[str, Any] = {"requestType": "userAdd", "assignment": wanted, "answers": [], "isValidationOnly": None}
    assert (await graph.person("requester", [SELF]).post(f"{EM}/assignmentRequests", body)).status == 201


async def test_answers_carry_graphs_headers(graph: Graph) -> None:
    answer = await graph.person("requester").get("/me", client_request_id="my-own-id")
    assert answer.headers["client-request-id"] == "my-own-id"
    assert len(answer.headers["request-id"]) == 36
    assert answer.headers["Date"] == "Mon, 02 Nov 2026 09:00:00 GMT"
    assert answer.headers["x-ms-resource-unit"] == "1"
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    failed = await graph.person("requester").get("/nothing", client_request_id="my-own-id")
    assert failed.body["error"]["innerError"]["client-request-id"] == "my-own-id"
    assert failed.body["error"]["innerError"]["request-id"] == failed.headers["request-id"]


async def test_guests_are_invited_once(graph: Graph) -> None:
    app = graph.app(["User.Invite.All"])
    body = {"invitedUserEmailAddress": "ann@fabrikam.example", "inviteRedirectUrl": "https://woodgrove.example"}
    first = await app.post("/invitations", {**body, "invitedUserDisplayName": "Ann Other"})
    again = await app.post("/invitations?$expand=invitedUser", body)
    assert (first.status, first.body["status"]) == (201, "PendingAcceptance")
    assert again.status == 400
    guests = [user for user in graph.tenant.users.values() if user.mail == "ann@fabrikam.example"]
    assert [(guest.display_name, guest.user_type) for guest in guests] == [("Ann Other", "Guest")]
    for wrong in ({}, {**body, "invitedUserEmailAddress": "ann"}, {**body, "inviteRedirectUrl": "somewhere"}):
        assert (await app.post("/invitations", wrong)).status == 400


def _part(number: int, url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": method, "url": url, **more}


async def _batch(graph: Graph, *parts: dict[str, Any]) -> dict[str, Any]:
    answer = await graph.app().post("/$batch", {"requests": list(parts)})
    assert answer.status == 200, answer.body
    return {part["id"]: part for part in answer.body["responses"]}


async def test_a_batch_answers_every_part_in_any_order(graph: Graph) -> None:
    users = list(graph.tenant.users)[:20]
    asked = {"requests": [_part(index, f"/users/{user}?$select=id") for index, user in enumerate(users)]}
    orders = []
    for _ in range(2):
        answer = await graph.app().post("/$batch", asked)
        parts = answer.body["responses"]
        orders.append([part["id"] for part in parts])
        assert {part["id"]: part["body"]["id"] for part in parts} == {str(i): user for i, user in enumerate(users)}
    assert orders[0] != orders[1]
    assert sorted(orders[0], key=int) != orders[0]


async def test_a_batch_shows_in_the_log_as_one_call_with_its_parts(graph: Graph) -> None:
    await _batch(graph, _part(1, "/users?$top=1"), _part(2, "/groups?$top=1"))
    *parts, envelope = graph.world.graph_log.entries
    assert [(part.path, part.batch) for part in parts] == [("/v1.0/users", 1), ("/v1.0/groups", 1)]
    assert (envelope.path, envelope.batch, envelope.status) == ("/v1.0/$batch", None, 200)


async def test_parts_of_a_batch_fail_for_themselves(graph: Graph) -> None:
    graph.world.faults.add(
        Fault(Service.GRAPH, "status", status=429, retry_after=2.128, path=r"^/v1.0/users\?", times=1)
    )
    found = await _batch(
        graph,
        _part(1, "/users?$top=1"),
        _part(2, "users?$top=1"),
        _part(3, "/nothing"),
        _part(4, "/me"),
        _part(5, f"{EM}/catalogs?$filter=displayName eq 'Company'&$select=displayName"),
    )
    assert {key: part["status"] for key, part in found.items()} == {"1": 429, "2": 200, "3": 404, "4": 403, "5": 200}
    assert found["1"]["headers"]["Retry-After"] == "2.128"
    assert found["5"]["body"]["value"] == [{"displayName": "Company"}]


async def test_parts_wait_for_those_they_depend_on(graph: Graph) -> None:
    found = await _batch(
        graph,
        _part(1, "/nothing"),
        _part(2, "/users?$top=1", dependsOn=["1"]),
        _part(3, "/users?$top=1", dependsOn=["2"]),
    )
    assert {key: part["status"] for key, part in found.items()} == {"1": 404, "2": 424, "3": 424}


async def test_a_write_in_a_batch_has_a_body_and_says_of_what_kind(graph: Graph) -> None:
    rita = graph.person("requester", [SELF])
    where = f"{EM}/accessPackages/{graph.package('Sales data').id}/getApplicablePolicyRequirements"
    json_kind = {"Content-Type": "application/json"}
    lacking: list[dict[str, Any]] = [{}, {"body": {}}, {"headers": json_kind}]
    for more in lacking:
        refused = await rita.post("/$batch", {"requests": [_part(1, where, "POST", **more)]})
        assert refused.status == 400
        assert "Content-Type header or body" in refused.message
    answer = await rita.post("/$batch", {"requests": [_part(1, where, "POST", body={}, headers=json_kind)]})
    assert [part["status"] for part in answer.body["responses"]] == [200]


@pytest.mark.parametrize(
    "envelope",
    [
        {},
        {"requests": []},
        {"requests": "x"},
        {"requests": ["x"]},
        {"requests": [_part(index, "/me") for index in range(21)]},
        {"requests": [_part(1, "/me"), _part(1, "/me")]},
        {"requests": [{**_part(1, "/me"), "id": "a"}, {**_part(1, "/me"), "id": "A"}]},
        {"requests": [{"id": 1, "method": "GET", "url": "/me"}]},
        {"requests": [_part(1, "https://graph.example/v1.0/me")]},
        {"requests": [_part(1, "/$batch", "POST", body={}, headers={"Content-Type": "application/json"})]},
        {"requests": [_part(1, "/me", "BREW")]},
        {"requests": [_part(1, "/me", headers={"a": 1})]},
        {"requests": [_part(1, "/me", dependsOn=["2"]), _part(2, "/me")]},
        {"requests": [_part(1, "/me", dependsOn="2")]},
    ],
)
async def test_malformed_batches_are_refused_whole(graph: Graph, envelope: dict[str, Any]) -> None:
    answer = await graph.app().post("/$batch", envelope)
    assert (answer.status, answer.code) == (400, "BadRequest")


async def test_a_batch_needs_a_token_and_is_posted(graph: Graph) -> None:
    assert (await graph.nobody().post("/$batch", {"requests": [_part(1, "/me")]})).status == 401
    assert (await graph.app().get("/$batch")).status == 404


def _operation(path: str) -> Operation:
    return next(found for found in OPERATIONS if found.path == path and found.method == "GET")


@pytest.mark.parametrize(
    ("path", "options", "units"),
    [
        ("/users", QueryOptions(), 2),
        ("/users", QueryOptions(given=frozenset({"$select"})), 1),
        ("/users", QueryOptions(given=frozenset({"$expand"})), 3),
        ("/users", QueryOptions(given=frozenset({"$select", "$top"}), top=5), 1),
        ("/groups/{id}/transitiveMembers", QueryOptions(), 5),
        ("/groups/{id}/members", QueryOptions(given=frozenset({"$top"}), top=999), 3),
    ],
)
def test_calls_have_the_published_prices(path: str, options: QueryOptions, units: int) -> None:
    assert price(_operation(path), options) == units


def test_throttling_lets_callers_in_again_when_it_said() -> None:
    moment = 100.0
    throttle = Throttle(lambda: moment)
    for _ in range(10):
        throttle.spend("app", "entitlement", 1, 10)
    throttle.spend("other app", "entitlement", 1, 10)
    with pytest.raises(GraphProblem) as refused:
        throttle.spend("app", "entitlement", 1, 10)
    assert refused.value.status == 429
    wait = float(refused.value.headers["Retry-After"])
    assert 0 < wait <= 1
    moment += wait
    assert float(throttle.spend("app", "entitlement", 1, 10)["x-ms-throttle-limit-percentage"]) >= 0.8
    assert throttle.spend("app", "entitlement", 1000, 0) == {}


async def test_an_application_that_asks_too_much_is_told_when_to_come_back(graph: Graph) -> None:
    graph.world.options = Narrow()
    app, rita = graph.app(), graph.person("requester", [SELF, "User.Read"])
    statuses = [(await app.get(f"{EM}/catalogs?$select=id")).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = await app.get(f"{EM}/catalogs?$select=id")
    assert refused.code == "TooManyRequests"
    assert refused.body["error"]["innerError"]["code"] == "429"
    assert 0 < float(refused.headers["Retry-After"]) <= 10
    assert (await app.get("/users?$select=id")).status == 200
    assert (await rita.get(f"{EM}/assignments/filterByCurrentUser(on='target')")).status == 429
    parts = await _batch(graph, _part(1, f"{EM}/catalogs"), _part(2, "/users?$top=1"))
    assert {key: part["status"] for key, part in parts.items()} == {"1": 429, "2": 200}
    assert "Retry-After" in parts["1"]["headers"]


async def test_the_json_of_answers_is_plain(graph: Graph) -> None:
    caller = graph.app()
    raw = await graph.http.get(f"/v1.0{EM}/accessPackages", headers={"Authorization": f"Bearer {caller.token}"})
    assert json.loads(raw.content)["value"]
