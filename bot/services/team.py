"""Reads who is in a project and in which role: assignments, requests under way, and the members of its groups."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from bot.clock import Clock
from bot.domain import AccessPackageId, Assignment, GroupId, Person, Subject, UserId
from bot.errors import NotSetUp
from bot.services.kept import Kept
from bot.services.project_packages import ProjectPackages, ProjectRoles, RolePackage
from bot.services.projects import Project
from bot.services.team_rights import own_groups
from bot.services.team_rows import (
    Counted,
    Extra,
    Guest,
    Guests,
    Holdings,
    Standing,
    Team,
    TeamRow,
    extras_of,
    row_of,
    rows_of,
    standing_of,
)
from bot.team import Lists, Member, PackageSetUp, SignIns

_AGE_SECONDS: Final = 20.0


class TeamReader(Protocol):
    async def packages_with(self, texts: Iterable[str]) -> dict[str, list[PackageSetUp]]: ...
    async def packages_of(self, ids: Iterable[str]) -> dict[str, PackageSetUp]: ...
    async def lists(self, package_ids: Sequence[AccessPackageId], group_ids: Sequence[GroupId]) -> Lists: ...
    async def counts(self, package_ids: Sequence[AccessPackageId]) -> dict[AccessPackageId, int]: ...
    async def assignments_of(self, person_ids: Sequence[UserId]) -> dict[UserId, list[Assignment]]: ...
    async def members(self, ids: Iterable[UserId]) -> dict[UserId, Member]: ...
    async def sign_ins(self, ids: Iterable[UserId]) -> SignIns: ...
    async def sponsors_of(self, ids: Iterable[UserId]) -> dict[UserId, tuple[str, ...]]: ...
    async def people_like(self, words: str) -> list[Person]: ...


class TeamDesk:
    """Reads what is there now; what was just read is kept for a moment, so that turning a page costs nothing."""

    def __init__(self, packages: ProjectPackages, reader: TeamReader, clock: Clock) -> None:
        self._packages = packages
        self._reader = reader
        self._clock = clock
        self._kept = Kept(lambda: clock.now().timestamp())

    async def team(self, project: Project, *, is_fresh: bool = False) -> Team:
        """Everybody in the project, in three round trips: its packages, what is in them, who is still unknown."""
        kept = None if is_fresh else self._kept.get(project.name, _AGE_SECONDS)
        if isinstance(kept, Team):
            return kept
        roles = await self._packages.of(project)
        groups = own_groups(roles)
        team = await self._team(project.name, roles.roles, groups, tuple(roles.problems.values()))
        return self._kept.put(project.name, team)

    async def holders(self, found: PackageSetUp) -> Team:
        """Everybody with one access package, whatever project it belongs to."""
        role = RolePackage(found.package.name, found.package.name, found, "")
        groups = {
            GroupId(each.origin_id): each.resource_name
            for each in found.contents
            if each.origin_system.casefold() == "aadgroup" and each.origin_id
        }
        return await self._team(found.package.name, (role,), groups if len(groups) == 1 else {}, ())

    async def matrix(self, projects: Sequence[Project]) -> tuple[Counted, ...]:
        """How many people are in each role of these projects."""
        roles = await self._packages.of_all(projects)
        ids = [role.found.package.id for each in roles.values() for role in each.roles]
        counts = await self._reader.counts(ids)
        return tuple(_counted(project, roles[project.name], counts) for project in projects)

    async def explain(self, team: Team, most: int) -> tuple[Extra, ...]:
        """Those who are in the project's groups only, and through which other access packages they may be there."""
        rows = [row for row in team.rows if row.standing is Standing.EXTRA][:most]
        held = await self._reader.assignments_of(list(dict.fromkeys(row.person.id for row in rows)))
        live = {
            who: [each for each in some if each.is_live and each.package_id is not None] for who, some in held.items()
        }
        packages = await self._reader.packages_of(
            dict.fromkeys(str(each.package_id) for some in live.values() for each in some)
        )
        return tuple(Extra(row, _through(row, live.get(row.person.id, ()), packages)) for row in rows)

    async def guests(self, team: Team, start: int, most: int) -> Guests:
        """How far the guests of the project have come; one page of them."""
        everybody = team.guests
        rows = everybody[start : start + most]
        ids = [row.person.id for row in rows]
        members, signed_in, sponsors = await asyncio.gather(
            self._reader.members(ids), self._reader.sign_ins(ids), self._reader.sponsors_of(ids)
        )
        shown = tuple(
            Guest(
                row,
                members.get(row.person.id),
                sponsors.get(row.person.id, ()),
                signed_in.last_at.get(row.person.id),
            )
            for row in rows
        )
        return Guests(shown, len(everybody), signed_in.is_known)

    async def people_like(self, words: str) -> list[Person]:
        return await self._reader.people_like(words)

    async def access_of(self, person: Person, projects: Sequence[Project] | None) -> Holdings:
        """What this person has of these projects, or of everything when there is no limit (None)."""
        assignments, members = await asyncio.gather(
            self._reader.assignments_of([person.id]), self._reader.members([person.id])
        )
        held = assignments[person.id]
        live = [each for each in held if each.is_live and each.package_id is not None]
        labels: dict[AccessPackageId, tuple[str, str]] = {}
        if projects is not None:
            for name, roles in (await self._packages.of_all(projects)).items():
                labels.update({role.found.package.id: (name, role.role) for role in roles.roles})
        rows = [
            replace(_held_row(each, members, labels), project=labels.get(_package_of(each), ("", ""))[0])
            for each in live
            if projects is None or each.package_id in labels
        ]
        return Holdings(person, tuple(sorted(rows, key=lambda row: row.label.casefold())))

    async def person(self, person_id: UserId) -> Person | None:
        found = (await self._reader.members([person_id])).get(person_id)
        return found.person if found else None

    async def package(self, package_id: str) -> PackageSetUp | None:
        return (await self._reader.packages_of([package_id])).get(package_id)

    async def labels(self, projects: Sequence[Project]) -> list[str]:
        """The names of the access packages of these projects."""
        roles = await self._packages.of_all(projects)
        return [role.found.package.name for each in roles.values() for role in each.roles]

    async def package_named(self, name: str) -> list[PackageSetUp]:
        """The access packages of exactly this name, in any letter case."""
        wanted = " ".join(name.split())
        found = await self._reader.packages_with([wanted])
        exact = wanted.casefold()
        return [each for each in found[wanted] if " ".join(each.package.name.split()).casefold() == exact]

    async def _team(
        self, name: str, roles: Sequence[RolePackage], groups: Mapping[GroupId, str], problems: tuple[NotSetUp, ...]
    ) -> Team:
        lists = await self._reader.lists([role.found.package.id for role in roles], sorted(groups))
        known = {each.person.id: each for some in lists.members.values() for each in some}
        held = [each.target for some in lists.assignments.values() for each in some]
        asked = [each.target for some in lists.requests.values() for each in some]
        missing = _ids_of((*held, *asked)) - known.keys()
        known.update(await self._reader.members(missing) if missing else {})
        rows = [row for role in roles for row in rows_of(role, lists, known)]
        rows += extras_of(roles, groups, lists, rows)
        order = {role.role: place for place, role in enumerate(roles)}
        rows.sort(key=lambda row: (order[row.role], row.person.name.casefold(), row.person.id))
        return Team(name, tuple(rows), tuple(role.role for role in roles), self._clock.now(), problems)


