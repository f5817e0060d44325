"""The tokens that the sandbox issues, and how its services read them back.

Times are the machine's own (`world.entra.now`), in seconds since 1970.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import jwt
from jwt.types import Options

from sandbox.entra.forging import weakly_signed
from sandbox.entra.scopes import CONNECTOR_URL, GRAPH_APP_ID, GRAPH_URL, GRAPH_URLS
from sandbox.entra.state import Proof
from sandbox.tenant.identity import BOT_APP_ID
from sandbox.world import World

TEAMS_WEB_CLIENT_ID: Final = "5e3ce6c0-2b1f-4285-8d4b-75ee78787346"
BOT_FRAMEWORK_TENANT_ID: Final = "d6d49420-f39b-4df7-a1dc-d59a935871db"

SIGNATURE_ONLY: Final[Options] = {
    "require": ["exp"],
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
"""PyJWT's own time checks read the machine's clock; ours is the one that the tokens were issued by."""

_SKEW_S = 300
_PASSWORD: Final = ("pwd",)


class TokenRejected(Exception):
    """A service does not accept the token. `claims` (base64) is the challenge to answer, when there is one."""

    def __init__(self, status: int, code: str, message: str, claims: str | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.claims = claims

    def www_authenticate(self, world: World) -> str:
        """The header that goes with the refusal."""
        parts = ['Bearer realm=""', f'authorization_uri="{world.base_url}/common/oauth2/v2.0/authorize"']
        if self.claims:
            parts += ['error="insufficient_claims"', f'claims="{self.claims}"']
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a Graph token speaks for. `permissions` are its scopes (delegated) or roles (application)."""

    kind: Literal["delegated", "application"]
    user_id: str | None
    app_id: str
    permissions: frozenset[str]


def tenant_issuer(world: World) -> str:
    """Who signs tokens for the bot: the issuer that its metadata names."""
    return f"{world.base_url}/{world.tenant.id}/v2.0"


