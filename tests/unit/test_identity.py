"""Tokens of the app and of people: kept, renewed, refused, sealed; and the HTTP shim below MSAL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from bot.domain import UserId
from bot.errors import ConsentNeeded, ServiceBusy, SignInNeeded
from bot.identity.app_tokens import AppTokens
from bot.identity.assertion import AssertionCheck
from bot.identity.entra_token import EntraTokens, TokenNotValid
from bot.identity.keys import KeysUnavailable, SigningKeys
from bot.identity.login import Login, Registration, load_registration
from bot.identity.login_http import Forgetful, LoginHttp
from bot.identity.person_tokens import PersonTokens
from bot.identity.refusals import is_cancelled, refusal
from bot.identity.sealing import BrokenSealError, Sealer
from bot.turn import Actor
from sandbox.entra.tokens import issue_user_token
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID
from tests.unit.teams_support import ADMIN, MARC, OWN, RITA, Stage, staged

RITA_ACTOR = Actor(TENANT_ID, RITA, "Rita")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as running:
        yield running


def entra_fault(stage: Stage, **changes: Any) -> None:
    stage.world.faults.add(Fault(**{"service": Service.ENTRA, "kind": "status", "method": "POST", **changes}))


def assertion(stage: Stage, person: str = RITA, **overrides: Any) -> str:
    return issue_user_token(stage.world, person, BOT_APP_ID, **overrides)


# Sealing


def test_sealed_things_open_for_their_own_context_alone() -> None:
    sealer = Sealer([Fernet.generate_key().decode()])
    sealed = sealer.seal("…é", "cache/rita")
    assert sealer.open(sealed, "cache/rita") == "…é".encode()
    for context in ("cache/marc", "", "cache/rit", "cache/rita2"):
        with pytest.raises(BrokenSealError):
            sealer.open(sealed, context)
    for broken in ("", "x", "é", sealed[:-4], sealed.swapcase()):
        with pytest.raises(BrokenSealError):
            sealer.open(broken, "cache/rita")


def test_keys_can_be_rotated() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before, after, later = Sealer([old]), Sealer([new, old]), Sealer([new])
    sealed, fingerprint = before.seal(b"x", "c"), before.fingerprint("12345678", "c")
    assert after.open(sealed, "c") == b"x"
    assert after.fingerprint_matches(fingerprint, "12345678", "c")
    assert not after.fingerprint_matches(fingerprint, "12345679", "c")
    assert not after.fingerprint_matches(fingerprint, "12345678", "d")
    with pytest.raises(BrokenSealError):
        later.open(sealed, "c")
    assert later.open(after.seal(b"y"), "") == b"y"
    with pytest.raises(ValueError, match="at least one"):
        Sealer([])


# The HTTP shim


class Answers:
    """A transport that gives these answers one after another, the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def shim(answers: Answers, base: str = "http://127.0.0.1:8765") -> tuple[LoginHttp, list[float]]:
    waits: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    return LoginHttp(base, sleep=sleep, monotonic=lambda: now[0], transport=httpx.MockTransport(answers)), waits


def test_the_real_scheme_comes_back_for_that_host_and_port_alone() -> None:
    login, _ = shim(Answers(httpx.Response(200, json={})))
    assert login.https_base == "https://127.0.0.1:8765"
    assert str(login.real("https://127.0.0.1:8765/t/token")) == "http://127.0.0.1:8765/t/token"
    assert str(login.real("https://127.0.0.1:8766/t")) == "https://127.0.0.1:8766/t"
    assert str(login.real("https://login.microsoftonline.com/t")) == "https://login.microsoftonline.com/t"
    public, _ = shim(Answers(httpx.Response(200, json={})), "https://login.microsoftonline.com")
    assert str(public.real("https://login.microsoftonline.com/t")) == "https://login.microsoftonline.com/t"


