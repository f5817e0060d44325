"""The journal of a run in the store, where jobs of every process find it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.plans.journal import Entry, RowState
from bot.store import Store


class StoreJournal:
    """Keeps entries for one enrolment run."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store = store
        self._run_id = run_id

    async def entries(self) -> dict[str, Entry]:
        """The newest entry of each row that has one. Raises: ServiceBusy."""
        async with self._store.unit(read_only=True) as unit:
            found = await unit.enrolments.rows(self._run_id)
        return {row_id: Entry(row_id, RowState(state), detail) for row_id, (state, detail) in found.items()}

    async def write(self, entries: Sequence[Entry]) -> None:
        """Keep these, all or none of them. Raises: ServiceBusy."""
        async with self._store.unit() as unit:
            await unit.enrolments.write_rows(
                self._run_id, [(each.row_id, each.state.value, each.detail) for each in entries]
            )
