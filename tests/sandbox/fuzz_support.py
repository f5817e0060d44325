"""A served sandbox that takes any bytes, and random requests that come close enough to right ones to get far inside."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sandbox.app import serving
from sandbox.services import Service, service_of
from sandbox.tenant.default import default_tenant
from sandbox.tenant.model import Tenant
from sandbox.world import Options, World
from tests.support.moments import story_clock

EXAMPLES_VARIABLE: Final = "DOORMAN_FUZZ_EXAMPLES"
_ANSWER_WITHIN_S: Final = 60.0
_FEW_EXAMPLES: Final = 200
_PAGES: Final = (
    "/oauth2/v2.0/authorize",
    "/oauth2/v2.0/logout",
    "/oauth2/deviceauth",
    "/adminconsent",
    "/redeem",
)
"""Paths below a tenant that answer people with pages, also when they refuse."""

Header = tuple[str, bytes]


def fuzz_settings(share: float = 1.0) -> settings:
    """How many examples a test tries: few and always the same, unless the environment asks for more and new ones.

    `share` is this test's part of that number.
    """
    asked = os.environ.get(EXAMPLES_VARIABLE)
    count = int(asked) if asked else _FEW_EXAMPLES
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=max(1, int(count * share)), deadline=None, derandomize=not asked, suppress_health_check=checks
    )


@dataclass(frozen=True)
class Ask:
    """One request. `target` is the encoded path with its query."""

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def __repr__(self) -> str:
        body = self.body if len(self.body) <= 300 else self.body[:300] + b"... %d bytes" % len(self.body)
        shown = tuple((name, value[:80]) for name, value in self.headers)
        return f"Ask({self.method!r}, {self.target!r}, {shown!r}, {body!r})"

    @property
    def path(self) -> str:
        # Not `urlsplit`: it takes what follows two slashes for a host.
        return self.target.partition("?")[0]


@dataclass(frozen=True)
class Told:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Target:
    """The sandbox under test. It runs only while a request is made, so between two of them its world stands still."""

    runner: asyncio.Runner
    world: World
    kept: dict[str, str] = field(default_factory=dict)

    def send(self, ask: Ask) -> Told:
        return self.runner.run(_exchange(urlsplit(self.world.base_url), ask))

    def check(self, ask: Ask) -> Told:
        """Send it, and hold the answer to what every answer has to be; then take back what it switched."""
        try:
            told = self.send(ask)
        finally:
            self.world.faults.reset(seed=1)
            self.world.options = Options()
            self.world.chats.behaviour.throttling = False
        problems = problems_of(ask, told)
        assert not problems, f"{problems}\n{ask!r}\n{told.status} {dict(told.headers)} {told.body[:500]!r}"
        return told


class FuzzTenants:
    """Makes the default tenant once and hands the same one out again: nothing here depends on its being untouched."""

    def __init__(self) -> None:
        self._made: Tenant | None = None

    def __call__(self, now: Any) -> Tenant:
        if self._made is None:
            self._made = default_tenant(now)
        return self._made


def open_target(stack: AsyncExitStack, runner: asyncio.Runner) -> Target:
    """Serve a sandbox whose bot nobody has started. `stack` takes it down, in the runner's loop."""
    world = World(clock=story_clock(), make_tenant=FuzzTenants(), bot_url=f"http://127.0.0.1:{_unused_port()}")
    runner.run(stack.enter_async_context(serving(world)))
    world.chats.behaviour.throttling = False
    return Target(runner, world)


def _unused_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _exchange(base: Any, ask: Ask) -> Told:
    reader, writer = await asyncio.open_connection(base.hostname, base.port, limit=2**24)
    sending = asyncio.create_task(_write(writer, base.netloc, ask))
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await _read(reader, ask)
    finally:
        sending.cancel()
        writer.transport.abort()


async def _write(writer: asyncio.StreamWriter, host: str, ask: Ask) -> None:
    """The request; a server that answers before it has read everything may close meanwhile."""
    lines = [f"{ask.method} {ask.target} HTTP/1.1".encode(), b"Connection: close"]
    names = {name.casefold() for name, _ in ask.headers}
    if "host" not in names:
        lines.append(b"Host: " + host.encode())
    if ask.body or ask.method not in ("GET", "HEAD"):
        lines.append(b"Content-Length: %d" % len(ask.body))
    lines += [name.encode() + b": " + value for name, value in ask.headers]
    try:
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + ask.body)
        await writer.drain()
    except ConnectionError:
        return


async def _read(reader: asyncio.StreamReader, ask: Ask) -> Told:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.casefold(): value.strip() for name, _, value in pairs}
    if ask.method == "HEAD":
        body = b""
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("content-type", "").startswith("text/event-stream"):
        body = b""  # it never ends
    else:
        body = await reader.read()
    return Told(int(head[0].split()[1]), headers, body)


