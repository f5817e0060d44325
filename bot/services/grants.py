"""Whether somebody really has what an access package grants, role by role, as the directory shows it now.

A request that Graph calls delivered says what was meant; the groups and applications say what is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.domain import GroupId, Held, ResourceRole, UserId
from bot.errors import DoormanError, NotAllowed

_GROUP, _APPLICATION = "aadgroup", "aadapplication"
_OWNER = "owner_"
_REFUSED_SECONDS = 600.0

_log = structlog.get_logger(__name__)


class GrantReader(Protocol):
    async def groups_of(self, user_id: UserId) -> set[GroupId]: ...
    async def group_owners(self, group_id: GroupId) -> frozenset[UserId]: ...
    async def app_role_holders(self, service_principal_id: str) -> frozenset[tuple[UserId, str]]: ...


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """One role of the package, and whether the person has it."""

    role: ResourceRole
    held: Held


class GrantDesk:
    """A permission that is missing is asked for again after ten minutes, not at every look."""

    def __init__(self, reader: GrantReader, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._reader = reader
        self._monotonic = monotonic
        self._refused_at: dict[str, float] = {}

    async def check(self, person_id: UserId | None, roles: Sequence[ResourceRole]) -> tuple[RoleGrant, ...]:
        """Every role with what is known of it, in one round of Graph calls. Raises nothing: a look is no promise."""
        if person_id is None:
            return tuple(RoleGrant(role, Held.UNKNOWN) for role in roles)
        members = self._membership(person_id, [role for role in roles if _is_membership(role)])
        others = [role for role in roles if not _is_membership(role)]
        memberships, rest = await asyncio.gather(
            members, asyncio.gather(*(self._other(person_id, role) for role in others))
        )
        known = dict(zip(others, rest, strict=True)) | memberships
        return tuple(RoleGrant(role, known[role]) for role in roles)

    async def _membership(self, person_id: UserId, roles: Sequence[ResourceRole]) -> dict[ResourceRole, Held]:
        if not roles:
            return {}
        try:
            held = await self._reader.groups_of(person_id)
        except DoormanError as error:
            _log.info("grant_not_seen", kind=_GROUP, reason=type(error).__name__)
            return dict.fromkeys(roles, Held.UNKNOWN)
        return {role: Held.YES if GroupId(role.origin_id) in held else Held.NOT_YET for role in roles}

    async def _other(self, person_id: UserId, role: ResourceRole) -> Held:
        kind = role.origin_system.casefold()
        try:
            if kind == _GROUP and role.origin_id:
                owners = await self._reader.group_owners(GroupId(role.origin_id))
                return Held.YES if person_id in owners else Held.NOT_YET
            if kind == _APPLICATION and role.origin_id and role.role_origin_id and not self._is_refused(kind):
                holders = await self._reader.app_role_holders(role.origin_id)
                return Held.YES if (person_id, role.role_origin_id) in holders else Held.NOT_YET
        except DoormanError as error:
            if isinstance(error, NotAllowed):
                self._refused_at[kind] = self._monotonic()
            _log.info("grant_not_seen", kind=kind, reason=type(error).__name__)
        return Held.UNKNOWN

    def _is_refused(self, kind: str) -> bool:
        return self._monotonic() - self._refused_at.get(kind, float("-inf")) < _REFUSED_SECONDS


def _is_membership(role: ResourceRole) -> bool:
    is_owner = role.role_origin_id.casefold().startswith(_OWNER) or role.role_name.casefold() == "owner"
    return role.origin_system.casefold() == _GROUP and bool(role.origin_id) and not is_owner
