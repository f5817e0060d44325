"""Approvers who have never met Doorman: the app is installed for them, so that what waits for them can be sent.

Teams tells the bot when it has been installed; the messages that waited go out then. Each person is tried once a day,
and the administrators hear, once a day, of those for whom that did not help: also of those who have the app for a day
and can still not be written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.domain import Person, UserId
from bot.errors import DoormanError, GraphUnavailable, NotAllowed, NotFound, ServiceBusy, Throttled
from bot.services.administrators import Administrators
from bot.services.messages import NOT_ADDED, want_unreached
from bot.services.tracking import Scheduler
from bot.store import Store

_PER_ROUND = 20
_BETWEEN_TRIES = timedelta(days=1)
_BETWEEN_REPORTS = timedelta(days=1)
_REPORTED = "unreached-reported"

_log = structlog.get_logger(__name__)


class Installer(Protocol):
    async def install(self, person: UserId) -> None: ...


class PeopleReader(Protocol):
    async def person(self, user_id: UserId) -> Person: ...


class Reach:
    def __init__(
        self,
        store: Store,
        installer: Installer,
        people: PeopleReader,
        administrators: Administrators,
        scheduler: Scheduler,
        clock: Clock,
    ) -> None:
        self._store = store
        self._installer = installer
        self._people = people
        self._administrators = administrators
        self._scheduler = scheduler
        self._clock = clock

    async def bring(self) -> None:
        """One round: whoever could not be written to gets the app, as far as that is allowed."""
        now = self._clock.now()
        for person_id in await self._missing():
            name = ""
            try:
                await self._installer.install(person_id)
                outcome = "installed"
            except (Throttled, GraphUnavailable, ServiceBusy) as error:
                _log.info("installation_waits", reason=type(error).__name__)
                break
            except DoormanError as error:
                # Whatever is wrong with one person must not keep the others waiting.
                kind = NotAllowed if isinstance(error, NotAllowed) else NotFound
                outcome, name = NOT_ADDED[kind], await self._name(person_id)
            if outcome == "installed" and await self._had_it(person_id):
                outcome, name = "silent", await self._name(person_id)
            _log.info("app_installed_for_person", outcome=outcome)
            # Written down after the try: cut off in between, the same person is tried once more, which harms nobody.
            async with self._store.unit() as unit:
                await unit.seen.first_time(_key(person_id), now, _BETWEEN_TRIES.total_seconds())
                for message in await unit.messages.unreached("approval", person_id):
                    await unit.messages.note(message.key, {"reach": outcome, "name": name})
        await self._report()

    async def _had_it(self, person_id: UserId) -> bool:
        """Whether an earlier try has installed the app, and nothing could be sent all the same."""
        async with self._store.unit(read_only=True) as unit:
            waiting = await unit.messages.unreached("approval", person_id)
        return any(message.detail.get("reach") in ("installed", "silent") for message in waiting)

    async def _report(self) -> None:
        """Tell the administrators, when there is somebody they have not been told of; all such in one message."""
        now = self._clock.now()
        async with self._store.unit(read_only=True) as unit:
            if not await unit.messages.unreported() or await unit.seen.is_remembered(_REPORTED, now):
                return
        administrators = await self._administrators.ids()
        if not administrators:
            return
        async with self._store.unit() as unit:
            fresh = await unit.messages.unreported()
            if not fresh or not await unit.seen.first_time(_REPORTED, now, _BETWEEN_REPORTS.total_seconds()):
                return  # another process was faster
            for message in fresh:
                await unit.messages.note(message.key, {"reported": True})
            wanted = [await want_unreached(unit, fresh[0].request_id, person, now) for person in administrators]
        for message in wanted:
            await self._scheduler.deliver_soon(message.key, message.wanted)

    async def _name(self, person_id: UserId) -> str:
        try:
            return (await self._people.person(person_id)).name
        except DoormanError:
            return ""

    async def _missing(self) -> Sequence[UserId]:
        async with self._store.unit(read_only=True) as unit:
            return await unit.messages.people_unreached("approval", _PER_ROUND, untried=_key(""))


def _key(person_id: str) -> str:
    return f"install/{person_id}"
