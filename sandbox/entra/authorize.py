"""The rules of interactive sign-in: what may be asked, what a person has to do, and what the app is told.

The pages themselves are in `pages`; HTTP is in `routes`.
"""

from __future__ import annotations

import base64
import math
import re
import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from sandbox.entra.claims_request import read_claims_request
from sandbox.entra.errors import EntraError, app_unknown, parameter_missing
from sandbox.entra.permissions import needs_administrator
from sandbox.entra.scopes import ScopeRequest, missing_consents, read_scopes
from sandbox.entra.state import AuthorizeRequest, PendingSignIn, Proof
from sandbox.entra.tenants import BOT_FRAMEWORK
from sandbox.graph.engine.guests import note_sign_in
from sandbox.tenant.identity import BOT_APP_ID
from sandbox.tenant.model import EVERYBODY, AppRegistration, Consent, User
from sandbox.world import World

RESPONSE_MODES: Final = ("query", "fragment", "form_post")
CONSENTING_ROLES: Final = frozenset(
    {"Global Administrator", "Privileged Role Administrator", "Application Administrator"}
    | {"Cloud Application Administrator"}
)
_PROMPTS: Final = frozenset({"login", "none", "consent", "select_account", "create"})
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of 32 bytes
_PLAIN_ADDRESS: Final = re.compile(r"[!\"$-\[\]-~]+")  # printable ASCII without "#" and backslash
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_MOST_WRONG_NUMBERS: Final = 3


class PageError(EntraError):
    """A refusal that must be shown to the person, because the app's address cannot be trusted."""


class RedirectError(Exception):
    """A refusal that the app is told. `outcome` are the parameters of the redirect."""

    def __init__(self, redirect_uri: str, response_mode: str, outcome: Mapping[str, str]) -> None:
        super().__init__(outcome.get("error", ""))
        self.redirect_uri = redirect_uri
        self.response_mode = response_mode
        self.outcome = outcome


def read_authorize_request(world: World, segment: str, query: Mapping[str, str]) -> AuthorizeRequest:
    """Check what the app asks for.

    Raises PageError while it is not certain who asks (unknown app or redirect URI), RedirectError afterwards.
    """
    app_id = query.get("client_id", "")
    app = world.tenant.apps.get(app_id)
    if app is None or segment == BOT_FRAMEWORK:
        raise _page_error(app_unknown(app_id, world.tenant.display_name))
    redirect_uri = query.get("redirect_uri", "")
    if not is_registered(world, app, redirect_uri):
        message = (
            f"The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured "
            f"for the application '{app_id}'. Make sure the redirect URI sent in the request matches one added to your "
            "application in the Azure portal."
        )
        raise PageError("invalid_request", 50011, message)
    mode = query.get("response_mode") or "query"
    try:
        if mode not in RESPONSE_MODES:
            mode = "query"
            raise EntraError("invalid_request", 9000410, "The response_mode is not supported.")
        return _checked(world, app, redirect_uri, mode, query)
    except EntraError as refusal:
        outcome = {"error": refusal.error, "error_description": refusal.body()["error_description"]}
        if query.get("state"):
            outcome["state"] = query["state"]
        raise RedirectError(redirect_uri, mode, outcome) from refusal


def _checked(
    world: World, app: AppRegistration, redirect_uri: str, mode: str, query: Mapping[str, str]
) -> AuthorizeRequest:
    if not query.get("response_type"):
        raise parameter_missing("response_type")
    if query["response_type"] != "code":
        message = f"The response type '{query['response_type']}' is not enabled for the application. Use 'code'."
        raise EntraError("unsupported_response_type", 700054, message)
    challenge = query.get("code_challenge") or None
    if challenge and (query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge)):
        message = "The code_challenge must be the base64url SHA-256 of the verifier, and its method 'S256'."
        raise EntraError("invalid_request", 501491, message)
    prompt = frozenset(query.get("prompt", "").split())
    if prompt - _PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise EntraError("invalid_request", 90023, f"Unsupported 'prompt' value: {query['prompt']}")
    scopes = read_personal_scopes(world, app, query.get("scope"))
    return AuthorizeRequest(
        app_id=app.app_id,
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=query.get("state"),
        nonce=query.get("nonce"),
        code_challenge=challenge,
        response_mode=mode,
        claims=read_claims_request(query.get("claims")),
        prompt=prompt,
        login_hint=query.get("login_hint", ""),
        max_age_s=_max_age(query.get("max_age")),
    )


def read_personal_scopes(world: World, app: AppRegistration, text: str | None) -> ScopeRequest:
    """What the app wants to do in a person's name. Raises EntraError, also for resources that allow none of it."""
    scopes = read_scopes(text, world.tenant, world.base_url)
    if scopes.resource.kind == "connector" or (scopes.resource.kind == "app" and scopes.resource.app_id != app.app_id):
        message = f"The application may not ask for '{scopes.resource.audience}' in a person's name."
        raise EntraError("invalid_request", 650057, message)
    return scopes


