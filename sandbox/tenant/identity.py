"""The fixed names of the sandbox's tenant: who is who on every start.

Every id is either a constant here or made from a readable key by `stable_id`, so a restart, another machine and a test
all see the same ids.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from functools import lru_cache

TENANT_ID = "d0000000-0000-4000-8000-000000000001"
TENANT_DOMAIN = "woodgrove.example"
TENANT_NAME = "Woodgrove"

BOT_APP_ID = "d0000000-0000-4000-8000-0000000b0001"
BOT_APP_SECRET = "sandbox-bot-secret"
WRITER_APP_ID = "d0000000-0000-4000-8000-0000000b0002"
WRITER_APP_SECRET = "sandbox-writer-secret"
TEAMS_APP_ID = "d0000000-0000-4000-8000-0000000b0003"
CALLOUTS_APP_ID = "d0000000-0000-4000-8000-0000000b0004"
"""The managed identity of the Logic App that passes callouts of custom extensions on to the bot."""
CLI_APP_ID = "d0000000-0000-4000-8000-0000000b0005"
"""A public client and, by federated credentials, the identity of pipelines: what a command line signs in with."""

TOKEN_EXCHANGE = "api://AzureADTokenExchange"
GITHUB = "https://token.actions.githubusercontent.com"
AZURE_DEVOPS = "https://vstoken.dev.azure.com/d0000000-0000-4000-8000-0000000d0001"
GITHUB_SUBJECT = "repo:woodgrove/access-packages:ref:refs/heads/main"
AZURE_DEVOPS_SUBJECT = "sc://woodgrove/access-packages/entra"
"""Pipelines of the company, and what their tokens are for."""

BOT_TEAMS_ID = "28:" + BOT_APP_ID

EMPTY_GUID = "00000000-0000-0000-0000-000000000000"

_NAMESPACE = uuid.UUID("d0000000-0000-4000-8000-00000000ffff")


@lru_cache(maxsize=20_000)  # a tenant is made of them, and tests make thousands of tenants
def stable_id(key: str) -> str:
    """The GUID that `key` always has, e.g. `stable_id("user/requester")`."""
    return str(uuid.uuid5(_NAMESPACE, key))


def user_id(key: str) -> str:
    """The object id of the person that the default tenant knows as `key`, e.g. "requester"."""
    return stable_id("user/" + key)


def subject_id(object_id: str) -> str:
    """The id under which entitlement management keeps a directory object; never the object id itself."""
    return stable_id("subject/" + object_id)


def app_role_assignment_id(principal_id: str, resource_id: str, app_role_id: str) -> str:
    """The id of the one possible assignment of that role of that service principal to that principal."""
    return stable_id(f"app-role-assignment/{principal_id}/{resource_id}/{app_role_id}")


def teams_id(object_id: str) -> str:
    """The channel's own id of a person, "29:…"; opaque, and not reversible by whoever receives it."""
    digest = hashlib.sha256(("teams/" + object_id).encode()).digest()
    return "29:1" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
