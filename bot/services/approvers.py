"""Who may decide a stage, worked out from its policy as the reader identity can see it.

Graph has no call that lists the approvers of a pending request, so this follows the rules that Graph itself applies.
The answer is used to find people and to tell them why they were asked, never to turn a decision down: approvals
delegated in the portal are invisible here, and Graph has the last word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain import (
    AssignmentRequest,
    GroupId,
    Person,
    StageRule,
    Subject,
    SubjectSet,
    SubjectSetKind,
    UserId,
)
from bot.errors import NotFound

_LONGEST_CHAIN = 4  # Graph knows managers up to this level


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who may decide, and which line of the policy says so."""

    person: Person
    kind: SubjectSetKind
    detail: str = ""  # what the policy calls the group or the person
    is_fallback: bool = False
    is_escalation: bool = False


class Directory(Protocol):
    async def person(self, user_id: UserId) -> Person: ...
    async def manager(self, user_id: UserId) -> Person | None: ...
    async def sponsors(self, user_id: UserId) -> list[Person]: ...
    async def group_members(self, group_id: GroupId) -> list[Person]: ...
    async def connected_organization_sponsors(self, organization_id: str, *, internal: bool) -> list[Person]: ...


class ApproverFinder:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def for_stage(
        self, request: AssignmentRequest, rule: StageRule, *, started_at: datetime | None, now: datetime
    ) -> tuple[Approver, ...]:
        """Everybody who may decide this stage now, each once; never the requestor or the person it is for."""
        found = await self._first_that_names_somebody(request, rule.primary, rule.fallback, is_escalation=False)
        if _is_escalated(rule, started_at, now):
            found += await self._first_that_names_somebody(
                request, rule.escalation, rule.fallback_escalation, is_escalation=True
            )
        own = {subject.object_id for subject in (request.requestor, request.target) if subject is not None}
        unique: dict[UserId, Approver] = {}
        for approver in found:
            if approver.person.id not in own:
                unique.setdefault(approver.person.id, approver)
        return tuple(unique.values())

    async def _first_that_names_somebody(
        self,
        request: AssignmentRequest,
        primary: tuple[SubjectSet, ...],
        fallback: tuple[SubjectSet, ...],
        *,
        is_escalation: bool,
    ) -> list[Approver]:
        for subject_sets, is_fallback in ((primary, False), (fallback, True)):
            people = await asyncio.gather(*(self._people(request, subject_set) for subject_set in subject_sets))
            found = [
                Approver(person, subject_set.kind, subject_set.description, is_fallback, is_escalation)
                for subject_set, members in zip(subject_sets, people, strict=True)
                for person in members
            ]
            if found:
                return found
        return []

    async def _people(self, request: AssignmentRequest, subject_set: SubjectSet) -> Iterable[Person]:
        try:
            match subject_set.kind:
                case SubjectSetKind.SINGLE_USER:
                    return [await self._directory.person(UserId(subject_set.id))]
                case SubjectSetKind.GROUP_MEMBERS:
                    return await self._directory.group_members(GroupId(subject_set.id))
                case SubjectSetKind.REQUESTOR_MANAGER:
                    return await self._manager(request.requestor, subject_set.manager_level)
                case SubjectSetKind.TARGET_USER_SPONSORS:
                    target = request.target.object_id if request.target else None
                    return await self._directory.sponsors(target) if target else []
                case SubjectSetKind.INTERNAL_SPONSORS | SubjectSetKind.EXTERNAL_SPONSORS:
                    return await self._organization_sponsors(request.requestor, subject_set.kind)
                case _:
                    return []
        except NotFound:
            return []  # a deleted user or group names nobody, as it does for Graph

    async def _manager(self, requestor: Subject | None, level: int) -> list[Person]:
        current = requestor.object_id if requestor else None
        manager: Person | None = None
        for _ in range(min(max(level, 1), _LONGEST_CHAIN)):
            if current is None:
                return []
            manager = await self._directory.manager(current)
            current = manager.id if manager else None
        return [manager] if manager else []

    async def _organization_sponsors(self, requestor: Subject | None, kind: SubjectSetKind) -> list[Person]:
        organization = requestor.connected_organization_id if requestor else None
        if organization is None:
            return []
        return await self._directory.connected_organization_sponsors(
            organization, internal=kind is SubjectSetKind.INTERNAL_SPONSORS
        )


def _is_escalated(rule: StageRule, started_at: datetime | None, now: datetime) -> bool:
    return bool(rule.escalation and rule.escalation_after and started_at and started_at + rule.escalation_after <= now)