def problems_of(ask: Ask, told: Told) -> list[str]:
    """What is wrong with an answer, whatever was asked: a failure of the server, or an error in no known shape."""
    if told.status >= 500:
        return [f"status {told.status}"]
    kind = told.headers.get("content-type", "").partition(";")[0]
    is_page = kind == "text/html" and ask.path.endswith(_PAGES)
    if not told.body or ask.method == "HEAD" or is_page or (told.status < 400 and kind != "application/json"):
        return []
    if kind != "application/json":
        return [f"an error of the type {kind!r}"]
    try:
        body = json.loads(told.body)
    except ValueError as error:
        return [f"the body is not JSON: {error}"]
    return [] if told.status < 400 else _shape_problems(service_of(ask.path), body)


def _shape_problems(service: Service, body: Any) -> list[str]:
    if not isinstance(body, dict):
        return ["the error is not an object"]
    if service is Service.ENTRA:
        wanted: dict[str, type] = {"error": str, "error_description": str, "error_codes": list}
        return [f"no {name}" for name, kind in wanted.items() if not isinstance(body.get(name), kind)]
    error = body.get("error")
    if not isinstance(error, dict):
        return ["no error"]
    wanted = {"code": str, "message": str, **({"innerError": dict} if service is Service.GRAPH else {})}
    return [f"no error/{name}" for name, kind in wanted.items() if not isinstance(error.get(name), kind)]


# What is sent


def _nested(opening: bytes, closing_: bytes, depth: int) -> bytes:
    return opening * depth + closing_ * depth


UNREADABLE: Final[tuple[bytes, ...]] = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe{}",
    b'{"a": "\xc3\x28"}',
    b'{"a": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"a": NaN}',
    b'{"a": -Infinity}',
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": 1, "a": 2}',
    b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"),
    b"a=1&a=%ff&%00=%zz",
    _nested(b"[", b"]", 100_000),
    _nested(b'{"a":', b"}", 50_000),
    b'{"a": "' + b"x" * 5_000_000 + b'"}',
)
TYPES: Final = (
    b"application/json",
    b"application/json; charset=utf-8",
    b"application/json; charset=nonsense",
    b"application/x-www-form-urlencoded",
    b"application/x-www-form-urlencoded; charset=nonsense",
    b"multipart/form-data",
    b"multipart/form-data; boundary=x",
    b"text/plain",
    b"/",
    b"",
    b"\xff",
)
NASTY_TEXT: Final = (
    "",
    " ",
    "\x00",
    "'",
    "''",
    "%",
    "../..",
    "\u202e",
    "\U0001f600",
    "*",
    "[Click me](x)",
    "a" * 1000,
    "$x",
    "(",
    "0",
    "-1",
    "P1D",
    "P99999999999D",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "00000000-0000-0000-0000-000000000000",
)

texts: Final = st.one_of(st.sampled_from(NASTY_TEXT), st.text(max_size=12))
junk: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from((0, -1, 1, 2**63, 10**30, 1e308, -0.5)),
        texts,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at]
    items: Sequence[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        found += _places(inner, (*at, key))
    return found


def _replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    if isinstance(value, dict):
        return {key: _replaced(inner, at[1:], new) if key == at[0] else inner for key, inner in value.items()}
    return [_replaced(inner, at[1:], new) if index == at[0] else inner for index, inner in enumerate(value)]


@st.composite
def spoilt(draw: st.DrawFn, good: Any) -> Any:
    """A good body with up to three of its parts replaced by junk."""
    value = good
    for _ in range(draw(st.integers(0, 3))):
        value = _replaced(value, draw(st.sampled_from(_places(value))), draw(junk))
    return value


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@st.composite
def bodies(draw: st.DrawFn, good: Sequence[Any]) -> bytes:
    """A JSON body made from one of the good ones, now and then something else altogether."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.one_of(st.sampled_from(UNREADABLE), st.binary(max_size=60), junk.map(encoded)))
    return encoded(draw(spoilt(draw(st.sampled_from(good)))))


@st.composite
def content_type(draw: st.DrawFn, usual: bytes = b"application/json") -> tuple[Header, ...]:
    if draw(st.integers(0, 7)):
        return (("Content-Type", usual),)
    return draw(st.sampled_from([(), *((("Content-Type", kind),) for kind in TYPES)]))


def escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="$,()'=/:;@")


@st.composite
def query_string(draw: st.DrawFn, names: Sequence[str], values: Sequence[str]) -> str:
    """`?…` with some of the names, mostly with sensible values; sometimes nothing, sometimes noise."""
    pairs = []
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(names)) if draw(st.integers(0, 9)) else draw(texts)
        value = draw(st.sampled_from(values)) if draw(st.integers(0, 4)) else draw(texts)
        pairs.append(f"{escaped(name)}={escaped(value)}")
    if draw(st.integers(0, 20)) == 0:
        pairs.append(
            draw(st.sampled_from(("%ff", "&&", "=", "%", "%u0041", "a=%00", "$filter=%FF%FE", "x=" + "y" * 3000)))
        )
    return "?" + "&".join(pairs) if pairs else ""
