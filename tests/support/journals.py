"""A journal that is kept in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.plans.journal import Entry


@dataclass
class Kept:
    known: dict[str, Entry] = field(default_factory=dict)

    async def entries(self) -> dict[str, Entry]:
        return dict(self.known)

    async def write(self, entries: Iterable[Entry]) -> None:
        self.known |= {each.row_id: each for each in entries}
