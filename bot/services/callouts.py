"""What a custom extension of entitlement management tells: a hint that a request has moved, and nothing more.

Nothing in a callout is believed. It names a request, which is then read from Graph; polling finds whatever was never
called out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REQUEST = "accesspackageassignmentrequestid"
_INSTANCE = "customextensionstageinstanceid"
_STAGE = "stage"
_NAMED = {_REQUEST: "AccessPackageAssignmentRequestId", _INSTANCE: "CustomExtensionStageInstanceId"}


class UnreadableCallout(ValueError):
    """The body is not a callout; the text says what is wrong with it and shows none of it."""


class Scheduler(Protocol):
    async def follow_soon(self, request_id: str, reason: str) -> None: ...


class CalloutService:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    async def take(self, body: Any) -> str:
        """Have the request that was called out looked at, once for each callout; gives back its id.

        Members are read in any case: they arrive in PascalCase, and their list has changed before.

        Raises: UnreadableCallout, ServiceBusy (then the caller should try again).
        Source: Graph v1.0, `accessPackageAssignmentRequestCalloutData`.
        """
        if not isinstance(body, Mapping):
            raise UnreadableCallout("the body is not an object")
        told = {str(name).casefold(): value for name, value in body.items()}
        request_id = _guid(told, _REQUEST)
        instance_id = _guid(told, _INSTANCE) if told.get(_INSTANCE) is not None else _word(told.get(_STAGE))
        await self._scheduler.follow_soon(request_id, f"callout/{instance_id}")
        return request_id


def _guid(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not _GUID.fullmatch(value):
        raise UnreadableCallout(f"{_NAMED[name]} is not a GUID")
    return value.lower()


def _word(value: Any) -> str:
    """A stage's name as a part of a job's id."""
    return re.sub(r"\W", "", value)[:80].casefold() if isinstance(value, str) else ""
