"""Assignment policies and the values inside them: subject sets, approval stages, schedules, questions.

The tenant keeps these settings as they were written; here every property that the type has is put in, null where
nothing was written, because the service answers that way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.graph.engine.policies import DYNAMIC_STAGE
from sandbox.graph.languages import localized_question
from sandbox.graph.reader import Reader
from sandbox.graph.wire import NAMESPACE, Json
from sandbox.tenant.model import AssignmentPolicy

_EXPIRATION: Final[Json] = {"endDateTime": None, "duration": None, "type": "notSpecified"}
_STAGE: Final[Json] = {
    "durationBeforeAutomaticDenial": None,
    "isApproverJustificationRequired": False,
    "isEscalationEnabled": False,
    "durationBeforeEscalation": None,
    "approverInformationVisibility": "default",
}
_STAGE_SETS: Final = (
    "primaryApprovers",
    "fallbackPrimaryApprovers",
    "escalationApprovers",
    "fallbackEscalationApprovers",
)
_REQUESTOR: Final[Json] = {
    "enableTargetsToSelfAddAccess": False,
    "enableTargetsToSelfUpdateAccess": False,
    "enableTargetsToSelfRemoveAccess": False,
    "allowCustomAssignmentSchedule": False,
    "enableOnBehalfRequestorsToAddAccess": False,
    "enableOnBehalfRequestorsToUpdateAccess": False,
    "enableOnBehalfRequestorsToRemoveAccess": False,
}
_APPROVAL: Final[Json] = {
    "isApprovalRequiredForAdd": False,
    "isApprovalRequiredForUpdate": False,
    "isRequestorJustificationRequired": False,
}
_REVIEW: Final[Json] = {
    "isEnabled": False,
    "expirationBehavior": "keepAccess",
    "isRecommendationEnabled": False,
    "isReviewerJustificationRequired": False,
    "isSelfReview": False,
    "schedule": None,
}
_AUTOMATIC: Final[Json] = {
    "requestAccessForAllowedTargets": None,
    "removeAccessWhenTargetLeavesAllowedTargets": None,
    "gracePeriodBeforeAccessRemoval": None,
}
_NAMING: Final = {
    "singleUser": ("userId", "users"),
    "groupMembers": ("groupId", "groups"),
    "connectedOrganizationMembers": ("connectedOrganizationId", "connected_organizations"),
}
"""Subject sets that name one object: by which member, and where the tenant keeps such objects."""
_QUESTION: Final[Json] = {
    "id": None,
    "sequence": 0,
    "text": None,
    "isRequired": False,
    "isAnswerEditable": False,
    "localizations": [],
}
_QUESTION_KINDS: Final[dict[str, Json]] = {
    "accessPackageTextInputQuestion": {"isSingleLineQuestion": False, "regexPattern": None},
    "accessPackageMultipleChoiceQuestion": {"isMultipleSelectionAllowed": False, "choices": []},
}


def filled(template: Mapping[str, Any], value: Any) -> Json:
    """The properties of `template`, with the values of `value` where it has them."""
    given = value if isinstance(value, Mapping) else {}
    return {name: given.get(name, default) for name, default in template.items()}


def expiration(value: Any) -> Json:
    return filled(_EXPIRATION, value)


def schedule(value: Any) -> Json:
    """An `entitlementManagementSchedule` with every member."""
    given = value if isinstance(value, Mapping) else {}
    return {
        "startDateTime": given.get("startDateTime"),
        "recurrence": given.get("recurrence"),
        "expiration": expiration(given.get("expiration")),
    }


def subject_set(reader: Reader, value: Mapping[str, Any]) -> Json:
    """A subject set; `description` is the display name of whom it names, read from the directory."""
    kind = short_type(value)
    answer = {"@odata.type": NAMESPACE + kind, **{k: v for k, v in value.items() if k != "@odata.type"}}
    if kind in _NAMING:
        member, places = _NAMING[kind]
        found = getattr(reader.tenant, places).get(str(value.get(member)))
        answer["description"] = found.display_name if found is not None else answer.get("description")
    return answer


def subject_sets(reader: Reader, values: Any) -> list[Json]:
    return [subject_set(reader, value) for value in values or ()]


def short_type(value: Mapping[str, Any]) -> str:
    """The type's name without its namespace, whether or not `@odata.type` was written with the `#`."""
    return str(value.get("@odata.type", "")).rpartition(".")[2]


