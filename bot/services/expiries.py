"""Access that ends soon, as its owner's cards show it and as they choose: kept, let go, or given back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.clock import Clock
from bot.domain import AccessPackageId, Assignment, AssignmentId, AssignmentPolicy, PolicyId, UserId
from bot.errors import DoormanError, NotAllowed, NotFound
from bot.services.ends import Ends, expiry_key, remembered, show_again, want_card
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.store.records import Expiry, ExpiryChoice, MessageRecord
from bot.turn import Actor

_SAME_END = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class HeldReader(Protocol):
    async def assignments_of(self, person_id: UserId) -> list[Assignment]: ...


class PolicyDesk(Protocol):
    async def policy(self, policy_id: PolicyId | None) -> AssignmentPolicy | None: ...


@dataclass(frozen=True, slots=True)
class ExpiryRow:
    """One line of a card: `told_end` is the end it was about, `record` what is known now (None: nothing any more)."""

    assignment_id: AssignmentId
    package_id: AccessPackageId
    package_name: str
    told_end: datetime
    record: Expiry | None
    is_waiting: bool = False
    may_extend: bool = False
    is_justification_required: bool = False
    is_approval_required: bool = False
    result: str = ""

    @property
    def is_extended(self) -> bool:
        return self.record is not None and self.record.ends_at > self.told_end + _SAME_END


@dataclass(frozen=True, slots=True)
class ExpiryFacts:
    day: str
    rows: tuple[ExpiryRow, ...]


class Expiries:
    def __init__(
        self, store: Store, reader: HeldReader, policies: PolicyDesk, scheduler: Scheduler, clock: Clock
    ) -> None:
        self._store = store
        self._reader = reader
        self._policies = policies
        self._clock = clock
        self._ends = Ends(store, scheduler, clock)

    async def let_go(self, who: Actor, mine: Assignment) -> None:
        """`who` wants this to end as planned, and not to be reminded. `mine` was read as theirs."""
        if mine.expires_at is None:
            return
        now = self._clock.now()
        async with self._store.unit() as unit:
            known = (await unit.expiries.find_many([mine.id])).get(mine.id)
            fresh = remembered(mine, who.object_id, now, known)
            if fresh is not None:
                await unit.expiries.put(replace(fresh, choice="let_go"))
            stale = await show_again(unit, who.object_id, [mine.id])
        await self._ends.deliver(stale)

    async def returned(self, who: Actor, assignment_id: AssignmentId) -> None:
        """`who` gave this back: nothing more is told of its end."""
        async with self._store.unit() as unit:
            known = (await unit.expiries.find_many([assignment_id])).get(assignment_id)
            if known is None or known.person_id != who.object_id:
                return
            await unit.expiries.choose(assignment_id, "returned")
            stale = await show_again(unit, who.object_id, [assignment_id])
        await self._ends.deliver(stale)

    async def present_facts(self, message: MessageRecord) -> ExpiryFacts:
        """What a card about ends shows now. One that stands in a chat changes because something has become of what it
        tells, so Graph is asked what the person has; for a new one it was asked just before.

        Raises: Throttled, GraphUnavailable.
        """
        if message.kind == "expiry" and message.message_id is not None:
            try:
                await self._ends.refresh(message.person_id, await self._reader.assignments_of(message.person_id))
            except (NotAllowed, NotFound) as error:
                _log.info("ends_not_read", reason=type(error).__name__)
        return await self.facts(message)

    async def facts(self, message: MessageRecord) -> ExpiryFacts:
        """What a card about ends shows, by what is remembered."""
        ends: Mapping[str, Any] = message.detail.get("ends", {})
        results: Mapping[str, str] = message.detail.get("results", {})
        async with self._store.unit(read_only=True) as unit:
            known = await unit.expiries.find_many([AssignmentId(each) for each in ends])
            waiting = {each.package_id for each in await unit.requests.under_way_of(message.person_id)}
        rows = []
        for assignment_id, told in ends.items():
            record = known.get(AssignmentId(assignment_id))
            policy = await self._policy(record.policy_id if record else None)
            rows.append(
                ExpiryRow(
                    AssignmentId(assignment_id),
                    AccessPackageId(str(told["package_id"])),
                    record.package_name if record else str(told["name"]),
                    datetime.fromisoformat(told["end"]),
                    record,
                    is_waiting=AccessPackageId(str(told["package_id"])) in waiting,
                    may_extend=policy is None or policy.may_extend,
                    is_justification_required=bool(policy and policy.is_justification_required),
                    is_approval_required=bool(policy and policy.is_approval_required_for_update and policy.stages),
                    result=results.get(assignment_id, ""),
                )
            )
        return ExpiryFacts(str(message.detail.get("day", "")), tuple(sorted(rows, key=lambda row: row.told_end)))

    async def card_of(self, who: Actor, day: str) -> MessageRecord | None:
        async with self._store.unit(read_only=True) as unit:
            return await unit.messages.find(expiry_key("expiry", who.object_id, day))

    async def note_results(self, who: Actor, day: str, results: Mapping[AssignmentId, str]) -> MessageRecord | None:
        """Write down how what was pressed on the card ended, and bring the card up to date."""
        key = expiry_key("expiry", who.object_id, day)
        async with self._store.unit() as unit:
            message = await unit.messages.find(key)
            if message is None:
                return None
            noted = {**message.detail, "results": {**message.detail.get("results", {}), **results}}
            message = await want_card(unit, message.key, "expiry", who.object_id, noted)
        await self._ends.deliver([message])
        return message

    async def choose(self, who: Actor, assignment_ids: Iterable[AssignmentId], choice: ExpiryChoice) -> None:
        """Only what is the person's own is changed."""
        async with self._store.unit() as unit:
            known = await unit.expiries.find_many(list(assignment_ids))
            for record in known.values():
                if record.person_id == who.object_id and not record.is_over:
                    await unit.expiries.choose(record.assignment_id, choice)

    async def _policy(self, policy_id: PolicyId | None) -> AssignmentPolicy | None:
        try:
            return await self._policies.policy(policy_id)
        except DoormanError:
            return None
