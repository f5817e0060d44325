"""The body of an assignment policy: which members there are, and what each may hold on its own."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph.engine.policies import DYNAMIC_STAGE, type_name
from sandbox.graph.handlers.body import (
    Place,
    Read,
    duration,
    enum,
    flag,
    integer,
    integer_between,
    list_of,
    moment,
    name_text,
    object_of,
    one_of,
    reference,
    text,
)
from sandbox.graph.problems import bad_request
from sandbox.graph.wire import NAMESPACE

APPROVER_KINDS: Final = frozenset(
    {
        "singleUser",
        "groupMembers",
        "requestorManager",
        "internalSponsors",
        "externalSponsors",
        "targetUserSponsors",
        "targetApplicationOwners",
    }
)
STAGES: Final = (
    "assignmentRequestCreated",
    "assignmentRequestApproved",
    "assignmentRequestGranted",
    "assignmentRequestRemoved",
    "assignmentFourteenDaysBeforeExpiration",
    "assignmentOneDayBeforeExpiration",
)
"""Where a custom extension can be hung on; the last two are about an assignment rather than a request."""

_SUBJECT_SET: Final = one_of(
    {
        "singleUser": {"userId": text, "description": text},
        "groupMembers": {"groupId": text, "description": text},
        "connectedOrganizationMembers": {"connectedOrganizationId": text, "description": text},
        "singleServicePrincipal": {"servicePrincipalId": text, "description": text},
        "attributeRuleMembers": {"membershipRule": name_text, "description": text},
        "requestorManager": {"managerLevel": integer_between(1, 2)},
        "targetManager": {"managerLevel": integer_between(1, 4)},
        "internalSponsors": {},
        "externalSponsors": {},
        "targetUserSponsors": {},
        "targetApplicationOwners": {},
    }
)
_SUBJECT_SETS: Final = list_of(_SUBJECT_SET)
_EXPIRATION: Final = object_of(
    {
        "type": enum("notSpecified", "noExpiration", "afterDateTime", "afterDuration"),
        "duration": duration,
        "endDateTime": moment,
    }
)
_PLAIN_STAGE: Final = object_of(
    {
        "durationBeforeAutomaticDenial": duration,
        "isApproverJustificationRequired": flag,
        "isEscalationEnabled": flag,
        "durationBeforeEscalation": duration,
        "approverInformationVisibility": enum("default", "notVisible", "visible"),
        "primaryApprovers": _SUBJECT_SETS,
        "fallbackPrimaryApprovers": _SUBJECT_SETS,
        "escalationApprovers": _SUBJECT_SETS,
        "fallbackEscalationApprovers": _SUBJECT_SETS,
    }
)


def _stage(at: Place, value: Any) -> Any:
    kind = type_name(value) if isinstance(value, dict) else ""
    if kind not in ("", "accessPackageApprovalStage", DYNAMIC_STAGE):
        raise bad_request(f"'{value.get('@odata.type')}' is not a type for '{at.name}'.")
    stage = _PLAIN_STAGE(at, value)
    return {"@odata.type": NAMESPACE + kind, **stage} if kind == DYNAMIC_STAGE else stage


_TRANSLATIONS: Final = list_of(object_of({"languageCode": name_text, "text": text}))
_COMMON_QUESTION: Final[dict[str, Read]] = {
    "id": text,
    "sequence": integer,
    "text": name_text,
    "localizations": _TRANSLATIONS,
    "isRequired": flag,
    "isAnswerEditable": flag,
}
QUESTION: Final = one_of(
    {
        "accessPackageTextInputQuestion": {
            **_COMMON_QUESTION,
            "isSingleLineQuestion": flag,
            "regexPattern": text,
        },
        "accessPackageMultipleChoiceQuestion": {
            **_COMMON_QUESTION,
            "isMultipleSelectionAllowed": flag,
            "choices": list_of(object_of({"actualValue": name_text, "text": text, "localizations": _TRANSLATIONS})),
        },
    }
)
_DAYS: Final = enum("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_SCHEDULE: Final = object_of(
    {
        "startDateTime": moment,
        "expiration": _EXPIRATION,
        "recurrence": object_of(
            {
                "pattern": object_of(
                    {
                        "type": enum(
                            "daily",
                            "weekly",
                            "absoluteMonthly",
                            "relativeMonthly",
                            "absoluteYearly",
                            "relativeYearly",
                        ),
                        "interval": integer_between(0, 99),
                        "month": integer_between(0, 12),
                        "dayOfMonth": integer_between(0, 31),
                        "daysOfWeek": list_of(_DAYS),
                        "firstDayOfWeek": _DAYS,
                        "index": enum("first", "second", "third", "fourth", "last"),
                    }
                ),
                "range": object_of(
                    {
                        "type": enum("endDate", "noEnd", "numbered"),
                        "numberOfOccurrences": integer_between(0, 10_000),
                        "startDate": text,
                        "endDate": text,
                        "recurrenceTimeZone": text,
                    }
                ),
            }
        ),
    }
)
_REVIEW: Final = object_of(
    {
        "isEnabled": flag,
        "expirationBehavior": enum("keepAccess", "removeAccess", "acceptAccessRecommendation"),
        "isRecommendationEnabled": flag,
        "isReviewerJustificationRequired": flag,
        "isSelfReview": flag,
        "primaryReviewers": _SUBJECT_SETS,
        "fallbackReviewers": _SUBJECT_SETS,
        "schedule": _SCHEDULE,
    }
)
_EXTENSION_STAGE: Final = object_of({"id": text, "stage": enum(*STAGES), "customExtension": reference})
_REQUESTOR_FLAGS: Final = (
    "enableTargetsToSelfAddAccess",
    "enableTargetsToSelfUpdateAccess",
    "enableTargetsToSelfRemoveAccess",
    "allowCustomAssignmentSchedule",
    "enableOnBehalfRequestorsToAddAccess",
    "enableOnBehalfRequestorsToUpdateAccess",
    "enableOnBehalfRequestorsToRemoveAccess",
)

POLICY: Final = object_of(
    {
        "accessPackage": reference,
        "displayName": name_text,
        "description": text,
        "allowedTargetScope": enum(
            "notSpecified",
            "specificDirectoryUsers",
            "specificConnectedOrganizationUsers",
            "specificDirectoryServicePrincipals",
            "allMemberUsers",
            "allDirectoryUsers",
            "allDirectoryServicePrincipals",
            "allConfiguredConnectedOrganizationUsers",
            "allExternalUsers",
            "allDirectoryAgentIdentities",
        ),
        "specificAllowedTargets": _SUBJECT_SETS,
        "expiration": _EXPIRATION,
        "requestorSettings": object_of(
            {**dict.fromkeys(_REQUESTOR_FLAGS, flag), "onBehalfRequestors": _SUBJECT_SETS},
        ),
        "requestApprovalSettings": object_of(
            {
                "isApprovalRequiredForAdd": flag,
                "isApprovalRequiredForUpdate": flag,
                "isRequestorJustificationRequired": flag,
                "stages": list_of(_stage),
            }
        ),
        "reviewSettings": _REVIEW,
        "automaticRequestSettings": object_of(
            {
                "requestAccessForAllowedTargets": flag,
                "removeAccessWhenTargetLeavesAllowedTargets": flag,
                "gracePeriodBeforeAccessRemoval": duration,
            }
        ),
        "notificationSettings": object_of({"isAssignmentNotificationDisabled": flag}),
        "questions": list_of(QUESTION),
        "customExtensionStageSettings": list_of(_EXTENSION_STAGE),
    },
    ignored=("id", "createdDateTime", "modifiedDateTime", "catalog"),
)
"""A policy as clients write it. `customExtension` is kept as the extension's id until the rules have seen it."""
