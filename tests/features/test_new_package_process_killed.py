"""The bot is killed while it makes an access package, at each call it makes; the package is made all the same, once."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from tests.features.test_killed import KILLS, Killer
from tests.features.test_new_package import ANSWERS
from tests.support.process import bot_process, until_ready, with_port
from tests.support.story import ADAM, story

EVERY_CALL = [(at, is_after) for at in range(1, 16) for is_after in (False, True)]
SOME_CALLS = [(8, True)]
LEFT_BEHIND = timedelta(minutes=3)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("at", "is_after"), EVERY_CALL if os.environ.get(KILLS) == "all" else SOME_CALLS)
async def test_killed_while_it_makes_a_package_it_goes_on_by_itself(tmp_path: Path, at: int, is_after: bool) -> None:
    killer = Killer(at, is_after=is_after)
    config = tmp_path / "doorman.yaml"
    config.write_text("poll_seconds: 1\n", encoding="utf-8")
    async with (
        story(tmp_path, start=False, watching=[killer.__call__], DOORMAN_CONFIG=str(config)) as here,
        AsyncExitStack() as processes,
        asyncio.timeout(170),
    ):
        here.world.options.onboarding_delay_s = 0.0
        here.forget_other_requests()
        environment = with_port(here)

        async def start() -> None:
            killer.bot = await processes.enter_async_context(bot_process(environment, tmp_path))
            await until_ready(here.world.bot_url)

        await start()
        await here.says(ADAM, "new package")
        await here.presses(ADAM, "Show the plan", **ANSWERS)
        killer.is_armed = True
        while not here.count(ADAM, "Trade fair is made"):
            if here.count(ADAM, "| Make it |"):
                await here.presses(ADAM, "Make it")
            if killer.bot is not None and killer.bot.returncode is not None:
                killer.is_armed = False  # killed once
                await start()
                here.world.clock.advance(LEFT_BEHIND)
            await asyncio.sleep(0.1)
        assert killer.kills == 1 or killer.calls < at, "killed once, or never where there were fewer calls"
        assert sum(each.display_name == "Trade fair" for each in here.world.tenant.packages.values()) == 1
        assert len(here.world.tenant.policies_of(here.package_id("Trade fair"))) == 1
        assert here.count(ADAM, "Trade fair") == 1, "the plan has become the result, and nothing else tells of it"
