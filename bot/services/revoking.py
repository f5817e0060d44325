"""Taking access back that one has approved: `approverRemove`, as the approver, where the licence has it.

Written down before Graph is called and settled after. Sending it twice does no harm: an assignment ends once, and
Graph turns the second one away.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.domain import AssignmentId, RequestId, RequestState, UserId
from bot.errors import (
    AnswerProblem,
    Conflict,
    DoormanError,
    GraphRefused,
    GraphUnavailable,
    InvalidAnswer,
    NotFound,
)
from bot.services.facts import FactsDesk, RequestFacts
from bot.services.messages import want_notice
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.store.records import Revocation, RevocationState
from bot.turn import Actor
from cards.language import _

LONGEST_REASON = 2_000
REASON_LABEL = _("Your reason")

_HANGING_AFTER = timedelta(seconds=60)

_log = structlog.get_logger(__name__)


class RevokingGraph(Protocol):
    async def take_back(self, who: Actor, assignment_id: AssignmentId, reason: str) -> None: ...


class Revoking:
    def __init__(self, store: Store, graph: RevokingGraph, desk: FactsDesk, scheduler: Scheduler, clock: Clock) -> None:
        self._store = store
        self._graph = graph
        self._desk = desk
        self._scheduler = scheduler
        self._clock = clock

    async def facts(self, request_id: RequestId) -> RequestFacts:
        """The request whose access may be taken back. Raises NotFound when there is none to take."""
        async with self._store.unit(read_only=True) as unit:
            record = await unit.requests.find(request_id)
        facts = await self._desk.load(request_id, record)
        if facts.request.assignment_id is None or facts.request.state is not RequestState.DELIVERED:
            raise NotFound("assignment")
        return facts

    async def take_back(self, who: Actor, request_id: RequestId, reason: str) -> bool:
        """End the access. True when it was asked for now or before; False while it is on its way.

        Raises: InvalidAnswer (no reason, or too long), NotFound, NotAllowed (Graph lets only those who approved it, and
        only with the licence), SignInNeeded, ConsentNeeded, Throttled, GraphUnavailable (then nothing was done).
        """
        reason = reason.strip()
        if not reason:
            raise InvalidAnswer(AnswerProblem.MISSING, REASON_LABEL)
        if len(reason) > LONGEST_REASON:
            raise InvalidAnswer(AnswerProblem.TOO_LONG, REASON_LABEL, limit=LONGEST_REASON)
        facts = await self.facts(request_id)
        assert facts.request.assignment_id is not None  # noqa: S101  `facts` has made sure
        async with self._store.unit() as unit:
            made, is_ours = await unit.revocations.begin(
                request_id=request_id,
                approver_id=who.object_id,
                assignment_id=facts.request.assignment_id,
                reason=reason,
            )
        return await self._send(who, made) if is_ours else made.state == "sent"

    async def recover(self, tenant_id: str) -> None:
        """Send again what a crash or a lost answer left in doubt."""
        async with self._store.unit(read_only=True) as unit:
            hanging = await unit.revocations.unfinished(self._clock.now() - _HANGING_AFTER)
        for made in hanging:
            try:
                await self._send(Actor(tenant_id, made.approver_id), made)
            except DoormanError as error:
                _log.info("revocation_waits", reason=type(error).__name__)

    async def _send(self, who: Actor, made: Revocation) -> bool:
        try:
            await self._graph.take_back(who, made.assignment_id, made.reason)
        except (Conflict, GraphRefused) as error:
            if not _is_ended(error):
                await self._settle(made, "refused")
                raise
            await self._settle(made, "sent")
            return True
        except GraphUnavailable as error:
            if error.may_have_happened:
                return False
            await self._settle(made, "refused")
            raise
        except DoormanError:
            await self._settle(made, "refused")
            raise
        await self._settle(made, "sent")
        return True

    async def _settle(self, made: Revocation, state: RevocationState) -> None:
        _log.info("revocation", request_id=made.request_id, approver_id=made.approver_id, outcome=state)
        async with self._store.unit() as unit:
            await unit.revocations.settle(made.request_id, made.approver_id, state)
            record = await unit.requests.find(made.request_id)
            target = UserId(record.target_id) if record and record.target_id else None
            await unit.audit.add(
                f"revocation/{made.request_id}/{made.approver_id}/{made.made_at.isoformat()}/{state}",
                event=f"revocation.{state}",
                about=made.request_id,
                actor_id=made.approver_id,
                detail={"assignment": made.assignment_id},
            )
            told = (
                await want_notice(unit, made.request_id, "taken-back", target) if target and state == "sent" else None
            )
        if told is not None:
            await self._scheduler.deliver_soon(told.key, told.wanted)


def _is_ended(error: Conflict | GraphRefused) -> bool:
    """Whether Graph said no because the access has ended or its end was asked for. Its codes for that are a guess."""
    return isinstance(error, Conflict) or error.code in ("AssignmentNotActive", "AssignmentNotFound")
