"""Keeping access longer and giving it back: once, whatever happens between the press and Graph's answer.

Both are requests of the person and go the way of every form: written down, sent, settled. What stands for the form is
the assignment with the end it has now, so a second press, on whichever card, finds the first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.clock import Clock
from bot.domain import (
    AccessPackageId,
    Address,
    Assignment,
    AssignmentId,
    AssignmentPolicy,
    AssignmentRequest,
    NewRequest,
    PolicyId,
    PolicyRequirements,
    RequestId,
    RequestState,
    RequestType,
)
from bot.errors import NotAllowed, NotFound
from bot.services.extension import Extension, extension_of, to_request
from bot.services.submissions import Sent, Submissions
from bot.store import Store
from bot.turn import Actor

_IN_VAIN = (RequestState.DENIED, RequestState.CANCELED, RequestState.DELIVERY_FAILED)
_MOST_TRIES = 50


class KeepingGraph(Protocol):
    async def my_assignments(self, who: Actor) -> list[Assignment]: ...
    async def my_requests(self, who: Actor, on: Literal["createdBy", "target"]) -> list[AssignmentRequest]: ...
    async def requirements(self, who: Actor, package_id: AccessPackageId, locale: str) -> list[PolicyRequirements]: ...


class PolicyDesk(Protocol):
    async def policy(self, policy_id: PolicyId | None) -> AssignmentPolicy | None: ...


@dataclass(frozen=True, slots=True)
class About:
    """Which assignment is meant, as a card remembers it; Graph is asked again, and what it says counts."""

    assignment_id: AssignmentId
    package_id: AccessPackageId
    policy_id: PolicyId
    ends_at: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    period: str = ""
    justification: str = ""


@dataclass(frozen=True, slots=True)
class Extended:
    """How a press ended: it was sent (now or before), or cannot be done, as the extension says."""

    extension: Extension | None
    sent: Sent | None = None


class Keeping:
    def __init__(
        self, store: Store, graph: KeepingGraph, policies: PolicyDesk, submissions: Submissions, clock: Clock
    ) -> None:
        self._store = store
        self._graph = graph
        self._policies = policies
        self._submissions = submissions
        self._clock = clock

    async def extension(self, who: Actor, about: About, *, locale: str = "en") -> Extension:
        """What extending takes: one round of Graph calls. Raises NotFound when there is no such access (any more)."""
        assignments, offered, policy, requests = await asyncio.gather(
            self._graph.my_assignments(who),
            self._offered(who, about.package_id, locale),
            self._policy(about.policy_id),
            self._graph.my_requests(who, "target"),
        )
        mine = next((each for each in assignments if each.id == about.assignment_id and each.is_live), None)
        if mine is None or mine.package_id is None:
            raise NotFound("assignment")
        if mine.policy_id != about.policy_id:
            policy = await self._policy(mine.policy_id)
        if mine.package_id != about.package_id:
            offered = await self._offered(who, mine.package_id, locale)
        return extension_of(mine, policy, offered, requests, self._clock.now())

    async def extend(
        self,
        who: Actor,
        about: About,
        wish: Wish,
        card: tuple[Address, str] | None,
        *,
        locale: str = "en",
        zone: str | None = None,
    ) -> Extended:
        """Ask for more time, once for each end there is to extend and each new end wished for.

        Raises: NotFound, InvalidAnswer, AlreadyAsked, NotAllowed, GraphRefused, Throttled, GraphUnavailable: then
        nothing was sent.
        """
        wished = " ".join(wish.period.casefold().split())[:60]
        key, before = await self._free_key(who, f"extend/{about.assignment_id}/{about.ends_at}/{wished}")
        if before is not None:
            return Extended(None, before)
        extension = await self.extension(who, about, locale=locale)
        if extension.why_not is not None or stamp(extension.assignment.expires_at) != about.ends_at:
            return Extended(extension)
        new = to_request(extension, wish.period, wish.justification, now=self._clock.now(), zone=zone, locale=locale)
        sent = await self._file(who, key, extension.assignment, new, card, asks=extension.is_approval_required)
        return Extended(extension, sent)

    async def give_back(self, who: Actor, about: About, card: tuple[Address, str] | None) -> Sent:
        """End an assignment of `who`, once.

        Raises: NotFound (it has ended), NotAllowed (the policy does not let people do that), AlreadyAsked,
        GraphRefused, Throttled, GraphUnavailable: then nothing was sent.
        """
        key, before = await self._free_key(who, f"return/{about.assignment_id}")
        if before is not None:
            return before
        assignments, policy = await asyncio.gather(self._graph.my_assignments(who), self._policy(about.policy_id))
        mine = next((each for each in assignments if each.id == about.assignment_id and each.is_live), None)
        if mine is None or mine.package_id is None:
            raise NotFound("assignment")
        if mine.policy_id != about.policy_id:
            policy = await self._policy(mine.policy_id)
        if policy is not None and not policy.may_give_back:
            raise NotAllowed("the policy does not let people give this back")
        new = NewRequest(
            mine.package_id,
            mine.policy_id or PolicyId(""),
            type=RequestType.USER_REMOVE,
            assignment_id=mine.id,
        )
        return await self._file(who, key, mine, new, card, asks=False)

    async def _file(
        self,
        who: Actor,
        key: str,
        mine: Assignment,
        new: NewRequest,
        card: tuple[Address, str] | None,
        *,
        asks: bool,
    ) -> Sent:
        return await self._submissions.file(who, key, mine.package_name, new, card, asks_somebody=asks)

    async def _free_key(self, who: Actor, base: str) -> tuple[str, Sent | None]:
        """The key of the next try, or what became of the last one unless it was in vain."""
        key = base
        for _ in range(_MOST_TRIES):
            sent = await self._submissions.already_sent(who, key)
            if sent is None or not await self._was_in_vain(sent.request_id, key):
                return key, sent
            key = f"{base}~{sent.request_id or 'lost'}"
        return key, None

    async def _was_in_vain(self, request_id: RequestId | None, key: str) -> bool:
        async with self._store.unit(read_only=True) as unit:
            if request_id is None:
                submission = await unit.submissions.find(key)
                return submission is not None and submission.state == "lost"
            record = await unit.requests.find(request_id)
        return record is not None and record.state in _IN_VAIN

    async def _offered(self, who: Actor, package_id: AccessPackageId, locale: str) -> list[PolicyRequirements]:
        try:
            return await self._graph.requirements(who, package_id, locale)
        except (NotFound, NotAllowed) as error:
            if type(error) in (NotFound, NotAllowed):
                return []
            raise  # a missing consent is for an administrator to give

    async def _policy(self, policy_id: PolicyId | None) -> AssignmentPolicy | None:
        """None where the app may not read it; then everything is tried, and Graph has the last word."""
        try:
            return await self._policies.policy(policy_id or None)
        except NotAllowed:
            return None


def stamp(at: datetime | None) -> str:
    """A moment as it stands in a card's payload and in keys."""
    return f"{at:%Y-%m-%dT%H:%M:%S}" if at else ""
