"""Who looks after Doorman's tenant: the people named in the configuration, by object id or user principal name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from bot.domain import AssignmentRequest, Person, UserId
from bot.errors import DoormanError, NotFound
from bot.services.errands import Errands
from bot.services.messages import want_incident
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.store.records import RequestRecord

_KEPT_SECONDS = 600.0

_log = structlog.get_logger(__name__)


class People(Protocol):
    async def person(self, user_id: UserId) -> Person: ...


class Administrators:
    """Names are looked up in the directory, and what they stood for is kept for ten minutes."""

    def __init__(
        self, names: Sequence[str], people: People, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._names = tuple(name.strip() for name in names if name.strip())
        self._people = people
        self._monotonic = monotonic
        self._found: tuple[float, frozenset[UserId]] | None = None

    async def ids(self) -> frozenset[UserId]:
        """The object ids of everybody named who is in the directory. A directory that cannot be read names nobody."""
        if self._found is not None and self._monotonic() - self._found[0] <= _KEPT_SECONDS:
            return self._found[1]
        found = set()
        for name in self._names:
            try:
                found.add((await self._people.person(UserId(name))).id)
            except NotFound:
                _log.warning("administrator_unknown", name=name)
            except DoormanError as error:
                _log.warning("administrators_not_read", reason=type(error).__name__)
                return self._found[1] if self._found else frozenset()
        self._found = (self._monotonic(), frozenset(found))
        return self._found[1]

    async def includes(self, person_id: UserId) -> bool:
        return bool(self._names) and person_id in await self.ids()


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
