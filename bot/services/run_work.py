"""What the durable job does with plans that were agreed to, whatever they are about."""

from __future__ import annotations

from typing import Protocol

from bot.store import Store


class Worker(Protocol):
    async def apply(self, run_id: str) -> float | None:
        """Do one piece of a run. Seconds until the next, None when nothing is left to do."""
        ...

    async def recover(self) -> None:
        """Start again what nobody works on."""
        ...


class RunWork:
    """Gives each run to whoever knows its kind."""

    def __init__(self, store: Store, *, enrolment: Worker, administration: Worker) -> None:
        self._store = store
        self._workers = {"enrolment": enrolment, "administration": administration}

    async def apply(self, run_id: str) -> float | None:
        async with self._store.unit(read_only=True) as unit:
            record = await unit.enrolments.find(run_id)
        return await self._workers[record.kind].apply(run_id) if record is not None else None

    async def recover(self) -> None:
        for worker in self._workers.values():
            await worker.recover()
