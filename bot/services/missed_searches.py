"""What people searched for and did not find, so that administrators can name packages the way people speak.

No person is kept with it, and no hour: words, how often, on how many days. Only words that came on several days are
told, so that what one person typed once stays with them; numbers, addresses and the name of the person who searches
are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import ServiceBusy
from bot.services.catalog_words import folded, wanted_tokens
from bot.services.kept import Kept
from bot.store import Store
from bot.store.records import MissedSearch
from bot.turn import Actor

SHOWN_FROM_DAYS: Final = 3
_LONGEST: Final = 60
_AROUND: Final = ".,;:!?\"'()“”„"
_SAME_SEARCH_SECONDS: Final = 86_400.0

_log = structlog.get_logger(__name__)


class MissedSearches:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._counted = Kept()

    async def note(self, who: Actor, words: str) -> None:
        """Count a search that found nothing, once a day for each person. Never keeps anybody from their answer."""
        kept = without_names(words, who.name)
        key = " ".join(sorted(wanted_tokens(kept)))
        if not key:
            return
        _log.info("search_found_nothing")  # without the words: beside the time of the turn they would tell who it was
        now = self._clock.now()
        once = (who.tenant_id, who.object_id, now.date(), key)
        if self._counted.get(once, _SAME_SEARCH_SECONDS):
            return
        self._counted.put(once, True)  # in memory only: who searched is never written down
        try:
            async with self._store.unit() as unit:
                await unit.missed_searches.count(key, kept, now)
        except ServiceBusy as error:
            _log.warning("search_not_counted", reason=type(error).__name__)

    async def report(self, most: int = 50, since: datetime | None = None) -> Sequence[MissedSearch]:
        """What was looked for on several days, the most frequent first; with `since`, what still was after that."""
        async with self._store.unit(read_only=True) as unit:
            return await unit.missed_searches.most(most, at_least_days=SHOWN_FROM_DAYS, since=since)


def without_names(words: str, name: str = "") -> str:
    """Numbers and addresses may be people's, and are left out as the words of `name` are."""
    own = set(folded(name).split())
    whole = (word.strip(_AROUND) for word in words.casefold().split())
    kept = (word for word in whole if word.replace("-", "").isalpha() and folded(word) not in own)
    return " ".join(kept)[:_LONGEST].strip()
