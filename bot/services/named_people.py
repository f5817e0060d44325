"""People whom the configuration names, by object id or by the name they sign in with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import structlog

from bot.domain import Person, UserId
from bot.errors import DoormanError, NotFound
from bot.services.kept import Kept

_AGE_SECONDS: Final = 3_600.0
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_log = structlog.get_logger(__name__)


class PeopleReader(Protocol):
    async def person(self, user_id: UserId) -> Person: ...


class NamedPeople:
    """Who they are in the directory. Found ones are kept for an hour, because every `help` asks for them."""

    def __init__(self, reader: PeopleReader) -> None:
        self._reader = reader
        self._kept = Kept()

    async def ids(self, names: Iterable[str]) -> tuple[UserId, ...]:
        """Their object ids, each once; one who cannot be found is left out and logged."""
        return tuple(dict.fromkeys((await self.by_name(names)).values()))

    async def all_ids(self, names: Iterable[str]) -> frozenset[UserId]:
        """Their object ids, for what must not be done to any of them: an id counts although nobody is found by it.

        Raises: what reading raises but NotFound, since somebody who cannot be looked up now may well be there.
        """
        return frozenset(each for found in await asyncio.gather(*map(self._surely, names)) for each in found)

    async def by_name(self, names: Iterable[str]) -> Mapping[str, UserId]:
        """Like `ids`, by the name that each of them is configured under."""
        found: dict[str, UserId | None] = {name: self._kept.get(name, _AGE_SECONDS) for name in names}
        unknown = [name for name, person_id in found.items() if person_id is None]
        if unknown:
            found |= zip(unknown, await asyncio.gather(*(self._find(name) for name in unknown)), strict=True)
        return {name: person_id for name, person_id in found.items() if person_id is not None}

    async def _surely(self, name: str) -> tuple[UserId, ...]:
        known: UserId | None = self._kept.get(name, _AGE_SECONDS)
        if known is not None:
            return (known,)
        own = (UserId(name.casefold()),) if _ID.fullmatch(name) else ()
        try:
            found = self._kept.put(name, (await self._reader.person(UserId(name))).id)
        except NotFound:
            _log.warning("configured_person_not_found", reason="NotFound")
            return own
        return (*own, found)

    async def _find(self, name: str) -> UserId | None:
        try:
            person = await self._reader.person(UserId(name))
        except DoormanError as error:
            _log.warning("configured_person_not_found", reason=type(error).__name__)
            return None
        return self._kept.put(name, person.id)
