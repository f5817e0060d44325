"""A sandbox and a bot in this process, on loopback, with a clock that stands still until it is moved.

Nothing of it is left afterwards: the database is a temporary file, the ports are free ones, the people are copies.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.clock import Clock
from bot.config import Config
from bot.settings import load_settings
from bot.store import Store
from bot.wiring import STORE, WATCH, create_app
from rehearsal.jobs import SteppedJobs
from sandbox.app import create_sandbox
from sandbox.bot_settings import bot_environment
from sandbox.clock import SandboxClock
from sandbox.connector.client import TEAMS, TeamsClient
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.tenant.model import Tenant
from sandbox.world import World

_STOP_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Theatre:
    world: World
    teams: TeamsClient
    entitlement: Entitlement
    jobs: SteppedJobs
    bot: web.Application
    config: Config

    @property
    def store(self) -> Store:
        return self.bot[STORE]

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    async def rounds(self) -> None:
        """What the schedule of the bot does over and over, with everything that it asks for at once."""
        watch = self.bot[WATCH]
        for look in (watch.poll, watch.sweep, watch.ends):
            await look()
            await self.jobs.run_due()


@asynccontextmanager
async def theatre(
    make_tenant: Callable[[datetime], Tenant], config: Config, starts_at: datetime
) -> AsyncIterator[Theatre]:
    """Both, running until the block ends. `make_tenant` is given the moment at which the play starts."""
    clock = SandboxClock()
    clock.freeze()
    clock.set(starts_at)
    world = World(clock=clock, make_tenant=make_tenant)
    world.options.credentials_expire = False  # years may go by
    world.options.directory_units_per_10s = world.options.reports_units_per_10s = 0  # they go by in seconds
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="doorman-rehearsal-"))
        sandbox = await _serving(stack, create_sandbox(world), _listening(stack))
        world.base_url = f"http://127.0.0.1:{sandbox.addresses[0][1]}"
        door = _listening(stack)
        world.bot_url = f"http://127.0.0.1:{door.getsockname()[1]}"
        settings = load_settings({**bot_environment(world), "DATABASE_URL": f"sqlite:///{folder}/doorman.db"})
        jobs = SteppedJobs(clock.now, lambda request_id: _steps_of(world, request_id))
        bot = create_app(settings, config, clock=Clock(clock.now), jobs=jobs)
        await _serving(stack, bot, door)
        yield Theatre(world, sandbox.app[TEAMS], Entitlement(world), jobs, bot, config)


def _steps_of(world: World, request_id: str) -> int:
    request = world.tenant.requests.get(request_id)
    return len(request.history) if request is not None else 0


def _listening(stack: AsyncExitStack) -> socket.socket:
    made = stack.enter_context(socket.socket())
    made.bind(("127.0.0.1", 0))
    made.listen(128)
    return made


async def _serving(stack: AsyncExitStack, app: web.Application, door: socket.socket) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_WITHIN_S)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.SockSite(runner, door.dup()).start()
    return runner
