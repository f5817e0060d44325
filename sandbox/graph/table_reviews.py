"""The operations of access reviews."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import review_writes as ws
from sandbox.graph.handlers import reviews as rv
from sandbox.graph.odata.filters import Filterable, FilterRules, by
from sandbox.graph.operations import PROJECTION, Handler, Operation, Query

_DEFINITIONS: Final = "/identityGovernance/accessReviews/definitions"
_DEFINITION: Final = f"{_DEFINITIONS}/{{id}}"
_INSTANCES: Final = f"{_DEFINITION}/instances"
_INSTANCE: Final = f"{_INSTANCES}/{{instanceId}}"
_STAGES: Final = f"{_INSTANCE}/stages"
_STAGE: Final = f"{_STAGES}/{{stageId}}"
_MINE: Final = "/filterByCurrentUser(on={on})"
_TEXT: Final = by("text", "eq")
_SCOPE: Final = by("text", "contains")


def _list(orderby: str, properties: dict[str, Filterable]) -> Query:
    return Query(
        select=True,
        expand=True,
        top=True,
        skip=True,
        filter=FilterRules(properties, frozenset({"and", "or"})),
        orderby=frozenset(orderby.split()),
    )


_SERIES_LIST: Final = _list(
    "displayName createdDateTime status", {"scope/accessReviewQueryScope/query": _SCOPE, "status": _TEXT}
)
_INSTANCE_LIST: Final = _list("startDateTime status", {"scope/accessReviewQueryScope/query": _SCOPE, "status": _TEXT})
_STAGE_LIST: Final = _list("startDateTime status", {"status": _TEXT})
_DECISION_LIST: Final = _list(
    "decision recommendation applyResult", {"decision": _TEXT, "recommendation": _TEXT, "applyResult": _TEXT}
)


def _get(path: str, handler: Handler, answers: str, query: Query = PROJECTION) -> Operation:
    return Operation("GET", path, handler, answers, may.REVIEW_READ, may.REVIEW_READ, query, service="reviews")


def _write(method: str, path: str, handler: Handler, **more: Any) -> Operation:
    more = {"delegated": may.REVIEW_WRITE, "application": may.REVIEW_WRITE, "body": "optional", **more}
    return Operation(method, path, handler, more.pop("answers", ""), service="reviews", **more)


def _decisions(parent: str) -> tuple[Operation, ...]:
    """What can be done with the decisions of an instance, or of one of its stages."""
    one = f"{parent}/decisions/{{decisionId}}"
    kind = "accessReviewInstanceDecisionItem"
    return (
        _get(f"{parent}/decisions", rv.list_decisions, kind, _DECISION_LIST),
        _get(f"{parent}/decisions{_MINE}", rv.list_my_decisions, kind, _DECISION_LIST),
        _get(one, rv.get_decision, kind),
        _write("PATCH", one, rv.decide, application=may.NOT_SUPPORTED, body="required"),
    )


_NO_SERIES_STOP: Final = "the map names stopping an instance only; stopping a series takes the same"

REVIEWS: Final[tuple[Operation, ...]] = (
    _write("POST", _DEFINITIONS, ws.create_series, body="required", answers="accessReviewScheduleDefinition"),
    _write("PUT", _DEFINITION, ws.update_series, body="required"),
    _write("DELETE", _DEFINITION, ws.delete_series, body="none"),
    _write("POST", f"{_DEFINITION}/stop", ws.stop_series, unpublished=_NO_SERIES_STOP),
    _write("POST", f"{_INSTANCE}/applyDecisions", ws.apply_decisions),
    _write("POST", f"{_INSTANCE}/sendReminder", ws.send_reminder),
    _write("POST", f"{_STAGE}/stop", ws.stop_stage),
    _get(_DEFINITIONS, rv.list_series, "accessReviewScheduleDefinition", _SERIES_LIST),
    _get(_DEFINITIONS + _MINE, rv.list_my_series, "accessReviewScheduleDefinition", _SERIES_LIST),
    _get(_DEFINITION, rv.get_series, "accessReviewScheduleDefinition"),
    _get(_INSTANCES, rv.list_instances, "accessReviewInstance", _INSTANCE_LIST),
    _get(_INSTANCES + _MINE, rv.list_my_instances, "accessReviewInstance", _INSTANCE_LIST),
    _get(_INSTANCE, rv.get_instance, "accessReviewInstance"),
    _get(f"{_INSTANCE}/contactedReviewers", rv.list_contacted, "accessReviewReviewer", _list("displayName", {})),
    *_decisions(_INSTANCE),
    _write("POST", f"{_INSTANCE}/batchRecordDecisions", rv.decide_all, body="required"),
    _write("POST", f"{_INSTANCE}/acceptRecommendations", rv.accept_recommendations, application=may.NOT_SUPPORTED),
    _write("POST", f"{_INSTANCE}/resetDecisions", rv.reset_decisions),
    _write("POST", f"{_INSTANCE}/stop", rv.stop),
    _get(_STAGES, rv.list_stages, "accessReviewStage", _STAGE_LIST),
    _get(_STAGES + _MINE, rv.list_my_stages, "accessReviewStage", _STAGE_LIST),
    _get(_STAGE, rv.get_stage, "accessReviewStage"),
    *_decisions(_STAGE),
)
