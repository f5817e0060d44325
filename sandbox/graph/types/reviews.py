"""Access reviews of packages as Graph shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sandbox.graph import wire
from sandbox.graph.engine.policies import is_true, part, parts, type_name
from sandbox.graph.engine.recurrence import duration_of
from sandbox.graph.engine.times import parse_moment
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType, many
from sandbox.tenant.identity import EMPTY_GUID
from sandbox.tenant.model import User
from sandbox.tenant.reviews import ReviewInstance, ReviewItem, ReviewSeries, ReviewStage

_SCOPE: Final = "accessReviewQueryScope"
_DEFAULTS: Final = {"keepaccess": "None", "removeaccess": "Deny", "acceptaccessrecommendation": "Recommendation"}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A decision item with what it belongs to."""

    series: ReviewSeries
    instance: ReviewInstance
    item: ReviewItem

    @property
    def id(self) -> str:
        return self.item.id


def reviewed(series: ReviewSeries, instance: ReviewInstance, items: Iterable[ReviewItem]) -> list[Reviewed]:
    return [Reviewed(series, instance, item) for item in items]


def scope_json(series: ReviewSeries) -> wire.Json:
    """The assignments that a series is about, named the way the beta version names them."""
    wanted = f"accessPackageId eq '{series.package_id}' and assignmentPolicyId eq '{series.policy_id}'"
    query = f"/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=({wanted})"
    return wire.typed(_SCOPE, {"query": query, "queryType": "MicrosoftGraph", "queryRoot": None})


def _reviewer_scopes(settings: wire.Json, name: str) -> list[wire.Json]:
    """Who reviews, as queries. A self-review shows as having no reviewers."""
    if is_true(settings.get("isSelfReview")):
        return []
    found: list[tuple[str, str | None]] = []
    for one in parts(settings, name):
        match type_name(one):
            case "singleUser":
                found.append((f"/users/{one.get('userId')}", None))
            case "groupMembers":
                found.append((f"/groups/{one.get('groupId')}/transitiveMembers", None))
            case "requestorManager" | "targetManager":
                found.append(("./manager", "decisions"))
            case "targetUserSponsors":
                found.append(("./sponsors", "decisions"))
    return [{"query": query, "queryType": "MicrosoftGraph", "queryRoot": root} for query, root in found]


def _recurrence(schedule: wire.Json) -> wire.Json | None:
    recurrence = part(schedule, "recurrence")
    pattern, extent = part(recurrence, "pattern"), part(recurrence, "range")
    if not pattern:
        return None
    start = parse_moment(str(schedule["startDateTime"])).date().isoformat() if schedule.get("startDateTime") else None
    return {
        "pattern": {
            "type": pattern.get("type") or "absoluteMonthly",
            "interval": int(pattern.get("interval") or 1),
            "month": int(pattern.get("month") or 0),
            "dayOfMonth": int(pattern.get("dayOfMonth") or 0),
            "daysOfWeek": list(pattern.get("daysOfWeek") or ()),
            "firstDayOfWeek": pattern.get("firstDayOfWeek") or "sunday",
            "index": pattern.get("index") or "first",
        },
        "range": {
            "type": extent.get("type") or "noEnd",
            "numberOfOccurrences": int(extent.get("numberOfOccurrences") or 0),
            "recurrenceTimeZone": extent.get("recurrenceTimeZone"),
            "startDate": extent.get("startDate") or start,
            "endDate": extent.get("endDate") or "9999-12-31",
        },
    }


