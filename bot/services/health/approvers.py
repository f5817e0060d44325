"""Whether every stage of every policy has somebody who can decide, for everybody who may ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain import GroupId, StageRule, SubjectSet, SubjectSetKind, UserId
from bot.rules import Applicant, PolicyRule
from bot.services.health.facts import Facts
from bot.services.health.findings import Finding, Severity
from bot.survey import Account, SurveyedPackage

_STATIC = frozenset({SubjectSetKind.SINGLE_USER, SubjectSetKind.GROUP_MEMBERS})
_SPONSORS = frozenset({SubjectSetKind.INTERNAL_SPONSORS, SubjectSetKind.EXTERNAL_SPONSORS})


@dataclass(slots=True)
class _Tally:
    """Who or what is in trouble, and the access packages that it touches."""

    severity: Severity
    values: dict[str, str]
    packages: dict[str, None] = field(default_factory=dict)
    people: dict[str, None] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """Who there is, and who is in the groups that policies name."""

    accounts: Mapping[UserId, Account]
    members: Mapping[GroupId, frozenset[UserId]]
    applicants: tuple[Applicant, ...]

    def name(self, who: str) -> str:
        account = self.accounts.get(UserId(who))
        return account.name if account else who

    def is_able(self, who: UserId) -> bool:
        account = self.accounts.get(who)
        return account is not None and account.is_enabled


def people_of(subject_set: SubjectSet, members: Mapping[Any, frozenset[UserId]]) -> frozenset[UserId]:
    """Whom a policy names outright; nobody for managers and sponsors, who differ from person to person."""
    if subject_set.kind is SubjectSetKind.SINGLE_USER:
        return frozenset({UserId(subject_set.id)})
    if subject_set.kind is SubjectSetKind.GROUP_MEMBERS:
        return members.get(GroupId(subject_set.id), frozenset())
    return frozenset()


async def approvers(facts: Facts) -> list[Finding]:
    directory = Directory(await facts.accounts(), await facts.policy_members(), tuple(await facts.applicants()))
    preflight = Preflight(directory)
    packages = await facts.packages()
    for package in packages:
        preflight.look_at(package)
    await _sponsors(facts, packages, preflight)
    if facts.setup.unreachable is not None:
        preflight.note_unreachable(await facts.setup.unreachable(preflight.everybody))
    return preflight.findings()


class Preflight:
    """Looks at the stages of one policy after the other, and puts together what is the same in several of them."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._deciding: dict[UserId, dict[str, None]] = defaultdict(dict)

    @property
    def everybody(self) -> frozenset[UserId]:
        """All who are named outright and could decide."""
        return frozenset(self._deciding)

    def look_at(self, package: SurveyedPackage) -> None:
        if not package.rules.is_published:
            return
        for rule in package.rules.policies:
            is_asked = rule.lets_ask_for_self or rule.manager_levels
            if rule.policy.is_approval_required and is_asked:
                asking = [person for person in self._directory.applicants if rule.covers(person)]
                for stage in rule.policy.stages:
                    self._stage(package.name, stage, asking)

    def note_unreachable(self, people: Iterable[UserId]) -> None:
        for who in people:
            for package in self._deciding[who]:
                self._put("approver.unreachable", who, package, Severity.WARNING, {"person": self._directory.name(who)})

    def note(self, code: str, about: str, package: str, severity: Severity, values: dict[str, str]) -> None:
        self._put(code, about, package, severity, values)

    def findings(self) -> list[Finding]:
        return [
            Finding(
                code,
                tally.severity,
                about,
                {**tally.values, "people": ", ".join(list(tally.people)[:5])},
                names=tuple(tally.packages),
                count=len(tally.people) or len(tally.packages),
                place=tally.place,
            )
            for (code, about), tally in self._tallies.items()
        ]

    def _stage(self, package: str, stage: StageRule, asking: list[Applicant]) -> None:
        self._groups(package, stage)
        named = self._named(stage.primary)
        able = frozenset(who for who in named if self._directory.is_able(who))
        for who in able:
            self._deciding[who][package] = None
        for who in named - able:
            self._put("approver.disabled", who, package, Severity.WARNING, {"person": self._directory.name(who)})
        for who in able:
            account = self._directory.accounts[who]
            if account.is_guest:
                self._put("approver.guest", who, package, Severity.NOTE, {"person": account.name})
        if all(each.kind in _STATIC for each in stage.primary):
            self._static(package, stage, named, able, asking)
        elif all(each.kind is SubjectSetKind.REQUESTOR_MANAGER for each in stage.primary):
            self._managers(package, stage, asking)

    def _static(
        self,
        package: str,
        stage: StageRule,
        named: frozenset[UserId],
        able: frozenset[UserId],
        asking: list[Applicant],
    ) -> None:
        """Fallback approvers stand in only where nobody at all is named: not for disabled accounts, nor for oneself."""
        if not named:
            spare = self._named(stage.fallback)
            if not any(self._directory.is_able(who) for who in spare):
                self._put("approver.nobody", package, package, Severity.PROBLEM, {"package": package})
            return
        if not able:
            self._put("approver.all-disabled", package, package, Severity.PROBLEM, {"package": package})
            return
        if len(able) > 1:
            return
        only = next(iter(able))
        values = {"person": self._directory.name(only)}
        has_alternates = any(self._directory.is_able(who) for who in self._named(stage.escalation) - able)
        if any(person.id == only for person in asking) and not has_alternates:
            self._put("approver.own", only, package, Severity.WARNING, values)
        elif not has_alternates:
            self._put("approver.single", only, package, Severity.NOTE, values)

    def _managers(self, package: str, stage: StageRule, asking: list[Applicant]) -> None:
        if any(self._directory.is_able(who) for who in self._named(stage.fallback)):
            return
        level = max(each.manager_level for each in stage.primary)
        without = [person for person in asking if self._manager(person.id, level) is None]
        for person in without:
            tally = self._put("approver.no-manager", package, package, Severity.WARNING, {"package": package})
            tally.people[self._directory.name(person.id)] = None

    def _manager(self, who: UserId, level: int) -> UserId | None:
        current: UserId | None = who
        for _ in range(level):
            account = self._directory.accounts.get(current) if current else None
            current = account.manager_id if account else None
        return current

    def _groups(self, package: str, stage: StageRule) -> None:
        for subject_set in (*stage.primary, *stage.fallback, *stage.escalation):
            if subject_set.kind is SubjectSetKind.GROUP_MEMBERS and not people_of(subject_set, self._directory.members):
                values = {"group": subject_set.description or subject_set.id}
                place = f"#view/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Members/groupId/{subject_set.id}"
                self._put("approver.empty-group", subject_set.id, package, Severity.WARNING, values, place)

    def _named(self, subject_sets: Iterable[SubjectSet]) -> frozenset[UserId]:
        found: set[UserId] = set()
        for subject_set in subject_sets:
            found |= people_of(subject_set, self._directory.members)
        return frozenset(found)

    def _put(
        self, code: str, about: str, package: str, severity: Severity, values: dict[str, str], place: str = ""
    ) -> _Tally:
        tally = self._tallies.setdefault((code, about), _Tally(severity, values, place=place))
        tally.packages[package] = None
        return tally


async def _sponsors(facts: Facts, packages: Iterable[SurveyedPackage], preflight: Preflight) -> None:
    """Organizations whose sponsors should decide and that have none who can."""
    for package in packages:
        for rule in package.rules.policies:
            if not (package.rules.is_published and rule.lets_ask_for_self and rule.policy.is_approval_required):
                continue
            for stage in rule.policy.stages:
                kinds = {each.kind for each in stage.primary} & _SPONSORS
                if kinds and not stage.fallback:
                    await _sponsors_of(facts, package, rule, kinds, preflight)


async def _sponsors_of(
    facts: Facts, package: SurveyedPackage, rule: PolicyRule, kinds: set[SubjectSetKind], preflight: Preflight
) -> None:
    accounts = await facts.accounts()
    for organization in await facts.organizations():
        if rule.organization_ids and organization.id not in rule.organization_ids:
            continue
        for kind in kinds:
            people = await facts.sponsors(organization.id, internal=kind is SubjectSetKind.INTERNAL_SPONSORS)
            if not any(who in accounts and accounts[who].is_enabled for who in people):
                values = {"company": organization.name}
                preflight.note("approver.no-sponsor", organization.id, package.name, Severity.WARNING, values)
