"""From an activity's JSON to our own values. Read by hand: msrest takes longer than the rest of a turn."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain import UserId
from bot.turn import Actor, AttachedFile, CardPress, Conversation, ConversationKind

_KINDS = {
    "personal": ConversationKind.PERSONAL,
    "groupChat": ConversationKind.GROUP_CHAT,
    "channel": ConversationKind.CHANNEL,
}

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # a backslash that was typed comes in pairs, and means itself

FILE_DOWNLOAD = "application/vnd.microsoft.teams.file.download.info"
_MOST_FILES = 50
_LONGEST_NAME = 300


class MalformedError(ValueError):
    """Not an activity, or one without what every activity has; answered with 400."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every activity carries. Texts that it does not carry are empty."""

    type: str
    name: str
    id: str
    channel_id: str
    service_url: str
    tenant_ids: frozenset[str]  # every tenant that the activity names, lower case
    from_id: str
    from_name: str
    object_id: str  # the sender's, lower case; empty for system events and anonymous people
    recipient_id: str
    recipient_name: str
    conversation_id: str
    kind: ConversationKind
    locale: str
    time_zone: str | None
    reply_to_id: str | None
    raw: Mapping[str, Any]

    @property
    def is_invoke(self) -> bool:
        return self.type == "invoke"

    @property
    def conversation(self) -> Conversation:
        return Conversation(self.conversation_id, self.kind, self.service_url)

    def actor(self, tenant_id: str) -> Actor:
        return Actor(tenant_id, UserId(self.object_id), self.from_name, self.from_id)


def read_envelope(body: bytes) -> Envelope:
    """Raises MalformedError."""
    raw = _parse(body)
    if not isinstance(raw, dict):
        raise MalformedError("not a JSON object")
    kind = _text(raw, "type")
    if not kind:
        raise MalformedError("no type")
    sender, recipient, conversation = _object(raw, "from"), _object(raw, "recipient"), _object(raw, "conversation")
    if not _text(conversation, "id"):
        raise MalformedError("no conversation")
    return Envelope(
        type=kind,
        name=_text(raw, "name"),
        id=_text(raw, "id"),
        channel_id=_text(raw, "channelId"),
        service_url=_text(raw, "serviceUrl"),
        tenant_ids=_tenants(raw, conversation, sender),
        from_id=_text(sender, "id"),
        from_name=_text(sender, "name"),
        object_id=_text(sender, "aadObjectId").lower(),
        recipient_id=_text(recipient, "id"),
        recipient_name=_text(recipient, "name"),
        conversation_id=_text(conversation, "id"),
        kind=_kind(conversation),
        locale=_text(raw, "locale"),
        time_zone=_time_zone(raw),
        reply_to_id=_text(raw, "replyToId") or None,
        raw=raw,
    )


def message_text(envelope: Envelope) -> str:
    """What was typed: the bot's own mention taken out, other people's mentions as their names, one space between words.

    Teams sends HTML entities and non-breaking spaces in channels. Attachments are not looked at: every formatted
    message carries its own text once more as `text/html`.
    """
    text = _text(envelope.raw, "text")
    for entity in _entities(envelope):
        mentioned, marked = _object(entity, "mentioned"), _text(entity, "text")
        if not marked:
            continue
        # Each entity stands for one occurrence, so a word that equals the bot's name stays where it is.
        name = "" if _text(mentioned, "id") == envelope.recipient_id else _text(mentioned, "name")
        text = text.replace(marked, f" {name} ", 1)
    return " ".join(html.unescape(text).split())


def attached_files(envelope: Envelope) -> tuple[AttachedFile, ...]:
    """The files that a message brings. Every formatted message has attachments; most of them are no files."""
    attachments = envelope.raw.get("attachments")
    found: list[AttachedFile] = []
    for each in attachments if isinstance(attachments, list) else ():
        if isinstance(each, dict) and each.get("contentType") == FILE_DOWNLOAD:
            address = _text(_object(each, "content"), "downloadUrl")
            if address and len(found) < _MOST_FILES:
                found.append(AttachedFile(_text(each, "name")[:_LONGEST_NAME], address))
    return tuple(found)


