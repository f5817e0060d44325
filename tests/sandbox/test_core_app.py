"""The application around the rooms: who may call, unknown paths, failures, reset, and the command line."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aiohttp.test_utils import TestServer

from sandbox.__main__ import Address, main
from sandbox.app import base_url_for, create_sandbox, serving
from sandbox.bot_settings import bot_environment
from sandbox.entra.tokens import revoke_sessions
from sandbox.guard import allowed_hosts
from sandbox.services import Service, service_of
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID
from sandbox.world import World
from tests.sandbox.entra_support import Entra, running_entra, small_tenant

ROOT = Path(__file__).parents[2]
KEYS = f"/{TENANT_ID}/discovery/v2.0/keys"


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        yield entra


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1234"}, 200),
        ({"Host": "[::1]:8765"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:8765"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Origin": "http://127.0.0.1:3978"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_pages_of_other_sites_are_kept_away(entra: Entra, headers: dict[str, str], status: int) -> None:
    assert (await entra.http.get(entra.world.base_url + KEYS, headers=headers)).status_code == status


async def test_told_to_listen_everywhere_it_answers_to_any_name_but_only_to_its_own_pages() -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - what is tested is what happens then
    app = create_sandbox(World(make_tenant=small_tenant), listen_host=everywhere)
    async with TestServer(app) as server, httpx.AsyncClient() as http:
        url = str(server.make_url(KEYS))
        assert (await http.get(url, headers={"Host": "sandbox:8765"})).status_code == 200
        own = {"Host": "sandbox:8765", "Origin": "http://sandbox:8765"}
        assert (await http.get(url, headers=own)).status_code == 200
        for origin in ("http://evil.example", "http://["):
            assert (await http.get(url, headers=own | {"Origin": origin})).status_code == 403


async def test_others_may_know_the_sandbox_by_another_address() -> None:
    world = World(make_tenant=small_tenant)
    async with serving(world, url="http://sandbox:8765/") as url:
        assert url == world.base_url == "http://sandbox:8765"


def test_hosts() -> None:
    assert allowed_hosts("0.0.0.0") is None  # noqa: S104 - the name, not a socket
    assert allowed_hosts("10.0.0.5") == frozenset({"127.0.0.1", "localhost", "::1", "10.0.0.5"})
    assert base_url_for("::1", 1) == "http://[::1]:1"
    assert base_url_for("0.0.0.0", 1) == "http://127.0.0.1:1"  # noqa: S104 - the name, not a socket


def test_every_path_has_its_service() -> None:
    expected = {
        "/v1.0/me": Service.GRAPH,
        "/connector/v3/conversations": Service.CONNECTOR,
        "/control/reset": Service.CONTROL,
        "/": Service.WEB,
        "/static/page.js": Service.WEB,
        "/common/oauth2/v2.0/token": Service.ENTRA,
        "/botframework/v1/.well-known/keys": Service.ENTRA,
    }
    assert {path: service_of(path) for path in expected} == expected


async def test_what_is_unknown_is_refused_by_name(entra: Entra) -> None:
    answer = await entra.http.get(f"{entra.world.base_url}/{TENANT_ID}/oauth2/v3.0/token")
    assert answer.status_code == 404
    assert f"GET /{TENANT_ID}/oauth2/v3.0/token" in answer.json()["error_description"]
    answer = await entra.http.get(entra.token_url)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    answer = await entra.http.get(f"{entra.world.base_url}/connector/v3/nothing")
    assert (answer.status_code, set(answer.json()["error"])) == (404, {"code", "message"})


async def test_a_failure_tells_the_caller_nothing_but_the_log_everything(
    entra: Entra, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> float:
        raise RuntimeError("inner secret")

    entra.world.entra.now = broken
    answer = await entra.ask(grant_type="client_credentials", scope="https://graph.microsoft.com/.default")
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert "inner secret" not in answer.text
    assert "inner secret" in caplog.text


async def test_reset_puts_everything_back_but_the_keys(entra: Entra) -> None:
    world = entra.world
    began_at = world.clock.now()
    world.entra_keys.rotate()
    kid = world.entra_keys.signing_key.kid
    rita = entra.person("Rita Requester")
    rita.display_name = "Somebody Else"
    world.clock.advance(timedelta(days=30))
    world.options.licence = "none"
    revoke_sessions(world, rita.id)
    first = world.random.random()
    async with world.events.subscribe() as events:
        world.reset()
        assert (await anext(events)).kind == "reset"
    assert world.tenant.users[rita.id].display_name == "Rita Requester"
    assert abs(world.clock.now() - began_at) < timedelta(days=1)
    assert (world.options.licence, world.options.cae_users) == ("governance", {})
    assert world.random.random() == first
    assert world.entra_keys.signing_key.kid == kid


def test_the_bots_settings_lead_to_this_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"], {"SANDBOX_PORT": "9001", "DOORMAN_PORT": "4000"}) == 0
    printed = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert printed == bot_environment(World(base_url="http://127.0.0.1:9001", bot_url="http://127.0.0.1:4000"))
    assert printed["MicrosoftAppId"] == BOT_APP_ID
    assert printed["MicrosoftAppType"] == "SingleTenant"
    assert printed["LOGIN_URL"] == "http://127.0.0.1:9001"
    assert printed["GRAPH_URL"] == "http://127.0.0.1:9001/v1.0"
    assert printed["CONNECTOR_HOSTS"] == "127.0.0.1:9001"
    assert printed["PUBLIC_URL"] == "http://127.0.0.1:4000"
    assert not any(" " in line for line in printed.values())


def test_addresses_come_from_the_environment() -> None:
    address = Address.from_environment({"SANDBOX_URL": "https://sandbox.example/", "BOT_URL": "http://bot:3978/"})
    assert (address.world().base_url, address.world().bot_url) == ("https://sandbox.example", "http://bot:3978")
    assert (address.host, address.port) == ("127.0.0.1", 8765)


@pytest.mark.parametrize("port", ["many", "-1", "70000", "٣"])
def test_a_port_that_is_none_is_named(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"], {"SANDBOX_PORT": port}) == 1
    message = capsys.readouterr().err
    assert message.startswith("SANDBOX_PORT must be a port number")
    assert message.count("\n") == 1


def test_a_taken_port_is_named_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve"], {"SANDBOX_PORT": str(port)}) == 1
    message = capsys.readouterr().err
    assert message == f"Port {port} of 127.0.0.1 is taken: set SANDBOX_PORT to a free one.\n"


async def test_the_command_serves_and_stops_when_asked() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        cwd=ROOT,
        env={"SANDBOX_PORT": "0", "PATH": "/usr/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        url = line.split()[2]
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{url}/botframework/v1/.well-known/openidconfiguration")
        assert answer.json()["jwks_uri"].startswith(url)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
