"""A thousand requests at once, three approvers each: how soon every approver has a card, within the limits of Teams.

    python -m benchmarks.flood [--requests 1000] [--approvers 3] [--packages 50]

The sandbox's connector counts as Teams does, 50 calls a second from one bot and 7, 8, 60 and 1,800 in 1, 2, 30 and
3,600 seconds in one chat, and answers 429 to what is too much. Ends with 1 when a card is missing, when one is there
twice, or when a limit was exceeded. How long it takes is for the machine: the sandbox works on it as well.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.side_by_side import Arrivals, Sandbox, bot_running, sandbox_thread
from benchmarks.waiting_requests import know_where_teams_is, put_in_tenant, put_packages
from bot.domain import RequestId
from bot.teams.pacer import PER_APP, PER_CHAT
from bot.wiring import STORE, WATCH
from sandbox.world import World

PATIENCE_SECONDS = 900.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Figures:
    seconds: float
    cards: int
    repeated: int
    refused: int  # calls that were answered 429
    most_a_second: int
    exceeded: int  # windows of single chats that held more than fits
    bot_cpu_seconds: float


def most_within(moments: Iterable[float], seconds: float) -> int:
    ordered = sorted(moments)
    most = first = 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


async def measure(sandbox: Sandbox, arrivals: Arrivals, requests: int, approvers: int, packages: int) -> Figures:
    world = sandbox.world
    names = put_packages(world, packages, approvers)
    wanted = requests * approvers
    with tempfile.TemporaryDirectory() as folder:
        async with bot_running(world, Path(folder), poll_seconds=3_000) as app:
            await know_where_teams_is(app[STORE], world)
            put_in_tenant(world, requests, names, age=timedelta(seconds=5))
            arrivals.calls.clear()
            began, cpu = time.monotonic(), sandbox.bot_cpu_seconds()
            await app[WATCH].poll()
            await _until(lambda: _cards(arrivals) >= wanted)
            spent, cpu = time.monotonic() - began, sandbox.bot_cpu_seconds() - cpu
            async with app[STORE].unit(read_only=True) as unit:
                found = await unit.messages.for_request(RequestId(next(iter(world.tenant.requests))))
    keys = Counter(message.key for message in found)
    by_chat: dict[str, list[float]] = defaultdict(list)
    taken = [(at, chat) for at, chat, status in arrivals.calls if status < 400]
    for at, chat in taken:
        if chat != "open":
            by_chat[chat].append(at)
    exceeded = sum(most_within(by_chat[chat], span) > most for chat in by_chat for span, most in PER_CHAT.items())
    cards = _cards(arrivals)
    return Figures(
        seconds=spent,
        cards=cards,
        repeated=max(0, cards - wanted) + sum(count - 1 for count in keys.values()),
        refused=sum(status == 429 for _, _, status in arrivals.calls),
        most_a_second=most_within((at for at, _ in taken), 1.0),
        exceeded=exceeded,
        bot_cpu_seconds=cpu,
    )


async def _until(holds: Callable[[], bool]) -> None:
    """Wait for it, though not for ever."""
    for _ in range(round(PATIENCE_SECONDS / _LOOK_SECONDS)):
        if holds():
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _cards(arrivals: Arrivals) -> int:
    return sum(chat != "open" and status < 400 for _, chat, status in arrivals.calls)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--approvers", type=int, default=3)
    parser.add_argument("--packages", type=int, default=50)
    wanted = parser.parse_args()
    arrivals = Arrivals()
    with sandbox_thread(World(), [arrivals.__call__]) as sandbox:
        found = asyncio.run(measure(sandbox, arrivals, wanted.requests, wanted.approvers, wanted.packages))
    count = wanted.requests * wanted.approvers
    fastest = (count + wanted.packages * wanted.approvers) / PER_APP[1.0]
    print(f"{wanted.requests:,} requests at once, {wanted.approvers} approvers each, {count:,} cards")
    print(f"  all are there after                {found.seconds:8.1f} s   the limit alone needs {fastest:.0f} s")
    print(f"  cards posted, of them twice        {found.cards:8d}     {found.repeated}")
    print(f"  most calls within a second         {found.most_a_second:8d}     at most {PER_APP[1.0]}")
    print(f"  chats above their own limit        {found.exceeded:8d}     none")
    print(f"  calls that Teams refused (429)     {found.refused:8d}")
    print(f"  processor time of the bot          {found.bot_cpu_seconds:8.1f} s")
    is_missed = found.cards != count or found.repeated or found.exceeded or found.most_a_second > PER_APP[1.0]
    return 1 if is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
