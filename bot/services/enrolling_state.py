"""The rows of a run during one piece of the work, with their newest entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.plans.enrolment import PlanRow
from bot.plans.journal import Entry, Journal, RowState


@dataclass(slots=True)
class RunState:
    """`wait_seconds` grows as something asks for a pause."""

    rows: Sequence[PlanRow]
    journal: Journal
    entries: dict[str, Entry]
    justification: str
    wait_seconds: float = 0.0

    def step(self, row: PlanRow) -> str:
        entry = self.entries.get(row.id)
        return str(entry.detail.get("step", "")) if entry is not None and entry.state is RowState.BEGUN else ""

    def state(self, row: PlanRow) -> RowState:
        entry = self.entries.get(row.id)
        return RowState.PENDING if entry is None else entry.state

    def detail(self, row: PlanRow) -> Mapping[str, Any]:
        entry = self.entries.get(row.id)
        return {} if entry is None else entry.detail

    def at(self, *steps: str) -> list[PlanRow]:
        return [row for row in self.rows if self.step(row) in steps]

    def pending(self) -> list[PlanRow]:
        return [row for row in self.rows if self.state(row) is RowState.PENDING]

    async def note(self, entries: Sequence[Entry]) -> None:
        if entries:
            await self.journal.write(entries)
            self.entries.update({entry.row_id: entry for entry in entries})

    def begun(self, row: PlanRow, step: str, **more: Any) -> Entry:
        return Entry(row.id, RowState.BEGUN, {**self.detail(row), "step": step, **more})

    def end(self, row: PlanRow, state: RowState, reason: str = "", **more: Any) -> Entry:
        kept = {key: value for key, value in self.detail(row).items() if key in ("person", "request")}
        return Entry(row.id, state, {**kept, **({"reason": reason} if reason else {}), **more})

    def tries(self, row: PlanRow) -> int:
        return int(self.detail(row).get("tries", 0)) + 1
