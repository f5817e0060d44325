"""What a changed policy would do to people: who may ask then, who may not, and whose requests take another way.

Nothing is written: the rules before and after are compared for everybody in the directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain import Assignment, AssignmentRequest, PolicyId, StageRule, UserId
from bot.rules import Applicant, PackageRules, PolicyRule


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who may ask before and after, but under other policies; several are told by name."""

    person_id: UserId
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rerouted:
    """A request that waits, and how many stages it would have to pass; None where its policy would be gone."""

    request: AssignmentRequest
    before: int
    after: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What differs. People are told by id, in a stable order."""

    gains: tuple[UserId, ...] = ()
    loses: tuple[UserId, ...] = ()
    moved: tuple[Moved, ...] = ()
    rerouted: tuple[Rerouted, ...] = ()
    not_extendable: tuple[Assignment, ...] = ()
    """Assignments that could be extended and could not be any more."""

    @property
    def is_nothing(self) -> bool:
        return not (self.gains or self.loses or self.moved or self.rerouted or self.not_extendable)


def what_if(
    before: PackageRules,
    after: PackageRules,
    people: Iterable[Applicant],
    *,
    waiting: Sequence[AssignmentRequest] = (),
    held: Sequence[Assignment] = (),
) -> Effect:
    """Compare the rules of one access package for everybody; `waiting` and `held` are of that package."""
    gains, loses, moved = [], [], []
    by_id = {}
    for person in people:
        by_id[person.id] = person
        old, new = eligible(before, person), eligible(after, person)
        if old and not new:
            loses.append(person.id)
        elif new and not old:
            gains.append(person.id)
        elif {rule.id for rule in old} != {rule.id for rule in new}:
            moved.append(Moved(person.id, _names(old), _names(new)))
    return Effect(
        tuple(sorted(gains)),
        tuple(sorted(loses)),
        tuple(sorted(moved, key=lambda each: each.person_id)),
        tuple(each for request in waiting if (each := _rerouted(request, before, after)) is not None),
        tuple(one for one in held if _may_extend(one, before, by_id) and not _may_extend(one, after, by_id)),
    )


def eligible(rules: PackageRules, person: Applicant) -> tuple[PolicyRule, ...]:
    """The policies under which this person may ask for themselves: of the strictest kind that is for them."""
    return rules.open_to(person)


def _rerouted(request: AssignmentRequest, before: PackageRules, after: PackageRules) -> Rerouted | None:
    old, new = _rule(before, request.policy_id), _rule(after, request.policy_id)
    if old is None or _route(old) == (_route(new) if new else None):
        return None
    return Rerouted(request, len(_route(old)), len(_route(new)) if new else None)


def _route(rule: PolicyRule) -> tuple[StageRule, ...]:
    return rule.policy.stages if rule.policy.is_approval_required else ()


def _may_extend(assignment: Assignment, rules: PackageRules, people: dict[UserId, Applicant]) -> bool:
    rule = _rule(rules, assignment.policy_id)
    holder = assignment.target.object_id if assignment.target else None
    person = people.get(holder) if holder else None
    return rule is not None and rule.lets_extend and person is not None and rule.covers(person)


def _rule(rules: PackageRules, policy_id: PolicyId | None) -> PolicyRule | None:
    return rules.rule(policy_id) if policy_id else None


def _names(rules: Iterable[PolicyRule]) -> tuple[str, ...]:
    return tuple(sorted(rule.policy.name for rule in rules))
