"""`python -m sandbox` serves the sandbox; `python -m sandbox env` prints the settings with which the bot uses it."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.app import base_url_for, serving
from sandbox.bot_settings import bot_environment
from sandbox.world import World

_DEFAULT_HOST = "127.0.0.1"
_DEFAULT_PORT = 8765


class SettingError(Exception):
    """A setting that cannot be used; the text is the one line its reader gets."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and `url`, how others reach it if that is another address. `bot_url` is where the bot is."""

    host: str
    port: int
    url: str | None
    bot_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Address:
        """Raises SettingError."""
        bot_port = _port(environment, "DOORMAN_PORT", 3978)
        return cls(
            host=environment.get("SANDBOX_HOST") or _DEFAULT_HOST,
            port=_port(environment, "SANDBOX_PORT", _DEFAULT_PORT),
            url=environment.get("SANDBOX_URL") or None,
            bot_url=(environment.get("BOT_URL") or f"http://127.0.0.1:{bot_port}").rstrip("/"),
        )

    def world(self) -> World:
        base_url = self.url.rstrip("/") if self.url else base_url_for(self.host, self.port)
        return World(base_url=base_url, bot_url=self.bot_url)


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingError(f"{name} must be a port number, not {text!r}.")
    return int(text)


async def _serve(address: Address) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with serving(address.world(), host=address.host, port=address.port, url=address.url) as url:
            sys.stdout.write(f"Sandbox on {url} (bot expected at {address.bot_url})\n")
            sys.stdout.flush()
            await stop.wait()
    except OSError as error:
        raise SettingError(reason_not_listening(address, error)) from error


def reason_not_listening(address: Address, error: OSError) -> str:
    """Why the address cannot be listened on, in one line that names the setting."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {address.port} of {address.host} is taken: set SANDBOX_PORT to a free one."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {address.port} needs more rights than this process has: set SANDBOX_PORT to one above 1023."
    return f"Cannot listen on {address.host}: {error.strerror}. SANDBOX_HOST says where to listen."


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", "env"], default="serve")
    command = parser.parse_args(arguments).command
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        address = Address.from_environment(os.environ if environment is None else environment)
        if command == "env":
            lines = (f"{name}={value}\n" for name, value in bot_environment(address.world()).items())
            sys.stdout.write("".join(lines))
        else:
            asyncio.run(_serve(address))
    except SettingError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
