"""When reviews begin: a policy's schedule on the sandbox's clock, and reviews that the control plane starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.recurrence import next_occurrence, occurrences
from sandbox.tenant.model import AssignmentPolicy
from tests.sandbox.graph_support import Graph, serve_graph
from tests.sandbox.review_support import AR, PACKAGE

READER = ("AccessReview.Read.All",)


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def schedule(start: str = "2026-01-31T00:00:00Z", kind: str = "absoluteMonthly", interval: int = 1, **more: Any) -> Any:
    return {
        "startDateTime": start,
        "expiration": {"type": "afterDuration", "duration": "P14D"},
        "recurrence": {"pattern": {"type": kind, "interval": interval}, "range": {"type": "noEnd", **more}},
    }


def days(wanted: Any, count: int = 4) -> list[str]:
    return [moment.date().isoformat() for moment in islice(occurrences(wanted), count)]


def test_occurrences_of_each_kind() -> None:
    assert days(schedule()) == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert days(schedule(interval=12), 2) == ["2026-01-31", "2027-01-31"]
    assert days(schedule(kind="absoluteYearly"), 2) == ["2026-01-31", "2027-01-31"]
    assert days(schedule(kind="weekly", interval=2), 2) == ["2026-01-31", "2026-02-14"]
    assert days(schedule(kind="daily"), 2) == ["2026-01-31", "2026-02-01"]
    assert days(schedule(type="numbered", numberOfOccurrences=2)) == ["2026-01-31", "2026-02-28"]
    assert days(schedule(type="endDate", endDate="2026-03-01")) == ["2026-01-31", "2026-02-28"]
    assert days({**schedule(), "recurrence": None}) == ["2026-01-31"]
    assert days({}) == []


def test_an_occurrence_that_is_still_open_counts() -> None:
    wanted, long_ago = schedule(), datetime(2020, 1, 1, tzinfo=UTC)
    assert next_occurrence(wanted, long_ago, datetime(2026, 3, 10, tzinfo=UTC)) == datetime(2026, 2, 28, tzinfo=UTC)
    assert next_occurrence(wanted, long_ago, datetime(2026, 3, 14, tzinfo=UTC)) == datetime(2026, 3, 31, tzinfo=UTC)
    far = {**schedule("9999-12-30T00:00:00Z"), "recurrence": None}
    assert next_occurrence(far, long_ago, datetime(2026, 3, 14, tzinfo=UTC)) is None


def policy_of(graph: Graph, name: str = PACKAGE) -> AssignmentPolicy:
    return graph.tenant.policies_of(graph.package(name).id)[0]


def review(graph: Graph, policy: AssignmentPolicy, wanted: Any, **more: Any) -> None:
    """Write review settings into a policy, as an update of it does."""
    reviewer = [{"@odata.type": "#microsoft.graph.singleUser", "userId": graph.id_of("lead")}]
    settings = {"isEnabled": True, "primaryReviewers": reviewer, "schedule": wanted, **more}
    policy.settings = {**policy.settings, "reviewSettings": settings}
    policy.modified_at = graph.world.clock.now()


async def test_a_series_begins_with_its_first_occurrence_and_goes_on(graph: Graph) -> None:
    review(graph, policy_of(graph), schedule("2026-11-10T00:00:00Z"))
    lena = graph.person("lead", READER)
    mine = f"{AR}/filterByCurrentUser(on='reviewer')"
    assert await lena.values(mine) == []
    graph.advance(days=8)
    (series,) = await lena.values(mine)
    assert series["createdDateTime"] == "2026-11-10T00:00:00Z"
    assert series["settings"]["instanceDurationInDays"] == 14
    graph.advance(days=30)
    statuses = [one["status"] for one in await lena.values(f"{AR}/{series['id']}/instances")]
    assert statuses == ["Applied", "InProgress"]
    graph.advance(days=365)
    assert len(await lena.values(f"{AR}/{series['id']}/instances")) == 14


async def test_a_changed_schedule_replaces_the_plan(graph: Graph) -> None:
    policy = policy_of(graph)
    review(graph, policy, schedule("2026-11-10T00:00:00Z"))
    lena = graph.person("lead", READER)
    assert await lena.values(f"{AR}/filterByCurrentUser(on='reviewer')") == []
    review(graph, policy, schedule("2026-12-10T00:00:00Z"))
    graph.advance(days=20)
    assert await lena.values(f"{AR}/filterByCurrentUser(on='reviewer')") == []
    graph.advance(days=20)
    assert len(await lena.values(f"{AR}/filterByCurrentUser(on='reviewer')")) == 1


@pytest.mark.parametrize("why", ["disabled", "deleted", "unlicensed"])
async def test_no_review_begins_without_its_reason(graph: Graph, why: str) -> None:
    policy = policy_of(graph)
    review(graph, policy, schedule("2026-11-10T00:00:00Z"))
    admin = graph.person("admin", READER)
    assert await admin.values(AR) == []
    if why == "disabled":
        review(graph, policy, schedule("2026-11-10T00:00:00Z"), isEnabled=False)
    elif why == "deleted":
        del graph.tenant.policies[policy.id]
    else:
        graph.world.options.licence = "none"
    graph.advance(days=10)
    if why == "unlicensed":
        assert (await admin.get(AR)).status == 403
        Entitlement(graph.world).settle()
        graph.world.options.licence = "P2"
    assert await admin.values(AR) == []


async def test_the_quarterly_review_of_the_default_tenant_takes_place(graph: Graph) -> None:
    graph.advance(days=61)
    (series,) = await graph.app(READER).values(AR)
    assert series["displayName"] == "Sales data"
    assert series["settings"]["recurrence"]["pattern"]["interval"] == 3
    assert series["reviewers"] == [{"query": "./manager", "queryType": "MicrosoftGraph", "queryRoot": "decisions"}]


async def test_the_control_plane_starts_shows_and_decides_reviews(graph: Graph) -> None:
    body = {"package": PACKAGE, "reviewers": ["lead"], "days": 3, "on_silence": "removeAccess"}
    begun = (await graph.http.post("/control/reviews", json=body)).json()
    assert begun["status"] == "InProgress"
    assert begun["decisions"][0]["reviewers"] == ["Lena Lead"]
    about = begun["decisions"][0]["about"]
    decision = {"person": "lead", "about": about, "package": PACKAGE, "decision": "Approve"}
    assert (await graph.http.post("/control/reviews/decide", json=decision)).status_code == 400
    decision["justification"] = "Fine"
    assert (await graph.http.post("/control/reviews/decide", json=decision)).status_code == 200
    graph.advance(days=4)
    (shown,) = (await graph.http.get("/control/reviews")).json()["reviews"]
    assert [one["decision"] for one in shown["decisions"]] == ["Approve", "Deny"]
    assert shown["status"] == "Applied"
    for wrong in ({"package": "Nothing"}, {"package": PACKAGE, "policy": "Nothing"}, {"package": PACKAGE, "days": 0}):
        assert (await graph.http.post("/control/reviews", json=wrong)).status_code in (404, 422)
