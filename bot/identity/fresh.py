"""Whether a claims challenge asks for a sign-in of this very moment."""

from __future__ import annotations

import json


def wants_fresh_sign_in(claims: str | None) -> bool:
    """True when the token issued to us has to say when the person signed in: an earlier sign-in will not do."""
    if not claims:
        return False
    try:
        wanted = json.loads(claims)
        return bool(wanted["id_token"]["auth_time"]["essential"])
    except (ValueError, TypeError, KeyError):
        return False
