"""The Bot Framework SDK's own check, unmodified, on what the sandbox's connector sends: it lets in what it should.

Only the address of the metadata is redirected, as the SDK provides for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticationConfiguration,
    ChannelValidation,
    JwtTokenValidation,
    SimpleCredentialProvider,
)

from sandbox.entra.tokens import channel_token
from sandbox.tenant.identity import BOT_APP_ID, WRITER_APP_ID
from tests.sandbox.connector_support import Stage, stage


@pytest.fixture
async def it(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with stage() as ready:
        metadata = f"{ready.world.base_url}/botframework/v1/.well-known/openidconfiguration"
        monkeypatch.setattr(ChannelValidation, "open_id_metadata_endpoint", metadata)
        yield ready


async def checked(activity: dict[str, Any], header: str, app_id: str = BOT_APP_ID, *, endorsed: str = "msteams") -> Any:
    """The identity that the SDK finds. In a thread of its own, because the SDK blocks while it reads the metadata."""

    def check() -> Any:
        return asyncio.run(
            JwtTokenValidation.authenticate_request(
                Activity.deserialize(activity),
                header,
                SimpleCredentialProvider(app_id, ""),
                "",
                AuthenticationConfiguration(required_endorsements=[endorsed]),
            )
        )

    return await asyncio.to_thread(check)


async def delivered(it: Stage) -> tuple[dict[str, Any], str]:
    """The activity and the header with which the connector really called the bot."""
    await it.teams.say(it.person(), "hello")
    return it.bot.received[-1], it.bot.headers[-1]["Authorization"]


async def test_what_the_connector_sends_is_accepted(it: Stage) -> None:
    activity, header = await delivered(it)
    identity = await checked(activity, header)
    assert identity.is_authenticated
    assert identity.get_claim_value("aud") == BOT_APP_ID
    assert identity.get_claim_value("serviceurl") == activity["serviceUrl"]


async def test_another_bot_or_another_service_url_is_not(it: Stage) -> None:
    activity, header = await delivered(it)
    with pytest.raises(PermissionError, match="Invalid AppId"):
        await checked(activity, header, WRITER_APP_ID)
    with pytest.raises(PermissionError, match="service_url"):
        await checked({**activity, "serviceUrl": "http://127.0.0.1:1/"}, header)


async def test_a_key_that_does_not_speak_for_the_channel_is_not(it: Stage) -> None:
    activity, header = await delivered(it)
    with pytest.raises(Exception, match="endorsement"):
        await checked({**activity, "channelId": "webchat"}, header)
    with pytest.raises(Exception, match="endorsement"):
        await checked(activity, header, endorsed="webchat")


@pytest.mark.parametrize(
    "defect",
    [
        {"lifetime_s": -3600},
        {"not_before_s": 3600},
        {"issuer": "https://evil.example"},
        {"forged": True},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"kid": "unheard-of"},
        {"endorsements": ["webchat"]},
        {"service_url": None},
    ],
    ids=lambda defect: next(iter(defect)),
)
async def test_every_defect_that_can_be_asked_for_is_seen(it: Stage, defect: dict[str, Any]) -> None:
    activity, _ = await delivered(it)
    token = channel_token(it.world, **{"service_url": activity["serviceUrl"], **defect})
    with pytest.raises(Exception):  # noqa: B017, PT011 - the SDK has a type of its own for none of them
        await checked(activity, f"Bearer {token}")


async def test_a_key_that_came_by_rotation_is_published(it: Stage) -> None:
    activity, _ = await delivered(it)
    it.world.channel_keys.rotate()
    token = channel_token(it.world, service_url=activity["serviceUrl"])
    assert (await checked(activity, f"Bearer {token}")).is_authenticated
