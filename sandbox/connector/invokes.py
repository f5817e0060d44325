"""Reading what a bot answers to an `adaptiveCard/action` invoke."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sandbox.connector.check import check_card
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.errors import ConnectorError
from sandbox.connector.state import ADAPTIVE_CARD, Json

_MESSAGE = "application/vnd.microsoft.activity.message"
_LOGIN = "application/vnd.microsoft.activity.loginRequest"
_ERROR = "application/vnd.microsoft.error"
_PRECONDITION = "application/vnd.microsoft.error.preconditionFailed"
# Three of Microsoft's own documents spell this in three ways.
_WRONG_CODE = frozenset(
    f"application/vnd.microsoft.error.{name}" for name in ("inccorectAuthCode", "invalidAuthCode", "incorrectAuthCode")
)


class Kind(Enum):
    UNREACHABLE = auto()
    BROKEN = auto()  # not an answer that a client understands
    CARD = auto()
    MESSAGE = auto()
    EMPTY = auto()  # a message without a text
    ERROR = auto()
    LOGIN = auto()
    PRECONDITION = auto()
    WRONG_CODE = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is what to show under the card, `content` the new card or the login request."""

    kind: Kind
    text: str = ""
    content: Json | None = None


def read_reply(answer: BotAnswer) -> Reply:
    """What the bot's answer means to the client. Anything not understood is `BROKEN`."""
    if not answer.was_reached:
        return Reply(Kind.UNREACHABLE)
    body = answer.body
    if not answer.is_success or not answer.is_json or not isinstance(body, dict):
        return Reply(Kind.BROKEN)
    status = body.get("statusCode", 200)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        return Reply(Kind.BROKEN)
    return _by_type(body.get("type"), body.get("value"))


def _by_type(kind: Any, value: Any) -> Reply:
    if kind == ADAPTIVE_CARD:
        return _card(value)
    if kind == _MESSAGE:
        return _message(value)
    if kind == _LOGIN:
        return _login(value)
    if kind == _PRECONDITION:
        return Reply(Kind.PRECONDITION, _error_text(value))
    if kind in _WRONG_CODE:
        return Reply(Kind.WRONG_CODE, _error_text(value))
    if kind == _ERROR:
        return Reply(Kind.ERROR, _error_text(value))
    return Reply(Kind.BROKEN)


def _card(value: Any) -> Reply:
    try:
        check_card(value)
    except ConnectorError:
        return Reply(Kind.BROKEN)
    return Reply(Kind.CARD, content=value)


def _message(value: Any) -> Reply:
    if not isinstance(value, str):
        return Reply(Kind.BROKEN)
    return Reply(Kind.MESSAGE, value) if value else Reply(Kind.EMPTY)


def _login(value: Any) -> Reply:
    """A login request without a connection name or without buttons is ignored by clients."""
    if not isinstance(value, dict) or not value.get("connectionName") or not sign_in_url(value):
        return Reply(Kind.BROKEN)
    return Reply(Kind.LOGIN, content=value)


def _error_text(value: Any) -> str:
    message = value.get("message") if isinstance(value, dict) else None
    return message if isinstance(message, str) and message else "Something went wrong"


def sign_in_url(card: Json) -> str | None:
    """Where the sign-in button of an OAuthCard or login request leads, or None without one."""
    buttons = card.get("buttons")
    for button in buttons if isinstance(buttons, list) else []:
        value = button.get("value") if isinstance(button, dict) else None
        if isinstance(value, str) and value:
            return value
    return None
