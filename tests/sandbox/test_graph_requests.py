"""The life of a request as Graph tells it over HTTP, to each of the people in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sandbox.graph_support import EM, SELF, Answer, Caller, Graph, serve_graph

APPROVALS = f"{EM}/accessPackageAssignmentApprovals"
REQUESTS = f"{EM}/assignmentRequests"
DETAILS = "$expand=requestor,accessPackage,assignment($expand=target)"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


async def ask(caller: Caller, package_id: str, **more: Any) -> Answer:
    body = {
        "requestType": "userAdd",
        "justification": "For the forecast",
        "assignment": {"accessPackageId": package_id},
    }
    return await caller.post(REQUESTS, {**body, **more})


async def stages(caller: Caller, request_id: str) -> list[Any]:
    answer = await caller.get(f"{APPROVALS}/{request_id}/stages")
    assert answer.status == 200
    return answer.values


async def decide(caller: Caller, request_id: str, result: str = "Approve") -> Answer:
    shown = await stages(caller, request_id)
    current = next(stage for stage in shown if stage["status"] == "InProgress" and stage["assignedToMe"])
    body = {"reviewResult": result, "justification": "As discussed"}
    return await caller.patch(f"{APPROVALS}/{request_id}/stages/{current['id']}", body)


async def state_of(graph: Graph, request_id: str) -> tuple[str, str]:
    found = (await graph.app().get(f"{REQUESTS}/{request_id}")).body
    return found["state"], found["status"]


async def test_from_the_list_of_packages_to_delivered_access(graph: Graph) -> None:
    rita, marc = graph.person("requester", [SELF]), graph.person("manager")
    offered = await rita.values(f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')")
    package = next(found for found in offered if found["displayName"] == "Sales data")
    requirements = await rita.post(f"{EM}/accessPackages/{package['id']}/getApplicablePolicyRequirements")
    assert [found["isApprovalRequiredForAdd"] for found in requirements.values] == [True]
    assert requirements.values[0]["schedule"]["expiration"]["duration"] == "P90D"

    made = await ask(rita, package["id"])
    assert made.status == 201
    assert (made.body["state"], made.body["status"], made.body["createdDateTime"]) == ("submitted", "Accepted", None)
    request_id = made.body["id"]

    graph.advance(seconds=1)
    inbox = await marc.values(f"{REQUESTS}/filterByCurrentUser(on='approver')?{DETAILS}")
    waiting = next(found for found in inbox if found["id"] == request_id)
    assert waiting["requestor"]["objectId"] == graph.id_of("requester")
    assert waiting["requestor"]["id"] != graph.id_of("requester")
    assert waiting["assignment"]["target"]["displayName"] == "Rita Requester"
    assert waiting["justification"] == "For the forecast"
    assert waiting["createdDateTime"] is not None

    assert (await decide(marc, request_id)).status == 204
    assert await state_of(graph, request_id) == ("delivering", "Delivering")
    graph.advance(seconds=5)
    assert await state_of(graph, request_id) == ("delivered", "Fulfilled")
    mine = await rita.values(f"{EM}/assignments/filterByCurrentUser(on='target')?$expand=accessPackage")
    assert [(held["accessPackage"]["displayName"], held["state"]) for held in mine] == [("Sales data", "delivered")]
    seen = (await stages(marc, request_id))[0]
    assert (seen["status"], seen["reviewResult"], seen["justification"]) == ("Completed", "Approved", "As discussed")
    assert seen["reviewedBy"] == {"id": graph.id_of("manager"), "displayName": "Marc Manager"}


async def test_the_second_decision_of_a_stage_comes_too_late(graph: Graph) -> None:
    rita, sam, lena = graph.person("requester"), graph.person("approver"), graph.person("lead")
    request_id = (await ask(rita, graph.package("Design tools").id)).body["id"]
    graph.advance(seconds=1)
    stage = (await stages(sam, request_id))[0]
    body = {"reviewResult": "Deny", "justification": "Not this year"}
    assert (await sam.patch(f"{APPROVALS}/{request_id}/stages/{stage['id']}", body)).status == 204
    assert (await lena.patch(f"{APPROVALS}/{request_id}/stages/{stage['id']}", body)).status == 409
    assert (await sam.patch(f"{APPROVALS}/{request_id}/stages/{stage['id']}", body)).status == 409
    assert (await state_of(graph, request_id))[0] == "denied"


async def test_nobody_decides_who_is_not_asked(graph: Graph) -> None:
    rita, marc, nora = graph.person("requester"), graph.person("manager"), graph.person("nomanager")
    request_id = (await ask(rita, graph.package("Sales data").id)).body["id"]
    graph.advance(seconds=1)
    stage = (await stages(marc, request_id))[0]
    where = f"{APPROVALS}/{request_id}/stages/{stage['id']}"
    for stranger in (rita, nora):
        assert (await stranger.patch(where, {"reviewResult": "Approve"})).status == 403
        assert (await stranger.get(f"{APPROVALS}/{request_id}/stages")).status == 403
    assert (await marc.patch(where, {"reviewResult": "Perhaps"})).status == 400
    assert (
        await marc.patch(f"{APPROVALS}/{request_id}/stages/{request_id}", {"reviewResult": "Approve"})
    ).status == 404
    assert (await state_of(graph, request_id))[0] == "pendingApproval"


async def test_two_stages_wait_for_each_other(graph: Graph) -> None:
    rita, marc, sam = graph.person("requester"), graph.person("manager"), graph.person("approver")
    request_id = (await ask(rita, graph.package("Finance reports").id)).body["id"]
    graph.advance(seconds=1)
    assert [stage["status"] for stage in await stages(marc, request_id)] == ["InProgress", "Initializing"]
    assert (await decide(marc, request_id)).status == 204
    assert await state_of(graph, request_id) == ("pendingApproval", "PendingApproval")
    approval = await sam.get(f"{APPROVALS}/{request_id}?$expand=stages")
    assert [stage["status"] for stage in approval.body["stages"]] == ["Completed", "InProgress"]
    pending = await sam.values(f"{APPROVALS}/filterByCurrentUser(on='approver')")
    assert request_id in [found["id"] for found in pending]
    assert (await decide(sam, request_id)).status == 204
    graph.advance(seconds=5)
    assert (await state_of(graph, request_id))[0] == "delivered"


async def test_a_requestor_cancels_and_asks_again(graph: Graph) -> None:
    rita, nora = graph.person("requester", [SELF]), graph.person("nomanager", [SELF])
    package = graph.package("Sales data")
    request_id = (await ask(rita, package.id)).body["id"]
    again = await ask(rita, package.id)
    assert (again.status, again.code) == (400, "ExistingOpenRequest")
    assert (await nora.post(f"{REQUESTS}/{request_id}/cancel")).status == 403
    assert (await rita.post(f"{REQUESTS}/{request_id}/cancel")).status == 204
    assert (await rita.post(f"{REQUESTS}/{request_id}/cancel")).status == 400
    assert (await state_of(graph, request_id))[0] == "canceled"
    assert (await ask(rita, package.id)).status == 201


async def test_access_is_given_back_by_its_assignment(graph: Graph) -> None:
    rita = graph.person("requester", [SELF])
    await ask(rita, graph.package("Office map").id)
    graph.advance(seconds=10)
    held = (await rita.values(f"{EM}/assignments/filterByCurrentUser(on='target')"))[0]
    removal = await rita.post(REQUESTS, {"requestType": "UserRemove", "assignment": {"id": held["id"]}})
    assert (removal.status, removal.body["requestType"]) == (201, "userRemove")
    graph.advance(seconds=10)
    ended = (await rita.values(f"{EM}/assignments/filterByCurrentUser(on='target')"))[0]
    assert ended["state"] == "expired"
    assert ended["expiredDateTime"] is not None


async def test_policy_settings_are_replaced_whole(graph: Graph) -> None:
    admin = graph.person("admin")
    where = f"{EM}/assignmentPolicies/{graph.tenant.policies_of(graph.package('Sales data').id)[0].id}"
    policy = (await admin.get(f"{where}?$expand=questions")).body
    assert (await admin.patch(where, policy)).status == 405
    policy["requestApprovalSettings"]["isRequestorJustificationRequired"] = "False"
    policy["allowedTargetScope"] = "AllDirectoryUsers"
    replaced = await admin.call("PUT", where, policy)
    assert replaced.status == 200
    assert replaced.body["allowedTargetScope"] == "allDirectoryUsers"
    assert replaced.body["requestApprovalSettings"]["isRequestorJustificationRequired"] is False
    assert len(replaced.body["requestApprovalSettings"]["stages"]) == 1
    del policy["requestApprovalSettings"]
    assert (await admin.call("PUT", where, policy)).body["requestApprovalSettings"]["stages"] == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"allowedTargetScope": "everybody"}, "everybody"),
        ({"displayName": " "}, "displayName"),
        ({"specificAllowedTargets": [{"userId": "x"}]}, "@odata.type"),
        ({"expiration": {"type": "afterDuration", "duration": "90 days"}}, "duration"),
        ({"requestApprovalSettings": {"stages": [{}, {}, {}, {}]}}, "3 approval stages"),
        ({"requestorSettings": []}, "requestorSettings"),
    ],
)
async def test_a_wrong_policy_is_refused_by_name(graph: Graph, change: dict[str, Any], word: str) -> None:
    admin = graph.person("admin")
    kept = graph.tenant.policies_of(graph.package("Sales data").id)[0]
    before = dict(kept.settings)
    refused = await admin.call("PUT", f"{EM}/assignmentPolicies/{kept.id}", {"displayName": "P", **change})
    assert refused.status == 400
    assert word in refused.message
    assert kept.settings == before


async def test_contents_show_to_those_who_have_to_do_with_the_package(graph: Graph) -> None:
    rita, lena = graph.person("requester", [SELF]), graph.person("lead", [SELF])
    contents = "resourceRoleScopes?$expand=role($expand=resource),scope"
    sales, board = graph.package("Sales data"), graph.package("Board papers")
    shown = await rita.values(f"{EM}/availableAccessPackages/{sales.id}/{contents}")
    assert {(item["role"]["displayName"], item["role"]["resource"]["displayName"]) for item in shown} == {
        ("Member", "Sales Readers"),
        ("Viewer", "Sales Portal"),
    }
    assert (await rita.get(f"{EM}/availableAccessPackages/{board.id}/{contents}")).status == 404
    assert (await lena.get(f"{EM}/availableAccessPackages/{board.id}/{contents}")).status == 200


async def test_questions_speak_the_readers_language(graph: Graph) -> None:
    rita = graph.person("requester", [SELF])
    where = f"{EM}/accessPackages/{graph.package('Travel booking').id}/getApplicablePolicyRequirements"
    plain = (await rita.post(where)).values[0]["questions"]
    german = (await rita.post(where, Accept_Language="de-AT, en;q=0.5")).values[0]["questions"]
    assert [one["id"] for one in plain] == [one["id"] for one in german]
    translated = [(a["text"], b["text"]) for a, b in zip(plain, german, strict=True) if a["text"] != b["text"]]
    assert translated
    texts = [entry["text"] for one in plain for entry in one["localizations"] if entry["languageCode"] == "de"]
    assert {after for _, after in translated} <= set(texts)


async def test_young_members_of_enumerations_are_shown_on_demand_only(graph: Graph) -> None:
    app = graph.app()
    young = next(found for found in graph.tenant.requests.values() if found.request_type == "approverRemove")
    assert (await app.get(f"{REQUESTS}/{young.id}")).body["requestType"] == "unknownFutureValue"
    spelt = await app.get(f"{REQUESTS}/{young.id}", Prefer="include-unknown-enum-members")
    assert spelt.body["requestType"] == "approverRemove"
    assert spelt.headers["Preference-Applied"] == "include-unknown-enum-members"
