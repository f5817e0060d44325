"""Serving the app: what belongs to the process rather than to the bot."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal

from aiohttp import web

from bot.config import ConfigError, load_config
from bot.logging import configure_logging
from bot.settings import Settings, SettingsError
from bot.store import UnusableDatabaseError
from bot.wiring import create_app


def serve(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM. Raises SettingsError, in one line, when it cannot start."""
    configure_logging(settings.log_level)
    try:
        app = create_app(settings, load_config(settings.config_path))
        asyncio.run(_run(app, settings))
    except ConfigError as error:
        raise SettingsError(f"DOORMAN_CONFIG: {error}") from error
    except UnusableDatabaseError as error:
        raise SettingsError(str(error)) from error
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            raise
        raise SettingsError(
            f"DOORMAN_PORT: cannot listen on {settings.host}:{settings.port} ({error.strerror})"
        ) from error
    return 0


async def _run(app: web.Application, settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # No access log: addresses of the sign-in carry codes and tickets.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        # What was imported lives as long as the process; not walking it again keeps pauses short.
        gc.collect()
        gc.freeze()
        await stop.wait()
    finally:
        await runner.cleanup()
