"""The rules of one access package as an administrator wrote them: who may ask, for whom, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    AssignmentPolicy,
    ExpirationKind,
    GroupId,
    OpenEnum,
    PolicyId,
    PolicyRequirements,
    QuestionKind,
    UserId,
)


class TargetScope(OpenEnum):
    """Whom a policy is for."""

    NOT_SPECIFIED = "notSpecified"
    SPECIFIC_USERS = "specificDirectoryUsers"
    ALL_MEMBERS = "allMemberUsers"
    ALL_USERS = "allDirectoryUsers"
    SPECIFIC_ORGANIZATIONS = "specificConnectedOrganizationUsers"
    CONFIGURED_ORGANIZATIONS = "allConfiguredConnectedOrganizationUsers"
    ALL_EXTERNAL = "allExternalUsers"
    OTHER = "other"


class _Strictness(IntEnum):
    NAMED, MEMBERS, EVERYBODY, OUTSIDE, UNKNOWN = range(1, 6)


_STRICTNESS: Final = {
    TargetScope.SPECIFIC_USERS: _Strictness.NAMED,
    TargetScope.SPECIFIC_ORGANIZATIONS: _Strictness.NAMED,
    TargetScope.ALL_MEMBERS: _Strictness.MEMBERS,
    TargetScope.ALL_USERS: _Strictness.EVERYBODY,
    TargetScope.CONFIGURED_ORGANIZATIONS: _Strictness.OUTSIDE,
    TargetScope.ALL_EXTERNAL: _Strictness.OUTSIDE,
}


@dataclass(frozen=True, slots=True)
class Applicant:
    """What of a person counts for the rules. `group_ids` are those of the groups asked about, nested ones too."""

    id: UserId
    is_guest: bool = False
    group_ids: frozenset[GroupId] = frozenset()
    organization_id: str | None = None
    is_organization_configured: bool = False


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One policy: what the form under it asks, who decides, and whom it is for."""

    policy: AssignmentPolicy
    requirements: PolicyRequirements
    scope: TargetScope
    user_ids: frozenset[UserId] = frozenset()
    group_ids: frozenset[GroupId] = frozenset()
    organization_ids: frozenset[str] = frozenset()
    lets_ask_for_self: bool = False
    lets_extend: bool = False
    manager_levels: int = 0
    """How many levels up a manager may stand who asks for somebody; 0 where nobody may ask for others."""
    is_automatic: bool = False
    is_reviewed: bool = False
    """Whether somebody is asked now and then whether people should keep it."""

    @property
    def id(self) -> PolicyId:
        return self.policy.id

    def covers(self, person: Applicant) -> bool:
        """Whether the person is among those the policy is for."""
        match self.scope:
            case TargetScope.SPECIFIC_USERS:
                return person.id in self.user_ids or bool(self.group_ids & person.group_ids)
            case TargetScope.ALL_MEMBERS:
                return not person.is_guest
            case TargetScope.ALL_USERS:
                return True
            case TargetScope.SPECIFIC_ORGANIZATIONS:
                return person.is_guest and person.organization_id in self.organization_ids
            case TargetScope.CONFIGURED_ORGANIZATIONS:
                return person.is_guest and person.is_organization_configured
            case TargetScope.ALL_EXTERNAL:
                return person.is_guest
            case _:
                return False


@dataclass(frozen=True, slots=True)
class PackageRules:
    """An access package with everything that decides who gets it.

    What is incompatible has one direction: holders of these packages and members of these groups cannot get this one.
    """

    package: AccessPackage
    policies: tuple[PolicyRule, ...] = ()
    is_published: bool = True
    is_externally_visible: bool = False
    incompatible_packages: tuple[tuple[AccessPackageId, str], ...] = ()
    incompatible_groups: tuple[tuple[GroupId, str], ...] = ()

    @property
    def group_ids(self) -> frozenset[GroupId]:
        """Every group that the rules name."""
        named = {group_id for rule in self.policies for group_id in rule.group_ids}
        return frozenset(named | {group_id for group_id, _ in self.incompatible_groups})

    def rule(self, policy_id: PolicyId) -> PolicyRule | None:
        return next((rule for rule in self.policies if rule.id == policy_id), None)

    def is_shown_to(self, person: Applicant) -> bool:
        return self.is_published and (self.is_externally_visible or not person.is_guest)

    def open_to(self, person: Applicant) -> tuple[PolicyRule, ...]:
        """The policies under which the person may ask for themselves: the strictest of those that are for them."""
        return self._offered(person, (rule for rule in self.policies if rule.lets_ask_for_self))

    def open_to_report(self, report: Applicant, levels_up: int = 1) -> tuple[PolicyRule, ...]:
        """The policies under which a manager so many levels up may ask for this person."""
        return self._offered(report, (rule for rule in self.policies if rule.manager_levels >= levels_up))

    def _offered(self, person: Applicant, rules: Iterable[PolicyRule]) -> tuple[PolicyRule, ...]:
        if not self.is_shown_to(person):
            return ()
        covering = [rule for rule in rules if rule.covers(person)]
        best = min((_STRICTNESS.get(rule.scope, _Strictness.UNKNOWN) for rule in covering), default=None)
        return tuple(rule for rule in covering if _STRICTNESS.get(rule.scope, _Strictness.UNKNOWN) == best)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took in many cases: half of them no longer than `median`."""

    count: int
    median: timedelta
    shortest: timedelta
    longest: timedelta
    """Nine of ten took no longer than this."""


def fingerprint(asked: PolicyRequirements) -> tuple[object, ...]:
    """What a person who fills in the form relies on; texts are left out, as they depend on the language."""
    expiration = asked.expiration
    ends = expiration.duration if expiration.kind is ExpirationKind.AFTER_DURATION else expiration.end_at
    return (
        asked.policy_id,
        asked.is_approval_required,
        asked.is_justification_required,
        asked.is_custom_schedule_allowed,
        expiration.kind.value,
        str(ends),
        tuple(
            (
                question.id,
                question.kind.value,
                question.is_required,
                question.regex or "",
                tuple(choice.value for choice in question.choices) if question.kind is not QuestionKind.TEXT else (),
            )
            for question in asked.questions
        ),
    )
