"""Approvals as their approvers see and decide them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.graph.engine.approvers import Approvers
from sandbox.graph.engine.lifecycle import Lifecycle
from sandbox.graph.engine.policies import is_true
from sandbox.graph.engine.roles import Roles
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.graph.problems import GraphProblem, bad_request, conflict, forbidden, not_found
from sandbox.tenant.model import ApprovalStage, AssignmentRequest, ReviewResult, StageStatus, Tenant

_RESULTS: dict[str, ReviewResult] = {"approve": "Approved", "deny": "Denied"}


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage as one person sees it. `reviewed_by` is a user id, None before a decision."""

    id: str
    display_name: str | None
    status: StageStatus
    assigned_to_me: bool
    review_result: ReviewResult
    justification: str
    reviewed_by: str | None
    reviewed_at: datetime | None


class Approvals:
    """Reading and deciding, always for one person; made anew for each operation."""

    def __init__(self, world: EntitlementWorld, lifecycle: Lifecycle) -> None:
        self._world = world
        self._lifecycle = lifecycle
        self._approvers = Approvers(world)

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def waiting_for(self, user_id: str) -> list[AssignmentRequest]:
        """The pending requests whose current stage this person may decide, oldest first."""
        found: list[AssignmentRequest] = []
        for request_id in self._tenant.open_requests:
            request = self._tenant.requests[request_id]
            stage = request.current_stage
            if stage is not None and user_id in self._approvers.of(request, stage):
                found.append(request)
        return sorted(found, key=lambda request: request.posted_at)

    def stages(self, request_id: str, as_user: str) -> list[StageView]:
        """The stages that this person may see, in order.

        Raises GraphProblem 404 for a request that never had an approval, 403 for somebody who neither decides a stage
        nor may read the catalog.
        """
        request = self._with_approval(request_id)
        self._check_may_see(request, as_user)
        return [self._view(request, stage, as_user) for stage in request.stages if self._is_shown(stage)]

    def decide(
        self, user_id: str, request_id: str, stage_id: str, review_result: str, justification: str | None
    ) -> None:
        """Record the decision of one approver.

        Raises GraphProblem 404 (no such approval or stage), 403 (not an approver, or involved), 409 (decided already,
        or closed), 400 (its turn has not come, no such result, justification missing).
        """
        request = self._with_approval(request_id)
        stage = next((s for s in request.stages if s.id == stage_id and self._is_shown(s)), None)
        if stage is None:
            raise not_found(f"There is no stage '{stage_id}'.")
        if user_id not in self._approvers.of(request, stage):
            raise forbidden("The caller is not an approver of this stage.")
        if stage.status == "Initializing" and request.is_open:
            raise bad_request("The stage is not in progress yet.", "StageNotInProgress")
        if stage.status != "InProgress":
            raise conflict("The stage has already been decided or closed.", "StageAlreadyCompleted")
        result = _RESULTS.get(review_result.casefold())
        if result is None:
            raise bad_request(f"'{review_result}' is not a review result: Approve or Deny.", "InvalidReviewResult")
        reason = justification or ""
        if is_true(stage.settings.get("isApproverJustificationRequired")) and not reason.strip():
            raise bad_request("A justification is required for this decision.", "JustificationRequired")
        self._lifecycle.decided(request, stage, user_id, result, reason, self._world.clock.now())

    def _with_approval(self, request_id: str) -> AssignmentRequest:
        request = self._tenant.requests.get(request_id)
        if request is None or not request.stages:
            status = switch(self._world, "approval_missing_status", 404)
            code = "ResourceNotFound" if status == 404 else "Forbidden"
            raise GraphProblem(status, code, f"There is no approval '{request_id}'.")
        return request

    def _check_may_see(self, request: AssignmentRequest, user_id: str) -> None:
        for stage in request.stages:
            if user_id == stage.reviewed_by or user_id in self._approvers.of(request, stage):
                return
        package = self._tenant.packages.get(request.package_id)
        if not Roles(self._tenant).may(user_id, "read", package.catalog_id if package else None):
            raise forbidden("The caller is not an approver of this request.")

    def _is_shown(self, stage: ApprovalStage) -> bool:
        return stage.status != "Initializing" or self._world.options.later_stages_visible

    def _view(self, request: AssignmentRequest, stage: ApprovalStage, user_id: str) -> StageView:
        name = stage.settings.get("displayName")
        return StageView(
            id=stage.id,
            display_name=name if isinstance(name, str) else None,
            status=stage.status,
            assigned_to_me=user_id in self._approvers.of(request, stage),
            review_result=stage.review_result,
            justification=stage.justification,
            reviewed_by=stage.reviewed_by,
            reviewed_at=stage.reviewed_at,
        )
