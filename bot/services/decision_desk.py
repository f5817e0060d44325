"""Recording decisions, each of them once, whatever happens in between.

A decision is written down before Graph is called and settled after, so a crash in between is found again: the stage is
read first, and only a decision that Graph does not have is sent. Where decisions may be taken back for a while, they
are held until then; whoever sends one takes it out of the hold first, so of several senders one does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.domain import ApprovalStage, RequestId, ReviewResult, StageId, StageStatus, UserId, Verdict
from bot.errors import Conflict, DoormanError, GraphUnavailable, NotAllowed, NotFound, SignInNeeded
from bot.services.decision_log import write_down
from bot.services.facts import RequestFacts
from bot.services.messages import bring_up_to_date, want_notice
from bot.services.tracking import Scheduler
from bot.services.turning_away import turn_away
from bot.store import Store, Unit
from bot.store.records import Decision, DecisionState, RequestRecord
from bot.turn import Actor

_HANGING_AFTER = timedelta(seconds=60)
_GIVE_UP_AFTER = timedelta(days=1)
_LOOKS_AT_A_PRESS, _BETWEEN_LOOKS_SECONDS = 10, 0.3

_log = structlog.get_logger(__name__)


class DecisionGraph(Protocol):
    async def stages(self, who: Actor, request_id: RequestId) -> list[ApprovalStage]: ...
    async def decide(
        self, who: Actor, request_id: RequestId, stage_id: StageId, verdict: Verdict, justification: str = ...
    ) -> None: ...


class Wanted(Protocol):
    """What an approver wants, as far as the desk needs to know it."""

    @property
    def request_id(self) -> RequestId: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def justification(self) -> str: ...
    @property
    def chat(self) -> str: ...
    @property
    def shown(self) -> str: ...


class Facts(Protocol):
    async def load(self, request_id: RequestId, record: RequestRecord | None) -> RequestFacts: ...


class Late(Exception):
    """Graph has another decision about the stage, or none is possible any more: `stages` say which."""

    def __init__(self, stages: Sequence[ApprovalStage]) -> None:
        super().__init__("decided before")
        self.stages = stages


class _Changed(Exception):
    """What was decided is not what is asked any more."""


class DecisionDesk:
    """`hold_for` is how long a decision may be taken back; nothing is held when it is zero."""

    def __init__(
        self,
        store: Store,
        graph: DecisionGraph,
        facts: Facts,
        scheduler: Scheduler,
        clock: Clock,
        tenant_id: str,
        hold_for: timedelta = timedelta(),
    ) -> None:
        self._store = store
        self._graph = graph
        self._facts = facts
        self._scheduler = scheduler
        self._clock = clock
        self._tenant_id = tenant_id
        self._hold_for = hold_for

    async def begin(
        self, who: Actor, wish: Wanted, stage_id: StageId, stage: int, deadline: datetime | None
    ) -> tuple[Decision, bool]:
        """Write the decision down, and whether it is for the caller to send it; it may be held."""
        due_at = self._clock.now() + self._hold_for
        is_held = bool(self._hold_for) and (deadline is None or due_at < deadline)
        async with self._store.unit() as unit:
            decision, is_ours = await unit.decisions.begin(
                request_id=wish.request_id,
                stage_id=stage_id,
                approver_id=who.object_id,
                stage=stage,
                verdict=wish.verdict,
                justification=wish.justification.strip(),
                due_at=due_at if is_held else None,
                approver_name=who.name,
                chat=wish.chat,
                shown=wish.shown,
            )
            if is_ours and is_held:
                await write_down(unit, decision, "held")
            stale = await bring_up_to_date(unit, wish.request_id) if is_ours and is_held else []
        if is_ours and is_held:
            await self._scheduler.decide_soon(job_key(decision), due_at.isoformat())
            for message in stale:
                await self._scheduler.deliver_soon(message.key, message.wanted)
        return decision, is_ours

    async def undo(self, held: Decision) -> bool:
        """Take a held decision back. False when it was on its way already."""
        async with self._store.unit() as unit:
            is_undone = await unit.decisions.undo(held.request_id, held.approver_id)
            if is_undone:
                await write_down(unit, held, "undone")
            stale = await bring_up_to_date(unit, held.request_id) if is_undone else []
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)
        return is_undone

    async def send(self, who: Actor, decision: Decision) -> None:
        """Have Graph record it, and settle it.

        Raises: Late, NotAllowed, and whatever else Graph says; with GraphUnavailable.may_have_happened it stays open.
        """
        try:
            await self._graph.decide(
                who, decision.request_id, decision.stage_id, decision.verdict, decision.justification
            )
        except Conflict:
            await self._decided_before(who, decision)
        except GraphUnavailable as error:
            if not error.may_have_happened:
                await self._settle(decision, "refused")
            raise
        except DoormanError:
            await self._settle(decision, "refused")
            raise
        else:
            await self._settle(decision, "recorded")

    async def watch(self, first: Decision) -> Decision:
        """The decision when it is settled, or after a few seconds as it is."""
        for _ in range(_LOOKS_AT_A_PRESS):
            if first.state != "sending":
                break
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
            async with self._store.unit(read_only=True) as unit:
                first = await unit.decisions.find(first.request_id, first.stage_id, first.approver_id) or first
        return first

    async def send_held(self, key: str) -> float | None:
        """Send this decision if its time has come. Seconds until then; None when there is nothing left to do.

        Raises: Throttled, GraphUnavailable, ServiceBusy. Then it may be tried again.
        """
        request_id, stage_id, approver_id = key.split("/", 2)
        async with self._store.unit() as unit:
            decision = await unit.decisions.find(RequestId(request_id), StageId(stage_id), UserId(approver_id))
            if decision is None or decision.state not in ("held", "sending"):
                return None
            left_seconds = ((decision.due_at or self._clock.now()) - self._clock.now()).total_seconds()
            if decision.state == "held" and left_seconds > 0:
                return left_seconds
            if decision.state == "held" and not await _released(unit, decision):
                return None
        await self._finish_or_tell(Actor(self._tenant_id, decision.approver_id), decision)
        return None

    async def recover(self, tenant_id: str) -> None:
        """Send what is due, and what a crash or a lost answer left unsent, reading the stage first."""
        async with self._store.unit() as unit:
            hanging = list(await unit.decisions.unfinished(self._clock.now() - _HANGING_AFTER))
            hanging += [one for one in await unit.decisions.due() if await _released(unit, one)]
        for decision in hanging:
            try:
                await self._finish_or_tell(Actor(tenant_id, decision.approver_id), decision)
            except DoormanError as error:
                _log.info("decision_waits", reason=type(error).__name__)

    async def _finish_or_tell(self, who: Actor, decision: Decision) -> None:
        try:
            await self._finish(who, decision)
        except Late:
            await self._settle(decision, "refused", told="undecided-late")
        except _Changed:
            await self._settle(decision, "refused", told="undecided-changed")
        except SignInNeeded:
            await self._settle(decision, "refused", told="undecided-sign-in")
        except NotAllowed:
            async with self._store.unit() as unit:
                await turn_away(unit, decision.request_id, decision.approver_id, (decision.stage,))
            await self._settle(decision, "refused", told="undecided-forbidden")
        except NotFound:
            await self._settle(decision, "refused", told="undecided-over")

    async def _finish(self, who: Actor, decision: Decision) -> None:
        stages = await self._graph.stages(who, decision.request_id)
        if _is_recorded(stages, who, decision):
            await self._settle(decision, "recorded")
            return
        stage = next((stage for stage in stages if stage.id == decision.stage_id), None)
        since = decision.due_at or decision.decided_at
        if stage is None or stage.status is not StageStatus.IN_PROGRESS or self._clock.now() - since > _GIVE_UP_AFTER:
            raise Late(stages)
        if not stage.is_assigned_to_me:
            raise NotAllowed("not an approver of the stage")
        if not await self._is_as_shown(decision):
            raise _Changed
        try:
            await self._graph.decide(
                who, decision.request_id, decision.stage_id, decision.verdict, decision.justification
            )
        except Conflict:
            await self._decided_before(who, decision)
            return
        await self._settle(decision, "recorded")

    async def _is_as_shown(self, decision: Decision) -> bool:
        """Whether the request still is what the approver saw: some time has passed since they pressed."""
        if not decision.shown:
            return True
        async with self._store.unit(read_only=True) as unit:
            record = await unit.requests.find(decision.request_id)
        facts = await self._facts.load(decision.request_id, record)
        return facts.fits(decision.shown, decision.stage)

    async def _decided_before(self, who: Actor, decision: Decision) -> None:
        """409: it was us after all (an answer was lost, or two sent it), or it was somebody else. Raises Late."""
        stages = await self._graph.stages(who, decision.request_id)
        if _is_recorded(stages, who, decision):
            await self._settle(decision, "recorded")
            return
        await self._settle(decision, "refused")
        raise Late(stages)

    async def _settle(self, decision: Decision, state: DecisionState, *, told: str = "") -> None:
        """Write down what Graph said, and have every card about the request brought up to date.

        An approver who was told that their decision is on its way hears in a new message when it did not count.
        """
        now = self._clock.now()
        async with self._store.unit() as unit:
            await unit.decisions.settle(decision.request_id, decision.stage_id, decision.approver_id, state)
            await write_down(unit, decision, state)
            record = await unit.requests.find(decision.request_id)
            if record is not None:
                await unit.requests.upsert(replace(record, changed_at=now))
            stale = await bring_up_to_date(unit, decision.request_id)
            if told:
                stale.append(await want_notice(unit, decision.request_id, told, decision.approver_id))
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)
        await self._scheduler.follow_soon(decision.request_id, f"{state}/{decision.stage}/{decision.approver_id}")


async def _released(unit: Unit, decision: Decision) -> bool:
    return await unit.decisions.release(decision.request_id, decision.stage_id, decision.approver_id)


def job_key(decision: Decision) -> str:
    return f"{decision.request_id}/{decision.stage_id}/{decision.approver_id}"


def _is_recorded(stages: Sequence[ApprovalStage], who: Actor, decision: Decision) -> bool:
    """Whether the stage shows this very decision; the same person may have decided otherwise in the portal."""
    wanted = ReviewResult.APPROVED if decision.verdict is Verdict.APPROVE else ReviewResult.DENIED
    stage = next((stage for stage in stages if stage.id == decision.stage_id), None)
    return stage is not None and stage.reviewed_by_id == who.object_id and stage.result is wanted
