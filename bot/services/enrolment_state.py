"""Reading what an enrolment plan is made from: the packages that files name, who has them, and who the people are."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

from bot.domain import AccessPackageId, Assignment, AssignmentRequest, Person, PolicyId, Question
from bot.errors import (
    NotSetUp,
    PackageAmbiguous,
    PackageHidden,
    PackageMissing,
    PolicyAmbiguous,
    PolicyMissing,
)
from bot.files.rows import EnrolmentFile
from bot.plans.enrolment import Action, EnrolmentPlan, PlanRow, Reason
from bot.plans.enrolment_holders import Checked, check
from bot.plans.enrolment_state import PackageState, Problem, TenantState, address_key, key_of
from bot.services.project_packages import ProjectPackages, ProjectRoles, RolePackage, several_packages
from bot.services.projects import Project, Projects

Roles: TypeAlias = Mapping[str, ProjectRoles]
"""The roles of projects by the projects' names."""


class EnrolmentReader(Protocol):
    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]: ...
    async def holders(
        self, ids: Iterable[AccessPackageId]
    ) -> dict[AccessPackageId, tuple[list[Assignment], list[AssignmentRequest]]]: ...
    async def questions(self, ids: Iterable[PolicyId]) -> dict[PolicyId, tuple[Question, ...]]: ...


class EnrolmentStates:
    """Reads the tenant for plans; nothing is kept."""

    def __init__(self, reader: EnrolmentReader, packages: ProjectPackages, projects: Projects) -> None:
        self._reader = reader
        self._packages = packages
        self._projects = projects

    async def roles(self) -> Roles:
        """The roles of all configured projects."""
        return await self._packages.of_all(self._projects.all())

    async def for_files(self, files: Sequence[EnrolmentFile], roles: Roles) -> TenantState:
        """What these files are about. Raises what reading raises; what is wrong with a label is in its state."""
        of_projects = {
            key_of(name): tuple(role.found.package.name for role in each.roles) for name, each in roles.items()
        }
        names = TenantState(labels=of_projects)
        labels = {key_of(label): label for file in files for label in names.labels_of(file)}
        addresses = {address_key(row.email) for file in files for row in file.rows}
        addresses |= {address_key(row.sponsor) for file in files for row in file.rows if row.sponsor}
        packages, people = await asyncio.gather(
            self._labelled(labels, list(roles.values())), self._reader.people_with(addresses)
        )
        return TenantState(packages, {address: tuple(found) for address, found in people.items()}, of_projects)

    async def for_projects(self, projects: Sequence[Project]) -> tuple[PackageState, ...]:
        """Every role of these projects."""
        roles = await self._packages.of_all(projects)
        found: dict[str, PackageState] = {}
        for project in projects:
            for role in roles[project.name].roles:
                found[role.found.package.id] = _state(role.found.package.name, roles[project.name], role)
            for name, error in roles[project.name].problems.items():
                label = project.label(name)
                found[label] = PackageState(label=label, project=project.name, problem=_problem(error))
        return tuple((await self._filled(found)).values())

    async def check(self, plan: EnrolmentPlan, settled: Collection[str] = ()) -> Checked:
        """The plan's rows against the tenant as it is now; `settled` are not asked about."""
        rows = [row for row in plan.changes if row.id not in settled]
        addresses = {address_key(row.email) for row in rows if row.action is not Action.REMOVE and row.email}
        packages, people = await asyncio.gather(self.packages(rows), self._reader.people_with(addresses))
        return check(rows, packages, people)

    async def packages(self, rows: Iterable[PlanRow]) -> dict[str, PackageState]:
        """The packages of these rows by id, with who has them now."""
        policies = {row.package_id: row.policy_id for row in rows}
        holders = await self._reader.holders(sorted(map(AccessPackageId, policies)))
        return {
            each: PackageState(
                label="",
                project="",
                package_id=each,
                policy_id=policies[each],
                assignments=tuple(assignments),
                requests=tuple(requests),
            )
            for each, (assignments, requests) in holders.items()
        }

    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]:
        return await self._reader.people_with(map(address_key, addresses))

    async def _labelled(self, labels: Mapping[str, str], roles: Sequence[ProjectRoles]) -> dict[str, PackageState]:
        found = {key: state for key, label in labels.items() if (state := _meant(label, roles)) is not None}
        return await self._filled(found)

    async def _filled(self, states: Mapping[str, PackageState]) -> dict[str, PackageState]:
        """The same with who has these packages, and what their managed policies ask."""
        usable = [state for state in states.values() if state.problem is None]
        holders, questions = await asyncio.gather(
            self._reader.holders(sorted({AccessPackageId(state.package_id) for state in usable})),
            self._reader.questions(sorted({PolicyId(state.policy_id) for state in usable})),
        )
        return {
            key: state if state.problem is not None else _with_holders(state, holders, questions)
            for key, state in states.items()
        }