def issue_user_token(
    world: World,
    user_id: str,
    audience_app_id: str,
    scope: str = "access_as_user",
    *,
    lifetime_s: float = 3600,
    forged: bool = False,
    **overrides: Any,
) -> str:
    """The token that a Teams client hands to the bot: this person, for that app.

    `overrides` replace claims, None removes one; `forged` signs it with a key that nobody publishes. Raises KeyError
    for a person who is not in the tenant.
    """
    user = world.tenant.users[user_id]
    claims = {
        "aud": audience_app_id,
        "iss": tenant_issuer(world),
        **_times(world, lifetime_s),
        "tid": world.tenant.id,
        "oid": user.id,
        "sub": pairwise_subject(user.id, audience_app_id),
        "name": user.display_name,
        "preferred_username": user.user_principal_name,
        "scp": scope,
        "azp": TEAMS_WEB_CLIENT_ID,
        "azpacr": "0",
        "amr": list(_PASSWORD),
        "ver": "2.0",
        **overrides,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return _forge(world, claims) if forged else world.entra_keys.sign(claims)


def issue_delegated_token(
    world: World,
    proof: Proof,
    app_id: str,
    audience: str,
    permissions: Iterable[str],
    *,
    lifetime_s: float,
) -> str:
    """An access token for Graph in the name of a person."""
    user = world.tenant.users[proof.user_id]
    claims = {
        **_graph_claims(world, app_id, audience, lifetime_s),
        "amr": list(proof.amr),
        "auth_time": proof.auth_time,
        "idtyp": "user",
        "name": user.display_name,
        "oid": user.id,
        "scp": " ".join(sorted(permissions)),
        "sub": pairwise_subject(user.id, GRAPH_APP_ID),
        "unique_name": user.user_principal_name,
        "upn": user.user_principal_name,
    }
    if proof.acrs:
        claims["acrs"] = list(proof.acrs)
    return world.entra_keys.sign(claims)


def issue_app_token(
    world: World, app_id: str, audience: str, *, lifetime_s: float, tenant_id: str | None = None
) -> str:
    """An access token for Graph or the connector in the name of the app itself, with all its permissions there."""
    app = world.tenant.apps[app_id]
    claims = {
        **_graph_claims(world, app_id, audience, lifetime_s),
        "idtyp": "app",
        "oid": app.object_id,
        "sub": app.object_id,
    }
    if audience != CONNECTOR_URL and app.application_permissions:
        claims["roles"] = sorted(app.application_permissions)
    if tenant_id is not None:
        claims |= {"tid": tenant_id, "iss": f"https://sts.windows.net/{tenant_id}/"}
    if audience == CONNECTOR_URL:
        claims["azp"] = app_id
    return world.entra_keys.sign(claims)


def issue_graph_token(
    world: World,
    *,
    user_id: str | None = None,
    app_id: str = BOT_APP_ID,
    permissions: Iterable[str] | None = None,
    lifetime_s: float = 3600,
    **overrides: Any,
) -> str:
    """A Graph token without going through the endpoints: delegated with a `user_id`, else the app's own.

    `permissions` default to what is consented for the person, or what the app holds; `overrides` replace claims, None
    removes one.
    """
    claims = _graph_claims(world, app_id, GRAPH_URL, lifetime_s)
    if user_id is not None:
        given = permissions if permissions is not None else _consented(world, app_id, user_id)
        claims |= {"idtyp": "user", "oid": user_id, "scp": " ".join(sorted(given)), "amr": list(_PASSWORD)}
    else:
        app = world.tenant.apps[app_id]
        given = permissions if permissions is not None else app.application_permissions
        claims |= {"idtyp": "app", "oid": app.object_id, "roles": sorted(given)}
    claims |= overrides
    return world.entra_keys.sign({name: value for name, value in claims.items() if value is not None})


def issue_id_token(world: World, proof: Proof, app_id: str, *, nonce: str | None, lifetime_s: float) -> str:
    """Who signed in, told to the app itself."""
    user = world.tenant.users[proof.user_id]
    claims: dict[str, Any] = {
        "aud": app_id,
        "iss": tenant_issuer(world),
        **_times(world, lifetime_s),
        "amr": list(proof.amr),
        "auth_time": proof.auth_time,
        "email": user.mail,
        "name": user.display_name,
        "oid": user.id,
        "preferred_username": user.user_principal_name,
        "sub": pairwise_subject(user.id, app_id),
        "tid": world.tenant.id,
        "ver": "2.0",
    }
    if proof.acrs:
        claims["acrs"] = list(proof.acrs)
    if nonce is not None:
        claims["nonce"] = nonce
    return world.entra_keys.sign(claims)


def channel_token(
    world: World,
    *,
    service_url: str | None,
    audience: str = BOT_APP_ID,
    issuer: str = "https://api.botframework.com",
    lifetime_s: float = 3600,
    not_before_s: float = 0,
    algorithm: str = "RS256",
    kid: str | None = None,
    endorsements: list[str] | None = None,
    forged: bool = False,
    **extra_claims: Any,
) -> str:
    """What Teams sends in `Authorization` when it calls the bot, with any defect.

    `service_url` None leaves the claim out. `lifetime_s` and `not_before_s` count from now and may be negative. `kid`
    replaces the header's key id. `endorsements` signs with a published key that speaks for these channels only;
    `forged` with one that is not published, under the id of one that is. `algorithm` may be any of PyJWT's RSA ones,
    `none` (no signature) or `HS256` (the public key taken for a password). Extra claims of None remove a claim.
    """
    key = world.channel_keys.signing_key
    header_kid = key.kid
    if endorsements is not None:
        key = world.channel_keys.key_endorsed_for(endorsements)
        header_kid = key.kid
    if forged:
        key = world.channel_keys.unpublished_key()
    now = int(world.entra.now())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "serviceurl": service_url,
        "nbf": now + int(not_before_s),
        "exp": now + int(lifetime_s),
        **extra_claims,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"kid": kid if kid is not None else header_kid, "x5t": kid if kid is not None else header_kid}
    if algorithm in ("none", "HS256"):
        password = b"" if algorithm == "none" else world.channel_keys.public_pem(header_kid)
        return weakly_signed(claims, header, algorithm, password)
    return jwt.encode(claims, key.private, algorithm=algorithm, headers=header)


def read_graph_token(world: World, authorization_header: str | None) -> Principal:
    """Who calls Graph. Raises TokenRejected (401) with Graph's own code and words."""
    claims = _verified(
        world,
        authorization_header,
        audiences={*GRAPH_URLS, GRAPH_APP_ID, world.base_url},
        tenants={world.tenant.id},
        code="InvalidAuthenticationToken",
    )
    app_id, scp, oid = claims.get("appid"), claims.get("scp"), claims.get("oid")
    if not isinstance(app_id, str) or app_id not in world.tenant.apps:
        raise TokenRejected(
            401, "Authorization_IdentityNotFound", "The identity of the calling application is unknown."
        )
    if not isinstance(scp, str):
        roles = claims.get("roles")
        held = frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()
        return Principal("application", None, app_id, held)
    if not isinstance(oid, str) or oid not in world.tenant.users:
        raise TokenRejected(401, "Authorization_IdentityNotFound", "The identity of the calling user is unknown.")
    _check_session(world, oid, claims)
    return Principal("delegated", oid, app_id, frozenset(scp.split()))


