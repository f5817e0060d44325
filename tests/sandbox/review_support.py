"""Reviews to test with: a package whose holders are reviewed by somebody at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sandbox.graph.engine.entitlement import Entitlement
from sandbox.tenant.reviews import ReviewInstance
from tests.sandbox.graph_support import Graph

AR = "/identityGovernance/accessReviews/definitions"
PACKAGE = "Key Users"
HOLDERS = ("member-1", "member-9")


def begin(
    graph: Graph,
    reviewers: Iterable[str] = ("lead",),
    *,
    package: str = PACKAGE,
    stages: Iterable[Iterable[str]] = (),
    days: float = 14,
    **settings: Any,
) -> ReviewInstance:
    """Start a review of a package's assignments now. People are keys; `settings` are those of `reviewSettings`."""

    def named(keys: Iterable[str]) -> list[dict[str, str]]:
        return [{"@odata.type": "#microsoft.graph.singleUser", "userId": graph.id_of(key)} for key in keys]

    entitlement = Entitlement(graph.world)
    entitlement.settle()
    policy = graph.tenant.policies_of(graph.package(package).id)[0]
    wanted = {"isEnabled": True, "primaryReviewers": named(reviewers), **settings}
    plan = [{"primaryReviewers": named(keys), "durationInDays": 7} for keys in stages]
    return entitlement.reviews.begin(policy, wanted, graph.world.clock.now(), timedelta(days=days), plan)


def where(instance: ReviewInstance) -> str:
    """The path of an instance."""
    return f"{AR}/{instance.series_id}/instances/{instance.id}"


def review_ids(graph: Graph) -> list[dict[str, str]]:
    """Values for the placeholders of review paths: a review in progress with stages, and its first decision."""
    instance = begin(graph, stages=[["lead"], ["approver"]])
    stage = instance.stages[0]
    ids = {"id": instance.series_id, "instanceId": instance.id, "stageId": stage.id, "decisionId": stage.items[0].id}
    return [{**ids, "on": "reviewer"}]
