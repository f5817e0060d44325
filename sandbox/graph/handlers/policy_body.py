"""Reading the body of an assignment policy: every member checked, spelt as Graph spells it, unknown ones dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.graph.engine.policies import type_name
from sandbox.graph.engine.times import parse_duration, parse_moment
from sandbox.graph.problems import bad_request
from sandbox.graph.wire import NAMESPACE, Json

Read = Callable[[str, Any], Any]
"""Gives the value to keep for a member (named for messages), or raises 400."""


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise bad_request(f"'{name}' must be a string.")
    return value


def _flag(name: str, value: Any) -> bool:
    """The service also takes the texts "true" and "false"."""
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    if not isinstance(value, bool):
        raise bad_request(f"'{name}' must be true or false.")
    return value


def _integer(name: str, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad_request(f"'{name}' must be a whole number.")
    return value


def _duration(name: str, value: Any) -> str:
    try:
        parse_duration(_text(name, value))
    except (ValueError, OverflowError) as error:
        raise bad_request(f"'{name}' must be an ISO 8601 duration.") from error
    return str(value)


def _moment(name: str, value: Any) -> str:
    try:
        parse_moment(_text(name, value))
    except ValueError as error:
        raise bad_request(f"'{name}' must be an ISO 8601 date and time.") from error
    return str(value)


def _enum(*members: str) -> Read:
    by_name = {member.casefold(): member for member in members}

    def read(name: str, value: Any) -> str:
        member = by_name.get(_text(name, value).casefold())
        if member is None:
            raise bad_request(f"'{value}' is not a value of '{name}'.")
        return member

    return read


def _list(item: Read) -> Read:
    def read(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise bad_request(f"'{name}' must be an array.")
        return [item(name, one) for one in value]

    return read


def _object(members: Mapping[str, Read]) -> Read:
    def read(name: str, value: Any) -> Json:
        if not isinstance(value, dict):
            raise bad_request(f"'{name}' must be an object.")
        kept = {member: value[member] for member in members if value.get(member) is not None}
        return {member: members[member](f"{name}/{member}", given) for member, given in kept.items()}

    return read


def _one_of(kinds: Mapping[str, Mapping[str, Read]]) -> Read:
    """Polymorphic objects: `@odata.type` says which members there may be."""

    def read(name: str, value: Any) -> Json:
        if not isinstance(value, dict):
            raise bad_request(f"'{name}' must hold objects.")
        kind = type_name(value)
        if kind not in kinds:
            raise bad_request(f"'{value.get('@odata.type')}' is not a type for '{name}'; '@odata.type' is required.")
        return {"@odata.type": NAMESPACE + kind, **_object(kinds[kind])(name, value)}

    return read


_SUBJECT_SET: Final = _one_of(
    {
        "singleUser": {"userId": _text, "description": _text},
        "groupMembers": {"groupId": _text, "description": _text},
        "connectedOrganizationMembers": {"connectedOrganizationId": _text, "description": _text},
        "singleServicePrincipal": {"servicePrincipalId": _text, "description": _text},
        "attributeRuleMembers": {"membershipRule": _text, "description": _text},
        "requestorManager": {"managerLevel": _integer},
        "targetManager": {"managerLevel": _integer},
        "internalSponsors": {},
        "externalSponsors": {},
        "targetUserSponsors": {},
        "targetApplicationOwners": {},
    }
)
_SUBJECT_SETS: Final = _list(_SUBJECT_SET)
_EXPIRATION: Final = _object(
    {
        "type": _enum("notSpecified", "noExpiration", "afterDateTime", "afterDuration"),
        "duration": _duration,
        "endDateTime": _moment,
    }
)
_STAGE: Final = _object(
    {
        "durationBeforeAutomaticDenial": _duration,
        "isApproverJustificationRequired": _flag,
        "isEscalationEnabled": _flag,
        "durationBeforeEscalation": _duration,
        "approverInformationVisibility": _enum("default", "notVisible", "visible"),
        "primaryApprovers": _SUBJECT_SETS,
        "fallbackPrimaryApprovers": _SUBJECT_SETS,
        "escalationApprovers": _SUBJECT_SETS,
        "fallbackEscalationApprovers": _SUBJECT_SETS,
    }
)
_TRANSLATIONS: Final = _list(_object({"languageCode": _text, "text": _text}))
_COMMON_QUESTION: Final[dict[str, Read]] = {
    "id": _text,
    "sequence": _integer,
    "text": _text,
    "localizations": _TRANSLATIONS,
    "isRequired": _flag,
    "isAnswerEditable": _flag,
}
_QUESTION: Final = _one_of(
    {
        "accessPackageTextInputQuestion": {
            **_COMMON_QUESTION,
            "isSingleLineQuestion": _flag,
            "regexPattern": _text,
        },
        "accessPackageMultipleChoiceQuestion": {
            **_COMMON_QUESTION,
            "isMultipleSelectionAllowed": _flag,
            "choices": _list(_object({"actualValue": _text, "text": _text, "localizations": _TRANSLATIONS})),
        },
    }
)
_REQUESTOR_FLAGS: Final = (
    "enableTargetsToSelfAddAccess",
    "enableTargetsToSelfUpdateAccess",
    "enableTargetsToSelfRemoveAccess",
    "allowCustomAssignmentSchedule",
    "enableOnBehalfRequestorsToAddAccess",
    "enableOnBehalfRequestorsToUpdateAccess",
    "enableOnBehalfRequestorsToRemoveAccess",
)
_MAX_STAGES: Final = 3


def _keep(name: str, value: Any) -> Json:
    """An object that is kept as it was written: reviews are settings that nothing here acts upon."""
    if not isinstance(value, dict):
        raise bad_request(f"'{name}' must be an object.")
    return value


_POLICY: Final = _object(
    {
        "displayName": _text,
        "description": _text,
        "allowedTargetScope": _enum(
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
        "requestorSettings": _object(
            {**dict.fromkeys(_REQUESTOR_FLAGS, _flag), "onBehalfRequestors": _SUBJECT_SETS},
        ),
        "requestApprovalSettings": _object(
            {
                "isApprovalRequiredForAdd": _flag,
                "isApprovalRequiredForUpdate": _flag,
                "isRequestorJustificationRequired": _flag,
                "stages": _list(_STAGE),
            }
        ),
        "reviewSettings": _keep,
        "automaticRequestSettings": _object(
            {
                "requestAccessForAllowedTargets": _flag,
                "removeAccessWhenTargetLeavesAllowedTargets": _flag,
                "gracePeriodBeforeAccessRemoval": _duration,
            }
        ),
        "notificationSettings": _object({"isAssignmentNotificationDisabled": _flag}),
        "questions": _list(_QUESTION),
    }
)


def policy_settings(body: Json, new_id: Callable[[str], str]) -> Json:
    """The settings that a whole policy body describes. `new_id` numbers questions that bring no id.

    Raises 400 naming the member that is missing, of the wrong kind, or not a value.
    """
    settings: Json = _POLICY("assignmentPolicy", body)
    if not str(settings.get("displayName", "")).strip():
        raise bad_request("'displayName' is required.")
    if len(settings.get("requestApprovalSettings", {}).get("stages", ())) > _MAX_STAGES:
        raise bad_request(f"An assignment policy has at most {_MAX_STAGES} approval stages.")
    for question in settings.get("questions", ()):
        question.setdefault("id", new_id("question"))
    return settings
