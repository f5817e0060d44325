"""Signing in from Teams: silently on every device, with a button, with a code, and not at all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest
from aiohttp import web

from sandbox.connector.errors import PersonError
from sandbox.connector.html_page import HtmlPage
from sandbox.connector.state import GROUP_ID
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID
from tests.sandbox.connector_support import (
    Json,
    Stage,
    card,
    card_answer,
    execute,
    login_answer,
    message,
    oauth_message,
    stage,
    text,
    text_answer,
)

REFUSED = (200, {"statusCode": 412, "type": "application/vnd.microsoft.error.preconditionFailed", "value": {}})


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


async def approve_button(it: Stage) -> str:
    return await it.bot.post(it.personal(), message(card(actions=[execute("Approve", "approve", id="7")])))


def read(it: Stage, token: str) -> Json:
    key = it.world.entra_keys.public_key(jwt.get_unverified_header(token)["kid"])
    claims: Json = jwt.decode(token, key, algorithms=["RS256"], audience=BOT_APP_ID)
    return claims


# A press that needs a sign-in


async def test_the_same_press_is_repeated_with_the_persons_token(it: Stage) -> None:
    posted = await approve_button(it)
    it.bot.in_turn(login_answer(), card_answer(card(text("approved"))))
    outcome = await it.teams.press(it.person(), "Approve")
    first, second = [each["value"] for each in it.bot.invokes()]
    assert second["action"] == first["action"]
    assert "authentication" not in first
    proof = second["authentication"]
    assert (proof["id"], proof["connectionName"]) == ("exchange-1", "graph")
    claims = read(it, proof["token"])
    assert (claims["oid"], claims["tid"], claims["scp"]) == (it.person(), TENANT_ID, "access_as_user")
    assert outcome.login_required is None
    assert (await it.message(posted))["shown"]["body"] == [text("approved")]
    assert it.world.chats.pending == {}


@pytest.mark.parametrize("second", [REFUSED, login_answer()])
async def test_a_token_that_does_not_do_leaves_the_button(it: Stage, second: tuple[int, Any]) -> None:
    posted = await approve_button(it)
    it.bot.in_turn(login_answer(), second)
    outcome = await it.teams.press(it.person(), "Approve")
    assert outcome.login_required is not None
    assert outcome.login_required.url == "https://bot.example/auth/start"
    assert len(it.bot.received) == 2
    assert (await it.message(posted))["login"] == {"url": "https://bot.example/auth/start"}


async def test_a_client_without_a_session_shows_the_button_at_once(it: Stage) -> None:
    it.world.tenant.persona("requester").sign_in = "interactive"
    await approve_button(it)
    it.bot.always(*login_answer())
    assert (await it.teams.press(it.person(), "Approve")).login_required is not None
    assert len(it.bot.received) == 1


async def test_no_token_goes_to_a_resource_that_is_not_the_bots(it: Stage) -> None:
    await approve_button(it)
    it.bot.always(*login_answer(tokenExchangeResource={"id": "1", "uri": "api://botid-other"}))
    assert (await it.teams.press(it.person(), "Approve")).login_required is not None
    assert len(it.bot.received) == 1


@pytest.mark.parametrize("changes", [{"connectionName": ""}, {"buttons": []}])
async def test_a_login_request_that_clients_ignore(it: Stage, changes: Json) -> None:
    posted = await approve_button(it)
    it.bot.always(*login_answer(**changes))
    assert (await it.teams.press(it.person(), "Approve")).login_required is None
    assert (await it.message(posted))["notes"] == ["Something went wrong"]


@pytest.mark.parametrize("name", ["inccorectAuthCode", "invalidAuthCode", "incorrectAuthCode"])
async def test_a_code_repeats_the_press_and_a_wrong_one_keeps_it(it: Stage, name: str) -> None:
    it.world.tenant.persona("requester").sign_in = "interactive"
    await approve_button(it)
    wrong = {"statusCode": 401, "type": f"application/vnd.microsoft.error.{name}", "value": {"message": "wrong"}}
    it.bot.in_turn(login_answer(), (200, wrong), text_answer("done"))
    await it.teams.press(it.person(), "Approve")
    assert (await it.teams.enter_code(it.person(), "000000")).login_required is not None
    assert (await it.teams.enter_code(it.person(), "123456")).login_required is None
    values = [each["value"] for each in it.bot.invokes()]
    assert [each.get("state") for each in values] == [None, "000000", "123456"]
    assert values[0]["action"] == values[2]["action"]
    with pytest.raises(PersonError, match="No sign-in"):
        await it.teams.enter_code(it.person(), "123456")


# An OAuthCard in a message


async def test_every_device_answers_an_oauth_card_with_the_same_exchange(it: Stage) -> None:
    it.world.chats.behaviour.devices = 3
    it.bot.always(200)
    posted = await it.bot.post(it.personal(), oauth_message())
    await it.teams.settle()
    exchanges = [each["value"] for each in it.bot.invokes("signin/tokenExchange")]
    assert len(exchanges) == 3
    assert exchanges[0] == exchanges[1] == exchanges[2]
    assert (exchanges[0]["id"], exchanges[0]["connectionName"]) == ("exchange-1", "graph")
    assert read(it, exchanges[0]["token"])["oid"] == it.person()
    assert (await it.message(posted))["sign_in"] == "done"


async def test_an_exchange_that_is_not_possible_keeps_the_button(it: Stage) -> None:
    it.bot.always(412, {"id": "exchange-1", "connectionName": "graph", "failureDetail": "consent"})
    posted = await it.bot.post(it.personal(), oauth_message())
    await it.teams.settle()
    assert ((await it.message(posted))["sign_in"], (await it.message(posted))["notes"]) == ("button", [])
    assert (await it.teams.press(it.person(), "Sign in")).url == "https://bot.example/auth/start"


async def test_the_message_that_asked_comes_back_with_the_sign_in_done(it: Stage) -> None:
    async def think(activity: Json) -> tuple[int, Any]:
        if activity["type"] == "message":
            await it.bot.post(activity["conversation"]["id"], oauth_message())
            return 201, None
        await it.bot.post(activity["conversation"]["id"], {"type": "message", "text": "signed in"})
        return 200, None

    it.bot.think = think
    outcome = await it.teams.say(it.person(), "my access")
    assert [(each["sign_in"], each["text"]) for each in outcome.messages] == [("done", ""), (None, "signed in")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tokenExchangeResource": {"id": "1", "uri": "api://botid-other"}}, "resourcematchfailed"),
        ({"connectionName": None}, "oauthcardnotvalid"),
    ],
)
async def test_cards_that_cannot_work_are_reported_to_the_bot(it: Stage, changes: Json, code: str) -> None:
    it.bot.always(200)
    await it.bot.post(it.personal(), oauth_message(**changes))
    await it.teams.settle()
    [failure] = it.bot.invokes("signin/failure")
    assert failure["value"]["code"] == code
    assert it.bot.invokes("signin/tokenExchange") == []


async def test_nothing_is_silent_in_a_group_or_without_a_session(it: Stage) -> None:
    it.world.tenant.persona("manager").sign_in = "interactive"
    in_group = await it.bot.post(GROUP_ID, oauth_message())
    for_marc = await it.bot.post(it.personal("manager"), oauth_message())
    await it.teams.settle()
    assert it.bot.received == []
    assert (await it.message(in_group))["sign_in"] == (await it.message(for_marc, "manager"))["sign_in"] == "button"


async def test_an_edited_oauth_card_is_answered_again(it: Stage) -> None:
    it.bot.always(200)
    posted = await it.bot.post(it.personal(), {"type": "message", "text": "wait"})
    await it.bot.call("PUT", f"/{quote(it.personal())}/activities/{posted}", oauth_message())
    await it.teams.settle()
    assert len(it.bot.invokes("signin/tokenExchange")) == 1


# The page behind the button


def start_page(it: Stage, **more: str) -> str:
    """The authorize request of a bot whose redirect URI is its own `/auth/end`."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier" * 8).digest()).rstrip(b"=").decode()
    query = {
        "client_id": BOT_APP_ID,
        "response_type": "code",
        "redirect_uri": f"{it.world.bot_url}/auth/end",
        "scope": "openid offline_access https://graph.microsoft.com/User.Read",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "state": "s",
        **more,
    }
    return f"{it.world.base_url}/{TENANT_ID}/oauth2/v2.0/authorize?{urlencode(query)}"


