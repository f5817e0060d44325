"""Access reviews made by hand, and what administrators do with any review."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sandbox.graph_support import Caller, Graph, serve_graph
from tests.sandbox.review_support import AR, HOLDERS, PACKAGE, begin, where

WRITER = ("AccessReview.ReadWrite.All",)


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
def admin(graph: Graph) -> Caller:
    return graph.person("admin", WRITER)


def series(graph: Graph, **change: Any) -> dict[str, Any]:
    package = graph.package(PACKAGE)
    policy = graph.tenant.policies_of(package.id)[0]
    wanted = f"accessPackageId eq '{package.id}' and assignmentPolicyId eq '{policy.id}'"
    query = f"/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=({wanted})"
    return {
        "displayName": "By hand",
        "descriptionForReviewers": "Please look",
        "scope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": query,
            "queryType": "MicrosoftGraph",
        },
        "reviewers": [{"query": f"/users/{graph.id_of('lead')}", "queryType": "MicrosoftGraph"}],
        "settings": {
            "instanceDurationInDays": 5,
            "defaultDecisionEnabled": True,
            "defaultDecision": "Deny",
            "recommendationsEnabled": False,
            "justificationRequiredOnApproval": False,
        },
        **change,
    }


async def test_a_review_made_by_hand_is_decided_and_applied(graph: Graph, admin: Caller) -> None:
    made = await admin.post(AR, series(graph))
    assert (made.status, made.body["status"]) == (201, "InProgress"), made.body
    assert made.body["createdBy"]["id"] == graph.id_of("admin")
    assert made.body["descriptionForReviewers"] == "Please look"
    one = f"{AR}/{made.body['id']}"
    (instance,) = await admin.values(f"{one}/instances")
    inside = f"{one}/instances/{instance['id']}"
    assert instance["endDateTime"] == "2026-11-07T09:00:00Z"
    lena = graph.person("lead", WRITER)
    items = await lena.values(f"{inside}/decisions/filterByCurrentUser(on='reviewer')")
    assert {item["principal"]["id"] for item in items} == {graph.id_of(key) for key in HOLDERS}
    assert (await lena.patch(f"{inside}/decisions/{items[0]['id']}", {"decision": "Approve"})).status == 204
    assert (await admin.post(f"{inside}/sendReminder")).status == 204
    assert (await admin.post(f"{inside}/applyDecisions")).status == 400
    assert (await admin.post(f"{one}/stop")).status == 204
    assert (await admin.post(f"{inside}/sendReminder")).status == 400
    assert (await admin.post(f"{inside}/applyDecisions")).status == 204
    results = {item["decision"] for item in await admin.values(f"{inside}/decisions")}
    assert results == {"Approve", "Deny"}
    assert (await admin.get(inside)).body["status"] == "Applied"
    graph.advance(minutes=1)
    await admin.get(one)
    held = [one for one in graph.tenant.holders_of(graph.package(PACKAGE).id) if one.is_live]
    assert len(held) == len(HOLDERS) - 1


async def test_a_series_is_renamed_and_deleted(graph: Graph, admin: Caller) -> None:
    made = await admin.post(AR, series(graph, reviewers=[{"query": "./manager", "queryRoot": "decisions"}]))
    one = f"{AR}/{made.body['id']}"
    renamed = series(graph, displayName="Renamed", settings={"justificationRequiredOnApproval": True})
    assert (await admin.call("PUT", one, renamed)).status == 204
    shown = (await admin.get(one)).body
    assert (shown["displayName"], shown["settings"]["justificationRequiredOnApproval"]) == ("Renamed", True)
    assert (await admin.call("DELETE", one)).status == 204
    assert (await admin.get(one)).status == 404


async def test_stages_are_stopped_one_by_one(graph: Graph, admin: Caller) -> None:
    begun = begin(graph, stages=[["lead"], ["approver"]])
    first = begun.stages[0]
    assert (await admin.post(f"{where(begun)}/stages/{first.id}/stop")).status == 204
    assert (first.status, len(begun.stages)) == ("Completed", 2)
    assert (await admin.post(f"{where(begun)}/stages/{first.id}/stop")).status == 400


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"scope": {"query": "/groups/1/transitiveMembers"}}, "scope/query"),
        ({"scope": None}, "scope"),
        ({"reviewers": [{"query": "/users/nobody"}]}, "/users/nobody"),
        ({"settings": {"defaultDecision": "Maybe"}}, "Maybe"),
        ({"settings": {"recurrence": {"pattern": {"type": "weekly"}}}}, "recurrence"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_no_review_is_refused_by_name(
    graph: Graph, admin: Caller, change: dict[str, Any], named: str
) -> None:
    refused = await admin.post(AR, series(graph, **change))
    assert refused.status == 400
    assert named in refused.message


async def test_only_who_manages_the_package_makes_reviews_of_it(graph: Graph) -> None:
    assert (await graph.person("requester", WRITER).post(AR, series(graph))).status == 403
    begun = begin(graph)
    rita = graph.person("lead", WRITER)  # a reviewer, but no administrator
    for path in ("/applyDecisions", "/sendReminder"):
        assert (await rita.post(where(begun) + path)).status == 403
    assert (await rita.call("DELETE", f"{AR}/{begun.series_id}")).status == 403
    assert (await graph.app(WRITER).post(AR, series(graph))).status == 201
