"""Looking for cards that still offer a decision although there is none to make, and putting them right.

Requests are re-read by the rolling sweep and every change wants its cards; this is the net below that, for an edit
that was refused, a row that was lost, a crash in a place that nobody thought of.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.services.messages import once_more
from bot.services.tracking import Scheduler
from bot.store import Store

_PATIENCE = timedelta(minutes=5)  # what was just wanted is on its way
_AFTER_A_REFUSAL = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class StaleCards:
    """`report` is told how many there were and how long the oldest has been wrong, in seconds."""

    def __init__(self, store: Store, scheduler: Scheduler, clock: Clock, report: Callable[[int, float], None]) -> None:
        self._store = store
        self._scheduler = scheduler
        self._clock = clock
        self._report = report

    async def repair(self) -> None:
        now = self._clock.now()
        async with self._store.unit() as unit:
            found = await unit.messages.out_of_date(now - _PATIENCE)
            due = [
                message for message in found if message.state != "failed" or now - message.updated_at > _AFTER_A_REFUSAL
            ]
            wanted = [await once_more(unit, message) for message in due]
            records = await unit.requests.find_many(list({message.request_id for message in due}))
        since = [
            (record.changed_at if (record := records.get(message.request_id)) else None) or message.updated_at
            for message in due
        ]
        self._report(len(due), max(((now - at).total_seconds() for at in since), default=0.0))
        for message in wanted:
            _log.warning("stale_card", key=message.key)
            await self._scheduler.deliver_soon(message.key, message.wanted)
