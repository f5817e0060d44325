"""Access reviews of packages: finding what to review, and deciding."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.graph.access import CatalogScope, denied, scope_of
from sandbox.graph.engine.review_decisions import ReviewDecisions
from sandbox.graph.engine.roles import Duty
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, not_found
from sandbox.graph.types.reviews import Reviewed, StageOf, contacted, reviewed, stages_of
from sandbox.tenant.reviews import ReviewInstance, ReviewItem, ReviewSeries

_MOST_TEXT = 4096


def list_series(call: Call) -> Result:
    scope = _scope(call, "read")
    if scope is None:
        raise denied()
    return Entities(series for series in call.tenant.reviews.values() if _covers(call, scope, series))


def list_my_series(call: Call) -> Result:
    call.choice("on", "reviewer")
    mine = call.user_id
    return Entities(
        series
        for series in call.tenant.reviews.values()
        if any(_reviews(one, mine) for one in series.instances.values())
    )


def get_series(call: Call) -> Result:
    return Entity(find_series(call))


def list_instances(call: Call) -> Result:
    return Entities(find_series(call).instances.values())


def list_my_instances(call: Call) -> Result:
    call.choice("on", "reviewer")
    return Entities(one for one in find_series(call).instances.values() if _reviews(one, call.user_id))


def get_instance(call: Call) -> Result:
    return Entity(find_instance(call)[1])


def list_contacted(call: Call) -> Result:
    return Entities(contacted(call.reader, find_instance(call)[1]))


def list_decisions(call: Call) -> Result:
    series, instance = find_instance(call)
    return Entities(reviewed(series, instance, _items(call, instance)))


def list_my_decisions(call: Call) -> Result:
    call.choice("on", "reviewer")
    series, instance = find_instance(call)
    mine = [item for item in _items(call, instance) if call.user_id in item.reviewer_ids]
    return Entities(reviewed(series, instance, mine))


def get_decision(call: Call) -> Result:
    series, instance = find_instance(call)
    return Entity(Reviewed(series, instance, _item(call, instance)))


def decide(call: Call) -> Result:
    series, instance = find_instance(call)
    item = _item(call, instance)
    _check_names(call, "decision", "justification")
    ReviewDecisions(call.reader.world, series, instance, call.user_id).record(
        item, _text(call, "decision") or "", _text(call, "justification") or ""
    )
    return Empty()


def decide_all(call: Call) -> Result:
    """Record one decision for several items at once."""
    series, instance = find_instance(call)
    _check_names(call, "decision", "justification", "principalId", "resourceId")
    ReviewDecisions(call.reader.world, series, instance, call.principal.user_id).record_all(
        _text(call, "decision") or "",
        _text(call, "justification") or "",
        _text(call, "principalId"),
        _text(call, "resourceId"),
    )
    return Empty()


def accept_recommendations(call: Call) -> Result:
    series, instance = find_instance(call)
    ReviewDecisions(call.reader.world, series, instance, call.user_id).accept_recommendations()
    return Empty()


def reset_decisions(call: Call) -> Result:
    series, instance = find_instance(call)
    check_administers(call, series)
    ReviewDecisions(call.reader.world, series, instance, None).reset()
    return Empty()


def stop(call: Call) -> Result:
    """End the stage that is in progress before its time, and with the last one the review."""
    series, instance = find_instance(call)
    check_administers(call, series)
    stage = next((one for one in instance.stages if one.status == "InProgress"), None)
    if stage is None:
        raise bad_request("The access review is not in progress.", "ReviewNotInProgress")
    call.entitlement.reviews.close_stage(instance, stage, call.reader.now)
    return Empty()


def list_stages(call: Call) -> Result:
    return Entities(stages_of(call.reader, find_instance(call)[1]))


def list_my_stages(call: Call) -> Result:
    call.choice("on", "reviewer")
    mine = call.user_id
    return Entities(
        one
        for one in stages_of(call.reader, find_instance(call)[1])
        if any(mine in item.reviewer_ids for item in one.stage.items)
    )


def get_stage(call: Call) -> Result:
    return Entity(find_stage(call, find_instance(call)[1]))


def find_series(call: Call) -> ReviewSeries:
    """The series in the path, for who may read it or reviews something in it. Raises 404, 403."""
    series = call.tenant.reviews.get(call.params["id"])
    if series is None:
        raise not_found(f"There is no access review '{call.params['id']}'.")
    scope = _scope(call, "read")
    if scope is not None and _covers(call, scope, series):
        return series
    caller = call.principal.user_id
    if caller is None or not any(_reviews(one, caller) for one in series.instances.values()):
        raise denied()
    return series


def find_instance(call: Call) -> tuple[ReviewSeries, ReviewInstance]:
    series = find_series(call)
    instance = series.instances.get(call.params["instanceId"])
    if instance is None:
        raise not_found(f"There is no instance '{call.params['instanceId']}' of this access review.")
    return series, instance


def find_stage(call: Call, instance: ReviewInstance) -> StageOf:
    found = next((one for one in stages_of(call.reader, instance) if one.id == call.params["stageId"]), None)
    if found is None:
        raise not_found(f"There is no stage '{call.params['stageId']}' in this instance.")
    return found


def _items(call: Call, instance: ReviewInstance) -> Iterable[ReviewItem]:
    """The items of the stage in the path, or, without one, everybody's newest."""
    return find_stage(call, instance).stage.items if "stageId" in call.params else instance.items


def _item(call: Call, instance: ReviewInstance) -> ReviewItem:
    wanted = call.params["decisionId"]
    found = next((item for item in _items(call, instance) if item.id == wanted), None)
    if found is None:
        raise not_found(f"There is no decision '{wanted}' in this instance.")
    return found


def _reviews(instance: ReviewInstance, user_id: str) -> bool:
    return any(user_id in item.reviewer_ids for _, item in instance.all_items)


def _scope(call: Call, duty: Duty) -> CatalogScope | None:
    """How far the caller may read or change all reviews: applications everywhere, people by their roles."""
    return CatalogScope() if call.principal.user_id is None else scope_of(call.tenant, call.principal, duty)


def _covers(call: Call, scope: CatalogScope, series: ReviewSeries) -> bool:
    package = call.tenant.packages.get(series.package_id)
    return scope.is_everything or (package is not None and scope.covers(package.catalog_id))


def check_administers(call: Call, series: ReviewSeries) -> None:
    scope = _scope(call, "packages")
    if scope is None or not _covers(call, scope, series):
        raise denied()


def _check_names(call: Call, *known: str) -> None:
    if unknown := [name for name in call.body if name not in known and "@" not in name]:
        raise bad_request(f"Invalid property '{unknown[0]}': it does not exist, or cannot be written here.")
    if "decision" not in call.body:
        raise bad_request("'decision' is required.")


def _text(call: Call, name: str) -> str | None:
    value = call.body.get(name)
    if value is not None and not isinstance(value, str):
        raise bad_request(f"'{name}' must be a string.")
    if value is not None and len(value) > _MOST_TEXT:
        raise bad_request(f"'{name}' must not be longer than {_MOST_TEXT} characters.")
    return value
