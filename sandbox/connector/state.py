"""What Teams keeps: conversations, messages, who has installed or blocked the app, what each person sees.

Plain data with its rules and nothing else: no clock, no network, no directory, so that a snapshot is a `deepcopy`.
People are named by their object id, the bot by `BOT`. Whoever changes something passes the moment it happens.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from sandbox.connector.app_manifest import TeamsApp
from sandbox.connector.drive import Drive
from sandbox.connector.throttle import Throttle

Json: TypeAlias = dict[str, Any]
Viewer: TypeAlias = tuple[str, int]
"""A person and the number of one of their devices, from 1."""

BOT = "bot"
"""The sender of the bot's messages. Everybody else is an object id of the tenant."""

CHANNEL_ID = "19:b4f0c1d2e3a54f6788990a1b2c3d4e5f@thread.tacv2"
"""The channel "General"; as in Teams it has the id of its team."""
GROUP_ID = "19:0f9e8d7c6b5a49388271605f4e3d2c1b@thread.v2"
TEAM_NAME = "Everyone"
TEAM_GROUP_ID = "5e0c1d9a-0000-4000-8000-00000000e0e0"
GROUP_NAME = "Sandbox group"

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
OAUTH_CARD = "application/vnd.microsoft.card.oauth"
FILE_DOWNLOAD = "application/vnd.microsoft.teams.file.download.info"
FILE_CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"

TARGETED_LIFETIME = timedelta(hours=24)
_PERSONAL_PREFIX = "a:1"
_THREAD_MARK = ";messageid="
_GRAPH_CHAT = re.compile(r"19:([\da-f-]{36})_[\da-f-]{36}@unq\.gbl\.spaces")


class Chat(StrEnum):
    PERSONAL = "personal"
    GROUP = "group"
    CHANNEL = "channel"


class SignIn(StrEnum):
    """How far the client is with the OAuthCard of a message."""

    SILENT = "silent"  # tokens are being exchanged, nothing to see yet
    DONE = "done"
    BUTTON = "button"  # the person has to press the sign-in button


