"""Starting and stopping as an operator does: `python app.py`, with the environment alone."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from tests.support.process import LOG, bot_process, until_ready, warm_bot_process, with_port
from tests.support.story import PATIENCE_S, story

MEMORY_MB = 200
START_SECONDS = 3.0
TRIES = 3


async def test_it_is_ready_soon_in_little_memory_and_ends_when_told(tmp_path: Path) -> None:
    spent: list[float] = []
    while len(spent) < TRIES and min(spent, default=START_SECONDS) >= START_SECONDS:
        async with story(tmp_path, start=False) as here, bot_process(with_port(here), tmp_path) as bot:
            await until_ready(here.world.bot_url)
            memory = psutil.Process(bot.pid).memory_info().rss / 2**20
            assert memory < MEMORY_MB
            # Processor time, because the machine may be busy with other things, which makes even that longer.
            spent.append(sum(psutil.Process(bot.pid).cpu_times()[:2]))
            bot.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(bot.wait(), PATIENCE_S) == 0
    assert min(spent) < START_SECONDS


async def test_without_a_reachable_world_it_lives_and_says_what_is_missing(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        environment = with_port(here)
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        environment |= {"LOGIN_URL": gone, "GRAPH_URL": gone}
        async with bot_process(environment, tmp_path), aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            checks = await _first_answer(session, f"{here.world.bot_url}/readyz")
            assert checks["ready"] is False
            assert checks["checks"]["store"] == "ok"
            assert checks["checks"]["graph"] != "ok"
            async with session.get(f"{here.world.bot_url}/healthz") as alive:
                assert alive.status == 200


async def _first_answer(session: aiohttp.ClientSession, url: str) -> Any:
    while True:
        try:
            async with session.get(url) as answer:
                return await answer.json()
        except aiohttp.ClientError:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"MicrosoftAppId": ""}, "MicrosoftAppId"),
        ({"MicrosoftAppPassword": ""}, "MicrosoftAppPassword"),
        ({"DOORMAN_SECRET_KEYS": "short"}, "DOORMAN_SECRET_KEYS"),
        ({"GRAPH_URL": "http://graph.example"}, "GRAPH_URL"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"DOORMAN_CONFIG": "/nowhere.yaml"}, "DOORMAN_CONFIG"),
        ({"DOORMAN_PORT": "port"}, "DOORMAN_PORT"),
        ({"MicrosoftAppPassword": "", "MicrosoftAppCertificatePath": __file__}, "MicrosoftAppCertificatePath"),
    ],
)
async def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, change: dict[str, str], named: str
) -> None:
    async with story(tmp_path, start=False) as here:
        given = {**with_port(here), **change}
    environment = {name: value for name, value in given.items() if value}
    is_cold = named == "MicrosoftAppId"
    starting = (
        bot_process(environment, tmp_path, keeps_log=True) if is_cold else warm_bot_process(environment, tmp_path)
    )
    async with starting as bot:
        assert await asyncio.wait_for(bot.wait(), PATIENCE_S) == 1
    lines = (tmp_path / LOG).read_text().strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].count(named) == 1, lines


async def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        environment = {
            **here.environment(),
            "DOORMAN_PORT": str(here.bot_socket.getsockname()[1]),
            "LOG_LEVEL": "ERROR",
        }
        async with warm_bot_process(environment, tmp_path) as bot:
            assert await asyncio.wait_for(bot.wait(), PATIENCE_S) == 1
        error = (tmp_path / LOG).read_text()
        assert "DOORMAN_PORT" in error.strip().splitlines()[-1]
        assert "Traceback" not in error
