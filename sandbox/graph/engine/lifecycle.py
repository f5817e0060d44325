"""How requests and assignments move: each step at its true moment, however far the clock has jumped.

    submitted/Accepted -> submitted/WaitingForCallback -> pendingApproval/PendingApproval(Escalated)
        -> denied | canceled | scheduled/PendingNotBefore -> delivering
        -> delivered/Fulfilled -> delivered/FulfilledNotificationTriggered | partiallyDelivered | deliveryFailed

Steps that come by time stand on the tenant's agenda. A step that has been overtaken (a stage decided before it lapsed,
a request canceled before its start) finds the state changed and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.graph.engine import agenda, audit
from sandbox.graph.engine.automatic import AutomaticAssignments
from sandbox.graph.engine.delivery import deliver, grant, revoke_all
from sandbox.graph.engine.extensions import Extensions
from sandbox.graph.engine.onboarding import refresh_roles
from sandbox.graph.engine.policies import (
    approval_stages,
    end_of,
    is_true,
    needs_approval,
    part,
    says_when_it_ends,
    stage_span,
)
from sandbox.graph.engine.records import draft_of, removal, schedule_json
from sandbox.graph.engine.reviews import Reviews
from sandbox.graph.engine.times import moment_text, parse_duration, parse_moment
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.tenant.model import (
    ApprovalStage,
    Assignment,
    AssignmentRequest,
    RequestState,
    ReviewResult,
    Tenant,
    Transition,
)

_DEFAULT_DENIAL = timedelta(days=14)
_NEAR_EXPIRY = timedelta(days=1)
_FAR_EXPIRY = timedelta(days=14)
_FULFILLED_DELAY_S = 5.0


class Lifecycle:
    """Moves one world's requests and assignments."""

    def __init__(self, world: EntitlementWorld) -> None:
        self._world = world
        self._extensions = Extensions(world)
        self.reviews = Reviews(world, self.submit)
        self.automatic = AutomaticAssignments(world, self.submit)
        self._steps: dict[str, Callable[[str, datetime], None]] = {
            "process": self._process,
            "callback-timeout": self._callback_timeout,
            "escalate": self._escalate,
            "close-stage": self._close_stage,
            "start": self._start,
            "deliver": self._deliver,
            "notify": self._notify,
            "far-expiry": self._far_expiry,
            "near-expiry": self._near_expiry,
            "expire": self._expire,
            "delete-guest": self._delete_guest,
            "review-start": self.reviews.start,
            "review-stage-end": self.reviews.end_stage,
            "review-apply": self.reviews.apply,
            "rule-of-policy": self.automatic.look_at_policy,
            "rule-of-person": self.automatic.look_at_person,
            "rule-left": self.automatic.leave,
            "refresh-resource": lambda about, at: refresh_roles(self._tenant, about, at),
        }

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def settle(self) -> None:
        """Do everything that has become due by the clock's now, in the order in which it was due."""
        now = self._world.clock.now()
        self.reviews.plan(now)
        while (due := agenda.take_due(self._tenant, now)) is not None:
            at, _, what, about = due
            self._steps[what](about, at)

    def submit(self, request: AssignmentRequest) -> None:
        """Take in a new request; it is looked at after the processing delay."""
        self._tenant.put_request(request)
        self._moved(request, request.posted_at, self._person(request.requestor_id))
        self._after(request.posted_at, self._world.options.processing_delay_s, "process", request.id)

    def decided(
        self, request: AssignmentRequest, stage: ApprovalStage, by: str, result: ReviewResult, why: str, at: datetime
    ) -> None:
        """Record an approver's decision and go on: next stage, delivery, or the end."""
        stage.status, stage.review_result = "Completed", result
        stage.reviewed_by, stage.reviewed_at, stage.justification, stage.ended_at = by, at, why, at
        audit.decided(self._tenant, request, stage, at)
        if result == "Denied":
            self._finish(request, "denied", "Denied", at, by)
            return
        following = next((later for later in request.stages if later.status == "Initializing"), None)
        if following is None:
            self._extensions.call(request, "assignmentRequestApproved", at)
            self._approved(request, at)
        else:
            self._begin_stage(following, request, at, at)
            self._move(request, "pendingApproval", "PendingApproval", at, by)

    def cancel(self, request: AssignmentRequest, by: str, at: datetime) -> None:
        """End an open request because its requestor, or an administrator, wants that."""
        self._end_stages(request, at)
        self._finish(request, "canceled", "Canceled", at, by)

    def reprocess(self, request: AssignmentRequest, at: datetime) -> None:
        """Try again to deliver what failed."""
        assignment = self._tenant.assignments[request.assignment_id]
        assignment.state, assignment.status = "delivering", "Delivering"
        request.completed_at = None
        self._move(request, "delivering", "Delivering", at)
        self._after(at, self._world.options.delivery_delay_s, "deliver", request.id)

    def resume(self, request: AssignmentRequest, outcome: str | None, at: datetime) -> None:
        """An extension called back: end the request as it says, or go on."""
        if outcome in ("denied", "canceled"):
            self._finish(request, "denied" if outcome == "denied" else "canceled", outcome.capitalize(), at)
        else:
            self._ask(request, at)

    def reapply(self, assignment: Assignment, at: datetime) -> None:
        """Put everything the package contains into effect again, in case somebody took it away by hand."""
        for role_scope in self._tenant.packages[assignment.package_id].role_scopes:
            grant(self._tenant, assignment, role_scope, at)
        self._publish("assignment", assignment.id, "delivered", assignment.status, at)

    def expire_at(self, assignment: Assignment, ends_at: datetime | None, start: datetime) -> None:
        """Set when an assignment ends, and put its end on the agenda."""
        assignment.ends_at = ends_at
        assignment.schedule = schedule_json(start, ends_at)
        if ends_at is not None:
            if ends_at - _FAR_EXPIRY > start:
                agenda.put(self._tenant, ends_at - _FAR_EXPIRY, "far-expiry", assignment.id)
            agenda.put(self._tenant, max(ends_at - _NEAR_EXPIRY, start), "near-expiry", assignment.id)
            agenda.put(self._tenant, ends_at, "expire", assignment.id)

    def _process(self, request_id: str, at: datetime) -> None:
        request = self._tenant.requests.get(request_id)
        if request is None or request.state != "submitted":
            return
        request.created_at = request.posted_at
        waits_for = self._extensions.call(request, "assignmentRequestCreated", at)
        if waits_for is None:
            self._ask(request, at)
        else:
            self._move(request, "submitted", "WaitingForCallback", at)
            agenda.put(self._tenant, at + waits_for, "callback-timeout", request.id)

    def _callback_timeout(self, request_id: str, at: datetime) -> None:
        request = self._tenant.requests.get(request_id)
        if request is not None and request.status == "WaitingForCallback":
            self._extensions.timed_out(request)
            self._ask(request, at)

    def _ask(self, request: AssignmentRequest, at: datetime) -> None:
        """Begin the first stage, or go on at once where nobody has to approve."""
        policy = self._tenant.policies.get(request.policy_id)
        if policy is None or not needs_approval(policy, request):
            self._approved(request, at)
            return
        request.stages = [ApprovalStage(self._tenant.new_id("stage"), settings) for settings in approval_stages(policy)]
        self._begin_stage(request.stages[0], request, request.posted_at, at)
        self._move(request, "pendingApproval", "PendingApproval", at)

    def _begin_stage(self, stage: ApprovalStage, request: AssignmentRequest, since: datetime, at: datetime) -> None:
        """Open a stage at `at`, its time running since `since`."""
        stage.status, stage.started_at = "InProgress", since
        stage.closes_at = since + (stage_span(stage.settings, "durationBeforeAutomaticDenial") or _DEFAULT_DENIAL)
        escalates_after = stage_span(stage.settings, "durationBeforeEscalation")
        if is_true(stage.settings.get("isEscalationEnabled")) and escalates_after is not None:
            agenda.put(self._tenant, max(since + escalates_after, at), "escalate", f"{request.id} {stage.id}")
        agenda.put(self._tenant, max(stage.closes_at, at), "close-stage", f"{request.id} {stage.id}")

    def _escalate(self, about: str, at: datetime) -> None:
        request, stage = self._stage_in_progress(about)
        if request is not None and stage is not None:
            stage.escalated_at = at
            self._move(request, "pendingApproval", "PendingApprovalEscalated", at)

    def _close_stage(self, about: str, at: datetime) -> None:
        request, stage = self._stage_in_progress(about)
        if request is not None and stage is not None:
            stage.status, stage.ended_at = "Expired", at
            self._finish(request, "denied", switch(self._world, "closed_by_time_status", "Denied"), at)

    def _stage_in_progress(self, about: str) -> tuple[AssignmentRequest | None, ApprovalStage | None]:
        request_id, _, stage_id = about.partition(" ")
        request = self._tenant.requests.get(request_id)
        stage = request.current_stage if request is not None and request.state == "pendingApproval" else None
        return (request, stage) if stage is not None and stage.id == stage_id else (None, None)

    def _approved(self, request: AssignmentRequest, at: datetime) -> None:
        starts = request.schedule.get("startDateTime")
        if starts and not request.removes and parse_moment(str(starts)) > at:
            self._move(request, "scheduled", "PendingNotBefore", at)
            agenda.put(self._tenant, parse_moment(str(starts)), "start", request.id)
        else:
            self._begin_delivery(request, at)

    def _start(self, request_id: str, at: datetime) -> None:
        request = self._tenant.requests.get(request_id)
        if request is not None and request.state == "scheduled":
            self._begin_delivery(request, at)

    def _begin_delivery(self, request: AssignmentRequest, at: datetime) -> None:
        known = self._tenant.assignments.get(request.assignment_id)
        if known is not None and known.state == "expired" and request.is_renewal:
            # What was to be renewed has ended meanwhile: the approval gives a new assignment.
            request.assignment_id, request.is_renewal = self._tenant.new_id("assignment"), False
        if request.assignment_id not in self._tenant.assignments:
            self._tenant.put_assignment(draft_of(request))
            self._tenant.assignments[request.assignment_id].created_at = at
        assignment = self._tenant.assignments[request.assignment_id]
        if assignment.state is None:
            assignment.state, assignment.status = "delivering", "Delivering"
        self._move(request, "delivering", "Delivering", at)
        self._after(at, self._world.options.delivery_delay_s, "deliver", request.id)

    def _deliver(self, request_id: str, at: datetime) -> None:
        request = self._tenant.requests.get(request_id)
        if request is None or request.state != "delivering":
            return
        request.attempts += 1
        assignment = self._tenant.assignments[request.assignment_id]
        if request.removes:
            self._end(assignment, at)
            self._extensions.call(request, "assignmentRequestRemoved", at)
            self._fulfil(request, at)
            return
        if assignment.state == "expired":
            self._finish(request, "deliveryFailed", "DeliveryFailed", at)
            return
        outcome = deliver(self._tenant, assignment, request.attempts, at)
        if outcome == "stuck":
            return
        assignment.answers = request.answers or assignment.answers
        assignment.policy_id = request.policy_id
        if outcome == "deliveryFailed":
            assignment.state, assignment.status = "deliveryFailed", "DeliveryFailed"
            self._finish(request, "deliveryFailed", "DeliveryFailed", at)
            return
        self._set_period(request, assignment, at)
        if outcome == "partiallyDelivered":
            assignment.state, assignment.status = "partiallyDelivered", "PartiallyDelivered"
            self._finish(request, "partiallyDelivered", "PartiallyDelivered", at)
            return
        assignment.state, assignment.status = "delivered", "Delivered"
        self._extensions.call(request, "assignmentRequestGranted", at)
        self._fulfil(request, at)

    def _set_period(self, request: AssignmentRequest, assignment: Assignment, at: datetime) -> None:
        """When access begins and ends: by the request's own schedule, else by the policy.

        An update without an end of its own leaves the end as it is, and a second attempt the period as it is.
        """
        asked = request.schedule.get("startDateTime")
        began = assignment.schedule.get("startDateTime")
        if began and request.attempts > 1:
            return
        since = max(parse_moment(str(asked)), request.posted_at) if asked else at
        if says_when_it_ends(request.schedule):
            ends_at = end_of(part(request.schedule, "expiration"), since)
        elif request.updates:
            ends_at = assignment.ends_at
        else:
            policy = self._tenant.policies.get(request.policy_id)
            ends_at = end_of(part(policy.settings, "expiration"), since) if policy else None
        if not began or ends_at != assignment.ends_at:
            self.expire_at(assignment, ends_at, parse_moment(str(began)) if began else since)

    def _fulfil(self, request: AssignmentRequest, at: datetime) -> None:
        self._finish(request, "delivered", "Fulfilled", at)
        self._after(at, switch(self._world, "fulfilled_delay_s", _FULFILLED_DELAY_S), "notify", request.id)

    def _notify(self, request_id: str, at: datetime) -> None:
        """The service has sent its mails: only the detailed status shows it."""
        request = self._tenant.requests.get(request_id)
        if request is None or request.status != "Fulfilled":
            return
        self._move(request, "delivered", "FulfilledNotificationTriggered", at)
        assignment = self._tenant.assignments[request.assignment_id]
        if request.removes and assignment.state == "expired":
            assignment.status = "ExpiredNotificationTriggered"

    def _far_expiry(self, assignment_id: str, at: datetime) -> None:
        """Two weeks are left; only extensions hear of it."""
        assignment = self._tenant.assignments.get(assignment_id)
        if assignment is not None and assignment.state == "delivered" and assignment.ends_at == at + _FAR_EXPIRY:
            self._tell_of_end(assignment, "assignmentFourteenDaysBeforeExpiration", at)

    def _tell_of_end(self, assignment: Assignment, stage: str, at: datetime) -> None:
        adding = [r for r in self._requests_about(assignment) if r.request_type.endswith("Add")]
        self._extensions.call_for_assignment(assignment, adding[0].id if adding else None, stage, at)

    def _near_expiry(self, assignment_id: str, at: datetime) -> None:
        assignment = self._tenant.assignments.get(assignment_id)
        if assignment is None or assignment.ends_at is None or assignment.state != "delivered":
            return
        if assignment.ends_at - _NEAR_EXPIRY <= at:
            assignment.status = "NearExpiry1DayNotificationTriggered"
            self._tell_of_end(assignment, "assignmentOneDayBeforeExpiration", at)
            self._publish("assignment", assignment.id, "delivered", assignment.status, at)

    def _expire(self, assignment_id: str, at: datetime) -> None:
        """The period is over: the service files a removal of its own, unless one is under way."""
        assignment = self._tenant.assignments.get(assignment_id)
        if assignment is None or assignment.ends_at != at or assignment.state in ("expired", None):
            return
        if any(r.is_open and r.assignment_id == assignment_id and r.removes for r in self._requests_about(assignment)):
            return
        self.submit(removal(self._tenant, assignment, "systemRemove", self._tenant.subject_of_service().id, at))

    def _end(self, assignment: Assignment, at: datetime) -> None:
        if assignment.state == "expired":
            return
        revoke_all(self._tenant, assignment)
        assignment.state, assignment.status, assignment.expired_at = "expired", "Expired", at
        self._publish("assignment", assignment.id, "expired", "Expired", at)
        self._retire_guest(assignment, at)

    def _retire_guest(self, assignment: Assignment, at: datetime) -> None:
        """A guest whom entitlement management brought in leaves with their last assignment, as the settings say."""
        subject = self._tenant.subjects[assignment.target_id]
        guest = self._tenant.users.get(subject.object_id or "")
        action = str(self._tenant.settings.get("externalUserLifecycleAction"))
        if subject.lifecycle != "governed" or guest is None or action == "none" or self._holds_anything(subject.id):
            return
        guest.account_enabled = False
        if action == "blockSignInAndDelete":
            span = parse_duration(str(self._tenant.settings["durationUntilExternalUserDeletedAfterBlocked"]))
            agenda.put(self._tenant, at + span, "delete-guest", subject.id)

    def _delete_guest(self, subject_id: str, at: datetime) -> None:
        guest = self._tenant.users.get(self._tenant.subjects[subject_id].object_id or "")
        if guest is not None and not guest.account_enabled and not self._holds_anything(subject_id):
            self._tenant.delete_user(guest.id, at)

    def _holds_anything(self, subject_id: str) -> bool:
        return any(assignment.is_live for assignment in self._tenant.assignments_for(subject_id))

    def _requests_about(self, assignment: Assignment) -> list[AssignmentRequest]:
        return [r for r in self._tenant.requests_for(assignment.target_id) if r.assignment_id == assignment.id]

    def _end_stages(self, request: AssignmentRequest, at: datetime) -> None:
        stage = request.current_stage
        if stage is not None:
            stage.status, stage.ended_at = "Completed", at

    def _finish(
        self, request: AssignmentRequest, state: RequestState, status: str, at: datetime, by: str | None = None
    ) -> None:
        request.completed_at = at
        if request.created_at is None:
            request.created_at = request.posted_at
        self._move(request, state, status, at, by)

    def _move(
        self, request: AssignmentRequest, state: RequestState, status: str, at: datetime, by: str | None = None
    ) -> None:
        request.state, request.status = state, status
        self._moved(request, at, by)

    def _moved(self, request: AssignmentRequest, at: datetime, by: str | None) -> None:
        if not request.is_open:
            self._tenant.open_requests.pop(request.id, None)
        else:
            self._tenant.open_requests[request.id] = None
        request.history.append(Transition(at, request.state, request.status, by))
        audit.moved(self._tenant, request, at, by)
        self._publish("request", request.id, request.state, request.status, at)

    def _publish(self, what: str, about: str, state: str, status: str, at: datetime) -> None:
        self._world.events.publish("entitlement", what=what, id=about, state=state, status=status, at=moment_text(at))

    def _after(self, at: datetime, seconds: float, what: str, about: str) -> None:
        agenda.put(self._tenant, at + timedelta(seconds=seconds), what, about)

    def _person(self, subject_id: str) -> str | None:
        return self._tenant.subjects[subject_id].object_id
