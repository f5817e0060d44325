"""The audit log of what administrators change: every write with who made it, from where, and what became of it.

A line is written before the journal says that a write has ended. Whoever is killed in between finds the write begun,
looks at the tenant and ends it again: a line may come twice and is never missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from bot.plans.journal import Entry, Journal, RowState
from bot.store import Store


class Source(StrEnum):
    CHAT = "chat"
    CLI = "cli"
    PIPELINE = "pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where writes come from. `actor_id` is a person's object id, or an app's id; `run` is of this run alone."""

    source: Source
    tenant_id: str
    actor_id: str
    actor_name: str
    area: str
    run: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What was done to what: ids, names of things and states. `id` is the same for the same write of the same run."""

    id: str
    event: str
    about: str
    state: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Trail(Protocol):
    """Where lines are kept; on disk when this returns."""

    async def write(self, origin: Origin, lines: Sequence[AuditLine]) -> None: ...


class StoreTrail:
    """Keeps lines in Doorman's database, with everything else that was done."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(self, origin: Origin, lines: Sequence[AuditLine]) -> None:
        async with self._store.unit() as unit:
            for line in lines:
                await unit.audit.add(
                    f"{origin.run}/{line.id}/{line.state}",
                    event=f"{line.event}.{line.state}",
                    about=line.about,
                    actor_id=origin.actor_id,
                    actor_name=origin.actor_name,
                    detail={"source": origin.source.value, "tenant": origin.tenant_id, **line.detail},
                )


class Trails:
    """Several places, each of which keeps every line."""

    def __init__(self, *places: Trail) -> None:
        self._places = places

    async def write(self, origin: Origin, lines: Sequence[AuditLine]) -> None:
        for place in self._places:
            await place.write(origin, lines)


Describe = Callable[[Entry], Mapping[str, Any]]


def as_written(entry: Entry) -> Mapping[str, Any]:
    """What the journal itself says."""
    return entry.detail


class AuditedJournal:
    """A journal whose writes are told to the audit log. `describe` says what the write of an entry is about."""

    def __init__(self, journal: Journal, trail: Trail, origin: Origin, describe: Describe = as_written) -> None:
        self._journal = journal
        self._trail = trail
        self._origin = origin
        self._describe = describe

    async def entries(self) -> dict[str, Entry]:
        return await self._journal.entries()

    async def write(self, entries: Sequence[Entry]) -> None:
        lines = [self._line(each) for each in entries if _is_write(each)]
        if lines:
            await self._trail.write(self._origin, lines)
        await self._journal.write(entries)

    def _line(self, entry: Entry) -> AuditLine:
        is_taken_back = "was" in entry.detail
        told = dict(entry.detail["was"] if is_taken_back else self._describe(entry))
        kind = str(told.pop("kind", "")).replace(" ", "-")
        about = str(told.get("id") or told.get("subject") or told.get("about") or entry.row_id)
        state = "taken-back" if is_taken_back else entry.state.value
        return AuditLine(entry.row_id, f"{self._origin.area}.{kind}", about, state, told)


def _is_write(entry: Entry) -> bool:
    """Whether the entry ends something that was sent to Graph, or takes it back."""
    return entry.state in _SENT or (entry.state is RowState.CANCELLED and "was" in entry.detail)


_SENT: Final = (RowState.DONE, RowState.FAILED)
