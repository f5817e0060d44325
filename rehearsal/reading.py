"""One policy of a real tenant with everybody it concerns, read by Graph. Nothing is written there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.cli.session import Session
from bot.domain import (
    AccessPackage,
    AccessPackageId,
    AssignmentPolicy,
    GroupId,
    Person,
    ResourceRole,
    StageRule,
    SubjectSet,
    SubjectSetKind,
    UserId,
)
from bot.errors import DoormanError, NotFound
from bot.graph.client import Caller
from bot.graph.odata import literal, path
from bot.rules import Applicant, PackageRules, PolicyRule
from rehearsal.course import RehearsalError

_POLICIES: Final = "/identityGovernance/entitlementManagement/assignmentPolicies"
_LONGEST_CHAIN: Final = 4  # Graph knows managers up to this level


@dataclass(frozen=True, slots=True)
class Copied:
    """What was read. `managers` are the chain above the person; `settings` is the policy in Graph's own words."""

    package: AccessPackage
    contents: Sequence[ResourceRole]
    policy_id: str
    settings: Mapping[str, Any]
    person: Person
    managers: Sequence[Person] = ()
    approvers: Sequence[Person] = ()
    groups: Mapping[str, tuple[str, Sequence[Person]]] = field(default_factory=dict)
    sponsors: Sequence[Person] = ()
    organization_sponsors: Mapping[str, Sequence[Person]] = field(default_factory=dict)
    administrators: Sequence[Person] = ()
    remarks: tuple[str, ...] = ()


async def read_policy(
    session: Session, package: str, person: str, policy: str, administrators: Sequence[str]
) -> Copied:
    """Raises: RehearsalError, and whatever Graph answers: NotAllowed and the family of GraphError."""
    return await _Reading(session).read(package, person, policy, administrators)


class _Reading:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._reader = session.reader

    async def read(self, package: str, person: str, policy: str, administrators: Sequence[str]) -> Copied:
        package_id = await self._package_id(package)
        who = await self._person(person)
        rules = await self._reader.package_rules(package_id)
        applicant = await self._reader.applicant(who, rules.group_ids)
        rule, remarks = _chosen(rules, applicant, who, policy)
        stages = rule.policy.stages
        return Copied(
            package=await self._reader.package(package_id),
            contents=await self._reader.contents(package_id),
            policy_id=rule.id,
            settings=await self._session.client.get(
                await self._caller(), path(f"{_POLICIES}/{{policy}}", policy=rule.id)
            ),
            person=who,
            managers=await self._managers(who),
            approvers=list((await self._reader.people(_ids(stages, SubjectSetKind.SINGLE_USER))).values()),
            groups=await self._groups(_ids(stages, SubjectSetKind.GROUP_MEMBERS)),
            sponsors=await self._sponsors(rule.policy, who),
            organization_sponsors=await self._organization_sponsors(stages, applicant),
            administrators=await self._administrators(administrators),
            remarks=remarks,
        )

    async def _package_id(self, wanted: str) -> AccessPackageId:
        try:
            return (await self._reader.package(AccessPackageId(wanted))).id
        except DoormanError:
            found = await self._reader.packages_named(wanted)
        if not found:
            raise RehearsalError(f"There is no access package called {wanted!r}.")
        if len(found) > 1:
            raise RehearsalError(f"Several access packages are called {wanted!r}; give the id of one: {found}.")
        return found[0]

    async def _person(self, wanted: str) -> Person:
        try:
            return await self._reader.person(UserId(wanted))
        except DoormanError:
            query = {"$select": "id", "$filter": f"displayName eq {literal(wanted)} or mail eq {literal(wanted)}"}
            found = await self._session.client.collect(await self._caller(), path("/users"), params=query)
        if len(found) != 1:
            said = "Several people are" if found else "There is nobody"
            raise RehearsalError(f"{said} called {wanted!r}; give a sign-in name.")
        return await self._reader.person(UserId(str(found[0]["id"])))

    async def _managers(self, who: Person) -> list[Person]:
        chain: list[Person] = []
        above = await self._reader.manager(who.id)
        while above is not None and len(chain) < _LONGEST_CHAIN and above.id not in {each.id for each in chain}:
            chain.append(above)
            above = await self._reader.manager(above.id)
        return chain

    async def _groups(self, ids: Iterable[str]) -> Mapping[str, tuple[str, Sequence[Person]]]:
        found = {}
        for group_id, opening in (await self._reader.groups(list(ids))).items():
            found[group_id] = (opening.name, await self._reader.group_members(GroupId(group_id)))
        return found

    async def _sponsors(self, policy: AssignmentPolicy, who: Person) -> list[Person]:
        kinds = {each.kind for each in _named(policy.stages)}
        return await self._reader.sponsors(who.id) if SubjectSetKind.TARGET_USER_SPONSORS in kinds else []

    async def _organization_sponsors(
        self, stages: Sequence[StageRule], applicant: Applicant
    ) -> dict[str, Sequence[Person]]:
        """By "internal" and "external", for somebody who comes from a connected organization."""
        kinds = {each.kind for each in _named(stages)}
        wanted = {"internal": SubjectSetKind.INTERNAL_SPONSORS, "external": SubjectSetKind.EXTERNAL_SPONSORS}
        if applicant.organization_id is None:
            return {}
        return {
            which: await self._reader.connected_organization_sponsors(applicant.organization_id, which == "internal")
            for which, kind in wanted.items()
            if kind in kinds
        }

    async def _administrators(self, names: Sequence[str]) -> list[Person]:
        """Those who can be found; the bot leaves the others out as well."""
        found = []
        for name in names:
            try:
                found.append(await self._reader.person(UserId(name)))
            except NotFound:
                continue
        return found

    async def _caller(self) -> Caller:
        return Caller("rehearsal", await self._session.tokens.graph())


def _chosen(rules: PackageRules, applicant: Applicant, who: Person, wanted: str) -> tuple[PolicyRule, tuple[str, ...]]:
    """The policy that was named, else the first that is open to them, else the first under which anybody asks."""
    open_rules = rules.open_to(applicant)
    if wanted:
        fitting = [each for each in rules.policies if wanted.casefold() in (each.policy.name.casefold(), each.id)]
    else:
        fitting = [*open_rules, *(each for each in rules.policies if each.lets_ask_for_self)]
    if not fitting:
        names = ", ".join(each.policy.name for each in rules.policies) or "none"
        said = f"no policy called {wanted!r}" if wanted else "no policy under which people ask for themselves"
        raise RehearsalError(f"{rules.package.name} has {said}; its policies are: {names}.")
    if fitting[0] in open_rules:
        return fitting[0], ()
    return fitting[0], (f"In the tenant this policy is not open to {who.name}; it is played as if it were.",)


def _named(stages: Sequence[StageRule]) -> list[SubjectSet]:
    return [
        each
        for stage in stages
        for group in (stage.primary, stage.fallback, stage.escalation, stage.fallback_escalation)
        for each in group
    ]


def _ids(stages: Sequence[StageRule], kind: SubjectSetKind) -> list[UserId]:
    return list(dict.fromkeys(UserId(each.id) for each in _named(stages) if each.kind is kind and each.id))
