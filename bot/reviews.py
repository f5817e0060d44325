"""The values of access reviews: rounds in which somebody says who keeps an access package, and their items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from bot.domain import OpenEnum, UserId

ReviewItemId = NewType("ReviewItemId", str)


class ReviewVerdict(OpenEnum):
    APPROVE = "Approve"
    DENY = "Deny"
    DONT_KNOW = "DontKnow"
    NOT_REVIEWED = "NotReviewed"
    OTHER = "other"


class Recommendation(OpenEnum):
    APPROVE = "Approve"
    DENY = "Deny"
    NO_INFO = "NoInfoAvailable"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReviewRound:
    """One running occurrence of a series, and its current stage where it has stages (else `stage_id` is empty)."""

    series_id: str
    instance_id: str
    stage_id: str = ""
    title: str = ""
    ends_at: datetime | None = None
    is_justification_required: bool = False
    has_recommendations: bool = False


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Whether one person keeps one package. Texts that Graph does not give are empty."""

    id: ReviewItemId
    person_id: UserId
    person_name: str
    package_name: str
    recommendation: Recommendation = Recommendation.NO_INFO
    verdict: ReviewVerdict = ReviewVerdict.NOT_REVIEWED
    justification: str = ""
    reviewed_by: str = ""
    is_applied: bool = False
