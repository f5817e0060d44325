"""The bot as a process of its own, as an operator starts it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import aiohttp

from tests.support.story import PATIENCE_S, ROOT, Story
from tests.support.warm import WarmProcess

LOG = "bot.log"


class Running(Protocol):
    """A process, as far as those who kill it need to know."""

    @property
    def returncode(self) -> int | None: ...
    def kill(self) -> None: ...
    async def wait(self) -> int: ...


@asynccontextmanager
async def bot_process(
    environment: Mapping[str, str], folder: Path, *, keeps_log: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python app.py` with this environment and nothing else; killed at the end if it still runs.

    With `keeps_log`, what it logs is added to `LOG` in the folder.
    """
    with (folder / LOG).open("ab") as log:
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "app.py"),
            cwd=folder,
            env=_clean(environment, folder),
            stdout=asyncio.subprocess.PIPE,
            stderr=log if keeps_log else asyncio.subprocess.PIPE,
        )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


@asynccontextmanager
async def warm_bot_process(environment: Mapping[str, str], folder: Path) -> AsyncIterator[Running]:
    """The same from an interpreter that has imported everything, for tests that start many; its log is always kept."""
    started = WarmProcess(
        [str(ROOT / "app.py")], _clean(environment, folder), folder, output=Path(os.devnull), errors=folder / LOG
    )
    try:
        yield started
    finally:
        started.kill()
        await started.wait()


def _clean(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), **environment}


def with_port(here: Story) -> dict[str, str]:
    """The settings for this sandbox, on the port that was kept free for the test's own bot."""
    port = here.bot_socket.getsockname()[1]
    here.bot_socket.close()
    return {**here.environment(), "DOORMAN_PORT": str(port)}


async def until_ready(url: str, seconds: float = PATIENCE_S) -> None:
    """Raises TimeoutError when the bot never says that it is ready."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session, asyncio.timeout(seconds):
        while True:
            try:
                async with session.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)
