"""The same on PostgreSQL, and several bots that share it."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from bot.clock import Clock
from bot.config import Config
from bot.domain import Person, UserId
from bot.identity.sealing import Sealer
from bot.services.administrators import Administrators
from bot.services.health.weekly import WeeklyHealth
from bot.services.hours import Hours
from bot.services.watching import Watch
from bot.store import Store, open_store
from bot.wiring import WATCH
from tests.support.postgres import postgres_server as postgres_server
from tests.support.postgres import postgres_url as postgres_url
from tests.support.process import bot_process, until_ready, warm_bot_process
from tests.support.story import ADAM, LENA, MARC, RITA, SAM, Story, story

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


async def test_two_bots_send_what_is_held_once_and_remind_once(tmp_path: Path, postgres_url: str) -> None:
    """The one that took the decision is dead when its time has come; both look for what is due."""
    config = tmp_path / "doorman.yaml"
    config.write_text("poll_seconds: 1\nundo_seconds: 600\n")
    async with story(tmp_path, start=False, DATABASE_URL=postgres_url, DOORMAN_CONFIG=str(config)) as here:
        here.forget_other_requests()
        ports = [here.bot_socket.getsockname()[1], free_port(), free_port()]
        here.bot_socket.close()
        settings = [{**here.environment(), "DOORMAN_PORT": str(port)} for port in ports]
        started = [warm_bot_process(each, tmp_path) for each in settings]
        async with started[0] as first, started[1], started[2]:
            await asyncio.gather(*(until_ready(f"http://127.0.0.1:{port}") for port in ports))
            await here.says(RITA, "help")
            for package in ("Design tools", "Sales data"):
                here.portal.request(here.user(RITA).id, here.package_id(package), justification="From the portal")
            await here.sees(SAM, "Rita Requester asks for Design tools")
            await here.sees(MARC, "Rita Requester asks for Sales data")
            await here.presses(SAM, "Approve", justification="Fine")
            await here.until(lambda: nothing_is_on_its_way(postgres_url), "every card is known to be posted")
            first.kill()
            await first.wait()
            here.world.clock.advance(timedelta(minutes=11))
            await here.sees(RITA, "Your access to Design tools works now.")
            here.world.clock.advance(timedelta(days=1))
            await here.sees(MARC, "1 request waits for your decision")
            await here.until(lambda: nothing_is_on_its_way(postgres_url), "everything is posted")
            assert [call.status for call in here.graph_calls() if call.method == "PATCH"] == [204]
            assert here.count(RITA, "works now") == here.count(MARC, "waits for your decision") == 1


async def test_two_bots_bring_each_administrator_one_health_card_a_week(tmp_path: Path, postgres_url: str) -> None:
    key = Fernet.generate_key().decode()
    async with story(tmp_path, start=False, DATABASE_URL=postgres_url, DOORMAN_SECRET_KEYS=key) as here:
        administrators = {here.user(name).user_principal_name: here.user(name).id for name in (ADAM, LENA)}
        here.config = Config(administrators=list(administrators))
        here.world.clock.advance(_until_monday_at_ten(here.world.clock.now()))
        await here.start_bot()
        for name in (ADAM, LENA):
            await here.says(name, "settings health weekly")
        other_store = await open_store(postgres_url, Sealer([key]), Clock(here.world.clock.now))
        try:
            other = _another_bot(here, administrators, other_store)
            for weeks in (1, 2):
                # One after the other and both at once, as when a bot takes over the rounds of one that only seems dead.
                await asyncio.gather(here.look_ahead(), other.round(), other.round())
                await asyncio.gather(other.round(), here.look_ahead())
                await here.until(lambda: nothing_is_on_its_way(postgres_url), "every card is known to be posted")
                for name in (ADAM, LENA):
                    assert here.count(name, "Looked at") == weeks
                here.world.clock.advance(timedelta(days=7))
        finally:
            await other_store.close()


def _another_bot(here: Story, administrators: dict[str, str], store: Store) -> WeeklyHealth:
    """The weekly round of another process: with its own connections, and without the first one's list of jobs."""
    people = Administrators(list(administrators), _Directory(administrators))
    return WeeklyHealth(store, people, _AtOnce(here.app[WATCH]), Clock(here.world.clock.now), Hours())


@dataclass
class _Directory:
    people: dict[str, str]

    async def person(self, user_id: UserId) -> Person:
        return Person(UserId(self.people[user_id]), user_id)


@dataclass
class _AtOnce:
    """Delivers whatever is wanted, also what somebody else is about to deliver."""

    watch: Watch

    async def deliver_soon(self, key: str, wanted: int) -> None:
        await self.watch.deliver(key)


def _until_monday_at_ten(now: datetime) -> timedelta:
    day = now.astimezone(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    return day + timedelta(days=7 - day.weekday()) - now


async def nothing_is_on_its_way(postgres_url: str) -> bool:
    async with await psycopg.AsyncConnection.connect(postgres_url) as server:
        answer = await server.execute("SELECT count(*) FROM messages WHERE delivered < wanted")
        return await answer.fetchone() == (0,)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
