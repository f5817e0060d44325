"""Automatic policies: people who come to satisfy a policy's rule get its package, people who no longer do lose it.

Looked at when a policy is written, or a person changes; a little later, as in the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sandbox.graph.engine import agenda
from sandbox.graph.engine.limits import DEFAULTS
from sandbox.graph.engine.membership_rules import RuleRejected, Test, compile_rule
from sandbox.graph.engine.policies import is_true, part, parts, type_name
from sandbox.graph.engine.records import addition_by_rule, removal
from sandbox.graph.engine.times import parse_duration
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.tenant.model import Assignment, AssignmentPolicy, AssignmentRequest, Tenant, User

_DELAY_S = 60.0
_GRACE = "AutoAssignmentInGracePeriod"


class AutomaticAssignments:
    """The automatic policies of one world. `submit` takes in the requests that they make."""

    def __init__(self, world: EntitlementWorld, submit: Callable[[AssignmentRequest], None]) -> None:
        self._world = world
        self._submit = submit

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def policy_written(self, policy_id: str, now: datetime) -> None:
        """Look at everybody for this policy, after a while, if it has a rule."""
        policy = self._tenant.policies.get(policy_id)
        if policy is not None and _rule(policy) is not None:
            agenda.put(self._tenant, now + self._delay, "rule-of-policy", policy_id)

    def person_changed(self, user_id: str, now: datetime) -> None:
        """Look at this person for every policy, after a while."""
        if any(_rule(policy) is not None for policy in self._tenant.policies.values()):
            agenda.put(self._tenant, now + self._delay, "rule-of-person", user_id)

    def look_at_policy(self, policy_id: str, at: datetime) -> None:
        policy = self._tenant.policies.get(policy_id)
        if policy is not None:
            self._look([policy], list(self._tenant.users.values()), at)

    def look_at_person(self, user_id: str, at: datetime) -> None:
        user = self._tenant.users.get(user_id)
        if user is not None:
            self._look(self._tenant.policies.values(), [user], at)

    def leave(self, about: str, at: datetime) -> None:
        """The grace period of an assignment is over: it ends, unless its holder satisfies the rule again."""
        assignment = self._tenant.assignments.get(about)
        if assignment is None or not assignment.is_live or assignment.status != _GRACE:
            return
        if not self._removal_is_open(assignment):
            service = self._tenant.subject_of_service()
            self._submit(removal(self._tenant, assignment, "systemRemove", service.id, at))

    @property
    def _delay(self) -> timedelta:
        return timedelta(seconds=switch(self._world, "rule_delay_s", _DELAY_S))

    def _look(self, policies: Iterable[AssignmentPolicy], users: Iterable[User], at: datetime) -> None:
        if self._world.options.licence != "governance":
            return
        for policy in list(policies):
            test = _test(policy)
            if test is None:
                continue
            held = self._held(policy)
            room = switch(self._world, "max_automatic_assignments", DEFAULTS["max_automatic_assignments"]) - len(held)
            for user in users:
                belongs = user.account_enabled and test(user)
                if user.id in held:
                    self._keep_or_leave(policy, held[user.id], at, belongs=belongs)
                elif belongs and room > 0 and not self._is_asked(policy, user):
                    target = self._tenant.subject_of_user(user.id)
                    self._submit(addition_by_rule(self._tenant, policy, target, at))
                    room -= 1

    def _keep_or_leave(self, policy: AssignmentPolicy, held: Assignment, at: datetime, *, belongs: bool) -> None:
        if belongs and held.status == _GRACE:
            held.status = "Delivered"
        elif not belongs and held.status != _GRACE:
            self._begin_grace(policy, held, at)

    def _begin_grace(self, policy: AssignmentPolicy, held: Assignment, at: datetime) -> None:
        settings = part(policy.settings, "automaticRequestSettings")
        if is_true(settings.get("removeAccessWhenTargetLeavesAllowedTargets")):
            held.status = _GRACE
            grace = settings.get("gracePeriodBeforeAccessRemoval")
            agenda.put(self._tenant, at + (parse_duration(str(grace)) if grace else timedelta()), "rule-left", held.id)

    def _held(self, policy: AssignmentPolicy) -> dict[str, Assignment]:
        """The live assignments through the policy, by the user who holds them."""
        found = [
            one for one in self._tenant.holders_of(policy.package_id) if one.is_live and one.policy_id == policy.id
        ]
        return {str(self._tenant.subjects[one.target_id].object_id): one for one in found}

    def _is_asked(self, policy: AssignmentPolicy, user: User) -> bool:
        subject = self._tenant.find_subject(user.id)
        asked = self._tenant.requests_for(subject.id) if subject is not None else ()
        return any(request.is_open and request.policy_id == policy.id for request in asked)

    def _removal_is_open(self, assignment: Assignment) -> bool:
        requests = self._tenant.requests_for(assignment.target_id)
        return any(one.is_open and one.removes and one.assignment_id == assignment.id for one in requests)


def _rule(policy: AssignmentPolicy) -> str | None:
    if not is_true(part(policy.settings, "automaticRequestSettings").get("requestAccessForAllowedTargets")):
        return None
    rules = [
        one for one in parts(policy.settings, "specificAllowedTargets") if type_name(one) == "attributeRuleMembers"
    ]
    return str(rules[0].get("membershipRule") or "") if rules else None


def _test(policy: AssignmentPolicy) -> Test | None:
    """The policy's rule; None for one that is not automatic, or whose rule cannot be evaluated."""
    rule = _rule(policy)
    try:
        return compile_rule(rule) if rule is not None else None
    except RuleRejected:
        return None
