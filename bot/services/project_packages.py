"""The roles of a project as the tenant has them: an access package each, and the policy that files manage.

A role's package is the one that the configuration names, by name or id, and otherwise the one of the name
"<project> | <role>". Nothing is ever guessed: no package, several of one name and a hidden one that nobody named are
problems of the role, and so is a managed policy that is missing or there twice. A role with a problem stops nothing
but itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.domain import AssignmentPolicy
from bot.errors import (
    NotSetUp,
    PackageAmbiguous,
    PackageHidden,
    PackageMissing,
    PolicyAmbiguous,
    PolicyMissing,
)
from bot.plans.enrolment_state import ManagedBy
from bot.services.projects import Project
from bot.team import PackageSetUp

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BAR: Final = "|"


class PackageReader(Protocol):
    async def packages_with(self, texts: Iterable[str]) -> dict[str, list[PackageSetUp]]: ...
    async def packages_of(self, ids: Iterable[str]) -> dict[str, PackageSetUp]: ...


@dataclass(frozen=True, slots=True)
class RolePackage:
    """One role: its access package with everything about it. `policy_name` is the managed policy's.

    `managed_by` says where its people come from.
    """

    project: str
    role: str
    found: PackageSetUp
    policy_name: str
    managed_by: ManagedBy = ManagedBy.FILE

    def managed_policy(self) -> AssignmentPolicy:
        """The policy whose assignments files manage. Raises: PolicyMissing, PolicyAmbiguous."""
        name, wanted = self.found.package.name, _plain(self.policy_name)
        fitting = [policy for policy in self.found.policies if _plain(policy.name) == wanted]
        if not fitting:
            raise PolicyMissing(self.project, self.role, name, self.policy_name)
        if len(fitting) > 1:
            ids = tuple(sorted(policy.id for policy in fitting))
            raise PolicyAmbiguous(self.project, self.role, name, self.policy_name, ids)
        return fitting[0]


@dataclass(frozen=True, slots=True)
class ProjectRoles:
    """The roles of a project in the order of their names, and what is wrong with those that cannot be used."""

    project: Project
    roles: tuple[RolePackage, ...] = ()
    problems: Mapping[str, NotSetUp] = field(default_factory=dict)

    def find(self, role: str) -> RolePackage | None:
        """The role of this name in any letter case. Raises: NotSetUp, when it has a problem."""
        wanted = _plain(role)
        problem = next((error for name, error in self.problems.items() if _plain(name) == wanted), None)
        if problem is not None:
            raise problem
        return next((each for each in self.roles if _plain(each.role) == wanted), None)

    def get(self, role: str) -> RolePackage:
        """The same. Raises: PackageMissing, when the project has no such role."""
        found = self.find(role)
        if found is None:
            raise PackageMissing(self.project.name, role, self.project.label(role))
        return found

    def labelled(self, label: str) -> RolePackage | None:
        """The role that a file means by `label`: "<project> | <role>", the name or the id of its package.

        Raises: NotSetUp, when it is a role that cannot be used, or could be one of several packages of this name.
        """
        wanted = _plain(label)
        for each in self.roles:
            if wanted == each.found.package.id.casefold():
                return each
        named = [each for each in self.roles if wanted == _plain(each.found.package.name)]
        if ids := several_packages(named):
            raise PackageAmbiguous(self.project.name, named[0].role, label, ids)
        if named:
            return named[0]
        project, bar, role = label.partition(_BAR)
        if bar and _plain(project) == _plain(self.project.name):
            return self.find(role)
        return next((self.find(role) for role in self.problems if _plain(self.project.label(role)) == wanted), None)

    def raise_problems(self) -> None:
        """Raises: NotSetUp, the first one, when there is any."""
        for problem in self.problems.values():
            raise problem


def several_packages(roles: Iterable[RolePackage]) -> tuple[str, ...]:
    """The ids of the packages of these roles, where they are not all one."""
    ids = tuple(sorted({each.found.package.id for each in roles}))
    return ids if len(ids) > 1 else ()


class ProjectPackages:
    """Asks with one request for up to twenty projects and packages; nothing is kept."""

    def __init__(self, reader: PackageReader) -> None:
        self._reader = reader

    async def of(self, project: Project) -> ProjectRoles:
        return (await self.of_all([project]))[project.name]

    async def of_all(self, projects: Sequence[Project]) -> dict[str, ProjectRoles]:
        """The roles of each of these projects, by its name."""
        labels = {label for project in projects for label in project.packages.values()}
        ids = {label.casefold() for label in labels if _ID.fullmatch(label)}
        texts = {_prefix(project) for project in projects} | {
            _text(label) for label in labels if label.casefold() not in ids
        }
        by_text = await self._reader.packages_with(sorted(texts)) if texts else {}
        by_id = await self._reader.packages_of(sorted(ids)) if ids else {}
        return {project.name: _roles(project, by_text, by_id) for project in projects}


def _roles(
    project: Project, by_text: Mapping[str, Sequence[PackageSetUp]], by_id: Mapping[str, PackageSetUp]
) -> ProjectRoles:
    found: dict[str, RolePackage] = {}
    problems: dict[str, NotSetUp] = {}
    for role, label in project.packages.items():
        if _ID.fullmatch(label):
            one = by_id.get(label.casefold())
            fitting = [one] if one else []
        else:
            fitting = [each for each in by_text.get(_text(label), ()) if _plain(each.package.name) == _plain(label)]
        _settle(project, role, label, fitting, found, problems)
    taken = {each.found.package.id for each in found.values()}
    named = {_plain(role) for role in project.packages}
    for role, candidates in _by_name(project, by_text.get(_prefix(project), ())).items():
        if _plain(role) in named:
            continue  # the configuration has the last word about this role
        free = [each for each in candidates if each.package.id not in taken]
        if len(free) == 1 and free[0].package.is_hidden:
            problems[role] = PackageHidden(project.name, role, free[0].package.name, free[0].package.id)
        elif free:
            _settle(project, role, free[0].package.name, free, found, problems)
    known = {_plain(role) for role in (*found, *problems)}
    for role in project.managed:
        if _plain(role) not in known:
            problems[role] = PackageMissing(project.name, role, project.label(role))
    return ProjectRoles(
        project,
        tuple(sorted(found.values(), key=lambda each: _plain(each.role))),
        dict(sorted(problems.items(), key=lambda item: _plain(item[0]))),
    )


def _settle(
    project: Project,
    role: str,
    label: str,
    fitting: Sequence[PackageSetUp],
    found: dict[str, RolePackage],
    problems: dict[str, NotSetUp],
) -> None:
    if not fitting:
        problems[role] = PackageMissing(project.name, role, label)
    elif len(fitting) > 1:
        problems[role] = PackageAmbiguous(project.name, role, label, tuple(sorted(each.package.id for each in fitting)))
    else:
        found[role] = RolePackage(project.name, role, fitting[0], project.policy, project.source_of(role))


def _by_name(project: Project, packages: Iterable[PackageSetUp]) -> dict[str, list[PackageSetUp]]:
    """The packages of the names "<project> | <role>", by role as it is written first."""
    grouped: dict[str, list[PackageSetUp]] = {}
    written: dict[str, str] = {}
    for each in sorted(packages, key=lambda each: (each.package.name, each.package.id)):
        name, bar, role = each.package.name.partition(_BAR)
        role = " ".join(role.split())
        if bar and role and _plain(name) == _plain(project.name):
            grouped.setdefault(written.setdefault(_plain(role), role), []).append(each)
    return grouped


def _prefix(project: Project) -> str:
    return _text(project.name)


def _text(label: str) -> str:
    """What the tenant is asked for: names are compared here afterwards, with their spaces straightened."""
    return " ".join(label.split()).casefold()


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
