"""What happens while a delivery is in trouble."""

from __future__ import annotations

from bot.domain import AssignmentRequest
from bot.services.administrators import Administrators
from bot.services.errands import Errands
from bot.services.messages import want_incident
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.store.records import RequestRecord


class IncidentDesk:
    """What happens while a delivery is stuck: the administrators get a card, and if configured it is tried again."""

    def __init__(
        self,
        store: Store,
        administrators: Administrators,
        errands: Errands,
        scheduler: Scheduler,
        *,
        tenant_id: str,
        is_automatic: bool,
    ) -> None:
        self._store = store
        self._administrators = administrators
        self._errands = errands
        self._scheduler = scheduler
        self._tenant_id = tenant_id
        self._is_automatic = is_automatic

    async def stuck(self, request: AssignmentRequest, record: RequestRecord) -> None:
        administrators = await self._administrators.ids()
        if administrators:
            async with self._store.unit() as unit:
                wanted = [await want_incident(unit, record.request_id, person) for person in sorted(administrators)]
            for message in wanted:
                if message is not None:
                    await self._scheduler.deliver_soon(message.key, message.wanted)
        if self._is_automatic:
            await self._errands.reprocess_automatically(request, self._tenant_id)
