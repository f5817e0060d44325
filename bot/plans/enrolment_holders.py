"""Who has an access package or asked for it, and the fingerprint of that for one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.domain import Assignment, AssignmentRequest, Person, RequestType
from bot.plans.digest import digest
from bot.plans.enrolment import Action, PlanRow
from bot.plans.enrolment_columns import last_day
from bot.plans.enrolment_state import PackageState, address_key

People: TypeAlias = Mapping[str, Sequence[Person]]

_LENGTH = 16
_REMOVALS = frozenset(
    {RequestType.ADMIN_REMOVE, RequestType.USER_REMOVE, RequestType.SYSTEM_REMOVE, RequestType.APPROVER_REMOVE}
)


def short_id(*parts: str) -> str:
    """The same short id for the same parts, on every machine."""
    return digest(list(parts))[:_LENGTH]


def is_removal(request: AssignmentRequest) -> bool:
    return request.type in _REMOVALS


def subject_key(about: Assignment | AssignmentRequest) -> str:
    """The object id of whom it is about; the address where there is no object yet; else a key of its own."""
    if about.target is None:
        return f"?{about.id}"
    return about.target.object_id or address_key(about.target.mail) or f"?{about.id}"


class Holders:
    """The assignments and requests of one package by person."""

    def __init__(self, package: PackageState) -> None:
        self._package = package
        self._assignments: dict[str, list[Assignment]] = defaultdict(list)
        self._by_mail: dict[str, list[Assignment]] = defaultdict(list)
        self._requests: dict[str, list[AssignmentRequest]] = defaultdict(list)
        for assignment in package.assignments:
            self._assignments[subject_key(assignment)].append(assignment)
            if assignment.target is not None and assignment.target.mail:
                self._by_mail[address_key(assignment.target.mail)].append(assignment)
        for request in package.requests:
            self._requests[subject_key(request)].append(request)

    def assignments(self, person_id: str, address: str) -> Sequence[Assignment]:
        """What this person has; somebody whom the directory does not know is found by the address alone."""
        if person_id:
            return self._assignments.get(person_id, ()) or self._assignments.get(address, ())
        return self._by_mail.get(address, ())

    def requests(self, person_id: str, address: str) -> Sequence[AssignmentRequest]:
        return self._requests.get(person_id, ()) or self._requests.get(address, ())

    def fingerprint(self, person_id: str, address: str) -> str:
        """Of everything that the package has about this person: another one as soon as anything of it changes."""
        assignments = sorted(
            [each.id, each.policy_id or "", each.state.value, last_day(each.expires_at)]
            for each in self.assignments(person_id, address)
        )
        requests = sorted([each.id, each.type.value] for each in self.requests(person_id, address))
        who = person_id or address
        return digest([self._package.package_id, self._package.policy_id, who, assignments, requests])[:_LENGTH]


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of a plan against the tenant as it is now.

    `fulfilled` are those that have nothing left to do. `moved` are those for which something else is there than when
    the plan was made. What else has changed in the tenant is of no concern to the plan: it does its own rows and
    nothing else, so that is left for the next one.
    """

    fulfilled: tuple[PlanRow, ...]
    moved: tuple[PlanRow, ...]


def check(rows: Iterable[PlanRow], packages: Mapping[str, PackageState], people: People) -> Checked:
    """`packages` are by id, `people` by address."""
    holders = {package_id: Holders(package) for package_id, package in packages.items()}
    fulfilled, moved = [], []
    for row in rows:
        own = holders.get(row.package_id)
        if own is not None and _is_fulfilled(row, own, people):
            fulfilled.append(row)
        elif own is None or not _is_as_seen(row, own, people):
            moved.append(row)
    return Checked(tuple(fulfilled), tuple(moved))


def _is_fulfilled(row: PlanRow, holders: Holders, people: People) -> bool:
    address = address_key(row.email)
    if row.action is Action.REMOVE:
        return all(each.id != row.assignment_id for each in holders.assignments(row.person_id, address))
    if row.action is Action.UPDATE:
        own = holders.assignments(row.person_id, address)
        return any(each.id == row.assignment_id and last_day(each.expires_at) == row.end for each in own)
    found = people.get(address, ())
    person_id = row.person_id or (found[0].id if len(found) == 1 else "")
    return any(each.policy_id == row.policy_id for each in holders.assignments(person_id, address))


def _is_as_seen(row: PlanRow, holders: Holders, people: People) -> bool:
    address = address_key(row.email)
    if holders.fingerprint(row.person_id, address) != row.saw:
        return False
    if row.action in (Action.REMOVE, Action.UPDATE):
        return True
    if row.person_id and not address:
        return True  # somebody without a mail address, whose id alone says who it is
    found = people.get(address, ())
    if row.action is Action.INVITE:
        return not found
    return [person.id for person in found if person.is_enabled] == [row.person_id]
