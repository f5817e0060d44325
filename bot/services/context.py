"""What else an approver should know: facts read from Entra at the moment they are shown, without any score.

What is about other people (the share of a department, earlier denials) is read only where an administrator has
switched it on. A fact that cannot be read right now is left out, and said to be: it never keeps a card waiting.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

from bot.clock import Clock
from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Assignment,
    AssignmentRequest,
    AssignmentState,
    GroupId,
    Person,
    UserId,
)
from bot.errors import DoormanError, NotFound
from bot.services.facts import RequestFacts
from bot.services.kept import Kept
from bot.services.together import together

_AGE_SECONDS = 60.0
_SLOW_AGE_SECONDS = 600.0
_HELD = frozenset({AssignmentState.DELIVERED, AssignmentState.PARTIALLY_DELIVERED, AssignmentState.DELIVERING})

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the administrator lets approvers see about people."""

    department_share: bool = False
    earlier_denials: bool = False


@dataclass(frozen=True, slots=True)
class DepartmentShare:
    department: str
    holders: int
    people: int


@dataclass(frozen=True, slots=True)
class ApproverContext:
    """`read_at` is when Entra said so. `is_partial`: something could not be read."""

    read_at: datetime
    manager_name: str = ""
    holds: tuple[str, ...] = ()  # names of access packages
    conflicts: tuple[str, ...] = ()  # names of incompatible access packages and groups that are held
    share: DepartmentShare | None = None
    denials: int | None = None
    is_partial: bool = False


class ContextReader(Protocol):
    async def manager(self, user_id: UserId) -> Person | None: ...
    async def assignments_of(self, person_id: UserId) -> list[Assignment]: ...
    async def incompatible_packages(self, package_id: AccessPackageId) -> list[AccessPackage]: ...
    async def incompatible_groups(self, package_id: AccessPackageId) -> dict[GroupId, str]: ...
    async def groups_of(self, user_id: UserId) -> set[GroupId]: ...
    async def department(self, name: str) -> set[UserId]: ...
    async def holders(self, package_id: AccessPackageId) -> list[Assignment]: ...
    async def denials(self, package_id: AccessPackageId) -> list[AssignmentRequest]: ...


@dataclass(slots=True)
class _Gaps:
    """Counts what could not be read."""

    reasons: list[str] = field(default_factory=list)


class ContextDesk:
    """Keeps what it read for a minute, so that the approvers of one stage are told the same."""

    def __init__(self, reader: ContextReader, clock: Clock, shown: Shown) -> None:
        self._reader = reader
        self._clock = clock
        self._shown = shown
        self._kept = Kept()

    async def about(self, facts: RequestFacts) -> ApproverContext | None:
        """What to tell about the person who would get the access; None for somebody who is not in the directory."""
        subject = facts.request.target or facts.request.requestor
        person_id, package_id = subject.object_id if subject else None, facts.request.package_id
        if person_id is None or package_id is None:
            return None
        key = ("about", facts.request.id)
        kept = self._kept.get(key, _AGE_SECONDS)
        if isinstance(kept, ApproverContext):
            return kept
        gaps = _Gaps()
        (held, conflicts, share), (denials, manager) = await together(
            together(
                self._held(person_id, gaps),
                self._rules(package_id, person_id, gaps),
                self._share(facts, package_id, gaps),
            ),
            together(
                self._denials(package_id, person_id, gaps),
                _tried(self._reader.manager(person_id), None, gaps),
            ),
        )
        packages, group_names = conflicts
        clashing = [package.name for package in packages if package.id in held]
        found = ApproverContext(
            read_at=self._clock.now(),
            manager_name=manager.name if manager else "",
            holds=tuple(sorted(held.values())),
            conflicts=tuple(sorted([*clashing, *group_names])),
            share=share,
            denials=denials,
            is_partial=bool(gaps.reasons),
        )
        return found if gaps.reasons else self._kept.put(key, found)

    async def _held(self, person_id: UserId, gaps: _Gaps) -> dict[AccessPackageId, str]:
        assignments = await _tried(self._reader.assignments_of(person_id), [], gaps)
        return {one.package_id: one.package_name for one in assignments if one.package_id and one.state in _HELD}

    async def _rules(
        self, package_id: AccessPackageId, person_id: UserId, gaps: _Gaps
    ) -> tuple[list[AccessPackage], list[str]]:
        """The packages that exclude this one, and the names of excluding groups that the person is in."""
        rules = self._kept.get(("rules", package_id), _SLOW_AGE_SECONDS)
        if rules is None:
            before = len(gaps.reasons)
            rules = await together(
                _tried(self._reader.incompatible_packages(package_id), [], gaps),
                _tried(self._reader.incompatible_groups(package_id), {}, gaps),
            )
            if len(gaps.reasons) == before:
                self._kept.put(("rules", package_id), rules)
        packages, groups = rules
        member_of = await _tried(self._reader.groups_of(person_id), set(), gaps) if groups else set()
        return packages, [name for group_id, name in groups.items() if group_id in member_of]

    async def _share(self, facts: RequestFacts, package_id: AccessPackageId, gaps: _Gaps) -> DepartmentShare | None:
        department = facts.requestor.department if facts.requestor else ""
        if not self._shown.department_share or not department or facts.is_on_behalf:
            return None
        key = ("share", department, package_id)
        kept = self._kept.get(key, _SLOW_AGE_SECONDS)
        if isinstance(kept, DepartmentShare):
            return kept
        people, holders = await together(
            _tried(self._reader.department(department), None, gaps),
            _tried(self._reader.holders(package_id), None, gaps),
        )
        if people is None or holders is None:
            return None
        holding = {one.target.object_id for one in holders if one.target}
        return self._kept.put(key, DepartmentShare(department, len(people & holding), len(people)))

    async def _denials(self, package_id: AccessPackageId, person_id: UserId, gaps: _Gaps) -> int | None:
        if not self._shown.earlier_denials:
            return None
        denied = await _tried(self._reader.denials(package_id), None, gaps)
        if denied is None:
            return None
        return sum(_whose(one) == person_id for one in denied)


def _whose(request: AssignmentRequest) -> UserId | None:
    subject = request.target or request.requestor
    return subject.object_id if subject else None


async def _tried(read: Awaitable[T], otherwise: T, gaps: _Gaps) -> T:
    try:
        return await read
    except NotFound:
        return otherwise
    except DoormanError as error:
        gaps.reasons.append(type(error).__name__)
        _log.info("approver_fact_missing", reason=type(error).__name__)
        return otherwise
