"""Signing in on a device without a browser: a code that a person enters elsewhere.

Source: RFC 8628; error names of Microsoft's page on the device authorization grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.entra.authorize import read_personal_scopes
from sandbox.entra.claims_request import NOTHING_CLAIMED
from sandbox.entra.errors import EntraError, app_unknown, parameter_missing
from sandbox.entra.scopes import ScopeRequest
from sandbox.entra.state import DEVICE_INTERVAL_S, DEVICE_LIFETIME_S, AuthorizeRequest, Proof
from sandbox.entra.tenants import BOT_FRAMEWORK
from sandbox.tenant.model import AppRegistration
from sandbox.world import World

GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
PAGE: Final = "oauth2/deviceauth"


def device_answer(world: World, segment: str, form: Mapping[str, str]) -> dict[str, Any]:
    """A new code for an app's device. Raises EntraError."""
    app_id = form.get("client_id")
    if not app_id:
        raise parameter_missing("client_id")
    app = world.tenant.apps.get(app_id)
    if app is None or segment == BOT_FRAMEWORK:
        raise app_unknown(app_id, world.tenant.display_name)
    device_code, waiting = world.entra.begin_device(app.app_id, read_personal_scopes(world, app, form.get("scope")))
    page = f"{world.base_url}/common/{PAGE}"
    return {
        "user_code": waiting.user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": DEVICE_LIFETIME_S,
        "interval": DEVICE_INTERVAL_S,
        "message": f"To sign in, use a web browser to open the page {page} and enter the code {waiting.user_code} to "
        "authenticate.",
    }


def sign_in_for(world: World, user_code: str) -> AuthorizeRequest | None:
    """The sign-in of the device that waits for this code; None where none does."""
    device_code = world.entra.device_of(user_code)
    waiting = world.entra.find_device(device_code) if device_code is not None else None
    if device_code is None or waiting is None or waiting.app_id not in world.tenant.apps:
        return None
    return AuthorizeRequest(
        app_id=waiting.app_id,
        redirect_uri="",
        scopes=waiting.scopes,
        state=None,
        nonce=None,
        code_challenge=None,
        response_mode="query",
        claims=NOTHING_CLAIMED,
        prompt=frozenset({"select_account"}),  # whoever was talked into entering a code shall see for whom
        login_hint="",
        purpose="device",
        device_code=device_code,
    )


def decline(world: World, device_code: str) -> None:
    """The person does not want the device to act for them."""
    waiting = world.entra.find_device(device_code)
    if waiting is not None:
        waiting.is_declined = True


def redeem_device(world: World, app: AppRegistration, form: Mapping[str, str]) -> tuple[Proof, ScopeRequest]:
    """Who signed in for the device that asks, and for what.

    Raises EntraError by the names that clients know: `authorization_pending`, `slow_down`, `authorization_declined`,
    `expired_token`, `bad_verification_code`.
    """
    device_code = form.get("device_code")
    if not device_code:
        raise parameter_missing("device_code")
    waiting = world.entra.find_device(device_code)
    if waiting is None or waiting.app_id != app.app_id:
        raise EntraError("bad_verification_code", 70018, "The device code is not one that was issued to this app.")
    if waiting.is_redeemed:
        raise EntraError("invalid_grant", 54005, "The device code was already redeemed.")
    if waiting.is_declined:
        raise EntraError("authorization_declined", 70017, "The person declined the request of the device.")
    if waiting.expires_at <= world.entra.now():
        message = "The device code has expired. Have the person sign in again."
        raise EntraError("expired_token", 70019, message)
    if waiting.proof is None:
        raise _wait(world, waiting)
    waiting.is_redeemed = True
    return waiting.proof, waiting.scopes


def _wait(world: World, waiting: Any) -> EntraError:
    asked_at, now = waiting.asked_at, world.entra.now()
    waiting.asked_at = now
    if world.options.device_slow_down and asked_at is not None and now - asked_at < DEVICE_INTERVAL_S:
        return EntraError("slow_down", 70016, "The device asks more often than it was told to.")
    message = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
    return EntraError("authorization_pending", 70016, message)
