"""Which access packages somebody wants no cards about, among those they are asked to decide."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain import AccessPackageId, UserId
from bot.store import Store

_LOOKED_AT = 400
MOST_MUTED = 100


class Muting:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def packages(self, who: UserId) -> Mapping[AccessPackageId, str]:
        """The access packages that this person was asked about, with their names, in the order of these.

        Raises: ServiceBusy.
        """
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_person(who)
            waiting = await unit.nudges.waiting_for(who)
            ids = [message.request_id for message in messages if message.kind == "approval"]
            ids += [nudge.request_id for nudge in waiting]
            requests = await unit.requests.find_many(list(dict.fromkeys(ids))[:_LOOKED_AT])
        return dict(sorted(((one.package_id, one.package_name) for one in requests.values()), key=_by_name))


def _by_name(package: tuple[AccessPackageId, str]) -> str:
    return package[1].casefold()
