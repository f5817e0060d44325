"""Policy settings in Graph's own shape, made from what differs between policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import Group, Json, User

TYPE = "#microsoft.graph."


def single_user(user: User) -> Json:
    return {"@odata.type": TYPE + "singleUser", "userId": user.id, "description": user.display_name}


def group_members(group: Group) -> Json:
    return {"@odata.type": TYPE + "groupMembers", "groupId": group.id, "description": group.display_name}


def manager(level: int = 1) -> Json:
    return {"@odata.type": TYPE + "requestorManager", "managerLevel": level}


def target_manager(level: int = 1) -> Json:
    return {"@odata.type": TYPE + "targetManager", "managerLevel": level}


def sponsors(kind: str) -> Json:
    """`kind`: "internalSponsors", "externalSponsors" or "targetUserSponsors"."""
    return {"@odata.type": TYPE + kind}


def stage(
    primary: Iterable[Json],
    *,
    fallback: Iterable[Json] = (),
    denial: str = "P14D",
    escalation: str | None = None,
    alternates: Iterable[Json] = (),
    justification: bool = False,
    visibility: str = "default",
) -> Json:
    """One approval stage; `escalation` is the duration after which the alternates are asked too."""
    return {
        "durationBeforeAutomaticDenial": denial,
        "isApproverJustificationRequired": justification,
        "isEscalationEnabled": escalation is not None,
        "durationBeforeEscalation": escalation or "PT0S",
        "approverInformationVisibility": visibility,
        "primaryApprovers": list(primary),
        "fallbackPrimaryApprovers": list(fallback),
        "escalationApprovers": list(alternates),
        "fallbackEscalationApprovers": [],
    }


def policy_settings(
    scope: str = "allMemberUsers",
    *,
    targets: Iterable[Json] = (),
    stages: Iterable[Json] = (),
    justification: bool = False,
    days: int | None = None,
    ends_at: str | None = None,
    questions: Iterable[Json] = (),
    custom_schedule: bool = False,
    update_approval: bool = False,
    extend: bool = True,
    self_add: bool = True,
    on_behalf: Iterable[Json] = (),
    review: Json | None = None,
    description: str = "",
    automatic: Json | None = None,
) -> Json:
    """The settings of a policy that people request under; `days` None and `ends_at` None means no end."""
    requestors, approval = list(on_behalf), list(stages)
    expiration: Json = {"type": "noExpiration", "duration": None, "endDateTime": None}
    if days is not None:
        expiration = {"type": "afterDuration", "duration": f"P{days}D", "endDateTime": None}
    elif ends_at is not None:
        expiration = {"type": "afterDateTime", "duration": None, "endDateTime": ends_at}
    return {
        "displayName": "",
        "description": description,
        "allowedTargetScope": scope,
        "specificAllowedTargets": list(targets),
        "expiration": expiration,
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": self_add,
            "enableTargetsToSelfUpdateAccess": self_add and extend,
            "enableTargetsToSelfRemoveAccess": self_add,
            "allowCustomAssignmentSchedule": custom_schedule,
            "enableOnBehalfRequestorsToAddAccess": bool(requestors),
            "enableOnBehalfRequestorsToUpdateAccess": bool(requestors),
            "enableOnBehalfRequestorsToRemoveAccess": bool(requestors),
            "onBehalfRequestors": requestors,
        },
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": bool(approval),
            "isApprovalRequiredForUpdate": update_approval,
            "isRequestorJustificationRequired": justification,
            "stages": approval,
        },
        "reviewSettings": review,
        "automaticRequestSettings": automatic,
        "notificationSettings": {"isAssignmentNotificationDisabled": False},
        "questions": list(questions),
        "customExtensionStageSettings": [],
    }


def administrators_only(**more: Any) -> Json:
    """The settings of a policy under which only administrators, or the file's pipeline, assign directly."""
    return policy_settings("notSpecified", self_add=False, extend=False, custom_schedule=True, **more)


def text_question(
    key: str,
    sequence: int,
    text: str,
    *,
    required: bool = False,
    single_line: bool = True,
    pattern: str | None = None,
    **localized: str,
) -> Json:
    """A question answered in words; `localized` gives its text by language code, with `_` for `-`."""
    return {
        "@odata.type": TYPE + "accessPackageTextInputQuestion",
        **_question(key, sequence, text, required, localized),
        "isSingleLineQuestion": single_line,
        "regexPattern": pattern,
    }


def choice_question(
    key: str,
    sequence: int,
    text: str,
    choices: Mapping[str, Mapping[str, str]],
    *,
    required: bool = False,
    several: bool = False,
    **localized: str,
) -> Json:
    """A question answered by choosing. `choices` maps each value to its texts: "" for the default, else by language."""
    return {
        "@odata.type": TYPE + "accessPackageMultipleChoiceQuestion",
        **_question(key, sequence, text, required, localized),
        "isMultipleSelectionAllowed": several,
        "choices": [
            {
                "actualValue": value,
                "text": texts[""],
                "localizations": _localizations({code: said for code, said in texts.items() if code}),
            }
            for value, texts in choices.items()
        ],
    }


def _question(key: str, sequence: int, text: str, required: bool, localized: Mapping[str, str]) -> Json:
    return {
        "id": stable_id("question/" + key),
        "sequence": sequence,
        "text": text,
        "localizations": _localizations(localized),
        "isRequired": required,
        "isAnswerEditable": True,
    }


def _localizations(localized: Mapping[str, str]) -> list[Json]:
    return [{"languageCode": code.replace("_", "-"), "text": said} for code, said in localized.items()]