def test_discovery_is_kept_and_forms_are_written_as_text() -> None:
    answers = Answers(httpx.Response(200, json={"a": 1}))
    login, _ = shim(answers)
    for _ in range(3):
        assert login.get("https://127.0.0.1:8765/t/.well-known").json() == {"a": 1}
    assert len(answers.requests) == 1
    assert answers.requests[0].headers["X-Forwarded-Proto"] == "https"
    login.post("https://127.0.0.1:8765/t/token", data={"client_assertion": b"abc", "claims": None})
    assert answers.requests[1].content == b"client_assertion=abc"


def test_it_waits_as_long_as_it_is_asked_to_within_a_budget() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "2"}, json={})
    login, waits = shim(Answers(busy, httpx.Response(503), httpx.Response(200, json={"ok": True})))
    assert login.post("https://127.0.0.1:8765/t", data={}).json() == {"ok": True}
    assert waits[0] == 2.0
    login, waits = shim(Answers(busy))
    with pytest.raises(ServiceBusy):
        login.post("https://127.0.0.1:8765/t", data={})
    assert sum(waits) <= 8
    login, waits = shim(Answers(httpx.Response(503, headers={"Retry-After": "3600"})))
    with pytest.raises(ServiceBusy):
        login.post("https://127.0.0.1:8765/t", data={})
    assert waits == []


def test_a_code_that_may_be_redeemed_is_not_sent_again() -> None:
    answers = Answers(httpx.ReadTimeout("slow"))
    login, _ = shim(answers)
    with pytest.raises(ServiceBusy):
        login.post("https://127.0.0.1:8765/t", data={"grant_type": "authorization_code", "code": "x"})
    assert len(answers.requests) == 1
    answers = Answers(httpx.ReadTimeout("slow"), httpx.Response(200, json={}))
    login, _ = shim(answers)
    login.post("https://127.0.0.1:8765/t", data={"grant_type": "client_credentials"})
    assert len(answers.requests) == 2


@pytest.mark.parametrize("body", ["<html>", "[]", ""])
def test_what_is_not_json_never_reaches_msal(body: str) -> None:
    login, _ = shim(Answers(httpx.Response(200, text=body)))
    with pytest.raises(ServiceBusy):
        login.post("https://127.0.0.1:8765/t", data={})


def test_nothing_is_remembered_for_msal() -> None:
    cache = Forgetful()
    cache["x"] = 1
    assert list(cache) == []
    assert len(cache) == 0
    assert cache.get("x") is None


# What Entra's refusals mean


def test_refusals() -> None:
    def meaning(scope: str = OWN, /, **result: Any) -> Exception:
        return refusal(result, (scope,))

    consent: dict[str, Any] = {"error": "invalid_grant", "suberror": "consent_required", "error_codes": [65001]}
    assert isinstance(meaning(**consent), SignInNeeded)
    assert isinstance(meaning(ADMIN, **consent), ConsentNeeded)
    assert isinstance(meaning(f"https://graph.microsoft.com/{ADMIN}", **consent), ConsentNeeded)
    assert isinstance(meaning(error="invalid_grant", error_description="AADSTS65001: …"), SignInNeeded)
    assert isinstance(meaning(error="invalid_grant", error_codes=[90094]), ConsentNeeded)
    assert isinstance(meaning(error="access_denied"), ConsentNeeded)
    assert isinstance(meaning(error="access_denied", error_description="AADSTS65004: no"), SignInNeeded)
    claims = meaning(error="interaction_required", error_codes=[50076], claims='{"a":1}')
    assert isinstance(claims, SignInNeeded)
    assert claims.claims == '{"a":1}'
    assert isinstance(meaning(error="invalid_grant", error_codes=[500133]), SignInNeeded)
    assert isinstance(meaning(error="invalid_grant", error_codes=[700082]), SignInNeeded)
    for operator in (
        {"error": "invalid_client", "error_codes": [7000215]},
        {"error": "unauthorized_client", "error_codes": [700016]},
        {"error": "temporarily_unavailable"},
    ):
        assert isinstance(meaning(**operator), ServiceBusy)


