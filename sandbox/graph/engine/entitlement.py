"""Entitlement management of one world: the one door through which routes and control plane come in.

Every operation first lets everything happen that is due by the clock. People are object ids, applications app ids.
Refusals are GraphProblem.
"""

from __future__ import annotations

from datetime import timedelta

from sandbox.graph.engine.approvals import Approvals, StageView
from sandbox.graph.engine.approvers import Approvers
from sandbox.graph.engine.automatic import AutomaticAssignments
from sandbox.graph.engine.conflicts import conflicts
from sandbox.graph.engine.extensions import Extensions
from sandbox.graph.engine.intake import Intake
from sandbox.graph.engine.lifecycle import Lifecycle
from sandbox.graph.engine.limits import check_limit
from sandbox.graph.engine.policies import part
from sandbox.graph.engine.records import addition_by_rule, draft_of
from sandbox.graph.engine.reviews import Reviews
from sandbox.graph.engine.roles import Roles
from sandbox.graph.engine.scope import Scope, strictest
from sandbox.graph.engine.world import EntitlementWorld
from sandbox.graph.problems import bad_request, forbidden, not_found
from sandbox.tenant.model import (
    AccessPackage,
    ApprovalStage,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    Json,
    Resource,
    ResourceRole,
    ResourceScope,
    Tenant,
    User,
)

_CANCELABLE = frozenset({"Accepted", "PendingApproval", "PendingNotBefore", "PendingApprovalEscalated"})
_REPROCESS_WINDOW = timedelta(days=14)


