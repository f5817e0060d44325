"""Lists for approvers: what waits for somebody, and what they decided."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain import AssignmentRequest, RequestId, RequestState, Verdict
from bot.services.approvals import Approvals
from bot.services.facts import FactsDesk, RequestFacts
from bot.store import Store
from bot.store.records import RequestRecord
from bot.turn import Actor

_MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of what waits for somebody. The deadline is that of the stage it is known to be in."""

    request: AssignmentRequest
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class PastDecision:
    """What somebody decided: `record` is what became of the request, None when it is not followed (any more)."""

    request_id: RequestId
    verdict: Verdict
    at: datetime | None
    record: RequestRecord | None
    is_held: bool = False
    is_taken_back: bool = False


class ApprovalLists:
    def __init__(self, store: Store, approvals: Approvals, desk: FactsDesk, clock: Clock) -> None:
        self._store = store
        self._approvals = approvals
        self._desk = desk
        self._clock = clock

    async def queue(self, who: Actor, words: str = "") -> list[Waiting]:
        """What waits for this person, the nearest deadline first; with `words`, only what they are found in.

        What they have decided and Graph does not know of yet waits for nobody.

        Raises SignInNeeded, ConsentNeeded.
        """
        wanted = words.casefold().split()
        inbox = [request for request in await self._approvals.waiting(who) if _mentions(request, wanted)]
        async with self._store.unit(read_only=True) as unit:
            records = await unit.requests.find_many([request.id for request in inbox[:_MOST_LISTED]])
            decided = await unit.decisions.on_their_way(who.object_id)
        inbox = [one for one in inbox if decided.get(one.id, 0) < _stage_of(records.get(one.id))]
        policy_ids = dict.fromkeys(request.policy_id for request in inbox if request.policy_id)
        policies = dict(zip(policy_ids, await asyncio.gather(*map(self._desk.policy, policy_ids)), strict=True))
        queue = []
        for request in inbox:
            record, policy = records.get(request.id), policies.get(request.policy_id) if request.policy_id else None
            queue.append(Waiting(request, RequestFacts(request, record, policy, (), None).deadline))
        now = self._clock.now()
        never = now + timedelta(days=36_500)
        return sorted(queue, key=lambda one: (one.deadline or never, one.request.created_at or now))

    async def complete(self, requests: Sequence[AssignmentRequest]) -> list[RequestFacts]:
        """Everything about each of these requests, which were just read."""
        async with self._store.unit(read_only=True) as unit:
            records = await unit.requests.find_many([request.id for request in requests])
        return await asyncio.gather(*(self._desk.complete(one, records.get(one.id)) for one in requests))

    async def past(self, who: Actor) -> list[PastDecision]:
        """What this person decided, the latest first: through Doorman, and elsewhere as far as anything shows it."""
        async with self._store.unit(read_only=True) as unit:
            made = await unit.decisions.for_approver(who.object_id)
            elsewhere = await unit.requests.decided_by(who.object_id)
            records = await unit.requests.find_many([one.request_id for one in made])
            taken_back = await unit.revocations.for_approver(who.object_id)
        past = [
            PastDecision(one.request_id, one.verdict, one.decided_at, records.get(one.request_id), one.state == "held")
            for one in made
            if one.state != "held" or _is_waiting(records.get(one.request_id), one.stage)
        ]
        past += [
            PastDecision(one.request_id, Verdict(one.decided_verdict), one.changed_at, one)
            for one in elsewhere
            if one.decision_source != "doorman" and one.request_id not in records
        ]
        ended = {request_id for request_id, one in taken_back.items() if one.state != "refused"}
        told = [replace(one, is_taken_back=one.request_id in ended) for one in past]
        long_ago = self._clock.now() - timedelta(days=36_500)
        return sorted(told, key=lambda one: one.at or long_ago, reverse=True)


def _stage_of(record: RequestRecord | None) -> int:
    return record.stage if record else 1


def _is_waiting(record: RequestRecord | None, stage: int) -> bool:
    """Whether a decision about this stage can still be sent, as far as is known."""
    return record is None or (record.state is RequestState.PENDING_APPROVAL and record.stage <= stage)


def _mentions(request: AssignmentRequest, wanted: Sequence[str]) -> bool:
    who = request.requestor
    text = (
        f"{request.package_name} {who.name if who else ''} {who.mail if who else ''} {request.justification}".casefold()
    )
    return all(word in text for word in wanted)