def _with_holders(
    state: PackageState,
    holders: Mapping[AccessPackageId, tuple[list[Assignment], list[AssignmentRequest]]],
    questions: Mapping[PolicyId, tuple[Question, ...]],
) -> PackageState:
    assignments, requests = holders[AccessPackageId(state.package_id)]
    return PackageState(
        label=state.label,
        project=state.project,
        package_id=state.package_id,
        package_name=state.package_name,
        policy_id=state.policy_id,
        policy_name=state.policy_name,
        questions=questions.get(PolicyId(state.policy_id), ()),
        is_period_allowed=state.is_period_allowed,
        managed_by=state.managed_by,
        assignments=tuple(assignments),
        requests=tuple(requests),
    )


def _meant(label: str, roles: Sequence[ProjectRoles]) -> PackageState | None:
    """The package that a label stands for in whichever project; None when none knows it. Nothing is guessed."""
    found: list[tuple[ProjectRoles, RolePackage]] = []
    states: list[PackageState] = []
    for each in roles:
        try:
            role = each.labelled(label)
            if role is None and key_of(label.partition("|")[0]) == key_of(each.project.name):
                raise PackageMissing(each.project.name, "", label)
        except PackageAmbiguous as error:
            return PackageState(label=label, project=each.project.name, problem=_problem(error))
        except NotSetUp as error:
            states.append(PackageState(label=label, project=each.project.name, problem=_problem(error)))
            continue
        if role is not None:
            found.append((each, role))
            states.append(_state(label, each, role))
    if ids := several_packages(role for _, role in found):
        project = found[0][0].project.name
        return PackageState(label=label, project=project, problem=Problem(Reason.PACKAGE_AMBIGUOUS, ids))
    return states[0] if states else None


def _state(label: str, of_project: ProjectRoles, role: RolePackage) -> PackageState:
    try:
        policy = role.managed_policy()
    except NotSetUp as error:
        return PackageState(label=label, project=of_project.project.name, problem=_problem(error))
    return PackageState(
        label=label,
        project=of_project.project.name,
        package_id=role.found.package.id,
        package_name=role.found.package.name,
        policy_id=policy.id,
        policy_name=policy.name,
        is_period_allowed=policy.is_custom_schedule_allowed,
        managed_by=role.managed_by,
    )


def _problem(error: NotSetUp) -> Problem:
    match error:
        case PolicyAmbiguous():
            return Problem(Reason.POLICY_AMBIGUOUS, error.ids)
        case PolicyMissing():
            return Problem(Reason.POLICY_MISSING, (error.policy,))
        case PackageAmbiguous():
            return Problem(Reason.PACKAGE_AMBIGUOUS, error.ids)
        case PackageHidden():
            return Problem(Reason.PACKAGE_HIDDEN, (error.id,))
        case _:
            return Problem(Reason.PACKAGE_MISSING, (error.label,))


def known_labels(roles: Roles) -> tuple[str, ...]:
    """The access packages that files may name."""
    return tuple(role.found.package.name for each in roles.values() for role in each.roles)
