"""What a person has now: their assignments with what these grant, until when, and where it opens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from rapidfuzz import fuzz, utils

from bot.clock import Clock
from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentId,
    AssignmentPolicy,
    AssignmentRequest,
    AssignmentState,
    PolicyId,
    ResourceRole,
    UserId,
)
from bot.errors import DoormanError, NotFound
from bot.services.loss import Held, Loss, loss_of
from bot.services.places import Place, Places
from bot.turn import Actor

_GOOD_MATCH = 80.0
_NEVER = datetime.max.replace(tzinfo=UTC)


class PersonalAccess(Protocol):
    async def my_assignments(self, who: Actor) -> list[Assignment]: ...
    async def my_requests(self, who: Actor, on: Literal["createdBy", "target"]) -> list[AssignmentRequest]: ...
    async def contents_of(
        self, who: Actor, package_ids: Sequence[AccessPackageId]
    ) -> dict[AccessPackageId, list[ResourceRole]]: ...


class AccessReader(Protocol):
    async def policies(self, ids: Iterable[PolicyId]) -> dict[PolicyId, AssignmentPolicy]: ...
    async def groups_around(self, user_id: UserId) -> dict[str, tuple[str, frozenset[str]]]: ...


@dataclass(frozen=True, slots=True)
class Holding:
    """One assignment. `policy` is None where it cannot be read; `open_request` is about this package."""

    assignment: Assignment
    roles: tuple[ResourceRole, ...] = ()
    policy: AssignmentPolicy | None = None
    open_request: AssignmentRequest | None = None
    places: tuple[Place, ...] = ()

    @property
    def name(self) -> str:
        return self.assignment.package_name


@dataclass(frozen=True, slots=True)
class Holdings:
    """A page of what somebody has; `total` counts all that fits."""

    shown: tuple[Holding, ...]
    total: int
    start: int = 0


@dataclass(frozen=True, slots=True)
class Leaving:
    """What giving one assignment back would mean."""

    holding: Holding
    loss: Loss


class AccessDesk:
    """Answers in two rounds of Graph calls: what there is, then what is in it."""

    def __init__(self, graph: PersonalAccess, reader: AccessReader, places: Places, clock: Clock) -> None:
        self._graph = graph
        self._reader = reader
        self._places = places
        self._clock = clock

    async def holdings(self, who: Actor, words: str = "", *, start: int = 0, most: int = 6) -> Holdings:
        """What `who` has, what ends first before the rest. Raises SignInNeeded, ConsentNeeded."""
        assignments, requests = await asyncio.gather(self._graph.my_assignments(who), self._open_requests(who))
        live = in_order(assignment for assignment in assignments if assignment.is_live)
        if not words:
            start = _page_start(start, len(live), most)
            shown = await self._filled(who, live[start : start + most], requests)
            return Holdings(tuple(shown), len(live), start)
        # Contents are searched as well, so those of everything are needed.
        fitting = matching(await self._filled(who, live, requests), words)
        start = _page_start(start, len(fitting), most)
        return Holdings(tuple(fitting[start : start + most]), len(fitting), start)

    async def one(self, who: Actor, assignment_id: AssignmentId, package_id: AccessPackageId) -> Holding:
        """One live assignment with everything about it. Raises NotFound, also for somebody else's.

        `package_id` is what the caller believes it to be of, so that its contents are read in the first round.
        """
        return (await self.leaving(who, assignment_id, package_id)).holding

    async def leaving(self, who: Actor, assignment_id: AssignmentId, package_id: AccessPackageId) -> Leaving:
        """What giving this assignment back would mean. Raises NotFound, also for somebody else's."""
        assignments, requests, contents, groups = await asyncio.gather(
            self._graph.my_assignments(who),
            self._open_requests(who),
            self._contents(who, [package_id]),
            self._groups(who),
        )
        mine = next((each for each in assignments if each.id == assignment_id and each.is_live), None)
        if mine is None:
            raise NotFound("assignment")
        others = [each for each in assignments if each.is_live and each.id != mine.id]
        roles = contents.get(mine.package_id or package_id, []) if mine.package_id == package_id else []
        more, policies, _ = await asyncio.gather(
            self._contents(who, [*_packages(others), *([] if roles else _packages([mine]))]),
            self._policies([mine]),
            self._places.look_up(roles),
        )
        mine_roles = tuple(roles or more.get(mine.package_id or package_id, []))
        holding = Holding(
            mine,
            mine_roles,
            policies.get(mine.policy_id) if mine.policy_id else None,
            _request_for(mine, requests),
            self._places.of(mine.package_id, mine_roles),
        )
        held = [
            Held(other.package_name, tuple(more.get(other.package_id, ())), other.expires_at)
            for other in others
            if other.package_id is not None and gives_access(other)
        ]
        return Leaving(holding, loss_of(mine_roles, held, groups))

    async def _filled(
        self, who: Actor, assignments: Sequence[Assignment], requests: Sequence[AssignmentRequest]
    ) -> list[Holding]:
        packages = _packages(assignments)
        contents, policies, _ = await asyncio.gather(
            self._contents(who, packages), self._policies(assignments), self._places.warm(packages)
        )
        return [self._holding(each, contents, policies, requests) for each in assignments]

    def _holding(
        self,
        assignment: Assignment,
        contents: Mapping[AccessPackageId, Sequence[ResourceRole]],
        policies: Mapping[PolicyId, AssignmentPolicy],
        requests: Sequence[AssignmentRequest],
    ) -> Holding:
        roles = tuple(contents.get(assignment.package_id, ())) if assignment.package_id else ()
        policy = policies.get(assignment.policy_id) if assignment.policy_id else None
        places = self._places.of(assignment.package_id, roles)
        return Holding(assignment, roles, policy, _request_for(assignment, requests), places)

    async def _open_requests(self, who: Actor) -> list[AssignmentRequest]:
        """Good to know, not needed: what is under way for this person."""
        try:
            return [each for each in await self._graph.my_requests(who, "target") if each.state.is_open]
        except NotFound:
            return []

    async def _contents(
        self, who: Actor, package_ids: Sequence[AccessPackageId]
    ) -> dict[AccessPackageId, list[ResourceRole]]:
        try:
            return await self._graph.contents_of(who, package_ids)
        except NotFound:
            return {}

    async def _policies(self, assignments: Sequence[Assignment]) -> dict[PolicyId, AssignmentPolicy]:
        """What the app may read; without its permission everything is tried, and Graph has the last word."""
        try:
            return await self._reader.policies(dict.fromkeys(each.policy_id for each in assignments if each.policy_id))
        except DoormanError:
            return {}

    async def _groups(self, who: Actor) -> dict[str, tuple[str, frozenset[str]]]:
        try:
            return await self._reader.groups_around(who.object_id)
        except DoormanError:
            return {}


