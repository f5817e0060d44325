"""Access reviews that somebody makes by hand, and what administrators do with any review."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from sandbox.graph.access import denied, scope_of
from sandbox.graph.engine.policies import part, parts
from sandbox.graph.handlers.body import flag, integer_between, list_of, name_text, object_of, require, text
from sandbox.graph.handlers.reviews import check_administers, find_instance, find_series, find_stage
from sandbox.graph.handlers.writing import read_shape
from sandbox.graph.operations import Call, Empty, Entity, Result
from sandbox.graph.problems import bad_request
from sandbox.graph.wire import Json
from sandbox.tenant.model import AssignmentPolicy
from sandbox.tenant.reviews import ReviewSeries

_SCOPE: Final = re.compile(
    r".*/accessPackageAssignments\?\$filter=\(?\s*accessPackageId eq '(?P<package>[^']+)'\s+and\s+"
    r"assignmentPolicyId eq '(?P<policy>[^']+)'.*\)?"
)
_REVIEWER: Final = re.compile(r"(?:/v1\.0)?/(?P<set>users|groups)/(?P<id>[^/?]+)(?:/(?:transitiveMembers|members).*)?")
_TYPE: Final = "#microsoft.graph."
_DEFAULTS: Final = {"none": "keepAccess", "deny": "removeAccess", "recommendation": "acceptAccessRecommendation"}
_QUERY: Final = object_of({"query": name_text, "queryType": text, "queryRoot": text})
_REVIEWERS: Final = list_of(_QUERY)
_SETTINGS: Final = object_of(
    {
        "mailNotificationsEnabled": flag,
        "reminderNotificationsEnabled": flag,
        "justificationRequiredOnApproval": flag,
        "defaultDecisionEnabled": flag,
        "defaultDecision": text,
        "instanceDurationInDays": integer_between(1, 180),
        "autoApplyDecisionsEnabled": flag,
        "recommendationsEnabled": flag,
    },
    ignored=("applyActions", "recommendationInsightSettings", "decisionHistoriesForReviewersEnabled"),
)
_STAGE: Final = object_of(
    {
        "stageId": text,
        "dependsOn": list_of(text),
        "durationInDays": integer_between(1, 180),
        "recommendationsEnabled": flag,
        "decisionsThatWillMoveToNextStage": list_of(text),
        "reviewers": _REVIEWERS,
        "fallbackReviewers": _REVIEWERS,
    }
)
_SERIES: Final = object_of(
    {
        "displayName": name_text,
        "descriptionForAdmins": text,
        "descriptionForReviewers": text,
        "scope": _QUERY,
        "reviewers": _REVIEWERS,
        "fallbackReviewers": _REVIEWERS,
        "settings": _SETTINGS,
        "stageSettings": list_of(_STAGE),
    },
    ignored=(
        "id",
        "createdDateTime",
        "lastModifiedDateTime",
        "status",
        "createdBy",
        "additionalNotificationRecipients",
    ),
)


def create_series(call: Call) -> Result:
    """A review of the assignments of one policy, once and at once: only reviews that policies ask for come again."""
    body = read_shape(call, _SERIES)
    require(body, "displayName", "scope")
    policy = _reviewed_policy(call, body["scope"]["query"])
    _check_may_review(call, policy)
    settings = _settings(call, body)
    plan = [_stage(call, one) for one in parts(body, "stageSettings")]
    series = ReviewSeries(
        id=call.tenant.new_id("review"),
        policy_id=policy.id,
        package_id=policy.package_id,
        display_name=body["displayName"],
        created_at=call.reader.now,
        modified_at=call.reader.now,
        settings=settings,
        plan=plan,
        created_by=call.principal.user_id,
    )
    _describe(series, body)
    call.tenant.reviews[series.id] = series
    days = int(part(body, "settings").get("instanceDurationInDays") or 14)
    call.entitlement.reviews.begin_in(series, policy, settings, call.reader.now, timedelta(days=days), plan)
    return Entity(series, status=201)


def update_series(call: Call) -> Result:
    """Change what a series is called and how its next decisions are taken; its scope and reviewers stay."""
    series = find_series(call)
    check_administers(call, series)
    body = read_shape(call, _SERIES)
    require(body, "displayName")
    series.display_name, series.modified_at = body["displayName"], call.reader.now
    _describe(series, body)
    if "settings" in body:
        series.settings = {**series.settings, **_decision_settings(body["settings"])}
    return Empty()


def delete_series(call: Call) -> Result:
    series = find_series(call)
    check_administers(call, series)
    del call.tenant.reviews[series.id]
    return Empty()


def stop_series(call: Call) -> Result:
    """End every instance that is in progress."""
    series = find_series(call)
    check_administers(call, series)
    for instance in series.instances.values():
        while (stage := next((one for one in instance.stages if one.status == "InProgress"), None)) is not None:
            call.entitlement.reviews.close_stage(instance, stage, call.reader.now)
    return Empty()


def stop_stage(call: Call) -> Result:
    series, instance = find_instance(call)
    check_administers(call, series)
    stage = find_stage(call, instance).stage
    if stage.status != "InProgress":
        raise bad_request("The stage is not in progress.", "ReviewNotInProgress")
    call.entitlement.reviews.close_stage(instance, stage, call.reader.now)
    return Empty()


def apply_decisions(call: Call) -> Result:
    """Let a review that has ended take effect now. Raises 400 for one that is still open, or has been applied."""
    series, instance = find_instance(call)
    check_administers(call, series)
    if instance.status != "Completed":
        raise bad_request(f"The access review is '{instance.status}', not 'Completed'.", "ReviewNotCompleted")
    call.entitlement.reviews.apply(f"{series.id} {instance.id}", call.reader.now)
    return Empty()


def send_reminder(call: Call) -> Result:
    """Nothing is mailed here; the request is checked all the same."""
    series, instance = find_instance(call)
    check_administers(call, series)
    if instance.status != "InProgress":
        raise bad_request("The access review is not in progress.", "ReviewNotInProgress")
    return Empty()


def _check_may_review(call: Call, policy: AssignmentPolicy) -> None:
    if call.principal.user_id is None:
        return
    scope = scope_of(call.tenant, call.principal, "packages")
    if scope is None:
        raise denied()
    scope.require(call.tenant.packages[policy.package_id].catalog_id)


def _reviewed_policy(call: Call, query: str) -> AssignmentPolicy:
    """The policy whose assignments the scope's query names, in the words that reads of a series show."""
    found = _SCOPE.fullmatch(query)
    if found is None:
        raise bad_request("'scope/query' is not about the assignments of one policy of an access package.")
    policy = call.tenant.policies.get(found["policy"])
    if policy is None or policy.package_id != found["package"]:
        raise bad_request("'scope/query' names no assignment policy of that access package.")
    return policy