def _max_age(text: str | None) -> int | None:
    if text is None or (text.isascii() and text.isdigit() and len(text) < 10):
        return int(text) if text else None
    raise EntraError("invalid_request", 90015, "The max_age must be a number of seconds.")


def is_registered(world: World, app: AppRegistration, redirect_uri: str) -> bool:
    """Whether the app may be answered there: registered exactly, or the same but for the port on loopback.

    The bot's own `/auth/end` counts as registered wherever the sandbox was told that the bot is.
    Source: RFC 8252, 7.3 (ports of loopback redirects).
    """
    registered = list(app.redirect_uris)
    if app.app_id == BOT_APP_ID:
        registered.append(f"{world.bot_url}/auth/end")
    if redirect_uri in registered:
        return True
    asked = _loopback(redirect_uri)
    return asked is not None and any(asked == _loopback(known) for known in registered)


def _loopback(uri: str) -> tuple[str, str, str, str] | None:
    """The address without its port, when it is on this machine."""
    if not _PLAIN_ADDRESS.fullmatch(uri):  # urlsplit drops line breaks, and then sees another address than it was given
        return None
    try:
        parts = urlsplit(uri)
        if parts.hostname not in _LOOPBACK or parts.username is not None or parts.port == 0:
            return None
    except ValueError:
        return None
    return parts.scheme, parts.hostname, parts.path, parts.query


def choose_account(world: World, pending: PendingSignIn, who: str) -> str | None:
    """Go on as this person. Gives back what is wrong, in words, or None."""
    user = world.tenant.find_user(who.strip()) if who.strip() else None
    if user is None:
        return "We couldn't find an account with that name."
    if not user.account_enabled:
        return f"AADSTS50057: The account of {user.display_name} is disabled."
    proof = _kept_proofs(world, pending).get(user.id)
    _go_on_as(world, pending, user, proof if "login" not in pending.request.prompt else None)
    return None


def resume(world: World, pending: PendingSignIn) -> None:
    """Spare the person what this browser has proved before: choosing, and the second factor.

    An app that asked for no page (`prompt=none`) is told why there has to be one.
    """
    is_silent = "none" in pending.request.prompt
    user = _expected(world, pending) if not pending.request.prompt & {"login", "select_account"} else None
    if user is not None:
        _go_on_as(world, pending, user, _kept_proofs(world, pending)[user.id])
    if not is_silent or pending.outcome is not None:
        return
    if user is None:
        refuse(pending, "login_required", 50058, "A silent sign-in request was sent but no user is signed in.")
    elif pending.stage == "mfa":
        message = "You must use multi-factor authentication to access this resource."
        refuse(pending, "interaction_required", 50076, message)
    else:
        message = "The user or administrator has not consented to use the application."
        refuse(pending, "interaction_required", 65001, message)


def signed_in_here(world: World, pending: PendingSignIn) -> list[User]:
    """Who has signed in with this browser before, the last one first."""
    return [world.tenant.users[user_id] for user_id in reversed(_kept_proofs(world, pending))]


def _kept_proofs(world: World, pending: PendingSignIn) -> dict[str, Proof]:
    """What people proved to this browser, as far as it still counts for this request."""
    oldest = -math.inf if pending.request.max_age_s is None else world.entra.now() - pending.request.max_age_s
    users = world.tenant.users
    return {
        user_id: proof
        for user_id, proof in world.entra.signed_in(pending.browser).items()
        if user_id in users and users[user_id].account_enabled and proof.auth_time >= oldest
    }


def _expected(world: World, pending: PendingSignIn) -> User | None:
    """The one person of this browser whom the app can mean; None where that is not clear."""
    known = signed_in_here(world, pending)
    if pending.request.login_hint:
        hinted = world.tenant.find_user(pending.request.login_hint)
        return hinted if hinted in known else None
    return known[0] if len(known) == 1 else None


def _go_on_as(world: World, pending: PendingSignIn, user: User, proof: Proof | None) -> None:
    pending.user_id, pending.proof = user.id, proof
    pending.strong = proof is not None and proof.is_strong
    _go_on(world, pending)


def approve_sign_in(world: World, pending: PendingSignIn, number: str) -> str | None:
    """The second factor. Gives back what is wrong, in words, or None; too many wrong numbers end the sign-in."""
    if number.strip() != pending.number:
        pending.wrong_numbers += 1
        if pending.wrong_numbers >= _MOST_WRONG_NUMBERS:
            refuse(pending, "access_denied", 500121, "Authentication failed during strong authentication request.")
        return "That is not the number shown."
    pending.strong, pending.proof = True, None
    _go_on(world, pending)
    return None


def accept_consent(world: World, pending: PendingSignIn, *, for_everybody: bool) -> None:
    """Record what the person consents to, and go on. What only an administrator may grant stays ungranted."""
    user = signed_in_user(world, pending)
    names = wanted_consents(world, pending, user)
    if not may_answer(pending, user, names):
        deny_consent(pending, user, names)
        return
    is_for_all = pending.request.purpose == "admin-consent" or (for_everybody and is_administrator(user))
    target = EVERYBODY if is_for_all else user.id
    world.tenant.consents |= {Consent(pending.request.app_id, target, name) for name in names}
    _finish(world, pending)


