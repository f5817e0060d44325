"""Pipelines elsewhere that sign in without a secret: the tokens that GitHub and Azure DevOps give to their jobs.

The sandbox plays every such issuer with one ring of keys, so an application may trust any issuer, subject and audience
that its federated credentials name. Sources: GitHub's page on OpenID Connect in Actions; Azure DevOps' on workload
identity federation of service connections; Microsoft's on workload identity federation.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

import jwt

from sandbox.entra.errors import EntraError
from sandbox.entra.tokens import SIGNATURE_ONLY
from sandbox.tenant.identity import GITHUB, GITHUB_SUBJECT, TOKEN_EXCHANGE
from sandbox.tenant.model import AppRegistration
from sandbox.world import World

_SKEW_S: Final = 300


def issue_workload_token(
    world: World,
    issuer: str = GITHUB,
    subject: str = GITHUB_SUBJECT,
    audience: str = TOKEN_EXCHANGE,
    *,
    lifetime_s: float = 600,
    forged: bool = False,
    **overrides: Any,
) -> str:
    """The token of a job. `overrides` replace claims, None removes one; `forged` signs with a key nobody publishes."""
    now = int(world.entra.now())
    claims = {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + int(lifetime_s),
        "jti": secrets.token_urlsafe(16),
        **overrides,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    if not forged:
        return world.workload_keys.sign(claims)
    key = world.workload_keys.unpublished_key()
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": world.workload_keys.signing_key.kid})


def is_foreign(claims: Mapping[str, Any], own_issuers: tuple[str, ...]) -> bool:
    """Whether a client assertion comes from another issuer than the application itself."""
    issuer = claims.get("iss")
    return isinstance(issuer, str) and issuer.startswith("https://") and issuer not in own_issuers


def check_workload_token(world: World, app: AppRegistration, assertion: str, claims: Mapping[str, Any]) -> None:
    """Hold a foreign token to the application's federated credentials, case and all.

    Raises EntraError: 700211 (issuer), 700213 (subject), 700212 (audience), 700027 (signature), 700024 (time).
    """
    issuer, subject, audience = claims.get("iss"), claims.get("sub"), claims.get("aud")
    fitting = [one for one in app.federated if one.issuer == issuer]
    if not fitting:
        raise _no_record(700211, "issuer", issuer)
    fitting = [one for one in fitting if one.subject == subject]
    if not fitting:
        raise _no_record(700213, "subject", subject)
    given = audience if isinstance(audience, list) else [audience]
    if not any(name in one.audiences for one in fitting for name in given):
        raise _no_record(700212, "audience", audience)
    try:
        kid = str(jwt.get_unverified_header(assertion).get("kid"))
        key = world.workload_keys.public_key(kid)
        checked = jwt.decode(assertion, key, algorithms=["RS256"], options=SIGNATURE_ONLY)
        now = world.entra.now()
        in_time = float(checked["exp"]) + _SKEW_S > now >= float(checked.get("nbf", 0)) - _SKEW_S
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError) as error:
        message = "Client assertion failed signature validation."
        raise EntraError("invalid_client", 700027, message, status=401) from error
    if not in_time:
        message = "Client assertion is not within its valid time range."
        raise EntraError("invalid_client", 700024, message, status=401)


def _no_record(number: int, what: str, value: object) -> EntraError:
    return EntraError(
        "invalid_client",
        number,
        f"No matching federated identity record found for presented assertion {what} '{value}'. Check your federated "
        "identity credential Subject, Audience and Issuer against the presented assertion.",
        status=401,
    )
