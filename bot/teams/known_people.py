"""People as stored, without a write for every turn of the same person."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from bot.domain import Address, UserId
from bot.teams.ports import People
from bot.turn import Actor

_KEPT = 10_000
_SECONDS_UNTIL_WRITTEN_AGAIN = 300.0

_Sighting: TypeAlias = tuple[Actor, Address | None, str, str | None]


class KnownPeople:
    """Satisfies `People`. Writes a sighting when it differs from the last one, or that one is five minutes old.

    The age matters with several processes: another one may have marked the person as unreachable meanwhile.
    """

    def __init__(self, people: People, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._people = people
        self._monotonic = monotonic
        self._written: OrderedDict[tuple[UserId, bool], tuple[_Sighting, float]] = OrderedDict()

    def is_old_news(self, actor: Actor, address: Address | None, locale: str, time_zone: str | None) -> bool:
        """Whether exactly this was written lately, so that `seen` would do nothing."""
        last = self._written.get((actor.object_id, address is None))
        return (
            last is not None
            and last[0] == (actor, address, locale, time_zone)
            and self._monotonic() - last[1] < _SECONDS_UNTIL_WRITTEN_AGAIN
        )

    async def seen(self, actor: Actor, address: Address | None, locale: str, time_zone: str | None) -> None:
        if self.is_old_news(actor, address, locale, time_zone):
            return
        await self._people.seen(actor, address, locale, time_zone)
        key = (actor.object_id, address is None)
        self._written[key] = ((actor, address, locale, time_zone), self._monotonic())
        self._written.move_to_end(key)
        if len(self._written) > _KEPT:
            self._written.popitem(last=False)

    async def address_of(self, tenant_id: str, object_id: UserId) -> Address | None:
        return await self._people.address_of(tenant_id, object_id)

    async def mark_unreachable(self, conversation_id: str, code: str) -> None:
        self._forget(conversation_id)
        await self._people.mark_unreachable(conversation_id, code)

    async def latest_service_url(self) -> str | None:
        return await self._people.latest_service_url()

    def forget(self, object_id: UserId) -> None:
        """The app was removed for this person: whatever is seen of them next is news."""
        for elsewhere in (True, False):
            self._written.pop((object_id, elsewhere), None)

    def _forget(self, conversation_id: str) -> None:
        gone = [
            key
            for key, ((_, address, _, _), _) in self._written.items()
            if address is not None and address.conversation_id == conversation_id
        ]
        for key in gone:
            del self._written[key]
