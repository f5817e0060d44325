"""What people do in My Access, away from Doorman: the same rules, but no token and no stage to look up."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.problems import conflict, not_found
from sandbox.tenant.model import AssignmentRequest, Json


class Portal:
    """Acts for one person at a time; people are object ids. Refusals are GraphProblem, as in `Entitlement`."""

    def __init__(self, entitlement: Entitlement) -> None:
        self._entitlement = entitlement

    def decide(self, user_id: str, request_id: str, *, approve: bool, justification: str = "") -> None:
        """Decide the current stage. Raises GraphProblem 404 without an approval, 409 when nothing waits any more."""
        request = self._entitlement.request(request_id)
        if not request.stages:
            raise not_found(f"There is no approval '{request_id}'.")
        stage = request.current_stage
        if stage is None:
            raise conflict("The request does not wait for a decision.", "StageAlreadyCompleted")
        self._entitlement.decide(user_id, request_id, stage.id, "Approve" if approve else "Deny", justification)

    def request(
        self,
        user_id: str,
        package_id: str,
        policy_id: str | None = None,
        *,
        justification: str | None = None,
        answers: Iterable[Json] = (),
        schedule: Json | None = None,
    ) -> AssignmentRequest:
        """Ask for a package for oneself."""
        body: Json = {
            "requestType": "userAdd",
            "assignment": {"accessPackageId": package_id, "assignmentPolicyId": policy_id},
            "justification": justification,
            "answers": list(answers),
            "schedule": schedule,
        }
        return self._entitlement.create_request(user_id, body)

    def cancel(self, user_id: str, request_id: str) -> None:
        """Cancel a request."""
        self._entitlement.cancel(user_id, request_id)
