"""Deciding: what waits for an approver, and recording their decision once, with their own identity.

The decision is written down before Graph is called and settled after, so a crash in between is found again: the stage
is read first, and only a decision that Graph does not have is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.domain import (
    ApprovalStage,
    AssignmentRequest,
    RequestId,
    RequestState,
    ReviewResult,
    StageId,
    StageStatus,
    Verdict,
)
from bot.errors import (
    AnswerProblem,
    Conflict,
    DoormanError,
    GraphUnavailable,
    InvalidAnswer,
    NotAllowed,
    NotFound,
    NotYourDecision,
    SignInNeeded,
)
from bot.services.facts import FactsDesk, RequestFacts
from bot.services.messages import bring_up_to_date, want_notice
from bot.services.stages import Decided, read_stages
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.store.records import Decision, DecisionState, MessageRecord, RequestRecord
from bot.turn import Actor
from cards.language import _

LONGEST_REASON = 2_000
REASON_LABEL = _("Your reason")

_NAMES_LOOKED_UP = 10
_HANGING_AFTER = timedelta(seconds=60)
_GIVE_UP_AFTER = timedelta(days=1)
_LOOKS_AT_A_PRESS, _BETWEEN_LOOKS_SECONDS = 10, 0.3

_log = structlog.get_logger(__name__)


class ApproverGraph(Protocol):
    async def inbox(self, who: Actor) -> list[AssignmentRequest]: ...
    async def stages(self, who: Actor, request_id: RequestId) -> list[ApprovalStage]: ...
    async def decide(
        self, who: Actor, request_id: RequestId, stage_id: StageId, verdict: Verdict, justification: str = ...
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What was pressed. `shown` is the digest of what the card told, empty on cards without one."""

    request_id: RequestId
    verdict: Verdict
    justification: str
    shown: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a press ended. One of: `mine` was recorded, or was before; somebody else's `decided` stands; the request
    is over (`is_over`); it has `changed` since the card was made; or it is on its way (`is_sending`)."""

    facts: RequestFacts
    stage: int = 0
    mine: Verdict | None = None
    decided: Decided | None = None
    is_over: bool = False
    has_changed: bool = False
    is_sending: bool = False


class Approvals:
    def __init__(self, store: Store, graph: ApproverGraph, desk: FactsDesk, scheduler: Scheduler, clock: Clock) -> None:
        self._store = store
        self._graph = graph
        self._desk = desk
        self._scheduler = scheduler
        self._clock = clock

    async def waiting(self, who: Actor) -> list[AssignmentRequest]:
        """Everything Graph says waits for this person, the oldest first. Raises SignInNeeded, ConsentNeeded."""
        inbox = await self._graph.inbox(who)
        now = self._clock.now()
        return sorted(inbox, key=lambda request: request.created_at or now)

    async def facts(self, request_id: RequestId) -> RequestFacts:
        """Everything about one request, as the reader sees it. Raises NotFound."""
        async with self._store.unit(read_only=True) as unit:
            record = await unit.requests.find(request_id)
        return await self._desk.load(request_id, record)

    async def shared_facts(self, request_id: RequestId) -> RequestFacts:
        """The same, shared among the messages about one state of the request. Raises NotFound."""
        async with self._store.unit(read_only=True) as unit:
            record = await unit.requests.find(request_id)
        return await self._desk.shared(request_id, record)

    async def approver_names(self, facts: RequestFacts) -> tuple[str, ...]:
        """Who was asked about the current stage, where the policy lets the requestor know; else nobody."""
        if not facts.may_name_approvers:
            return ()
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(facts.request.id)
        asked = [message for message in messages if message.kind == "approval" and message.stage == facts.stage]
        people = await asyncio.gather(*(self._desk.person(message.person_id) for message in asked[:_NAMES_LOOKED_UP]))
        return tuple(person.name for person in people if person)

    async def decision_about(self, facts: RequestFacts, stage: int) -> Decided | None:
        """Who decided `stage`: through Doorman, else as the record has it for the stage that ended the request."""
        async with self._store.unit(read_only=True) as unit:
            decisions = await unit.decisions.for_request(facts.request.id)
        for made in decisions:
            if made.stage == stage and made.state == "recorded":
                person = await self._desk.person(made.approver_id)
                name = person.name if person else ""
                return Decided(made.verdict, stage, made.approver_id, name, made.justification, made.decided_at)
        record = facts.record
        if record is None or not record.decided_by_id or stage != facts.stage:
            return None
        verdict = Verdict(record.decided_verdict)
        return Decided(verdict, stage, record.decided_by_id, record.decided_by_name, record.decided_reason)

    async def card_of(self, who: Actor, request_id: RequestId) -> MessageRecord | None:
        """The card that asked this person about the request, for the latest stage; None when they were not asked."""
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(request_id)
        own = [message for message in messages if message.kind == "approval" and message.person_id == who.object_id]
        return max(own, key=lambda message: message.stage, default=None)

    async def decide(self, who: Actor, wish: Wish) -> Outcome:
        """Record the decision of `who`. One round of reads, then the write: Graph decides whether they may.

        Raises: InvalidAnswer (reason missing or too long), NotYourDecision, NotFound, SignInNeeded, ConsentNeeded,
        Throttled and GraphUnavailable (then nothing was recorded).
        """
        try:
            stages, facts = await asyncio.gather(self._graph.stages(who, wish.request_id), self.facts(wish.request_id))
        except NotAllowed as error:
            raise _not_yours(error, None, who) from error
        stage, number = _current(stages)
        if not (stage and stage.is_assigned_to_me):
            await self._check_was_asked(who, facts)
        if stage is None or facts.request.state is not RequestState.PENDING_APPROVAL:
            return await self._too_late(who, wish, stages, facts)
        if not stage.is_assigned_to_me:
            if read_stages(stages).last is None:
                raise NotYourDecision
            return await self._too_late(who, wish, stages, facts)
        facts = _at_stage(facts, number)
        if wish.shown and wish.shown != facts.digest(number):
            return Outcome(facts, number, has_changed=True)
        self._check_reason(wish, facts, number)
        return await self._record(who, wish, stage.id, number, facts)

    async def recover(self, tenant_id: str) -> None:
        """Send the decisions that a crash or a lost answer left unsent, reading the stage first."""
        async with self._store.unit(read_only=True) as unit:
            hanging = await unit.decisions.unfinished(self._clock.now() - _HANGING_AFTER)
        for decision in hanging:
            try:
                await self._finish(Actor(tenant_id, decision.approver_id), decision)
            except (SignInNeeded, NotAllowed, NotFound):
                await self._settle(decision, "refused", is_unknown_to_approver=True)
            except DoormanError as error:
                _log.info("decision_waits", reason=type(error).__name__)

    def _check_reason(self, wish: Wish, facts: RequestFacts, number: int) -> None:
        rule = facts.policy.stages[number - 1] if facts.policy and number <= len(facts.policy.stages) else None
        is_required = wish.verdict is Verdict.DENY or bool(rule and rule.is_justification_required)
        if is_required and not wish.justification.strip():
            raise InvalidAnswer(AnswerProblem.MISSING, REASON_LABEL)
        if len(wish.justification) > LONGEST_REASON:
            raise InvalidAnswer(AnswerProblem.TOO_LONG, REASON_LABEL, limit=LONGEST_REASON)

    async def _record(self, who: Actor, wish: Wish, stage_id: StageId, number: int, facts: RequestFacts) -> Outcome:
        async with self._store.unit() as unit:
            decision, is_ours = await unit.decisions.begin(
                request_id=wish.request_id,
                stage_id=stage_id,
                approver_id=who.object_id,
                stage=number,
                verdict=wish.verdict,
                justification=wish.justification.strip(),
            )
        if not is_ours:
            return await self._repeated(who, wish, decision, facts)
        try:
            await self._graph.decide(who, wish.request_id, stage_id, wish.verdict, decision.justification)
        except Conflict:
            await self._settle(decision, "refused")
            return await self._too_late(who, wish, await self._graph.stages(who, wish.request_id), facts)
        except NotAllowed as error:
            await self._settle(decision, "refused")
            raise _not_yours(error, facts, who) from error
        except GraphUnavailable as error:
            if error.may_have_happened:
                return Outcome(facts, number, mine=wish.verdict, is_sending=True)
            await self._settle(decision, "refused")
            raise
        except DoormanError:
            await self._settle(decision, "refused")
            raise
        await self._settle(decision, "recorded")
        return Outcome(facts, number, mine=wish.verdict)

    async def _repeated(self, who: Actor, wish: Wish, first: Decision, facts: RequestFacts) -> Outcome:
        """What became of the first of several presses. While it is under way it is waited for, though not for long."""
        for _look in range(_LOOKS_AT_A_PRESS):
            if first.state != "sending":
                break
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
            async with self._store.unit(read_only=True) as unit:
                first = await unit.decisions.find(first.request_id, first.stage_id, first.approver_id) or first
        if first.state == "refused":
            return await self._too_late(who, wish, await self._graph.stages(who, wish.request_id), facts)
        made = Decided(first.verdict, first.stage, who.object_id, who.name, first.justification, first.decided_at)
        return Outcome(facts, first.stage, decided=made, is_sending=first.state == "sending")

    async def _finish(self, who: Actor, decision: Decision) -> None:
        stages = await self._graph.stages(who, decision.request_id)
        stage = next((stage for stage in stages if stage.id == decision.stage_id), None)
        if (
            stage is not None
            and stage.reviewed_by_id == who.object_id
            and stage.result is not ReviewResult.NOT_REVIEWED
        ):
            await self._settle(decision, "recorded")
            return
        is_hopeless = self._clock.now() - decision.decided_at > _GIVE_UP_AFTER
        if stage is None or stage.status is not StageStatus.IN_PROGRESS or not stage.is_assigned_to_me or is_hopeless:
            await self._settle(decision, "refused", is_unknown_to_approver=True)
            return
        try:
            await self._graph.decide(who, decision.request_id, stage.id, decision.verdict, decision.justification)
        except Conflict:
            await self._settle(decision, "refused", is_unknown_to_approver=True)
            return
        await self._settle(decision, "recorded")

    async def _settle(self, decision: Decision, state: DecisionState, *, is_unknown_to_approver: bool = False) -> None:
        """Write down what Graph said, and have every card about the request brought up to date.

        An approver who was told that their decision is on its way hears when it did not count.
        """
        now = self._clock.now()
        async with self._store.unit() as unit:
            await unit.decisions.settle(decision.request_id, decision.stage_id, decision.approver_id, state)
            record = await unit.requests.find(decision.request_id)
            if record is not None:
                await unit.requests.upsert(replace(record, changed_at=now))
            stale = await bring_up_to_date(unit, decision.request_id)
            if is_unknown_to_approver:
                stale.append(await want_notice(unit, decision.request_id, "undecided", decision.approver_id))
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)
        await self._scheduler.follow_soon(decision.request_id, f"{state}/{decision.stage}/{decision.approver_id}")

    async def _too_late(self, who: Actor, wish: Wish, stages: Sequence[ApprovalStage], facts: RequestFacts) -> Outcome:
        """Somebody decided before, or the request ended otherwise; the cards may not know yet."""
        await self._scheduler.follow_soon(wish.request_id, f"late/{self._clock.now():%Y%m%d%H%M}")
        last = read_stages(stages).last
        if last is None:
            return Outcome(facts, is_over=True)
        is_mine = last.by_id == who.object_id
        return Outcome(facts, last.stage, mine=last.verdict if is_mine else None, decided=last)

    async def _check_was_asked(self, who: Actor, facts: RequestFacts) -> None:
        """What became of a request is told to those who were asked about it, and to nobody else."""
        requestor = facts.request.requestor
        if requestor and requestor.object_id == who.object_id:
            raise NotYourDecision(is_own=True)
        if await self.card_of(who, facts.request.id) is None:
            raise NotYourDecision


def _current(stages: Sequence[ApprovalStage]) -> tuple[ApprovalStage | None, int]:
    for number, stage in enumerate(stages, start=1):
        if stage.status is StageStatus.IN_PROGRESS:
            return stage, number
    return None, 0


def _at_stage(facts: RequestFacts, number: int) -> RequestFacts:
    """The same facts, the stage now proved by the approver's own token."""
    if facts.record is None:
        return facts
    record: RequestRecord = replace(facts.record, stage=number, is_stage_proved=True)
    return replace(facts, record=record)


def _not_yours(error: NotAllowed, facts: RequestFacts | None, who: Actor) -> NotAllowed:
    """403 in words. A missing consent stays what it is: an administrator can help, the approver cannot."""
    if type(error) is not NotAllowed:
        return error
    requestor = facts.request.requestor if facts else None
    return NotYourDecision(is_own=bool(requestor and requestor.object_id == who.object_id))
