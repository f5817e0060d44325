"""Following requests: from what Graph shows now to what Doorman remembers, and to which messages are out of date.

Everything here is level-triggered. `take` compares the request with the record and asks for every message that should
exist or change; it may run any number of times, after a crash too, and the second run finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.clock import Clock
from bot.domain import AssignmentRequest, AuditedDecision, RequestId, RequestState, RequestType, UserId, Verdict
from bot.errors import Conflict, NotFound
from bot.services.administrators import Administrators
from bot.services.askings import people_asked
from bot.services.facts import SHOWS_UP_WITHIN, FactsDesk, RequestFacts
from bot.services.messages import (
    AskingRules,
    ToAsk,
    adopt_form,
    bring_up_to_date,
    is_newly_decided,
    show_ends_again,
    want_approvals,
    want_notices,
    want_status,
)
from bot.services.roster import Roster, RosterChange, want_changes
from bot.services.rules import Mode, PackageRules
from bot.services.stages import Decided, StageKnowledge, learned, stage_after
from bot.services.trouble import noticing_trouble
from bot.store import Store
from bot.store.records import Decision, DecisionSource, MessageRecord, NudgeRecord, RequestRecord

_ATTEMPTS = 4  # several processes may look at one request at the same moment
_UNPROVED_AFTER = timedelta(days=1)  # then the approvers of the next stage are told that it may be their turn
_MENDED_WITHIN = timedelta(days=14)
_LONGEST_LOOK_S = 30.0
_QUICK_FOR = timedelta(minutes=10)
_QUICK_FOR_A_DECISION = timedelta(seconds=20)  # after that people are thinking, and the sweep is quick enough


class RequestReader(Protocol):
    async def request(self, request_id: RequestId) -> AssignmentRequest: ...


class Scheduler(Protocol):
    """Durable jobs, as services ask for them. Asking twice for the same thing does it once."""

    async def deliver_soon(self, key: str, wanted: int) -> None: ...
    async def follow_soon(self, request_id: str, reason: str) -> None: ...
    async def decide_soon(self, key: str, moment: str) -> None: ...


class Troubles(Protocol):
    """Whoever helps with deliveries that are stuck. Called at every look while one is, so it must do things once."""

    async def stuck(self, request: AssignmentRequest, record: RequestRecord) -> None: ...


@dataclass(frozen=True, slots=True)
class _Findings:
    """What one look brought: the record as it should be, and whom to ask where somebody had to be found."""

    record: RequestRecord
    to_ask: tuple[ToAsk, ...] = ()
    changes: tuple[RosterChange, ...] = ()
    administrators: tuple[UserId, ...] = ()  # who hears that a stage has nobody to decide it


class Tracker:
    def __init__(
        self,
        store: Store,
        reader: RequestReader,
        desk: FactsDesk,
        roster: Roster,
        rules: PackageRules,
        administrators: Administrators,
        knowledge: StageKnowledge,
        scheduler: Scheduler,
        clock: Clock,
        asking: AskingRules,
        troubles: Troubles,
        *,
        stuck_after: timedelta = timedelta(minutes=30),
    ) -> None:
        self._store = store
        self._asking = asking
        self._troubles = troubles
        self._stuck_after = stuck_after
        self._reader = reader
        self._desk = desk
        self._roster = roster
        self._rules = rules
        self._administrators = administrators
        self._knowledge = knowledge
        self._scheduler = scheduler
        self._clock = clock

    async def look(self, request_id: RequestId) -> RequestRecord | None:
        """Read the request and bring everything up to date. None when Graph has forgotten it."""
        asked_at = self._clock.now()
        try:
            request = await self._reader.request(request_id)
        except NotFound:
            return await self.forget(request_id)
        return await self.take(request, asked_at)

    async def take(self, request: AssignmentRequest, asked_at: datetime) -> RequestRecord | None:
        """Bring record and messages up to date with `request`. None for requests nobody asked for in person.

        `asked_at` is when Graph was asked for it: what was asked for later and is known already is not undone.
        Access that is given back is followed where that was done here.
        """
        is_return = request.type is RequestType.USER_REMOVE
        if not (request.type.is_asked_by_a_person or is_return):
            return None
        if request.requestor is None or request.package_id is None:
            return None
        asked_at = min(asked_at, self._clock.now())  # by now Graph's; before, the machine's may have been ahead
        for _ in range(_ATTEMPTS):
            async with self._store.unit() as unit:
                known = await unit.requests.find(request.id)
                if is_return and known is None:
                    return None
                # A look in the future was written by a clock that was wrong, and counts for nothing.
                if known is not None and asked_at < known.looked_at <= self._clock.now():
                    return known
                decisions = await unit.decisions.for_request(request.id)
                messages = await unit.messages.for_request(request.id)
                nudges = await unit.nudges.for_request(request.id)
            findings = await self._compare(request, known, decisions, messages, nudges)
            record = noticing_trouble(findings.record, self._clock.now(), self._stuck_after)
            findings = replace(findings, record=replace(record, looked_at=asked_at))
            try:
                stale = await self._remember(known, findings, request)
            except Conflict:
                self._roster.forget(request.id)
                continue
            except BaseException:
                self._roster.forget(request.id)
                raise
            for message in stale:
                await self._scheduler.deliver_soon(message.key, message.wanted)
            if findings.record.stuck_at is not None:
                await self._troubles.stuck(request, findings.record)
            return findings.record
        raise Conflict("request changed again and again")

    async def learn(self, audited: AuditedDecision) -> bool:
        """Take in what the audit log tells about a decision that was made elsewhere. Whether it was news."""
        await self._catch_up(audited)
        async with self._store.unit() as unit:
            known = await unit.requests.find(audited.request_id)
            decisions = await unit.decisions.for_request(audited.request_id)
            changed = learned(known, decisions, audited) if known else None
            if changed is None or await unit.requests.upsert(replace(changed, changed_at=self._clock.now())) is None:
                return False
            stale = await bring_up_to_date(unit, audited.request_id)
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)
        if not changed.is_finished:
            await self._scheduler.follow_soon(audited.request_id, f"audit/{changed.stage}")
        return True

    async def _catch_up(self, audited: AuditedDecision) -> None:
        """Look at a request that the log says has ended, while the record does not know of it yet."""
        if audited.verdict is None:
            return
        async with self._store.unit(read_only=True) as unit:
            known = await unit.requests.find(audited.request_id)
        if known is not None and known.state is RequestState.PENDING_APPROVAL:
            await self.look(audited.request_id)

    async def forget(self, request_id: RequestId) -> RequestRecord | None:
        """Graph does not have the request: stop asking for it and close the cards that are still open.

        One that was filed a moment ago may only not show up yet; it is kept, and given back.
        """
        now = self._clock.now()
        async with self._store.unit() as unit:
            known = await unit.requests.find(request_id)
            if known is None or known.is_finished:
                return None
            if now - known.created_at < SHOWS_UP_WITHIN:
                return known
            ended = replace(known, state=RequestState.CANCELED, is_finished=True, changed_at=now, looked_at=now)
            await unit.requests.upsert(ended)
            stale = [*await bring_up_to_date(unit, request_id), *await show_ends_again(unit, ended)]
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)
        return None

    def next_look_s(self, record: RequestRecord) -> float | None:
        """How soon quick following should look again; None when the slow sweep is enough."""
        if record.is_finished or record.changed_at is None:
            return None
        age = self._clock.now() - record.changed_at
        patience = _QUICK_FOR_A_DECISION if record.state is RequestState.PENDING_APPROVAL else _QUICK_FOR
        if age > patience:
            return None
        return min(max(age.total_seconds() * 0.4, 0.4), _LONGEST_LOOK_S)

    async def _compare(
        self,
        request: AssignmentRequest,
        known: RequestRecord | None,
        decisions: Sequence[Decision],
        messages: Sequence[MessageRecord],
        nudges: Sequence[NudgeRecord],
    ) -> _Findings:
        now = self._clock.now()
        facts = await self._desk.complete(request, known, ())
        record = _record(request, known, facts, now)
        if request.state is RequestState.PENDING_APPROVAL and facts.stages_total:
            return await self._pending(facts, record, decisions, messages, nudges, now)
        if is_newly_decided(known, record) and facts.stages_total:
            record = await self._with_decision(record, decisions, messages)
        return _Findings(record)

    async def _pending(
        self,
        facts: RequestFacts,
        record: RequestRecord,
        decisions: Sequence[Decision],
        messages: Sequence[MessageRecord],
        nudges: Sequence[NudgeRecord],
        now: datetime,
    ) -> _Findings:
        record = await self._with_stage(facts, record, decisions, messages)
        facts = replace(facts, record=record)
        rule = await self._rules.of(record.package_id)
        if rule.mode is Mode.OFF:
            return _Findings(record)
        changes = [
            await self._roster.check(facts, stage, messages, nudges, now)
            for stage in range(record.stage, self._furthest_stage(facts, now) + 1)
        ]
        to_ask = tuple(_to_ask(one, facts, record, rule.channel) for one in changes)
        alarms = [change for change in changes if change.nobody]
        told = await self._administrators.ids() if alarms else ()
        return _Findings(record, to_ask, tuple(changes), told)

    def _furthest_stage(self, facts: RequestFacts, now: datetime) -> int:
        """How far the approval may have come by decisions in the portal that nothing shows: a stage a day.

        Nobody is asked at night whether it may be their turn.
        """
        began = facts.stage_started_at or facts.stage_began_by
        if began is None or self._asking.hours.quiet_ends(now, None) > now:
            return facts.stage
        return min(facts.stage + max(now - began, timedelta()) // _UNPROVED_AFTER, facts.stages_total)

    async def _with_stage(
        self,
        facts: RequestFacts,
        record: RequestRecord,
        decisions: Sequence[Decision],
        messages: Sequence[MessageRecord],
    ) -> RequestRecord:
        total = facts.stages_total
        if total == 1:
            return replace(record, stage=1, is_stage_proved=True, stage_started_at=record.created_at)
        stage, started_at = stage_after(decisions)
        stage = max(stage, record.stage, 1)
        if stage < total:
            seen = await self._knowledge.ask_approvers(record.request_id, people_asked(messages))
            if seen and seen.current >= stage:
                began = seen.started_at or record.stage_started_at
                # The policy may have fewer stages by now than the request was filed with.
                return replace(record, stage=min(seen.current, total), is_stage_proved=True, stage_started_at=began)
        began = started_at if started_at and stage != record.stage else record.stage_started_at
        so_far = replace(facts, record=replace(record, stage=stage, stage_started_at=began))
        if (must_be := so_far.stage_at(self._clock.now())) > stage:
            return replace(record, stage=must_be, is_stage_proved=True, stage_started_at=None)
        is_proved = stage == 1 or stage == record.stage or started_at is not None
        return replace(record, stage=min(stage, total), is_stage_proved=is_proved, stage_started_at=began)

    async def _with_decision(
        self, record: RequestRecord, decisions: Sequence[Decision], messages: Sequence[MessageRecord]
    ) -> RequestRecord:
        """Who decided, best source first; the state alone when nothing better is to be had."""
        verdict = Verdict.DENY if record.state is RequestState.DENIED else Verdict.APPROVE
        ours = [d for d in decisions if d.state == "recorded" and d.verdict is verdict]
        if record.decided_by_id and record.decided_verdict == verdict:
            return record
        if ours and (verdict is Verdict.DENY or max(d.stage for d in ours) >= record.stages_total):
            last = max(ours, key=lambda decision: decision.stage)
            name = await self._name(last.approver_id)
            return _decided(record, Decided(verdict, last.stage, last.approver_id, name, last.justification), "doorman")
        seen = await self._knowledge.ask_approvers(record.request_id, people_asked(messages))
        if seen and seen.last and seen.last.verdict is verdict:
            return _decided(record, seen.last, "approver token")
        return replace(record, decided_verdict=verdict.value, decision_source="state")

    async def _name(self, user_id: UserId) -> str:
        person = await self._desk.person(user_id)
        return person.name if person else ""

    async def _remember(
        self, known: RequestRecord | None, findings: _Findings, request: AssignmentRequest
    ) -> list[MessageRecord]:
        """Write the record and want the messages, in one transaction. Raises Conflict when somebody was faster."""
        record = findings.record
        changed = known is None or _visible(known) != _visible(record)
        async with self._store.unit() as unit:
            if await unit.requests.upsert(record) is None:
                raise Conflict("request record")
            if known is None:
                await adopt_form(unit, record)
            stale = []
            if changed:
                stale += await bring_up_to_date(unit, record.request_id)
                stale += await show_ends_again(unit, record)
            stale += await want_approvals(unit, record, findings.to_ask, self._asking, self._clock.now())
            stale += await want_changes(unit, findings.record, findings.changes, findings.administrators)
            stale += await want_notices(unit, known, record)
            stale += await want_status(unit, record)
        return list({message.key: message for message in stale}.values())


def _to_ask(change: RosterChange, facts: RequestFacts, record: RequestRecord, channel: str) -> ToAsk:
    is_current = change.stage == record.stage
    decide_by = facts.deadline if is_current else None
    return ToAsk(
        change.stage, change.unasked, is_proved=is_current, decide_by=decide_by, channel=channel, back=change.back
    )


def _record(
    request: AssignmentRequest, known: RequestRecord | None, facts: RequestFacts, now: datetime
) -> RequestRecord:
    requestor = request.requestor
    target = request.target or requestor
    assert requestor is not None  # noqa: S101  `take` has made sure
    assert target is not None  # noqa: S101
    assert request.package_id is not None  # noqa: S101
    requestor_id = requestor.object_id or UserId("")
    fresh = known or RequestRecord(
        request_id=request.id,
        package_id=request.package_id,
        package_name=request.package_name,
        requestor_id=requestor_id,
        requestor_name=requestor.name,
        target_id=target.object_id or UserId(""),
        state=request.state,
        created_at=request.created_at or now,
        looked_at=now,
        changed_at=request.created_at or now,
    )
    has_moved = (fresh.state, fresh.status or request.status) != (request.state, request.status)
    return replace(
        fresh,
        package_name=request.package_name or fresh.package_name,
        requestor_name=requestor.name or fresh.requestor_name,
        target_id=target.object_id or fresh.target_id,
        policy_id=request.policy_id or fresh.policy_id,
        state=request.state,
        status=request.status,
        stages_total=facts.stages_total,
        created_at=request.created_at or fresh.created_at,
        completed_at=request.completed_at,
        changed_at=now if has_moved else fresh.changed_at,
        looked_at=now,
        is_finished=not request.state.is_open and not _may_be_mended(request, now),
        stuck_at=None if has_moved else fresh.stuck_at,
    )


def _may_be_mended(request: AssignmentRequest, now: datetime) -> bool:
    """Whether an administrator can still have a failed delivery tried again; the person hears when it worked."""
    ended_at = request.completed_at or now
    return request.state is RequestState.DELIVERY_FAILED and now - ended_at <= _MENDED_WITHIN


def _visible(record: RequestRecord) -> tuple[Any, ...]:
    """What cards show of a record; a change of anything else edits no message."""
    return (
        record.state,
        record.status,
        record.stage,
        record.is_stage_proved,
        record.decided_verdict,
        record.decided_by_id,
        record.created_at,
        record.package_name,
        record.stuck_at,
    )


def _decided(record: RequestRecord, decided: Decided, source: DecisionSource) -> RequestRecord:
    return replace(
        record,
        stage=decided.stage or record.stage,
        decided_verdict=decided.verdict.value,
        decided_by_id=decided.by_id,
        decided_by_name=decided.by_name,
        decided_reason=decided.reason,
        decision_source=source,
    )
