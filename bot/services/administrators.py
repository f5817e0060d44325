"""The people who hear when something is wrong that only an administrator can mend."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from bot.domain import Person, UserId
from bot.errors import DoormanError
from bot.services.kept import Kept

_AGE_SECONDS = 3_600.0

_log = structlog.get_logger(__name__)


class PeopleReader(Protocol):
    async def person(self, user_id: UserId) -> Person: ...


class Administrators:
    """`names` are object ids or sign-in names, as configured."""

    def __init__(self, names: Sequence[str], reader: PeopleReader) -> None:
        self._names = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
        self._reader = reader
        self._kept = Kept()

    async def ids(self) -> tuple[UserId, ...]:
        """Those of them who are in the directory; one who cannot be found is left out and logged."""
        found = await asyncio.gather(*(self._find(name) for name in self._names))
        return tuple(dict.fromkeys(one for one in found if one))

    async def includes(self, person_id: UserId) -> bool:
        return person_id in await self.ids()

    async def _find(self, name: str) -> UserId | None:
        kept = self._kept.get(name, _AGE_SECONDS)
        if isinstance(kept, str):
            return UserId(kept)
        try:
            person = await self._reader.person(UserId(name))
        except DoormanError as error:
            _log.warning("administrator_not_found", reason=type(error).__name__)
            return None
        return self._kept.put(name, person.id)
