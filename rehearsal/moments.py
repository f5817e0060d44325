"""The next moment at which anything can happen by itself.

They come from four sides: the agenda of the sandbox's Entra, the bot's jobs, the reminders that the bot has written
down for itself, and the hours at which people may be written to again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from bot.domain import RequestId
from bot.services.zones import zone_of
from rehearsal.theatre import Theatre
from sandbox.tenant.model import Assignment, AssignmentRequest

_NOTICES_FROM: Final = time(9)  # of what ends, people hear in the morning
_DAYS_A_WEEK: Final = 7
_AFTERWARDS: Final = timedelta(days=4)  # until the end is told it may take a night and some free days
_SETTLED: Final = timedelta(minutes=10)  # the bot waits so long before it says that something has ended
_A_MOMENT: Final = timedelta(seconds=30)
_STAGE_MAY_HAVE_MOVED: Final = timedelta(days=1)  # the bot asks the next stage's approvers once a day has gone by
_MOST_REMINDERS: Final = 500


class Moments:
    def __init__(self, theatre: Theatre) -> None:
        self._theatre = theatre

    async def after_now(self, requests: Sequence[AssignmentRequest], held: Sequence[Assignment]) -> datetime | None:
        """None when nothing is left to come of these requests and of what is held through them."""
        now = self._theatre.now
        pending = [request for request in requests if request.is_open]
        moments = [*self._entra(), *self._of_ends(held)]
        if self._theatre.jobs.next_at is not None:
            moments.append(self._theatre.jobs.next_at)
        for request in pending:
            moments += await self._of_stage(request)
        if pending or any(self._is_told_now(assignment, now) for assignment in held):
            moments += self._mornings(now)
        return min((at for at in moments if at > now), default=None)

    def _entra(self) -> Iterator[datetime]:
        """What comes by itself, and a moment later, when the bot has had a look."""
        agenda = self._theatre.world.tenant.agenda
        if agenda:
            yield agenda[0][0]

    def _of_ends(self, held: Sequence[Assignment]) -> Iterator[datetime]:
        for assignment in held:
            if assignment.ends_at is not None:
                yield from (begins for begins, _ in self._told(assignment.ends_at))
                yield assignment.ends_at + _SETTLED + _A_MOMENT

    async def _of_stage(self, request: AssignmentRequest) -> list[datetime]:
        """Reminders, and the days after which the bot asks those who may be next."""
        now = self._theatre.now
        async with self._theatre.store.unit(read_only=True) as unit:
            nudges = await unit.nudges.for_request(RequestId(request.id))
            record = await unit.requests.find(RequestId(request.id))
        moments = [nudge.due_at for nudge in nudges[:_MOST_REMINDERS] if nudge.due_at is not None]
        if record is not None and record.stage_started_at is not None:
            days = (now - record.stage_started_at) // _STAGE_MAY_HAVE_MOVED + 1
            moments.append(record.stage_started_at + days * _STAGE_MAY_HAVE_MOVED)
        return moments

    def _is_told_now(self, assignment: Assignment, now: datetime) -> bool:
        ends_at = assignment.ends_at
        return ends_at is not None and any(begins <= now <= until for begins, until in self._told(ends_at))

    def _told(self, ends_at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans within which people hear of an end: earlier than planned by free days and a zone, and after it."""
        config = self._theatre.config
        earlier = timedelta(days=_DAYS_A_WEEK - len(config.quiet_hours.working_days) + 1)
        for days in config.expiry_notice_days:
            planned = ends_at - timedelta(days=days)
            yield planned - earlier, planned
        yield ends_at, ends_at + _AFTERWARDS

    def _mornings(self, now: datetime) -> Iterator[datetime]:
        """When the next day of anybody begins, by the clock of their zone."""
        quiet = self._theatre.config.quiet_hours
        users = self._theatre.world.tenant.users.values()
        zones = dict.fromkeys([quiet.time_zone, *(user.time_zone for user in users)])
        for zone in map(zone_of, zones):
            today = now.astimezone(zone).date()
            for begins in (time.fromisoformat(quiet.quiet_until), _NOTICES_FROM):
                for day in (today, today + timedelta(days=1)):
                    yield datetime.combine(day, begins, zone)
