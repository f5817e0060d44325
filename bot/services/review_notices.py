"""Telling reviewers that an access review waits for them, and again before it ends.

Graph shows who reviews what only to the reviewer, so Doorman looks with the sign-in that it keeps of people who use it:
a few of them in each round, everybody a few times a day. What is found is written down with the message that tells it,
and every look compares: cut off anywhere, the next one goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.clock import Clock
from bot.domain import RequestId, UserId
from bot.errors import DoormanError, NotAllowed, ServiceBusy, SignInNeeded, Throttled
from bot.services.hours import Hours
from bot.services.notice_days import due_lead, is_decent
from bot.services.reviews import Opened, ReviewerGraph
from bot.services.tracking import Scheduler
from bot.services.zones import zone_of
from bot.store import Store, Unit
from bot.store.records import MessageRecord
from bot.turn import Actor

LEADS: Final = (3, 1)
"""How many days before its end somebody who has not said everything is told once more."""

_PER_ROUND: Final = 120
_AGAIN: Final = timedelta(hours=6)
_AGAIN_WHILE_ONE_RUNS: Final = timedelta(hours=2)
_AGAIN_AFTER_TROUBLE: Final = timedelta(minutes=10)
_AGAIN_WITHOUT_SIGN_IN: Final = timedelta(days=1)
_SETTLED: Final = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ToldReview:
    """What a message about a review shows. `is_over`: there is nothing for this person to say in it any more."""

    instance_id: str
    title: str
    ends_at: datetime | None
    done: int
    total: int
    told_days: int = 0
    is_over: bool = False

    @property
    def is_waiting(self) -> bool:
        return not self.is_over and self.done < self.total

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> ToldReview:
        ends_at = detail.get("ends_at")
        return cls(
            instance_id=str(detail.get("instance_id", "")),
            title=str(detail.get("title", "")),
            ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
            done=int(detail.get("done", 0)),
            total=int(detail.get("total", 0)),
            told_days=int(detail.get("told_days", 0)),
            is_over=bool(detail.get("is_over", False)),
        )

    def detail(self) -> dict[str, Any]:
        return {
            "instance_id": self.instance_id,
            "title": self.title,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "done": self.done,
            "total": self.total,
            "told_days": self.told_days,
            "is_over": self.is_over,
        }


@dataclass(frozen=True, slots=True)
class _Reader:
    """Whom is looked at, and when they want to be left in peace."""

    id: UserId
    hours: Hours
    time_zone: str | None


class ReviewNotices:
    def __init__(
        self, store: Store, graph: ReviewerGraph, scheduler: Scheduler, clock: Clock, hours: Hours, tenant_id: str
    ) -> None:
        self._store = store
        self._graph = graph
        self._scheduler = scheduler
        self._clock = clock
        self._hours = hours
        self._tenant_id = tenant_id

    async def look(self) -> None:
        """One round, over people whose sign-in is kept: nothing shows Doorman the reviews of anybody else."""
        async with self._store.unit(read_only=True) as unit:
            due = await unit.token_caches.reachable(self._tenant_id, _PER_ROUND, unless_seen=_key(""))
        for person_id in due:
            try:
                again = await self._look_at(person_id)
            except (Throttled, ServiceBusy):
                return
            except DoormanError as error:
                _log.info("reviews_not_read", reason=type(error).__name__)
                again = _AGAIN_AFTER_TROUBLE
            # Written down after the look: cut off in between, the same person is looked at once more.
            async with self._store.unit() as unit:
                await unit.seen.first_time(_key(person_id), self._clock.now(), again.total_seconds())

    async def note(self, who: Actor, opened: Opened) -> None:
        """`who` has said something: what told them of the review shows how far they are."""
        async with self._store.unit() as unit:
            message = await unit.messages.find(review_key(opened.about.instance_id, who.object_id))
            if message is None:
                return
            stale = await _shown(unit, message, _told(opened, ToldReview.of(message.detail).told_days))
        await self._deliver(stale)

    async def told_of(self, message: MessageRecord) -> list[ToldReview]:
        """The reviews that a message is about, as they were seen last."""
        if message.kind == "review":
            return [ToldReview.of(message.detail)]
        ids = [str(one) for one in message.detail.get("instances", ())]
        async with self._store.unit(read_only=True) as unit:
            found = [await unit.messages.find(review_key(one, message.person_id)) for one in ids]
        return [ToldReview.of(one.detail) for one in found if one is not None]

    async def _look_at(self, person_id: UserId) -> timedelta:
        """Bring the messages of one person up to date; gives back how long that holds."""
        async with self._store.unit(read_only=True) as unit:
            person, wishes = await unit.people.find(person_id), await unit.personal.of(person_id)
            known = await unit.messages.of_kind(person_id, "review")
        time_zone = wishes.time_zone or (person.time_zone if person else None)
        reader = _Reader(person_id, self._hours.chosen(wishes.quiet_hours), time_zone)
        now = self._clock.now()
        try:
            opened: list[Opened] | None = await self._open(person_id)
        except (SignInNeeded, NotAllowed):
            opened = None
        async with self._store.unit() as unit:
            stale = await self._compare(unit, reader, known, opened, now)
        await self._deliver(stale)
        return _again(opened, reader, now)

    async def _open(self, person_id: UserId) -> list[Opened]:
        who = Actor(self._tenant_id, person_id)
        rounds = await self._graph.rounds(who)
        return [Opened(about, tuple(await self._graph.items(who, about))) for about in rounds]

    async def _compare(
        self,
        unit: Unit,
        reader: _Reader,
        known: Sequence[MessageRecord],
        opened: Sequence[Opened] | None,
        now: datetime,
    ) -> list[MessageRecord]:
        messages = {message.key: message for message in known}
        stale: list[MessageRecord] = []
        to_remind: list[str] = []
        for one in opened or ():
            key = review_key(one.about.instance_id, reader.id)
            message = messages.pop(key, None)
            before = ToldReview.of(message.detail) if message else None
            lead = _lead(one, before, reader, now)
            told = _told(one, lead or (before.told_days if before else 0))
            if message is not None:
                stale += await _shown(unit, message, told)
                if lead:
                    to_remind.append(told.instance_id)
            elif told.is_waiting and _is_decent(one, reader, now):
                stale.append(await _want(unit, key, reader.id, told))
        for message in messages.values():
            stale += await self._closed(unit, message, now, is_gone=opened is not None)
        if to_remind:
            stale.append(await _want_reminder(unit, reader, to_remind, now))
        return stale

    async def _closed(self, unit: Unit, message: MessageRecord, now: datetime, *, is_gone: bool) -> list[MessageRecord]:
        """A review that does not run any more, or not for this person; without their sign-in only its end tells so."""
        told = ToldReview.of(message.detail)
        has_ended = told.ends_at is not None and told.ends_at <= now
        if told.is_over or not (is_gone or has_ended):
            return []
        return await _shown(unit, message, ToldReview.of({**message.detail, "is_over": True}))

    async def _deliver(self, messages: Sequence[MessageRecord]) -> None:
        for message in {one.key: one for one in messages}.values():
            await self._scheduler.deliver_soon(message.key, message.wanted)


def review_key(instance_id: str, person_id: str) -> str:
    return f"review/{instance_id}/{person_id}"


def _key(person_id: str) -> str:
    return f"reviews/{person_id}"


def _told(opened: Opened, told_days: int) -> ToldReview:
    about = opened.about
    return ToldReview(about.instance_id, about.title, about.ends_at, opened.decided_count, len(opened.items), told_days)


def _lead(opened: Opened, before: ToldReview | None, reader: _Reader, now: datetime) -> int:
    """For how many days before the end the person is reminded now; the first message is a reminder by itself."""
    ends_at = opened.about.ends_at
    if ends_at is None or opened.decided_count == len(opened.items):
        return 0
    told_days = before.told_days if before else 0
    return due_lead(LEADS, ends_at, None, told_days, now, reader.hours, reader.time_zone)


def _is_decent(opened: Opened, reader: _Reader, now: datetime) -> bool:
    ends_at = opened.about.ends_at or now + timedelta(days=365)
    return is_decent(now, ends_at, reader.hours, reader.time_zone)


def _again(opened: Sequence[Opened] | None, reader: _Reader, now: datetime) -> timedelta:
    if opened is None:
        return _AGAIN_WITHOUT_SIGN_IN
    if not opened:
        return _AGAIN
    moments = [now + _AGAIN_WHILE_ONE_RUNS]
    moments += [one.about.ends_at + _SETTLED for one in opened if one.about.ends_at and one.about.ends_at > now]
    quiet_ends = reader.hours.quiet_ends(now, reader.time_zone)
    if quiet_ends > now:
        moments.append(quiet_ends)
    return min(moments) - now


async def _shown(unit: Unit, message: MessageRecord, told: ToldReview) -> list[MessageRecord]:
    """The message once more when it would show something else, and the last reminder that names it."""
    if told.detail() == message.detail:
        return []
    stale = [await _want(unit, message.key, message.person_id, told)]
    reminder = await unit.messages.last_of_kind(message.person_id, "review_due")
    if reminder is not None and told.instance_id in reminder.detail.get("instances", ()):
        stale.append(await _want_due(unit, reminder.key, message.person_id, None))
    return stale


async def _want(unit: Unit, key: str, person_id: UserId, told: ToldReview) -> MessageRecord:
    return await unit.messages.want(
        key, kind="review", request_id=RequestId(key), person_id=person_id, detail=told.detail()
    )


async def _want_reminder(unit: Unit, reader: _Reader, instances: Sequence[str], now: datetime) -> MessageRecord:
    """One message for everything of that day."""
    day = now.astimezone(zone_of(reader.time_zone or reader.hours.time_zone)).date()
    key = f"review-due/{reader.id}/{day:%Y-%m-%d}"
    known = await unit.messages.find(key)
    named = [*(known.detail.get("instances", ()) if known else ()), *instances]
    return await _want_due(unit, key, reader.id, {"instances": list(dict.fromkeys(named))})


async def _want_due(unit: Unit, key: str, person_id: UserId, detail: Mapping[str, Any] | None) -> MessageRecord:
    return await unit.messages.want(
        key, kind="review_due", request_id=RequestId(key), person_id=person_id, detail=detail
    )
