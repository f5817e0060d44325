"""An administrator at their own machine signs in with a code, and the command acts as them."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from bot.cli.settings import load_cli_settings
from bot.identity.device import DeviceTokens
from bot.identity.login import Login
from bot.settings import SettingsError
from sandbox.entra.tokens import read_graph_token
from sandbox.tenant.identity import CLI_APP_ID, TENANT_ID
from tests.sandbox.entra_support import GRAPH, Browser
from tests.support.pipeline import Pipeline


async def test_a_code_is_asked_for_once_and_the_token_is_the_persons(pipeline: Pipeline) -> None:
    login, asked = Login(pipeline.world.base_url), list[str]()

    async with httpx.AsyncClient(timeout=60) as http:
        browser = Browser(http)

        async def sign_in(sentence: str) -> None:
            asked.append(sentence)
            await browser.open(f"{pipeline.world.base_url}/{TENANT_ID}/oauth2/deviceauth")
            found = re.search(r"\b[A-Z0-9]{9}\b", sentence)
            assert found, sentence
            await browser.press("Next", user_code=found[0])
            await browser.press("Adam Admin")

        tokens = DeviceTokens(login, CLI_APP_ID, TENANT_ID, graph_resource=GRAPH, tell=sign_in)
        try:
            first, second = await asyncio.gather(tokens.graph(), tokens.graph())
            person_id, name = await tokens.signed_in()
            assert "EntitlementManagement.ReadWrite.All" in await tokens.graph_roles()
        finally:
            login.close()
    adam = pipeline.world.tenant.find_user("Adam Admin")
    assert adam is not None
    assert (first, len(asked)) == (second, 1)
    assert read_graph_token(pipeline.world, f"Bearer {first}").user_id == adam.id
    assert (person_id, name) == (adam.id, "Adam Admin")


def test_a_credential_is_needed_unless_a_person_signs_in() -> None:
    env = {"AZURE_TENANT_ID": TENANT_ID, "AZURE_CLIENT_ID": CLI_APP_ID}
    assert load_cli_settings({**env, "DOORMAN_SIGN_IN": "device"}).sign_in == "device"
    with pytest.raises(SettingsError, match="set one of"):
        load_cli_settings(env)
    with pytest.raises(SettingsError, match="DOORMAN_SIGN_IN"):
        load_cli_settings({**env, "DOORMAN_SIGN_IN": "somehow"})
