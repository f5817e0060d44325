"""Channel tokens and the Bot Framework's documents."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from sandbox.entra.tokens import channel_token
from sandbox.tenant.identity import BOT_APP_ID
from tests.sandbox.entra_support import Entra, running_entra

SERVICE_URL = "http://127.0.0.1/connector/"


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        yield entra


async def published(entra: Entra) -> dict[str, dict[str, Any]]:
    metadata = (await entra.http.get(f"{entra.world.base_url}/botframework/v1/.well-known/openidconfiguration")).json()
    assert metadata["issuer"] == "https://api.botframework.com"
    keys = (await entra.http.get(metadata["jwks_uri"])).json()["keys"]
    return {key["kid"]: key for key in keys}


def read(token: str, key: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"], audience=BOT_APP_ID)
    return claims


async def test_a_good_token_is_good(entra: Entra) -> None:
    token = channel_token(entra.world, service_url=SERVICE_URL)
    keys = await published(entra)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert key["endorsements"] == ["msteams"]
    claims = read(token, key)
    assert (claims["iss"], claims["serviceurl"]) == ("https://api.botframework.com", SERVICE_URL)
    assert not {"ver", "appid", "azp"} & set(claims)


async def test_every_defect(entra: Entra) -> None:
    world = entra.world
    keys = await published(entra)

    def key_of(token: str) -> dict[str, Any]:
        return keys[jwt.get_unverified_header(token)["kid"]]

    with pytest.raises(jwt.ExpiredSignatureError):
        read(token := channel_token(world, service_url=SERVICE_URL, lifetime_s=-10), key_of(token))
    with pytest.raises(jwt.ImmatureSignatureError):
        read(token := channel_token(world, service_url=SERVICE_URL, not_before_s=900), key_of(token))
    with pytest.raises(jwt.InvalidAudienceError):
        read(token := channel_token(world, service_url=SERVICE_URL, audience="another"), key_of(token))
    with pytest.raises(jwt.InvalidSignatureError):
        read(token := channel_token(world, service_url=SERVICE_URL, forged=True), key_of(token))
    for algorithm in ("none", "HS256", "RS384"):
        token = channel_token(world, service_url=SERVICE_URL, algorithm=algorithm)
        assert jwt.get_unverified_header(token)["alg"] == algorithm
        with pytest.raises(jwt.InvalidAlgorithmError):
            read(token, key_of(token))
    unknown = channel_token(world, service_url=SERVICE_URL, kid="nobody's")
    assert jwt.get_unverified_header(unknown)["kid"] == "nobody's"
    bare = channel_token(world, service_url=None, iss=None, ver="2.0")
    claims = read(bare, key_of(bare))
    assert "serviceurl" not in claims
    assert "iss" not in claims
    assert claims["ver"] == "2.0"
    assert claims["exp"] > time.time()


async def test_a_key_may_be_endorsed_for_other_channels_only(entra: Entra) -> None:
    token = channel_token(entra.world, service_url=SERVICE_URL, endorsements=["webchat"])
    key = (await published(entra))[jwt.get_unverified_header(token)["kid"]]
    assert key["endorsements"] == ["webchat"]
    read(token, key)
    world = entra.world
    assert jwt.get_unverified_header(channel_token(world, service_url=None))["kid"] != key["kid"]


async def test_the_channels_keys_rotate(entra: Entra) -> None:
    old = channel_token(entra.world, service_url=SERVICE_URL)
    entra.world.channel_keys.rotate()
    new = channel_token(entra.world, service_url=SERVICE_URL)
    keys = await published(entra)
    for token in (old, new):
        read(token, keys[jwt.get_unverified_header(token)["kid"]])
    entra.world.channel_keys.rotate(drop_old=True)
    keys = await published(entra)
    assert jwt.get_unverified_header(old)["kid"] not in keys
    assert jwt.get_unverified_header(new)["kid"] not in keys
