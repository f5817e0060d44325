"""One turn of a conversation: what came in, who it came from, and what goes back.

Nothing here knows botbuilder. `bot/teams` makes these values out of activities and turns a `Reply` into activities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

from pydantic_core import to_json

from bot.domain import UserId
from cards.language import ENGLISH, Language

Card: TypeAlias = Mapping[str, Any]
"""A rendered Adaptive Card: plain JSON values, as `cards` builds them."""


class SharedCard(dict[str, Any]):
    """A card that goes to many people as it is. Its JSON is written once, so nobody may change it."""

    @cached_property
    def json(self) -> bytes:
        return to_json(self)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. The person is `object_id` within `tenant_id`, never a mail address or a Teams id."""

    tenant_id: str
    object_id: UserId
    name: str = ""
    teams_id: str = ""  # "29:…", the id that this bot's conversations know the person by


class ConversationKind(StrEnum):
    PERSONAL = "personal"
    GROUP_CHAT = "groupChat"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    kind: ConversationKind
    service_url: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The setting of one turn.

    `now` is Graph's time, `message_id` the message whose card was pressed, `words` the language it is answered in.
    """

    actor: Actor
    conversation: Conversation
    now: datetime
    correlation_id: str
    locale: str = "en"
    time_zone: str | None = None
    message_id: str | None = None
    words: Language = ENGLISH
    files: tuple[AttachedFile, ...] = ()
    """What came with the message that is being answered."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that somebody sent. Whoever has the address may read the file for some minutes, so it is never shown."""

    name: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextMessage:
    """What somebody typed, mentions of the bot already taken out, and the files that came with it."""

    text: str
    files: tuple[AttachedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class CardPress:
    """A pressed button, or a client that refreshes a card by itself (`is_automatic`)."""

    verb: str
    data: Mapping[str, Any]
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """The app arrived in this conversation; upgrades of the app count as well."""

    is_upgrade: bool = False


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """The app was removed from this conversation."""


Incoming: TypeAlias = TextMessage | CardPress | Installed | Uninstalled


@dataclass(frozen=True, slots=True)
class SignInPrompt:
    """A sign-in that has to come first. `claims` is the challenge to hand on, as Entra or Graph gave it."""

    scopes: tuple[str, ...]
    claims: str | None = None


@dataclass(frozen=True, slots=True)
class FileOffer:
    """A file that the person may take into their OneDrive. It is written only once they have said yes.

    `context` is what comes back then, and shows to the client: a verb and ids. `byte_count` is what they are told.
    """

    name: str
    byte_count: int
    context: Mapping[str, Any]
    description: str = ""


class Placement(StrEnum):
    NEW = "new"  # a message of its own
    IN_PLACE = "in place"  # the pressed card becomes this one, for everybody who sees it
    VIEW = "view"  # the pressed card shows this to the person who pressed; the message itself stays


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. Exactly one of `card`, `text`, `file` and `sign_in` is set, except for `Reply.nothing()`.

    A reply is personal unless said otherwise: asked for in a group or a channel, it goes to the person's own chat.
    """

    card: Card | None = None
    text: str | None = None
    sign_in: SignInPrompt | None = None
    file: FileOffer | None = None
    placement: Placement = Placement.NEW
    is_personal: bool = True
    summary: str = ""  # what a notification shows; plain text
    also: tuple[Reply, ...] = ()

    @classmethod
    def with_card(cls, card: Card, summary: str = "", *, is_personal: bool = True) -> Reply:
        return cls(card=card, summary=summary, is_personal=is_personal)

    @classmethod
    def with_text(cls, text: str, *, is_personal: bool = True) -> Reply:
        """A plain text message, shown exactly as written."""
        return cls(text=text, is_personal=is_personal)

    @classmethod
    def replace(cls, card: Card) -> Reply:
        """Turn the pressed card into this one; sent as a new message when no card was pressed."""
        return cls(card=card, placement=Placement.IN_PLACE)

    @classmethod
    def view(cls, card: Card) -> Reply:
        """Show this to the person in place of the pressed card, and leave the message to the card jobs."""
        return cls(card=card, placement=Placement.VIEW)

    @classmethod
    def sign_in_first(cls, prompt: SignInPrompt) -> Reply:
        return cls(sign_in=prompt)

    @classmethod
    def with_file(cls, file: FileOffer) -> Reply:
        """Ask whether the person wants this file; always in their own chat, the only place where Teams takes files."""
        return cls(file=file)

    @classmethod
    def nothing(cls) -> Reply:
        return cls()

    def and_also(self, more: Sequence[Reply]) -> Reply:
        return replace(self, also=(*self.also, *more))
