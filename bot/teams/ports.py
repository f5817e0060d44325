"""What the edge needs from the rest of the bot: a dispatcher, and four small pieces of storage.

`bot/store` satisfies the storage ports; every method is one short transaction. All moments are aware datetimes in UTC
of the machine's clock, because sign-in runs on real time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain import Address, UserId
from bot.invokes import Choices, ChoiceSearch, Composed, ComposeQuestion, FileContent, FileWish
from bot.turn import Actor, Incoming, Reply, Turn


class Dispatcher(Protocol):
    """Answers one turn. Never raises: every failure is an answer already."""

    async def handle(self, turn: Turn, incoming: Incoming) -> Reply: ...

    def is_command(self, incoming: Incoming) -> bool:
        """Whether the answer to this is a message of its own, as to everything that people say."""
        ...

    def working(self, turn: Turn, incoming: Incoming) -> Reply:
        """What stands where the answer of a command will be, while it takes long."""
        ...

    async def choices(self, turn: Turn, search: ChoiceSearch) -> Choices: ...

    async def compose(self, turn: Turn, question: ComposeQuestion) -> Composed: ...

    async def file(self, turn: Turn, wish: FileWish) -> FileContent: ...


class People(Protocol):
    """How people can be reached and how they want to be spoken to."""

    async def seen(self, actor: Actor, address: Address | None, locale: str, time_zone: str | None) -> None:
        """Remember somebody's Teams id, name, locale and zone, and their 1:1 chat when `address` is given.

        With an address the person counts as reachable again. Called only when something is different from the last
        call of this process.
        """

    async def address_of(self, tenant_id: str, object_id: UserId) -> Address | None:
        """The person's 1:1 chat, or None when it is unknown or marked unreachable."""

    async def mark_unreachable(self, conversation_id: str, code: str) -> None:
        """The connector refused this 1:1 chat (blocked, uninstalled); nothing happens when it is nobody's."""

    async def latest_service_url(self) -> str | None:
        """The service URL that was stored last for anybody; where a chat with a stranger is opened."""


class Personal(Protocol):
    """What people have set for themselves."""

    def settled(self, turn: Turn) -> Turn | None:
        """What `settle` gives, when that is known without asking anybody."""

    async def settle(self, turn: Turn) -> Turn:
        """The turn in the language and the time zone that the person wants. Raises ServiceBusy."""


class Installations(Protocol):
    """In which conversations the app is installed. Makes one event of the two that Teams sends."""

    async def add(self, tenant_id: str, conversation_id: str) -> bool:
        """True for the one caller that made it known; False when it was known already."""

    async def remove(self, tenant_id: str, conversation_id: str) -> bool:
        """True for the one caller that removed it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One sign-in under way. `sealed` holds what is asked for and what goes on afterwards; only the edge reads it."""

    id: str  # unguessable, at most 64 characters
    tenant_id: str
    object_id: UserId
    sealed: str
    expires_at: datetime
    is_claimed: bool = False


@dataclass(frozen=True, slots=True)
class WaitingCode:
    """A one-time code that a sign-in page has shown. `fingerprint` is a keyed hash, 64 hexadecimal digits."""

    ticket_id: str
    fingerprint: str
    attempts: int


class SignInTickets(Protocol):
    async def add(self, ticket: Ticket) -> None: ...

    async def find(self, ticket_id: str) -> Ticket | None:
        """The ticket whether or not it has expired or was claimed; None when there is none."""

    async def rewrite(self, ticket_id: str, sealed: str) -> None:
        """Replace what the ticket holds; nothing happens when there is no such ticket."""

    async def claim(self, ticket_id: str) -> bool:
        """Use the ticket up. True for exactly one caller, whatever happens at the same time elsewhere."""

    async def set_code(self, ticket_id: str, fingerprint: str, expires_at: datetime) -> None:
        """Remember the code for this ticket in place of an earlier one, with no attempts made yet."""

    async def waiting_codes(self, tenant_id: str, object_id: UserId, now: datetime) -> Sequence[WaitingCode]:
        """The codes of this person's unclaimed tickets that have not expired, the newest first."""

    async def count_attempt(self, ticket_ids: Sequence[str]) -> None:
        """One wrong code was typed while these were waiting: add one to the attempts of each."""

    async def take_code(self, ticket_id: str, fingerprint: str) -> bool:
        """Use the code up. True for exactly one caller, and only while this code is the ticket's."""

    async def purge(self, before: datetime) -> int:
        """Delete tickets that expired before this moment; gives back how many."""
