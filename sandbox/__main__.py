"""`python -m sandbox` serves the sandbox; `python -m sandbox env` prints the settings with which the bot uses it."""

from __future__ import annotations

import argparse
import asyncio
import errno
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.app import base_url_for, serving
from sandbox.bot_settings import bot_environment
from sandbox.connector.app_manifest import TeamsApp, read_manifest
from sandbox.tenant.bare import bare_tenant
from sandbox.tenant.default import default_tenant
from sandbox.tenant.load import load_tenant
from sandbox.tenant.model import Tenant
from sandbox.tenant.scenario import ScenarioError, fill
from sandbox.world import World

_DEFAULT_HOST = "127.0.0.1"
_DEFAULT_PORT = 8765
_TENANTS: Mapping[str, Callable[[datetime], Tenant]] = {
    "default": default_tenant,
    "bare": bare_tenant,
    "load": load_tenant,
}


class SettingError(Exception):
    """A setting that cannot be used; the text is the one line its reader gets."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and `url`, how others reach it if that is another address. `bot_url` is where the bot is.

    `tenant` is the name of the tenant to make, `scenario` the file that fills it further, `manifest` that
    of the app.
    """

    host: str
    port: int
    url: str | None
    bot_url: str
    tenant: str = "default"
    scenario: Path | None = None
    manifest: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Address:
        """Raises SettingError."""
        tenant = environment.get("SANDBOX_TENANT") or "default"
        if tenant not in _TENANTS:
            raise SettingError(f"SANDBOX_TENANT must be one of {', '.join(_TENANTS)}, not {tenant!r}.")
        bot_port = _port(environment, "DOORMAN_PORT", 3978)
        return cls(
            host=environment.get("SANDBOX_HOST") or _DEFAULT_HOST,
            port=_port(environment, "SANDBOX_PORT", _DEFAULT_PORT),
            url=environment.get("SANDBOX_URL") or None,
            bot_url=(environment.get("BOT_URL") or f"http://127.0.0.1:{bot_port}").rstrip("/"),
            tenant=tenant,
            scenario=Path(environment["SANDBOX_SCENARIO"]) if environment.get("SANDBOX_SCENARIO") else None,
            manifest=Path(environment["SANDBOX_MANIFEST"]) if environment.get("SANDBOX_MANIFEST") else None,
        )

    def world(self) -> World:
        """Raises SettingError for a scenario or a manifest that cannot be used."""
        app = self._app()
        base_url = self.url.rstrip("/") if self.url else base_url_for(self.host, self.port)
        made = World(base_url=base_url, bot_url=self.bot_url, app=app, make_tenant=self._make_tenant())
        gc.freeze()  # the tenant stays; a large one takes long to look through for garbage that is not there
        return made

    def _app(self) -> TeamsApp:
        if self.manifest is None:
            return TeamsApp()
        try:
            manifest = json.loads(self.manifest.read_text(encoding="utf-8"))
            if not isinstance(manifest, dict):
                raise ValueError("it is no object")
            return read_manifest(manifest)
        except (OSError, ValueError) as error:
            raise SettingError(f"SANDBOX_MANIFEST: {self.manifest} cannot be used: {error}.") from error

    def _make_tenant(self) -> Callable[[datetime], Tenant]:
        make, scenario = _TENANTS[self.tenant], self.scenario
        if scenario is None:
            return make
        try:
            text = scenario.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SettingError(f"SANDBOX_SCENARIO: {scenario} cannot be read: {error}.") from error

        def filled(now: datetime) -> Tenant:
            tenant = make(now)
            try:
                fill(tenant, text, now)
            except ScenarioError as error:
                raise SettingError(f"SANDBOX_SCENARIO: {scenario}, {error}.") from error
            return tenant

        return filled


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
    parser.add_argument("--tenant", choices=list(_TENANTS), help="the tenant to make (SANDBOX_TENANT)")
    given = parser.parse_args(arguments)
    command = given.command
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = dict(os.environ if environment is None else environment)
        if given.tenant is not None:
            settings["SANDBOX_TENANT"] = given.tenant
        address = Address.from_environment(settings)
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
