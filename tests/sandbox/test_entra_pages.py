"""The sign-in pages, walked through as a person does, and the code that comes out of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.entra.tokens import read_graph_token
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID, WRITER_APP_ID
from sandbox.tenant.model import EVERYBODY, Consent
from tests.sandbox.entra_support import (
    ADMIN_PERMISSION,
    GRAPH,
    OWN_PERMISSION,
    REDIRECT_URI,
    Browser,
    Entra,
    in_thread,
    running_entra,
    sign_in_url,
)

STRONG = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        yield entra


@pytest.fixture
def browser(entra: Entra) -> Browser:
    return Browser(entra.http)


def told(browser: Browser) -> tuple[str, str]:
    """Error and AADSTS number in the redirect."""
    return browser.landed["error"], browser.landed["error_description"].partition(":")[0]


async def redeem(entra: Entra, code: str, **more: str) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **more}
    answer: dict[str, Any] = (await entra.ask(**form)).json()
    return answer


async def begin(entra: Entra, scopes: list[str], **more: Any) -> tuple[Any, dict[str, Any], str]:
    """MSAL's own start of a sign-in: the app, what it must remember, and the address for the browser."""
    app = await entra.msal()
    flow = await in_thread(
        lambda: app.initiate_auth_code_flow(scopes, redirect_uri=REDIRECT_URI, response_mode="form_post", **more)
    )
    return app, flow, flow["auth_uri"].replace("https://", "http://", 1)


async def test_signing_in_with_msal_pkce_and_nonce(entra: Entra, browser: Browser) -> None:
    app, flow, url = await begin(entra, [f"{GRAPH}/{OWN_PERMISSION}"], login_hint="rita.requester@woodgrove.example")
    await browser.open(url)
    assert "Pick an account" in browser.text
    assert browser.buttons[0].startswith("Rita Requester")
    await browser.press("Rita Requester")
    assert "Permissions requested" in browser.text
    assert "Ask for access packages" in browser.text
    assert "Consent on behalf of your organization" not in browser.text
    await browser.press("Accept")
    landed = browser.fields
    answer = await in_thread(lambda: app.acquire_token_by_auth_code_flow(flow, landed))
    rita = entra.person("Rita Requester")
    assert answer["id_token_claims"]["oid"] == rita.id
    principal = read_graph_token(entra.world, f"Bearer {answer['access_token']}")
    assert (principal.user_id, OWN_PERMISSION in principal.permissions) == (rita.id, True)
    assert Consent(BOT_APP_ID, rita.id, OWN_PERMISSION) in entra.world.tenant.consents
    (account,) = await in_thread(app.get_accounts)
    fresh = await in_thread(
        lambda: app.acquire_token_silent([f"{GRAPH}/{OWN_PERMISSION}"], account, force_refresh=True)
    )
    assert "access_token" in fresh


async def test_whoever_is_known_and_agreed_goes_straight_back(entra: Entra, browser: Browser) -> None:
    entra.consent("User.Read")
    await browser.open(sign_in_url(entra))
    await browser.press("Next", account="marc.manager@woodgrove.example")
    assert browser.landed["state"] == "the state"
    assert browser.response is not None
    assert browser.response.headers["Location"].startswith(f"{REDIRECT_URI}?")
    answer = await redeem(entra, browser.landed["code"])
    assert "refresh_token" not in answer
    assert read_graph_token(entra.world, f"Bearer {answer['access_token']}").user_id == entra.person("Marc Manager").id


async def test_a_claims_challenge_leads_to_the_second_factor_and_into_the_tokens(
    entra: Entra, browser: Browser
) -> None:
    entra.consent("User.Read")
    app, flow, url = await begin(entra, [f"{GRAPH}/User.Read"], claims_challenge=STRONG)
    await browser.open(url)
    await browser.press("Rita Requester")
    assert "Approve the sign-in" in browser.text
    await browser.press("Approve", number="7")
    assert "not the number" in browser.text
    await browser.press("Approve", number=f" {browser.number()} ")
    landed = browser.fields
    answer = await in_thread(lambda: app.acquire_token_by_auth_code_flow(flow, landed, claims_challenge=STRONG))
    claims = await entra.claims(answer["access_token"], GRAPH)
    assert (claims["amr"], claims["acrs"]) == (["pwd", "mfa"], ["c1"])
    assert answer["id_token_claims"]["acrs"] == ["c1"]
    assert abs(answer["id_token_claims"]["auth_time"] - entra.world.entra.now()) < 60
    entra.person("Rita Requester").mfa_required = True
    refreshed = await entra.ask(grant_type="refresh_token", refresh_token=answer["refresh_token"], claims=STRONG)
    assert (await entra.claims(refreshed.json()["access_token"], GRAPH))["acrs"] == ["c1"]


