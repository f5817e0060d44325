"""Policies of files in Graph's own shape, with names where ids will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.files.administration import Kind, Named, PolicyWanted
from bot.files.format_parts import Who
from bot.files.policy_format import NEVER, Policy, Question, Reviews, Stage
from bot.files.rows import Place

TYPE: Final = "#microsoft.graph."
_SCOPES: Final[Mapping[str, str]] = {
    "admin-only": "notSpecified",
    "members": "allMemberUsers",
    "specific": "specificDirectoryUsers",
    "all-users": "allDirectoryUsers",
    "organizations": "specificConnectedOrganizationUsers",
    "all-organizations": "allConfiguredConnectedOrganizationUsers",
    "anyone": "allExternalUsers",
    "automatic": "specificDirectoryUsers",
}
_NAMES: Final[Mapping[str, str]] = {
    "admin-only": "Administrators only",
    "members": "All members",
    "specific": "Chosen people",
    "all-users": "Everybody in the directory",
    "organizations": "Chosen companies",
    "all-organizations": "All connected companies",
    "anyone": "Anybody",
    "automatic": "Automatic",
}
_EVERY: Final[Mapping[str, tuple[str, int]]] = {
    "week": ("weekly", 1),
    "month": ("absoluteMonthly", 1),
    "quarter": ("absoluteMonthly", 3),
    "half-year": ("absoluteMonthly", 6),
    "year": ("absoluteYearly", 1),
}
_IF_SILENT: Final = {"keep": "keepAccess", "remove": "removeAccess", "recommendation": "acceptAccessRecommendation"}
_SHOWN: Final = {None: "default", True: "visible", False: "notVisible"}
_SPONSORS: Final = {"internal": "internalSponsors", "external": "externalSponsors", "target": "targetUserSponsors"}


def policy_wanted(policy: Policy, place: Place, name: str = "") -> PolicyWanted:
    """The policy that a file asks for; `name` is for one that names itself not."""
    called = policy.name or name or _NAMES[policy.template]
    return PolicyWanted(called, place, settings_of(policy, called, place), tuple(policy.was), policy.present)


def settings_of(policy: Policy, name: str, place: Place) -> dict[str, Any]:
    asks = policy.template not in ("admin-only", "automatic")
    extends = asks if policy.extend is None else policy.extend
    level = int(policy.manager_may_ask)
    settings: dict[str, Any] = {
        "displayName": name,
        "description": policy.description or name,
        "allowedTargetScope": _SCOPES[policy.template],
        "specificAllowedTargets": _targets(policy, place),
        "expiration": _expiration(policy),
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": asks,
            "enableTargetsToSelfUpdateAccess": extends,
            "enableTargetsToSelfRemoveAccess": asks if policy.give_back is None else policy.give_back,
            "allowCustomAssignmentSchedule": policy.template == "admin-only"
            if policy.own_period is None
            else policy.own_period,
            "enableOnBehalfRequestorsToAddAccess": bool(level),
            "enableOnBehalfRequestorsToUpdateAccess": bool(level),
            "enableOnBehalfRequestorsToRemoveAccess": bool(level),
            "onBehalfRequestors": [{"@odata.type": TYPE + "targetManager", "managerLevel": level}] if level else [],
        },
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": bool(policy.approval),
            "isApprovalRequiredForUpdate": policy.approve_extensions,
            "isRequestorJustificationRequired": policy.justification,
            "stages": [_stage(each, place) for each in policy.approval],
        },
        "reviewSettings": _reviews(policy.reviews, place) if policy.reviews else None,
        "automaticRequestSettings": _automatic(policy),
        "notificationSettings": {"isAssignmentNotificationDisabled": not policy.mails},
        "questions": [_question(number, each) for number, each in enumerate(policy.questions)],
    }
    if policy.extensions:
        settings["customExtensionStageSettings"] = [
            {"stage": each.stage, "customExtension": {"id": each.id.casefold()}} for each in policy.extensions
        ]
    return {**settings, **_without_annotations(policy.graph)}


def _targets(policy: Policy, place: Place) -> list[Any]:
    if policy.rule:
        return [{"@odata.type": TYPE + "attributeRuleMembers", "membershipRule": policy.rule}]
    users = [_set("singleUser", "userId", Named(Kind.USER, name, place)) for name in policy.users]
    groups = [_set("groupMembers", "groupId", Named(Kind.GROUP, name, place)) for name in policy.groups]
    organizations = [
        _set("connectedOrganizationMembers", "connectedOrganizationId", Named(Kind.ORGANIZATION, name, place))
        for name in policy.organizations
    ]
    return [*users, *groups, *organizations]


def subject_sets(people: Sequence[Who], place: Place) -> list[Any]:
    """Approvers or reviewers as Graph writes them."""
    return [_subject_set(each, place) for each in people]


def _subject_set(who: Who, place: Place) -> dict[str, Any]:
    if who.manager is not None:
        return {"@odata.type": TYPE + "requestorManager", "managerLevel": who.manager}
    if who.sponsors is not None:
        return {"@odata.type": TYPE + _SPONSORS[who.sponsors]}
    if who.group is not None:
        return _set("groupMembers", "groupId", Named(Kind.GROUP, who.group, place))
    return _set("singleUser", "userId", Named(Kind.USER, who.user or "", place))


def _set(kind: str, member: str, named: Named) -> dict[str, Any]:
    return {"@odata.type": TYPE + kind, member: named}


def _expiration(policy: Policy) -> dict[str, Any]:
    expires = f"P{policy.days}D" if policy.days is not None else policy.expires
    if expires is None or expires == NEVER:
        return {"type": "noExpiration", "duration": None, "endDateTime": None}
    if expires.startswith("P"):
        return {"type": "afterDuration", "duration": expires, "endDateTime": None}
    return {"type": "afterDateTime", "duration": None, "endDateTime": f"{expires}T23:59:59Z"}


def _stage(stage: Stage, place: Place) -> dict[str, Any]:
    escalate = stage.escalate
    return {
        "durationBeforeAutomaticDenial": stage.within,
        "isApproverJustificationRequired": stage.justification,
        "isEscalationEnabled": escalate is not None,
        "durationBeforeEscalation": escalate.after if escalate else "PT0S",
        "approverInformationVisibility": _SHOWN[stage.show_approvers],
        "primaryApprovers": subject_sets(stage.approvers, place),
        "fallbackPrimaryApprovers": subject_sets(stage.fallback, place),
        "escalationApprovers": subject_sets(escalate.to if escalate else [], place),
        "fallbackEscalationApprovers": subject_sets(escalate.fallback if escalate else [], place),
    }


def _reviews(reviews: Reviews, place: Place) -> dict[str, Any]:
    kind, interval = _EVERY[reviews.every]
    if isinstance(reviews.reviewers, str):
        managers: list[Any] = [{"@odata.type": TYPE + "requestorManager", "managerLevel": 1}]
        reviewers = managers if reviews.reviewers == "manager" else []
    else:
        reviewers = subject_sets(reviews.reviewers, place)
    day = reviews.starts
    monthly = {"dayOfMonth": day.day if kind != "weekly" else 0, "month": day.month if "Yearly" in kind else 0}
    pattern = {"type": kind, "interval": interval, **monthly, "daysOfWeek": []}
    if kind == "weekly":
        pattern["daysOfWeek"] = [day.strftime("%A").casefold()]
    return {
        "isEnabled": True,
        "expirationBehavior": _IF_SILENT[reviews.if_no_answer],
        "isRecommendationEnabled": reviews.recommendations,
        "isReviewerJustificationRequired": reviews.justification,
        "isSelfReview": reviews.reviewers == "self",
        "primaryReviewers": reviewers,
        "fallbackReviewers": subject_sets(reviews.fallback, place),
        "schedule": {
            "startDateTime": f"{day.isoformat()}T00:00:00Z",
            "expiration": {"type": "afterDuration", "duration": f"P{reviews.days}D"},
            "recurrence": {"pattern": pattern, "range": {"type": "noEnd", "numberOfOccurrences": 0}},
        },
    }


def _automatic(policy: Policy) -> dict[str, Any] | None:
    if policy.template != "automatic":
        return None
    return {
        "requestAccessForAllowedTargets": True,
        "removeAccessWhenTargetLeavesAllowedTargets": policy.remove_when_leaving,
        "gracePeriodBeforeAccessRemoval": policy.grace or "P7D",
    }


def _question(number: int, question: Question) -> dict[str, Any]:
    common = {
        "sequence": number,
        "text": question.text,
        "localizations": _localized(question.translations),
        "isRequired": question.required,
        "isAnswerEditable": question.editable,
    }
    if not question.choices:
        own = {"isSingleLineQuestion": question.lines == "one", "regexPattern": question.pattern}
        return {"@odata.type": TYPE + "accessPackageTextInputQuestion", **common, **own}
    choices = [
        {"actualValue": each.value, "text": each.text, "localizations": _localized(each.translations)}
        for each in question.choices
    ]
    own_choices = {"isMultipleSelectionAllowed": question.several, "choices": choices}
    return {"@odata.type": TYPE + "accessPackageMultipleChoiceQuestion", **common, **own_choices}


def _localized(translations: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"languageCode": code, "text": text} for code, text in translations.items()]


def _without_annotations(value: Any) -> Any:
    """The value without what Graph says about it: of `@odata` names, only types may be sent."""
    if isinstance(value, Mapping):
        return {
            key: _without_annotations(each)
            for key, each in value.items()
            if "@odata" not in str(key) or str(key).endswith("@odata.type")
        }
    return [_without_annotations(each) for each in value] if isinstance(value, list) else value