def _settings(_: Reader, series: ReviewSeries) -> wire.Json:
    """The review settings of the policy, in the words of access reviews; they always take effect by themselves."""
    given = series.settings
    behavior = str(given.get("expirationBehavior") or "keepAccess").casefold()
    return {
        "mailNotificationsEnabled": True,
        "reminderNotificationsEnabled": True,
        "justificationRequiredOnApproval": requires_justification(given),
        "defaultDecisionEnabled": behavior != "keepaccess",
        "defaultDecision": _DEFAULTS.get(behavior, "None"),
        "instanceDurationInDays": duration_of(part(given, "schedule")).days,
        "autoApplyDecisionsEnabled": True,
        "recommendationsEnabled": given.get("isRecommendationEnabled") is not False,
        "recommendationLookBackDuration": None,
        "decisionHistoriesForReviewersEnabled": False,
        "recurrence": _recurrence(part(given, "schedule")),
        "applyActions": [wire.typed("removeAccessApplyAction", {})],
        "recommendationInsightSettings": [],
    }


def requires_justification(settings: wire.Json) -> bool:
    return settings.get("isReviewerJustificationRequired") is not False


def _stage_settings(_: Reader, series: ReviewSeries) -> list[wire.Json]:
    return [
        {
            "stageId": str(number + 1),
            "dependsOn": [str(number)] if number else [],
            "durationInDays": int(stage.get("durationInDays") or 1),
            "recommendationsEnabled": series.settings.get("isRecommendationEnabled") is not False,
            "decisionsThatWillMoveToNextStage": list(stage.get("decisionsThatWillMoveToNextStage") or ()),
            "reviewers": _reviewer_scopes({**series.settings, **stage}, "primaryReviewers"),
            "fallbackReviewers": _reviewer_scopes({**series.settings, **stage}, "fallbackReviewers"),
            "recommendationInsightSettings": [],
        }
        for number, stage in enumerate(series.plan)
    ]


def _identity(reader: Reader, user_id: str | None) -> wire.Json:
    """A person as access reviews name them: the zero GUID for nobody."""
    user = None
    if user_id is not None:
        user = reader.tenant.users.get(user_id) or reader.tenant.deleted_users.get(user_id)
    return {
        "id": user_id or EMPTY_GUID,
        "displayName": user.display_name if user is not None else "",
        "ipAddress": None,
        "userPrincipalName": user.user_principal_name if user is not None else "",
    }


def _resource(reader: Reader, found: Reviewed) -> wire.Json:
    policy = reader.tenant.policies.get(found.series.policy_id)
    package = reader.tenant.packages.get(found.series.package_id)
    return wire.typed(
        "accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource",
        {
            "id": found.series.policy_id,
            "displayName": policy.display_name if policy is not None else None,
            "type": "AccessPackageAssignmentPolicy",
            "accessPackageId": found.series.package_id,
            "accessPackageDisplayName": package.display_name if package is not None else found.series.display_name,
        },
    )


def contacted(reader: Reader, instance: ReviewInstance) -> list[User]:
    """Everybody who may decide something in an instance."""
    ids = dict.fromkeys(one for _, item in instance.all_items for one in item.reviewer_ids)
    return [reader.tenant.users[one] for one in ids if one in reader.tenant.users]


def _decisions(reader: Reader, instance: ReviewInstance) -> list[Reviewed]:
    return reviewed(reader.tenant.reviews[instance.series_id], instance, instance.items)


def _series_of(reader: Reader, instance: ReviewInstance) -> ReviewSeries:
    return reader.tenant.reviews[instance.series_id]