def _counted(project: Project, roles: ProjectRoles, counts: Mapping[AccessPackageId, int]) -> Counted:
    found: dict[str, int | None] = {each.role: counts.get(each.found.package.id, 0) for each in roles.roles}
    return Counted(project, {**found, **dict.fromkeys(roles.problems, None)})


def _through(row: TeamRow, held: Iterable[Assignment], packages: Mapping[str, PackageSetUp]) -> tuple[str, ...]:
    """The names of those packages that somebody holds and that grant the group of the row."""
    names = [
        each.package_name or packages[str(each.package_id)].package.name
        for each in held
        if str(each.package_id) in packages
        and any(role.resource_name == row.group_name for role in packages[str(each.package_id)].contents)
    ]
    return tuple(dict.fromkeys(names))


def _held_row(
    assignment: Assignment, members: Mapping[UserId, Member], labels: Mapping[AccessPackageId, tuple[str, str]]
) -> TeamRow:
    package_id, name = _package_of(assignment), assignment.package_name
    role = labels.get(package_id, ("", name))[1]
    return row_of(role, package_id, name, assignment.target, standing_of(assignment), members, assignment=assignment)


def _package_of(assignment: Assignment) -> AccessPackageId:
    return assignment.package_id or AccessPackageId("")


def _ids_of(subjects: Iterable[Subject | None]) -> set[UserId]:
    return {each.object_id for each in subjects if each is not None and each.object_id}
