"""A sandbox in a thread of its own and a bot in this one, so that the bot's processor time can be told apart."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.clock import Clock
from bot.config import Config
from bot.identity.sealing import Sealer
from bot.jobs.work import JobSettings
from bot.settings import Settings, load_settings
from bot.store import Store, open_store
from bot.wiring import create_app
from sandbox.app import base_url_for, create_sandbox
from sandbox.bot_settings import bot_environment
from sandbox.world import World


@dataclass
class Sandbox:
    world: World
    thread: threading.Thread

    def cpu_seconds(self) -> float:
        return time.clock_gettime(time.pthread_getcpuclockid(self.thread.ident or 0))

    def bot_cpu_seconds(self) -> float:
        """Everything this process has used but the sandbox: the bot, its database and its jobs."""
        return time.process_time() - self.cpu_seconds()


@dataclass
class Arrivals:
    """The calls to the connector that write something: when each came, to which chat, and what it was answered."""

    calls: list[tuple[float, str, int]] = field(default_factory=list)

    @property
    def taken(self) -> list[tuple[float, str, int]]:
        """Those that were not refused."""
        return [call for call in self.calls if call[2] // 100 == 2]

    @web.middleware
    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        at = time.monotonic()
        answer = await handler(request)
        if request.path.startswith("/connector/") and request.method in ("POST", "PUT"):
            parts = request.path.split("/")
            chat = parts[4] if len(parts) > 5 else "open"
            self.calls.append((at, chat, answer.status))
        return answer


@contextmanager
def sandbox_thread(world: World, watching: Sequence[Middleware] = ()) -> Iterator[Sandbox]:
    is_up, ends = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        app = create_sandbox(world)
        app.middlewares.extend(watching)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        world.base_url = base_url_for("127.0.0.1", runner.addresses[0][1])
        is_up.set()
        await ends.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="sandbox", daemon=True)
    thread.start()
    is_up.wait()
    try:
        yield Sandbox(world, thread)
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(10)


@asynccontextmanager
async def store_in(world: World, folder: Path) -> AsyncIterator[Store]:
    """The database that the bot of this folder will have, to fill it before the bot begins its rounds."""
    settings = _settings(world, folder)
    keys = [key.get_secret_value() for key in settings.secret_keys]
    store = await open_store(settings.database_url.get_secret_value(), Sealer(keys), Clock(world.clock.now))
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def bot_running(
    world: World, folder: Path, config: Config | None = None, *, poll_seconds: float
) -> AsyncIterator[web.Application]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    settings = _settings(world, folder)
    jobs = JobSettings(
        database_url=settings.database_url.get_secret_value(), process_id="benchmark", poll_seconds=poll_seconds
    )
    app = create_app(settings, config or Config(), job_settings=jobs)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    world.bot_url = base_url_for("127.0.0.1", runner.addresses[0][1])
    try:
        yield app
    finally:
        await runner.cleanup()


def _settings(world: World, folder: Path) -> Settings:
    return load_settings({**bot_environment(world), "DATABASE_URL": f"sqlite:///{folder}/doorman.db"})
