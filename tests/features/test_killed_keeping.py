"""The bot is killed while it tells what ends and while people keep and give back; each thing happens once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from sandbox.graph.engine.lifecycle import Lifecycle
from tests.features.test_killed import Killer
from tests.support.giving import give, has, held
from tests.support.process import bot_process, until_ready, with_port
from tests.support.story import RITA, Story, story

CONFIG = """
poll_seconds: 1
quiet_hours: {from: "00:00", until: "00:00", working_days: [mon, tue, wed, thu, fri, sat, sun]}
"""
ENOUGH = timedelta(minutes=6)


async def acts(here: Story) -> None:
    """What Rita does next, seeing what she sees; a bot that is down answers nothing and she tries again."""
    if any("Audit archive" in line and "| Extend |" in line for line in here.chat(RITA)):
        await here.presses(RITA, "Extend")
    elif has(here, RITA, "Office map"):
        if any("You would lose" in line and "| Give back |" in line for line in here.chat(RITA)[-3:]):
            await here.presses(RITA, "Give back")
        else:
            await here.says(RITA, "give back office map")


def has_ended(here: Story) -> bool:
    return all(
        here.count(RITA, text) > 0
        for text in ("Your access to Audit archive goes on until", "You have given back Office map.", "Extended until")
    )


def kinds(here: Story) -> list[str]:
    return sorted(request.request_type for request in here.requests_of(RITA) if request.state == "delivered")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("first", "is_after"), [(2, False), (7, True), (12, False), (15, True)])
async def test_nothing_is_told_kept_or_given_back_twice(tmp_path: Path, first: int, is_after: bool) -> None:
    killer = Killer(first, is_after=is_after)
    config = tmp_path / "doorman.yaml"
    config.write_text(CONFIG)
    async with (
        story(tmp_path, start=False, watching=[killer.__call__], DOORMAN_CONFIG=str(config)) as here,
        AsyncExitStack() as processes,
        asyncio.timeout(280),
    ):
        here.forget_other_requests()
        for package in ("Audit archive", "Office map"):
            give(here, RITA, package)
        here.world.clock.advance(timedelta(days=20))
        environment = with_port(here)

        async def start() -> None:
            killer.bot = await processes.enter_async_context(bot_process(environment, tmp_path))
            armed, killer.is_armed = killer.is_armed, False
            await until_ready(here.world.bot_url)
            killer.is_armed = armed

        await start()
        await here.says(RITA, "my access")
        await here.sees(RITA, "Office map")
        mine = held(here, RITA, "Audit archive")
        ends_at = (here.world.clock.now() + timedelta(days=13)).astimezone(UTC)
        Lifecycle(here.world).expire_at(mine, ends_at, mine.created_at)
        here.world.clock.advance(timedelta(hours=7))  # the next list is due
        killer.is_armed = True
        while not has_ended(here):
            await acts(here)
            if killer.bot is not None and killer.bot.returncode is not None:
                await start()
                here.world.clock.advance(ENOUGH)
            await asyncio.sleep(0.2)
        killer.is_armed = False
        assert killer.kills >= 1, "the bot was hardly killed, so this shows little"
        assert kinds(here) == ["userAdd", "userAdd", "userAdd", "userRemove"]
        filed = [
            call for call in here.graph_calls() if call.method == "POST" and call.path.endswith("/assignmentRequests")
        ]
        assert [call.status for call in filed].count(201) == 2
        assert 1 <= here.count(RITA, "Nothing is left to decide here") <= 1 + killer.kills
        assert not has(here, RITA, "Office map")
