"""Access reviews of packages: what reviewers find, how they decide, and what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.tenant.reviews import ReviewInstance
from tests.sandbox.graph_support import EM, READ, Caller, Graph, serve_graph
from tests.sandbox.review_support import AR, HOLDERS, PACKAGE, begin, where

READER = ("AccessReview.Read.All",)
REVIEWER = ("AccessReview.ReadWrite.All",)
MINE = "filterByCurrentUser(on='reviewer')"
OURS = "contains(scope/microsoft.graph.accessReviewQueryScope/query, 'accessPackageAssignments')"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


async def decisions(caller: Caller, instance: ReviewInstance, options: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await caller.values(f"{where(instance)}/decisions/{MINE}{options}")
    return found


async def test_a_reviewer_finds_series_instance_and_decisions(graph: Graph) -> None:
    begun = begin(graph)
    lena = graph.person("lead", READER)
    (series,) = await lena.values(f"{AR}/{MINE}?$filter={OURS}")
    assert series["displayName"] == PACKAGE
    assert series["status"] == "InProgress"
    assert graph.package(PACKAGE).id in series["scope"]["query"]
    assert series["settings"]["justificationRequiredOnApproval"] is True
    (instance,) = await lena.values(
        f"{AR}/{series['id']}/instances/{MINE}?$filter=status eq 'InProgress'&$top=100&$skip=0"
    )
    assert instance["id"] == begun.id
    assert instance["endDateTime"] == "2026-11-16T09:00:00Z"
    items = await decisions(lena, begun)
    assert {item["principal"]["id"] for item in items} == {graph.id_of(key) for key in HOLDERS}
    assert {item["resource"]["accessPackageDisplayName"] for item in items} == {PACKAGE}
    assert {item["decision"] for item in items} == {"NotReviewed"}
    assert items[0]["reviewedBy"]["id"] == "00000000-0000-0000-0000-000000000000"
    assert items[0]["accessReviewId"] == begun.id
    assert len(await lena.values(f"{where(begun)}/contactedReviewers")) == 1


async def test_others_find_nothing_and_may_not_look(graph: Graph) -> None:
    begun = begin(graph)
    rita = graph.person("requester", READER)
    assert await rita.values(f"{AR}/{MINE}") == []
    assert (await rita.get(f"{AR}/{begun.series_id}")).status == 403
    assert (await rita.get(f"{where(begun)}/decisions")).status == 403
    assert (await rita.get(AR)).status == 403
    assert len(await graph.person("admin", READER).values(AR)) == 1
    assert len(await graph.app(READER).values(AR)) == 1
    assert (await graph.app(READER).get(f"{AR}/{MINE}")).status == 400
    assert (await graph.app((READ,)).get(AR)).status == 403


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        (f"{AR}/filterByCurrentUser(on='approver')", 400, "approver"),
        (f"{AR}/{MINE}?$filter=displayName eq 'x'", 400, "displayName"),
        (f"{AR}/{MINE}?$orderby=scope", 400, "scope"),
        (f"{AR}/{MINE}?$skip=-1", 400, "$skip"),
        (f"{AR}/{MINE}?$search=x", 400, "$search"),
        (f"{AR}/{MINE}?$expand=people", 400, "people"),
        (f"{AR}/nothing", 404, "nothing"),
        (f"{AR}/nothing/history", 404, "history"),
    ],
)
async def test_what_is_not_supported_fails_by_name(graph: Graph, path: str, status: int, named: str) -> None:
    begin(graph)
    answer = await graph.person("lead", READER).get(path)
    assert answer.status == status
    assert named in answer.message


async def test_lists_are_filtered_ordered_and_skipped(graph: Graph) -> None:
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    first, second = await decisions(lena, begun)
    await lena.patch(f"{where(begun)}/decisions/{second['id']}", {"decision": "Deny"})
    assert [one["id"] for one in await decisions(lena, begun, "?$filter=decision eq 'Deny'")] == [second["id"]]
    assert [one["id"] for one in await decisions(lena, begun, "?$skip=1")] == [second["id"]]
    assert [one["id"] for one in await decisions(lena, begun, "?$top=1")] == [first["id"], second["id"]]
    ordered = await decisions(lena, begun, "?$orderby=decision desc")
    assert [one["decision"] for one in ordered] == ["NotReviewed", "Deny"]


async def test_a_decision_is_recorded_and_can_be_changed_while_the_review_runs(graph: Graph) -> None:
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    item = (await decisions(lena, begun))[0]
    one = f"{where(begun)}/decisions/{item['id']}"
    assert (await lena.patch(one, {"decision": "approve", "justification": "Needed"})).status == 204
    shown = (await lena.get(one)).body
    assert (shown["decision"], shown["justification"]) == ("Approve", "Needed")
    assert shown["reviewedBy"]["id"] == graph.id_of("lead")
    assert shown["reviewedDateTime"] == "2026-11-02T09:00:00Z"
    assert (await lena.patch(one, {"decision": "Deny"})).status == 204
    assert (await lena.get(one)).body["decision"] == "Deny"
    assert (await lena.patch(one, {"decision": "NotReviewed"})).status == 204
    assert (await lena.get(one)).body["reviewedDateTime"] is None
    graph.advance(days=15)
    late = await lena.patch(one, {"decision": "Deny"})
    assert (late.status, late.code) == (400, "ReviewNotInProgress")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "decision"),
        ({"decision": "Perhaps"}, "Perhaps"),
        ({"decision": 1}, "decision"),
        ({"decision": "Approve"}, "justification"),
        ({"decision": "Approve", "justification": "  "}, "justification"),
        ({"decision": "Deny", "justification": 5}, "justification"),
        ({"decision": "Deny", "recommendation": "Approve"}, "recommendation"),
    ],
)
async def test_a_wrong_decision_is_refused_by_name(graph: Graph, body: dict[str, Any], named: str) -> None:
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    one = f"{where(begun)}/decisions/{(await decisions(lena, begun))[0]['id']}"
    answer = await lena.patch(one, body)
    assert answer.status == 400
    assert named in answer.message
    assert (await lena.get(one)).body["decision"] == "NotReviewed"


async def test_whether_denying_takes_a_reason_is_a_switch(graph: Graph) -> None:
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    one = f"{where(begun)}/decisions/{(await decisions(lena, begun))[0]['id']}"
    graph.world.options.review_justification_on_deny = True
    assert (await lena.patch(one, {"decision": "Deny"})).status == 400
    assert (await lena.patch(one, {"decision": "DontKnow"})).status == 204


async def test_reasons_are_not_asked_for_where_the_policy_does_not(graph: Graph) -> None:
    begun = begin(graph, isReviewerJustificationRequired=False)
    lena = graph.person("lead", REVIEWER)
    one = f"{where(begun)}/decisions/{(await decisions(lena, begun))[0]['id']}"
    assert (await lena.patch(one, {"decision": "Approve"})).status == 204


async def test_only_reviewers_decide_and_only_with_their_own_token(graph: Graph) -> None:
    begun = begin(graph)
    one = f"{where(begun)}/decisions/{begun.items[0].id}"
    body = {"decision": "Deny"}
    assert (await graph.person("admin", REVIEWER).patch(one, body)).status == 403
    assert (await graph.person("lead", READER).patch(one, body)).status == 403
    assert (await graph.app(REVIEWER).patch(one, body)).status == 403
    assert (await graph.person("lead", REVIEWER).patch(f"{where(begun)}/decisions/none", body)).status == 404


async def test_one_call_decides_several_items(graph: Graph) -> None:
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    batch = f"{where(begun)}/batchRecordDecisions"
    only = {"decision": "Deny", "principalId": graph.id_of(HOLDERS[0])}
    assert (await lena.post(batch, only)).status == 204
    assert [one["decision"] for one in await decisions(lena, begun)] == ["Deny", "NotReviewed"]
    other = {"decision": "Approve", "justification": "Fine", "resourceId": "another policy"}
    assert (await lena.post(batch, other)).status == 204
    assert [one["decision"] for one in await decisions(lena, begun)] == ["Deny", "NotReviewed"]
    assert (await lena.post(batch, {"decision": "Approve", "justification": "Fine"})).status == 204
    assert [one["decision"] for one in await decisions(lena, begun)] == ["Approve", "Approve"]
    assert (await lena.post(batch, {"decision": "Approve"})).status == 400
    assert (await lena.post(batch, {"decision": "Deny", "people": []})).status == 400
    assert (await graph.person("admin", REVIEWER).post(batch, {"decision": "Deny"})).status == 403


async def test_recommendations_follow_sign_ins_and_can_be_accepted(graph: Graph) -> None:
    users = [graph.tenant.users[graph.id_of(key)] for key in HOLDERS]
    for user, days in zip(users, (3, 45), strict=True):
        moment = graph.world.clock.now().replace(month=10 if days == 3 else 9, day=28 if days == 3 else 18)
        user.last_sign_in_at = user.last_non_interactive_sign_in_at = user.last_successful_sign_in_at = moment
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    assert [one["recommendation"] for one in await decisions(lena, begun)] == ["Approve", "Deny"]
    assert (await lena.post(f"{where(begun)}/acceptRecommendations")).status == 204
    assert [one["decision"] for one in await decisions(lena, begun)] == ["Approve", "Deny"]
    assert (await graph.person("admin", REVIEWER).post(f"{where(begun)}/acceptRecommendations")).status == 403
    for user in users:
        user.last_sign_in_at = user.last_non_interactive_sign_in_at = user.last_successful_sign_in_at = None
    unknown = begin(graph)
    assert {one["recommendation"] for one in await decisions(lena, unknown)} == {"NoInfoAvailable"}
    await lena.post(f"{where(unknown)}/acceptRecommendations")
    assert {one["decision"] for one in await decisions(lena, unknown)} == {"NotReviewed"}
    switched_off = begin(graph, isRecommendationEnabled=False)
    assert {one["recommendation"] for one in await decisions(lena, switched_off)} == {"NoInfoAvailable"}


async def holders(graph: Graph) -> set[str]:
    fitting = f"$filter=accessPackage/id eq '{graph.package(PACKAGE).id}' and state eq 'delivered'"
    found = await graph.app((READ,)).values(f"{EM}/assignments?{fitting}&$expand=accessPackage,target")
    return {one["target"]["objectId"] for one in found}


async def test_who_is_denied_loses_the_assignment_once_the_review_is_applied(graph: Graph) -> None:
    everybody = {graph.id_of(key) for key in HOLDERS}
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    denied = (await decisions(lena, begun))[0]
    await lena.patch(f"{where(begun)}/decisions/{denied['id']}", {"decision": "Deny"})
    graph.advance(days=13)
    assert await holders(graph) == everybody
    graph.advance(days=1, seconds=30)
    assert (await lena.get(where(begun))).body["status"] == "Completed"
    assert await holders(graph) == everybody
    graph.advance(seconds=60)
    assert (await lena.get(where(begun))).body["status"] == "Applied"
    graph.advance(seconds=30)
    assert await holders(graph) == everybody - {denied["principal"]["id"]}
    shown = (await lena.get(f"{where(begun)}/decisions/{denied['id']}")).body
    assert shown["applyResult"] == "AppliedSuccessfully"
    assert shown["appliedDateTime"] is not None


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        ("keepAccess", ["NotReviewed", "NotReviewed"]),
        ("removeAccess", ["Deny", "Deny"]),
        ("acceptAccessRecommendation", ["Approve", "Deny"]),
    ],
)
async def test_silence_is_decided_by_the_policy(graph: Graph, behavior: str, expected: list[str]) -> None:
    begun = begin(graph, expirationBehavior=behavior)
    begun.items[0].recommendation, begun.items[1].recommendation = "Approve", "Deny"
    graph.advance(days=14, minutes=5)
    shown = await decisions(graph.person("lead", REVIEWER), begun)
    assert [one["decision"] for one in shown] == expected
    assert {one["reviewedBy"]["id"] for one in shown} == {"00000000-0000-0000-0000-000000000000"}
    assert len(await holders(graph)) == 2 - expected.count("Deny")


async def test_managers_review_and_fallback_reviewers_where_there_is_none(graph: Graph) -> None:
    first, second = (graph.tenant.users[graph.id_of(key)] for key in HOLDERS)
    second.manager_id = None
    begun = begin(
        graph,
        primaryReviewers=[{"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}],
        fallbackReviewers=[{"@odata.type": "#microsoft.graph.singleUser", "userId": graph.id_of("approver")}],
    )
    assert [list(item.reviewer_ids) for item in begun.items] == [[first.manager_id], [graph.id_of("approver")]]
    (item,) = await decisions(graph.person("approver", READER), begun)
    assert item["principal"]["id"] == second.id


async def test_people_review_themselves_where_the_policy_says_so(graph: Graph) -> None:
    begun = begin(graph, isSelfReview=True)
    own = graph.person(HOLDERS[0], REVIEWER)
    (item,) = await decisions(own, begun)
    assert item["principal"]["id"] == graph.id_of(HOLDERS[0])
    assert (await own.patch(f"{where(begun)}/decisions/{item['id']}", {"decision": "Deny"})).status == 204
    assert (await own.get(f"{AR}/{begun.series_id}")).body["reviewers"] == []


async def test_stages_follow_each_other_with_what_moves_on(graph: Graph) -> None:
    begun = begin(graph, stages=[["lead"], ["approver"]])
    lena, sam = graph.person("lead", REVIEWER), graph.person("approver", REVIEWER)
    (stage,) = await lena.values(f"{where(begun)}/stages/{MINE}")
    assert await sam.values(f"{AR}/{MINE}") == []
    first = f"{where(begun)}/stages/{stage['id']}"
    items = await lena.values(f"{first}/decisions/{MINE}")
    assert (await lena.patch(f"{first}/decisions/{items[0]['id']}", {"decision": "Deny"})).status == 204
    assert (await lena.get(f"{first}/decisions/{items[0]['id']}")).body["decision"] == "Deny"
    graph.advance(days=7, minutes=1)
    (_, following) = await sam.values(f"{where(begun)}/stages")
    second = f"{where(begun)}/stages/{following['id']}"
    (open_item,) = await sam.values(f"{second}/decisions/{MINE}")
    assert open_item["principal"]["id"] == items[1]["principal"]["id"]
    late = await lena.patch(f"{first}/decisions/{items[1]['id']}", {"decision": "Deny"})
    assert late.code == "ReviewNotInProgress"
    body = {"decision": "Approve", "justification": "Fine"}
    assert (await sam.patch(f"{second}/decisions/{open_item['id']}", body)).status == 204
    graph.advance(days=7, minutes=5)
    assert await holders(graph) == {items[1]["principal"]["id"]}


async def test_plain_reviews_have_no_stages(graph: Graph) -> None:
    begun = begin(graph)
    assert await graph.person("lead", READER).values(f"{where(begun)}/stages") == []
    assert (await graph.person("lead", READER).get(f"{where(begun)}/stages/{begun.stages[0].id}")).status == 404


async def test_administrators_reset_and_stop_a_review(graph: Graph) -> None:
    begun = begin(graph)
    lena, admin = graph.person("lead", REVIEWER), graph.person("admin", REVIEWER)
    await lena.post(f"{where(begun)}/batchRecordDecisions", {"decision": "Deny"})
    assert (await lena.post(f"{where(begun)}/resetDecisions")).status == 403
    assert (await admin.post(f"{where(begun)}/resetDecisions")).status == 204
    assert {one["decision"] for one in await decisions(lena, begun)} == {"NotReviewed"}
    assert (await lena.post(f"{where(begun)}/stop")).status == 403
    assert (await admin.post(f"{where(begun)}/stop")).status == 204
    assert (await admin.post(f"{where(begun)}/stop")).status == 400
    assert (await lena.get(where(begun))).body["status"] == "Completed"


async def test_who_left_the_company_is_found_to_be_gone(graph: Graph) -> None:
    begun = begin(graph)
    lena = graph.person("lead", REVIEWER)
    await lena.post(f"{where(begun)}/batchRecordDecisions", {"decision": "Deny"})
    graph.tenant.assignments[begun.items[0].assignment_id].state = "expired"
    graph.tenant.delete_user(begun.items[1].user_id, graph.world.clock.now())
    graph.advance(days=15)
    shown = await decisions(lena, begun)
    assert shown[0]["applyResult"] == "AppliedSuccessfullyButObjectNotFound"
    assert shown[1]["principal"]["displayName"]