async def test_three_wrong_numbers_end_the_sign_in(entra: Entra, browser: Browser) -> None:
    entra.person("Rita Requester").mfa_required = True
    await browser.open(sign_in_url(entra))
    await browser.press("Rita Requester")
    for _ in range(3):
        await browser.press("Approve", number="1")
    assert told(browser) == ("access_denied", "AADSTS500121")


async def test_only_an_administrator_grants_what_is_an_administrators(entra: Entra, browser: Browser) -> None:
    url = sign_in_url(entra, scope=f"{GRAPH}/{ADMIN_PERMISSION} {GRAPH}/User.Read")
    await browser.open(url)
    await browser.press("Rita Requester")
    assert "Need admin approval" in browser.text
    assert f"{ADMIN_PERMISSION} · administrators only" in browser.text
    forged = {**browser.fields, "action": "accept", "for_everybody": "yes"}
    answer = await entra.http.post(url, data=forged)
    assert "AADSTS90094" in answer.headers["Location"]
    assert not entra.world.tenant.consents

    await browser.open(url)
    await browser.press("Rita Requester")
    await browser.press("Return to the application")
    assert told(browser) == ("access_denied", "AADSTS90094")
    assert browser.landed["state"] == "the state"

    await browser.open(url)
    await browser.press("Rita Requester")
    await browser.press("Sign in with another account")
    await browser.press("Adam Admin")
    await browser.press("Accept", for_everybody="yes")
    assert "code" in browser.landed
    assert {consent.user_id for consent in entra.world.tenant.consents} == {EVERYBODY}
    await browser.open(url)
    await browser.press("Rita Requester")
    assert "code" in browser.landed


async def test_an_administrator_may_agree_for_themselves_alone(entra: Entra, browser: Browser) -> None:
    await browser.open(sign_in_url(entra, scope=f"{GRAPH}/{ADMIN_PERMISSION}"))
    await browser.press("Adam Admin")
    await browser.press("Accept")
    adam = entra.person("Adam Admin")
    assert entra.world.tenant.consents == {Consent(BOT_APP_ID, adam.id, ADMIN_PERMISSION)}


async def test_saying_no_is_told_to_the_app(entra: Entra, browser: Browser) -> None:
    await browser.open(sign_in_url(entra))
    await browser.press("Rita Requester")
    await browser.press("Cancel")
    assert told(browser) == ("access_denied", "AADSTS65004")
    assert browser.landed["error_subcode"] == "cancel"
    await browser.open(sign_in_url(entra))
    await browser.press("Cancel")
    assert told(browser) == ("access_denied", "AADSTS65004")
    assert not entra.world.tenant.consents


async def test_prompt_consent_shows_what_was_agreed_before(entra: Entra, browser: Browser) -> None:
    entra.consent("User.Read")
    await browser.open(sign_in_url(entra, prompt="consent"))
    await browser.press("Rita Requester")
    assert "Sign you in and read your profile" in browser.text
    await browser.press("Accept")
    assert "code" in browser.landed


async def test_disabled_and_unknown_people_hear_why(entra: Entra, browser: Browser) -> None:
    await browser.open(sign_in_url(entra))
    await browser.press("Next", account="Dora Disabled")
    assert "AADSTS50057" in browser.text
    await browser.press("Next", account="<b>nobody</b>")
    assert "couldn't find" in browser.text
    assert "Pick an account" in browser.text


async def test_an_account_deleted_on_the_way_ends_on_an_error_page(entra: Entra, browser: Browser) -> None:
    await browser.open(sign_in_url(entra))
    await browser.press("Rita Requester")
    del entra.world.tenant.users[entra.person("Rita Requester").id]
    await browser.press("Accept")
    assert "Nobody is signed in" in browser.text