@pytest.fixture
def signing(it: Stage) -> list[dict[str, str]]:
    """What reaches the bot's `/auth/end`, which then shows the code 424242, or no code for an error."""
    ended: list[dict[str, str]] = []

    async def end(request: web.Request) -> web.Response:
        ended.append(dict(request.query))
        page = "<p>Paste this: <strong id=code>424242</strong></p>" if "code" in request.query else "<p>Sorry.</p>"
        return web.Response(text=page, content_type="text/html")

    it.bot.pages["/auth/end"] = end
    return ended


async def test_a_person_signs_in_on_the_page_and_the_press_goes_on(it: Stage, signing: list[dict[str, str]]) -> None:
    rita = it.world.tenant.persona("requester")
    rita.sign_in, rita.mfa_required = "interactive", True
    await approve_button(it)
    it.bot.in_turn(login_answer(buttons=[{"type": "signin", "value": start_page(it)}]), text_answer("done"))
    await it.teams.press(rita.id, "Approve")
    page, outcome = await it.teams.complete_sign_in(rita.id)
    assert (page.code, page.status, page.url) == ("424242", 200, f"{it.world.bot_url}/auth/end")
    assert it.bot.invokes()[-1]["value"]["state"] == "424242"
    assert outcome.messages[0]["notes"] == ["done"]
    [redirect] = signing
    grant = it.world.entra.find_code(redirect["code"])
    assert grant is not None
    assert (grant.proof.user_id, grant.proof.amr) == (rita.id, ("pwd", "mfa"))