def is_spoken_to(envelope: Envelope) -> bool:
    """Whether a message is meant for the bot: 1:1, a mention of it, or a message that only it can see."""
    if envelope.kind is ConversationKind.PERSONAL:
        return True
    if any(_text(entity, "type") == "targetedMessageInfo" for entity in _all_entities(envelope)):
        return True
    return any(_text(_object(entity, "mentioned"), "id") == envelope.recipient_id for entity in _entities(envelope))


@dataclass(frozen=True, slots=True)
class Press:
    """An `adaptiveCard/action` invoke: the press, and what a client adds when it repeats it after a sign-in."""

    press: CardPress
    ticket_id: str = ""
    assertion: str = ""
    code: str = ""


def read_press(envelope: Envelope) -> Press:
    """Raises MalformedError."""
    value = envelope.raw.get("value")
    if not isinstance(value, dict):
        raise MalformedError("no value")
    action = value.get("action")
    if not isinstance(action, dict) or action.get("type") != "Action.Execute":
        raise MalformedError("no Action.Execute")
    verb, data = action.get("verb"), action.get("data", {})
    if not isinstance(verb, str) or not verb or len(verb) > 100:
        raise MalformedError("no verb")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise MalformedError("data is not an object")
    authentication = _object(value, "authentication")
    return Press(
        CardPress(verb, data, is_automatic=value.get("trigger") == "automatic"),
        ticket_id=_text(authentication, "id"),
        assertion=_text(authentication, "token"),
        code=_text(value, "state"),
    )


@dataclass(frozen=True, slots=True)
class Membership:
    """What an event says about the app itself in this conversation; both False for events about others."""

    added: bool = False
    removed: bool = False
    is_upgrade: bool = False


def read_membership(envelope: Envelope) -> Membership:
    """From `installationUpdate` or `conversationUpdate`. Teams sends both for one installation, in any order."""
    if envelope.type == "installationUpdate":
        action = _text(envelope.raw, "action")
        return Membership(
            added=action in ("add", "add-upgrade"),
            # An upgrade removes the old version and adds the new one; only the second half is news.
            removed=action == "remove",
            is_upgrade=action == "add-upgrade",
        )
    return Membership(
        added=_is_among(envelope, "membersAdded"),
        removed=_is_among(envelope, "membersRemoved"),
    )


def invoke_value(envelope: Envelope) -> Mapping[str, Any]:
    return _object(envelope.raw, "value")


def _parse(body: bytes) -> object:
    try:
        raw = json.loads(body.decode("utf-8"))
        # Neither half a surrogate pair nor a NUL can be stored or sent on, so they end here.
        if b"\\ud" in body.lower():
            json.dumps(raw, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise MalformedError("not JSON") from None
    if _NUL.search(body):
        raise MalformedError("NUL")
    return raw


def _is_among(envelope: Envelope, key: str) -> bool:
    members = envelope.raw.get(key)
    if not isinstance(members, list) or not envelope.recipient_id:
        return False
    return any(isinstance(member, dict) and member.get("id") == envelope.recipient_id for member in members)


def _kind(conversation: Mapping[str, Any]) -> ConversationKind:
    name = _text(conversation, "conversationType")
    if not name:
        return ConversationKind.GROUP_CHAT if conversation.get("isGroup") else ConversationKind.PERSONAL
    # An unknown kind is treated as one where nothing personal is said aloud.
    return _KINDS.get(name, ConversationKind.GROUP_CHAT)


def _tenants(raw: Mapping[str, Any], conversation: Mapping[str, Any], sender: Mapping[str, Any]) -> frozenset[str]:
    named = (
        _text(_object(_object(raw, "channelData"), "tenant"), "id"),
        _text(conversation, "tenantId"),
        _text(sender, "tenantId"),
    )
    return frozenset(name.lower() for name in named if name)


def _time_zone(raw: Mapping[str, Any]) -> str | None:
    zone = _text(raw, "localTimezone")
    if zone:
        return zone
    entities = raw.get("entities")
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and entity.get("type") == "clientInfo":
            return _text(entity, "timezone") or None
    return None


def _all_entities(envelope: Envelope) -> Sequence[Mapping[str, Any]]:
    entities = envelope.raw.get("entities")
    return [entity for entity in entities if isinstance(entity, dict)] if isinstance(entities, list) else ()


def _entities(envelope: Envelope) -> Sequence[Mapping[str, Any]]:
    return [entity for entity in _all_entities(envelope) if entity.get("type") == "mention"]


def _object(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
