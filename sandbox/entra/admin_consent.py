"""The address at which an administrator agrees, for everybody, to what an app asks for."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.entra.authorize import PageError, RedirectError, is_registered
from sandbox.entra.claims_request import NOTHING_CLAIMED
from sandbox.entra.errors import EntraError, app_unknown
from sandbox.entra.scopes import read_scopes
from sandbox.entra.state import AuthorizeRequest
from sandbox.entra.tenants import BOT_FRAMEWORK
from sandbox.world import World


def read_admin_consent(world: World, segment: str, query: Mapping[str, str], *, is_v2: bool) -> AuthorizeRequest:
    """Check what the app asks for. The second version names scopes; the first means all that are registered.

    Raises PageError while it is not certain who asks, RedirectError afterwards.
    """
    app_id, redirect_uri = query.get("client_id", ""), query.get("redirect_uri", "")
    app = world.tenant.apps.get(app_id)
    if app is None or segment == BOT_FRAMEWORK:
        unknown = app_unknown(app_id, world.tenant.display_name)
        raise PageError(unknown.error, unknown.number, unknown.message)
    if not is_registered(world, app, redirect_uri):
        message = f"The redirect URI '{redirect_uri}' is not one of those configured for the application '{app_id}'."
        raise PageError("invalid_request", 50011, message)
    text = query.get("scope") if is_v2 else "https://graph.microsoft.com/.default"
    try:
        scopes = read_scopes(text, world.tenant, world.base_url)
    except EntraError as refusal:
        outcome = {"error": refusal.error, "error_description": refusal.body()["error_description"]}
        state = {"state": query["state"]} if query.get("state") else {}
        raise RedirectError(redirect_uri, "query", {**outcome, "admin_consent": "True", **state}) from refusal
    return AuthorizeRequest(
        app_id=app.app_id,
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=query.get("state"),
        nonce=None,
        code_challenge=None,
        response_mode="query",
        claims=NOTHING_CLAIMED,
        prompt=frozenset(),
        login_hint=query.get("login_hint", ""),
        purpose="admin-consent",
    )
