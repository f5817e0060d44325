"""The weekly card about the health of the tenant, as it is at the moment of its delivery."""

from __future__ import annotations

from bot.clock import Clock
from bot.delivery.desk import Content
from bot.services.health.examination import Examiner
from bot.store.records import MessageRecord
from bot.views.health import health_view
from bot.views.words import Reader
from cards.health import health_card


class WeeklyHealthWriter:
    def __init__(self, health: Examiner, clock: Clock, admin_url: str) -> None:
        self._health = health
        self._clock = clock
        self._admin_url = admin_url

    async def write(self, message: MessageRecord, reader: Reader) -> Content:
        report = await self._health.report()
        view = health_view(report, 0, reader, self._clock.now(), admin_url=self._admin_url)
        return Content(health_card(view), summary=view.headline)
