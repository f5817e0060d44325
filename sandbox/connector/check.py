"""Which activities of a bot Teams takes, and what it grumbles about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.connector.card_schema import schema_problems
from sandbox.connector.errors import bad_argument, bad_syntax, missing_property, too_big
from sandbox.connector.state import ADAPTIVE_CARD, FILE_CONSENT, FILE_INFO, OAUTH_CARD, Json

MESSAGE_LIMIT = 100 * 1024
"""Bytes of UTF-16 that text and attachments may take. Source: Teams, "Format your bot messages" (2025)."""
CARD_ADVICE = 28 * 1024
"""Bytes of JSON above which a card is not sure to be shown everywhere."""
REFRESH_LIMIT = 60

_TEXT_FORMATS = ("plain", "markdown", "xml", "extendedMarkdown")


def check_message(activity: Json) -> list[str]:
    """Refuse what Teams refuses; gives back warnings about what it would take and perhaps not show.

    Raises ConnectorError (400, 413).
    """
    text = _text(activity)
    attachments = _attachments(activity)
    if not text and not attachments:
        raise bad_argument("The activity has neither text nor attachments.")
    size = len((text + "".join(map(_compact, attachments))).encode("utf-16-le"))
    if size > MESSAGE_LIMIT:
        raise too_big(size, MESSAGE_LIMIT)
    warnings: list[str] = []
    for attachment in attachments:
        warnings += _check_attachment(attachment)
    return warnings


def _text(activity: Json) -> str:
    text = activity.get("text")
    if text is not None and not isinstance(text, str):
        raise bad_syntax("text has to be a string.")
    if activity.get("textFormat") not in (None, *_TEXT_FORMATS):
        raise bad_argument(f"textFormat has to be one of {', '.join(_TEXT_FORMATS)}.")
    return text or ""


def _attachments(activity: Json) -> list[Json]:
    attachments = activity.get("attachments")
    if attachments is None:
        return []
    if not isinstance(attachments, list):
        raise bad_syntax("attachments has to be a list.")
    for attachment in attachments:
        if not isinstance(attachment, dict):
            raise bad_syntax("Every attachment has to be a JSON object.")
        if not isinstance(attachment.get("contentType"), str):
            raise missing_property("An attachment has no contentType.")
    return attachments


def _check_attachment(attachment: Json) -> list[str]:
    content = attachment.get("content")
    if attachment["contentType"] == ADAPTIVE_CARD:
        return check_card(content)
    if attachment["contentType"] == OAUTH_CARD and not isinstance(content, dict):
        raise bad_syntax("The content of an OAuthCard has to be a JSON object.")
    if attachment["contentType"] == FILE_CONSENT:
        _check_consent(attachment)
    if attachment["contentType"] == FILE_INFO and not (isinstance(content, dict) and content.get("uniqueId")):
        raise missing_property("A file card needs the uniqueId of its file.")
    if attachment["contentType"] in (FILE_CONSENT, FILE_INFO) and not isinstance(attachment.get("name"), str):
        raise missing_property("A card about a file needs the file's name.")
    return []


def _check_consent(attachment: Json) -> None:
    content = attachment.get("content")
    size = content.get("sizeInBytes") if isinstance(content, dict) else None
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise missing_property("A file consent card needs sizeInBytes, a number.")


def check_card(card: Any) -> list[str]:
    """Look over an Adaptive Card: its outer shape, its size, its refresh, its schema.

    Raises ConnectorError (400) for what no client can show.
    """
    if not isinstance(card, dict):
        raise bad_syntax("The content of an Adaptive Card has to be a JSON object, and it came as something else.")
    if card.get("type") != "AdaptiveCard":
        raise bad_syntax("The Adaptive Card's type is not AdaptiveCard.")
    if not isinstance(card.get("version"), str):
        raise missing_property("The Adaptive Card has no version.")
    for where, element in _elements(card):
        if not isinstance(element, dict) or not isinstance(element.get("type"), str):
            raise bad_syntax(f"The Adaptive Card's {where} holds something that is no element with a type.")
    return [*_size_warnings(card), *_refresh_warnings(card), *schema_problems(card)]


def _elements(card: Json) -> Iterator[tuple[str, Any]]:
    """Everything that has to be an element or action, in body, actions, containers, columns and opened cards."""
    for key in ("body", "actions", "items", "columns", "rows", "cells"):
        listed = card.get(key)
        if listed is None:
            continue
        if not isinstance(listed, list):
            raise bad_syntax(f"The Adaptive Card's {key} is no list.")
        for each in listed:
            if not (isinstance(each, dict) and key == "columns"):  # a column may leave its type out
                yield key, each
            if isinstance(each, dict):
                yield from _elements(each)
                if isinstance(each.get("card"), dict):
                    yield from _elements(each["card"])


def _size_warnings(card: Json) -> list[str]:
    size = len(_compact(card).encode())
    return [f"the card has {size} bytes, more than {CARD_ADVICE}"] if size > CARD_ADVICE else []


def _refresh_warnings(card: Json) -> list[str]:
    refresh = card.get("refresh")
    if not isinstance(refresh, dict):
        return []
    user_ids = refresh.get("userIds")
    if isinstance(user_ids, list) and len(user_ids) > REFRESH_LIMIT:
        return [f"refresh names {len(user_ids)} people, only {REFRESH_LIMIT} of them count"]
    return []


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
