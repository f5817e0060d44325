"""How each person wants to be spoken to: what they set for themselves, else what their Teams client says."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.domain import UserId
from bot.languages import Languages
from bot.store import PersonalSettings, Store
from bot.turn import Turn

_KEPT: Final = 10_000
_SECONDS_KEPT: Final = 10.0  # another process may have changed them


class Personal:
    """Reads and writes settings; reads are kept for a moment, because every turn needs them."""

    def __init__(self, store: Store, languages: Languages, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._languages = languages
        self._monotonic = monotonic
        self._kept: OrderedDict[UserId, tuple[float, PersonalSettings]] = OrderedDict()
        self._changes = 0

    async def settings(self, who: UserId) -> PersonalSettings:
        """Raises: ServiceBusy."""
        known = self._known(who)
        if known is not None:
            return known
        changes = self._changes
        async with self._store.unit(read_only=True) as unit:
            found = await unit.personal.of(who)
        if changes == self._changes:  # else what was read may be older than what somebody has just set
            self._keep(who, found)
        return found

    def settled(self, turn: Turn) -> Turn | None:
        """What `settle` gives, when the settings were read a moment ago."""
        known = self._known(turn.actor.object_id)
        return None if known is None else self._settled(turn, known)

    async def settle(self, turn: Turn) -> Turn:
        """The turn in the language and the time zone that the person wants. Raises: ServiceBusy."""
        return self._settled(turn, await self.settings(turn.actor.object_id))

    async def change(self, turn: Turn, **changes: str) -> Turn:
        """Keep what is given by the names of `PersonalSettings`, empty for the default; the turn as it is now.

        Raises: ServiceBusy.
        """
        who = turn.actor.object_id
        async with self._store.unit() as unit:
            changed = await unit.personal.change(who, changes)
            person = await unit.people.find(who)
        self._changes += 1
        self._keep(who, changed)
        if person is not None:
            turn = replace(turn, locale=person.locale, time_zone=person.time_zone)
        return self._settled(turn, changed)

    def _settled(self, turn: Turn, settings: PersonalSettings) -> Turn:
        words = self._languages.choose(settings.language, turn.locale)
        locale, time_zone = locale_of(settings, turn.locale), settings.time_zone or turn.time_zone
        if (words, locale, time_zone) == (turn.words, turn.locale, turn.time_zone):
            return turn
        return replace(turn, words=words, locale=locale, time_zone=time_zone)

    def _known(self, who: UserId) -> PersonalSettings | None:
        kept = self._kept.get(who)
        return kept[1] if kept and self._monotonic() - kept[0] < _SECONDS_KEPT else None

    def _keep(self, who: UserId, settings: PersonalSettings) -> None:
        self._kept[who] = (self._monotonic(), settings)
        self._kept.move_to_end(who)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def locale_of(settings: PersonalSettings, locale: str) -> str:
    """The locale of the client, or the chosen language as it is written where the client is."""
    own, parts = settings.language, locale.replace("_", "-").split("-")
    if not own or own.split("-")[0] == parts[0].lower():
        return locale
    return f"{own}-{parts[-1]}" if len(parts) > 1 and len(parts[-1]) == 2 and "-" not in own else own
