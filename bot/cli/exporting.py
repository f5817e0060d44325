"""The live state as enrolment files: one for each project, such that planning them changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.cli.enrolment import Workbench
from bot.cli.running import Stop
from bot.domain import Assignment, Person, UserId
from bot.files.rows import EnrolmentRow, Place
from bot.files.writing import write_enrolment
from bot.plans.enrolment_columns import last_day
from bot.plans.enrolment_state import ManagedBy, PackageState, address_key
from bot.services.projects import Project


async def export(bench: Workbench, names: Sequence[str]) -> dict[str, tuple[bytes, int]]:
    """File name to content and number of people. Raises: Stop."""
    projects = projects_named(bench, names)
    packages = await bench.states.for_projects(projects)
    written = {}
    people = await _people(bench, packages)
    for project in projects:
        own = [each for each in packages if each.project == project.name and each.problem is None]
        rows = [
            row
            for each in own
            for assignment in each.assignments
            if (row := _row(each, assignment, people)) is not None
        ]
        content = write_enrolment(rows, labels=[each.package_name for each in own])
        written[f"{_file_name(project.name)}.csv"] = (content, len(rows))
    return written


def projects_named(bench: Workbench, names: Sequence[str]) -> list[Project]:
    """These projects, or all of them when none is named. Raises: Stop."""
    return [_named(bench, name) for name in names] or list(bench.projects.all())


def _named(bench: Workbench, name: str) -> Project:
    project = bench.projects.named(name)
    if project is None:
        like = ", ".join(each.name for each in bench.projects.like(name))
        raise Stop(f"{name}: no such project" + (f"; did you mean {like}?" if like else ""))
    return project


async def _people(bench: Workbench, packages: Sequence[PackageState]) -> dict[str, tuple[str, str]]:
    """Name and address by object id, such that the address means this person and nobody else."""
    targets = {
        each.target.object_id: each.target
        for package in packages
        for each in package.assignments
        if each.target is not None and each.target.object_id
    }
    found = await bench.states.people_with({each.mail for each in targets.values() if each.mail})
    result: dict[str, tuple[str, str]] = {}
    unclear: list[UserId] = []
    for object_id, target in targets.items():
        known = found.get(address_key(target.mail), []) if target.mail else []
        if [person.id for person in known] == [object_id]:
            result[object_id] = (known[0].name or target.name, target.mail)
        else:
            unclear.append(object_id)
    for object_id, person in (await bench.session.reader.people(unclear)).items() if unclear else ():
        result[object_id] = (person.name, _own_address(person))
    return result


def _own_address(person: Person) -> str:
    return person.user_principal_name or person.mail


def _row(package: PackageState, assignment: Assignment, people: Mapping[str, tuple[str, str]]) -> EnrolmentRow | None:
    """The row of one assignment; None for what the files do not hold: policies of others where files manage alone."""
    if assignment.policy_id != package.policy_id and package.managed_by is ManagedBy.FILE:
        return None
    if assignment.target is None:
        return None
    name, address = people.get(assignment.target.object_id or "", (assignment.target.name, assignment.target.mail))
    is_ours = package.is_period_allowed and assignment.policy_id == package.policy_id
    end = last_day(assignment.expires_at) if is_ours else ""
    return EnrolmentRow(Place(""), name, address, package.package_name, end=end) if address else None


def _file_name(project: str) -> str:
    return "".join("-" if sign in '/\\:*?"<>|' else sign for sign in project).strip(" .") or "project"
