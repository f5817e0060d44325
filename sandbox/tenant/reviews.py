"""Access reviews of packages: a series for each policy that wants one, its instances, and what is decided in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]

ReviewStatus = Literal["NotStarted", "InProgress", "Completed", "Applied"]
Decision = Literal["NotReviewed", "Approve", "Deny", "DontKnow"]
Recommendation = Literal["Approve", "Deny", "NoInfoAvailable"]
ApplyResult = Literal["New", "AppliedSuccessfully", "AppliedSuccessfullyButObjectNotFound"]


@dataclass(slots=True)
class ReviewItem:
    """Whether one person keeps one assignment. `reviewer_ids` may decide; `reviewed_by` None is the service."""

    id: str
    assignment_id: str
    user_id: str
    reviewer_ids: dict[str, None]
    recommendation: Recommendation
    decision: Decision = "NotReviewed"
    justification: str = ""
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    apply_result: ApplyResult = "New"
    applied_at: datetime | None = None


@dataclass(slots=True)
class ReviewStage:
    """One round of an instance. `settings` are those of the policy, with the round's own reviewers and duration."""

    id: str
    settings: Json
    start_at: datetime
    end_at: datetime
    status: ReviewStatus = "InProgress"
    items: list[ReviewItem] = field(default_factory=list)


@dataclass(slots=True)
class ReviewInstance:
    """One occurrence of a series. `stages` holds those that have begun; a plain review has a single one.

    `settings` are the policy's `reviewSettings` as they were when it began.
    """

    id: str
    series_id: str
    start_at: datetime
    end_at: datetime
    settings: Json
    status: ReviewStatus = "InProgress"
    stages: list[ReviewStage] = field(default_factory=list)
    plan: list[Json] = field(default_factory=list)

    @property
    def has_stages(self) -> bool:
        """Whether the rounds show as stages."""
        return bool(self.plan)

    @property
    def items(self) -> list[ReviewItem]:
        """Each person's newest item, in the order of the first round."""
        newest = {item.assignment_id: item for stage in self.stages for item in stage.items}
        return list(newest.values())

    @property
    def all_items(self) -> Iterator[tuple[ReviewStage, ReviewItem]]:
        return ((stage, item) for stage in self.stages for item in stage.items)


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """When a policy's next review starts (None: never), and by which schedule."""

    schedule: Json
    next_at: datetime | None


@dataclass(slots=True)
class ReviewSeries:
    """The reviews of the assignments that were made through one policy; `created_by` None is the service."""

    id: str
    policy_id: str
    package_id: str
    display_name: str
    created_at: datetime
    modified_at: datetime
    settings: Json
    plan: list[Json] = field(default_factory=list)
    description_for_admins: str = ""
    description_for_reviewers: str = ""
    created_by: str | None = None
    instances: dict[str, ReviewInstance] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """That of the newest instance."""
        return next((found.status for found in reversed(self.instances.values())), "NotStarted")
