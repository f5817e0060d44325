"""A sandbox and a bot side by side, and the people who use them. Everything goes over HTTP, with real tokens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.clock import Clock
from bot.config import Config
from bot.jobs.work import JobSettings
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.web import METRICS
from bot.wiring import ROUTER, STORE, WATCH, create_app
from sandbox.app import create_sandbox
from sandbox.bot_settings import bot_environment
from sandbox.connector.cards import texts
from sandbox.connector.client import TEAMS, TeamsClient
from sandbox.connector.outcomes import Outcome
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.portal import Portal
from sandbox.graph.log import GraphCall
from sandbox.tenant.identity import subject_id
from sandbox.tenant.model import AssignmentRequest, User
from sandbox.world import World
from tests.support.databases import lay_out
from tests.support.moments import story_clock

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
"""How long something may take that has to happen; only what fails waits as long, so a slow machine has its time."""

RITA, MARC, SAM = "Rita Requester", "Marc Manager", "Sam Second"
LENA, ADAM, GINA, NORA = "Lena Lead", "Adam Admin", "Gina Guest", "Nora Nomanager"


class SameClock(Clock):
    """The sandbox's own, from the first turn on; an answer that was under way when time was moved does not count.

    Bots that are processes follow the `Date` of the answers.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now)

    @property
    def is_known(self) -> bool:
        return True

    def observe(self, server_time: datetime) -> None:
        return


@dataclass
class Story:
    """People are named as in the tenant. What they see is waited for; nothing here sleeps."""

    world: World
    teams: TeamsClient
    folder: Path
    bot_socket: socket.socket
    changes: dict[str, str] = field(default_factory=dict)
    config: Config = field(default_factory=lambda: Config(support_contact="it@woodgrove.example"))
    clock: Clock | None = None
    bot: web.Application | None = None
    _runner: web.AppRunner | None = None

    # The bot's life

    async def start_bot(self) -> None:
        lay_out(self.folder)
        clock = self.clock or SameClock(self.world)
        app = create_app(self.settings(), self.config, job_settings=self.job_settings(), clock=clock)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        await web.SockSite(runner, self.bot_socket.dup()).start()
        self.bot, self._runner = app, runner

    async def stop_bot(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        self.bot = self._runner = None

    def settings(self) -> Settings:
        return load_settings(self.environment())

    def environment(self) -> dict[str, str]:
        return {
            **bot_environment(self.world),
            "DATABASE_URL": f"sqlite:///{self.folder}/doorman.db",
            **self.changes,
        }

    def job_settings(self) -> JobSettings:
        """No rounds by the machine's clock, a test decides itself when there is one; everything else quick."""
        return JobSettings(
            database_url=self.environment()["DATABASE_URL"],
            process_id="story",
            poll_seconds=3_000,
            has_rounds=False,
            first_retry_seconds=0.05,
            queue_seconds=0.05,
            listener_seconds=0.05,
        )

    @property
    def app(self) -> web.Application:
        assert self.bot is not None, "the bot is not running"
        return self.bot

    @property
    def store(self) -> Store:
        return self.app[STORE]

    @property
    def verbs(self) -> frozenset[str]:
        return self.app[ROUTER].verbs()

    def metrics(self) -> str:
        """What Prometheus would read now."""
        return self.app[METRICS].render().decode()

    async def poll(self) -> None:
        """One round of looking, as the schedule does it."""
        await self.app[WATCH].poll()
        await self.app[WATCH].sweep()

    async def look_ahead(self) -> None:
        """One round of telling people what of theirs ends, as the schedule does it."""
        await self.app[WATCH].ends()

    async def pass_time(self, span: timedelta = timedelta(minutes=31)) -> None:
        """Let this time go by, and then a round of looking."""
        self.world.clock.advance(span)
        await self.poll()

    # People

    def user(self, name: str) -> User:
        return next(user for user in self.world.tenant.users.values() if user.display_name == name)

    async def says(self, name: str, text: str, chat: str = "personal") -> Outcome:
        return await self.teams.say(self.user(name).id, text, chat)

    async def presses(self, name: str, button: str, /, **inputs: Any) -> Outcome:
        return await self.teams.press(self.user(name).id, button, inputs=inputs)

    async def presses_altered(self, name: str, button: str, data: Mapping[str, Any]) -> Outcome:
        return await self.teams.press(self.user(name).id, button, data=dict(data))

    async def sees(self, name: str, text: str, *, since: int = 0, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """The message in which this person reads `text`, waited for."""
        found = await self.teams.wait_for(self.user(name).id, text, seconds=seconds, since=since)
        assert found is not None, f"{name} never read {text!r}; there is: {self.chat(name)[-6:]}"
        return dict(found)

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until something holds that no message shows."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    if await holds():
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"never happened: {what}") from None

    def chat(self, name: str, chat: str = "personal") -> list[str]:
        """Everything this person reads in a chat, a line per message."""
        return [read(message) for message in self.teams.messages(self.user(name).id, chat)]

    def count(self, name: str, text: str) -> int:
        return sum(text in line for line in self.chat(name))

    # The tenant

    @property
    def portal(self) -> Portal:
        """What people do in My Access, away from Doorman."""
        return Portal(Entitlement(self.world))

    def package_id(self, name: str) -> str:
        packages = self.world.tenant.packages.values()
        return next(package.id for package in packages if package.display_name == name)

    def forget_other_requests(self) -> None:
        """Leave nothing in the tenant that the bot would have to do for others."""
        for request in list(self.world.tenant.requests.values()):
            self.world.tenant.drop_request(request)

    def requests_of(self, name: str) -> list[AssignmentRequest]:
        """What this person asked for, oldest first; none are there before they asked."""
        requests = self.world.tenant.requests.values()
        return [request for request in requests if request.requestor_id == subject_id(self.user(name).id)]

    def graph_calls(self) -> list[GraphCall]:
        return list(self.world.graph_log.entries)


def read(message: Mapping[str, Any]) -> str:
    """A message as one line: its text, what its card shows this person, and the notes under it."""
    card = message.get("shown") or message.get("card")
    parts = [message.get("text") or "", *(texts(card) if card else ()), *message.get("notes", ())]
    return " | ".join(part for part in parts if part).replace("\\", "")


def told(outcome: Outcome) -> str:
    """Everything that an act made visible to the person."""
    return "\n".join(read(message) for message in outcome.messages)


@asynccontextmanager
async def story(
    folder: Path, *, start: bool = True, watching: Sequence[Middleware] = (), **changes: str
) -> AsyncIterator[Story]:
    """A fresh sandbox with everybody in it, and a bot with an empty database.

    `changes` are settings that differ from the sandbox's own; `watching` sees every call that the sandbox gets. What
    Graph answers is held to Microsoft's metadata, where `DOORMAN_GRAPH_METADATA` says where that is.
    """
    world = World(clock=story_clock())
    world.options.processing_delay_s = world.options.delivery_delay_s = 0.0
    app = create_sandbox(world)
    app.middlewares.extend(watching)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    bot_socket = socket.socket()
    bot_socket.bind(("127.0.0.1", 0))
    bot_socket.listen(128)
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        world.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        world.bot_url = f"http://127.0.0.1:{bot_socket.getsockname()[1]}"
        told_story = Story(world, runner.app[TEAMS], folder, bot_socket, dict(changes))
        try:
            if start:
                await told_story.start_bot()
            yield told_story
        finally:
            await told_story.stop_bot()
    finally:
        bot_socket.close()
        await runner.cleanup()