def read_connector_token(world: World, authorization_header: str | None) -> str:
    """The app id of the bot that calls the connector. Raises TokenRejected (401)."""
    claims = _verified(
        world,
        authorization_header,
        audiences={CONNECTOR_URL},
        tenants={world.tenant.id, BOT_FRAMEWORK_TENANT_ID},
        code="AuthorizationError",
    )
    app_id = claims.get("appid") or claims.get("azp")
    if not isinstance(app_id, str):
        raise TokenRejected(401, "AuthorizationError", "The token names no application.")
    return app_id


def revoke_sessions(world: World, user_id: str) -> None:
    """From now on Graph refuses every token that this person has, and asks for a new one (a claims challenge)."""
    world.options.cae_users[user_id] = world.entra.now()


def pairwise_subject(user_id: str, app_id: str) -> str:
    """A person's `sub`: another one for each app."""
    digest = hashlib.sha256(f"{user_id}/{app_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def signed_by_entra(world: World, token: str, *, skew_s: int = 0) -> dict[str, Any]:
    """The claims of a token that Entra signed and that is in time. Its audience is the caller's to check.

    Raises jwt.PyJWTError, as ExpiredSignatureError when only its time is over.
    """
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = world.entra_keys.public_key(str(kid))
    except RecursionError:
        raise jwt.DecodeError("the header is nested too deeply") from None
    except KeyError:
        raise jwt.InvalidKeyError(f"no key {kid!r}") from None
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options=SIGNATURE_ONLY)
    now = world.entra.now()
    if float(claims["exp"]) + skew_s <= now:
        raise jwt.ExpiredSignatureError("the token has expired")
    if float(claims.get("nbf", 0)) - skew_s > now:
        raise jwt.ImmatureSignatureError("the token is not valid yet")
    return claims


def _times(world: World, lifetime_s: float) -> dict[str, Any]:
    now = world.entra.now()
    return {
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now + lifetime_s),
        # Opaque to everybody but Entra, which needs the moment of issue more finely than `iat` tells it.
        "aio": str(int(now * 1_000_000)),
        "uti": secrets.token_urlsafe(16),
    }


def _graph_claims(world: World, app_id: str, audience: str, lifetime_s: float) -> dict[str, Any]:
    return {
        "aud": audience,
        "iss": f"https://sts.windows.net/{world.tenant.id}/",
        **_times(world, lifetime_s),
        "appid": app_id,
        "app_displayname": world.tenant.apps[app_id].display_name,
        "appidacr": "1",
        "tid": world.tenant.id,
        "ver": "1.0",
    }


def _consented(world: World, app_id: str, user_id: str) -> Iterable[str]:
    return (c.permission for c in world.tenant.consents if c.app_id == app_id and c.user_id in (user_id, "*"))


def _verified(
    world: World, authorization_header: str | None, *, audiences: set[str], tenants: set[str], code: str
) -> dict[str, Any]:
    scheme, _, token = (authorization_header or "").partition(" ")
    if scheme.casefold() != "bearer" or not token.strip():
        raise TokenRejected(401, code, "Access token is empty.")
    try:
        claims = signed_by_entra(world, token.strip(), skew_s=_SKEW_S)
    except jwt.ExpiredSignatureError:
        raise TokenRejected(401, code, "Lifetime validation failed, the token is expired.") from None
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TokenRejected(401, code, "Access token validation failure.") from error
    if not _is_one_of(claims.get("aud"), audiences):
        raise TokenRejected(401, code, "Access token validation failure. Invalid audience.")
    if not _is_one_of(claims.get("tid"), tenants):
        raise TokenRejected(401, code, "Access token validation failure. Invalid tenant.")
    return claims


def _is_one_of(value: Any, names: set[str]) -> bool:
    return isinstance(value, str) and value in names


def _check_session(world: World, user_id: str, claims: dict[str, Any]) -> None:
    ended_at = world.options.cae_users.get(user_id)
    if ended_at is None or int(claims.get("aio", 0)) > int(ended_at * 1_000_000):
        return
    challenge = {"access_token": {"nbf": {"essential": True, "value": str(int(ended_at))}}}
    raise TokenRejected(
        401,
        "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
        "TokenIssuedBeforeRevocationTimestamp",
        claims=base64.b64encode(json.dumps(challenge).encode()).decode(),
    )


def _forge(world: World, claims: dict[str, Any]) -> str:
    """Signed by a stranger who claims to be Entra's newest key."""
    kid = world.entra_keys.signing_key.kid
    private = world.entra_keys.unpublished_key().private
    return jwt.encode(claims, private, algorithm="RS256", headers={"kid": kid, "x5t": kid})