def question(reader: Reader, value: Mapping[str, Any]) -> Json:
    """A question with every member of its kind, its texts in the reader's language."""
    kind = short_type(value)
    members = filled({**_QUESTION, **_QUESTION_KINDS.get(kind, {})}, value)
    if members.get("choices"):
        members["choices"] = [
            filled({"actualValue": None, "text": None, "localizations": []}, choice) for choice in members["choices"]
        ]
    return {"@odata.type": NAMESPACE + kind, **localized_question(members, reader.languages)}


def questions(reader: Reader, policy: AssignmentPolicy) -> list[Json]:
    return [question(reader, value) for value in policy.settings.get("questions") or ()]


def answer(value: Mapping[str, Any]) -> Json:
    """An answer as it is given back: with its question's id and kind."""
    answered = value.get("answeredQuestion")
    asked = answered if isinstance(answered, Mapping) else {}
    return {
        "@odata.type": NAMESPACE + "accessPackageAnswerString",
        "displayValue": value.get("displayValue"),
        "value": value.get("value"),
        "answeredQuestion": {
            "@odata.type": NAMESPACE + (short_type(asked) or "accessPackageTextInputQuestion"),
            "id": asked.get("id"),
        },
    }


def approval_settings(reader: Reader, policy: AssignmentPolicy) -> Json:
    value = policy.settings.get("requestApprovalSettings") or {}
    return {**filled(_APPROVAL, value), "stages": [_stage(reader, stage) for stage in value.get("stages") or ()]}


def _stage(reader: Reader, value: Mapping[str, Any]) -> Json:
    stage = filled(_STAGE, value)
    stage.update({name: subject_sets(reader, value.get(name)) for name in _STAGE_SETS})
    if short_type(value) == DYNAMIC_STAGE:
        stage["@odata.type"] = NAMESPACE + DYNAMIC_STAGE
    return stage


def requestor_settings(reader: Reader, policy: AssignmentPolicy) -> Json:
    value = policy.settings.get("requestorSettings") or {}
    return {**filled(_REQUESTOR, value), "onBehalfRequestors": subject_sets(reader, value.get("onBehalfRequestors"))}


def review_settings(reader: Reader, policy: AssignmentPolicy) -> Json | None:
    value = policy.settings.get("reviewSettings")
    if not value:
        return None
    return {
        **filled(_REVIEW, value),
        "primaryReviewers": subject_sets(reader, value.get("primaryReviewers")),
        "fallbackReviewers": subject_sets(reader, value.get("fallbackReviewers")),
    }


def automatic_settings(policy: AssignmentPolicy) -> Json | None:
    value = policy.settings.get("automaticRequestSettings")
    return filled(_AUTOMATIC, value) if value else None


def notification_settings(policy: AssignmentPolicy) -> Json:
    value = policy.settings.get("notificationSettings") or {}
    return {"isAssignmentNotificationDisabled": bool(value.get("isAssignmentNotificationDisabled", False))}


def requirements(reader: Reader, policy: AssignmentPolicy) -> Json:
    """`accessPackageAssignmentRequestRequirements`: what that policy asks of whoever requests under it."""
    approval = approval_settings(reader, policy)
    return {
        "policyId": policy.id,
        "policyDisplayName": policy.display_name,
        "policyDescription": policy.settings.get("description"),
        "isApprovalRequiredForAdd": approval["isApprovalRequiredForAdd"],
        "isApprovalRequiredForUpdate": approval["isApprovalRequiredForUpdate"],
        "isRequestorJustificationRequired": approval["isRequestorJustificationRequired"],
        "allowCustomAssignmentSchedule": requestor_settings(reader, policy)["allowCustomAssignmentSchedule"],
        "schedule": schedule({"expiration": policy.settings.get("expiration")}),
        "questions": questions(reader, policy),
    }