def _settings(call: Call, body: Json) -> Json:
    """The settings of a series, in the words of a policy's `reviewSettings`."""
    reviewers = _subject_sets(call, parts(body, "reviewers"))
    return {
        "isEnabled": True,
        "isSelfReview": not reviewers and not parts(body, "stageSettings"),
        "primaryReviewers": reviewers,
        "fallbackReviewers": _subject_sets(call, parts(body, "fallbackReviewers")),
        **_decision_settings(part(body, "settings")),
    }


def _decision_settings(given: Json) -> Json:
    default = str(given.get("defaultDecision") or "None").casefold()
    if default not in _DEFAULTS:
        raise bad_request(f"'{given['defaultDecision']}' is not a value of 'settings/defaultDecision'.")
    return {
        "expirationBehavior": _DEFAULTS[default] if given.get("defaultDecisionEnabled") else "keepAccess",
        "isRecommendationEnabled": given.get("recommendationsEnabled", True),
        "isReviewerJustificationRequired": given.get("justificationRequiredOnApproval", False),
    }


def _stage(call: Call, given: Json) -> Json:
    return {
        "durationInDays": given.get("durationInDays", 7),
        "primaryReviewers": _subject_sets(call, parts(given, "reviewers")),
        "fallbackReviewers": _subject_sets(call, parts(given, "fallbackReviewers")),
        "decisionsThatWillMoveToNextStage": given.get("decisionsThatWillMoveToNextStage", []),
        "isSelfReview": False,
    }


def _subject_sets(call: Call, queries: list[Json]) -> list[Json]:
    return [_subject_set(call, one["query"]) for one in queries if "query" in one]


def _subject_set(call: Call, query: str) -> Json:
    known: dict[str, tuple[str, str, Any]] = {
        "users": ("singleUser", "userId", call.tenant.users),
        "groups": ("groupMembers", "groupId", call.tenant.groups),
    }
    if query == "./manager":
        return {"@odata.type": _TYPE + "requestorManager", "managerLevel": 1}
    if query == "./sponsors":
        return {"@odata.type": _TYPE + "targetUserSponsors"}
    found = _REVIEWER.fullmatch(query)
    if found is None or found["id"] not in known[found["set"]][2]:
        raise bad_request(f"'{query}' names no reviewers.")
    kind, member, _ = known[found["set"]]
    return {"@odata.type": _TYPE + kind, member: found["id"]}


def _describe(series: ReviewSeries, body: Json) -> None:
    series.description_for_admins = body.get("descriptionForAdmins", series.description_for_admins)
    series.description_for_reviewers = body.get("descriptionForReviewers", series.description_for_reviewers)