class Entitlement:
    """The rules, over whatever tenant `world` holds at the moment of the call."""

    def __init__(self, world: EntitlementWorld) -> None:
        self._world = world
        self._lifecycle = Lifecycle(world)

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def settle(self) -> None:
        """Let everything happen that is due by the clock."""
        self._lifecycle.settle()

    # What may be requested

    def requestable_packages(self, user_id: str) -> list[AccessPackage]:
        """The packages that this person may request for themselves, hidden ones as the options say."""
        self.settle()
        user = self._user(user_id)
        scope = Scope(self._world)
        return [
            package
            for package in self._tenant.packages.values()
            if (not package.is_hidden or self._world.options.hidden_in_allowed_requestor)
            and scope.offered(package, user, "enableTargetsToSelfAddAccess")
        ]

    def requirements(self, user_id: str, package_id: str) -> list[AssignmentPolicy]:
        """The policies open to this person, for themselves or for a report of theirs; [] means they may not request.

        Raises GraphProblem 404 for an unknown package.
        """
        self.settle()
        package = self.package(package_id)
        user = self._user(user_id)
        scope = Scope(self._world)
        own = scope.offered(package, user, "enableTargetsToSelfAddAccess")
        for_reports = [
            policy
            for report in self._tenant.reports_of(user_id)
            for policy in scope.offered(package, report, "enableOnBehalfRequestorsToAddAccess")
            if scope.may_act_for(policy, user, report)
        ]
        return own or strictest({policy.id: policy for policy in for_reports}.values())

    def contents(self, package_id: str) -> list[tuple[ResourceRole, ResourceScope, Resource]]:
        """What a package grants, in its order. Raises GraphProblem 404."""
        self.settle()
        found: list[tuple[ResourceRole, ResourceScope, Resource]] = []
        for role_scope in self.package(package_id).role_scopes:
            resource = self._tenant.resources[role_scope.resource_id]
            role = next(role for role in resource.roles if role.id == role_scope.role_id)
            scope = next(scope for scope in resource.scopes if scope.id == role_scope.scope_id)
            found.append((role, scope, resource))
        return found

    def conflicts(self, package_id: str, user_id: str) -> list[str]:
        """Names of what this person holds that keeps them from getting the package."""
        self.settle()
        return conflicts(self._tenant, self.package(package_id), self._tenant.subject_of_user(user_id))

    def package(self, package_id: str) -> AccessPackage:
        if package_id not in self._tenant.packages:
            raise not_found(f"There is no access package '{package_id}'.")
        return self._tenant.packages[package_id]

    # Requests

    def create_request(self, caller: str, body: Json, *, is_application: bool = False) -> AssignmentRequest:
        """Take in what `POST assignmentRequests` brings; `caller` is a user id, or an app id with `is_application`.

        The answer is `submitted`/`Accepted` with no `created_at` yet. The permission of the token is the route's
        business; the roles of a person and the rules of the policy are checked here.
        """
        self.settle()
        request = Intake(self._world, caller, is_application=is_application).read(body)
        self._lifecycle.submit(request)
        return request

    def assign_by_rule(self, policy_id: str, user_id: str) -> AssignmentRequest:
        """What the service does for somebody who has come to satisfy an automatic policy's rule: a `systemAdd`.

        Whoever calls says that they do.
        """
        self.settle()
        policy = self._tenant.policies[policy_id]
        held = [a for a in self._tenant.holders_of(policy.package_id) if a.is_live and a.policy_id == policy_id]
        check_limit(self._world, "max_automatic_assignments", len(held))
        target = self._tenant.subject_of_user(user_id)
        request = addition_by_rule(self._tenant, policy, target, self._world.clock.now())
        self._lifecycle.submit(request)
        return request

    def request(self, request_id: str) -> AssignmentRequest:
        """Raises GraphProblem 404."""
        self.settle()
        if request_id not in self._tenant.requests:
            raise not_found(f"There is no assignment request '{request_id}'.")
        return self._tenant.requests[request_id]

    def requests(self) -> list[AssignmentRequest]:
        """All requests, in the order in which they were made."""
        self.settle()
        return list(self._tenant.requests.values())

    def requests_visible_to(self, user_id: str, on: str) -> list[AssignmentRequest]:
        """`assignmentRequests/filterByCurrentUser(on=…)`. Raises GraphProblem 400 for an unknown `on`."""
        self.settle()
        subject = self._tenant.subject_of_user(user_id)
        target = list(self._tenant.requests_for(subject.id))
        made = list(self._tenant.requests_by(subject.id))
        match on.casefold():
            case "target":
                return target
            case "createdby":
                return made
            case "approver":
                return self.approvals_waiting_for(user_id)
            case "targetorrequestor":
                return list({request.id: request for request in [*target, *made]}.values())
            case "requestforothers":
                return [request for request in made if request.target_id != subject.id]
            case "targetmanager":
                reports = [self._tenant.subject_of_user(user.id) for user in self._tenant.reports_of(user_id)]
                return [request for report in reports for request in self._tenant.requests_for(report.id)]
            case "targetagentidentitysponsororowner":
                return []
            case _:
                raise bad_request(f"'{on}' is not a value of 'on'.", "InvalidFilterOption")

    def cancel(self, user_id: str, request_id: str) -> None:
        """Cancel one's own request, or as assignment manager anybody's. Raises GraphProblem 404, 403, 400."""
        request = self.request(request_id)
        subject = self._tenant.subject_of_user(user_id)
        if subject.id not in (request.requestor_id, request.target_id):
            self._require(user_id, request.package_id)
        if request.status not in _CANCELABLE or not request.is_open:
            raise bad_request(f"A request with status '{request.status}' cannot be canceled.", "InvalidRequestState")
        self._lifecycle.cancel(request, user_id, self._world.clock.now())

    def reprocess(self, request_id: str) -> None:
        """Deliver again what failed. Raises GraphProblem 404, and 400 in any other state or after 14 days."""
        request = self.request(request_id)
        now = self._world.clock.now()
        if request.state not in ("deliveryFailed", "partiallyDelivered"):
            raise bad_request(f"A request in state '{request.state}' cannot be reprocessed.", "InvalidRequestState")
        if request.completed_at is None or now - request.completed_at > _REPROCESS_WINDOW:
            raise bad_request("The request was completed more than 14 days ago.", "InvalidRequestState")
        self._lifecycle.reprocess(request, now)

    def resume(self, request_id: str, body: Json) -> None:
        """A custom extension answers. Raises GraphProblem 404, and 400 where nobody waits for that answer."""
        request = self.request(request_id)
        if request.status != "WaitingForCallback":
            raise bad_request("The request does not wait for a callback.", "InvalidRequestState")
        data = part(body, "data")
        callout, state = data.get("customExtensionStageInstanceId"), data.get("state")
        if callout is not None and callout not in {known["id"] for known in request.callouts}:
            raise bad_request("There is no such custom extension stage instance.", "InvalidCallback")
        Extensions(self._world).answered(request, callout, str(data.get("customExtensionStageInstanceDetail") or ""))
        self._lifecycle.resume(request, str(state).casefold() if state else None, self._world.clock.now())

    def delete(self, request_id: str) -> None:
        """Remove a finished request. Raises GraphProblem 404, and 400 while it is open or its assignment lives."""
        request = self.request(request_id)
        assignment = self._tenant.assignments.get(request.assignment_id)
        if request.is_open or (assignment is not None and assignment.is_live):
            raise bad_request("Only a finished request without an assignment can be deleted.", "InvalidRequestState")
        self._tenant.drop_request(request)

    def assignment_of(self, request: AssignmentRequest) -> Assignment:
        """The assignment of a request; one without a state while nothing has been delivered yet."""
        return self._tenant.assignments.get(request.assignment_id) or draft_of(request)

    # Approvals

    def approvals_waiting_for(self, user_id: str) -> list[AssignmentRequest]:
        """The pending requests whose current stage this person may decide."""
        self.settle()
        return Approvals(self._world, self._lifecycle).waiting_for(user_id)

    def stages(self, request_id: str, as_user: str) -> list[StageView]:
        """The approval's stages as one person sees them. Raises GraphProblem 404, 403."""
        self.settle()
        return Approvals(self._world, self._lifecycle).stages(request_id, as_user)

    def decide(
        self, user_id: str, request_id: str, stage_id: str, review_result: str, justification: str | None = None
    ) -> None:
        """Approve or deny ("Approve", "Deny", any case) one stage. Raises GraphProblem 404, 403, 409, 400."""
        self.settle()
        Approvals(self._world, self._lifecycle).decide(user_id, request_id, stage_id, review_result, justification)

    def resolve_approvers(self, request: AssignmentRequest, stage: ApprovalStage) -> list[str]:
        """The user ids that may decide a stage now."""
        self.settle()
        return Approvers(self._world).of(request, stage)

    # Assignments

    def assignment(self, assignment_id: str) -> Assignment:
        """Raises GraphProblem 404."""
        self.settle()
        if assignment_id not in self._tenant.assignments:
            raise not_found(f"There is no assignment '{assignment_id}'.")
        return self._tenant.assignments[assignment_id]

    def assignments(self) -> list[Assignment]:
        """All assignments, expired ones too."""
        self.settle()
        return list(self._tenant.assignments.values())

    def assignments_visible_to(self, user_id: str, on: str) -> list[Assignment]:
        """`assignments/filterByCurrentUser(on=…)`. Raises GraphProblem 400 for an unknown `on`."""
        self.settle()
        subject = self._tenant.subject_of_user(user_id)
        match on.casefold():
            case "target":
                return list(self._tenant.assignments_for(subject.id))
            case "createdby":
                made = (request.assignment_id for request in self._tenant.requests_by(subject.id))
                return [self._tenant.assignments[key] for key in dict.fromkeys(made) if key in self._tenant.assignments]
            case "targetmanager":
                reports = [self._tenant.subject_of_user(user.id) for user in self._tenant.reports_of(user_id)]
                return [held for report in reports for held in self._tenant.assignments_for(report.id)]
            case "targetagentidentitysponsororowner":
                return []
            case _:
                raise bad_request(f"'{on}' is not a value of 'on'.", "InvalidFilterOption")

    def additional_access(self, package_id: str, incompatible_package_id: str) -> list[Assignment]:
        """Live assignments to one package whose holders also have the other. Raises GraphProblem 400, 404."""
        self.settle()
        if package_id == incompatible_package_id:
            raise bad_request("The two access packages must differ.")
        self.package(package_id)
        self.package(incompatible_package_id)
        others = {held.target_id for held in self._tenant.holders_of(incompatible_package_id) if held.is_live}
        return [held for held in self._tenant.holders_of(package_id) if held.is_live and held.target_id in others]

    def reprocess_assignment(self, assignment_id: str) -> None:
        """Apply the package's contents again. Raises GraphProblem 404, and 400 unless it is `delivered`."""
        assignment = self.assignment(assignment_id)
        if assignment.state != "delivered":
            raise bad_request("Only a delivered assignment can be reprocessed.", "InvalidAssignmentState")
        self._lifecycle.reapply(assignment, self._world.clock.now())

    # Helpers

    @property
    def automatic(self) -> AutomaticAssignments:
        """The policies that give access by a rule."""
        return self._lifecycle.automatic

    @property
    def reviews(self) -> Reviews:
        """The access reviews of packages."""
        return self._lifecycle.reviews

    def roles(self) -> Roles:
        """Who holds which role of entitlement management."""
        return Roles(self._tenant)

    def _user(self, user_id: str) -> User:
        if user_id not in self._tenant.users:
            raise forbidden("The caller is not in the directory.")
        return self._tenant.users[user_id]

    def _require(self, user_id: str, package_id: str) -> None:
        package = self._tenant.packages.get(package_id)
        if not Roles(self._tenant).may(user_id, "assign", package.catalog_id if package else None):
            raise forbidden("The request belongs to somebody else.")
