"""Turns per second, side by side in one run: Doorman's `help`, a stock botbuilder echo, bare aiohttp.

    python -m benchmarks.turns [--seconds 5] [--rounds 5]

Doorman checks the channel's token and answers with a card; the echo has authentication switched off and answers with
text. Sixteen calls are in flight and every answer is posted to a connector in another process. All of them share the
machine's cores, so read the figures as ratios: they take turns, a round each, so that whatever else the machine does
meets them alike, and the ratio is that of the middle round. Ends with 1 when Doorman is less than 15 times the stock
echo.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from statistics import median
from typing import Any

import aiohttp
import jwt
import psutil
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.servers import KEYS_FILE

IN_FLIGHT = 16
PEOPLE = 64
LEAST_RATIO = 15.0
TENANT = "10000000-0000-4000-8000-000000000001"
APP = "10000000-0000-4000-8000-000000000002"


@dataclass(slots=True)
class Result:
    """What one server did, round for round."""

    name: str
    turns_per_second: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0  # of the server's process
    times: list[float] = field(default_factory=list)  # how long each turn took, in seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds / len(self.times) * 1000

    def percentile_ms(self, percent: int) -> float:
        return sorted(self.times)[len(self.times) * percent // 100] * 1000


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


class Channel:
    """Signs tokens and writes activities as the channel does."""

    def __init__(self, service_url: str) -> None:
        self._service_url = service_url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def key_set(self) -> dict[str, Any]:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": "k1", "use": "sig", "endorsements": ["msteams"]}]}

    def headers(self) -> dict[str, str]:
        now = int(time.time())
        claims = {
            "iss": "https://api.botframework.com",
            "aud": APP,
            "serviceurl": self._service_url,
            "nbf": now,
            "exp": now + 3600,
        }
        token = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "k1"})
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}

    def bodies(self) -> list[bytes]:
        return [json.dumps(self._activity(number)).encode() for number in range(PEOPLE)]

    def _activity(self, number: int) -> dict[str, Any]:
        person = f"20000000-0000-4000-8000-{number:012d}"
        return {
            "type": "message",
            "id": "1700000000000",
            "timestamp": "2026-11-02T10:00:00.123Z",
            "localTimestamp": "2026-11-02T11:00:00.123+01:00",
            "localTimezone": "Europe/Berlin",
            "locale": "en-GB",
            "channelId": "msteams",
            "serviceUrl": self._service_url,
            "from": {"id": f"29:1{number}", "name": f"Person {number}", "aadObjectId": person},
            "recipient": {"id": f"28:{APP}", "name": "Doorman"},
            "conversation": {"id": f"a:1{number}", "conversationType": "personal", "tenantId": TENANT},
            "textFormat": "plain",
            "text": "help",
            "attachments": [{"contentType": "text/html", "content": "<p>help</p>"}],
            "entities": [{"type": "clientInfo", "locale": "en-GB", "platform": "Web", "timezone": "Europe/Berlin"}],
            "channelData": {"tenant": {"id": TENANT}},
        }


async def measure(result: Result, running: Running, channel: Channel, seconds: float) -> None:
    """Call as fast as the answers come, and add what came of it. The first round warms up for a second before.

    Raises RuntimeError when an answer is not 201.
    """
    bodies = channel.bodies()
    headers = channel.headers() if result.name == "doorman" else {"Content-Type": "application/json; charset=utf-8"}
    url = f"{running.url}/api/messages"
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def turn(http: aiohttp.ClientSession, number: int) -> None:
        async with http.post(url, data=bodies[number % PEOPLE], headers=headers) as response:
            await response.read()
            if response.status != 201:
                raise RuntimeError(f"{result.name} answered {response.status}")

    async def caller(http: aiohttp.ClientSession, number: int) -> None:
        while (started := loop.time()) < ends:
            number += IN_FLIGHT
            await turn(http, number)
            if started >= begins:
                times.append(loop.time() - started)

    async def watch() -> float:
        """Processor seconds of the server between the end of the warm-up and the end."""
        await asyncio.sleep(begins - loop.time())
        before = running.cpu_seconds()
        await asyncio.sleep(ends - loop.time())
        return running.cpu_seconds() - before

    async with aiohttp.ClientSession() as http:
        for number in range(PEOPLE):
            await turn(http, number)
        begins = loop.time() + (0.1 if result.times else 1.0)
        ends = begins + seconds
        async with asyncio.TaskGroup() as tasks:
            used = tasks.create_task(watch())
            for number in range(IN_FLIGHT):
                tasks.create_task(caller(http, number))
    result.turns_per_second.append(len(times) / seconds)
    result.cpu_seconds += used.result()
    result.times += times


@contextmanager
def server(name: str, port: int, environment: dict[str, str]) -> Iterator[Running]:
    """Run one of `benchmarks.servers` until the block ends; gives it once it accepts connections."""
    command = [sys.executable, "-m", "benchmarks.servers", name, str(port)]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)  # noqa: S603  our own module
    try:
        _wait_for(port, process)
        yield Running(f"http://127.0.0.1:{port}", psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server ended before it was ready")
        with socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not become ready")


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _settings(peer: str, folder: Path) -> dict[str, str]:
    return {
        "MicrosoftAppId": APP,
        "MicrosoftAppPassword": "benchmark",
        "MicrosoftAppTenantId": TENANT,
        "LOGIN_URL": peer,
        "GRAPH_URL": f"{peer}/v1.0",
        "BOT_OPENID_METADATA_URL": f"{peer}/channel",
        "CONNECTOR_HOSTS": peer.removeprefix("http://"),
        "DATABASE_URL": f"sqlite:///{folder / 'doorman.db'}",
        "DOORMAN_SECRET_KEYS": Fernet.generate_key().decode(),
    }


def run(seconds: float, rounds: int) -> list[Result]:
    port = _free_port()
    channel = Channel(f"http://127.0.0.1:{port}/connector/")
    results = [Result("bare"), Result("stock"), Result("doorman")]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        keys = folder / "keys.json"
        keys.write_text(json.dumps(channel.key_set()))
        peer = stack.enter_context(server("peer", port, {KEYS_FILE: str(keys)}))
        settings = _settings(peer.url, folder)
        servers = [stack.enter_context(server(result.name, _free_port(), settings)) for result in results]
        for _ in range(rounds):
            for result, running in zip(results, servers, strict=True):
                asyncio.run(measure(result, running, channel, seconds / rounds))
    return results


def report(results: list[Result]) -> bool:
    """Print the table; True when the promise is kept."""
    bare, stock, doorman = results
    titles = {
        "bare": "aiohttp that parses and replies",
        "stock": "botbuilder echo, no authentication",
        "doorman": "Doorman help, token and card",
    }
    print(f"{'':36}{'turns/s':>10}{'cpu ms':>10}{'p50 ms':>10}{'p99 ms':>10}{'x stock':>10}")
    for result in results:
        print(
            f"{titles[result.name]:36}{median(result.turns_per_second):10.0f}{result.cpu_ms:10.2f}"
            f"{result.percentile_ms(50):10.1f}{result.percentile_ms(99):10.1f}{_times(result, stock):10.1f}"
        )
    ratio, processor = _times(doorman, stock), stock.cpu_ms / doorman.cpu_ms
    print(f"\nDoorman / stock {ratio:.1f} (at least {LEAST_RATIO:.0f}), by processor time {processor:.1f}")
    print(f"Doorman / bare  {_times(doorman, bare):.2f}")
    return ratio >= LEAST_RATIO


def _times(result: Result, other: Result) -> float:
    """How many times as fast as the other, in the middle one of the rounds."""
    pairs = zip(result.turns_per_second, other.turns_per_second, strict=True)
    return median(mine / theirs for mine, theirs in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description="Turns per second, side by side.")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each of the three is measured")
    parser.add_argument("--rounds", type=int, default=5, help="in how many parts")
    chosen = parser.parse_args()
    return 0 if report(run(chosen.seconds, chosen.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
