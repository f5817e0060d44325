"""Approvers who have never met Doorman: the app is installed for them, so that what waits for them can be sent.

Teams tells the bot when it has been installed; the messages that waited go out then. Each person is tried once a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.domain import UserId
from bot.errors import DoormanError, NotAllowed, NotFound
from bot.store import Store

_PER_ROUND = 20
_BETWEEN_TRIES = timedelta(days=1)

_log = structlog.get_logger(__name__)


class Installer(Protocol):
    async def install(self, person: UserId) -> None: ...


class Reach:
    def __init__(self, store: Store, installer: Installer, clock: Clock) -> None:
        self._store = store
        self._installer = installer
        self._clock = clock

    async def bring(self) -> None:
        """One round: whoever could not be written to gets the app, as far as that is allowed."""
        now = self._clock.now()
        for person_id in await self._missing():
            try:
                await self._installer.install(person_id)
                outcome = "installed"
            except (NotAllowed, NotFound) as error:
                outcome = type(error).__name__
            except DoormanError as error:
                _log.info("installation_waits", reason=type(error).__name__)
                return
            _log.info("app_installed_for_person", outcome=outcome)
            # Written down after the try: cut off in between, the same person is tried once more, which harms nobody.
            async with self._store.unit() as unit:
                await unit.seen.first_time(_key(person_id), now, _BETWEEN_TRIES.total_seconds())

    async def _missing(self) -> Sequence[UserId]:
        async with self._store.unit(read_only=True) as unit:
            people = await unit.messages.people_unreached("approval", _PER_ROUND)
            return [person for person in people if not await unit.seen.is_remembered(_key(person), self._clock.now())]


def _key(person_id: UserId) -> str:
    return f"install/{person_id}"
