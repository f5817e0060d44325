"""What an answer of Graph that is not a success means to the rest of the bot. The only place that decides it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from bot.errors import (
    Conflict,
    DoormanError,
    GraphContractError,
    GraphError,
    GraphRefused,
    GraphUnavailable,
    NotAllowed,
    NotFound,
    Throttled,
)

EXISTING_OPEN_REQUEST: Final = "ExistingOpenRequest"
_CLAIMS: Final = re.compile(r'\bclaims="([^"]+)"', re.IGNORECASE)
_UNASKED_WAIT_SECONDS: Final = 5.0  # told to the caller of a 429 that names no time
_DEEPEST: Final = 8  # how many inner errors are looked into


class TokenRefused(GraphError):
    """401: Graph does not take this token. Nothing was done."""


class ClaimsChallenge(TokenRefused):
    """Graph wants a token with more proof. `claims` is the challenge as JSON text, for the token service."""

    def __init__(self, claims: str, status: int = 401, code: str = "") -> None:
        super().__init__(status, code)
        self.claims = claims


def error_from(
    status: int, headers: Mapping[str, str], body: object, *, what: str = "", is_write: bool = False
) -> DoormanError:
    """The error that an answer with a status of 300 or more stands for.

    `headers` finds names in any case or in lower case; `body` is the parsed JSON, or anything else when it was none;
    `what` names the thing asked for.
    """
    code, message = _code_and_message(body)
    claims = _claims_challenge(headers.get("www-authenticate", ""))
    if status in (401, 403) and claims is not None:
        return ClaimsChallenge(claims, status, code)
    if status == 429:
        wait = asked_wait_seconds(headers)
        return Throttled(_UNASKED_WAIT_SECONDS if wait is None else wait, code)
    if status >= 500:
        return GraphUnavailable(status, code, may_have_happened=is_write)
    if status in (400, 409) and any(EXISTING_OPEN_REQUEST in text for text in _facts(body)):
        return Conflict(what, code=EXISTING_OPEN_REQUEST)
    if status == 401:
        return TokenRefused(status, code, message)
    if status == 403:
        return NotAllowed(what, code=code)
    if status == 404:
        return NotFound(what)
    if status in (409, 412):
        return Conflict(what, code=code)
    if status < 400:
        return GraphContractError(status, "redirect")
    return GraphRefused(status, code, message)


def asked_wait_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that `Retry-After` asks for: seconds, also fractional, or until a date by the server's own clock.

    None when there is none, or none that can be read.
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until = http_date(text)
        now = http_date(headers.get("date", "")) or datetime.now(UTC)
        return None if until is None else max(0.0, (until - now).total_seconds())
    return seconds if 0 <= seconds < float("inf") else None


def http_date(text: str) -> datetime | None:
    """The moment in a `Date` or `Retry-After` header, None when it is not one."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _claims_challenge(header: str) -> str | None:
    """The claims in a `WWW-Authenticate` header, decoded; None when it carries no readable challenge."""
    found = _CLAIMS.search(header)
    if found is None:
        return None
    encoded = found[1].replace("-", "+").replace("_", "/").rstrip("=")
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
        is_challenge = isinstance(json.loads(text), dict)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return text if is_challenge else None


def _code_and_message(body: object) -> tuple[str, str]:
    error = _member(body, "error")
    code, message = _member(error, "code"), _member(error, "message")
    return (code if isinstance(code, str) else "", message if isinstance(message, str) else "")


def _facts(body: object) -> Iterator[str]:
    """Every code and message in an error body, outermost first."""
    pending: list[Any] = [_member(body, "error")]
    for _ in range(_DEEPEST):
        if not pending:
            return
        error = pending.pop(0)
        yield from (text for key in ("code", "message") if isinstance(text := _member(error, key), str))
        details = _member(error, "details")
        pending.extend(details if isinstance(details, list) else [])
        pending.extend(inner for key in ("innerError", "innererror") if (inner := _member(error, key)) is not None)


def _member(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
