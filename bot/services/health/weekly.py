"""A card every week for those administrators who want one, however many processes run."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from bot.clock import Clock
from bot.domain import RequestId, UserId
from bot.services.administrators import Administrators
from bot.services.hours import Hours
from bot.store import Store

WEEKLY: Final = "weekly"


class Deliveries(Protocol):
    async def deliver_soon(self, key: str, wanted: int) -> None: ...


class WeeklyHealth:
    """The message is wanted under a key with the week in it, so whoever is second finds it there."""

    def __init__(
        self, store: Store, administrators: Administrators, deliveries: Deliveries, clock: Clock, hours: Hours
    ) -> None:
        self._store = store
        self._administrators = administrators
        self._deliveries = deliveries
        self._clock = clock
        self._hours = hours

    async def round(self) -> None:
        """Want this week's card for everybody who wants one and may be disturbed now."""
        now = self._clock.now()
        for person_id in await self._administrators.ids():
            key = weekly_key(now, person_id)
            async with self._store.unit() as unit:
                settings = await unit.personal.of(person_id)
                if settings.weekly_health != WEEKLY or await unit.messages.find(key) is not None:
                    continue
                person = await unit.people.find(person_id)
                zone = settings.time_zone or (person.time_zone if person else None)
                if self._hours.chosen(settings.quiet_hours).quiet_ends(now, zone) > now:
                    continue
                message = await unit.messages.want(key, kind="health", request_id=RequestId(key), person_id=person_id)
            await self._deliveries.deliver_soon(message.key, message.wanted)


def weekly_key(now: datetime, person_id: UserId) -> str:
    year, week, _ = now.isocalendar()
    return f"health/{year}-{week:02}/{person_id}"