async def test_the_code_can_be_pasted_and_the_wrong_person_can_come(it: Stage, signing: list[dict[str, str]]) -> None:
    page, _ = await it.teams.complete_sign_in(it.person(), start_page(it), then="paste", as_person=it.person("lead"))
    assert it.bot.received[0]["text"] == page.code == "424242"
    grant = it.world.entra.find_code(signing[0]["code"])
    assert grant is not None
    assert grant.proof.user_id == it.person("lead")


async def test_verify_state_for_an_oauth_card(it: Stage, signing: list[dict[str, str]]) -> None:
    it.world.tenant.persona("requester").sign_in = "interactive"
    it.bot.always(200)
    button = {"type": "signin", "title": "Sign in", "value": start_page(it)}
    posted = await it.bot.post(it.personal(), oauth_message(buttons=[button]))
    await it.teams.complete_sign_in(it.person())
    assert it.bot.invokes("signin/verifyState")[0]["value"] == {"state": "424242"}
    assert (await it.message(posted))["sign_in"] == "done"


async def test_consent_is_given_by_those_who_may_and_refused_to_others(
    it: Stage, signing: list[dict[str, str]]
) -> None:
    it.world.tenant.consents.clear()
    wants = "https://graph.microsoft.com/EntitlementManagement.ReadWrite.All"
    url = start_page(it, scope=wants)
    page, outcome = await it.teams.complete_sign_in(it.person(), url, then="nothing")
    assert (page.code, outcome.reason) == (None, "the page showed no code")
    assert "error" in signing[0]
    page, _ = await it.teams.complete_sign_in(it.person("admin"), url, then="nothing")
    assert page.code == "424242"
    assert any(each.permission == "EntitlementManagement.ReadWrite.All" for each in it.world.tenant.consents)


async def test_a_page_that_refuses_or_does_not_exist(it: Stage) -> None:
    page, _ = await it.teams.complete_sign_in(
        it.person(), start_page(it, redirect_uri="https://evil.example/"), then="nothing"
    )
    assert page.code is None
    assert "AADSTS50011" in page.text or "redirect" in page.text
    for url in ("http://127.0.0.1:1/", "javascript:alert(1)"):
        with pytest.raises(PersonError, match="button"):
            await it.teams.complete_sign_in(it.person(), url)
    with pytest.raises(PersonError, match="No sign-in"):
        await it.teams.complete_sign_in(it.person())


def test_reading_pages() -> None:
    page = HtmlPage(
        "<title>t</title><style>p{}</style><p class='bad x'>No &amp; no<br>more</p>"
        "<form method=POST action='/a'><input type=hidden name=f value=1><input name=n>"
        "<input type=checkbox name=c value=yes><button name=go value=on>Go</button></form>"
        "<input id=code value=77>"
    )
    [form] = page.forms
    assert (form.method, form.action, form.fields, form.texts, form.buttons) == (
        "post",
        "/a",
        {"f": "1"},
        ["n"],
        [("go", "on")],
    )
    assert (page.marked(".bad"), page.marked("#code"), page.marked("#none")) == ("No & no more", "77", "")
    assert page.text == "No & no more Go"
