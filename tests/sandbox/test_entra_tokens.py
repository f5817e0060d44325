"""The token endpoint, mostly as MSAL sees it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sandbox.entra.grants import ON_BEHALF_OF
from sandbox.entra.tokens import (
    TokenRejected,
    channel_token,
    issue_graph_token,
    issue_user_token,
    read_connector_token,
    read_graph_token,
    revoke_sessions,
)
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID, BOT_APP_SECRET, TENANT_DOMAIN, TENANT_ID, WRITER_APP_ID
from tests.sandbox.entra_support import (
    ADMIN_PERMISSION,
    GRAPH,
    OWN_PERMISSION,
    Entra,
    in_thread,
    running_entra,
)

SCOPE = f"{GRAPH}/{OWN_PERMISSION}"


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        yield entra


def certificate() -> tuple[str, str, x509.Certificate]:
    """Private key and certificate as PEM, and the certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Doorman")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, made.public_bytes(Encoding.PEM).decode(), made


async def test_the_bot_gets_its_own_graph_token_by_secret(entra: Entra) -> None:
    app = await entra.msal()
    answer = await in_thread(lambda: app.acquire_token_for_client([f"{GRAPH}/.default"]))
    claims = await entra.claims(answer["access_token"], GRAPH)
    assert claims["roles"] == ["EntitlementManagement.Read.All", "User.Read.All"]
    assert (claims["appid"], claims["tid"], claims["idtyp"]) == (BOT_APP_ID, TENANT_ID, "app")
    principal = read_graph_token(entra.world, f"Bearer {answer['access_token']}")
    assert (principal.kind, principal.user_id, principal.app_id) == ("application", None, BOT_APP_ID)
    assert principal.permissions == {"EntitlementManagement.Read.All", "User.Read.All"}


async def test_the_sandbox_address_is_an_audience_of_graph_too(entra: Entra) -> None:
    answer = await entra.ask(grant_type="client_credentials", scope=f"{entra.world.base_url}/.default")
    token = answer.json()["access_token"]
    await entra.claims(token, entra.world.base_url)
    assert read_graph_token(entra.world, f"Bearer {token}").app_id == BOT_APP_ID


async def test_the_bot_proves_itself_by_certificate_through_msal(entra: Entra) -> None:
    private, public, _ = certificate()
    entra.world.tenant.apps[BOT_APP_ID].certificates.append(public)
    app = await entra.msal({"private_key": private, "public_certificate": public})
    answer = await in_thread(lambda: app.acquire_token_for_client(["https://api.botframework.com/.default"]))
    assert read_connector_token(entra.world, f"Bearer {answer['access_token']}") == BOT_APP_ID
    with pytest.raises(TokenRejected):
        read_graph_token(entra.world, f"Bearer {answer['access_token']}")


def thumbprint(made: x509.Certificate) -> str:
    sha1 = made.fingerprint(hashes.SHA1())  # noqa: S303 - what `x5t` is, by its definition
    return base64.urlsafe_b64encode(sha1).rstrip(b"=").decode()


def client_assertion(entra: Entra, private: str, header: dict[str, str], **claims: Any) -> dict[str, str]:
    now = int(entra.world.entra.now())
    body = {"iss": BOT_APP_ID, "sub": BOT_APP_ID, "aud": entra.token_url, "exp": now + 300, "nbf": now, **claims}
    return {
        "client_secret": "",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(body, private, algorithm="RS256", headers=header),
    }


