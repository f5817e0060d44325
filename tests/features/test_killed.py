"""The bot is killed again and again, at every sixteenth call it makes; the request still ends as it should, once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.process import LOG, Running, bot_process, until_ready, warm_bot_process, with_port
from tests.support.story import MARC, RITA, Story, story

KILL_EVERY = 16  # far enough apart that there is progress in between, and every call has its turn
KILLS = "DOORMAN_KILLS"
EVERY_CASE = [(first, is_after) for first in range(KILL_EVERY) for is_after in (False, True)]
SOME_CASES = [(first, first % 4 == 2) for first in range(0, KILL_EVERY, 2)]
ENOUGH = timedelta(minutes=2)  # after which work that was cut off counts as left behind


class Killer:
    """Counts the bot's calls to Graph and to the connector; kills it at each n-th, before or after it is served."""

    def __init__(self, first: int, *, is_after: bool) -> None:
        self._first = first
        self._is_after = is_after
        self.is_armed = False
        self.calls = 0
        self.kills = 0
        self.bot: Running | None = None

    @web.middleware
    async def __call__(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not self.is_armed or not request.path.startswith(("/v1.0/", "/connector/")):
            return await handler(request)
        self.calls += 1
        if self.calls % KILL_EVERY != self._first or self.bot is None or self.bot.returncode is not None:
            return await handler(request)
        answer = await handler(request) if self._is_after else web.Response(status=503)
        self.kills += 1
        self.bot.kill()
        return answer


async def acts(here: Story) -> None:
    """What the two people do next, seeing what they see; a bot that is down answers nothing and they try again."""
    requests = here.requests_of(RITA)
    if not requests:
        await here.presses(RITA, "Request", justification="Q3 forecast")
    elif requests[0].state == "pendingApproval" and any("| Approve |" in line for line in here.chat(MARC)):
        await here.presses(MARC, "Approve")


def has_ended(here: Story) -> bool:
    wanted = (
        (RITA, "access to Sales data works now"),
        (RITA, "Your access works"),
        (MARC, "You approved this"),
    )
    return all(here.count(name, text) for name, text in wanted)


@pytest.mark.timeout(800)
@pytest.mark.parametrize(("first", "is_after"), EVERY_CASE if os.environ.get(KILLS) == "all" else SOME_CASES)
async def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path, first: int, is_after: bool) -> None:
    killer = Killer(first, is_after=is_after)
    config = tmp_path / "doorman.yaml"
    config.write_text("poll_seconds: 1\n")
    async with (
        story(tmp_path, start=False, watching=[killer.__call__], DOORMAN_CONFIG=str(config)) as here,
        AsyncExitStack() as processes,
        asyncio.timeout(780),
    ):
        here.forget_other_requests()
        environment = with_port(here)

        async def start() -> None:
            if first or killer.kills:
                bot = warm_bot_process(environment, tmp_path)
            else:
                bot = bot_process(environment, tmp_path, keeps_log=True)
            killer.bot = await processes.enter_async_context(bot)
            armed, killer.is_armed = killer.is_armed, False
            await until_ready(here.world.bot_url)
            killer.is_armed = armed

        await start()
        await here.says(RITA, "request sales data")
        await here.sees(RITA, "Why do you need it?")
        killer.is_armed = True
        while not has_ended(here):
            await acts(here)
            if killer.bot is not None and killer.bot.returncode is not None:
                await start()
                here.world.clock.advance(ENOUGH)
            await asyncio.sleep(0.1)
        killer.is_armed = False
        assert killer.kills >= 1, "the bot was hardly killed, so this shows little"
        assert [request.state for request in here.requests_of(RITA)] == ["delivered"]
        calls = here.graph_calls()
        filed = [call for call in calls if call.method == "POST" and call.path.endswith("/assignmentRequests")]
        assert [call.status for call in filed].count(201) == 1
        assert [call.status for call in calls if call.method == "PATCH"].count(204) == 1
        asked = here.count(MARC, "Rita Requester asks for Sales data")
        assert 1 <= asked <= 1 + killer.kills
        log = (tmp_path / LOG).read_text()
        counted = sum("message_posted_again" in line and "approval/" in line for line in log.splitlines())
        assert asked - 1 <= counted, "every card that may be there twice was counted"