def test_leaving_the_page() -> None:
    assert is_cancelled({"error": "access_denied", "error_subcode": "cancel"})
    assert is_cancelled({"error": "access_denied", "error_description": "AADSTS65004"})
    assert not is_cancelled({"error": "access_denied", "error_subcode": "cancel", "error_description": "AADSTS90094"})
    assert not is_cancelled({"code": "x"})


# The app's own tokens


async def test_many_wait_for_one_token(stage: Stage) -> None:
    tokens = await asyncio.gather(*(stage.identity.app.graph() for _ in range(20)))
    assert len(set(tokens)) == 1
    claims = jwt.decode(tokens[0], options={"verify_signature": False})
    assert claims["aud"] == "https://graph.microsoft.com"
    connector = jwt.decode(await stage.identity.app.connector(), options={"verify_signature": False})
    assert connector["aud"] == "https://api.botframework.com"


class CountingLogin(Login):
    """Entra without Entra: gives numbered tokens, or what a test wants."""

    def __init__(self) -> None:
        super().__init__("https://login.example")
        self.calls = 0
        self.answer: dict[str, Any] | Exception | None = None

    async def run(self, blocking: Any) -> Any:
        self.calls += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or {"access_token": f"token {self.calls}", "expires_in": 3600}


async def test_tokens_are_renewed_ahead_and_used_until_then() -> None:
    login, now = CountingLogin(), [0.0]
    tokens = AppTokens(login, _registration(), TENANT_ID, monotonic=lambda: now[0])
    assert await tokens.graph() == "token 1"
    now[0] = 3300
    assert await tokens.graph() == "token 1"
    now[0] = 3400
    assert await tokens.graph() == "token 1"  # the old one, while a new one is on its way
    await _settled()
    assert await tokens.graph() == "token 2"
    now[0] = 3400 + 3500
    login.answer = ServiceBusy("sign-in")
    assert await tokens.graph() == "token 2"  # still good for a while, whatever Entra says
    await _settled()
    assert await tokens.graph() == "token 2"
    calls = login.calls
    assert await tokens.graph() == "token 2"
    assert login.calls == calls  # not asked again at once
    now[0] += 200
    with pytest.raises(ServiceBusy):
        await tokens.graph()
    login.answer = {"error": "invalid_client", "error_codes": [7000215]}
    with pytest.raises(ServiceBusy):
        await tokens.graph()
    login.answer = None
    assert (await tokens.graph()).startswith("token")
    await tokens.close()
    login.close()


async def test_who_gives_up_waiting_does_not_take_the_token_from_others() -> None:
    login = CountingLogin()
    tokens = AppTokens(login, _registration(), TENANT_ID)
    impatient = asyncio.create_task(tokens.graph())
    patient = asyncio.create_task(tokens.graph())
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == "token 1"
    login.close()


async def test_a_wrong_secret_is_the_operators_problem(stage: Stage) -> None:
    entra_fault(stage, status=401, body={"error": "invalid_client", "error_description": "AADSTS7000215: wrong secret"})
    with pytest.raises(ServiceBusy):
        await stage.identity.app.graph()


async def test_a_certificate_signs_in(stage: Stage, tmp_path: Path) -> None:
    pem = tmp_path / "bot.pem"
    certificate = _certificate(pem)
    stage.world.tenant.apps[BOT_APP_ID].certificates.append(certificate)
    login = Login(stage.world.base_url)
    tokens = AppTokens(login, load_registration(BOT_APP_ID, None, pem), TENANT_ID)
    assert jwt.decode(await tokens.graph(), options={"verify_signature": False})["appid"] == BOT_APP_ID
    await tokens.close()
    login.close()