async def test_certificates_are_held_to_every_detail(entra: Entra) -> None:
    private, public, made = certificate()
    stranger, _, strangers = certificate()
    known = {"x5t": thumbprint(made)}
    entra.world.tenant.apps[BOT_APP_ID].certificates.append(public)

    async def number(form: dict[str, str]) -> tuple[int, int]:
        answer = await entra.ask(grant_type="client_credentials", scope=f"{GRAPH}/.default", **form)
        return answer.status_code, (answer.json().get("error_codes") or [0])[0]

    assert await number(client_assertion(entra, private, known)) == (200, 0)
    assert await number(client_assertion(entra, stranger, known)) == (401, 700027)
    assert await number(client_assertion(entra, stranger, {"x5t": thumbprint(strangers)})) == (401, 700027)
    assert await number(client_assertion(entra, private, {})) == (401, 700027)
    assert await number(client_assertion(entra, private, known, exp=1)) == (401, 700024)
    assert await number(client_assertion(entra, private, known, aud="https://elsewhere.example")) == (401, 700023)
    assert await number(client_assertion(entra, private, known, sub=WRITER_APP_ID)) == (401, 700021)
    garbage = client_assertion(entra, private, known) | {"client_assertion": "no token"}
    assert await number(garbage) == (401, 700027)


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "f" * 36}, 400, "unauthorized_client", 700016),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"scope": f"{GRAPH}/User.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": ""}, 400, "invalid_request", 900144),
        ({"scope": "https://vault.example/.default"}, 400, "invalid_resource", 500011),
        ({"scope": f"{GRAPH}/Sales.Everything"}, 400, "invalid_client", 650053),
        ({"scope": f"{GRAPH}/.default {GRAPH}/User.Read"}, 400, "invalid_scope", 70011),
        (
            {"scope": f"{GRAPH}/.default https://api.botframework.com/.default"},
            400,
            "invalid_request",
            28000,
        ),
        ({"scope": f"api://botid-{BOT_APP_ID}/.default"}, 400, "invalid_grant", 501051),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
    ],
)
async def test_client_credentials_are_refused_in_entras_words(
    entra: Entra, form: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = await entra.ask(**{"grant_type": "client_credentials", "scope": f"{GRAPH}/.default", **form})
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    for part in (f"Trace ID: {body['trace_id']}", f"Correlation ID: {body['correlation_id']}", "Timestamp: "):
        assert part in body["error_description"]
    assert BOT_APP_SECRET not in answer.text


async def test_an_expired_secret_is_told_from_a_wrong_one(entra: Entra) -> None:
    entra.world.options.expired_secrets.append(BOT_APP_SECRET)
    answer = await entra.ask(grant_type="client_credentials", scope=f"{GRAPH}/.default")
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000222])


async def test_secrets_come_in_the_basic_header_as_well(entra: Entra) -> None:
    form = {"grant_type": "client_credentials", "scope": f"{GRAPH}/.default"}
    answer = await entra.http.post(entra.token_url, data=form, auth=(BOT_APP_ID, BOT_APP_SECRET))
    assert answer.status_code == 200
    answer = await entra.http.post(entra.token_url, data=form, headers={"Authorization": "Basic ###"})
    assert answer.json()["error_codes"] == [900144]


async def test_tenant_segments(entra: Entra) -> None:
    form = {"grant_type": "client_credentials", "client_id": BOT_APP_ID, "client_secret": BOT_APP_SECRET}

    async def ask(segment: str, scope: str = "https://api.botframework.com/.default", **more: str) -> httpx.Response:
        url = f"{entra.world.base_url}/{segment}/oauth2/v2.0/token"
        return await entra.http.post(url, data={**form, "scope": scope, **more})

    assert (await ask(TENANT_DOMAIN.upper())).status_code == 200
    bots = await ask("botframework.com")
    assert read_connector_token(entra.world, f"Bearer {bots.json()['access_token']}") == BOT_APP_ID
    graph = await ask("botframework.com", f"{GRAPH}/.default")
    with pytest.raises(TokenRejected, match="Invalid tenant"):
        read_graph_token(entra.world, f"Bearer {graph.json()['access_token']}")
    writer = {"client_id": WRITER_APP_ID, "client_secret": "sandbox-writer-secret"}
    assert (await ask("botframework.com", **writer)).json()["error_codes"] == [700016]
    assert (await ask("organizations")).json()["error_codes"] == [50059]
    foreign = await ask("contoso.example")
    assert (foreign.status_code, foreign.json()["error_codes"]) == (400, [90002])
    people = await ask("botframework.com", grant_type="refresh_token", refresh_token="x")
    assert people.json()["error_codes"] == [90002]


async def on_behalf_of(entra: Entra, assertion: str, scopes: list[str], **more: Any) -> dict[str, Any]:
    app = await entra.msal()
    answer: dict[str, Any] = await in_thread(lambda: app.acquire_token_on_behalf_of(assertion, scopes, **more))
    return answer