SERIES: Final = EntityType(
    "accessReviewScheduleDefinition",
    {
        "id": lambda _, s: s.id,
        "displayName": lambda _, s: s.display_name,
        "createdDateTime": lambda _, s: wire.moment(s.created_at),
        "lastModifiedDateTime": lambda _, s: wire.moment(s.modified_at),
        "status": lambda _, s: s.status,
        "descriptionForAdmins": lambda _, s: s.description_for_admins or None,
        "descriptionForReviewers": lambda _, s: s.description_for_reviewers or None,
        "createdBy": lambda r, s: _identity(r, s.created_by),
        "scope": lambda _, s: scope_json(s),
        "instanceEnumerationScope": lambda _, s: None,
        "reviewers": lambda _, s: _reviewer_scopes(s.settings, "primaryReviewers"),
        "fallbackReviewers": lambda _, s: _reviewer_scopes(s.settings, "fallbackReviewers"),
        "settings": _settings,
        "stageSettings": _stage_settings,
        "additionalNotificationRecipients": lambda _, s: [],
    },
    {"instances": many("accessReviewInstance", lambda _, s: list(s.instances.values()))},
)
INSTANCE: Final = EntityType(
    "accessReviewInstance",
    {
        "id": lambda _, i: i.id,
        "startDateTime": lambda _, i: wire.moment(i.start_at),
        "endDateTime": lambda _, i: wire.moment(i.end_at),
        "status": lambda _, i: i.status,
        "scope": lambda r, i: scope_json(_series_of(r, i)),
        "reviewers": lambda _, i: _reviewer_scopes(i.settings, "primaryReviewers"),
        "fallbackReviewers": lambda _, i: _reviewer_scopes(i.settings, "fallbackReviewers"),
    },
    {
        "contactedReviewers": many("accessReviewReviewer", contacted),
        "decisions": many("accessReviewInstanceDecisionItem", _decisions),
        "stages": many("accessReviewStage", lambda r, i: stages_of(r, i)),
    },
)


@dataclass(frozen=True, slots=True)
class StageOf:
    """A stage with what it belongs to."""

    series: ReviewSeries
    instance: ReviewInstance
    stage: ReviewStage

    @property
    def id(self) -> str:
        return self.stage.id


def stages_of(reader: Reader, instance: ReviewInstance) -> list[StageOf]:
    """The stages that have begun, of a review that has several."""
    if not instance.has_stages:
        return []
    return [StageOf(_series_of(reader, instance), instance, stage) for stage in instance.stages]


STAGE: Final = EntityType(
    "accessReviewStage",
    {
        "id": lambda _, s: s.stage.id,
        "startDateTime": lambda _, s: wire.moment(s.stage.start_at),
        "endDateTime": lambda _, s: wire.moment(s.stage.end_at),
        "status": lambda _, s: s.stage.status,
        "reviewers": lambda _, s: _reviewer_scopes(s.stage.settings, "primaryReviewers"),
        "fallbackReviewers": lambda _, s: _reviewer_scopes(s.stage.settings, "fallbackReviewers"),
    },
    {"decisions": many("accessReviewInstanceDecisionItem", lambda _, s: reviewed(s.series, s.instance, s.stage.items))},
)
REVIEWER: Final = EntityType(
    "accessReviewReviewer",
    {
        "id": lambda _, u: u.id,
        "createdDateTime": lambda _, u: wire.moment(u.created_at),
        "displayName": lambda _, u: u.display_name,
        "userPrincipalName": lambda _, u: u.user_principal_name,
    },
)
DECISION: Final = EntityType(
    "accessReviewInstanceDecisionItem",
    {
        "id": lambda _, d: d.item.id,
        "accessReviewId": lambda _, d: d.instance.id,
        "reviewedDateTime": lambda _, d: wire.moment(d.item.reviewed_at),
        "decision": lambda _, d: d.item.decision,
        "justification": lambda _, d: d.item.justification,
        "appliedDateTime": lambda _, d: wire.moment(d.item.applied_at),
        "applyResult": lambda _, d: d.item.apply_result,
        "recommendation": lambda _, d: d.item.recommendation,
        "principalLink": lambda r, d: f"{r.world.base_url}/v1.0/users/{d.item.user_id}",
        "resourceLink": lambda r, d: (
            f"{r.world.base_url}/v1.0/identityGovernance/entitlementManagement/assignmentPolicies/{d.series.policy_id}"
        ),
        "reviewedBy": lambda r, d: _identity(r, d.item.reviewed_by),
        "appliedBy": lambda r, d: _identity(r, None),
        "resource": _resource,
        "principal": lambda r, d: wire.typed("userIdentity", _identity(r, d.item.user_id)),
    },
)
