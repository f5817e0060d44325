"""The bot is killed while it carries out a plan, at each call it makes; the plan ends the same, and both see it."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from tests.features.test_enrol import ALDER, file_of, holders
from tests.features.test_enrol_trouble import filed, proposed
from tests.features.test_killed import KILLS, Killer
from tests.support.process import bot_process, until_ready, warm_bot_process, with_port
from tests.support.story import LENA, ROOT, SAM, story

EVERY_CALL = [(at, is_after) for at in range(1, 16) for is_after in (False, True)]
SOME_CALLS = [(6, True)]
LEFT_BEHIND = timedelta(minutes=3)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("at", "is_after"), EVERY_CALL if os.environ.get(KILLS) == "all" else SOME_CALLS)
async def test_killed_while_it_applies_it_ends_the_same(tmp_path: Path, at: int, is_after: bool) -> None:
    killer = Killer(at, is_after=is_after)
    config = tmp_path / "doorman.yaml"
    rules = (ROOT / "sandbox" / "doorman.yaml").read_text(encoding="utf-8")
    config.write_text(f"poll_seconds: 1\n{rules}", encoding="utf-8")
    async with (
        story(tmp_path, start=False, watching=[killer.__call__], DOORMAN_CONFIG=str(config)) as here,
        AsyncExitStack() as processes,
        asyncio.timeout(380),
    ):
        here.forget_other_requests()
        environment = with_port(here)

        async def start() -> None:
            begin = warm_bot_process if killer.kills else bot_process
            killer.bot = await processes.enter_async_context(begin(environment, tmp_path))
            await until_ready(here.world.bot_url)

        await start()
        for name in (LENA, SAM):
            await here.says(name, "help")
        leaving = sorted(holders(here))[0]
        guest = f"Nina New;nina.new@fernhill.example;{ALDER}"
        await proposed(here, LENA, file_of(here, guest, without=leaving), SAM)
        killer.is_armed = True
        while not all(here.count(name, "2 of 2 done") for name in (LENA, SAM)):
            if here.count(SAM, "| Agree |"):
                await here.presses(SAM, "Agree")
            if killer.bot is not None and killer.bot.returncode is not None:
                killer.is_armed = False  # killed once
                await start()
                here.world.clock.advance(LEFT_BEHIND)
            await asyncio.sleep(0.1)
        assert killer.kills == 1 or killer.calls < at, "killed once, or never where there were fewer calls"
        assert filed(here) == sorted([leaving, "nina.new@fernhill.example"])
        now = holders(here)
        assert "nina.new@fernhill.example" in now
        assert leaving not in now
        assert here.count(LENA, "2 of 2 done") == here.count(SAM, "2 of 2 done") == 1
