"""`make run`: the sandbox and the bot together, until Ctrl-C. Nothing is kept afterwards.

The bot is the ordinary `app.py` in a process of its own, set up by environment variables alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from sandbox.__main__ import Address, SettingError, reason_not_listening
from sandbox.app import serving
from sandbox.bot_settings import bot_environment

_ROOT = Path(__file__).resolve().parent.parent
_MANIFEST = _ROOT / "manifest" / "template.json"
_CONFIG = _ROOT / "sandbox" / "doorman.yaml"
_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 12.0


@asynccontextmanager
async def running_bot(environment: dict[str, str]) -> AsyncIterator[Process]:
    """`app.py` as a child process; asked to stop at the end, and killed only when it does not."""
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", cwd=_ROOT, env=environment, start_new_session=True
    )
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bot.wait(), _STOP_WITHIN_S)
        if bot.returncode is None:
            bot.kill()
            await bot.wait()


async def ready(url: str) -> None:
    """Wait until the bot answers that it is ready."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


async def play(address: Address) -> int:
    """Serve until a signal comes or the bot ends by itself. Gives back the exit code. Raises SettingError."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = address.world()
    try:
        async with serving(world, host=address.host, port=address.port, url=address.url) as url:
            with tempfile.TemporaryDirectory(prefix="doorman-") as folder:
                own = {"DATABASE_URL": f"sqlite:///{folder}/doorman.db", "DOORMAN_CONFIG": str(_CONFIG)}
                environment = {**own, "LOG_LEVEL": "WARNING", **os.environ}
                async with running_bot({**environment, **bot_environment(world)}) as bot:
                    return await _until_the_end(url, world.bot_url, bot, stop)
    except OSError as error:
        raise SettingError(reason_not_listening(address, error)) from error


async def _until_the_end(page: str, bot_url: str, bot: Process, stop: asyncio.Event) -> int:
    ended, stopped = asyncio.create_task(bot.wait()), asyncio.create_task(stop.wait())
    is_ready = asyncio.create_task(asyncio.wait_for(ready(bot_url), _READY_WITHIN_S))
    try:
        await asyncio.wait((ended, stopped, is_ready), return_when=asyncio.FIRST_COMPLETED)
        if is_ready.done() and is_ready.exception() is None:
            say(f"\nDoorman is ready. Open {page} and type: request sales data\n(Ctrl-C ends it.)\n")
            await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (ended, stopped, is_ready):
            task.cancel()
    if stop.is_set():
        say("\nGood-bye.")
        return 0
    say("The bot has ended." if bot.returncode is not None else "The bot did not become ready.")
    return bot.returncode or 1


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    try:
        return asyncio.run(play(Address.from_environment({"SANDBOX_MANIFEST": str(_MANIFEST), **os.environ})))
    except SettingError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
