"""Custom extensions: telling the world outside that a request has come to a stage, and waiting for its answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.graph.engine.policies import part, parts
from sandbox.graph.engine.times import moment_text, parse_duration
from sandbox.graph.engine.world import EntitlementWorld
from sandbox.tenant.model import AssignmentRequest, CustomExtension

_WAITING = "waitingForCallback"


class Extensions:
    """Calls the extensions that a policy hangs on its stages, by publishing the event "callout"."""

    def __init__(self, world: EntitlementWorld) -> None:
        self._world = world

    def call(self, request: AssignmentRequest, stage: str, at: datetime) -> timedelta | None:
        """Call out for one stage. Gives how long to wait for the answer, None where nobody waits."""
        longest: timedelta | None = None
        for extension in self._hung_on(request.policy_id, stage):
            callback = part(extension.settings, "callbackConfiguration")
            callout_id = self._world.tenant.new_id("callout")
            request.callouts.append(
                {
                    "id": callout_id,
                    "customExtensionId": extension.id,
                    "externalCorrelationId": "",
                    "detail": "",
                    "status": _WAITING if callback else "calloutSent",
                }
            )
            if callback:
                span = callback.get("timeoutDuration") or callback.get("durationBeforeTimeout") or "PT1H"
                longest = max(longest or timedelta(0), parse_duration(str(span)))
            self._world.events.publish(
                "callout",
                request=request.id,
                stage=stage,
                callout=callout_id,
                extension=extension.id,
                at=moment_text(at),
            )
        return longest

    def answered(self, request: AssignmentRequest, callout_id: str | None, detail: str) -> None:
        """Note the answer to one callout, or to all that are waited for when it names none."""
        for callout in request.callouts:
            if callout["status"] == _WAITING and callout_id in (None, callout["id"]):
                callout["status"], callout["detail"] = "callbackReceived", detail

    def timed_out(self, request: AssignmentRequest) -> None:
        """Note that nobody answered in time."""
        for callout in request.callouts:
            if callout["status"] == _WAITING:
                callout["status"] = "callbackTimedOut"

    def _hung_on(self, policy_id: str, stage: str) -> Iterator[CustomExtension]:
        policy = self._world.tenant.policies.get(policy_id)
        for setting in parts(policy.settings, "customExtensionStageSettings") if policy else []:
            extension = self._world.tenant.custom_extensions.get(str(part(setting, "customExtension").get("id")))
            if extension is not None and str(setting.get("stage")).casefold() == stage.casefold():
                yield extension
