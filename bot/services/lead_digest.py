"""The weekly summary for leads: what waits, ends soon or was never redeemed in their projects, on Monday morning.

Only for people who want it. A row in the store says that a week has been told; it is written together with the wish for
the message, so that it comes once however many bots run and wherever they are cut off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from bot.clock import Clock
from bot.domain import RequestId, UserId
from bot.services.hours import Hours
from bot.services.team import TeamDesk
from bot.services.team_rights import TeamRights
from bot.services.team_rows import Filter
from bot.services.tracking import Scheduler
from bot.services.zones import zone_of
from bot.store import Store, Unit
from bot.store.records import MessageRecord

WEEKLY: Final = "weekly"
_MORNING: Final = time(8)
_LATE: Final = timedelta(days=2)  # after which a week is left out
_REMEMBERED: Final = timedelta(days=14)
_MOST: Final = 1_000
_TOLD: Final = (Filter.PENDING, Filter.EXPIRING, Filter.UNREDEEMED, Filter.FAILED)


@dataclass(frozen=True, slots=True)
class ProjectNews:
    """What of one project wants its lead's attention, each with how many."""

    project: str
    counts: Mapping[Filter, int]


class LeadDigest:
    def __init__(
        self, store: Store, desk: TeamDesk, rights: TeamRights, scheduler: Scheduler, clock: Clock, hours: Hours
    ) -> None:
        self._store = store
        self._desk = desk
        self._rights = rights
        self._scheduler = scheduler
        self._clock = clock
        self._hours = hours

    async def round(self) -> None:
        """Want the message of everybody whose Monday morning has come."""
        now = self._clock.now()
        async with self._store.unit(read_only=True) as unit:
            people = await unit.personal.who_set("lead_digest", WEEKLY, _MOST)
        for person_id in people:
            async with self._store.unit() as unit:
                message = await self._want(unit, person_id, now)
            if message is not None:
                await self._scheduler.deliver_soon(message.key, message.wanted)

    async def news_for(self, person_id: UserId) -> tuple[ProjectNews, ...]:
        """The projects that this person may look at and that have something to tell."""
        found = []
        for project in await self._rights.visible(person_id):
            team = await self._desk.team(project)
            counts = {each: team.count(each) for each in _TOLD}
            if any(counts.values()):
                found.append(ProjectNews(project.name, counts))
        return tuple(found)

    async def _want(self, unit: Unit, person_id: UserId, now: datetime) -> MessageRecord | None:
        person, wishes = await unit.people.find(person_id), await unit.personal.of(person_id)
        zone = wishes.time_zone or (person.time_zone if person else None)
        hours = self._hours.chosen(wishes.quiet_hours)
        begins = monday_morning(now, zone or hours.time_zone, hours)
        if not begins <= now < begins + _LATE or hours.quiet_ends(now, zone) > now:
            return None
        key = f"lead-digest/{person_id}/{begins:%G-%V}"
        if not await unit.seen.first_time(key, now, _REMEMBERED.total_seconds()):
            return None
        return await unit.messages.want(key, kind="lead_digest", request_id=RequestId(key), person_id=person_id)


def monday_morning(now: datetime, time_zone: str, hours: Hours) -> datetime:
    """The moment of this week, in the person's zone, from which on they may be told."""
    zone = zone_of(time_zone)
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    return hours.quiet_ends(datetime.combine(monday, _MORNING, zone), time_zone)