async def test_what_nobody_registered_is_never_redirected_to(entra: Entra, browser: Browser) -> None:
    for more in (
        {"redirect_uri": "https://evil.example/auth/end"},
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"redirect_uri": "http://127.0.0.1:3978@evil.example/auth/end"},
        {"redirect_uri": "http://user@127.0.0.1:9/auth/end"},
        {"redirect_uri": "http://[::1"},
        {"redirect_uri": "http://127.0.0.1:39\r\n78/auth/end"},
        {"redirect_uri": "http://127.0.0.1:1/auth/end#"},
        {"redirect_uri": "http://127.0.0.1:1\\@evil.example/auth/end"},
        {"redirect_uri": "http://evil.example\\@127.0.0.1:1/auth/end"},
        {"redirect_uri": "http://127.0.0.1:99999/auth/end"},
        {"redirect_uri": ""},
        {"client_id": "<script>alert(1)</script>"},
        {"client_id": WRITER_APP_ID},
    ):
        await browser.open(sign_in_url(entra, **more))
        assert browser.response is not None
        assert browser.response.status_code == 400, more
        assert "trouble signing you in" in browser.text
        assert "<script" not in browser.response.text
    await browser.open(sign_in_url(entra).replace(TENANT_ID, "contoso.example"))
    assert "AADSTS90002" in browser.text


async def test_loopback_addresses_may_differ_in_their_port_only(entra: Entra, browser: Browser) -> None:
    for redirect_uri, status in (
        ("http://127.0.0.1:50123/auth/end", 200),
        ("https://bot.woodgrove.example/auth/end", 200),
        ("http://127.0.0.1:50123/elsewhere", 400),
        ("https://127.0.0.1:50123/auth/end", 400),
        ("https://bot.woodgrove.example:444/auth/end", 400),
        ("http://localhost:3978/auth/end", 400),
    ):
        await browser.open(sign_in_url(entra, redirect_uri=redirect_uri))
        assert browser.response is not None
        assert browser.response.status_code == status, redirect_uri
    entra.world.bot_url = "https://tunnel.example"
    await browser.open(sign_in_url(entra, redirect_uri="https://tunnel.example/auth/end"))
    assert "Pick an account" in browser.text


