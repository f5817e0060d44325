"""The table of a team: who stands how to which role, worked out from what the tenant has.

Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentRequest,
    AssignmentState,
    GroupId,
    Person,
    RequestState,
    RequestType,
    Subject,
    UserId,
)
from bot.errors import NotSetUp
from bot.services.project_packages import RolePackage
from bot.services.projects import Project
from bot.team import Lists, Member

SOON: Final = timedelta(days=30)
_REMOVALS: Final = (
    RequestType.USER_REMOVE,
    RequestType.ADMIN_REMOVE,
    RequestType.SYSTEM_REMOVE,
    RequestType.APPROVER_REMOVE,
)


class Standing(StrEnum):
    """How somebody stands to a role."""

    ACTIVE = "active"
    DELIVERING = "delivering"
    PARTLY = "partly"
    FAILED = "failed"
    WAITING = "waiting"  # for somebody's approval
    SCHEDULED = "scheduled"
    LEAVING = "leaving"
    EXTRA = "extra"  # in a group of the project, but not through one of its packages


class Filter(StrEnum):
    """What the table can be narrowed to."""

    PENDING = "pending"
    EXPIRING = "expiring"
    FAILED = "failed"
    UNREDEEMED = "unredeemed"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One person in one role. `end_at` is None where it does not end; `group_name` is for those in a group only."""

    role: str
    package_id: AccessPackageId
    label: str
    person: Person
    standing: Standing
    end_at: datetime | None = None
    has_redeemed: bool | None = None
    is_in_directory: bool = True
    group_name: str = ""
    project: str = ""  # where rows of several projects stand together
    request_id: str = ""
    assignment_id: str = ""

    @property
    def is_member(self) -> bool:
        """Whether they have the role, or are about to get it without anybody's word."""
        return self.standing not in (Standing.WAITING, Standing.EXTRA, Standing.SCHEDULED)

    def ends_soon(self, now: datetime) -> bool:
        return self.is_member and self.end_at is not None and now <= self.end_at <= now + SOON

    def fits(self, wanted: Filter, now: datetime) -> bool:
        match wanted:
            case Filter.PENDING:
                return self.standing in (Standing.WAITING, Standing.SCHEDULED, Standing.DELIVERING)
            case Filter.EXPIRING:
                return self.ends_soon(now)
            case Filter.FAILED:
                return self.standing in (Standing.FAILED, Standing.PARTLY)
            case Filter.UNREDEEMED:
                return self.has_redeemed is False
            case Filter.EXTRA:
                return self.standing is Standing.EXTRA


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody of a project at one moment. `problems` are roles that cannot be shown, and why."""

    name: str
    rows: tuple[TeamRow, ...]
    roles: tuple[str, ...]
    at: datetime
    problems: tuple[NotSetUp, ...] = ()

    def members(self, role: str) -> int:
        return sum(row.role == role and row.is_member for row in self.rows)

    def count(self, wanted: Filter, role: str = "") -> int:
        return sum(row.fits(wanted, self.at) for row in self.rows if not role or row.role == role)

    @property
    def companies(self) -> tuple[str, ...]:
        """Every company there is, the one with the most people first."""
        people = {row.person.id: company_of(row.person) for row in self.rows}
        names = list(people.values())
        return tuple(sorted({name for name in names if name}, key=lambda name: (-names.count(name), name.casefold())))

    @property
    def guests(self) -> tuple[TeamRow, ...]:
        """Each guest once, those who have not redeemed first."""
        once: dict[UserId, TeamRow] = {}
        for row in self.rows:
            if row.person.is_guest and row.standing is not Standing.EXTRA:
                once.setdefault(row.person.id, row)
        return tuple(sorted(once.values(), key=lambda row: (row.has_redeemed is not False, row.person.name.casefold())))

    def only(self, *, role: str = "", company: str = "", state: str = "", words: str = "") -> tuple[TeamRow, ...]:
        """The rows that fit; a value that nothing has fits nothing, an empty one everything."""
        wanted = next((each for each in Filter if each.value == state), None)
        text = words.casefold()
        return tuple(
            row
            for row in self.rows
            if (not role or row.role.casefold() == role.casefold())
            and (not company or company_of(row.person).casefold() == company.casefold())
            and (not state or (wanted is not None and row.fits(wanted, self.at)))
            and (not text or text in row.person.name.casefold() or text in row.person.mail.casefold())
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """A line of the matrix: how many people have each role; None where the role cannot be used."""

    project: Project
    roles: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Extra:
    """Somebody who is in a group of the project, but not through its packages, and through what they are."""

    row: TeamRow
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guest:
    row: TeamRow
    member: Member | None
    sponsors: tuple[str, ...] = ()
    last_sign_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Guests:
    shown: tuple[Guest, ...]
    total: int
    sign_ins_known: bool = True


@dataclass(frozen=True, slots=True)
class Holdings:
    """What one person has, as far as the one who asks may know."""

    person: Person
    rows: tuple[TeamRow, ...] = field(default=())


def company_of(person: Person) -> str:
    """Where somebody is from: what the directory says, or else for a guest the domain of their address."""
    return person.company or (person.mail.rpartition("@")[2] if person.is_guest else "")


def rows_of(role: RolePackage, lists: Lists, known: Mapping[UserId, Member]) -> list[TeamRow]:
    """One row for each person: what they have, else what they asked for."""
    package = role.found.package
    rows: dict[str, TeamRow] = {}
    for assignment in lists.assignments.get(package.id, ()):
        row = row_of(
            role.role,
            package.id,
            package.name,
            assignment.target,
            standing_of(assignment),
            known,
            assignment=assignment,
        )
        earlier = rows.get(_key(row))
        if earlier is None or (earlier.standing is not Standing.ACTIVE and row.standing is Standing.ACTIVE):
            rows[_key(row)] = row
    for request in lists.requests.get(package.id, ()):
        row = row_of(role.role, package.id, package.name, request.target, _asked(request), known, request=request)
        earlier = rows.get(_key(row))
        if earlier is None and row.standing is not Standing.LEAVING:
            rows[_key(row)] = row
        elif earlier is not None and row.standing is Standing.LEAVING:
            rows[_key(row)] = replace(earlier, standing=Standing.LEAVING, request_id=request.id)
    return list(rows.values())


def extras_of(
    roles: Sequence[RolePackage], groups: Mapping[GroupId, str], lists: Lists, rows: Sequence[TeamRow]
) -> list[TeamRow]:
    """The members of groups whom no assignment of a package that grants the group has put there."""
    found = []
    for group, name in groups.items():
        granting = [role for role in roles if any(each.origin_id == group for each in role.found.contents)]
        ids = {role.found.package.id for role in granting}
        through = {row.person.id for row in rows if row.package_id in ids and row.is_member}
        package = granting[0].found.package
        found += [
            TeamRow(
                granting[0].role,
                package.id,
                package.name,
                member.person,
                Standing.EXTRA,
                has_redeemed=member.has_redeemed,
                group_name=name,
            )
            for member in lists.members.get(group, ())
            if member.person.id not in through
        ]
    return found


def row_of(
    role: str,
    package_id: AccessPackageId,
    label: str,
    subject: Subject | None,
    standing: Standing,
    known: Mapping[UserId, Member],
    *,
    assignment: Assignment | None = None,
    request: AssignmentRequest | None = None,
) -> TeamRow:
    member = known.get(subject.object_id) if subject and subject.object_id else None
    if member is not None:
        person = member.person
    else:
        person = Person(
            UserId((subject.object_id if subject else None) or ""),
            subject.name if subject else "",
            subject.mail if subject else "",
        )
    end_at = assignment.expires_at if assignment else None
    if request is not None:
        end_at = request.schedule.expiration.end_at
    return TeamRow(
        role,
        package_id,
        label,
        person,
        standing,
        end_at,
        member.has_redeemed if member else None,
        member is not None,
        request_id=request.id if request else "",
        assignment_id=assignment.id if assignment else "",
    )


def _key(row: TeamRow) -> str:
    return row.person.id or row.person.mail.casefold() or row.request_id or row.assignment_id


def standing_of(assignment: Assignment) -> Standing:
    return {
        AssignmentState.DELIVERING: Standing.DELIVERING,
        AssignmentState.PARTIALLY_DELIVERED: Standing.PARTLY,
        AssignmentState.DELIVERY_FAILED: Standing.FAILED,
    }.get(assignment.state, Standing.ACTIVE)


def _asked(request: AssignmentRequest) -> Standing:
    if request.type in _REMOVALS:
        return Standing.LEAVING
    return {
        RequestState.SCHEDULED: Standing.SCHEDULED,
        RequestState.DELIVERING: Standing.DELIVERING,
    }.get(request.state, Standing.WAITING)
