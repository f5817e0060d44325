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
from enum import StrEnum
from typing import Protocol

from bot.clock import Clock
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
from bot.services.kept import Kept

_GROUP_AGE_SECONDS = 60.0
_LONGEST_CHAIN = 4  # Graph knows managers up to this level


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who may decide, and which line of the policy says so."""

    person: Person
    kind: SubjectSetKind
    detail: str = ""  # what the policy calls the group or the person
    level: int = 1  # how many steps above the requestor, for managers
    is_fallback: bool = False
    is_escalation: bool = False


class NobodyReason(StrEnum):
    """Why a stage has nobody who could decide it."""

    NOBODY = "nobody"  # the policy names nobody who exists
    DISABLED = "disabled"  # only accounts that are switched off
    OWN = "own"  # only the requestor or the person it is for


@dataclass(frozen=True, slots=True)
class Resolved:
    """Everybody who may decide, each once; `nobody` says why when there is none."""

    approvers: tuple[Approver, ...] = ()
    nobody: NobodyReason | None = None


class Directory(Protocol):
    async def person(self, user_id: UserId) -> Person: ...
    async def manager(self, user_id: UserId) -> Person | None: ...
    async def sponsors(self, user_id: UserId) -> list[Person]: ...
    async def group_members(self, group_id: GroupId) -> list[Person]: ...
    async def connected_organization_sponsors(self, organization_id: str, *, internal: bool) -> list[Person]: ...


class ApproverFinder:
    """Groups are kept for a minute of Graph's time: many requests wait for the same ones."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._groups = Kept(lambda: clock.now().timestamp())

    async def for_stage(
        self, request: AssignmentRequest, rule: StageRule, *, started_at: datetime | None, now: datetime
    ) -> Resolved:
        """Everybody who may decide this stage now, each once; never the requestor or the person it is for.

        Fallback approvers stand in only where the primary ones name nobody at all, as they do for Graph: people who
        cannot decide (their account is switched off, it is their own request) still are somebody.
        """
        found = await self._first_that_names_somebody(request, rule.primary, rule.fallback, is_escalation=False)
        if is_escalated(rule, started_at, now):
            found += await self._first_that_names_somebody(
                request, rule.escalation, rule.fallback_escalation, is_escalation=True
            )
        if not found:
            return Resolved(nobody=NobodyReason.NOBODY)
        own = {subject.object_id for subject in (request.requestor, request.target) if subject is not None}
        others = [approver for approver in found if approver.person.id not in own]
        unique: dict[UserId, Approver] = {}
        for approver in others:
            if approver.person.is_enabled:
                unique.setdefault(approver.person.id, approver)
        if unique:
            return Resolved(tuple(unique.values()))
        return Resolved(nobody=NobodyReason.DISABLED if others else NobodyReason.OWN)

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
                Approver(
                    person,
                    subject_set.kind,
                    subject_set.description,
                    subject_set.manager_level,
                    is_fallback,
                    is_escalation,
                )
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
                    return await self._members(GroupId(subject_set.id))
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

    async def _members(self, group_id: GroupId) -> list[Person]:
        kept = self._groups.get(group_id, _GROUP_AGE_SECONDS)
        if isinstance(kept, list):
            return kept
        return self._groups.put(group_id, await self._directory.group_members(group_id))

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


def is_escalated(rule: StageRule, started_at: datetime | None, now: datetime) -> bool:
    """Whether the alternates of the stage are asked by now; the first ones may still decide as well."""
    return bool(rule.escalation and rule.escalation_after and started_at and started_at + rule.escalation_after <= now)
