"""The life of one request, from event to event: the clock jumps to the next moment at which anything can happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.config import Config
from rehearsal.actors import Actors
from rehearsal.course import Choice, Course, RehearsalError, Timeline
from rehearsal.diary import Diary
from rehearsal.moments import Moments
from rehearsal.theatre import Theatre, theatre
from sandbox.tenant.model import AccessPackage, Assignment, AssignmentRequest, Tenant, User

_MOST_STEPS: Final = 5_000
_LONGEST: Final = timedelta(days=1_500)
_EXTENDS_AFTER: Final = timedelta(hours=1)


async def play(
    make_tenant: Callable[[datetime], Tenant],
    config: Config,
    course: Course,
    *,
    package_id: str,
    person_id: str,
    starts_at: datetime,
    remarks: tuple[str, ...] = (),
) -> Timeline:
    """What everybody is told, from the request to its end. Raises: RehearsalError."""
    async with theatre(make_tenant, config, starts_at) as stage:
        tenant = stage.world.tenant
        performance = _Performance(stage, course, tenant.packages[package_id], tenant.users[person_id])
        await performance.run()
        policies = tenant.policies_of(package_id)
        return Timeline(
            package=tenant.packages[package_id].display_name,
            policy=policies[0].display_name if policies else "",
            person=tenant.users[person_id].display_name,
            course=course,
            zone=config.quiet_hours.time_zone,
            entries=performance.diary.entries,
            remarks=remarks,
        )


class _Performance:
    def __init__(self, stage: Theatre, course: Course, package: AccessPackage, person: User) -> None:
        self._stage = stage
        self._course = course
        self.diary = Diary(stage, person.id)
        self._actors = Actors(stage, self.diary, person, package, course)
        self._moments = Moments(stage)
        self._decided: set[str] = set()
        self._extends_at: datetime | None = None
        self._has_extended = False
        self._round_every = timedelta(seconds=stage.config.poll_seconds)
        self._round_at: datetime | None = None
        self._written = 0

    async def run(self) -> None:
        await self._actors.mute()
        await self._actors.ask()
        await self._look(is_round=True)
        latest = self._stage.now + _LONGEST
        for _ in range(_MOST_STEPS):
            at = await self._next()
            if at is None or at > latest:
                return
            is_round = at != self._stage.jobs.next_at
            self._stage.world.clock.set(at)
            self._stage.entitlement.settle()
            await self.diary.observe()
            await self._act()
            await self._look(is_round=is_round)
        raise RehearsalError("The rehearsal came to no end.")

    async def _look(self, *, is_round: bool) -> None:
        """Let the bot do what is due. What came up by itself at this moment it finds in its next round."""
        await self._stage.jobs.run_due()
        if is_round:
            await self._stage.rounds()
        await self.diary.observe()
        written = len(self.diary.entries)
        if written > self._written:
            self._written, self._round_at = written, self._stage.now + self._round_every
        if self._course.extends and self._extends_at is None and self.diary.expiry_told_at is not None:
            self._extends_at = self.diary.expiry_told_at + _EXTENDS_AFTER

    async def _act(self) -> None:
        now = self._stage.now
        for request in self._actors.requests():
            at = self._decides_at(request)
            if at is not None and at <= now and request.current_stage is not None:
                self._decided.add(request.current_stage.id)
                await self._actors.decide(request)
        if self._extends_at is not None and not self._has_extended and self._extends_at <= now:
            self._has_extended = True
            await self._actors.extend()

    async def _next(self) -> datetime | None:
        now, requests = self._stage.now, self._actors.requests()
        moments = [await self._moments.after_now(requests, self._held(requests))]
        moments += [self._decides_at(request) for request in requests]
        moments += [self._round_at, None if self._has_extended else self._extends_at]
        return min((at.astimezone(UTC) for at in moments if at is not None and at > now), default=None)

    def _held(self, requests: list[AssignmentRequest]) -> list[Assignment]:
        known = self._stage.world.tenant.assignments
        ids = dict.fromkeys(request.assignment_id for request in requests)
        return [known[each] for each in ids if each in known]

    def _decides_at(self, request: AssignmentRequest) -> datetime | None:
        stage = request.current_stage
        if self._course.decide is Choice.NOBODY or stage is None or stage.started_at is None:
            return None
        return None if stage.id in self._decided else stage.started_at + self._course.after