@pytest.mark.parametrize("content", ["", "nothing", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"])
def test_files_that_are_no_certificate(tmp_path: Path, content: str) -> None:
    pem = tmp_path / "bot.pem"
    pem.write_text(content)
    with pytest.raises(ValueError, match=r"bot\.pem must hold"):
        load_registration(BOT_APP_ID, None, pem)
    with pytest.raises(ValueError, match="cannot be read"):
        load_registration(BOT_APP_ID, None, tmp_path / "none.pem")


# People's tokens


async def test_nobody_has_a_token_before_they_sign_in(stage: Stage) -> None:
    with pytest.raises(SignInNeeded) as caught:
        await stage.identity.people.token(RITA_ACTOR, (OWN,))
    assert caught.value.scopes == (OWN,)


async def test_exchanged_once_used_for_other_scopes_and_forgotten(stage: Stage) -> None:
    people = stage.identity.people
    await people.exchange(RITA_ACTOR, assertion(stage), (OWN,))
    own = await people.token(RITA_ACTOR, (OWN,))
    claims = jwt.decode(own, options={"verify_signature": False})
    assert (claims["oid"], OWN in claims["scp"].split()) == (RITA, True)
    assert await people.token(RITA_ACTOR, (OWN,)) == own
    other = await people.token(RITA_ACTOR, (ADMIN,))  # by the refresh token
    assert ADMIN in jwt.decode(other, options={"verify_signature": False})["scp"].split()
    with pytest.raises(SignInNeeded):
        await people.token(Actor(TENANT_ID, MARC), (OWN,))
    await people.forget(RITA_ACTOR)
    with pytest.raises(SignInNeeded):
        await people.token(RITA_ACTOR, (OWN,))


async def test_somebody_elses_cache_does_not_open(stage: Stage) -> None:
    await stage.identity.people.exchange(RITA_ACTOR, assertion(stage), (OWN,))
    stage.caches.rows[(TENANT_ID, MARC)] = stage.caches.rows[(TENANT_ID, RITA)]
    with pytest.raises(SignInNeeded):
        await stage.identity.people.token(Actor(TENANT_ID, MARC), (OWN,))


async def test_a_retired_key_means_signing_in_again(stage: Stage) -> None:
    await stage.identity.people.exchange(RITA_ACTOR, assertion(stage), (OWN,))
    others = PersonTokens(
        stage.identity._login, _registration(), TENANT_ID, stage.caches, Sealer([Fernet.generate_key().decode()])
    )
    with pytest.raises(SignInNeeded):
        await others.token(RITA_ACTOR, (OWN,))


async def test_missing_consent_tells_who_can_help(stage: Stage) -> None:
    people = stage.identity.people
    stage.withdraw(OWN)
    stage.withdraw(ADMIN)
    with pytest.raises(SignInNeeded):
        await people.exchange(RITA_ACTOR, assertion(stage), (OWN,))
    with pytest.raises(ConsentNeeded):
        await people.exchange(RITA_ACTOR, assertion(stage), (ADMIN,))
    stage.consent(OWN)
    await people.exchange(RITA_ACTOR, assertion(stage), (OWN,))  # at once: no refusal is remembered
    with pytest.raises(ConsentNeeded):
        await people.token(RITA_ACTOR, (ADMIN,))


async def test_a_challenge_comes_back_when_it_cannot_be_met_silently(stage: Stage) -> None:
    people = stage.identity.people
    await people.exchange(RITA_ACTOR, assertion(stage), (OWN,))
    challenge = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    with pytest.raises(SignInNeeded) as caught:
        await people.token(RITA_ACTOR, (OWN,), claims=challenge)
    assert json.loads(caught.value.claims or "{}")["access_token"]["acrs"]["value"] == "c1"


async def test_one_persons_trouble_is_not_everybodys(stage: Stage) -> None:
    people, marc = stage.identity.people, Actor(TENANT_ID, MARC)
    entra_fault(stage, status=429, retry_after=60, who=RITA, times=1)
    results = await asyncio.gather(
        people.exchange(RITA_ACTOR, assertion(stage), (OWN,)),
        people.exchange(marc, assertion(stage, MARC), (OWN,)),
        return_exceptions=True,
    )
    assert isinstance(results[0], ServiceBusy) or results[0] is None
    assert await people.token(marc, (OWN,))


async def test_many_people_at_once_get_their_own(stage: Stage) -> None:
    ids = [UserId(person) for person in list(stage.world.tenant.users)[:12] if _is_usable(stage, person)]

    async def signed_in(person: UserId) -> str:
        actor = Actor(TENANT_ID, person)
        await stage.identity.people.exchange(actor, assertion(stage, person), (OWN,))
        token = await stage.identity.people.token(actor, (OWN,))
        found: str = jwt.decode(token, options={"verify_signature": False})["oid"]
        return found

    assert await asyncio.gather(*(signed_in(person) for person in ids)) == ids


async def test_entra_away_is_said_as_such(stage: Stage) -> None:
    entra_fault(stage, status=503, retry_after=30)
    with pytest.raises(ServiceBusy):
        await stage.identity.people.exchange(RITA_ACTOR, assertion(stage), (OWN,))
    with pytest.raises(ServiceBusy):
        await stage.identity.is_reachable()


# Assertions


async def test_an_assertion_of_the_older_kind_is_good_too(stage: Stage) -> None:
    check = stage.identity.assertions
    await check.check(assertion(stage), RITA_ACTOR)
    for audience in (f"api://botid-{BOT_APP_ID}", f"api://{BOT_APP_ID}"):
        await check.check(assertion(stage, aud=audience), RITA_ACTOR)
    older = assertion(stage, iss=f"https://sts.windows.net/{TENANT_ID}/", ver="1.0")
    await check.check(older, RITA_ACTOR)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b", "." * 50, "é.é.é"])
async def test_texts_that_are_no_assertion(stage: Stage, text: str) -> None:
    with pytest.raises(TokenNotValid):
        await stage.identity.assertions.check(text, RITA_ACTOR)


async def test_an_assertion_for_another_sender(stage: Stage) -> None:
    for sender in (Actor(TENANT_ID, MARC), Actor("other", RITA), Actor(TENANT_ID, UserId(""))):
        with pytest.raises(TokenNotValid):
            await stage.identity.assertions.check(assertion(stage), sender)
    with pytest.raises(TokenNotValid):
        await stage.identity.assertions.check(assertion(stage, oid=""), Actor(TENANT_ID, UserId("")))


async def test_what_is_no_text_is_no_assertion(stage: Stage) -> None:
    with pytest.raises(TokenNotValid, match="not a JSON web token"):
        await stage.identity.assertions.check("\udcff.b.c", RITA_ACTOR)


async def test_assertions_cannot_be_judged_without_keys() -> None:
    async def nothing() -> dict[str, Any]:
        raise TimeoutError

    tokens = EntraTokens(
        SigningKeys(nothing), app_id=BOT_APP_ID, tenant_id=TENANT_ID, login_url="https://login.example"
    )
    check = AssertionCheck(tokens)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(KeysUnavailable):
        await check.check(jwt.encode({}, key, algorithm="RS256", headers={"kid": "k"}), RITA_ACTOR)


async def test_key_documents_with_rubbish_in_them() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good = {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "good"}
    documents: list[Any] = [
        {"keys": [{"kty": "EC", "kid": "a"}, {"kty": "RSA", "kid": "b"}, {"kty": "RSA"}, good]},
        {"keys": "nonsense"},
    ]
    now = [0.0]

    async def fetch() -> Any:
        return documents.pop(0) if len(documents) > 1 else documents[0]

    keys = SigningKeys(fetch, monotonic=lambda: now[0])
    assert await keys.find("b") is None
    assert await keys.find("good") is not None
    now[0] = 24 * 3600.0  # old: fetched again, in vain; the known ones stay good
    assert await keys.find("good") is not None
    assert keys.generation == 1


def _registration() -> Registration:
    return load_registration(BOT_APP_ID, SecretStr("secret"), None)


def _is_usable(stage: Stage, person: str) -> bool:
    user = stage.world.tenant.users[person]
    return user.account_enabled and not user.mfa_required


async def _settled() -> None:
    """Let everything run that can run without waiting for anything outside."""
    for _ in range(10):
        await asyncio.sleep(0)


def _certificate(pem: Path) -> str:
    """Write a PEM file with certificate first and key last; gives the certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "doorman")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    pem.write_text(certificate + private)
    return certificate
