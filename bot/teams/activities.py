"""What the bot sends: message activities as plain JSON values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from bot.turn import Card, FileOffer, SharedCard

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
FILE_CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"
OAUTH_CARD = "application/vnd.microsoft.card.oauth"
LOGIN_REQUEST = "application/vnd.microsoft.activity.loginRequest"
MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
PRECONDITION_FAILED = "application/vnd.microsoft.error.preconditionFailed"

CONNECTION_NAME = "graph"
"""Only a label: the bot exchanges tokens itself, and Teams looks at `tokenExchangeResource` alone."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def written(message: Mapping[str, Any]) -> bytes:
    """The JSON of a message or an answer; what no text can hold, half of a pair of surrogates, becomes a `?`."""
    try:
        return _around_shared_card(message) or to_json(message)  # a third of what the standard library takes
    except PydanticSerializationError:
        return _encode(message).encode(errors="replace")


def _around_shared_card(message: Mapping[str, Any]) -> bytes | None:
    """The message around a card that is written already; None when there is none."""
    attachments = message.get("attachments")
    card = attachments[0].get("content") if attachments and len(attachments) == 1 else None
    if not isinstance(card, SharedCard):
        return None
    start = to_json({name: value for name, value in message.items() if name != "attachments"})
    return b'%b,"attachments":[{"contentType":"%b","content":%b}]}' % (start[:-1], ADAPTIVE_CARD.encode(), card.json)


def card_message(card: Card, summary: str = "") -> dict[str, Any]:
    """A card alone. Text beside a card would make Teams split it into two messages without an id."""
    message: dict[str, Any] = {
        "type": "message",
        "attachmentLayout": "list",
        "attachments": [{"contentType": ADAPTIVE_CARD, "content": card}],
    }
    if summary:
        message["summary"] = summary
    return message


def text_message(text: str, summary: str = "") -> dict[str, Any]:
    """A text shown exactly as written: `plain`, because the default is Markdown."""
    message = {"type": "message", "textFormat": "plain", "text": text}
    if summary:
        message["summary"] = summary
    return message


def file_offer_message(file: FileOffer) -> dict[str, Any]:
    """Teams asks the person by itself whether they want the file."""
    content = {
        "description": file.description,
        "sizeInBytes": file.byte_count,
        "acceptContext": dict(file.context),
        "declineContext": dict(file.context),
    }
    return {"type": "message", "attachments": [{"contentType": FILE_CONSENT, "name": file.name, "content": content}]}


def file_message(name: str, content_url: str, unique_id: str, file_type: str) -> dict[str, Any]:
    """A file that is in the person's OneDrive now."""
    content = {"uniqueId": unique_id, "fileType": file_type}
    attachment = {"contentType": FILE_INFO, "contentUrl": content_url, "name": name, "content": content}
    return {"type": "message", "attachments": [attachment]}


def sign_in_content(ticket_id: str, resource_uri: str, start_url: str, text: str, title: str) -> dict[str, Any]:
    """An OAuthCard: Teams answers it silently with a token, or shows the button that opens the sign-in page."""
    return {
        "text": text,
        "connectionName": CONNECTION_NAME,
        "tokenExchangeResource": {"id": ticket_id, "uri": resource_uri, "providerId": None},
        "buttons": [{"type": "signin", "title": title, "value": start_url}],
    }


def sign_in_message(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "message", "attachments": [{"contentType": OAUTH_CARD, "content": content}]}


def card_answer(card: Card) -> dict[str, Any]:
    return {"statusCode": 200, "type": ADAPTIVE_CARD, "value": card}


def text_answer(text: str) -> dict[str, Any]:
    """A note under the pressed card. Never empty: Teams takes an empty one for a failure and presses again."""
    return {"statusCode": 200, "type": MESSAGE, "value": text}


def login_answer(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"statusCode": 401, "type": LOGIN_REQUEST, "value": content}


def exchange_failed_answer(message: str) -> dict[str, Any]:
    return {"statusCode": 412, "type": PRECONDITION_FAILED, "value": {"code": "412", "message": message}}


def error_answer(status: int, code: str, message: str) -> dict[str, Any]:
    return {"statusCode": status, "type": ERROR, "value": {"code": code, "message": message}}
