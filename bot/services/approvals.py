"""Deciding: what waits for an approver, and taking their decision, with their own identity.

Graph decides who may: nobody is turned away on the strength of a list of ours. What was decided is handed to the
decision desk, which records it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.clock import Clock
from bot.domain import (
    ApprovalStage,
    AssignmentRequest,
    RequestId,
    RequestState,
    StageStatus,
    UserId,
    Verdict,
)
from bot.errors import (
    AnswerProblem,
    Conflict,
    DecideInPortal,
    DoormanError,
    GraphUnavailable,
    InvalidAnswer,
    NotAllowed,
    NotYourDecision,
    SignInNeeded,
)
from bot.services.askings import Askings
from bot.services.decision_desk import DecisionDesk, DecisionGraph, Late
from bot.services.decision_log import DecisionLog
from bot.services.facts import FactsDesk, RequestFacts, has_moved
from bot.services.messages import approvers_of
from bot.services.rules import Mode, PackageRules, Rule, StepUp
from bot.services.stages import Decided, read_stages
from bot.services.together import together
from bot.services.tracking import Scheduler
from bot.services.turning_away import TurningAway
from bot.store import Store
from bot.store.records import Decision, Remark, RequestRecord
from bot.turn import Actor
from cards.language import _

LONGEST_REASON = 2_000
REASON_LABEL = _("Your reason")

_NAMES_LOOKED_UP = 10


class ApproverGraph(DecisionGraph, Protocol):
    async def inbox(self, who: Actor) -> list[AssignmentRequest]: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What was pressed, in which chat. `shown` is the digest of what the card told, empty on cards without one.

    `press_id` tells this press from every other one.
    """

    request_id: RequestId
    verdict: Verdict
    justification: str
    shown: str
    chat: str = ""
    press_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a press ended. One of: `mine` was recorded, or was before; somebody else's `decided` stands; the request
    is over (`is_over`); it has `changed` since the card was made; it is on its way (`is_sending`); or it is `held`
    until the time for taking it back is over."""

    facts: RequestFacts
    stage: int = 0
    mine: Verdict | None = None
    decided: Decided | None = None
    is_over: bool = False
    has_changed: bool = False
    is_sending: bool = False
    held: Decision | None = None


@dataclass(frozen=True, slots=True)
class _Begun:
    """A decision that is written down and for us to send."""

    decision: Decision
    number: int
    facts: RequestFacts


class Approvals:
    """What turns and jobs may ask about approvals. `step_up` and `rules` are what an administrator has chosen."""

    def __init__(
        self,
        store: Store,
        graph: ApproverGraph,
        desk: FactsDesk,
        decisions: DecisionDesk,
        rules: PackageRules,
        step_up: StepUp,
        scheduler: Scheduler,
        clock: Clock,
    ) -> None:
        self._store = store
        self._graph = graph
        self._desk = desk
        self._decisions = decisions
        self._rules = rules
        self._step_up = step_up
        self._scheduler = scheduler
        self._clock = clock
        self._log = DecisionLog(store)
        self._askings = Askings(store)
        self._turning_away = TurningAway(store, scheduler)

    async def waiting(self, who: Actor) -> list[AssignmentRequest]:
        """Everything Graph says waits for this person, the oldest first. Raises SignInNeeded, ConsentNeeded.

        What an administrator keeps out of Doorman is left out.
        """
        inbox = await self._graph.inbox(who)
        now = self._clock.now()
        rules = await asyncio.gather(*(self.rule_of(request) for request in inbox))
        shown = [request for request, rule in zip(inbox, rules, strict=True) if rule.mode is not Mode.OFF]
        return sorted(shown, key=lambda request: request.created_at or now)

    async def rule_of(self, request: AssignmentRequest) -> Rule:
        """How approvals of the request's access package are handled here. Raises: Throttled, GraphUnavailable."""
        return await self._rules.of(request.package_id)

    async def facts(self, request_id: RequestId) -> RequestFacts:
        """Everything about one request, as the reader sees it. Raises NotFound.

        What was noted meanwhile has edited the cards already, so what was read before would put them back: it is read
        again.
        """
        record, remarks = await self._remembered(request_id)
        facts = replace(await self._desk.load(request_id, record), remarks=remarks)
        now, remarks = await self._remembered(request_id)
        if has_moved(record, now):
            facts = replace(await self._desk.load(request_id, now), remarks=remarks)
        return facts

    async def _remembered(self, request_id: RequestId) -> tuple[RequestRecord | None, tuple[Remark, ...]]:
        async with self._store.unit(read_only=True) as unit:
            return await unit.requests.find(request_id), tuple(await unit.remarks.for_request(request_id))

    async def shared_facts(self, request_id: RequestId) -> RequestFacts:
        """The same, shared among the messages about one state of the request. Raises NotFound."""
        record, remarks = await self._remembered(request_id)
        return replace(await self._desk.shared(request_id, record), remarks=remarks)

    async def preferred_language(self, who: UserId) -> str:
        """The locale that the directory has for somebody whose Teams has not told us one; empty for none."""
        person = await self._desk.person(who)
        return person.preferred_language if person else ""

    async def approver_names(self, facts: RequestFacts) -> tuple[str, ...]:
        """Who was asked about the current stage, where the policy lets the requestor know; else nobody."""
        if not facts.may_name_approvers:
            return ()
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(facts.request.id)
        asked = approvers_of(messages, facts.stage)[:_NAMES_LOOKED_UP]
        people = await asyncio.gather(*map(self._desk.person, asked))
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

    async def earlier(self, facts: RequestFacts, stage: int) -> tuple[Decided, ...]:
        """Who approved the stages before this one, as far as anything shows it."""
        found = [await self.decision_about(facts, number) for number in range(1, stage)]
        return tuple(decided for decided in found if decided is not None)

    async def own_wish(self, who: Actor, request_id: RequestId) -> Decision | None:
        """What this person decided and may still take back, or has taken back."""
        async with self._store.unit(read_only=True) as unit:
            decisions = await unit.decisions.for_request(request_id)
        mine = [one for one in decisions if one.approver_id == who.object_id and one.state in ("held", "undone")]
        return max(mine, key=lambda one: one.stage, default=None)

    async def undo(self, who: Actor, request_id: RequestId) -> Decision | None:
        """Take back what is held of this person, and give it back; None when there is nothing (any more)."""
        held = await self.own_wish(who, request_id)
        return held if held and held.state == "held" and await self._decisions.undo(held) else None

    async def deciding(self, who: Actor, request_id: RequestId) -> RequestFacts:
        """The facts of a request that `who` may decide now: Graph says so.

        Raises: NotYourDecision, NotFound, SignInNeeded, ConsentNeeded, and Conflict when it is decided or over.
        """
        try:
            stages, facts = await asyncio.gather(self._graph.stages(who, request_id), self.facts(request_id))
        except NotAllowed as error:
            if type(error) is not NotAllowed:
                raise
            raise NotYourDecision from error
        stage, number = _current(stages)
        if stage is None or facts.request.state is not RequestState.PENDING_APPROVAL:
            await self._check_was_asked(who, facts)
            raise Conflict("decided")
        if not stage.is_assigned_to_me:
            raise NotYourDecision(is_early=await self._askings.is_early(who, request_id, number))
        return _at_stage(facts, number)

    async def decide(self, who: Actor, wish: Wish) -> Outcome:
        """Record the decision of `who`. One round of reads, then the write: Graph decides whether they may.

        Raises: InvalidAnswer (reason missing or too long), NotYourDecision, DecideInPortal, NotFound, SignInNeeded
        (also for a fresh sign-in), ConsentNeeded, Throttled and GraphUnavailable (then nothing was recorded).
        """
        try:
            found = await self._look(who, wish)
        except SignInNeeded:
            raise  # nobody has decided yet: the press goes on after the sign-in
        except DoormanError as error:
            await self.refused(who, wish, type(error).__name__)
            raise
        if isinstance(found, Outcome):
            await self.refused(who, wish, _in_a_word(found))
            return found
        try:
            outcome = await self._send(who, wish, found)
        except DoormanError as error:
            self._log.say(who, wish.request_id, wish.verdict, type(error).__name__)
            raise
        self._log.say(who, wish.request_id, wish.verdict, _in_a_word(outcome))
        return outcome

    async def refused(self, who: Actor, wish: Wish, why: str) -> None:
        """Nothing came of this press, and that is written down. Never raises."""
        self._log.say(who, wish.request_id, wish.verdict, why)
        await self._log.came_to_nothing(who, wish.request_id, wish.verdict, why, chat=wish.chat, press_id=wish.press_id)

    async def _look(self, who: Actor, wish: Wish) -> Outcome | _Begun:
        """Whether it may be decided now; then the decision is written down."""
        async with self._store.unit(read_only=True) as unit:
            record = await unit.requests.find(wish.request_id)
            remarks = tuple(await unit.remarks.for_request(wish.request_id))
        try:
            stages, facts, rule = await together(
                self._graph.stages(who, wish.request_id),
                self._desk.load(wish.request_id, record),
                self._rules.of(record.package_id if record else None),
            )
        except NotAllowed as error:
            seen = record.stage if record else 0
            raise await self._not_yours(error, record.requestor_id if record else None, who, wish, seen) from error
        facts = replace(facts, remarks=remarks)
        stage, number = _current(stages)
        if not (stage and stage.is_assigned_to_me):
            await self._check_was_asked(who, facts)
        if stage is None or facts.request.state is not RequestState.PENDING_APPROVAL:
            return await self._too_late(who, wish, stages, facts)
        if not stage.is_assigned_to_me:
            if await self._askings.is_early(who, wish.request_id, number):
                raise NotYourDecision(is_early=True)
            if read_stages(stages).last is None:
                await self._turning_away.up_to(number, wish.request_id, who.object_id)
                raise NotYourDecision
            return await self._too_late(who, wish, stages, facts)
        if record is None:
            rule = await self.rule_of(facts.request)
        return await self._take(who, wish, stage, number, _at_stage(facts, number), rule)

    async def _take(
        self, who: Actor, wish: Wish, stage: ApprovalStage, number: int, facts: RequestFacts, rule: Rule
    ) -> Outcome | _Begun:
        """The decision of somebody whom Graph lets decide."""
        if rule.mode is not Mode.ACT:
            raise DecideInPortal
        if wish.shown and not facts.fits(wish.shown, number):
            return Outcome(facts, number, has_changed=True)
        _check_reason(wish, facts, number)
        if rule.needs_fresh_sign_in:
            await self._step_up.require(who)
        decision, is_ours = await self._decisions.begin(who, wish, stage.id, number, facts.deadline)
        if not is_ours:
            return await self._repeated(who, wish, decision, facts)
        return _Begun(decision, number, facts)

    async def _send(self, who: Actor, wish: Wish, begun: _Begun) -> Outcome:
        decision, number, facts = begun.decision, begun.number, begun.facts
        if decision.state == "held":
            return Outcome(facts, number, held=decision)
        try:
            await self._decisions.send(who, decision)
        except Late as late:
            return await self._too_late(who, wish, late.stages, facts)
        except NotAllowed as error:
            requestor = facts.request.requestor
            requestor_id = requestor.object_id if requestor else None
            raise await self._not_yours(error, requestor_id, who, wish, number) from error
        except GraphUnavailable as error:
            if error.may_have_happened:
                return Outcome(facts, number, mine=wish.verdict, is_sending=True)
            raise
        return Outcome(facts, number, mine=wish.verdict)

    async def _repeated(self, who: Actor, wish: Wish, first: Decision, facts: RequestFacts) -> Outcome:
        """What became of the first of several presses. While it is under way it is waited for, though not for long."""
        if first.state == "held":
            return Outcome(facts, first.stage, held=first)
        first = await self._decisions.watch(first)
        if first.state == "refused":
            return await self._too_late(who, wish, await self._graph.stages(who, wish.request_id), facts)
        made = Decided(first.verdict, first.stage, who.object_id, who.name, first.justification, first.decided_at)
        return Outcome(facts, first.stage, decided=made, is_sending=first.state == "sending")

    async def _too_late(self, who: Actor, wish: Wish, stages: Sequence[ApprovalStage], facts: RequestFacts) -> Outcome:
        """Somebody decided before, or the request ended otherwise; the cards may not know yet."""
        await self._scheduler.follow_soon(wish.request_id, f"late/{self._clock.now():%Y%m%d%H%M}")
        last = read_stages(stages).last
        if last is None or _is_closed(facts.request.state, last):
            return Outcome(facts, is_over=True)
        is_mine = last.by_id == who.object_id
        return Outcome(facts, last.stage, mine=last.verdict if is_mine else None, decided=last)

    async def _check_was_asked(self, who: Actor, facts: RequestFacts) -> None:
        """What became of a request is told to those who were asked about it, and to nobody else."""
        requestor = facts.request.requestor
        if requestor and requestor.object_id == who.object_id:
            raise NotYourDecision(is_own=True)
        if await self._askings.find(who, facts.request.id) is None:
            raise NotYourDecision

    async def _not_yours(
        self, error: NotAllowed, requestor_id: UserId | None, who: Actor, wish: Wish, stage: int
    ) -> NotAllowed:
        """403 in words. A missing consent stays what it is: an administrator can help, the approver cannot."""
        if type(error) is not NotAllowed:
            return error
        await self._turning_away.up_to(stage, wish.request_id, who.object_id)
        is_early = await self._askings.is_early(who, wish.request_id, stage)
        return NotYourDecision(is_own=requestor_id == who.object_id, is_early=is_early)


def _check_reason(wish: Wish, facts: RequestFacts, number: int) -> None:
    rule = facts.rule_of(number)
    is_required = wish.verdict is Verdict.DENY or bool(rule and rule.is_justification_required)
    if is_required and not wish.justification.strip():
        raise InvalidAnswer(AnswerProblem.MISSING, REASON_LABEL)
    if len(wish.justification) > LONGEST_REASON:
        raise InvalidAnswer(AnswerProblem.TOO_LONG, REASON_LABEL, limit=LONGEST_REASON)


def _is_closed(state: RequestState, last: Decided) -> bool:
    """Whether the request ended otherwise than by this decision: it was cancelled, or a later stage lapsed."""
    return state is RequestState.CANCELED or (state is RequestState.DENIED and last.verdict is Verdict.APPROVE)


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


def _in_a_word(outcome: Outcome) -> str:
    if outcome.held:
        return "held"
    if outcome.has_changed:
        return "asked again"
    if outcome.is_sending:
        return "on_its_way"
    if outcome.mine and outcome.decided is None:
        return "recorded"
    return "too_late"