def in_order(assignments: Iterable[Assignment]) -> list[Assignment]:
    """What ends first, first; what does not end last, by name."""
    return sorted(assignments, key=lambda each: (each.expires_at or _NEVER, each.package_name.casefold(), each.id))


def gives_access(assignment: Assignment) -> bool:
    return assignment.is_live and assignment.state in (AssignmentState.DELIVERED, AssignmentState.PARTIALLY_DELIVERED)


def matching(holdings: Sequence[Holding], words: str) -> list[Holding]:
    """Those whose name or contents have the words in them, in the order they had; where none has, misspelt ones."""
    wanted = utils.default_process(words) or words.casefold().strip()
    found = [holding for holding in holdings if any(wanted in text for text in _texts(holding))]
    return found or [holding for holding in holdings if _is_like(holding, wanted)]


def _texts(holding: Holding) -> list[str]:
    texts = [holding.name, *(f"{role.resource_name} {role.role_name}" for role in holding.roles)]
    return [utils.default_process(text) or text.casefold() for text in texts]


def _is_like(holding: Holding, wanted: str) -> bool:
    """Whether each word wanted is nearly one of its words."""
    known = {word for text in _texts(holding) for word in text.split()}
    return all(any(fuzz.ratio(word, each) >= _GOOD_MATCH for each in known) for word in wanted.split())


def _packages(assignments: Iterable[Assignment]) -> list[AccessPackageId]:
    return list(dict.fromkeys(each.package_id for each in assignments if each.package_id))


def _request_for(assignment: Assignment, requests: Sequence[AssignmentRequest]) -> AssignmentRequest | None:
    return next((each for each in requests if each.package_id == assignment.package_id), None)


def _page_start(start: int, total: int, most: int) -> int:
    """Pages may have become fewer since the button was made."""
    return min(max(start, 0), max(total - 1, 0) // most * most)
