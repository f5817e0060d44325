"""What it costs to wait: 10,000 requests are open and nothing happens.

    python -m benchmarks.idle_poll [--pending 10000] [--seconds 95]

A bot runs beside a sandbox, with its usual rhythm of 30 s. Every look for what is new may make 2 Graph calls and take
50 ms of processor time; reading the open requests again may make 2 calls a second on average. Ends with 1 when one of
these is missed. A `$batch` counts as one call; a pass over all requests takes five minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.side_by_side import Sandbox, bot_running, sandbox_thread, store_in
from benchmarks.waiting_requests import put_in_store, put_in_tenant
from bot.domain import UserId
from bot.wiring import WATCH
from sandbox.graph.log import GraphCall
from sandbox.world import World

POLL_SECONDS = 30.0
POLLS = 20
MOST_CALLS = 2
MOST_CALLS_A_SECOND = 2.0
MOST_CPU_MS = 50.0


@dataclass(frozen=True, slots=True)
class Figures:
    calls_per_poll: int
    poll_cpu_ms: float
    sweep_calls_per_second: float
    sweep_cpu_ms_per_second: float


def http_calls(calls: list[GraphCall]) -> int:
    """How many calls over the network these were: everything in one `$batch` is one."""
    return sum(call.batch is None for call in calls) + len({call.batch for call in calls if call.batch is not None})


def looks(calls: list[GraphCall]) -> list[GraphCall]:
    """Those that ask what is new: which requests were made, and what the audit log has."""
    return [call for call in calls if "createdDateTime" in call.query or call.path.endswith("/directoryAudits")]


async def measure(sandbox: Sandbox, pending: int, seconds: float) -> Figures:
    world = sandbox.world
    requests = put_in_tenant(world, pending)
    marc = next(user for user in world.tenant.users.values() if user.display_name == "Marc Manager")
    with tempfile.TemporaryDirectory() as folder:
        async with store_in(world, Path(folder)) as store:
            await put_in_store(store, world, requests, UserId(marc.id))
        async with bot_running(world, Path(folder), poll_seconds=POLL_SECONDS) as app:
            watch = app[WATCH]
            await watch.poll()  # the first one looks a month back
            log = world.graph_log
            log.entries.clear()
            began, cpu = time.monotonic(), sandbox.bot_cpu_seconds()
            await asyncio.sleep(seconds)
            spent, cpu = time.monotonic() - began, sandbox.bot_cpu_seconds() - cpu
            swept = http_calls([call for call in log.entries if call.batch is not None])
            costs, most = [], 0
            for _ in range(POLLS):
                log.entries.clear()
                before = sandbox.bot_cpu_seconds()
                await watch.poll()
                costs.append((sandbox.bot_cpu_seconds() - before) * 1_000)
                most = max(most, len(looks(log.entries)))
    return Figures(most, statistics.median(costs), swept / spent, cpu * 1_000 / spent)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pending", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=95.0)
    wanted = parser.parse_args()
    with sandbox_thread(World()) as sandbox:
        found = asyncio.run(measure(sandbox, wanted.pending, wanted.seconds))
    print(f"{wanted.pending:,} requests pending, nothing new, {wanted.seconds:.0f} s watched")
    print(f"  Graph calls for what is new, per poll       {found.calls_per_poll:8d}    at most {MOST_CALLS}")
    print(f"  processor time of a poll, median            {found.poll_cpu_ms:8.1f} ms less than {MOST_CPU_MS:.0f} ms")
    print(
        f"  Graph calls of the sweep, per second        {found.sweep_calls_per_second:8.2f}"
        f"    at most {MOST_CALLS_A_SECOND:.0f}"
    )
    print(f"  processor time of everything, per second    {found.sweep_cpu_ms_per_second:8.1f} ms")
    is_missed = (
        found.calls_per_poll > MOST_CALLS
        or found.sweep_calls_per_second > MOST_CALLS_A_SECOND
        or found.poll_cpu_ms >= MOST_CPU_MS
    )
    return 1 if is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
