"""Cards of people who are no approvers of a stage (any more), or are again: what they offer changes.

Somebody may be asked about several stages of one request. Being no approver of one says nothing about the others.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from bot.domain import RequestId, UserId
from bot.services.messages import once_more
from bot.store import Store, Unit
from bot.store.records import MessageRecord


async def turn_away(
    unit: Unit, request_id: RequestId, person_id: UserId, stages: Collection[int], *, is_gone: bool = True
) -> list[MessageRecord]:
    """This person's cards about these stages no longer offer a decision, or do again: their right has changed."""
    if is_gone:
        await unit.nudges.drop(request_id, person_id, stages)
    messages = await unit.messages.for_request(request_id)
    return [
        await once_more(unit, message, {**message.detail, "is_gone": is_gone})
        for message in messages
        if message.kind == "approval"
        and message.person_id == person_id
        and message.stage in stages
        and bool(message.detail.get("is_gone")) != is_gone
    ]


class Scheduler(Protocol):
    async def deliver_soon(self, key: str, wanted: int) -> None: ...


class TurningAway:
    def __init__(self, store: Store, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler

    async def up_to(self, stage: int, request_id: RequestId, person_id: UserId) -> None:
        """Graph does not let this person decide `stage`, the current one. Of later stages that tells nothing."""
        async with self._store.unit() as unit:
            stale = await turn_away(unit, request_id, person_id, range(1, max(stage, 1) + 1))
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)
