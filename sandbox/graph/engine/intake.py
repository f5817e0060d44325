"""Taking in a request: every check that the service makes before it answers 201.

Bodies come as they were sent: enumerations are read in any letter case, the ids of package, policy and target may be
short (`accessPackageId`) or nested (`accessPackage.id`), and what has no meaning is ignored.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sandbox.graph.engine.answers import check_answers, check_justification, check_schedule
from sandbox.graph.engine.conflicts import check_separation_of_duties
from sandbox.graph.engine.limits import check_room_for_request
from sandbox.graph.engine.policies import is_true, part, parts, requestor_flag, target_scope
from sandbox.graph.engine.records import removal
from sandbox.graph.engine.roles import Roles
from sandbox.graph.engine.scope import Scope
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.graph.problems import GraphProblem, bad_request, forbidden
from sandbox.tenant.model import (
    AccessPackage,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    Json,
    RequestType,
    Subject,
    Tenant,
    User,
)

_TYPES: dict[str, RequestType] = {name.casefold(): name for name in get_args(RequestType)}
_ADMINISTRATIVE = frozenset({"adminAdd", "adminUpdate", "adminRemove"})
_ENDED = frozenset({"expired", None})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who posts: a person, or an application acting as itself. `object_id` is the user's or service principal's."""

    object_id: str
    subject: Subject
    is_application: bool


