"""Signing in through Teams and through the browser, for the right person, once."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from yarl import URL

from bot.errors import ConsentNeeded, SignInNeeded
from bot.teams.texts import Texts
from bot.turn import CardPress, Incoming, Placement, Reply, SignInPrompt, TextMessage, Turn
from sandbox.entra.tokens import issue_user_token
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID, teams_id
from tests.unit.teams_support import ADMIN, MARC, OWN, RITA, Stage, staged

TEXTS = Texts()
CARD = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [{"type": "TextBlock", "text": "waiting"}],
    "actions": [{"type": "Action.Execute", "title": "Approve", "verb": "approval.approve", "data": {"id": "7"}}],
}


class Needs:
    """A dispatcher's handler that needs a person's token for everything but the word "card"."""

    def __init__(self, scope: str = OWN) -> None:
        self.scope = scope
        self.stage: Stage | None = None
        self.claims: list[str | None] = []
        self.tokens: list[str] = []

    async def __call__(self, turn: Turn, incoming: Incoming) -> Reply:
        if incoming == TextMessage("card"):
            return Reply.with_card(CARD, is_personal=False)
        assert self.stage is not None
        try:
            claims = self.claims.pop(0) if self.claims else None
            token = await self.stage.identity.people.token(turn.actor, (self.scope,), claims=claims)
        except SignInNeeded as error:
            return Reply.sign_in_first(SignInPrompt(error.scopes, error.claims))
        except ConsentNeeded:
            return Reply.with_text("ask an administrator")
        self.tokens.append(token)
        said = incoming.text if isinstance(incoming, TextMessage) else getattr(incoming, "verb", "")
        if isinstance(incoming, CardPress):
            return Reply(text=f"did {said}", placement=Placement.VIEW)
        return Reply.with_text(f"did {said}")


def needing(scope: str = OWN) -> tuple[Needs, Any]:
    needs = Needs(scope)
    return needs, staged(needs)


def button_url(stage: Stage, person: str = RITA) -> str:
    return stage.teams.sign_in_url(person)


def texts_of(stage: Stage, person: str = RITA, chat: str = "personal") -> list[str]:
    return [message["text"] for message in stage.teams.messages(person, chat)]


def authentication(stage: Stage, ticket: str, **overrides: Any) -> dict[str, Any]:
    token = issue_user_token(stage.world, overrides.pop("user", RITA), BOT_APP_ID, **overrides)
    return {"id": ticket, "connectionName": "graph", "token": token}


def newest_ticket(stage: Stage) -> str:
    return next(reversed(stage.tickets.rows))


# Silently


async def test_what_was_asked_goes_on_after_a_silent_sign_in() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        await needs.stage.teams.say(RITA, "request sales", wait_for="did request sales")
        card = next(m for m in needs.stage.teams.messages(RITA) if m["attachments"])
        assert texts_of(needs.stage).count("did request sales") == 1
        # From now on nobody is asked again.
        await needs.stage.teams.say(RITA, "packages", wait_for="did packages")
        assert len(needs.stage.tickets.rows) == 1
    content = card["attachments"][0]["content"]
    assert card["attachments"][0]["contentType"] == "application/vnd.microsoft.card.oauth"
    assert content["connectionName"] == "graph"
    assert content["tokenExchangeResource"]["uri"] == f"api://botid-{BOT_APP_ID}"
    assert content["buttons"][0]["value"].startswith(f"{needs.stage.url}/auth/start?ticket=")


async def test_three_devices_do_it_once() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.chats.behaviour.devices = 3
        await needs.stage.teams.say(RITA, "request sales", wait_for="did request sales")
        assert texts_of(needs.stage).count("did request sales") == 1
        assert needs.stage.script.incoming.count(TextMessage("request sales")) == 2  # before and after
        repeated = needs.stage.activity(
            type="invoke",
            name="signin/tokenExchange",
            value=authentication(needs.stage, newest_ticket(needs.stage)),
        )
        assert await needs.stage.call(repeated) == (200, None)
        assert texts_of(needs.stage).count("did request sales") == 1


async def test_a_press_goes_on_after_a_silent_sign_in() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        await needs.stage.teams.say(RITA, "card")
        outcome = await needs.stage.teams.press(RITA, "Approve")
        presses = needs.stage.script.presses
    assert outcome.answer == {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": "did approval.approve",
    }
    assert presses == [CardPress("approval.approve", {"id": "7"})] * 2


async def test_a_press_in_a_channel_is_signed_in_in_private() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "card", "channel")
        outcome = await needs.stage.teams.press(RITA, "Approve")
        assert outcome.answer["value"] == TEXTS.sign_in_sent_privately
        await needs.stage.teams.complete_sign_in(RITA)
        assert await needs.stage.teams.wait_for(RITA, "did approval.approve")
        assert "did approval.approve" in texts_of(needs.stage)
        assert "did approval.approve" not in texts_of(needs.stage, RITA, "channel")


BAD_ASSERTIONS: dict[str, dict[str, Any]] = {
    "somebody else's": {"user": MARC},
    "not signed by Entra": {"forged": True},
    "for Graph": {"aud": "https://graph.microsoft.com"},
    "other tenant": {"tid": "99999999-9999-4999-8999-999999999999"},
    "other issuer": {"iss": "https://evil.example/v2.0"},
    "without our scope": {"scope": "User.Read"},
    "scope is part of a word": {"scope": "access_as_user2"},
    "without object id": {"oid": None},
    "without scope": {"scp": None},
    "long expired": {"lifetime_s": -400},
}


@pytest.mark.parametrize("name", BAD_ASSERTIONS)
async def test_bad_assertions_are_answered_with_the_button(name: str) -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        value = authentication(needs.stage, newest_ticket(needs.stage), **BAD_ASSERTIONS[name])
        status, body = await needs.stage.call(
            needs.stage.activity(type="invoke", name="signin/tokenExchange", value=value)
        )
        assert status == 412
        assert body is not None
        assert body["id"] == newest_ticket(needs.stage)
        assert body["connectionName"] == "graph"
        assert body["failureDetail"]
        assert needs.stage.caches.rows == {}
        assert needs.tokens == []


async def test_somebody_elses_ticket_is_worth_nothing() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[MARC].sign_in = "interactive"
        await needs.stage.teams.say(MARC, "request sales")
        value = authentication(needs.stage, newest_ticket(needs.stage))
        invoke = needs.stage.activity(type="invoke", name="signin/tokenExchange", value=value)
        assert (await needs.stage.call(invoke))[0] == 412
        for strange in ({}, {"id": 5, "token": []}, {"id": "x" * 500, "token": "x"}, {"id": "none", "token": "x"}):
            invoke = needs.stage.activity(type="invoke", name="signin/tokenExchange", value=strange)
            assert (await needs.stage.call(invoke))[0] == 412
        assert needs.tokens == []


async def test_an_expired_ticket_is_worth_nothing() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        needs.stage.watch.ahead = timedelta(minutes=16)
        value = authentication(needs.stage, newest_ticket(needs.stage))
        invoke = needs.stage.activity(type="invoke", name="signin/tokenExchange", value=value)
        assert (await needs.stage.call(invoke))[0] == 412
        async with needs.stage.http.get(button_url(needs.stage)) as response:
            assert response.status == 410
            assert "expired" in await response.text()


async def test_a_busy_sign_in_service_does_not_use_the_ticket_up() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        needs.stage.world.faults.add(
            Fault(service=Service.ENTRA, kind="status", method="POST", status=503, retry_after=60)
        )
        value = authentication(needs.stage, newest_ticket(needs.stage))
        invoke = needs.stage.activity(type="invoke", name="signin/tokenExchange", value=value)
        assert (await needs.stage.call(invoke))[0] == 412
        needs.stage.world.faults.reset(seed=1)
        assert (await needs.stage.call(invoke))[0] == 200
        assert texts_of(needs.stage)[-1] == "did request sales"


async def test_client_failures_are_taken_note_of() -> None:
    async with staged() as stage:
        value = {"code": "resourcematchfailed", "message": "…"}
        assert await stage.call(stage.activity(type="invoke", name="signin/failure", value=value)) == (200, None)
        assert stage.counted("doorman_sign_ins_total", step="client", outcome="failed") == 1


async def test_an_automatic_refresh_asks_nobody_to_sign_in() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        action = {"type": "Action.Execute", "verb": "x.refresh", "data": {}}
        value = {"action": action, "trigger": "automatic"}
        _, body = await needs.stage.call(needs.stage.activity(type="invoke", name="adaptiveCard/action", value=value))
        assert body is not None
        assert body["statusCode"] == 400
        assert needs.stage.tickets.rows == {}


# Through the browser


async def test_missing_consent_leads_to_the_page_and_the_code_goes_on() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.withdraw(OWN)
        await needs.stage.teams.say(RITA, "request sales")
        assert "did request sales" not in texts_of(needs.stage)
        page, _ = await needs.stage.teams.complete_sign_in(RITA)
        assert re.fullmatch(r"\d{8}", page.code or "")
        assert await needs.stage.teams.wait_for(RITA, "did request sales")
        assert texts_of(needs.stage).count("did request sales") == 1


async def test_the_code_can_be_pasted_into_the_chat() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        page, _ = await needs.stage.teams.complete_sign_in(RITA, then="nothing")
        assert page.code is not None
        spaced = f" {page.code[:4]} {page.code[4:]} "
        await needs.stage.teams.paste_code(RITA, spaced, wait_for="did request sales")
        assert texts_of(needs.stage).count("did request sales") == 1
        # Used up: the same digits are now a text like any other.
        await needs.stage.teams.paste_code(RITA, page.code)
        assert needs.stage.script.incoming[-1] == TextMessage(page.code)


async def test_a_press_goes_on_after_the_page() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "card")
        outcome = await needs.stage.teams.press(RITA, "Approve")
        assert outcome.login_required is not None
        page, after = await needs.stage.teams.complete_sign_in(RITA)
        assert page.code
        assert after.answer["value"] == "did approval.approve"
        assert needs.stage.script.presses == [CardPress("approval.approve", {"id": "7"})] * 2


async def test_a_second_factor_is_asked_for_on_the_page() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].mfa_required = True
        await needs.stage.teams.say(RITA, "request sales")
        location = await _redirect(needs.stage, button_url(needs.stage))
        assert "essential" in parse_qs(urlsplit(location).query)["claims"][0]
        await needs.stage.teams.complete_sign_in(RITA)
        assert await needs.stage.teams.wait_for(RITA, "did request sales")


async def test_wrong_codes_are_counted_and_end_it() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        page, _ = await needs.stage.teams.complete_sign_in(RITA, then="nothing")
        wrong = f"{(int(page.code or '0') + 1) % 10**8:08d}"
        for _ in range(5):
            await needs.stage.teams.paste_code(RITA, wrong)
            assert texts_of(needs.stage)[-1] == TEXTS.wrong_code
        await needs.stage.teams.paste_code(RITA, page.code or "")
        assert texts_of(needs.stage)[-1] == TEXTS.code_blocked
        assert "did request sales" not in texts_of(needs.stage)


async def test_a_code_is_for_its_person_and_for_ten_minutes() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        page, _ = await needs.stage.teams.complete_sign_in(RITA, then="nothing")
        invoke = {"type": "invoke", "name": "signin/verifyState", "value": {"state": page.code}}
        marc = {"id": teams_id(MARC), "name": "Marc", "aadObjectId": MARC}
        assert (await needs.stage.call(needs.stage.activity(**invoke, **{"from": marc})))[0] == 412
        for strange in (None, {}, {"state": None}, {"state": 12345678}, {"state": "x" * 9000}):
            assert (await needs.stage.call(needs.stage.activity(**{**invoke, "value": strange})))[0] == 412
        needs.stage.watch.ahead = timedelta(minutes=11)
        assert (await needs.stage.call(needs.stage.activity(**invoke)))[0] == 412
        needs.stage.watch.ahead = timedelta(minutes=9)
        assert (await needs.stage.call(needs.stage.activity(**invoke)))[0] == 200
        assert texts_of(needs.stage)[-1] == "did request sales"


async def test_somebody_elses_link_signs_nobody_in() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        page, _ = await needs.stage.teams.complete_sign_in(RITA, as_person=MARC)
        assert page.status == 403
        assert "somebody else" in page.text
        assert page.code is None
        assert needs.stage.caches.rows == {}
        # The link still works for the person whose it is.
        await needs.stage.teams.complete_sign_in(RITA)
        assert await needs.stage.teams.wait_for(RITA, "did request sales")


async def test_another_browser_cannot_end_what_one_began() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        location = await _redirect(needs.stage, button_url(needs.stage))
        state = parse_qs(urlsplit(location).query)["state"][0]
        end = f"{needs.stage.url}/auth/end"
        async with aiohttp.ClientSession() as other:
            for query in ({"code": "x", "state": state}, {"code": "x"}, {"error": "access_denied", "state": state}):
                async with other.get(end, params=query) as response:
                    assert response.status == 403
                    assert "did not start here" in await response.text()
        assert needs.stage.caches.rows == {}


async def test_an_answer_is_redeemed_once() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(button_url(needs.stage), allow_redirects=False) as response:
                assert response.status == 302
                state = parse_qs(urlsplit(response.headers["Location"]).query)["state"][0]
                cookie = next(iter(response.cookies.values()))
            end = URL(f"{needs.stage.url}/auth/end").with_query(code="made-up", state=state)
            async with browser.get(end) as response:
                assert response.status == 400
                assert "not signed in" in await response.text()
            async with browser.get(end) as response:
                assert response.status == 403
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/auth"


async def test_pages_for_the_administrator_and_for_changing_ones_mind() -> None:
    needs, staging = needing(ADMIN)
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        needs.stage.withdraw(ADMIN)
        await needs.stage.teams.say(RITA, "approvals")
        page, _ = await needs.stage.teams.complete_sign_in(RITA, then="nothing")
        assert (page.status, page.code) == (403, None)
        assert "administrator" in page.text
        assert ADMIN in page.text
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(button_url(needs.stage), allow_redirects=False) as response:
                state = parse_qs(urlsplit(response.headers["Location"]).query)["state"][0]
            query = {
                "error": "access_denied",
                "error_subcode": "cancel",
                "error_description": "AADSTS65004: no <script>",
                "state": state,
            }
            async with browser.get(f"{needs.stage.url}/auth/end", params=query) as response:
                text = await response.text()
                assert response.status == 400
                assert "cancelled" in text
                assert "script" not in text
                assert "default-src 'none'" in response.headers["Content-Security-Policy"]
                assert response.headers["Cache-Control"] == "no-store"


async def test_consent_that_only_an_administrator_can_give_is_said_at_once() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        await needs.stage.teams.say(RITA, "hello", wait_for="did hello")
        needs.scope = ADMIN
        needs.stage.withdraw(ADMIN)
        await needs.stage.teams.say(RITA, "approvals", wait_for="ask an administrator")


async def test_a_challenge_is_handed_on_to_the_page() -> None:
    needs, staging = needing()
    challenge = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    async with staging as needs.stage:
        await needs.stage.teams.say(RITA, "hello", wait_for="did hello")
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        needs.claims.append(challenge)
        await needs.stage.teams.say(RITA, "packages")
        location = await _redirect(needs.stage, button_url(needs.stage))
        assert "c1" in parse_qs(urlsplit(location).query)["claims"][0]
        await needs.stage.teams.complete_sign_in(RITA)
        assert await needs.stage.teams.wait_for(RITA, "did packages")


async def test_signing_in_that_does_not_help_stops() -> None:
    async def never_enough(turn: Turn, incoming: Incoming) -> Reply:
        return Reply.sign_in_first(SignInPrompt((OWN,)))

    async with staged(never_enough) as stage:
        await stage.teams.say(RITA, "request sales", wait_for=TEXTS.sign_in_did_not_help[:30])
        assert len(stage.tickets.rows) == 2


async def test_a_press_that_signing_in_does_not_help_stops() -> None:
    async def never_enough(turn: Turn, incoming: Incoming) -> Reply:
        if isinstance(incoming, TextMessage):
            return Reply.with_card(CARD)
        return Reply.sign_in_first(SignInPrompt((OWN,)))

    async with staged(never_enough) as stage:
        await stage.teams.say(RITA, "card")
        outcome = await stage.teams.press(RITA, "Approve")
        assert outcome.answer["statusCode"] == 412
        _, after = await stage.teams.complete_sign_in(RITA)
        assert after.answer["value"] == TEXTS.sign_in_did_not_help


async def test_two_tokens_at_once_go_on_once() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        needs.stage.world.tenant.users[RITA].sign_in = "interactive"
        await needs.stage.teams.say(RITA, "request sales")
        value = authentication(needs.stage, newest_ticket(needs.stage))
        invoke = needs.stage.activity(type="invoke", name="signin/tokenExchange", value=value)
        answers = await asyncio.gather(*(needs.stage.call(invoke) for _ in range(4)))
        assert [status for status, _ in answers] == [200] * 4
        assert texts_of(needs.stage).count("did request sales") == 1


async def test_what_is_kept_is_sealed() -> None:
    needs, staging = needing()
    async with staging as needs.stage:
        await needs.stage.teams.say(RITA, "a very private question", wait_for="did a very")
        kept = [*needs.stage.caches.rows.values(), *(ticket.sealed for ticket in needs.stage.tickets.rows.values())]
        assert len(kept) == 2
        assert not any("private" in row or "secret" in row or needs.tokens[0] in row for row in kept)


async def _redirect(stage: Stage, url: str) -> str:
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as response:
        assert response.status == 302
        location = response.headers["Location"]
    parts = urlsplit(location)
    assert f"{parts.scheme}://{parts.netloc}" == stage.world.base_url
    assert parts.path == f"/{TENANT_ID}/oauth2/v2.0/authorize"
    assert parse_qs(parts.query)["code_challenge_method"] == ["S256"]
    return location
