"""The audit log: who decided what, and why; late, and not without end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.graph.audited import ACTIVITIES
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.table import OPERATIONS
from sandbox.tenant.identity import WRITER_APP_ID
from tests.sandbox.graph_support import EM, SELF, WRITE, Graph, serve_graph
from tests.sandbox.review_support import begin, where

LOG = "/auditLogs/directoryAudits"
READER = ("AuditLog.Read.All",)


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        served.world.options.reports_units_per_10s = 0
        yield served


async def ask(graph: Graph, name: str, who: str = "requester") -> str:
    body = {
        "requestType": "userAdd",
        "assignment": {"accessPackageId": graph.package(name).id},
        "justification": "Q3 forecast",
    }
    made = await graph.person(who, (SELF,)).post(f"{EM}/assignmentRequests", body)
    assert made.status == 201, made.body
    graph.advance(seconds=1)
    return str(made.body["id"])


async def decide(graph: Graph, request_id: str, who: str, result: str, why: str) -> None:
    caller = graph.person(who, (WRITE,))
    stages = await caller.values(f"{EM}/accessPackageAssignmentApprovals/{request_id}/stages")
    stage = next(one for one in stages if one["status"] == "InProgress")
    body = {"reviewResult": result, "justification": why}
    where_it_is = f"{EM}/accessPackageAssignmentApprovals/{request_id}/stages/{stage['id']}"
    assert (await caller.patch(where_it_is, body)).status == 204


async def records(graph: Graph, request_id: str) -> list[dict[str, Any]]:
    found = await graph.app(READER).values(f"{LOG}?$filter=correlationId eq '{request_id}'")
    return list(reversed(found))


async def test_an_approval_is_kept_with_its_actor_and_reason_minutes_later(graph: Graph) -> None:
    request_id = await ask(graph, "Sales data")
    await decide(graph, request_id, "manager", "Approve", "She sells")
    assert await records(graph, request_id) == []
    graph.advance(minutes=4)
    found = await records(graph, request_id)
    assert [one["activityDisplayName"] for one in found] == [
        "User requests access package assignment",
        "Approve access package assignment request",
        "Ready to fulfill access package assignment request",
        "Fulfill access package assignment request",
    ]
    asked, approved = found[:2]
    assert asked["initiatedBy"]["user"]["id"] == graph.id_of("requester")
    assert asked["additionalDetails"] == [{"key": "Justification", "value": "Q3 forecast"}]
    assert approved["initiatedBy"]["user"]["displayName"] == "Marc Manager"
    assert approved["additionalDetails"] == [{"key": "Justification", "value": "She sells"}]
    assert approved["category"] == "EntitlementManagement"
    assert approved["loggedByService"] == "Entitlement Management"
    assert approved["result"] == "success"
    assert {one["id"] for one in approved["targetResources"]} >= {
        graph.package("Sales data").id,
        graph.id_of("requester"),
    }
    assert (await graph.app(READER).get(f"{LOG}/{approved['id']}")).body["id"] == approved["id"]


async def test_denials_stages_cancellations_and_lapses_are_told_apart(graph: Graph) -> None:
    staged = await ask(graph, "Finance reports")
    await decide(graph, staged, "manager", "Approve", "")
    graph.advance(seconds=1)
    await decide(graph, staged, "approver", "Deny", "No budget")
    canceled = await ask(graph, "Sales data")
    assert (await graph.person("requester", (SELF,)).post(f"{EM}/assignmentRequests/{canceled}/cancel")).status == 204
    lapsed = await ask(graph, "Audit archive")
    graph.advance(days=15)
    names = [one["activityDisplayName"] for one in await records(graph, staged)]
    assert names[1:] == [
        "Approval stage completed for access package assignment request",
        "Deny access package assignment request",
    ]
    assert (await records(graph, canceled))[-1]["activityDisplayName"] == "Cancel access package assignment request"
    ended = (await records(graph, lapsed))[-1]
    assert ended["activityDisplayName"].startswith("Access package assignment request timed out")
    assert ended["result"] == "failure"
    assert ended["initiatedBy"]["user"] is None


async def test_applications_and_the_service_itself_are_actors(graph: Graph) -> None:
    package = graph.package("Office map")
    wanted = {
        "targetId": graph.id_of("requester"),
        "assignmentPolicyId": graph.tenant.policies_of(package.id)[0].id,
        "accessPackageId": package.id,
    }
    body = {"requestType": "adminAdd", "assignment": wanted}
    made = await graph.app((WRITE,), app_id=WRITER_APP_ID).post(f"{EM}/assignmentRequests", body)
    graph.advance(minutes=5)
    found = await records(graph, made.body["id"])
    assert found[0]["activityDisplayName"] == "Administrator directly assigns user to access package"
    assert found[0]["initiatedBy"]["app"]["appId"] == WRITER_APP_ID
    assert found[1]["activityDisplayName"] == "Auto approve access package assignment request"
    assert found[1]["initiatedBy"]["app"]["displayName"] == "Entitlement Management"


async def test_review_decisions_are_kept_too(graph: Graph) -> None:
    begun = begin(graph)
    lena = graph.person("lead", ("AccessReview.ReadWrite.All",))
    await lena.patch(f"{where(begun)}/decisions/{begun.items[0].id}", {"decision": "Deny", "justification": "Left"})
    graph.advance(minutes=4)
    (found,) = await graph.app(READER).values(f"{LOG}?$filter=loggedByService eq 'Access Reviews'")
    assert found["activityDisplayName"] == "Deny decision"
    assert found["initiatedBy"]["user"]["id"] == graph.id_of("lead")


async def test_the_log_is_filtered_by_what_is_documented(graph: Graph) -> None:
    request_id = await ask(graph, "Office map")
    graph.advance(minutes=5)
    app = graph.app(READER)
    rita, package = graph.id_of("requester"), graph.package("Office map").id
    for query in (
        f"initiatedBy/user/id eq '{rita}'",
        "initiatedBy/user/displayName eq 'Rita Requester'",
        "startswith(initiatedBy/user/userPrincipalName, 'rita')",
        f"targetResources/any(t:t/id eq '{package}') and activityDateTime ge 2026-11-02T09:00:00Z",
        "activityDateTime ge 2026-11-02T09:00:00Z and startswith(activityDisplayName, 'User requests')",
    ):
        found = await app.values(f"{LOG}?$filter={query}")
        assert request_id in {one["correlationId"] for one in found}, query
    assert await app.values(f"{LOG}?$filter=category eq 'GroupManagement'") == []
    ordered = [one["activityDateTime"] for one in await app.values(f"{LOG}?$orderby=activityDateTime")]
    assert ordered == sorted(ordered)
    assert len((await app.get(f"{LOG}?$top=3")).values) == 3
    for wrong in ("result eq 'success'", "operationType eq 'x'", "targetResources/any(t:t/type eq 'User')"):
        answer = await app.get(f"{LOG}?$filter={wrong}")
        assert answer.status == 400, wrong
    assert (await app.get(f"{LOG}?$expand=targetResources")).status == 400
    assert (await app.get(f"{LOG}/nothing")).status == 404


async def test_only_some_roles_read_the_log(graph: Graph) -> None:
    assert (await graph.person("requester", READER).get(LOG)).status == 403
    assert (await graph.person("auditor", READER).get(LOG)).status == 200
    assert (await graph.app(("User.Read.All",)).get(LOG)).status == 403


async def test_old_records_are_forgotten(graph: Graph) -> None:
    request_id = await ask(graph, "Office map")
    graph.advance(days=29)
    assert len(await records(graph, request_id)) > 0
    graph.advance(days=2)
    assert await records(graph, request_id) == []


async def test_five_requests_in_ten_seconds_are_all_there_are(graph: Graph) -> None:
    graph.world.options.reports_units_per_10s = 5
    app = graph.app(READER)
    answers = [await app.get(f"{LOG}?$top=1") for _ in range(8)]
    refused = next(answer for answer in answers[5:] if answer.status == 429)
    assert [answer.status for answer in answers[:5]] == [200] * 5
    assert 0 < float(refused.headers["Retry-After"]) <= 10
    assert (await graph.app(("User.Read.All",)).get("/users?$top=1")).status == 200


async def test_what_happened_before_the_start_is_in_the_log(graph: Graph) -> None:
    Entitlement(graph.world).settle()
    found = await graph.app(READER).values(f"{LOG}?$select=activityDisplayName,activityDateTime")
    assert "Deny access package assignment request" in {one["activityDisplayName"] for one in found}
    assert all(set(one) == {"activityDisplayName", "activityDateTime"} for one in found)
    assert min(one["activityDateTime"] for one in found) >= "2026-10-03"


async def test_what_administrators_change_is_kept_by_who_and_what(graph: Graph) -> None:
    admin = graph.person("admin", (WRITE,))
    made = await admin.post(f"{EM}/catalogs", {"displayName": "Audited"})
    where_it_is = f"{EM}/catalogs/{made.body['id']}"
    assert (await admin.patch(where_it_is, {"description": "Changed"})).status == 204
    assert (await admin.post(f"{EM}/catalogs", {})).status == 400
    assert (await admin.call("DELETE", where_it_is)).status == 204
    writer = graph.app((WRITE,), WRITER_APP_ID)
    package = {"displayName": "By an app", "catalog": {"id": next(iter(graph.tenant.catalogs))}}
    assert (await writer.post(f"{EM}/accessPackages", package)).status == 201
    graph.advance(minutes=4)
    found = await graph.app(READER).values(f"{LOG}?$filter=category eq 'EntitlementManagement'&$top=4")
    newest = list(reversed(found[:4]))
    told = [(one["activityDisplayName"], one["targetResources"][0]["displayName"]) for one in newest]
    assert told == [
        ("Create access package catalog", "Audited"),
        ("Update access package catalog", "Audited"),
        ("Delete access package catalog", "Audited"),
        ("Create access package", "By an app"),
    ]
    by = [one["initiatedBy"] for one in newest]
    assert by[0]["user"]["id"] == graph.id_of("admin")
    assert by[3]["app"]["displayName"] == "Doorman Writer"


def test_every_write_that_is_kept_is_a_write_that_there_is() -> None:
    known = {(each.method, each.path) for each in OPERATIONS}
    assert known >= ACTIVITIES.keys()
