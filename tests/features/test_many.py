"""Many requests at once: what waiting for them costs, and that their cards keep to the limits of Teams."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from benchmarks.flood import most_within
from benchmarks.idle_poll import http_calls, looks
from benchmarks.side_by_side import Arrivals
from benchmarks.waiting_requests import know_where_teams_is, put_in_store, put_in_tenant, put_packages
from bot.domain import UserId
from bot.teams.pacer import PER_APP, PER_CHAT
from bot.wiring import WATCH
from tests.support.story import MARC, RITA, Story, story

PENDING = 130
REQUESTS, APPROVERS = 12, 3


async def test_waiting_for_many_requests_takes_few_calls(here: Story) -> None:
    requests = put_in_tenant(here.world, PENDING)
    await put_in_store(here.store, here.world, requests, UserId(here.user(MARC).id))
    await here.app[WATCH].poll()  # the first one looks a month back
    here.world.clock.advance(timedelta(hours=1))
    here.world.graph_log.entries.clear()
    await here.app[WATCH].poll()
    assert len(looks(here.graph_calls())) <= 2
    here.world.graph_log.entries.clear()
    await here.app[WATCH].sweep()
    swept = [call for call in here.graph_calls() if call.batch is not None]
    assert len(swept) >= PENDING
    assert http_calls(swept) == -(-PENDING // 20), "twenty requests are read again with one call"


async def test_an_approver_has_the_card_within_a_second(here: Story) -> None:
    """Busy neighbours slow single ones down; a wait that is built in would show in each of them."""
    here.forget_other_requests()
    waited, worked = [], []
    for package in ("Sales data", "Finance reports", "Server room"):
        await here.says(RITA, f"request {package}")
        began, before = time.perf_counter(), time.process_time()
        pressing = asyncio.create_task(here.presses(RITA, "Request", justification="Q3 forecast"))
        await here.sees(MARC, f"Rita Requester asks for {package}")
        waited.append(time.perf_counter() - began)
        worked.append(time.process_time() - before)
        await pressing
    assert min(waited) < 1.0
    assert statistics.median(worked) < 1.0, "processor time of the bot and of the sandbox"


async def test_the_cards_of_many_requests_keep_to_the_limits_of_teams(tmp_path: Path) -> None:
    arrivals = Arrivals()
    async with story(tmp_path, watching=[arrivals.__call__]) as here:
        names = put_packages(here.world, 1, APPROVERS)
        await know_where_teams_is(here.store, here.world)
        put_in_tenant(here.world, REQUESTS, names, age=timedelta(seconds=5))
        await here.app[WATCH].poll()

        async def are_all_there() -> bool:
            return len([call for call in arrivals.taken if call[1] != "open"]) >= REQUESTS * APPROVERS

        await here.until(are_all_there, "every approver has a card for each request")
        refused = [status for _, _, status in arrivals.calls if status // 100 != 2]
        # What was paced when it left may arrive closer together on a busy machine; Teams says so, and it is sent again.
        assert set(refused) <= {429}
        assert len(refused) <= len(arrivals.taken) // 10, "hardly anything is too much for Teams"
        cards = Counter(chat for _, chat, _ in arrivals.taken if chat != "open")
        assert sorted(cards.values()) == [REQUESTS] * APPROVERS
        assert most_within((at for at, _, _ in arrivals.taken), 1.0) <= PER_APP[1.0]
        for chat in cards:
            moments = [at for at, where, _ in arrivals.taken if where == chat]
            assert all(most_within(moments, span) <= most for span, most in PER_CHAT.items())
