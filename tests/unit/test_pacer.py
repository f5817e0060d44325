"""Sending within the limits of Teams, on a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter

from bot.teams.pacer import PER_APP, PER_CHAT, Pacer

REQUESTS, APPROVERS, CARDS_EACH = 1_000, 60, 3


class MovedClock:
    """Time passes only when everybody sleeps, and then at once."""

    def __init__(self) -> None:
        self.at = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        awake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.at + seconds, self._count, awake))
        await awake

    async def run(self, *tasks: asyncio.Task[None]) -> None:
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            if self._sleepers:
                self.at, _, awake = heapq.heappop(self._sleepers)
                awake.set_result(None)
        await asyncio.gather(*tasks)


def most_within(moments: list[float], seconds: float) -> int:
    moments = sorted(moments)
    most = first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


async def test_three_cards_for_each_of_a_thousand_requests_go_out_within_the_limits() -> None:
    clock = MovedClock()
    pacer = Pacer(now=clock.now, sleep=clock.sleep)
    sent: list[tuple[str, float]] = []

    async def chat(name: str, count: int) -> None:
        for _ in range(count):
            assert await pacer.pace(name, 36_000) == 0
            sent.append((name, clock.now()))

    cards = Counter(f"chat {number % APPROVERS}" for number in range(REQUESTS * CARDS_EACH))
    await clock.run(*(asyncio.create_task(chat(name, count)) for name, count in cards.items()))
    assert len(sent) == REQUESTS * CARDS_EACH
    for seconds, most in PER_APP.items():
        assert most_within([moment for _, moment in sent], seconds) <= most
    for name in cards:
        moments = [moment for where, moment in sent if where == name]
        assert all(most_within(moments, seconds) <= most for seconds, most in PER_CHAT.items()), name
    assert clock.now() < 2 * REQUESTS * CARDS_EACH / 50, "all are out in about the time that the limit needs"


async def test_several_processes_share_what_the_app_may_send() -> None:
    clock = MovedClock()
    alive = 1
    pacers = [Pacer(lambda: alive, now=clock.now, sleep=clock.sleep) for _ in range(3)]
    sent: list[float] = []

    async def writes(pacer: Pacer, chat: str) -> None:
        for _ in range(3):
            assert await pacer.pace(chat, 36_000) == 0
            sent.append(clock.now())

    alive = 3
    await clock.run(
        *(
            asyncio.create_task(writes(pacer, f"{number}/{chat}"))
            for number, pacer in enumerate(pacers)
            for chat in range(60)
        )
    )
    assert len(sent) == 3 * 60 * 3
    assert most_within(sent, 1.0) <= PER_APP[1.0]


async def test_where_teams_says_too_many_it_is_left_alone_as_long_as_it_wants() -> None:
    clock = MovedClock()
    clock.at = 100.0
    pacer = Pacer(now=clock.now, sleep=clock.sleep)
    pacer.told_off("busy", 5.0)
    assert await pacer.pace("busy", 0.5) == 5.0
    assert await pacer.pace("quiet", 0.5) == 0
    pacer.told_off("another", 3.0)  # a second chat in the same moment: the app as a whole is too quick
    assert await pacer.pace("quiet", 0.5) == 3.0
    assert await pacer.pace("", 0.5) == 3.0, "opening a chat waits as well"
    clock.at = 105.0
    assert await pacer.pace("busy", 0.5) == 0


async def test_a_quiet_chat_is_not_held_up_and_a_full_one_says_for_how_long() -> None:
    clock = MovedClock()
    pacer = Pacer(now=clock.now, sleep=clock.sleep)
    for _ in range(7):
        assert await pacer.pace("busy", 0.5) == 0
    wait = await pacer.pace("busy", 0.5)
    assert 0.9 < wait < 1.1
    assert await pacer.pace("quiet", 0.5) == 0
    clock.at = 1.1
    assert await pacer.pace("busy", 0.5) == 0
    assert await pacer.pace("busy", 0.5) > 0.5, "eight in two seconds"


async def test_an_answer_is_counted_and_waits_only_where_teams_wants_to_be_left_alone() -> None:
    clock = MovedClock()
    pacer = Pacer(now=clock.now, sleep=clock.sleep)
    for _ in range(200):
        assert await pacer.pace("chat", 1.0, is_answer=True) == 0
    assert await pacer.pace("other", 0.0) > 0, "answers use up what may be sent"
    pacer.told_off("chat", 30.0)
    assert await pacer.pace("chat", 4.0, is_answer=True) == 30.0
