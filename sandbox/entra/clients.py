"""How an app proves to the token endpoint that it is that app: by a secret, a certificate, or somebody else's token."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.entra.errors import EntraError, app_unknown, parameter_missing
from sandbox.entra.tokens import SIGNATURE_ONLY
from sandbox.entra.workloads import check_workload_token, is_foreign
from sandbox.tenant.model import AppRegistration
from sandbox.world import World

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS: Final = ("RS256", "PS256")
_SKEW_S: Final = 300
_PUBLIC_GRANTS: Final = frozenset(
    {"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"}
)
"""What a public client may do without proof: all that a person has agreed to on a page."""


def authenticate_client(
    world: World, segment: str, form: Mapping[str, str], authorization: str | None
) -> AppRegistration:
    """The app that sent the form, or whose id and secret stand in a `Basic` header.

    Raises EntraError: unknown app (700016), no proof (7000218), wrong (7000215) or expired (7000222) secret, a
    certificate that is not registered (700027) or an assertion that is wrong in time, issuer or audience.
    """
    basic_id, basic_secret = _basic(authorization)
    app_id = form.get("client_id") or basic_id
    if not app_id:
        raise parameter_missing("client_id")
    app = world.tenant.apps.get(app_id.casefold()) or world.tenant.apps.get(app_id)
    if app is None:
        raise app_unknown(app_id, world.tenant.display_name)
    if not app.is_enabled:
        message = f"Application '{app.app_id}' ({app.display_name}) is disabled."
        raise EntraError("unauthorized_client", 7000112, message, status=401)
    if "client_assertion" in form:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise parameter_missing("client_assertion_type")
        _check_assertion(world, segment, app, form["client_assertion"])
        return app
    secret = form.get("client_secret") or basic_secret
    if not secret and app.is_public_client and form.get("grant_type") in _PUBLIC_GRANTS:
        return app
    if not secret:
        message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise EntraError("invalid_client", 7000218, message, status=401)
    _check_secret(world, app, secret)
    return app


def _basic(authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.casefold() != "basic":
        return "", ""
    try:
        app_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(app_id), unquote_plus(secret)


def _check_secret(world: World, app: AppRegistration, secret: str) -> None:
    given = secret.encode()
    if not any(hmac.compare_digest(given, known.encode()) for known in app.secrets):
        raise EntraError(
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{app.app_id}'.",
            status=401,
        )
    if secret in world.options.expired_secrets or _has_ended(world, app, secret):
        raise EntraError(
            "invalid_client",
            7000222,
            f"The provided client secret keys for app '{app.app_id}' are expired. Visit the Azure portal to create new "
            "keys for your app, or consider using certificate credentials for added security.",
            status=401,
        )


def _has_ended(world: World, app: AppRegistration, secret: str) -> bool:
    """Whether a secret or certificate is past the end that the directory keeps for it, by the sandbox's clock."""
    if not world.options.credentials_expire:
        return False
    return any(known.secret == secret and known.end_at <= world.clock.now() for known in app.credentials)


def _check_assertion(world: World, segment: str, app: AppRegistration, assertion: str) -> None:
    told = _unchecked_claims(assertion)
    if is_foreign(told, (app.app_id, *_audiences(world, segment))):
        check_workload_token(world, app, assertion, told)
        return
    try:
        header = jwt.get_unverified_header(assertion)
        key = _registered_key(world, app, header)
        claims: dict[str, Any] = jwt.decode(assertion, key, algorithms=list(_ALGORITHMS), options=SIGNATURE_ONLY)
        in_time = float(claims["exp"]) + _SKEW_S > world.entra.now() >= float(claims.get("nbf", 0)) - _SKEW_S
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError) as error:
        message = "Client assertion contains an invalid signature, or is malformed."
        raise EntraError("invalid_client", 700027, message, status=401) from error
    if not in_time:
        message = "Client assertion is not within its valid time range."
        raise EntraError("invalid_client", 700024, message, status=401)
    if claims.get("iss") != app.app_id or claims.get("sub") != app.app_id:
        message = "Client assertion must name the client as its issuer ('iss') and subject ('sub')."
        raise EntraError("invalid_client", 700021, message, status=401)
    audience = claims.get("aud")
    if not _audiences(world, segment) & set(audience if isinstance(audience, list) else [audience]):
        message = "Client assertion audience claim does not match the token endpoint or the tenant's issuer."
        raise EntraError("invalid_client", 700023, message, status=401)


def _unchecked_claims(assertion: str) -> dict[str, Any]:
    """What an assertion says, believed by nobody yet; {} when it cannot be read."""
    try:
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return {}
    return claims


def _registered_key(world: World, app: AppRegistration, header: Mapping[str, Any]) -> rsa.RSAPublicKey:
    """The certificate that the assertion names by its thumbprint. Raises KeyError when none is registered, or ended."""
    for pem in (one for one in app.certificates if not _has_ended(world, app, one)):
        certificate = x509.load_pem_x509_certificate(pem.encode())
        # Entra still accepts the SHA-1 thumbprint; both only name the certificate.
        sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303
        names = {"x5t": sha1, "x5t#S256": certificate.fingerprint(hashes.SHA256())}
        key = certificate.public_key()
        # MSAL leaves the padding on, though base64url in a JWT has none.
        named = any(str(header.get(name, "")).rstrip("=") == _base64url(value) for name, value in names.items())
        if named and isinstance(key, rsa.RSAPublicKey):
            return key
    raise KeyError("thumbprint")


def _audiences(world: World, segment: str) -> set[str]:
    """What an assertion may call this endpoint, in either scheme: a proxy may have ended the caller's https."""
    rest = world.base_url.partition("://")[2]
    return {
        f"{scheme}://{rest}/{name}/{end}"
        for scheme in ("http", "https")
        for name in (segment, world.tenant.id)
        for end in ("oauth2/v2.0/token", "oauth2/token", "v2.0", "")
    }


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
