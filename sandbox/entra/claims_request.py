"""The `claims` parameter: what an app wants proved before it gets a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.entra.errors import EntraError

MFA_CHALLENGE = json.dumps({"access_token": {"acrs": {"essential": True, "value": "c1"}}}, separators=(",", ":"))
"""What a refused app hands to the authorize request so that the person proves more."""


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """`contexts` are authentication contexts ("c1") to satisfy; `strong` asks for more than a password."""

    contexts: tuple[str, ...] = ()
    strong: bool = False


NOTHING_CLAIMED = ClaimsRequest()


def read_claims_request(text: str | None) -> ClaimsRequest:
    """Understand the parameter. Claims that only inform (`xms_cc`, `nbf`, `auth_time`) ask for no interaction.

    Raises EntraError when it is not a JSON object of objects.
    Source: OpenID Connect Core 5.5; Entra's authentication contexts (`acrs`) and policies (`capolids`).
    """
    if not text:
        return NOTHING_CLAIMED
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(document, dict) or not all(isinstance(part, dict | None) for part in document.values()):
        raise _unreadable()
    contexts: set[str] = set()
    strong = False
    for part in ("access_token", "id_token"):
        wanted = document.get(part) or {}
        contexts |= set(_values(wanted.get("acrs")))
        strong = strong or "capolids" in wanted or "mfa" in set(_values(wanted.get("amr")))
    return ClaimsRequest(tuple(sorted(contexts)), strong or bool(contexts))


def _values(wanted: Any) -> Iterator[str]:
    if not isinstance(wanted, dict):
        return
    several = wanted.get("values")
    for value in [wanted.get("value"), *(several if isinstance(several, list) else [])]:
        if isinstance(value, str):
            yield value


def _unreadable() -> EntraError:
    return EntraError("invalid_request", 900971, "The claims parameter is not a JSON object of requested claims.")
