"""The bot is killed right before or after a write that somebody asked for is served; it is done in the end, once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.graph.engine.lifecycle import Lifecycle
from tests.support.giving import give, held
from tests.support.process import Running, bot_process, until_ready, warm_bot_process, with_port
from tests.support.story import LENA, MARC, RITA, Story, story

AT_ANY_HOUR = """
poll_seconds: 1
quiet_hours: {from: "00:00", until: "00:00", working_days: [mon, tue, wed, thu, fri, sat, sun]}
"""
ENOUGH = timedelta(minutes=2)  # after which work that was cut off counts as left behind


@dataclass
class Sniper:
    """Kills the bot once, at the first call like this after it was armed, before or after it is served."""

    method: str
    path: str
    is_after: bool
    is_armed: bool = False
    bot: Running | None = None

    @web.middleware
    async def __call__(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        is_it = request.method == self.method and re.search(self.path, request.path) is not None
        if not self.is_armed or self.bot is None or not is_it:
            return await handler(request)
        self.is_armed = False
        answer = await handler(request) if self.is_after else web.Response(status=503)
        self.bot.kill()
        return answer


async def asks(here: Story) -> None:
    await here.says(RITA, "request sales data")
    await here.sees(RITA, "Why do you need it?")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.sees(RITA, "Waiting for approval")


@dataclass(frozen=True)
class Tale:
    """What is killed, what people do before and then, and what they read in the end, how often."""

    method: str
    path: str
    before: Callable[[Story], Awaitable[object]]
    then: Callable[[Story], Awaitable[object]]
    reads: tuple[str, str]
    write: str = ""  # the end of the path of the write that Graph has to take once


async def cancels_nearly(here: Story) -> None:
    await asks(here)
    await here.presses(RITA, "Cancel request")


async def fails(here: Story) -> None:
    await here.says(LENA, "help")
    package = here.world.tenant.packages[here.package_id("Office map")]
    package.delivery = "failed"
    await here.says(RITA, "request office map")
    await here.presses(RITA, "Request")
    await here.sees(LENA, "Setting up failed")
    package.delivery = "normal"


async def writes_a_note_nearly(here: Story) -> None:
    await asks(here)
    await here.presses(RITA, "Add a note")


async def has_access(here: Story, *packages: str) -> None:
    await here.says(RITA, "my access")
    await here.sees(RITA, "no access through access packages")
    for package in packages:
        give(here, RITA, package)


async def is_about_to_lose(here: Story) -> None:
    """What Rita has ends in two weeks; she hears of it when the next list has come round."""
    await has_access(here, "Audit archive")
    mine = held(here, RITA, "Audit archive")
    here.world.clock.advance(timedelta(days=20))
    Lifecycle(here.world).expire_at(mine, here.world.clock.now() + timedelta(days=13), mine.created_at)


async def extends_nearly(here: Story) -> None:
    await is_about_to_lose(here)
    await here.says(RITA, "help")
    await here.sees(RITA, "Extend keeps what is ticked")


async def gives_back_nearly(here: Story) -> None:
    await has_access(here, "Office map")
    await here.says(RITA, "give back office map")
    await here.sees(RITA, "You would lose")


async def waits(here: Story) -> None:
    """Time goes by, and Doorman knows of it."""
    here.world.clock.advance(timedelta(hours=7))
    await here.says(RITA, "help")


TALES = {
    "cancel": Tale(
        "POST",
        r"/cancel$",
        cancels_nearly,
        lambda here: here.presses(RITA, "Yes, cancel it"),
        (RITA, "Nothing was granted."),
        "/cancel",
    ),
    "reprocess": Tale(
        "POST",
        r"/reprocess$",
        fails,
        lambda here: here.presses(LENA, "Try again"),
        (RITA, "Your access to Office map works now."),
        "/reprocess",
    ),
    "note": Tale(
        "PUT",
        r"/connector/.*/activities/",
        writes_a_note_nearly,
        lambda here: here.presses(RITA, "Send", text="It is urgent."),
        (MARC, "It is urgent."),
    ),
    "extend": Tale(
        "POST",
        r"/assignmentRequests$",
        extends_nearly,
        lambda here: here.presses(RITA, "Extend"),
        (RITA, "Extended until"),
        "/assignmentRequests",
    ),
    "extended": Tale(
        "PUT",
        r"/connector/.*/activities/",
        extends_nearly,
        lambda here: here.presses(RITA, "Extend"),
        (RITA, "Extended until"),
        "/assignmentRequests",
    ),
    "give back": Tale(
        "POST",
        r"/assignmentRequests$",
        gives_back_nearly,
        lambda here: here.presses(RITA, "Give back"),
        (RITA, "You have given back Office map."),
        "/assignmentRequests",
    ),
    "notice": Tale(
        "POST",
        r"/connector/.*/activities",
        is_about_to_lose,
        waits,
        (RITA, "Extend keeps what is ticked"),
    ),
    "nudge": Tale(
        "POST",
        r"/connector/.*/activities",
        asks,
        lambda here: here.presses(RITA, "Remind them"),
        (MARC, "asks you to look at the request for Sales data"),
    ),
}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", TALES)
async def test_what_was_asked_for_is_done_once(tmp_path: Path, name: str, is_after: bool) -> None:
    tale = TALES[name]
    sniper = Sniper(tale.method, tale.path, is_after)
    config = tmp_path / "doorman.yaml"
    async with (
        story(tmp_path, start=False, watching=[sniper.__call__], DOORMAN_CONFIG=str(config)) as here,
        AsyncExitStack() as processes,
        asyncio.timeout(380),
    ):
        config.write_text(f"{AT_ANY_HOUR}administrators: [{here.user(LENA).id}]\n")
        here.forget_other_requests()
        environment = with_port(here)

        async def start() -> None:
            is_cold = name == "cancel" and sniper.bot is None
            begin = bot_process if is_cold else warm_bot_process
            sniper.bot = await processes.enter_async_context(begin(environment, tmp_path))
            await until_ready(here.world.bot_url)

        await start()
        await tale.before(here)
        sniper.is_armed = True
        await tale.then(here)
        assert sniper.bot is not None
        await sniper.bot.wait()
        here.world.clock.advance(ENOUGH)
        await start()
        who, text = tale.reads
        await here.sees(who, text)
        if tale.write:
            calls = [call for call in here.graph_calls() if call.path.endswith(tale.write)]
            assert [call.status // 100 for call in calls if call.method == "POST"].count(2) == 1
        if name in ("nudge", "notice"):
            assert here.count(who, text) <= 2
