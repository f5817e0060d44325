"""Taking a request back and having a failed delivery tried again: written down first, done once, found after a crash.

An errand is settled by what the request looks like as much as by what Graph answered, because an answer may be lost:
a request that is cancelled needs no second cancelling, one that is being delivered no second try.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, Protocol

import structlog

from bot.clock import Clock
from bot.domain import AssignmentRequest, RequestId, RequestState, UserId
from bot.errors import (
    Conflict,
    DoormanError,
    GraphError,
    GraphRefused,
    GraphUnavailable,
    NotAllowed,
    NotFound,
    SignInNeeded,
    Throttled,
)
from bot.services.facts import FactsDesk, RequestFacts
from bot.services.messages import bring_up_to_date, want_notice
from bot.services.tracking import Scheduler
from bot.store import Store, Unit
from bot.store.records import Errand, ErrandHand, ErrandState, RequestRecord
from bot.turn import Actor

Ending = Literal["done", "before", "too_late", "on_its_way"]

_HANGING_AFTER = timedelta(seconds=60)  # longer than any turn, so nobody is still at it
_GIVE_UP_AFTER = timedelta(days=1)

_log = structlog.get_logger(__name__)


class OwnHand(Protocol):
    async def cancel(self, who: Actor, request_id: RequestId) -> None: ...
    async def reprocess(self, who: Actor, request_id: RequestId) -> None: ...


class WriterHand(Protocol):
    async def reprocess(self, request_id: RequestId) -> None: ...


class Reader(Protocol):
    async def request(self, request_id: RequestId) -> AssignmentRequest: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """How an errand ended: "done" now, or by an earlier press ("before"), "too_late" because the request went on
    meanwhile, or "on_its_way" while no answer came. `facts` show the request as it is then."""

    how: Ending
    facts: RequestFacts


class Errands:
    """`writer` is None where no writer identity is set up."""

    def __init__(
        self,
        store: Store,
        own: OwnHand,
        writer: WriterHand | None,
        reader: Reader,
        desk: FactsDesk,
        scheduler: Scheduler,
        clock: Clock,
    ) -> None:
        self._store = store
        self._own = own
        self._writer = writer
        self._reader = reader
        self._desk = desk
        self._scheduler = scheduler
        self._clock = clock

    @property
    def has_writer(self) -> bool:
        return self._writer is not None

    async def cancel(self, who: Actor, facts: RequestFacts, chat: str) -> Ended:
        """Take an undecided request back, as the person who asked. `facts` were just read.

        Raises: NotAllowed, SignInNeeded, ConsentNeeded, Throttled, GraphUnavailable (then nothing was done).
        """
        requestor = facts.request.requestor
        if requestor is None or requestor.object_id != who.object_id:
            raise NotAllowed("somebody else's request")
        if facts.request.state is RequestState.CANCELED:
            return Ended("before", facts)
        if not facts.request.may_be_cancelled:
            return Ended("too_late", facts)
        errand, is_ours = await self._begin(f"cancel/{facts.request.id}", "cancel", who, facts, "own", chat)
        if not is_ours:
            return await self._repeated(errand, facts)
        return await self._run(errand, facts, chat)

    async def reprocess(self, who: Actor, facts: RequestFacts, chat: str, *, as_writer: bool) -> Ended:
        """Have a failed or partial delivery tried again, once for each time that it failed.

        `as_writer` says that `who` was found to have the right: then the writer does it. Otherwise their own token
        does, and Graph decides whether they may.
        Raises: NotAllowed, SignInNeeded, ConsentNeeded, GraphRefused, Throttled, GraphUnavailable.
        """
        if not facts.request.may_be_reprocessed:
            return Ended("too_late", facts)
        hand: ErrandHand = "writer" if as_writer and self._writer is not None else "own"
        errand, is_ours = await self._begin(_failure_key(facts.request), "reprocess", who, facts, hand, chat)
        if not is_ours:
            return await self._repeated(errand, facts)
        return await self._run(errand, facts, chat)

    async def reprocess_automatically(self, request: AssignmentRequest, tenant_id: str) -> None:
        """Try a delivery that failed once more, by Doorman itself; only once for a request. Raises nothing expected."""
        if self._writer is None or not request.may_be_reprocessed:
            return
        nobody = Actor(tenant_id, UserId(""))
        facts = RequestFacts(request, None, None, (), None)
        errand, is_ours = await self._begin(
            f"reprocess/{request.id}/by-itself", "reprocess", nobody, facts, "writer", ""
        )
        if is_ours:
            try:
                await self._run(errand, facts, "")
            except DoormanError as error:
                _log.warning("reprocess_refused", request_id=request.id, reason=type(error).__name__)

    async def recover(self) -> None:
        """Finish what a crash or a lost answer left unfinished."""
        async with self._store.unit(read_only=True) as unit:
            hanging = await unit.errands.unfinished(self._clock.now() - _HANGING_AFTER)
        for errand in hanging:
            try:
                await self._finish(errand)
            except (SignInNeeded, NotAllowed, NotFound, GraphRefused, Conflict) as error:
                _log.info("errand_refused", kind=errand.kind, reason=type(error).__name__)
                await self._settle(errand, "refused")
            except DoormanError as error:
                _log.info("errand_waits", kind=errand.kind, reason=type(error).__name__)

    async def _begin(
        self,
        key: str,
        kind: Literal["cancel", "reprocess"],
        who: Actor,
        facts: RequestFacts,
        hand: ErrandHand,
        chat: str,
    ) -> tuple[Errand, bool]:
        async with self._store.unit() as unit:
            errand, is_ours = await unit.errands.begin(
                key,
                kind=kind,
                request_id=facts.request.id,
                tenant_id=who.tenant_id,
                actor_id=who.object_id,
                actor_name=who.name,
                hand=hand,
            )
            if is_ours:
                await _audit(unit, errand, "asked", chat)
        return errand, is_ours

    async def _run(self, errand: Errand, facts: RequestFacts, chat: str = "") -> Ended:
        """Make the call. When its answer is lost the errand stays, for `recover`; what is raised changed nothing."""
        try:
            await self._call(errand)
        except (GraphRefused, Conflict) as error:
            return await self._refused(errand, facts, error, chat)
        except GraphUnavailable as error:
            if error.may_have_happened:
                return Ended("on_its_way", facts)
            await self._settle(errand, "refused", chat)
            raise
        except DoormanError:
            await self._settle(errand, "refused", chat)
            raise
        await self._settle(errand, "done", chat)
        return Ended("done", _as_done(errand, facts))

    async def _call(self, errand: Errand) -> None:
        who = Actor(errand.tenant_id, errand.actor_id, errand.actor_name)
        if errand.kind == "cancel":
            await self._own.cancel(who, errand.request_id)
        elif errand.hand == "writer" and self._writer is not None:
            await self._writer.reprocess(errand.request_id)
        else:
            await self._own.reprocess(who, errand.request_id)

    async def _refused(self, errand: Errand, facts: RequestFacts, error: GraphError | Conflict, chat: str) -> Ended:
        """Graph says no: mostly because the request went on meanwhile, which is then what there is to tell."""
        now = await self._look(errand.request_id, facts)
        is_done = _is_done(errand, now.request)
        await self._settle(errand, "done" if is_done else "refused", chat)
        if is_done:
            return Ended("done", now)
        if now.request.state is facts.request.state and isinstance(error, GraphRefused):
            raise error
        return Ended("too_late", now)

    async def _repeated(self, errand: Errand, facts: RequestFacts) -> Ended:
        if errand.state == "sending":
            return Ended("on_its_way", facts)
        return Ended("before", _as_done(errand, await self._look(errand.request_id, facts)))

    async def _finish(self, errand: Errand) -> None:
        request = await self._reader.request(errand.request_id)
        if _is_done(errand, request):
            await self._settle(errand, "done")
        elif self._clock.now() - errand.begun_at > _GIVE_UP_AFTER or not _is_still_wanted(errand, request):
            await self._settle(errand, "refused")
        else:
            await self._call(errand)
            await self._settle(errand, "done")

    async def _look(self, request_id: RequestId, before: RequestFacts) -> RequestFacts:
        try:
            return replace(before, request=await self._reader.request(request_id))
        except (NotFound, Throttled, GraphUnavailable):
            return before

    async def _settle(self, errand: Errand, state: ErrandState, chat: str = "") -> None:
        """Write down how it ended, and have every card about the request brought up to date.

        Whoever asked hears when what they were told is on its way did not come to anything.
        """
        async with self._store.unit() as unit:
            await unit.errands.settle(errand.key, state)
            await _audit(unit, errand, state, chat)
            record = await unit.requests.find(errand.request_id)
            if record is not None:
                await unit.requests.upsert(_touched(record, errand, state, self._clock))
            stale = await bring_up_to_date(unit, errand.request_id)
            is_left_over = self._clock.now() - errand.begun_at > _HANGING_AFTER
            if state == "refused" and errand.kind == "cancel" and is_left_over:
                stale.append(await want_notice(unit, errand.request_id, "uncancelled", errand.actor_id))
        for message in stale:
            await self._scheduler.deliver_soon(message.key, message.wanted)
        await self._scheduler.follow_soon(errand.request_id, f"{errand.key}/{errand.begun_at:%Y%m%d%H%M%S}/{state}")


def _touched(record: RequestRecord, errand: Errand, state: ErrandState, clock: Clock) -> RequestRecord:
    """What is tried again is in no trouble for the moment; and what was changed is looked at closely for a while."""
    changed_at = clock.now() if state == "done" else record.changed_at
    is_tried_again = state == "done" and errand.kind == "reprocess"
    return replace(record, changed_at=changed_at, stuck_at=None if is_tried_again else record.stuck_at)


async def _audit(unit: Unit, errand: Errand, what: str, chat: str) -> None:
    await unit.audit.add(
        f"{errand.key}/{errand.begun_at.isoformat()}/{what}",
        event=f"{errand.kind}.{what}",
        about=errand.request_id,
        actor_id=errand.actor_id,
        actor_name=errand.actor_name,
        chat=chat,
        detail={"hand": errand.hand},
    )


def _failure_key(request: AssignmentRequest) -> str:
    """One key for one failure: the next one ends at another moment."""
    failed_at = request.completed_at.isoformat() if request.completed_at else request.state.value
    return f"reprocess/{request.id}/{failed_at}"


def _is_done(errand: Errand, request: AssignmentRequest) -> bool:
    if errand.kind == "cancel":
        return request.state is RequestState.CANCELED
    if request.state in (RequestState.DELIVERING, RequestState.DELIVERED):
        return True
    return request.may_be_reprocessed and not _is_same_failure(errand, request)


def _is_still_wanted(errand: Errand, request: AssignmentRequest) -> bool:
    if errand.kind == "cancel":
        return request.may_be_cancelled
    return request.may_be_reprocessed


def _is_same_failure(errand: Errand, request: AssignmentRequest) -> bool:
    """Whether it has not been tried again since: a later failure has another end.

    Its own end says it for sure; when the errand was begun only about, because our clock is seconds off Graph's.
    """
    if request.completed_at is None or errand.key == _failure_key(request):
        return True
    return request.completed_at <= errand.begun_at


def _as_done(errand: Errand, facts: RequestFacts) -> RequestFacts:
    """The request as it is after the errand: lists and look-ups show it a moment later."""
    if errand.state == "refused":
        return facts
    if errand.kind == "cancel" and facts.request.state is not RequestState.CANCELED:
        if not facts.request.may_be_cancelled:
            return facts
        ended = replace(facts.request, state=RequestState.CANCELED, status="Canceled")
        return replace(facts, request=ended)
    if errand.kind == "reprocess" and facts.request.may_be_reprocessed:
        again = replace(facts.request, state=RequestState.DELIVERING, status="Delivering", completed_at=None)
        record = replace(facts.record, stuck_at=None) if facts.record else None
        return replace(facts, request=again, record=record, grants=())
    return facts
