"""Messages to people that are not the answer to their own turn."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

from bot.domain import Address, UserId
from bot.errors import MessageGone, ServiceBusy, Unreachable
from bot.teams.activities import card_message, text_message
from bot.teams.connector import PATIENT_SECONDS, Connector
from bot.teams.ports import People
from bot.turn import Card

_MOST_OPENED: Final = 10_000


class Messenger:
    """Raises Unreachable, MessageGone, Throttled, ServiceBusy("connector"), ConnectorRefused.

    A 403, or a 404 for a new message, also marks the chat as unreachable, until its person writes or installs the app
    again.
    """

    def __init__(
        self,
        connector: Connector,
        people: People,
        *,
        bot_id: str,
        tenant_id: str,
        default_service_url: str = "https://smba.trafficmanager.net/teams/",
    ) -> None:
        self.connector = connector
        self._people = people
        self._bot_id = bot_id
        self._tenant_id = tenant_id
        self._default_service_url = default_service_url
        self._opened: OrderedDict[UserId, Address] = OrderedDict()
        self._opening: WeakValueDictionary[UserId, asyncio.Lock] = WeakValueDictionary()

    async def post(
        self,
        to: Address,
        *,
        card: Card | None = None,
        text: str | None = None,
        summary: str = "",
        budget_seconds: float = PATIENT_SECONDS,
    ) -> str:
        """Send a card or a text and give back the message's id. `summary` is what a notification shows."""
        if (card is None) == (text is None):
            raise ValueError("a message is either a card or a text")
        activity = card_message(card, summary) if card is not None else text_message(text or "", summary)
        return await self.send(to, activity, budget_seconds=budget_seconds)

    async def send(self, to: Address, activity: dict[str, Any], *, budget_seconds: float = PATIENT_SECONDS) -> str:
        """Send an activity as `activities` builds them."""
        async with self._marking(to, is_edit=False):
            return await self.connector.send(
                to.service_url, to.conversation_id, activity, budget_seconds=budget_seconds
            )

    async def edit(
        self, to: Address, message_id: str, card: Card, *, summary: str = "", budget_seconds: float = PATIENT_SECONDS
    ) -> None:
        """Put this card in place of what the message shows. Notifies nobody."""
        await self.put(to, message_id, card_message(card, summary), budget_seconds=budget_seconds)

    async def put(
        self, to: Address, message_id: str, activity: dict[str, Any], *, budget_seconds: float = PATIENT_SECONDS
    ) -> None:
        """Like `edit`, with an activity as `activities` builds them."""
        async with self._marking(to, is_edit=True):
            await self.connector.update(
                to.service_url, to.conversation_id, message_id, activity, budget_seconds=budget_seconds
            )

    async def open_chat(
        self, person: UserId, *, service_url: str = "", budget_seconds: float = PATIENT_SECONDS
    ) -> Address:
        """The 1:1 chat with this person, known or newly opened. Raises Unreachable when the app is not installed.

        `service_url` is where to open it, when a conversation of theirs is at hand; else the one used last by anybody.
        A chat is opened once, also for many messages at the same time, and although nobody has written in it yet.
        """
        known = await self._people.address_of(self._tenant_id, person)
        if known is not None:
            return known
        opening = self._opening.setdefault(person, asyncio.Lock())
        try:
            async with asyncio.timeout(budget_seconds), opening:
                if person not in self._opened:
                    self._opened[person] = await self._open(person, service_url, budget_seconds)
        except TimeoutError:
            raise ServiceBusy("connector") from None
        self._opened.move_to_end(person)
        address = self._opened[person]
        if len(self._opened) > _MOST_OPENED:
            self._opened.popitem(last=False)
        return address

    async def _open(self, person: UserId, service_url: str, budget_seconds: float) -> Address:
        service_url = service_url or await self._people.latest_service_url() or self._default_service_url
        if not self.connector.hosts.allows(service_url):
            raise Unreachable("NoServiceUrl")
        answer = await self.connector.open_chat(
            service_url,
            {
                "isGroup": False,
                "bot": {"id": self._bot_id},
                "members": [{"id": person}],
                "tenantId": self._tenant_id,
                "channelData": {"tenant": {"id": self._tenant_id}},
            },
            budget_seconds=budget_seconds,
        )
        conversation_id = answer.get("id")
        if not isinstance(conversation_id, str) or not conversation_id:
            raise ServiceBusy("connector")
        return Address(conversation_id, str(answer.get("serviceUrl") or service_url))

    async def place(self, conversation_id: str) -> Address:
        """A conversation that is known by its id alone, such as a channel: where everybody else is written to."""
        service_url = await self._people.latest_service_url() or self._default_service_url
        if not self.connector.hosts.allows(service_url):
            raise Unreachable("NoServiceUrl")
        return Address(conversation_id, service_url)

    @asynccontextmanager
    async def _marking(self, to: Address, *, is_edit: bool) -> AsyncIterator[None]:
        try:
            yield
        except Unreachable as error:
            if is_edit and isinstance(error, MessageGone):
                raise  # only the message is gone, not the chat
            for person in [one for one, address in self._opened.items() if address == to]:
                del self._opened[person]
            await self._people.mark_unreachable(to.conversation_id, error.code)
            raise
