"""What requestors and approvers tell each other about a request while it waits, and asking for a decision.

Entra has no place for it: it is kept in Doorman and no part of Entra's record. Every remark is written in one
transaction with the messages that tell of it, under an id made from what it says and to what, so pressing twice says it
once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain import RequestId, RequestState, UserId
from bot.errors import AnswerProblem, Conflict, InvalidAnswer, NotAllowed, NotFound, TooOften
from bot.services.facts import RequestFacts
from bot.services.hours import Hours
from bot.services.messages import approvers_of, bring_up_to_date, question_key, want_notice
from bot.services.tracking import Scheduler
from bot.store import Store, Unit
from bot.store.records import MessageRecord, NudgeRecord, PersonalSettings, Remark, RemarkKind, RequestRecord
from bot.turn import Actor
from cards.language import _

LONGEST_REMARK = 1_000
REMARK_LABEL = _("Your message")
MOST_REMARKS = 20  # of one person about one request
NUDGE_EVERY = timedelta(days=1)

_MOST_ASKED = 500  # as many as the database takes in one question


class Remarks:
    def __init__(self, store: Store, scheduler: Scheduler, clock: Clock, hours: Hours) -> None:
        self._store = store
        self._scheduler = scheduler
        self._clock = clock
        self._hours = hours

    async def find(self, question_id: str) -> Remark:
        """Raises: NotFound."""
        async with self._store.unit(read_only=True) as unit:
            question = await unit.remarks.find(question_id)
        if question is None or question.kind != "question":
            raise NotFound("question")
        return question

    async def note(self, who: Actor, facts: RequestFacts, text: str) -> None:
        """Show `text` of the requestor to everybody who was asked to decide. `facts` were just read.

        Raises: InvalidAnswer, NotAllowed, Conflict.
        """
        said, request_id = _checked(text), facts.request.id
        _require_waiting(facts.request.state)
        async with self._store.unit() as unit:
            record = await self._waiting(unit, request_id)
            _require_requestor(who, record)
            await self._add(unit, _remark_id(request_id, "note", who.object_id, said), record, "note", who, said)
            stale = await bring_up_to_date(unit, request_id)
        await self._deliver(stale)

    async def ask(self, who: Actor, facts: RequestFacts, text: str) -> None:
        """Put the question of an approver to the requestor. `facts` were just read with the approver's own rights.

        One that was answered may be asked once more.
        """
        said, request_id = _checked(text), facts.request.id
        async with self._store.unit() as unit:
            record = await self._waiting(unit, request_id)
            settled = _answered(await unit.remarks.for_request(request_id), who, said)
            remark_id = _remark_id(request_id, "question", who.object_id, said, settled)
            is_new = await self._add(unit, remark_id, record, "question", who, said, stage=facts.stage)
            stale = await bring_up_to_date(unit, request_id)
            if is_new:
                stale.append(
                    await unit.messages.want(
                        question_key(remark_id),
                        kind="question",
                        request_id=request_id,
                        person_id=record.requestor_id,
                        stage=facts.stage,
                        detail={"remark": remark_id},
                    )
                )
        await self._deliver(stale)

    async def answer(self, who: Actor, facts: RequestFacts, question_id: str, text: str) -> None:
        """The requestor's answer to a question; the last one counts. `facts` were just read.

        Raises: InvalidAnswer, NotFound, NotAllowed, and Conflict once the request is decided.
        """
        said = _checked(text)
        _require_waiting(facts.request.state)
        async with self._store.unit() as unit:
            question = await unit.remarks.find(question_id)
            if question is None or question.kind != "question":
                raise NotFound("question")
            record = await self._waiting(unit, question.request_id)
            _require_requestor(who, record)
            before = [
                one.text for one in await unit.remarks.for_request(question.request_id) if one.about_id == question_id
            ]
            number = len(before) - (before[-1:] == [said])
            remark_id = _remark_id(question_id, "answer", who.object_id, said, number)
            is_new = await self._add(unit, remark_id, record, "answer", who, said, about_id=question_id)
            stale = await bring_up_to_date(unit, question.request_id)
            if is_new:
                asker = question.author_id
                stale.append(await want_notice(unit, question.request_id, "answered", asker, about=remark_id))
        await self._deliver(stale)

    async def nudge(self, who: Actor, facts: RequestFacts) -> int:
        """Remind those who decide the current stage, once a day. How many are reminded; with 0 nothing was changed.

        Whoever has muted the access package, or has decided already, is left in peace. In their quiet hours, and where
        they want summaries, people read it in their next reminder.

        Raises: Conflict when nothing is to be decided (any more), TooOften, NotAllowed.
        """
        request_id = facts.request.id
        if facts.request.state is not RequestState.PENDING_APPROVAL:
            raise Conflict("decided")
        now = self._clock.now()
        async with self._store.unit() as unit:
            record = await self._waiting(unit, request_id)
            _require_requestor(who, record)
            told, in_summary = await self._to_nudge(unit, record, now)
            if not told and not in_summary:
                return 0
            gate = f"nudge/{request_id}/{record.stage}"
            if not await unit.seen.first_time(gate, now, NUDGE_EVERY.total_seconds()):
                last = last_nudge(await unit.remarks.for_request(request_id), record.stage)
                raise TooOften((last or now) + NUDGE_EVERY)
            remark_id = f"{gate}/{now:%Y%m%d%H%M%S}"
            await self._add(unit, remark_id, record, "nudge", who, "", stage=record.stage)
            stale = await bring_up_to_date(unit, request_id)
            for person_id in told:
                about = f"{now:%Y%m%d%H%M%S}"
                stale.append(await want_notice(unit, request_id, "nudge", person_id, about=about, stage=record.stage))
            for nudge in in_summary:
                await unit.nudges.move(nudge, now)  # their next summary comes as soon as it may
        await self._deliver(stale)
        return len(told) + len(in_summary)

    async def _to_nudge(
        self, unit: Unit, record: RequestRecord, now: datetime
    ) -> tuple[list[UserId], list[NudgeRecord]]:
        """Who is told in a message of its own, and whose next reminder comes as soon as it may. Raises: Conflict."""
        cards = approvers_of(await unit.messages.for_request(record.request_id), record.stage)
        waiting = {one.person_id: one for one in await unit.nudges.for_stage(record.request_id, record.stage)}
        in_summary = [nudge for nudge in waiting.values() if not nudge.has_card]
        if not cards and not in_summary:
            raise Conflict("nobody was asked yet")
        wishes = await unit.personal.of_many([*cards, *waiting][:_MOST_ASKED])
        told: list[UserId] = []
        later: list[NudgeRecord] = []
        for person_id in dict.fromkeys([*cards, *(nudge.person_id for nudge in in_summary)]):
            wish, nudge = wishes.get(person_id, PersonalSettings()), waiting.get(person_id)
            if nudge is None or record.package_id in wish.muted_packages:
                continue
            if not nudge.has_card or wish.approval_cards == "daily" or await self._is_quiet(unit, person_id, wish, now):
                later.append(nudge)
            else:
                told.append(person_id)
        return told, later

    async def _is_quiet(self, unit: Unit, person_id: UserId, wish: PersonalSettings, now: datetime) -> bool:
        person = await unit.people.find(person_id)
        time_zone = wish.time_zone or (person.time_zone if person else None)
        return self._hours.chosen(wish.quiet_hours).quiet_ends(now, time_zone) > now

    async def _waiting(self, unit: Unit, request_id: RequestId) -> RequestRecord:
        """The record of a request that is undecided. After the decision there is nothing to say any more."""
        record = await unit.requests.find(request_id)
        if record is None:
            raise NotFound("request")
        _require_waiting(record.state)
        return record

    async def _add(
        self,
        unit: Unit,
        remark_id: str,
        record: RequestRecord,
        kind: RemarkKind,
        who: Actor,
        text: str,
        *,
        stage: int = 0,
        about_id: str = "",
    ) -> bool:
        said = await unit.remarks.for_request(record.request_id)
        if remark_id in {remark.id for remark in said}:
            return False
        if sum(remark.author_id == who.object_id and remark.kind == kind for remark in said) >= MOST_REMARKS:
            raise TooOften(None)
        return await unit.remarks.add(
            remark_id,
            request_id=record.request_id,
            kind=kind,
            stage=stage or record.stage,
            author_id=who.object_id,
            author_name=who.name,
            about_id=about_id,
            text=text,
        )

    async def _deliver(self, stale: list[MessageRecord]) -> None:
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)


def last_nudge(remarks: Sequence[Remark], stage: int) -> datetime | None:
    """When the approvers of this stage were reminded last."""
    return max((remark.made_at for remark in remarks if remark.kind == "nudge" and remark.stage == stage), default=None)


def _require_waiting(state: RequestState) -> None:
    if state not in (RequestState.SUBMITTED, RequestState.PENDING_APPROVAL):
        raise Conflict("decided")


def _checked(text: str) -> str:
    said = text.strip()
    if not said:
        raise InvalidAnswer(AnswerProblem.MISSING, REMARK_LABEL)
    if len(said) > LONGEST_REMARK:
        raise InvalidAnswer(AnswerProblem.TOO_LONG, REMARK_LABEL, limit=LONGEST_REMARK)
    return said


def _require_requestor(who: Actor, record: RequestRecord) -> None:
    if who.object_id != record.requestor_id:
        raise NotAllowed("somebody else's request")


def _answered(remarks: Sequence[Remark], who: Actor, text: str) -> int:
    """How often `who` has asked just this and has been answered."""
    answered = {remark.about_id for remark in remarks if remark.kind == "answer"}
    same = [one for one in remarks if (one.kind, one.author_id, one.text) == ("question", who.object_id, text)]
    return sum(one.id in answered for one in same)


def _remark_id(about: str, kind: RemarkKind, author_id: str, text: str, number: int = 0) -> str:
    """`number` tells those apart that say the same again after something else was said."""
    said = (about, kind, author_id, text, *([str(number)] if number else ()))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]
