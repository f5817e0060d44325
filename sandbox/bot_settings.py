"""The settings with which the bot uses a sandbox as its Microsoft 365."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

from sandbox.tenant.identity import (
    BOT_APP_ID,
    BOT_APP_SECRET,
    CALLOUTS_APP_ID,
    TEAMS_APP_ID,
    TENANT_ID,
    WRITER_APP_ID,
    WRITER_APP_SECRET,
)
from sandbox.world import World


def bot_environment(world: World) -> dict[str, str]:
    """Every environment variable that the bot needs to reach this sandbox, by the names of its settings."""
    return {
        "MicrosoftAppId": BOT_APP_ID,
        "MicrosoftAppPassword": BOT_APP_SECRET,
        "MicrosoftAppType": "SingleTenant",
        "MicrosoftAppTenantId": TENANT_ID,
        "WRITER_APP_ID": WRITER_APP_ID,
        "WRITER_APP_PASSWORD": WRITER_APP_SECRET,
        "TEAMS_APP_ID": TEAMS_APP_ID,
        "CALLOUT_APP_IDS": CALLOUTS_APP_ID,
        "LOGIN_URL": world.base_url,
        "GRAPH_URL": f"{world.base_url}/v1.0",
        "BOT_OPENID_METADATA_URL": f"{world.base_url}/botframework/v1/.well-known/openidconfiguration",
        "BOT_TOKEN_ISSUER": "https://api.botframework.com",
        "CONNECTOR_HOSTS": urlsplit(world.base_url).netloc,
        "FILE_HOSTS": urlsplit(world.base_url).netloc,
        "PUBLIC_URL": world.bot_url,
        "DOORMAN_SECRET_KEYS": _encryption_key(),
    }


def _encryption_key() -> str:
    """A Fernet key that every sandbox shares: what it encrypts outlives a restart, and belongs to invented people."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"Doorman's sandbox {TENANT_ID}".encode()).digest()).decode()