@pytest.mark.parametrize(
    ("more", "error", "number"),
    [
        ({"response_type": "token"}, "unsupported_response_type", "AADSTS700054"),
        ({"response_type": ""}, "invalid_request", "AADSTS900144"),
        ({"response_mode": "web_message"}, "invalid_request", "AADSTS9000410"),
        ({"scope": ""}, "invalid_request", "AADSTS900144"),
        ({"scope": f"{GRAPH}/Sales.Everything"}, "invalid_client", "AADSTS650053"),
        ({"scope": "https://api.botframework.com/.default"}, "invalid_request", "AADSTS650057"),
        ({"code_challenge": "a" * 43}, "invalid_request", "AADSTS501491"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request", "AADSTS501491"),
        ({"prompt": "none"}, "login_required", "AADSTS50058"),
        ({"prompt": "dance"}, "invalid_request", "AADSTS90023"),
        ({"claims": "no json"}, "invalid_request", "AADSTS900971"),
    ],
)
async def test_the_app_hears_what_it_asked_wrongly(
    entra: Entra, browser: Browser, more: dict[str, str], error: str, number: str
) -> None:
    await browser.open(sign_in_url(entra, **more))
    assert told(browser) == (error, number)
    assert browser.landed["state"] == "the state"


async def test_codes_are_good_once_for_the_one_who_asked(entra: Entra, browser: Browser) -> None:
    entra.consent("User.Read")

    async def code(**more: str) -> str:
        await browser.open(sign_in_url(entra, **more))
        await browser.press("Rita Requester")
        return browser.landed["code"]

    first = await code()
    assert (await redeem(entra, first, redirect_uri="http://127.0.0.1:1/auth/end"))["error_codes"] == [500112]
    writer = {"client_id": WRITER_APP_ID, "client_secret": "sandbox-writer-secret"}
    assert (await redeem(entra, first, **writer))["error_codes"] == [70008]
    assert "access_token" in await redeem(entra, first)
    assert (await redeem(entra, first))["error_codes"] == [54005]
    assert (await redeem(entra, "made up"))["error_codes"] == [70008]

    challenge = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    protected = await code(**challenge)
    assert (await redeem(entra, protected))["error_codes"] == [50148]
    assert (await redeem(entra, protected, code_verifier="x" * 43))["error_codes"] == [501481]
    assert "access_token" in await redeem(entra, protected, code_verifier=verifier)

    late = await code()
    real = entra.world.entra.now
    entra.world.entra.now = lambda: real() + 601
    assert (await redeem(entra, late))["error_codes"] == [70008]


async def test_the_sign_in_is_bound_to_the_page_that_began_it(entra: Entra, browser: Browser) -> None:
    entra.consent("User.Read")
    url = sign_in_url(entra)
    rita = entra.person("Rita Requester")
    made_up = await entra.http.post(url, data={"flow": "made up", "account": rita.id})
    assert (made_up.status_code, "Location" in made_up.headers) == (400, False)

    await browser.open(url)
    flow = browser.fields["flow"]
    # Parameters that a forged form adds change nothing: the request was kept when it was checked.
    forged = {"flow": flow, "account": rita.id, "redirect_uri": "https://evil.example/", "scope": ADMIN_PERMISSION}
    answer = await entra.http.post(f"{url}&{urlencode({'redirect_uri': 'https://evil.example/'})}", data=forged)
    assert answer.headers["Location"].startswith(f"{REDIRECT_URI}?")
    again = await entra.http.post(url, data=forged)
    assert again.headers["Location"] == answer.headers["Location"]

    await browser.open(url)
    real = entra.world.entra.now
    entra.world.entra.now = lambda: real() + 601
    await browser.press("Rita Requester")
    assert "has taken too long" in browser.text


async def test_skipping_a_step_does_not_help(entra: Entra, browser: Browser) -> None:
    entra.person("Rita Requester").mfa_required = True
    url = sign_in_url(entra)
    for form in ({"action": "accept"}, {"action": "approve", "number": "10"}, {"action": "??"}):
        await browser.open(url)
        answer = await entra.http.post(url, data={**browser.fields, **form})
        assert answer.status_code == 200
        assert "Pick an account" in answer.text
    await browser.press("Rita Requester")
    answer = await entra.http.post(url, data={**browser.fields, "action": "accept"})
    assert "Approve the sign-in" in answer.text
    # Going back to the accounts forgets whose second factor it was.
    await browser.press("Approve", number=browser.number())
    await entra.http.post(url, data={**browser.fields, "action": "switch"})
    answer = await entra.http.post(url, data={**browser.fields, "account": entra.person("Rita Requester").id})
    assert "Approve the sign-in" in answer.text


async def test_other_response_modes(entra: Entra, browser: Browser) -> None:
    entra.consent("User.Read")
    await browser.open(sign_in_url(entra, response_mode="fragment"))
    await browser.press("Rita Requester")
    assert browser.response is not None
    assert browser.response.headers["Location"].startswith(f"{REDIRECT_URI}#code=")
    await browser.open(sign_in_url(entra, response_mode="form_post", state='"><script>alert(1)</script>'))
    await browser.press("Rita Requester")
    assert f'action="{REDIRECT_URI}"' in browser.response.text
    assert "<script" not in browser.response.text
    assert {"code", "state", "session_state"} <= set(browser.fields)


async def test_pages_are_locked_down_and_say_what_they_are(entra: Entra, browser: Browser) -> None:
    entra.world.tenant.apps[BOT_APP_ID].display_name = "<b>Bot</b>"
    await browser.open(sign_in_url(entra))
    assert browser.response is not None
    policy = browser.response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self' http://127.0.0.1:3978;" in policy
    assert "frame-ancestors 'none'" in policy
    assert browser.response.headers["Cache-Control"] == "no-store"
    assert "<b>Bot" not in browser.response.text
    assert "never type one" in browser.text


async def test_watchers_hear_of_tokens_but_never_of_secrets(entra: Entra) -> None:
    async with entra.world.events.subscribe() as events:
        await entra.ask(grant_type="client_credentials", scope=f"{GRAPH}/.default")
        await entra.ask(grant_type="client_credentials", scope=f"{GRAPH}/.default", client_secret="wrong")
        seen = [await anext(events), await anext(events)]
    assert [(event.kind, event.data["outcome"]) for event in seen] == [("entra", "issued"), ("entra", "AADSTS7000215")]
    assert "secret" not in json.dumps([event.data for event in seen])
