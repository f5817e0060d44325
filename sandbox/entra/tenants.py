"""The first segment of Entra's paths: whose door somebody knocks at."""

from __future__ import annotations

from typing import Final

from sandbox.entra.errors import EntraError
from sandbox.tenant.model import Tenant

BOT_FRAMEWORK: Final = "botframework.com"
ANY_TENANT: Final = frozenset({"common", "organizations"})


def check_segment(segment: str, tenant: Tenant) -> str:
    """The segment in lower case. Raises EntraError (90002) when it is none of ours."""
    folded = segment.casefold()
    if folded in {tenant.id.casefold(), tenant.domain.casefold(), BOT_FRAMEWORK} | ANY_TENANT:
        return folded
    raise EntraError(
        "invalid_tenant",
        90002,
        f"Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    )