class Intake:
    """Turns a body into a request, or refuses. Made anew for each operation; `now` is the moment of the POST."""

    def __init__(self, world: EntitlementWorld, caller: str, *, is_application: bool) -> None:
        self._world = world
        self._tenant: Tenant = world.tenant
        self._now: datetime = world.clock.now()
        self._scope = Scope(world)
        if is_application:
            app = self._tenant.apps[caller]
            self._caller = Caller(app.object_id, self._tenant.subject_of_app(caller), is_application=True)
        elif caller not in self._tenant.users:
            raise forbidden("The caller is not in the directory.")
        else:
            self._caller = Caller(caller, self._tenant.subject_of_user(caller), is_application=False)

    def read(self, body: Json) -> AssignmentRequest:
        """The request that this body asks for; not yet taken in. Raises GraphProblem."""
        if self._world.options.licence == "none":
            raise GraphProblem(403, "Forbidden", "The tenant does not have a license for this feature.")
        kind = self._kind(body)
        check_room_for_request(self._world, adds=kind.endswith("Add"))
        wanted = part(body, "assignment")
        match kind:
            case "userAdd":
                return self._user_add(body, wanted)
            case "adminAdd":
                return self._admin_add(body, wanted)
            case "userUpdate" | "adminUpdate":
                return self._update(kind, body, wanted)
            case _:
                return self._remove(kind, body, wanted)

    def _kind(self, body: Json) -> RequestType:
        sent = body.get("requestType")
        kind = _TYPES.get(str(sent).casefold())
        if kind is None:
            raise bad_request(f"'{sent}' is not a request type.", "InvalidRequestType")
        if kind.startswith("system") or kind == "onBehalfAdd":
            raise bad_request(f"The request type '{kind}' is not supported.", "InvalidRequestType")
        if self._caller.is_application and kind not in _ADMINISTRATIVE:
            raise forbidden(f"The request type '{kind}' needs a signed-in user.")
        return kind

    def _user_add(self, body: Json, wanted: Json) -> AssignmentRequest:
        package = self._package(wanted)
        caller = self._tenant.users[self._caller.object_id]
        target = self._target_user(wanted, caller)
        policy = self._offered_policy(package, wanted, caller, target)
        subject = self._tenant.subject_of_user(target.id)
        self._check_free(subject, package)
        check_separation_of_duties(self._tenant, package, subject)
        held = self._held(subject, package)
        if held is not None and not _is_renewal(held, policy):
            raise self._already_assigned()
        return self._filled("userAdd", body, policy, subject, held)

    def _admin_add(self, body: Json, wanted: Json) -> AssignmentRequest:
        package = self._package(wanted)
        self._require_duty(package)
        policy_id = self._id(wanted, "assignmentPolicyId", "assignmentPolicy")
        if policy_id is None:
            raise bad_request("'assignmentPolicyId' is required.", "PolicyRequired")
        policy = self._policy(package, policy_id)
        subject = self._admin_target(wanted)
        if not self._admin_scope_covers(policy, subject):
            raise bad_request("The target is not in the scope of the assignment policy.", "TargetNotInScope")
        self._check_free(subject, package)
        check_separation_of_duties(self._tenant, package, subject)
        if self._held(subject, package) is not None:
            raise self._already_assigned()
        return self._filled("adminAdd", body, policy, subject, None)

    def _update(self, kind: RequestType, body: Json, wanted: Json) -> AssignmentRequest:
        held = self._assignment(wanted, allow_names=True)
        if held.state != "delivered":
            raise bad_request("Only a delivered assignment can be updated.", "AssignmentNotActive")
        package = self._tenant.packages[held.package_id]
        policy = self._policy(package, self._id(wanted, "assignmentPolicyId", "assignmentPolicy") or held.policy_id)
        subject = self._tenant.subjects[held.target_id]
        if kind == "adminUpdate":
            self._require_duty(package)
        elif subject.object_id != self._caller.object_id:
            raise forbidden("The assignment belongs to somebody else.")
        elif not requestor_flag(policy, "enableTargetsToSelfUpdateAccess"):
            raise forbidden("The assignment policy does not allow updates by the target.")
        elif policy.id != held.policy_id and policy not in self._offers_to(package, subject):
            raise forbidden("The assignment policy is not open to the target.")
        self._check_free(subject, package)
        return self._filled(kind, body, policy, subject, held)

    def _remove(self, kind: RequestType, body: Json, wanted: Json) -> AssignmentRequest:
        held = self._assignment(wanted, allow_names=False)
        package = self._tenant.packages[held.package_id]
        subject = self._tenant.subjects[held.target_id]
        policy = self._tenant.policies[held.policy_id]
        if kind == "adminRemove":
            self._require_duty(package)
        elif kind == "approverRemove":
            self._require_approver_of(held)
        elif subject.object_id != self._caller.object_id:
            raise forbidden("The assignment belongs to somebody else.")
        elif not requestor_flag(policy, "enableTargetsToSelfRemoveAccess"):
            raise forbidden("The assignment policy does not allow removal by the target.")
        if held.state in _ENDED:
            raise bad_request("The assignment has ended.", "AssignmentNotActive")
        self._check_free(subject, package)
        if held.state == "delivering":
            raise bad_request("The assignment is still being delivered.", "AssignmentNotActive")
        request = removal(self._tenant, held, kind, self._caller.subject.id, self._now)
        request.justification = _text(body, "justification")
        return request

    def _filled(
        self, kind: RequestType, body: Json, policy: AssignmentPolicy, target: Subject, held: Assignment | None
    ) -> AssignmentRequest:
        """The request with everything that the requestor supplies, checked."""
        justification = _text(body, "justification")
        answers = parts(body, "answers")
        by_user = kind.startswith("user")
        if by_user:
            check_justification(policy, justification)
        separator = switch(self._world, "multiple_choice_separator", ",")
        check_answers(
            policy,
            answers,
            separator,
            all_required=by_user and not (held and not answers),
            is_anchored=switch(self._world, "regex_anchored", default=True),
        )
        return AssignmentRequest(
            id=self._tenant.new_id("request"),
            request_type=kind,
            requestor_id=self._caller.subject.id,
            target_id=target.id,
            package_id=policy.package_id,
            policy_id=policy.id,
            assignment_id=held.id if held else self._tenant.new_id("assignment"),
            posted_at=self._now,
            justification=justification,
            answers=answers,
            schedule=check_schedule(policy, body.get("schedule"), self._now),
            bypass_approval=not by_user and is_true(part(body, "parameters").get("bypassApproval", True)),
            is_renewal=kind == "userAdd" and held is not None,
        )

    def _offered_policy(self, package: AccessPackage, wanted: Json, caller: User, target: User) -> AssignmentPolicy:
        """The policy the request names, or the only one on offer."""
        on_behalf = target.id != caller.id
        if on_behalf and self._world.options.licence != "governance":
            raise forbidden("Requests on behalf of others need a Microsoft Entra ID Governance license.")
        flag = "enableOnBehalfRequestorsToAddAccess" if on_behalf else "enableTargetsToSelfAddAccess"
        offered = self._scope.offered(package, target, flag)
        if on_behalf:
            offered = [policy for policy in offered if self._scope.may_act_for(policy, caller, target)]
        policy_id = self._id(wanted, "assignmentPolicyId", "assignmentPolicy")
        if policy_id is not None:
            policy = self._policy(package, policy_id)
            if policy not in offered:
                raise forbidden("The assignment policy is not open to the target of the request.")
            return policy
        if not offered:
            raise forbidden("No assignment policy of the access package is open to the target of the request.")
        if len(offered) > 1:
            raise bad_request("Several assignment policies apply: 'assignmentPolicyId' is required.", "PolicyRequired")
        return offered[0]

    def _offers_to(self, package: AccessPackage, subject: Subject) -> list[AssignmentPolicy]:
        user = self._tenant.users.get(subject.object_id or "")
        return self._scope.offered(package, user, "enableTargetsToSelfAddAccess") if user else []

    def _target_user(self, wanted: Json, caller: User) -> User:
        """Who is to have access by a `userAdd`: the caller, or the person it names."""
        target = part(wanted, "target")
        target_id = self._id(wanted, "targetId", None) or _guid(target.get("objectId"), "target.objectId")
        if target_id is None:
            if target.get("email") and str(target["email"]).casefold() != caller.mail.casefold():
                raise bad_request("The target must already exist in the directory.", "SubjectNotFound")
            return caller
        if target_id not in self._tenant.users:
            raise bad_request("The target must already exist in the directory.", "SubjectNotFound")
        return self._tenant.users[target_id]

    def _admin_target(self, wanted: Json) -> Subject:
        """Who is to have access by an `adminAdd`: an object of the directory, or somebody known by mail only."""
        target = part(wanted, "target")
        target_id = self._id(wanted, "targetId", None) or _guid(target.get("objectId"), "target.objectId")
        if target_id is not None:
            if target_id not in self._tenant.users:
                raise bad_request(f"There is no user '{target_id}'.", "SubjectNotFound")
            return self._tenant.subject_of_user(target_id)
        mail = str(target.get("email") or "").strip()
        name, _, domain = mail.partition("@")
        if not name or "." not in domain or "@" in domain:
            raise bad_request("'targetId', or 'target' with 'objectId' or 'email', is required.", "SubjectNotFound")
        known = self._tenant.user_with_mail(mail)
        if known is None:
            if self._world.options.licence != "governance":
                raise forbidden("Assignments to people outside the directory need an ID Governance license.")
            return self._tenant.subject_of_mail(mail)
        if known.is_guest and not known.account_enabled:
            raise bad_request("The guest with this address is blocked from signing in.", "SubjectBlocked")
        return self._tenant.subject_of_user(known.id)

    def _admin_scope_covers(self, policy: AssignmentPolicy, subject: Subject) -> bool:
        if target_scope(policy).casefold() == "notspecified":
            return True
        user = self._tenant.users.get(subject.object_id or "")
        return self._scope.covers_outsider(policy, subject) if user is None else self._scope.covers(policy, user)

    def _package(self, wanted: Json) -> AccessPackage:
        package_id = self._id(wanted, "accessPackageId", "accessPackage")
        if package_id is None:
            raise bad_request("'accessPackageId' is required.", "AccessPackageRequired")
        if package_id not in self._tenant.packages:
            raise bad_request(f"There is no access package '{package_id}'.", "AccessPackageNotFound")
        return self._tenant.packages[package_id]

    def _policy(self, package: AccessPackage, policy_id: str) -> AssignmentPolicy:
        policy = self._tenant.policies.get(policy_id)
        if policy is None or policy.package_id != package.id:
            raise bad_request(f"The access package has no assignment policy '{policy_id}'.", "PolicyNotFound")
        return policy

    def _assignment(self, wanted: Json, *, allow_names: bool) -> Assignment:
        """The assignment meant by `id`, or (for updates) by package and target."""
        assignment_id = _guid(wanted.get("id"), "assignment.id")
        if assignment_id is not None:
            if assignment_id not in self._tenant.assignments:
                raise bad_request(f"There is no assignment '{assignment_id}'.", "AssignmentNotFound")
            return self._tenant.assignments[assignment_id]
        if not allow_names:
            raise bad_request("'assignment.id' is required.", "AssignmentRequired")
        package = self._package(wanted)
        target_id = self._id(wanted, "targetId", None) or self._caller.object_id
        known = target_id in self._tenant.users or target_id in self._tenant.deleted_users
        held = self._held(self._tenant.subject_of_user(target_id), package) if known else None
        if held is None:
            raise bad_request("The target has no assignment to the access package.", "AssignmentNotFound")
        return held

    def _held(self, subject: Subject, package: AccessPackage) -> Assignment | None:
        """The assignment through which a subject has the package now, or soon."""
        found = self._tenant.assignments_for(subject.id)
        return next((a for a in found if a.package_id == package.id and a.is_live), None)

    def _check_free(self, subject: Subject, package: AccessPackage) -> None:
        """Raises GraphProblem 400 while another request for the same person and package is undecided."""
        for request in self._tenant.requests_for(subject.id):
            if request.is_open and request.package_id == package.id:
                raise bad_request(
                    "ExistingOpenRequest: an open request exists for this target and access package.",
                    "ExistingOpenRequest",
                )

    def _already_assigned(self) -> GraphProblem:
        status = switch(self._world, "already_assigned_status", 400)
        return GraphProblem(
            int(status), "ExistingAssignment", "The target already has an assignment to the access package."
        )

    def _require_duty(self, package: AccessPackage) -> None:
        """Raises GraphProblem 403 for a person without the role; an application is judged by its permission."""
        if self._caller.is_application:
            return
        if not Roles(self._tenant).may(self._caller.object_id, "assign", package.catalog_id):
            raise forbidden("The caller is not an access package assignment manager of the catalog.")

    def _require_approver_of(self, held: Assignment) -> None:
        if self._world.options.licence != "governance":
            raise forbidden("Removal by approvers needs a Microsoft Entra ID Governance license.")
        for request in self._tenant.requests_for(held.target_id):
            if request.assignment_id == held.id:
                deciders = [stage.reviewed_by for stage in request.stages if stage.review_result == "Approved"]
                if self._caller.object_id in deciders:
                    return
        raise forbidden("The caller did not approve this assignment.")

    def _id(self, wanted: Json, short: str, nested: str | None) -> str | None:
        """An id in its short or nested form. Raises GraphProblem 400 for one that is not a GUID."""
        if wanted.get(short) is not None:
            return _guid(wanted[short], short)
        return _guid(part(wanted, nested).get("id"), f"{nested}.id") if nested else None


def _is_renewal(held: Assignment, policy: AssignmentPolicy) -> bool:
    """Whether asking again means extending: same policy, which lets targets extend, and there is an end to extend."""
    may_extend = requestor_flag(policy, "enableTargetsToSelfUpdateAccess")
    return held.state == "delivered" and held.policy_id == policy.id and held.ends_at is not None and may_extend


def _text(body: Json, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise bad_request(f"'{name}' must be a string.")
    return value


def _guid(value: Any, name: str) -> str | None:
    if value is None or value == "":
        return None
    try:
        return str(uuid.UUID(str(value)))
    except ValueError as problem:
        raise bad_request(f"'{name}' is not a GUID.", "InvalidId") from problem
