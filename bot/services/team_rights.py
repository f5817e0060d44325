"""Who may look at the people of a project.

Those whom the configuration names as leads or reviewers, the owners of the project's own groups, those whom a policy of
its packages names as approvers (by themselves or as members of a group), and administrators. A group that several
projects grant, or every role of one, belongs to none of them: its owner sees nothing by it. Looking gives no right to
change anything.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.clock import Clock
from bot.domain import AssignmentPolicy, GroupId, ResourceRole, SubjectSet, SubjectSetKind, UserId
from bot.services.administrators import Administrators
from bot.services.kept import Kept
from bot.services.project_packages import ProjectPackages, ProjectRoles
from bot.services.projects import Project, Projects
from bot.team import PackageSetUp

_AGE_SECONDS: Final = 300.0
_GROUP: Final = "aadgroup"


class GroupReader(Protocol):
    async def groups_among(self, user_id: UserId, group_ids: Iterable[GroupId]) -> frozenset[GroupId]: ...


class OwnerReader(Protocol):
    async def owners_of(self, group_ids: Iterable[GroupId]) -> dict[GroupId, frozenset[UserId]]: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of all projects for a few minutes."""

    roles: Mapping[str, ProjectRoles]
    groups: Mapping[str, frozenset[GroupId]]  # the groups that are a project's own, by its name
    owners: Mapping[GroupId, frozenset[UserId]]


class TeamRights:
    def __init__(
        self,
        projects: Projects,
        packages: ProjectPackages,
        owners: OwnerReader,
        groups: GroupReader,
        administrators: Administrators,
        clock: Clock,
    ) -> None:
        self._projects = projects
        self._packages = packages
        self._owners = owners
        self._groups = groups
        self._administrators = administrators
        self._kept = Kept(lambda: clock.now().timestamp())
        self._reading = asyncio.Lock()

    async def may_look(self, who: UserId, project: Project) -> bool:
        if any(await asyncio.gather(self.sees_all(who), self._projects.may_write(who, project))):
            return True
        return await self._projects.may_agree(who, project) or project.name in await self._by_tenant(who)

    async def visible(self, who: UserId) -> tuple[Project, ...]:
        """The projects that this person may look at, in the order of the configuration."""
        everything = self._projects.all()
        if not everything or await self.sees_all(who):
            return everything
        by_name = await asyncio.gather(*(self._projects.may_agree(who, project) for project in everything))
        named = {project.name for project, may in zip(everything, by_name, strict=True) if may}
        if len(named) < len(everything):
            named |= await self._by_tenant(who)
        return tuple(project for project in everything if project.name in named)

    async def may_look_at_package(self, who: UserId, found: PackageSetUp) -> bool:
        """Whether this person may see who has an access package, as one of a project of theirs or by itself."""
        if await self.sees_all(who):
            return True
        for name, roles in (await self._known()).roles.items():
            if any(role.found.package.id == found.package.id for role in roles.roles):
                project = self._projects.named(name)
                if project is not None and await self.may_look(who, project):
                    return True
        people, approving = _approvers(found.policies)
        own = _groups_in(found.contents)
        if who in people:
            return True
        owners, among = await asyncio.gather(
            self._owners.owners_of(own), self._groups.groups_among(who, approving) if approving else _nothing()
        )
        return bool(among) or (len(own) == 1 and any(who in each for each in owners.values()))

    async def sees_all(self, who: UserId) -> bool:
        return await self._administrators.includes(who)

    async def _by_tenant(self, who: UserId) -> set[str]:
        """The names of the projects that this person may look at because of what the tenant says of them."""
        known = await self._known()
        found = {
            name for name, groups in known.groups.items() if any(who in known.owners.get(each, ()) for each in groups)
        }
        approving: dict[str, frozenset[GroupId]] = {}
        for name, roles in known.roles.items():
            policies = [policy for role in roles.roles for policy in role.found.policies]
            people, approving[name] = _approvers(policies)
            if who in people:
                found.add(name)
        wanted = {group for name, groups in approving.items() if name not in found for group in groups}
        among = await self._groups.groups_among(who, wanted) if wanted else frozenset()
        return found | {name for name, groups in approving.items() if groups & among}

    async def _known(self) -> _Known:
        async with self._reading:
            kept = self._kept.get("all", _AGE_SECONDS)
            if isinstance(kept, _Known):
                return kept
            roles = await self._packages.of_all(self._projects.all())
            groups = _own_groups(roles)
            owners = await self._owners.owners_of(sorted({each for some in groups.values() for each in some}))
            return self._kept.put("all", _Known(roles, groups, owners))


def own_groups(roles: ProjectRoles) -> dict[GroupId, str]:
    """The groups that the project's packages grant, with their names, but for those that every role grants."""
    granted = [_names_of(role.found.contents) for role in roles.roles]
    counted = Counter(group for names in granted for group in names)
    everywhere = {group for group, count in counted.items() if len(granted) > 1 and count == len(granted)}
    return {group: name for names in granted for group, name in names.items() if group not in everywhere}


def _own_groups(roles: Mapping[str, ProjectRoles]) -> dict[str, frozenset[GroupId]]:
    groups = {name: frozenset(own_groups(each)) for name, each in roles.items()}
    shared = {group for group, count in Counter(each for some in groups.values() for each in some).items() if count > 1}
    return {name: each - shared for name, each in groups.items()}


def _groups_in(contents: Iterable[ResourceRole]) -> frozenset[GroupId]:
    return frozenset(_names_of(contents))


def _names_of(contents: Iterable[ResourceRole]) -> dict[GroupId, str]:
    return {
        GroupId(each.origin_id): each.resource_name
        for each in contents
        if each.origin_system.casefold() == _GROUP and each.origin_id
    }


def _approvers(policies: Sequence[AssignmentPolicy]) -> tuple[frozenset[UserId], frozenset[GroupId]]:
    """The people and groups that these policies name as approvers; managers and sponsors depend on who asks."""
    sets: list[SubjectSet] = [
        each
        for policy in policies
        for stage in policy.stages
        for each in (*stage.primary, *stage.fallback, *stage.escalation, *stage.fallback_escalation)
    ]
    people = frozenset(UserId(each.id) for each in sets if each.kind is SubjectSetKind.SINGLE_USER)
    return people, frozenset(GroupId(each.id) for each in sets if each.kind is SubjectSetKind.GROUP_MEMBERS)


async def _nothing() -> frozenset[GroupId]:
    return frozenset()
