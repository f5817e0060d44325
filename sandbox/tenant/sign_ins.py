"""When people signed in before the sandbox started."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.tenant.directory import User

_MEMBER_SPREAD_DAYS = 75
_NEVER = 29


def last_seen(user: User) -> datetime | None:
    """The newest sign-in of any kind; None for somebody who never did."""
    moments = (user.last_sign_in_at, user.last_non_interactive_sign_in_at, user.last_successful_sign_in_at)
    return max((moment for moment in moments if moment is not None), default=None)


def spread_sign_ins(users: list[User], persona_ids: set[str], now: datetime) -> None:
    """Give everybody a past: personas were here yesterday, others up to some months ago, and a few never."""
    for number, user in enumerate(users):
        if user.external_user_state == "PendingAcceptance" or (number % _NEVER == 0 and user.id not in persona_ids):
            continue
        days = 1 if user.id in persona_ids else number * 7 % _MEMBER_SPREAD_DAYS
        user.last_sign_in_at = now - timedelta(days=days, hours=2)
        user.last_non_interactive_sign_in_at = now - timedelta(days=days, minutes=number % 60)
        user.last_successful_sign_in_at = user.last_non_interactive_sign_in_at
