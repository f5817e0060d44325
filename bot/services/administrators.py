"""The people who hear when something is wrong that only an administrator can mend."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import UserId
from bot.services.named_people import NamedPeople, PeopleReader


class Administrators:
    """`names` are object ids or sign-in names, as configured."""

    def __init__(self, names: Sequence[str], reader: PeopleReader) -> None:
        self._names = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
        self._people = NamedPeople(reader)

    async def ids(self) -> tuple[UserId, ...]:
        """Those of them who are in the directory; one who cannot be found is left out and logged."""
        return await self._people.ids(self._names)

    async def includes(self, person_id: UserId) -> bool:
        return person_id in await self.ids()
