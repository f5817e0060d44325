"""The discovery documents of Entra and of the Bot Framework."""

from __future__ import annotations

from typing import Any

from sandbox.entra.tenants import ANY_TENANT
from sandbox.entra.tokens import tenant_issuer
from sandbox.world import World

CHANNELS = ["msteams"]
_CLAIMS = ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "ver", "auth_time", "acrs", "amr", "nonce", "name", "email"]


def openid_configuration(world: World, segment: str, *, https: bool) -> dict[str, Any]:
    """Where everything is, for callers that came by `https` (through a proxy) or by the sandbox's own scheme.

    The issuer keeps the sandbox's scheme in either case, because it is a name that tokens carry. For "common" and
    "organizations" it is a pattern, as at Microsoft.
    """
    base = "https://" + world.base_url.partition("://")[2] if https else world.base_url
    root = f"{base}/{segment}"
    issuer = f"{world.base_url}/{{tenantid}}/v2.0" if segment in ANY_TENANT else tenant_issuer(world)
    return {
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
        "userinfo_endpoint": f"{base}/oidc/userinfo",
        "jwks_uri": f"{root}/discovery/v2.0/keys",
        "issuer": issuer,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": True,
        "claims_supported": _CLAIMS,
        "tenant_region_scope": "EU",
        "cloud_instance_name": "sandbox",
    }


def bot_configuration(world: World) -> dict[str, Any]:
    """What the bot reads to check the channel's tokens."""
    return {
        "issuer": "https://api.botframework.com",
        "authorization_endpoint": "https://invalid.botframework.com",
        "jwks_uri": f"{world.base_url}/botframework/v1/.well-known/keys",
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    }


def bot_keys(world: World) -> dict[str, Any]:
    return world.channel_keys.jwks(CHANNELS)
