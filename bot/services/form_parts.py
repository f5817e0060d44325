"""The form for one access package, put together from what was read about the package and the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain import (
    AccessPackage,
    Answer,
    Assignment,
    AssignmentRequest,
    GroupId,
    Person,
    PolicyId,
    PolicyRequirements,
    QuestionId,
    ResourceRole,
    UserId,
)
from bot.rules import Applicant, PackageRules, PolicyRule
from bot.services.standing import NOTHING, Contents, Standing, accepted_answers, fitted_answer
from bot.turn import Actor


@dataclass(frozen=True, slots=True)
class OpenPolicy:
    """One policy under which the person may ask: for themselves, for these reports, or for both."""

    asked: PolicyRequirements
    rule: PolicyRule | None = None
    is_for_self: bool = True
    reports: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestForm:
    """Everything that asking for one package takes. `chosen` is one of `choices`, the policies open to the person."""

    package: AccessPackage
    contents: tuple[ResourceRole, ...]
    policies: tuple[OpenPolicy, ...]
    chosen: PolicyRequirements
    standing: Standing = NOTHING
    accepted: Mapping[QuestionId, Answer] = field(default_factory=dict)
    """Answers of the last request that was granted."""
    earlier: AssignmentRequest | None = None
    manager: Person | None = None

    @property
    def choices(self) -> tuple[PolicyRequirements, ...]:
        return tuple(policy.asked for policy in self.policies)

    @property
    def policy(self) -> OpenPolicy:
        return next(policy for policy in self.policies if policy.asked.policy_id == self.chosen.policy_id)

    @property
    def is_for_self(self) -> bool:
        return self.policy.is_for_self and not self.standing.is_blocked

    @property
    def reports(self) -> tuple[Person, ...]:
        return self.policy.reports

    @property
    def is_blocked(self) -> bool:
        """Whether there is nobody left to ask for."""
        return self.standing.is_blocked and not any(policy.reports for policy in self.policies)

    @property
    def locked(self) -> Mapping[QuestionId, Answer]:
        """Answers that stay as they were, while the form is for the person who gave them."""
        return {
            question.id: fitted_answer(question, self.accepted[question.id])
            for question in self.chosen.questions
            if not question.is_answer_editable and question.id in self.accepted
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """The first round."""

    rules: PackageRules
    open: Sequence[PolicyRequirements]
    contents: Sequence[ResourceRole] = ()
    requests: Sequence[AssignmentRequest] = ()
    filed: Sequence[AssignmentRequest] = ()
    assignments: Sequence[Assignment] = ()
    me: Person | None = None
    reports: Sequence[Person] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """The second round."""

    group_ids: frozenset[GroupId] = frozenset()
    reports: Sequence[Person] = ()
    members: Mapping[GroupId, frozenset[UserId]] = field(default_factory=dict)
    held_contents: Contents = field(default_factory=dict)
    manager: Person | None = None


def assembled(
    who: Actor, asked: Asked, looked: Looked, policy_id: PolicyId | None, *, are_reports_checked: bool = True
) -> RequestForm:
    me = Applicant(who.object_id, bool(asked.me and asked.me.is_guest), looked.group_ids)
    offered = {
        person.id: (person, _offered(asked.rules, person, looked, is_checked=are_reports_checked))
        for person in looked.reports
    }
    policies = []
    open_ids = [each.policy_id for each in asked.open]
    for each in asked.open:
        rule = asked.rules.rule(each.policy_id)
        is_own = rule is None or (rule.lets_ask_for_self and (not rule.manager_levels or rule.covers(me)))
        if not are_reports_checked:
            is_own = rule is None or rule.lets_ask_for_self
        policies.append(OpenPolicy(each, rule, is_own, _for_whom(rule, offered)))
    for rule in asked.rules.policies:
        reports = _for_whom(rule, offered)
        if rule.id not in open_ids and reports:
            policies.append(OpenPolicy(rule.requirements, rule, is_for_self=False, reports=reports))
    chosen = next((policy for policy in policies if policy.asked.policy_id == policy_id), policies[0])
    return RequestForm(
        asked.rules.package,
        tuple(asked.contents),
        tuple(policies),
        chosen.asked,
        accepted=accepted_answers(asked.rules.package.id, asked.requests),
        earlier=next(iter(asked.filed), None),
        manager=looked.manager,
    )


def _for_whom(
    rule: PolicyRule | None, offered: Mapping[UserId, tuple[Person, frozenset[PolicyId]]]
) -> tuple[Person, ...]:
    return tuple(person for person, policies in offered.values() if rule is not None and rule.id in policies)


def _offered(rules: PackageRules, report: Person, looked: Looked, *, is_checked: bool) -> frozenset[PolicyId]:
    """The policies under which their manager may ask for this person; Graph has the last word on those not checked."""
    if not is_checked:
        return frozenset(rule.id for rule in rules.policies if rule.manager_levels)
    groups = frozenset(group_id for group_id, members in looked.members.items() if report.id in members)
    return frozenset(rule.id for rule in rules.open_to_report(Applicant(report.id, report.is_guest, groups)))