async def test_on_behalf_of_gives_a_token_and_an_account(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    entra.consent(OWN_PERMISSION)
    entra.consent("User.Read", rita.id)
    entra.consent(ADMIN_PERMISSION, entra.person("Marc Manager").id)
    app = await entra.msal()
    assertion = issue_user_token(entra.world, rita.id, BOT_APP_ID)
    answer = await in_thread(lambda: app.acquire_token_on_behalf_of(assertion, [SCOPE]))
    claims = await entra.claims(answer["access_token"], GRAPH)
    assert set(claims["scp"].split()) == {OWN_PERMISSION, "User.Read", "openid", "profile"}
    assert (claims["oid"], claims["appid"], claims["idtyp"]) == (rita.id, BOT_APP_ID, "user")
    identity = await entra.claims(answer["id_token"], BOT_APP_ID)
    assert identity["iss"] == f"{entra.world.base_url}/{TENANT_ID}/v2.0"
    principal = read_graph_token(entra.world, f"Bearer {answer['access_token']}")
    assert (principal.kind, principal.user_id) == ("delegated", rita.id)
    assert OWN_PERMISSION in principal.permissions

    (account,) = await in_thread(app.get_accounts)
    assert account["home_account_id"] == f"{rita.id}.{TENANT_ID}"
    calls = entra.login.calls
    cached = await in_thread(lambda: app.acquire_token_silent([SCOPE], account))
    assert cached["access_token"] == answer["access_token"]
    assert entra.login.calls == calls
    fresh = await in_thread(lambda: app.acquire_token_silent([SCOPE], account, force_refresh=True))
    assert fresh["access_token"] != answer["access_token"]
    assert read_graph_token(entra.world, f"Bearer {fresh['access_token']}").user_id == rita.id


async def test_a_short_scope_means_graph_in_any_letter_case(entra: Entra) -> None:
    entra.consent("User.Read")
    rita = entra.person("Rita Requester")
    answer = await on_behalf_of(entra, issue_user_token(entra.world, rita.id, BOT_APP_ID), ["user.read"])
    assert (await entra.claims(answer["access_token"], GRAPH))["scp"].split() == ["User.Read", "openid", "profile"]


async def test_missing_consent_is_asked_for(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    assertion = issue_user_token(entra.world, rita.id, BOT_APP_ID)
    for scopes in ([SCOPE], [f"{GRAPH}/.default"]):
        answer = await on_behalf_of(entra, assertion, scopes)
        assert (answer["error"], answer["suberror"]) == ("invalid_grant", "consent_required")
        assert answer["error_codes"] == [65001]
    entra.consent(OWN_PERMISSION, rita.id)
    for scopes in ([SCOPE], [f"{GRAPH}/.default"]):
        assert "access_token" in await on_behalf_of(entra, assertion, scopes)
    marcs = issue_user_token(entra.world, entra.person("Marc Manager").id, BOT_APP_ID)
    assert (await on_behalf_of(entra, marcs, [SCOPE]))["error_codes"] == [65001]


async def test_a_second_factor_is_asked_for_with_claims(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    rita.mfa_required = True
    entra.consent(OWN_PERMISSION)
    weak = issue_user_token(entra.world, rita.id, BOT_APP_ID)
    answer = await on_behalf_of(entra, weak, [SCOPE])
    assert (answer["error"], answer["error_codes"]) == ("interaction_required", [50076])
    assert json.loads(answer["claims"]) == {"access_token": {"acrs": {"essential": True, "value": "c1"}}}
    strong = issue_user_token(entra.world, rita.id, BOT_APP_ID, amr=["pwd", "mfa"])
    answer = await on_behalf_of(entra, strong, [SCOPE], claims_challenge=answer["claims"])
    claims = await entra.claims(answer["access_token"], GRAPH)
    assert (claims["amr"], claims["acrs"]) == (["pwd", "mfa"], ["c1"])


async def test_claims_are_demanded_of_people_without_mfa_too(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    entra.consent(OWN_PERMISSION)
    weak = issue_user_token(entra.world, rita.id, BOT_APP_ID)
    wanted = '{"access_token":{"acrs":{"essential":true,"values":["c2","c3"]}}}'
    answer = await on_behalf_of(entra, weak, [SCOPE], claims_challenge=wanted)
    assert json.loads(answer["claims"])["access_token"]["acrs"]["values"] == ["c2", "c3"]
    informing = '{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}}}'
    assert "access_token" in await on_behalf_of(entra, weak, [SCOPE], claims_challenge=informing)
    for broken in ("{", "[]", '{"access_token":1}', "[" * 100_000):
        answer = (
            await entra.ask(
                grant_type=ON_BEHALF_OF, requested_token_use="on_behalf_of", assertion=weak, scope=SCOPE, claims=broken
            )
        ).json()
        assert answer["error_codes"] == [900971]


async def test_assertions_are_checked(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    entra.consent(OWN_PERMISSION)

    async def refused(assertion: str) -> int:
        answer = await on_behalf_of(entra, assertion, [SCOPE])
        assert answer["error"] == "invalid_grant"
        return int(answer["error_codes"][0])

    world = entra.world
    assert await refused(issue_user_token(world, rita.id, BOT_APP_ID, lifetime_s=-1)) == 500133
    assert await refused(issue_user_token(world, rita.id, BOT_APP_ID, forged=True)) == 50013
    assert await refused(issue_user_token(world, rita.id, WRITER_APP_ID)) == 500131
    assert await refused(issue_user_token(world, rita.id, BOT_APP_ID, scope="other")) == 50027
    assert await refused(issue_user_token(world, rita.id, BOT_APP_ID, tid="another")) == 50013
    assert await refused("not a token") == 50013
    assert await refused(channel_token(world, service_url=None)) == 50013
    disabled = entra.person("Dora Disabled")
    assert await refused(issue_user_token(world, disabled.id, BOT_APP_ID)) == 50057
    token = issue_user_token(world, rita.id, BOT_APP_ID)
    assert "access_token" in await on_behalf_of(entra, token, [SCOPE])
    del world.tenant.users[rita.id]
    assert await refused(token) == 50034


async def test_refresh_tokens_rotate_and_the_old_one_lives_a_little_longer(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    entra.consent(OWN_PERMISSION)
    first = (await on_behalf_of(entra, issue_user_token(entra.world, rita.id, BOT_APP_ID), [SCOPE]))["refresh_token"]

    async def refresh(token: str, **form: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await entra.ask(grant_type="refresh_token", refresh_token=token, **form)).json()
        return answer

    second = (await refresh(first))["refresh_token"]
    assert second != first
    assert "access_token" in await refresh(first, scope=f"{SCOPE} offline_access")
    assert (await refresh(second, scope=f"{GRAPH}/{ADMIN_PERMISSION}"))["suberror"] == "consent_required"
    assert (await refresh(second, client_id=WRITER_APP_ID, client_secret="sandbox-writer-secret"))["error_codes"] == [
        700082
    ]
    real = entra.world.entra.now
    entra.world.entra.now = lambda: real() + 2 * 3600
    assert (await refresh(first))["error_codes"] == [700082]
    assert "access_token" in await refresh(second)
    rita.mfa_required = True
    assert (await refresh(second))["error"] == "interaction_required"
    rita.account_enabled = False
    assert (await refresh(second))["error_codes"] == [50057]
    assert (await refresh("unknown"))["error_codes"] == [700082]


async def test_keys_rotate_without_losing_the_tokens_that_are_out(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    before = issue_user_token(entra.world, rita.id, BOT_APP_ID)
    entra.world.entra_keys.rotate()
    after = issue_user_token(entra.world, rita.id, BOT_APP_ID)
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    for token in (before, after):
        assert (await entra.claims(token, BOT_APP_ID))["oid"] == rita.id
    entra.world.entra_keys.rotate(drop_old=True)
    entra.consent(OWN_PERMISSION)
    assert (await on_behalf_of(entra, after, [SCOPE]))["error_codes"] == [50013]


async def test_discovery_names_endpoints_in_the_callers_scheme(entra: Entra) -> None:
    base = entra.world.base_url
    for end in ("v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"):
        plain = (await entra.http.get(f"{base}/{TENANT_ID}/{end}")).json()
        assert plain["token_endpoint"] == entra.token_url
        headers = {"X-Forwarded-Proto": "https"}
        secure = (await entra.http.get(f"{base}/{TENANT_ID}/{end}", headers=headers)).json()
        assert secure["token_endpoint"] == entra.token_url.replace("http://", "https://")
        assert plain["issuer"] == secure["issuer"] == f"{base}/{TENANT_ID}/v2.0"
    common = (await entra.http.get(f"{base}/common/v2.0/.well-known/openid-configuration")).json()
    assert common["issuer"] == f"{base}/{{tenantid}}/v2.0"
    for path in ("v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"):
        answer = await entra.http.get(f"{base}/contoso.example/{path}")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_tenant")


async def test_graph_refuses_tokens_with_its_own_words(entra: Entra) -> None:
    world = entra.world
    rita = entra.person("Rita Requester")

    def refusal(header: str | None) -> TokenRejected:
        with pytest.raises(TokenRejected) as caught:
            read_graph_token(world, header)
        assert caught.value.status == 401
        return caught.value

    good = issue_graph_token(world, user_id=rita.id, permissions=["User.Read"])
    assert read_graph_token(world, f"bearer {good}").permissions == {"User.Read"}
    for header in (None, "", "Bearer", "Bearer ", f"Basic {good}"):
        assert refusal(header).message == "Access token is empty."
    assert "expired" in refusal(f"Bearer {issue_graph_token(world, lifetime_s=-301)}").message
    assert "audience" in refusal(f"Bearer {issue_user_token(world, rita.id, BOT_APP_ID)}").message
    assert "tenant" in refusal(f"Bearer {issue_graph_token(world, tid='another')}").message
    head, body, signature = good.split(".")
    for broken in ("x", f"{head}.{body}.", f"{head}.{body}x.{signature}"):
        refusal(f"Bearer {broken}")
    unsigned = channel_token(world, service_url=None, audience=GRAPH, algorithm="none", tid=TENANT_ID)
    refusal(f"Bearer {unsigned}")
    world.tenant.users.pop(rita.id)
    assert refusal(f"Bearer {good}").code == "Authorization_IdentityNotFound"
    assert refusal(f"Bearer {issue_graph_token(world, appid='unknown')}").code == "Authorization_IdentityNotFound"


async def test_ended_sessions_are_challenged_until_there_is_a_newer_token(entra: Entra) -> None:
    world = entra.world
    rita = entra.person("Rita Requester")
    old = issue_graph_token(world, user_id=rita.id, permissions=["User.Read"])
    revoke_sessions(world, rita.id)
    with pytest.raises(TokenRejected) as caught:
        read_graph_token(world, f"Bearer {old}")
    assert caught.value.claims is not None
    challenge = json.loads(base64.b64decode(caught.value.claims))
    assert challenge["access_token"]["nbf"]["essential"] is True
    assert 'error="insufficient_claims"' in caught.value.www_authenticate(world)
    entra.consent(OWN_PERMISSION)
    answer = await on_behalf_of(
        entra, issue_user_token(world, rita.id, BOT_APP_ID), [SCOPE], claims_challenge=json.dumps(challenge)
    )
    assert read_graph_token(world, f"Bearer {answer['access_token']}").user_id == rita.id


async def test_the_bot_can_ask_for_a_token_for_itself(entra: Entra) -> None:
    rita = entra.person("Rita Requester")
    entra.consent("access_as_user")
    assertion = issue_user_token(entra.world, rita.id, BOT_APP_ID, amr=["pwd", "mfa"], auth_time=1)
    answer = await on_behalf_of(entra, assertion, [f"api://botid-{BOT_APP_ID}/access_as_user"])
    claims = await entra.claims(answer["access_token"], BOT_APP_ID)
    assert (claims["scp"], claims["azp"], claims["auth_time"]) == ("access_as_user", BOT_APP_ID, 1)


async def test_nonsense_is_refused_like_any_mistake(entra: Entra) -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 5000).decode() + ".e30.AA"
    for assertion in (deep, "a.b.c", "\ud83d.\x00.", "." * 5000, ""):
        form = {"grant_type": ON_BEHALF_OF, "requested_token_use": "on_behalf_of", "scope": SCOPE}
        answer = await entra.ask(**form, assertion=assertion.encode("utf-8", "replace").decode())
        assert answer.status_code == 400
        client = {"client_secret": "", "client_assertion": assertion.encode("utf-8", "replace").decode()}
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        answer = await entra.ask(**form, **client, client_assertion_type=kind)
        assert answer.status_code == 401
        with pytest.raises(TokenRejected):
            read_graph_token(entra.world, f"Bearer {assertion}")
    entra.world.faults.add(Fault(Service.ENTRA, "status", who="somebody else"))
    for body, content_type in (
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"grant_type=\xff", "application/x-www-form-urlencoded"),
        (b"grant_type=a", "application/x-www-form-urlencoded; charset=nonsense"),
        (b'{"grant_type":"client_credentials"}', "application/json"),
        (b"", "application/x-www-form-urlencoded"),
    ):
        answer = await entra.http.post(entra.token_url, content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 400, (body, answer.text)
        assert answer.json()["error"] == "invalid_request"
    answer = await entra.http.post(entra.token_url, headers={b"Authorization": "Basic \u00e4".encode("latin-1")})
    assert answer.status_code == 400