BlockCode: TypeAlias = Literal["ConversationBlockedByUser", "MessageWritesBlocked"]
RefusalCode: TypeAlias = Literal[
    "BotDisabledByAdmin",
    "BotNotInConversationRoster",
    "ConversationBlockedByUser",
    "ForbiddenOperationException",
    "InvalidBotApiHost",
    "MessageWritesBlocked",
    "NotEnoughPermissions",
    "PreconditionFailed",
]
"""How the connector can refuse a bot's writing, whatever the state of the conversation: 412 for the last, else 403."""
Reaction: TypeAlias = Literal["like", "heart", "laugh", "surprised", "sad", "angry"]
SignInFailure: TypeAlias = Literal[
    "installappfailed",
    "authrequestfailed",
    "installedappnotfound",
    "invokeerror",
    "tokenmissing",
    "userconsentrequired",
    "interactionrequired",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: `owner` is the person of a 1:1 chat, `thread` the root message of a channel thread."""

    conversation_id: str
    chat: Chat
    owner: str | None = None
    thread: str | None = None

    @property
    def activity_id(self) -> str:
        """The conversation id as activities carry it: in channels with the thread."""
        return f"{self.conversation_id}{_THREAD_MARK}{self.thread}" if self.thread else self.conversation_id


@dataclass(slots=True)
class Message:
    """One message. `attachments` are as they were sent; what one device of a person shows instead is in `shown`."""

    id: str
    place: Place
    sender: str
    at: datetime
    text: str = ""
    text_format: str = "markdown"
    attachments: list[Json] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)
    summary: str = ""
    reply_to: str | None = None
    visible_to: str | None = None
    edited_at: datetime | None = None
    edits: int = 0
    is_deleted: bool = False
    sign_in: SignIn | None = None
    suggestions: list[Json] = field(default_factory=list)
    shown: dict[Viewer, Json] = field(default_factory=dict)
    shown_warnings: dict[Viewer, list[str]] = field(default_factory=dict)
    refreshed_at: dict[Viewer, datetime] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Kind of reaction -> who reacted so, people and the bot."""
    feedback: Literal["default", "custom"] | None = None
    """Thumbs under a message of the bot: Teams' own form behind them, or one of the bot's."""
    given_feedback: dict[str, str] = field(default_factory=dict)
    """Person -> like or dislike."""

    @property
    def card(self) -> Json | None:
        """The Adaptive Card that everybody gets, or None."""
        return self._content(ADAPTIVE_CARD)

    @property
    def oauth_card(self) -> Json | None:
        return self._content(OAUTH_CARD)

    def view(self, person: str, device: int = 1) -> Json | None:
        """The card as this person sees it on one of their devices."""
        return self.shown.get((person, device), self.card)

    def attachment(self, content_type: str) -> Json | None:
        """The first attachment of that kind, or None."""
        return next((each for each in self.attachments if each.get("contentType") == content_type), None)

    def _content(self, content_type: str) -> Json | None:
        for attachment in self.attachments:
            content = attachment.get("content")
            if attachment.get("contentType") == content_type and isinstance(content, dict):
                return content
        return None


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A press that waits for a sign-in: repeating `value` with a token or a code finishes it."""

    message_id: str
    value: Json
    url: str
    device: int = 1


@dataclass(slots=True)
class Dialog:
    """A dialog that somebody has open: a card, or a page under `url`. Named sizes or pixels."""

    place: Place
    message_id: str | None
    title: str = ""
    height: str | int = "medium"
    width: str | int = "medium"
    card: Json | None = None
    url: str | None = None
    submits: str = "task/submit"
    """The invoke that a button of it sends."""
    warnings: list[str] = field(default_factory=list)
    about: Json = field(default_factory=dict)
    """What that invoke's value holds beside the data: the command of a message extension, a feedback's thumb."""

    def to_json(self) -> Json:
        return {
            "message": self.message_id,
            "title": self.title,
            "height": self.height,
            "width": self.width,
            "card": self.card,
            "url": self.url,
            "warnings": self.warnings,
        }


@dataclass(slots=True)
class ComposeBox:
    """What stands in one person's compose box beside text: results to choose from, and the card chosen.

    `preview` is the message that the bot would send in its own name once the person agrees, `about` its command.
    """

    results: list[Json] = field(default_factory=list)
    draft: Json | None = None
    preview: Json | None = None
    about: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """What the connector keeps under an id: uploaded by the bot, or a picture that a person pasted."""

    name: str
    content_type: str
    original: bytes
    thumbnail: bytes | None = None


@dataclass(slots=True)
class Team:
    """The team of the channel. Other channels than General can come and go; nobody writes in them."""

    name: str = TEAM_NAME
    channels: dict[str, str] = field(default_factory=dict)
    is_archived: bool = False


@dataclass(slots=True)
class Behaviour:
    """How Teams and the people's clients behave, as far as somebody may want it different."""

    throttling: bool = True
    installed_by_default: bool = True  # as when an administrator has set the app up for everybody
    duplicate_delivery: bool = False  # the bot gets every activity twice
    devices: int = 1  # clients of one person that are signed in at once
    installation_first: bool = True  # the order of the two install events, which Teams does not promise
    repeat_slow_invokes: bool = False  # clients send an invoke again that is not answered in time
    slow_invoke_s: float = 5.0  # what is in time for them
    extension_limit_s: float = 5.0  # how long the compose box waits for a message extension
    file_host: str = ""  # where links to files lead, as scheme and host; empty is the sandbox itself
    file_link_s: float = 900.0  # how long a link to a file works
    sent_cards_reach_bot: bool = True  # the bot gets the cards that people send in their 1:1 chat
    execute_in_dialogs: Literal["refused", "submitted", "executed"] = "refused"  # what `Action.Execute` does there
    sso_failure: SignInFailure | None = None  # what clients report in place of a token
    read_receipts: bool = False  # the bot is told what people have read, as with ChatMessageReadReceipt.Read.Chat


@dataclass(slots=True)
class Chats:
    behaviour: Behaviour = field(default_factory=Behaviour)
    throttle: Throttle = field(default_factory=Throttle)
    app_version: str = "1.0.0"
    blocked: dict[str, BlockCode] = field(default_factory=dict)
    refused: dict[str, RefusalCode] = field(default_factory=dict)
    """Conversation id -> how the connector refuses the bot's writing there; "*" stands for all of them."""
    team: Team = field(default_factory=Team)
    stored: dict[str, StoredAttachment] = field(default_factory=dict)
    read_up_to: dict[tuple[str, str], str] = field(default_factory=dict)
    """Person and conversation id -> the newest message that was reported as read."""
    pending: dict[str, PendingSignIn] = field(default_factory=dict)
    absent: dict[Chat, set[str]] = field(default_factory=dict)
    app: TeamsApp = field(default_factory=TeamsApp)
    drive: Drive = field(default_factory=Drive)
    dialogs: dict[str, Dialog] = field(default_factory=dict)
    compose: dict[tuple[str, Chat], ComposeBox] = field(default_factory=dict)
    unfurled: dict[tuple[str, str], tuple[datetime, Json]] = field(default_factory=dict)
    bot_is_in: set[Chat] = field(default_factory=lambda: {Chat.GROUP, Chat.CHANNEL})
    _messages: dict[str, Message] = field(default_factory=dict)
    _by_conversation: dict[str, list[str]] = field(default_factory=dict)
    _installed: dict[str, bool] = field(default_factory=dict)
    _changes: list[tuple[str, str | None]] = field(default_factory=list)
    _last_id: int = 0

    # Places

    def personal(self, person: str) -> Place:
        """The 1:1 chat of this person with the bot: always the same one."""
        opaque = base64.urlsafe_b64encode(person.encode()[::-1]).decode().rstrip("=")
        return Place(f"{_PERSONAL_PREFIX}{opaque}", Chat.PERSONAL, owner=person)

    def place(self, chat: Chat, person: str, thread: str | None = None) -> Place:
        if chat is Chat.PERSONAL:
            return self.personal(person)
        if chat is Chat.CHANNEL:
            return Place(CHANNEL_ID, chat, thread=thread)
        return Place(GROUP_ID, chat)

    def find_place(self, conversation_id: str) -> Place | None:
        """The place of a conversation id, or None. Whether its owner exists is the directory's business."""
        base, _, thread = conversation_id.partition(_THREAD_MARK)
        if base == CHANNEL_ID:
            if thread and not self._is_thread(thread):
                return None
            return Place(CHANNEL_ID, Chat.CHANNEL, thread=thread or None)
        if base == GROUP_ID:
            return Place(GROUP_ID, Chat.GROUP)
        if (chat := _GRAPH_CHAT.fullmatch(base)) is not None:  # the name that Graph has for the same chat
            return self.personal(chat[1])
        owner = _owner_of(base)
        place = self.personal(owner) if owner else None
        return place if place is not None and place.conversation_id == base else None

    def _is_thread(self, root: str) -> bool:
        message = self._messages.get(root)
        return message is not None and message.place.conversation_id == CHANNEL_ID

    # Messages

    def new_id(self, at: datetime) -> str:
        """The next message id: milliseconds since 1970, larger than every id before."""
        self._last_id = max(self._last_id + 1, int(at.timestamp() * 1000))
        return str(self._last_id)

    def add(self, message: Message) -> None:
        self._messages[message.id] = message
        self._by_conversation.setdefault(message.place.conversation_id, []).append(message.id)
        self.changed(message.id)

    def find(self, message_id: str) -> Message | None:
        return self._messages.get(message_id)

    def changed(self, message_id: str, person: str | None = None) -> None:
        """Remember that a message looks different now, for everybody or for one person."""
        self._changes.append((message_id, person))

    @property
    def change_count(self) -> int:
        return len(self._changes)

    def changed_since(self, count: int, person: str) -> list[Message]:
        """Messages that look different to this person since `change_count` was `count`, oldest first."""
        ids = {message_id for message_id, who in self._changes[max(count, 0) :] if who in (None, person)}
        return [self._messages[each] for each in sorted(ids, key=int)]

    def messages_of(self, conversation_id: str) -> Iterator[Message]:
        """All messages of a conversation, newest first; deleted and targeted ones too."""
        for message_id in reversed(self._by_conversation.get(conversation_id, ())):
            yield self._messages[message_id]

    # The app

    def has_installed(self, person: str) -> bool:
        return self._installed.get(person, self.behaviour.installed_by_default)

    def set_installed(self, person: str, installed: bool) -> None:
        self._installed[person] = installed

    # Who is there

    def is_absent(self, chat: Chat, person: str) -> bool:
        return person in self.absent.get(chat, ())

    def set_absent(self, chat: Chat, people: Iterable[str], absent: bool) -> None:
        known = self.absent.setdefault(chat, set())
        if absent:
            known.update(people)
        else:
            known.difference_update(people)


def _owner_of(conversation_id: str) -> str | None:
    if not conversation_id.startswith(_PERSONAL_PREFIX):
        return None
    opaque = conversation_id.removeprefix(_PERSONAL_PREFIX)
    try:
        return base64.urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4))[::-1].decode()
    except (binascii.Error, ValueError):
        return None
