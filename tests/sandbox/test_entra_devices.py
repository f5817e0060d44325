"""Signing in on a device without a browser, with MSAL as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.entra.tokens import read_graph_token
from sandbox.tenant.identity import BOT_APP_ID, CLI_APP_ID, TENANT_ID
from tests.sandbox.entra_support import ADMIN_PERMISSION, GRAPH, Browser, Entra, in_thread, running_entra

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        entra.consent("User.Read", app_id=CLI_APP_ID)
        yield entra


@pytest.fixture
def browser(entra: Entra) -> Browser:
    return Browser(entra.http)


async def begin(entra: Entra, *scopes: str) -> tuple[Any, dict[str, Any]]:
    app = await entra.msal_public()
    return app, await in_thread(lambda: app.initiate_device_flow(list(scopes or (f"{GRAPH}/User.Read",))))


async def ask_once(app: Any, flow: dict[str, Any]) -> dict[str, Any]:
    """One look of MSAL's at whether somebody has signed in; it would wait before the next one, and keeps count."""
    flow = dict(flow)
    answer: dict[str, Any] = await in_thread(
        lambda: app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
    )
    return answer


async def enter(browser: Browser, flow: dict[str, Any], code: str | None = None) -> None:
    await browser.open(flow["verification_uri"])
    assert "Enter code" in browser.text
    await browser.press("Next", user_code=code or flow["user_code"])


async def test_a_code_entered_elsewhere_signs_the_device_in(entra: Entra, browser: Browser) -> None:
    app, flow = await begin(entra)
    assert flow["user_code"] in flow["message"]
    assert (flow["expires_in"], flow["interval"]) == (900, 5)
    assert (await ask_once(app, flow))["error"] == "authorization_pending"
    await enter(browser, flow, f" {flow['user_code'][:4].lower()}-{flow['user_code'][4:]} ")
    assert "Command line" in browser.text
    await browser.press("Rita Requester")
    assert "You are signed in" in browser.text
    answer = await ask_once(app, flow)
    assert (
        read_graph_token(entra.world, f"Bearer {answer['access_token']}").user_id == entra.person("Rita Requester").id
    )
    (account,) = await in_thread(app.get_accounts)
    again = await in_thread(lambda: app.acquire_token_silent([f"{GRAPH}/User.Read"], account, force_refresh=True))
    assert "access_token" in again
    assert (await ask_once(app, flow))["error_codes"] == [54005]


async def test_asking_too_often_is_slowed_down_only_where_that_is_switched_on(entra: Entra) -> None:
    app, flow = await begin(entra)
    answers = [(await ask_once(app, flow))["error"] for _ in range(2)]
    assert answers == ["authorization_pending", "slow_down"]
    entra.world.options.device_slow_down = False
    assert (await ask_once(app, flow))["error"] == "authorization_pending"
    real = entra.world.entra.now
    entra.world.options.device_slow_down = True
    entra.world.entra.now = lambda: real() + 6
    assert (await ask_once(app, flow))["error"] == "authorization_pending"


async def test_a_device_that_nobody_signs_in_for_hears_that_its_time_is_over(entra: Entra, browser: Browser) -> None:
    app, flow = await begin(entra)
    real = entra.world.entra.now
    entra.world.entra.now = lambda: real() + 901
    await enter(browser, flow)
    assert "not right, or it has expired" in browser.text
    assert (await ask_once(app, flow))["error"] == "expired_token"


async def test_whoever_declines_is_not_asked_again(entra: Entra, browser: Browser) -> None:
    app, flow = await begin(entra, f"{GRAPH}/{ADMIN_PERMISSION}")
    await enter(browser, flow)
    await browser.press("Rita Requester")
    assert "Need admin approval" in browser.text
    await browser.press("Return to the application")
    assert "Nothing was allowed" in browser.text
    assert (await ask_once(app, flow))["error"] == "authorization_declined"
    await enter(browser, flow)
    assert "not right" in browser.text


async def test_wrong_codes_get_nowhere(entra: Entra, browser: Browser) -> None:
    app, flow = await begin(entra)
    await enter(browser, flow, "<b>AAAA")
    assert "not right" in browser.text
    stolen = await entra.ask(grant_type=GRANT, device_code=flow["device_code"])
    assert stolen.json()["error"] == "bad_verification_code"
    unknown = {**flow, "device_code": "made up"}
    assert (await ask_once(app, unknown))["error"] == "bad_verification_code"
    missing = await entra.http.post(entra.token_url, data={"grant_type": GRANT, "client_id": CLI_APP_ID})
    assert missing.json()["error_codes"] == [900144]
    url = entra.token_url.replace("/token", "/devicecode")
    for form, number in (({}, 900144), ({"client_id": "nobody", "scope": "User.Read"}, 700016)):
        assert (await entra.http.post(url, data=form)).json()["error_codes"] == [number]
    foreign = await entra.http.post(url.replace(TENANT_ID, "contoso.example"), data={"client_id": CLI_APP_ID})
    assert foreign.json()["error_codes"] == [90002]


async def test_an_app_that_is_no_public_client_has_to_prove_itself(entra: Entra, browser: Browser) -> None:
    url = entra.token_url.replace("/token", "/devicecode")
    entra.consent("User.Read")
    flow = (await entra.http.post(url, data={"client_id": BOT_APP_ID, "scope": f"{GRAPH}/User.Read"})).json()
    await enter(browser, flow)
    await browser.press("Rita Requester")
    form = {"grant_type": GRANT, "client_id": BOT_APP_ID, "device_code": flow["device_code"]}
    assert (await entra.http.post(entra.token_url, data=form)).json()["error_codes"] == [7000218]
    assert "access_token" in (await entra.ask(**form)).json()
