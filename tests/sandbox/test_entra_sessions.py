"""What a browser remembers of its people, and how that is ended; consent for everybody; who somebody is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.entra.tokens import issue_graph_token
from sandbox.tenant.identity import BOT_APP_ID, CLI_APP_ID, TENANT_ID
from sandbox.tenant.model import EVERYBODY, Consent
from tests.sandbox.entra_support import (
    ADMIN_PERMISSION,
    GRAPH,
    REDIRECT_URI,
    Browser,
    Entra,
    running_entra,
    sign_in_url,
)

STRONG = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        entra.consent("User.Read")
        yield entra


@pytest.fixture
def browser(entra: Entra) -> Browser:
    return Browser(entra.http, remembers=True)


async def who(entra: Entra, browser: Browser) -> dict[str, Any]:
    """The claims of the token that the code of the redirect is good for."""
    form = {"grant_type": "authorization_code", "code": browser.landed["code"], "redirect_uri": REDIRECT_URI}
    return await entra.claims((await entra.ask(**form)).json()["access_token"], GRAPH)


async def rita_signs_in(entra: Entra, browser: Browser) -> dict[str, Any]:
    await browser.open(sign_in_url(entra))
    await browser.press("Rita Requester")
    return await who(entra, browser)


async def test_the_second_time_nobody_has_to_choose(entra: Entra, browser: Browser) -> None:
    real = entra.world.entra.now
    entra.world.entra.now = lambda: real() - 60
    first = await rita_signs_in(entra, browser)
    entra.world.entra.now = real
    await browser.open(sign_in_url(entra))
    second = await who(entra, browser)
    assert (second["oid"], second["auth_time"]) == (first["oid"], first["auth_time"])
    await browser.open(sign_in_url(entra, prompt="none"))
    assert "code" in browser.landed
    await browser.open(sign_in_url(entra, prompt="select_account"))
    assert browser.buttons[0].startswith("Rita Requester")
    assert "signed in" in browser.buttons[0]
    await browser.press("Rita Requester")
    assert (await who(entra, browser))["auth_time"] == first["auth_time"]
    await browser.open(sign_in_url(entra, prompt="login"))
    await browser.press("Rita Requester")
    assert (await who(entra, browser))["auth_time"] > first["auth_time"]
    await browser.open(sign_in_url(entra, prompt="consent"))
    assert "Permissions requested" in browser.text


async def test_an_old_sign_in_is_not_good_enough_for_an_app_that_says_so(entra: Entra, browser: Browser) -> None:
    await rita_signs_in(entra, browser)
    real = entra.world.entra.now
    entra.world.entra.now = lambda: real() + 60
    await browser.open(sign_in_url(entra, max_age="3600"))
    assert "code" in browser.landed
    await browser.open(sign_in_url(entra, max_age="30"))
    assert "Pick an account" in browser.text
    await browser.open(sign_in_url(entra, max_age="soon"))
    assert browser.landed["error_description"].startswith("AADSTS90015")


async def test_a_session_is_of_one_person_unless_several_signed_in(entra: Entra, browser: Browser) -> None:
    await rita_signs_in(entra, browser)
    await browser.open(sign_in_url(entra, login_hint="marc.manager@woodgrove.example"))
    assert browser.buttons[0].startswith("Marc Manager")
    await browser.press("Marc Manager")
    await browser.open(sign_in_url(entra))
    assert "Pick an account" in browser.text
    assert [label.split()[0] for label in browser.buttons[:2]] == ["Marc", "Rita"]
    await browser.open(sign_in_url(entra, login_hint="rita.requester@woodgrove.example"))
    assert (await who(entra, browser))["oid"] == entra.person("Rita Requester").id
    entra.person("Rita Requester").account_enabled = False
    await browser.open(sign_in_url(entra))
    assert (await who(entra, browser))["oid"] == entra.person("Marc Manager").id


async def test_a_silent_request_hears_what_stands_in_its_way(entra: Entra, browser: Browser) -> None:
    await rita_signs_in(entra, browser)
    for more, error, number in (
        ({"scope": f"{GRAPH}/{ADMIN_PERMISSION}"}, "interaction_required", "AADSTS65001"),
        ({"claims": STRONG}, "interaction_required", "AADSTS50076"),
        ({"login_hint": "marc.manager@woodgrove.example"}, "login_required", "AADSTS50058"),
    ):
        await browser.open(sign_in_url(entra, prompt="none", **more))
        told = (browser.landed["error"], browser.landed["error_description"].partition(":")[0])
        assert told == (error, number)


async def test_a_second_factor_given_once_lasts_as_long_as_the_session(entra: Entra, browser: Browser) -> None:
    await browser.open(sign_in_url(entra, claims=STRONG))
    await browser.press("Rita Requester")
    await browser.press("Approve", number=browser.number())
    await browser.open(sign_in_url(entra, claims=STRONG))
    assert (await who(entra, browser))["acrs"] == ["c1"]
    await browser.open(sign_in_url(entra, claims=STRONG, prompt="login"))
    await browser.press("Rita Requester")
    assert "Approve the sign-in" in browser.text


async def test_signing_out_ends_the_session(entra: Entra, browser: Browser) -> None:
    logout = f"{entra.world.base_url}/{TENANT_ID}/oauth2/v2.0/logout"
    await rita_signs_in(entra, browser)
    await browser.open(logout)
    assert "You signed out" in browser.text
    await browser.open(sign_in_url(entra))
    assert "Pick an account" in browser.text
    back = await entra.http.get(logout, params={"post_logout_redirect_uri": REDIRECT_URI, "state": "a b"})
    assert back.headers["Location"] == f"{REDIRECT_URI}?state=a%20b"
    strange = await entra.http.get(logout, params={"post_logout_redirect_uri": "https://evil.example/"})
    assert strange.status_code == 200


async def test_without_sessions_everybody_chooses_each_time(entra: Entra, browser: Browser) -> None:
    entra.world.options.browser_sessions = False
    await rita_signs_in(entra, browser)
    await browser.open(sign_in_url(entra))
    assert "Pick an account" in browser.text


def consent_url(entra: Entra, version: str = "/v2.0", **more: str) -> str:
    query = {"client_id": BOT_APP_ID, "redirect_uri": REDIRECT_URI, "state": "s", **more}
    return f"{entra.world.base_url}/{TENANT_ID}{version}/adminconsent?{urlencode(query)}"


async def test_an_administrator_agrees_for_everybody(entra: Entra, browser: Browser) -> None:
    await browser.open(consent_url(entra, scope=f"{GRAPH}/{ADMIN_PERMISSION} {GRAPH}/User.Read"))
    await browser.press("Adam Admin")
    assert "Permissions requested for your organization" in browser.text
    assert ADMIN_PERMISSION in browser.text
    await browser.press("Accept")
    assert (browser.landed["admin_consent"], browser.landed["tenant"], browser.landed["state"]) == (
        "True",
        TENANT_ID,
        "s",
    )
    assert Consent(BOT_APP_ID, EVERYBODY, ADMIN_PERMISSION) in entra.world.tenant.consents


async def test_the_first_version_means_all_that_the_registration_lists(entra: Entra, browser: Browser) -> None:
    await browser.open(consent_url(entra, "", client_id=CLI_APP_ID, redirect_uri="http://localhost:8400"))
    await browser.press("Adam Admin")
    assert "Read everybody's full profile" in browser.text
    await browser.press("Accept")
    granted = {one.permission for one in entra.world.tenant.consents if one.app_id == CLI_APP_ID}
    assert granted == {"User.Read", "User.Read.All"}


async def test_consent_for_everybody_is_an_administrators_to_give(entra: Entra, browser: Browser) -> None:
    url = consent_url(entra, scope=f"{GRAPH}/User.Read")
    await browser.open(url)
    await browser.press("Rita Requester")
    assert "Need admin approval" in browser.text
    forged = await entra.http.post(url, data={**browser.fields, "action": "accept"})
    assert "AADSTS65004" in forged.headers["Location"]
    await browser.open(url)
    await browser.press("Rita Requester")
    await browser.press("Sign in with another account")
    await browser.press("Adam Admin")
    await browser.press("Cancel")
    assert (browser.landed["error"], browser.landed["admin_consent"]) == ("consent_required", "True")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"client_id": "nobody"}, "AADSTS700016"),
        ({"redirect_uri": "https://evil.example/"}, "AADSTS50011"),
    ],
)
async def test_consent_asked_for_by_strangers_ends_on_an_error_page(
    entra: Entra, browser: Browser, more: dict[str, str], words: str
) -> None:
    await browser.open(consent_url(entra, scope="User.Read", **more))
    assert words in browser.text


async def test_consent_to_what_does_not_exist_is_told_to_the_app(entra: Entra, browser: Browser) -> None:
    await browser.open(consent_url(entra, scope=f"{GRAPH}/Sales.Everything"))
    assert browser.landed["error_description"].startswith("AADSTS650053")


async def test_user_info_tells_what_the_scopes_allow(entra: Entra) -> None:
    rita, url = entra.person("Rita Requester"), f"{entra.world.base_url}/oidc/userinfo"

    async def ask(*scopes: str, **token: Any) -> Any:
        signed = issue_graph_token(entra.world, permissions=scopes, **token)
        return await entra.http.get(url, headers={"Authorization": f"Bearer {signed}"})

    full = (await ask("openid", "profile", "email", user_id=rita.id)).json()
    assert (full["name"], full["email"], full["family_name"]) == ("Rita Requester", rita.mail, "Requester")
    assert set((await ask("openid", user_id=rita.id)).json()) == {"sub"}
    assert (await ask("User.Read", user_id=rita.id)).status_code == 403
    assert (await ask("User.Read.All")).status_code == 403
    nobody = await entra.http.post(url)
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"].startswith("Bearer")) == (401, True)
