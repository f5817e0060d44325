"""A process with jobs, to be killed: what its work does is written, line by line, to a journal.

    python -m tests.store.jobs_child <database address> <key> <process id> <journal> [<job to start> ...]

A delivery fails until it was tried `TRIES` times, all processes together. A file `<journal>.hold` makes deliveries wait
in their middle until it is gone. SIGTERM stops in order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.identity.sealing import Sealer
from bot.jobs import Jobs, JobSettings

TRIES = 6


class JournalWork:
    def __init__(self, journal: Path, process_id: str) -> None:
        self._journal = journal
        self._hold = journal.with_suffix(".hold")
        self._process_id = process_id

    def write(self, line: str) -> None:
        with self._journal.open("a") as file:
            file.write(f"{line} {self._process_id}\n")

    async def poll(self) -> None:
        self.write("poll")

    async def sweep(self) -> None:
        self.write("sweep")

    async def follow(self, request_id: str) -> float | None:
        return None

    async def apply(self, run_id: str) -> float | None:
        return None

    async def decide(self, key: str) -> float | None:
        return None

    async def deliver(self, key: str) -> bool:
        self.write(f"begin {key}")
        while True:
            await asyncio.sleep(0.03)
            if not self._hold.exists():
                break
        self.write(f"end {key}")
        return sum(line.startswith(f"end {key}") for line in self._journal.read_text().splitlines()) >= TRIES

    async def ends(self) -> None:
        return

    async def tidy(self) -> None:
        self.write("tidy")


async def main(address: str, key: str, process_id: str, journal: str, *to_start: str) -> None:
    work = JournalWork(Path(journal), process_id)
    settings = JobSettings(
        database_url=address,
        process_id=process_id,
        poll_seconds=1,
        heartbeat_seconds=0.2,
        dead_after_seconds=1.0,
        first_retry_seconds=0.05,
        queue_seconds=0.1,
        listener_seconds=0.05,
    )
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with Jobs(settings, Sealer([key])).running(work) as jobs:
        for message in to_start:
            await jobs.deliver_soon(message, 1)
        work.write(f"up {os.getpid()}")
        await stopped.wait()
    work.write("down")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
