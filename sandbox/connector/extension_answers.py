"""Reading what a bot answers to a message extension's invoke."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.connector.check import check_card, check_message
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.errors import ConnectorError
from sandbox.connector.state import ADAPTIVE_CARD, Json

HERO_CARD = "application/vnd.microsoft.card.hero"
THUMBNAIL_CARD = "application/vnd.microsoft.card.thumbnail"
O365_CARD = "application/vnd.microsoft.teams.card.o365connector"
SENT_VERSION = (1, 3)
"""The newest version of Adaptive Cards that is promised for cards that people send."""

_PREVIEWS = (HERO_CARD, THUMBNAIL_CARD)
_ASKING = ("auth", "silentAuth", "config")


@dataclass(frozen=True, slots=True)
class Answer:
    kind: str
    layout: str = "list"
    results: list[Json] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    text: str | None = None
    url: str | None = None
    preview: Json | None = None
    """The message that the bot would send in its own name."""


def read_answer(answer: BotAnswer) -> Answer | None:
    """What the answer means to the compose box; None for everything that it does not understand."""
    if not answer.is_success or not answer.is_json or not isinstance(answer.body, dict):
        return None
    extension = answer.body.get("composeExtension")
    if not isinstance(extension, dict):
        return None
    kind = extension.get("type")
    if kind == "message" and isinstance(extension.get("text"), str):
        return Answer(kind, text=extension["text"])
    if kind in _ASKING:
        return _asking(kind, extension)
    if kind == "botMessagePreview":
        return _bot_message(extension.get("activityPreview"))
    attachments = extension.get("attachments")
    layout = extension.get("attachmentLayout", "list")
    if kind != "result" or not isinstance(attachments, list) or layout not in ("list", "grid"):
        return None
    results, warnings = [], []
    for number, each in enumerate(attachments, start=1):
        problem = _problem(each)
        if problem is None:
            results.append(each)
        else:
            warnings.append(f"result {number} is not shown: {problem}")
    return Answer(kind, layout, results, warnings)


def _asking(kind: str, extension: Json) -> Answer | None:
    suggested = extension.get("suggestedActions")
    actions = suggested.get("actions") if isinstance(suggested, dict) else None
    first = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(first, dict) or first.get("type") != "openUrl" or not isinstance(first.get("value"), str):
        return None
    return Answer(kind, text=str(first.get("title") or ""), url=first["value"])


def _bot_message(preview: Any) -> Answer | None:
    try:
        warnings = check_message(preview) if isinstance(preview, dict) else None
    except ConnectorError:
        return None
    return None if warnings is None else Answer("botMessagePreview", warnings=warnings, preview=preview)


def _problem(attachment: Any) -> str | None:
    if not isinstance(attachment, dict) or not isinstance(attachment.get("contentType"), str):
        return "it has no contentType"
    content, preview = attachment.get("content"), attachment.get("preview")
    if not isinstance(content, dict):
        return "its content is no object"
    if attachment["contentType"] in _PREVIEWS:
        return None
    if attachment["contentType"] not in (ADAPTIVE_CARD, O365_CARD):
        return f"cards of type {attachment['contentType']} are not known"
    if not isinstance(preview, dict) or preview.get("contentType") not in _PREVIEWS:
        return "its preview is no hero or thumbnail card"
    if attachment["contentType"] == ADAPTIVE_CARD:
        try:
            check_card(content)
        except ConnectorError as error:
            return error.message
    return None


def version_warning(attachment: Json) -> str | None:
    """What is to be said about a card that a person is about to send; None for one that shows everywhere."""
    if attachment.get("contentType") != ADAPTIVE_CARD:
        return None
    version = str(attachment["content"].get("version"))
    parts = version.split(".")
    if all(part.isdigit() for part in parts) and tuple(map(int, parts)) <= SENT_VERSION:
        return None
    return f"the card has version {version}; cards that people send are promised to show up to 1.3"
