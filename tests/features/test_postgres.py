"""The same on PostgreSQL, and several bots that share it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import postgres_server as postgres_server
from tests.support.postgres import postgres_url as postgres_url
from tests.support.process import bot_process, until_ready, warm_bot_process
from tests.support.story import LENA, MARC, RITA, SAM, Story, story

pytestmark = pytest.mark.postgres


async def asked_and_approved(here: Story) -> None:
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Your access to Sales data works now.")


async def test_the_main_flow(tmp_path: Path, postgres_url: str) -> None:
    async with story(tmp_path, DATABASE_URL=postgres_url) as here:
        await asked_and_approved(here)


async def test_three_bots_post_one_card_each_and_outlive_one_of_them(tmp_path: Path, postgres_url: str) -> None:
    config = tmp_path / "doorman.yaml"
    config.write_text("poll_seconds: 1\n")
    async with story(tmp_path, start=False, DATABASE_URL=postgres_url, DOORMAN_CONFIG=str(config)) as here:
        here.forget_other_requests()
        ports = [here.bot_socket.getsockname()[1], *(free_port() for _ in range(2))]
        here.bot_socket.close()
        settings = [{**here.environment(), "DOORMAN_PORT": str(port)} for port in ports]
        started = [
            begin(each, tmp_path)
            for begin, each in zip((bot_process, warm_bot_process, warm_bot_process), settings, strict=True)
        ]
        async with started[0] as first, started[1] as second, started[2] as third:
            await asyncio.gather(*(until_ready(f"http://127.0.0.1:{port}") for port in ports))
            await here.says(RITA, "help")
            here.portal.request(here.user(RITA).id, here.package_id("Design tools"), justification="From the portal")
            for approver in (SAM, LENA):
                await here.sees(approver, "Rita Requester asks for Design tools")
            # Killed between posting a card and writing that down, a bot leaves the one duplicate nobody can avoid;
            # the tests that kill it at every call speak of that.
            await here.until(lambda: nothing_is_on_its_way(postgres_url), "every card is known to be posted")
            second.kill()
            await second.wait()
            await here.presses(SAM, "Approve", justification="Fine")
            # What the dead one had begun is taken over once it has been silent for a while.
            await here.sees(LENA, "Sam Second approved this")
            await here.sees(RITA, "Your access to Design tools works now.")
            for approver in (SAM, LENA):
                assert here.count(approver, "asks for Design tools") == 1
            assert here.count(RITA, "works now") == 1
            assert first.returncode is None
            assert third.returncode is None


async def nothing_is_on_its_way(postgres_url: str) -> bool:
    async with await psycopg.AsyncConnection.connect(postgres_url) as server:
        answer = await server.execute("SELECT count(*) FROM messages WHERE delivered < wanted")
        return await answer.fetchone() == (0,)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
