"""Tokens with which one application calls another one's own interface."""

from __future__ import annotations

from typing import Any

from sandbox.entra.tokens import tenant_issuer
from sandbox.world import World


def issue_service_token(
    world: World, app_id: str, audience_app_id: str, *, lifetime_s: float = 3600, **overrides: Any
) -> str:
    """The token of a managed identity for an application of the tenant: version 2, no scopes, no roles.

    `overrides` replace claims, None removes one. Raises KeyError for an application that is not in the tenant.
    """
    app = world.tenant.apps[app_id]
    now = int(world.entra.now())
    claims: dict[str, Any] = {
        "aud": audience_app_id,
        "iss": tenant_issuer(world),
        "iat": now,
        "nbf": now,
        "exp": now + int(lifetime_s),
        "azp": app_id,
        "azpacr": "2",
        "idtyp": "app",
        "oid": app.object_id,
        "sub": app.object_id,
        "tid": world.tenant.id,
        "ver": "2.0",
        **overrides,
    }
    return world.entra_keys.sign({name: value for name, value in claims.items() if value is not None})
