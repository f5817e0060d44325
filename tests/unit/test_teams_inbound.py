"""Who may speak to the bot: every defect of token, activity or body, through the real endpoint."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from bot.teams.inbound import ServiceHosts
from sandbox.tenant.identity import BOT_APP_ID
from tests.unit.teams_support import Stage, staged

OTHER = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as running:
        yield running


async def test_a_genuine_call_is_answered(stage: Stage) -> None:
    assert await stage.call(stage.activity()) == (201, None)
    assert len(stage.script.asked) == 1


BROKEN: dict[str, dict[str, Any]] = {
    "no signature": {"algorithm": "none"},
    "public key as password": {"algorithm": "HS256"},
    "another RSA algorithm": {"algorithm": "RS512"},
    "PSS": {"algorithm": "PS256"},
    "another key under our name": {"forged": True},
    "unknown key": {"kid": "unknown"},
    "empty key name": {"kid": ""},
    "expired": {"lifetime_s": -301},
    "not yet": {"not_before_s": 400},
    "no expiry": {"exp": None},
    "no beginning": {"nbf": None},
    "other audience": {"audience": OTHER},
    "no audience": {"aud": None},
    "audience of Graph": {"audience": "https://graph.microsoft.com"},
    "other issuer": {"issuer": "https://login.microsoftonline.com/evil/v2.0"},
    "no issuer": {"iss": None},
    "no service URL": {"service_url": None},
    "other service URL": {"service_url": "https://evil.example/connector/"},
    "key of another channel": {"endorsements": ["webchat"]},
}


@pytest.mark.parametrize("name", BROKEN)
async def test_broken_tokens_are_refused(stage: Stage, name: str) -> None:
    assert await stage.call(stage.activity(), stage.token(**BROKEN[name])) == (401, None)
    assert stage.script.asked == []


async def test_broken_headers_are_refused(stage: Stage) -> None:
    token = stage.token()
    head, payload, signature = token.split(".")
    tampered = jwt.utils.base64url_encode(json.dumps({"aud": BOT_APP_ID, "serviceurl": stage.service_url}).encode())
    for header in (
        "",
        token,
        f"bearer {token}",
        f"Basic {token}",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        f"Bearer {head}.{payload}",
        f"Bearer {head}.{payload}.",
        f"Bearer {head}.{tampered.decode()}.{signature}",
        f"Bearer {head}.{payload}.{signature[:-8]}AAAAAAAA",
        "Bearer " + "x" * 5000,
    ):
        assert await stage.call(stage.activity(), header=header) == (401, None), header[:40]
    async with stage.http.post(f"{stage.url}/api/messages", json=stage.activity()) as response:
        assert response.status == 401
    assert stage.script.asked == []


async def test_a_header_may_carry_any_bytes(stage: Stage) -> None:
    line = "POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(stage.url).port)
    writer.write(line.encode() + b"Authorization: Bearer \xff.b.c\r\nConnection: close\r\n\r\n{}")
    assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.close()


async def test_five_minutes_of_skew_are_allowed(stage: Stage) -> None:
    for defects in ({"lifetime_s": -200}, {"not_before_s": 200}):
        assert (await stage.call(stage.activity(), stage.token(**defects)))[0] == 201


async def test_the_slash_of_the_service_url_does_not_matter(stage: Stage) -> None:
    token = stage.token(service_url=stage.service_url.rstrip("/"))
    assert (await stage.call(stage.activity(), token))[0] == 201


async def test_a_good_token_is_good_for_its_own_service_url_only(stage: Stage) -> None:
    token = stage.token()
    assert (await stage.call(stage.activity(), token))[0] == 201
    stolen = stage.activity(serviceUrl=stage.service_url.replace("/connector/", "/other/"))
    assert (await stage.call(stolen, token))[0] == 401


async def test_an_old_token_is_refused_after_the_keys_have_gone(stage: Stage) -> None:
    old = stage.token()
    assert (await stage.call(stage.activity(), old))[0] == 201
    stage.world.channel_keys.rotate(drop_old=True)
    keys = stage.edge._channel_keys
    keys._tried_at = None  # a minute has passed
    assert (await stage.call(stage.activity(), stage.token()))[0] == 201
    assert (await stage.call(stage.activity(), old))[0] == 401


async def test_unknown_keys_fetch_at_most_once_a_minute(stage: Stage) -> None:
    assert (await stage.call(stage.activity()))[0] == 201
    stage.world.channel_keys.rotate()
    fetches = 0
    real = stage.edge._channel_keys._fetch

    async def counted() -> Any:
        nonlocal fetches
        fetches += 1
        return await real()

    stage.edge._channel_keys._fetch = counted
    stage.edge._channel_keys._tried_at = None
    for number in range(5):
        assert (await stage.call(stage.activity(), stage.token(kid=f"invented-{number}")))[0] == 401
    assert fetches == 1
    assert (await stage.call(stage.activity(), stage.token()))[0] == 201


async def test_without_any_keys_the_caller_is_told_to_come_back(stage: Stage) -> None:
    stage.world.channel_keys.rotate()

    async def nothing() -> Any:
        raise TimeoutError

    stage.edge._channel_keys._fetch = nothing
    assert (await stage.call(stage.activity()))[0] == 503
    assert stage.script.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"channelId": "webchat"},
        {"channelId": ""},
        {"channelData": {"tenant": {"id": OTHER}}},
        {"channelData": None, "conversation": {"id": "a:1", "conversationType": "personal"}},
        {"conversation": {"id": "a:1", "tenantId": OTHER}},
    ],
)
async def test_foreign_activities_are_refused(stage: Stage, changes: dict[str, Any]) -> None:
    # The key speaks for every channel, so that it is not the endorsement that refuses.
    token = stage.token(endorsements=["msteams", "webchat", ""])
    assert (await stage.call(stage.activity(**changes), token))[0] == 403
    assert stage.script.asked == []


async def test_the_bots_own_token_goes_to_known_hosts_only(stage: Stage) -> None:
    for url in ("https://evil.example/", "http://127.0.0.1:1/", "http://127.0.0.1.evil.example/", "file:///etc/passwd"):
        token = stage.token(service_url=url)
        assert (await stage.call(stage.activity(serviceUrl=url), token))[0] == 403
    assert stage.script.asked == []


async def test_without_a_service_url_nothing_is_done(stage: Stage) -> None:
    activity = stage.activity()
    del activity["serviceUrl"]
    assert (await stage.call(activity))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"type": 1}',
        b'{"type": "message"}',
        b"\xff\xfe",
        b'{"type":"message","conversation":{"id":"a"},"text":"\\ud800"}',
        b'{"type":"message","conversation":{"id":"a"},"text":"\\u0000"}',
        b'{"type":"message","conversation":{"id":"a"},"text":"\\\\\\u0000"}',
        b"[" * 100_000,
    ],
)
async def test_malformed_bodies(stage: Stage, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {stage.token()}", "Content-Type": "application/json"}
    async with stage.http.post(f"{stage.url}/api/messages", data=body, headers=headers) as response:
        assert response.status == 400
    assert stage.script.asked == []


async def test_other_methods_types_and_sizes(stage: Stage) -> None:
    address, headers = f"{stage.url}/api/messages", {"Authorization": f"Bearer {stage.token()}"}
    async with stage.http.get(address) as response:
        assert response.status == 405
    async with stage.http.post(address, data="{}", headers={**headers, "Content-Type": "text/plain"}) as response:
        assert response.status == 415
    large = stage.activity(text="x" * 1_100_000)
    body = io.BytesIO(json.dumps(large).encode())
    typed = {**headers, "Content-Type": "application/json"}
    async with stage.http.post(address, data=body, headers=typed) as response:
        assert response.status == 413
    assert stage.script.asked == []


async def test_health_readiness_and_metrics(stage: Stage) -> None:
    await stage.call(stage.activity(), header="Bearer x")
    async with stage.http.get(f"{stage.url}/healthz") as response:
        assert response.status == 200
    async with stage.http.get(f"{stage.url}/readyz") as response:
        assert (response.status, await response.json()) == (
            200,
            {"ready": True, "checks": {"sign-in": "ok", "channel": "ok"}},
        )
    async with stage.http.get(f"{stage.url}/metrics") as response:
        assert 'doorman_inbound_refused_total{reason="not a token"} 1.0' in await response.text()


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://smba.trafficmanager.net/emea/", True),
        ("https://smba.trafficmanager.net:443/emea/", True),
        ("https://SMBA.trafficmanager.net/emea/", True),
        ("https://smba.infra.gcc.teams.microsoft.com/teams", True),
        ("http://127.0.0.1:8765/connector/", True),
        ("http://127.0.0.1:8766/connector/", False),
        ("http://smba.trafficmanager.net/emea/", False),
        ("https://smba.trafficmanager.net:8443/", False),
        ("https://smba.trafficmanager.net.evil.example/", False),
        ("https://evil.example/smba.trafficmanager.net", False),
        ("https://teams.microsoft.com/", False),
        ("https://evilteams.microsoft.com/", False),
        ("https://a@smba.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net@evil.example/", False),
        ("https://smba.trafficmanager.net/?x=1", False),
        ("https://[bad/", False),
        ("https://evil.example\\.teams.microsoft.com/", False),
        ("https://evil.example%2f.teams.microsoft.com/", False),
        ("https://evil.example;.teams.microsoft.com/", False),
        ("https://evil.example\u3002.teams.microsoft.com/", False),
        ("https://tenant.teams.microsoft.com\n@evil.example/", False),
        ("", False),
    ],
)
def test_service_hosts(url: str, is_allowed: bool) -> None:
    hosts = ServiceHosts(("smba.trafficmanager.net", "*.teams.microsoft.com", "127.0.0.1:8765"))
    assert hosts.allows(url) is is_allowed
    assert hosts.allows(url) is is_allowed  # from memory
