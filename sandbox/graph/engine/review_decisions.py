"""Deciding in access reviews: who may, when, and what they have to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox.graph.engine import audit
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.graph.problems import bad_request, forbidden
from sandbox.tenant.model import Tenant
from sandbox.tenant.reviews import Decision, ReviewInstance, ReviewItem, ReviewSeries, ReviewStage

_DECISIONS: Final[dict[str, Decision]] = {
    "approve": "Approve",
    "deny": "Deny",
    "dontknow": "DontKnow",
    "notreviewed": "NotReviewed",
}


class ReviewDecisions:
    """Decisions in one instance, by one person; `by` None is an application, which stands for every reviewer."""

    def __init__(self, world: EntitlementWorld, series: ReviewSeries, instance: ReviewInstance, by: str | None) -> None:
        self._world = world
        self._series = series
        self._instance = instance
        self._by = by

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def mine(self, items: Iterable[ReviewItem]) -> list[ReviewItem]:
        """Those items that this person may decide."""
        return [item for item in items if self._by is None or self._by in item.reviewer_ids]

    def record(self, item: ReviewItem, decision: str, justification: str) -> None:
        """Decide one item; a later decision replaces an earlier one.

        Raises GraphProblem 403 for who is no reviewer of it, 400 when the review is over, for an unknown decision, and
        where the justification is missing.
        """
        if not self.mine([item]):
            raise forbidden("The caller is not a reviewer of this decision.")
        self._stage_of(item)
        self._decide(item, self._checked(decision, justification), justification)

    def record_all(self, decision: str, justification: str, principal_id: str | None, resource_id: str | None) -> None:
        """Decide every item of this person that fits; without ids that is all of theirs. Raises as `record` does."""
        checked = self._checked(decision, justification)
        for item in self._open():
            of_principal = principal_id is None or item.user_id == principal_id
            if of_principal and resource_id in (None, self._series.policy_id):
                self._decide(item, checked, justification)

    def accept_recommendations(self) -> None:
        """Decide what nobody has decided as it is recommended; where nothing is known it stays open."""
        for item in self._open():
            if item.decision == "NotReviewed" and item.recommendation != "NoInfoAvailable":
                self._decide(item, item.recommendation, "")

    def reset(self) -> None:
        """Take back every decision of the current stage. Raises 400 when the review is over."""
        for item in self._current().items:
            item.decision, item.justification, item.reviewed_by, item.reviewed_at = "NotReviewed", "", None, None

    def _open(self) -> list[ReviewItem]:
        """This person's items of the current stage. Raises 403 where there are none of theirs."""
        found = self.mine(self._current().items)
        if not found:
            raise forbidden("The caller is not a reviewer of this instance.")
        return found

    def _current(self) -> ReviewStage:
        stage = next((stage for stage in self._instance.stages if stage.status == "InProgress"), None)
        if stage is None or self._instance.status != "InProgress":
            raise bad_request("The access review is not in progress.", "ReviewNotInProgress")
        return stage

    def _stage_of(self, item: ReviewItem) -> None:
        """Raise 400 for an item of a stage that is over."""
        if item not in self._current().items:
            raise bad_request("The stage of this decision is not in progress.", "ReviewNotInProgress")

    def _checked(self, decision: str, justification: str) -> Decision:
        known = _DECISIONS.get(decision.casefold())
        if known is None:
            raise bad_request(f"'{decision}' is not a decision: Approve, Deny, DontKnow or NotReviewed.")
        needed = (
            {"Approve", "Deny"} if switch(self._world, "review_justification_on_deny", default=False) else {"Approve"}
        )
        asks = self._series.settings.get("isReviewerJustificationRequired") is not False
        if asks and known in needed and not justification.strip():
            raise bad_request("A justification is required for this decision.", "JustificationRequired")
        return known

    def _decide(self, item: ReviewItem, decision: Decision, justification: str) -> None:
        now: datetime = self._world.clock.now()
        item.decision, item.justification = decision, justification
        item.reviewed_by, item.reviewed_at = (self._by, now) if decision != "NotReviewed" else (None, None)
        if decision in ("Approve", "Deny"):
            audit.reviewed(self._tenant, self._series, self._instance, item, now)
