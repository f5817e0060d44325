"""The token endpoint's grants."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import jwt

from sandbox.entra.claims_request import MFA_CHALLENGE, NOTHING_CLAIMED, ClaimsRequest, read_claims_request
from sandbox.entra.clients import authenticate_client
from sandbox.entra.device import GRANT as DEVICE_CODE
from sandbox.entra.device import redeem_device
from sandbox.entra.errors import EntraError, account_disabled, consent_required, mfa_required, parameter_missing
from sandbox.entra.permissions import ACCESS_AS_USER
from sandbox.entra.scopes import ScopeRequest, consented, missing_consents, read_scopes
from sandbox.entra.state import Proof
from sandbox.entra.tenants import ANY_TENANT, BOT_FRAMEWORK
from sandbox.entra.tokens import (
    BOT_FRAMEWORK_TENANT_ID,
    issue_app_token,
    issue_delegated_token,
    issue_id_token,
    issue_user_token,
    signed_by_entra,
)
from sandbox.graph.engine.guests import note_sign_in
from sandbox.tenant.identity import BOT_APP_ID
from sandbox.tenant.model import AppRegistration, User
from sandbox.world import World

Answer = dict[str, Any]

ON_BEHALF_OF: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def token_answer(world: World, segment: str, form: Mapping[str, str], authorization: str | None) -> Answer:
    """What the token endpoint says to a form. `segment` is a checked tenant segment. Raises EntraError."""
    grant_type = form.get("grant_type")
    if not grant_type:
        raise parameter_missing("grant_type")
    grants = {
        "client_credentials": _client_credentials,
        "authorization_code": _authorization_code,
        ON_BEHALF_OF: _on_behalf_of,
        "refresh_token": _refresh_token,
        DEVICE_CODE: _device_code,
    }
    if grant_type not in grants:
        message = f"The app requested an unsupported grant type '{grant_type}'."
        raise EntraError("unsupported_grant_type", 70003, message)
    app = authenticate_client(world, segment, form, authorization)
    if segment == BOT_FRAMEWORK and grant_type != "client_credentials":
        raise EntraError("invalid_request", 90002, "Tenant 'botframework.com' signs in bots only, not people.")
    return grants[grant_type](world, segment, app, form)


def _client_credentials(world: World, segment: str, app: AppRegistration, form: Mapping[str, str]) -> Answer:
    if segment in ANY_TENANT:
        message = (
            "No tenant-identifying information found in either the request or implied by any provided credentials."
        )
        raise EntraError("invalid_request", 50059, message)
    if segment == BOT_FRAMEWORK and app.app_id != BOT_APP_ID:
        message = f"Application with identifier '{app.app_id}' was not found in the directory 'Bot Framework'."
        raise EntraError("unauthorized_client", 700016, message)
    scopes = _scopes(world, form)
    if not scopes.is_default:
        raise EntraError(
            "invalid_scope",
            1002012,
            f"The provided value for scope {' '.join(scopes.asked)} is not valid. Client credential flows must have a "
            "scope value with /.default suffixed to the resource identifier (application ID URI).",
        )
    if scopes.resource.kind == "app":
        message = (
            f"Application '{app.app_id}' is not assigned to a role for the application '{scopes.resource.app_id}'."
        )
        raise EntraError("invalid_grant", 501051, message)
    token = issue_app_token(
        world,
        app.app_id,
        scopes.resource.audience,
        lifetime_s=world.options.token_lifetime_s,
        tenant_id=BOT_FRAMEWORK_TENANT_ID if segment == BOT_FRAMEWORK else None,
    )
    return {**_lifetime(world), "access_token": token}


def _authorization_code(world: World, segment: str, app: AppRegistration, form: Mapping[str, str]) -> Answer:
    code = world.entra.find_code(_required(form, "code"))
    if code is None or code.app_id != app.app_id:
        raise EntraError("invalid_grant", 70008, "The provided authorization code has expired or is not valid.")
    if code.redeemed:
        message = "OAuth2 Authorization code was already redeemed, please retry with a new valid code."
        raise EntraError("invalid_grant", 54005, message)
    if _required(form, "redirect_uri") != code.redirect_uri:
        message = "The redirect_uri specified in the request does not match the one of the authorization request."
        raise EntraError("invalid_grant", 500112, message)
    _check_pkce(code.code_challenge, form.get("code_verifier"))
    scopes = _scopes(world, form) if form.get("scope") else code.scopes
    code.redeemed = True
    proof = code.proof
    claims = read_claims_request(form.get("claims"))
    answer = _delegated(world, app, proof, replace(scopes, oidc=scopes.oidc | code.scopes.oidc), claims, code.nonce)
    if code.scopes.wants_refresh_token or scopes.wants_refresh_token:
        answer["refresh_token"] = world.entra.issue_refresh_token(app.app_id, proof, scopes)
    return answer


def _device_code(world: World, segment: str, app: AppRegistration, form: Mapping[str, str]) -> Answer:
    proof, scopes = redeem_device(world, app, form)
    answer = _delegated(world, app, proof, scopes)
    if scopes.wants_refresh_token:
        answer["refresh_token"] = world.entra.issue_refresh_token(app.app_id, proof, scopes)
    return answer


def _on_behalf_of(world: World, segment: str, app: AppRegistration, form: Mapping[str, str]) -> Answer:
    if _required(form, "requested_token_use") != "on_behalf_of":
        raise EntraError("invalid_request", 90023, "requested_token_use must be 'on_behalf_of'.")
    proof = _assertion_proof(world, app, _required(form, "assertion"))
    scopes = _scopes(world, form)
    claims = read_claims_request(form.get("claims"))
    answer = _delegated(world, app, proof, scopes, claims, None)
    answer["refresh_token"] = world.entra.issue_refresh_token(app.app_id, proof, scopes)
    return answer


def _refresh_token(world: World, segment: str, app: AppRegistration, form: Mapping[str, str]) -> Answer:
    token = _required(form, "refresh_token")
    grant = world.entra.find_refresh_grant(token)
    if grant is None or grant.app_id != app.app_id:
        message = "The provided grant is invalid or malformed, or has expired due to inactivity."
        raise EntraError("invalid_grant", 700082, message, suberror="bad_token")
    scopes = _scopes(world, form) if form.get("scope") else grant.scopes
    claims = read_claims_request(form.get("claims"))
    answer = _delegated(world, app, grant.proof, scopes, claims, None)
    answer["refresh_token"] = world.entra.replace_refresh_token(token, grant.proof)
    return answer


def _delegated(
    world: World,
    app: AppRegistration,
    proof: Proof,
    scopes: ScopeRequest,
    claims: ClaimsRequest = NOTHING_CLAIMED,
    nonce: str | None = None,
) -> Answer:
    """Tokens in the name of the person behind `proof`, once everything that stands in the way is out of it.

    An access token for Graph carries every permission that was consented to before, whatever subset was asked for:
    Entra does the same, so an app cannot count on a token being narrow.
    """
    user = active_user(world, proof.user_id)
    given = consented(world.tenant, app.app_id, user.id)
    if missing_consents(world.tenant, app.app_id, user.id, scopes.names) or (scopes.is_default and not given):
        raise consent_required(app.app_id, app.display_name)
    if not proof.is_strong and (user.mfa_required or claims.strong):
        raise mfa_required(form_of(claims))
    note_sign_in(world.tenant, user, world.clock.now(), is_interactive=False)
    proof = proof.with_contexts(claims.contexts)
    lifetime_s = world.options.token_lifetime_s
    granted = list(scopes.asked)
    if scopes.resource.kind == "app":
        if scopes.resource.app_id != app.app_id:
            raise consent_required(app.app_id, app.display_name)
        extra: dict[str, Any] = {"acrs": list(proof.acrs) or None, "amr": list(proof.amr), "auth_time": proof.auth_time}
        access_token = issue_user_token(
            world, user.id, app.app_id, ACCESS_AS_USER, lifetime_s=lifetime_s, azp=app.app_id, azpacr="1", **extra
        )
    else:
        permissions = given - {ACCESS_AS_USER}
        access_token = issue_delegated_token(
            world,
            proof,
            app.app_id,
            scopes.resource.audience,
            permissions | (scopes.oidc - {"offline_access"}),
            lifetime_s=lifetime_s,
        )
        granted += [scopes.resource.prefix + name for name in sorted(permissions)]
    return {
        **_lifetime(world),
        "scope": " ".join(dict.fromkeys(scope for scope in granted if scope != "offline_access")),
        "access_token": access_token,
        "id_token": issue_id_token(world, proof, app.app_id, nonce=nonce, lifetime_s=lifetime_s),
        "client_info": _client_info(user, world.tenant.id),
    }


def active_user(world: World, user_id: str) -> User:
    """Raises EntraError for people who are gone (50034) or disabled (50057)."""
    user = world.tenant.users.get(user_id)
    if user is None:
        message = f"The user account does not exist in the {world.tenant.display_name} directory."
        raise EntraError("invalid_grant", 50034, message)
    if not user.account_enabled:
        raise account_disabled()
    return user


def form_of(claims: ClaimsRequest) -> str:
    """The challenge that asks for what `claims` wanted, or for a strong sign-in in general."""
    if not claims.contexts:
        return MFA_CHALLENGE
    wanted = {"essential": True, **_one_or_several(claims.contexts)}
    return json.dumps({"access_token": {"acrs": wanted}}, separators=(",", ":"))


def _one_or_several(values: tuple[str, ...]) -> dict[str, Any]:
    return {"value": values[0]} if len(values) == 1 else {"values": list(values)}


def _assertion_proof(world: World, app: AppRegistration, assertion: str) -> Proof:
    """Who stands behind the token that the app was handed. Raises EntraError."""
    try:
        claims = signed_by_entra(world, assertion)
        audience, subject, scp = claims.get("aud"), claims.get("oid"), claims.get("scp", "")
    except jwt.ExpiredSignatureError:
        message = "Assertion is not within its valid time range. Ensure that the access token is not expired."
        raise EntraError("invalid_grant", 500133, message) from None
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise EntraError("invalid_grant", 50013, "Assertion failed signature validation.") from error
    if audience not in (app.app_id, app.identifier_uri, f"api://{app.app_id}"):
        message = "Assertion audience does not match the Client app presenting the assertion."
        raise EntraError("invalid_grant", 500131, message)
    if claims.get("tid") != world.tenant.id or not isinstance(subject, str):
        raise EntraError("invalid_grant", 50013, "Assertion issuer or subject is not of this tenant.")
    if ACCESS_AS_USER not in str(scp).split():
        message = f"The assertion does not carry the scope '{ACCESS_AS_USER}' that the app exposes."
        raise EntraError("invalid_grant", 50027, message)
    amr, acrs = claims.get("amr") or ["pwd"], claims.get("acrs") or []
    return Proof(subject, tuple(amr), int(claims.get("auth_time", claims.get("iat", 0))), tuple(acrs))


def _check_pkce(challenge: str | None, verifier: str | None) -> None:
    if challenge is None:
        return
    if not verifier:
        raise EntraError(
            "invalid_grant", 50148, "The code_verifier is missing; the code was asked for with a challenge."
        )
    digest = hashlib.sha256(verifier.encode()).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(computed, challenge.encode()):
        message = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
        raise EntraError("invalid_grant", 501481, message)


def _scopes(world: World, form: Mapping[str, str]) -> ScopeRequest:
    return read_scopes(form.get("scope"), world.tenant, world.base_url)


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise parameter_missing(name)
    return value


def _lifetime(world: World) -> Answer:
    seconds = world.options.token_lifetime_s
    return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds}


def _client_info(user: User, tenant_id: str) -> str:
    raw = json.dumps({"uid": user.id, "utid": tenant_id}, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
