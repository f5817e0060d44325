"""The properties that the bodies of requests and decisions may name; what they hold is for the engine to read."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from sandbox.graph.handlers.body import Place, unknown
from sandbox.graph.operations import Call

_Names: TypeAlias = "dict[str, _Names]"
"""Properties with those of the objects that they hold; an empty one is not looked into."""


def _names(*plain: str, **nested: _Names) -> _Names:
    return {**{name: {} for name in plain}, **nested}


# `stopDateTime` is in an example of the documentation, the short ids in most; Microsoft's client knows `parameters`.
_SCHEDULE: Final = _names(
    "startDateTime", "recurrence", "stopDateTime", expiration=_names("type", "duration", "endDateTime")
)
_TARGET: Final = _names(
    "id",
    "objectId",
    "displayName",
    "email",
    "principalName",
    "onPremisesSecurityIdentifier",
    "subjectType",
    "subjectLifecycle",
    "connectedOrganization",
)
_ASSIGNMENT: Final = _names(
    "id",
    "targetId",
    "accessPackageId",
    "assignmentPolicyId",
    "accessPackage",
    "assignmentPolicy",
    "state",
    "status",
    "expiredDateTime",
    "customExtensionCalloutInstances",
    schedule=_SCHEDULE,
    target=_TARGET,
)
REQUEST: Final = _names(
    "id",
    "requestType",
    "state",
    "status",
    "justification",
    "createdDateTime",
    "completedDateTime",
    "accessPackage",
    "requestor",
    "customExtensionCalloutInstances",
    answers=_names("value", "displayValue", "answeredQuestion"),
    assignment=_ASSIGNMENT,
    schedule=_SCHEDULE,
    parameters=_names("bypassApproval"),
)
STAGE: Final = _names(
    "id", "displayName", "status", "assignedToMe", "reviewResult", "justification", "reviewedBy", "reviewedDateTime"
)


def check_names(call: Call, known: _Names) -> None:
    """Raise 400 naming the first property of the body that does not exist, unless these are to be ignored."""
    if call.reader.world.options.unknown_properties == "reject":
        _check(Place(""), call.body, known)


def _check(at: Place, value: Any, known: _Names) -> None:
    if isinstance(value, list):
        for one in value:
            _check(at, one, known)
    elif isinstance(value, dict) and known:
        for name, given in value.items():
            if "@" in name or given is None:
                continue
            if name not in known:
                raise unknown(at.below(name).name)
            _check(at.below(name), given, known[name])
