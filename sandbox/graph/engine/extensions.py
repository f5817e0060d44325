"""Custom extensions: telling the world outside that a request has come to a stage, and waiting for its answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.graph.engine.callout_data import assignment_callout, request_callout
from sandbox.graph.engine.policies import part, parts
from sandbox.graph.engine.times import moment_text, parse_duration
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.tenant.model import Assignment, AssignmentRequest, CustomExtension, Json

_WAITING = "waitingForCallback"


class Extensions:
    """Calls the extensions that a policy hangs on its stages, by publishing the event "callout".

    The event carries the body to send as it was at that moment. Without the licence for extensions nothing is called.
    """

    def __init__(self, world: EntitlementWorld) -> None:
        self._world = world

    def call(self, request: AssignmentRequest, stage: str, at: datetime) -> timedelta | None:
        """Call out for one stage. Gives how long to wait for the answer, None where nobody waits."""
        longest: timedelta | None = None
        for extension in self._hung_on(request.policy_id, stage):
            callback = part(extension.settings, "callbackConfiguration")
            callout_id = self._note(request.callouts, extension, _WAITING if callback else "calloutSent")
            if callback:
                span = callback.get("timeoutDuration") or callback.get("durationBeforeTimeout") or "PT1H"
                longest = max(longest or timedelta(0), parse_duration(str(span)))
            body = request_callout(self._world.tenant, request, stage, callout_id, extension)
            self._send("request", request.id, stage, callout_id, extension, body, at)
        return longest

    def call_for_assignment(self, assignment: Assignment, request_id: str | None, stage: str, at: datetime) -> None:
        """Call out because an assignment comes to its end; `request_id` is the request that gave it. Nobody waits."""
        for extension in self._hung_on(assignment.policy_id, stage):
            callout_id = self._note(assignment.callouts, extension, "calloutSent")
            body = assignment_callout(self._world.tenant, assignment, request_id, stage, callout_id, extension)
            self._send("assignment", assignment.id, stage, callout_id, extension, body, at)

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

    def _note(self, callouts: list[Json], extension: CustomExtension, status: str) -> str:
        callout_id = self._world.tenant.new_id("callout")
        callouts.append(
            {
                "id": callout_id,
                "customExtensionId": extension.id,
                "externalCorrelationId": "",
                "detail": "",
                "status": status,
            }
        )
        return callout_id

    def _send(
        self,
        about: str,
        object_id: str,
        stage: str,
        callout_id: str,
        extension: CustomExtension,
        body: Json,
        at: datetime,
    ) -> None:
        self._world.events.publish(
            "callout",
            **{about: object_id},
            stage=stage,
            callout=callout_id,
            extension=extension.id,
            body=body,
            at=moment_text(at),
        )

    def _hung_on(self, policy_id: str, stage: str) -> Iterator[CustomExtension]:
        if self._world.options.licence != "governance" or not switch(self._world, "callouts", default=True):
            return
        policy = self._world.tenant.policies.get(policy_id)
        for setting in parts(policy.settings, "customExtensionStageSettings") if policy else []:
            extension = self._world.tenant.custom_extensions.get(str(part(setting, "customExtension").get("id")))
            if extension is not None and str(setting.get("stage")).casefold() == stage.casefold():
                yield extension


def callout_failed(callouts: list[Json], callout_id: str) -> None:
    """Note that a callout did not arrive; one that was answered all the same stays answered."""
    for callout in callouts:
        if callout["id"] == callout_id and callout["status"] in (_WAITING, "calloutSent"):
            callout["status"] = "calloutFailed"
