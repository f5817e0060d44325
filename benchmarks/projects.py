"""The first apply of 24 projects, 74 access packages in all, beside the same calls one at a time.

Both run against a sandbox of their own with 100 ms for every request to Graph, in this one run. Roles of new resources
appear at once, so that waiting for the directory helps neither.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

import structlog

from sandbox.services import Service
from tests.support.office import office, projects_file

LATENCY_MS = 100
WANTED = 5.0


async def seconds(*, batch_size: int, in_flight: int) -> tuple[float, int]:
    """How long the first apply takes, and how many requests it makes."""
    with tempfile.TemporaryDirectory() as folder:
        async with office(Path(folder), batch_size=batch_size, in_flight=in_flight) as here:
            here.world.options.onboarding_delay_s = 0.0
            here.world.options.app_role_delay_s = 0.0
            plan = await here.plan(projects_file())
            here.world.faults.set_latency(Service.GRAPH, LATENCY_MS)
            here.forget()
            start = time.perf_counter()
            outcome = await here.administering.apply(plan, here.journal(plan))
            took = time.perf_counter() - start
            if not outcome.is_done:
                raise RuntimeError(outcome.failed[:3])
            return took, len(here.calls)


async def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    together, few = await seconds(batch_size=20, in_flight=4)
    alone, many = await seconds(batch_size=1, in_flight=1)
    print(f"74 access packages at {LATENCY_MS} ms: {together:.1f} s in {few} requests")
    print(f"the same calls one at a time: {alone:.1f} s in {many} requests")
    print(f"{alone / together:.1f} times as fast (wanted: {WANTED:.0f})")
    return 0 if alone / together >= WANTED else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
