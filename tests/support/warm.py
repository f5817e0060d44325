"""Python that has imported the bot already: a process of its own comes of it in a moment, not after two seconds.

A server without threads imports once and forks for each start. What is forked is a process like any other, and can be
killed like one; it runs its program from the first line, in the folder and with the environment it was given.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_OUTPUT, _ERRORS = 1, 2

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__, "tests.support.warm_imports"])


class WarmProcess:
    """What `python` with these arguments is: a file, or `-m` and a module. `errors` gets what it complains of."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, *, output: Path, errors: Path
    ) -> None:
        given = ([*arguments], {**environment}, folder, output, errors)
        self._process = _forks.Process(target=_run, args=given, daemon=True)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(int(self._process.pid or 0), number)

    def join(self, seconds: float | None = None) -> int | None:
        """Wait for its end, and hold everything else up meanwhile."""
        self._process.join(seconds)
        return self.returncode

    async def wait(self) -> int:
        while True:
            code = self.returncode
            if code is not None:
                return code
            await asyncio.sleep(0.005)


def _run(arguments: list[str], environment: dict[str, str], folder: Path, output: Path, errors: Path) -> None:
    for number, path in ((_OUTPUT, output), (_ERRORS, errors)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")
