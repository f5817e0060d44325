"""Access reviews as Graph writes them."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from bot.domain import UserId
from bot.graph.wire_base import JsonObject, Moment, Wire, person_id, read
from bot.reviews import Recommendation, ReviewItem, ReviewItemId, ReviewRound, ReviewVerdict

_WAITS: Final = "New"


class _Settings(Wire):
    justification_required_on_approval: bool = False
    recommendations_enabled: bool = False


class Series(Wire):
    id: str
    display_name: str = ""
    settings: _Settings = Field(default_factory=_Settings)


class Occurrence(Wire):
    """An instance or a stage of one: both say the same about themselves."""

    id: str
    status: str = ""
    end_date_time: Moment = None


class _Identity(Wire):
    id: str = ""
    display_name: str = ""
    user_principal_name: str = ""


class _Resource(Wire):
    display_name: str = ""
    access_package_display_name: str = ""


class _Decision(Wire):
    id: str
    decision: str = "NotReviewed"
    recommendation: str = "NoInfoAvailable"
    justification: str = ""
    apply_result: str = _WAITS
    reviewed_by: _Identity = Field(default_factory=_Identity)
    principal: _Identity = Field(default_factory=_Identity)
    resource: _Resource = Field(default_factory=_Resource)


def series(item: JsonObject) -> Series:
    return read(Series, item)


def occurrence(item: JsonObject) -> Occurrence:
    return read(Occurrence, item)


def review_round(about: Series, instance: Occurrence, stage: Occurrence | None) -> ReviewRound:
    now = stage or instance
    return ReviewRound(
        series_id=about.id,
        instance_id=instance.id,
        stage_id=stage.id if stage else "",
        title=about.display_name,
        ends_at=now.end_date_time,
        is_justification_required=about.settings.justification_required_on_approval,
        has_recommendations=about.settings.recommendations_enabled,
    )


def review_item(item: JsonObject) -> ReviewItem:
    told = read(_Decision, item)
    return ReviewItem(
        id=ReviewItemId(told.id),
        person_id=UserId(told.principal.id),
        person_name=told.principal.display_name or told.principal.user_principal_name,
        package_name=told.resource.access_package_display_name or told.resource.display_name,
        recommendation=Recommendation(told.recommendation),
        verdict=ReviewVerdict(told.decision),
        justification=told.justification,
        reviewed_by=told.reviewed_by.display_name if person_id(told.reviewed_by.id) else "",
        is_applied=told.apply_result != _WAITS,
    )