def cancel(world: World, pending: PendingSignIn) -> None:
    """The person does not want to."""
    if pending.stage == "consent" and pending.user_id is not None:
        user = signed_in_user(world, pending)
        deny_consent(pending, user, wanted_consents(world, pending, user))
    else:
        refuse(pending, "access_denied", 65004, "User declined to consent to access the app.", subcode="cancel")


def deny_consent(pending: PendingSignIn, user: User, names: tuple[str, ...]) -> None:
    if pending.request.purpose == "admin-consent":
        message = "The resource owner or authorization server denied the request."
        refuse(pending, "consent_required", 65004, message)
        return
    if may_consent(user, names):
        refuse(pending, "access_denied", 65004, "User declined to consent to access the app.", subcode="cancel")
        return
    message = (
        "The app needs access to a service that only an administrator can grant. Ask an administrator of your "
        "organization to grant permission to this app before you can use it."
    )
    refuse(pending, "access_denied", 90094, message, subcode="cancel")


def refuse(pending: PendingSignIn, error: str, number: int, message: str, *, subcode: str | None = None) -> None:
    """Tell the app that it gets nothing. The first outcome stands."""
    description = EntraError(error, number, message).body()["error_description"]
    more = {"admin_consent": "True"} if pending.request.purpose == "admin-consent" else {}
    _conclude(
        pending,
        {"error": error, **({"error_subcode": subcode} if subcode else {}), "error_description": description, **more},
    )


def signed_in_user(world: World, pending: PendingSignIn) -> User:
    """The person who was chosen. Raises PageError when nobody was, or the account is gone meanwhile."""
    user = world.tenant.users.get(pending.user_id or "")
    if user is None:
        raise PageError(
            "invalid_request", 50058, "Nobody is signed in on this page. Go back to the app and start again."
        )
    return user


def wanted_consents(world: World, pending: PendingSignIn, user: User) -> tuple[str, ...]:
    """The permissions that the consent page is about."""
    request = pending.request
    target = EVERYBODY if request.purpose == "admin-consent" else user.id
    return missing_consents(world.tenant, request.app_id, target, asked_permissions(world, request))


def asked_permissions(world: World, request: AuthorizeRequest) -> tuple[str, ...]:
    """The permissions that the app asks for; `.default` stands for those that its registration lists."""
    if request.scopes.is_default and request.scopes.resource.kind == "graph":
        return world.tenant.apps[request.app_id].wanted_permissions
    return request.scopes.names


def is_administrator(user: User) -> bool:
    return bool(CONSENTING_ROLES & user.directory_roles)


def may_answer(pending: PendingSignIn, user: User, names: tuple[str, ...]) -> bool:
    """Whether this person can agree to what the page is about; for everybody only an administrator can."""
    return is_administrator(user) if pending.request.purpose == "admin-consent" else may_consent(user, names)


def may_consent(user: User, names: tuple[str, ...]) -> bool:
    return is_administrator(user) or not any(needs_administrator(name) for name in names)


def _go_on(world: World, pending: PendingSignIn) -> None:
    """The next thing that the person has to do, or the end."""
    user = signed_in_user(world, pending)
    request = pending.request
    if not pending.strong and (user.mfa_required or request.claims.strong):
        pending.stage = "mfa"
    elif request.purpose == "admin-consent" or wanted_consents(world, pending, user) or "consent" in request.prompt:
        pending.stage = "consent"
    else:
        _finish(world, pending)


def _finish(world: World, pending: PendingSignIn) -> None:
    user = signed_in_user(world, pending)
    request = pending.request
    note_sign_in(world.tenant, user, world.clock.now(), is_interactive=pending.proof is None)
    amr = ("pwd", "mfa") if pending.strong else ("pwd",)
    proof = pending.proof or Proof(user.id, amr, int(world.entra.now()))
    if proof.is_strong:
        proof = proof.with_contexts(request.claims.contexts)
    if world.options.browser_sessions:
        world.entra.remember(pending.browser, proof)
    _conclude(pending, _gained(world, request, proof))


def _gained(world: World, request: AuthorizeRequest, proof: Proof) -> dict[str, str]:
    """What the app is told when everything went well."""
    if request.purpose == "admin-consent":
        return {"admin_consent": "True", "tenant": world.tenant.id, "scope": " ".join(request.scopes.asked)}
    if request.purpose == "device":
        waiting = world.entra.find_device(request.device_code)
        if waiting is not None:
            waiting.proof = proof
        return {}
    session = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    return {"code": world.entra.issue_code(request, proof), "session_state": session}


def _conclude(pending: PendingSignIn, outcome: Mapping[str, str]) -> None:
    if pending.outcome is None:
        state = pending.request.state
        pending.outcome = {**outcome, **({"state": state} if state is not None else {})}


def _page_error(error: EntraError) -> PageError:
    return PageError(error.error, error.number, error.message)
