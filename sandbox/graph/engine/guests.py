"""What signing in does to the directory: the last sign-in is noted, and a guest accepts the invitation by it."""

from __future__ import annotations

from datetime import datetime

from sandbox.graph.engine import audit
from sandbox.tenant.model import Tenant, User


def note_sign_in(tenant: Tenant, user: User, at: datetime, *, is_interactive: bool) -> None:
    """Remember a sign-in that succeeded."""
    if is_interactive:
        user.last_sign_in_at = at
    else:
        user.last_non_interactive_sign_in_at = at
    user.last_successful_sign_in_at = at
    redeem(tenant, user, at)


def redeem(tenant: Tenant, user: User, at: datetime) -> bool:
    """Let a guest who was invited accept. Gives back whether there was anything to accept."""
    if user.external_user_state != "PendingAcceptance":
        return False
    user.external_user_state, user.external_user_state_at = "Accepted", at
    audit.redeemed(tenant, user, at)
    return True
