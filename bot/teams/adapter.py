"""botbuilder's adapter, with our own token check in front of it and our own connector behind it.

Everything that msrest would do on the way (reading, writing and copying activities) is left out: it takes nine tenths
of the time of a turn.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ResourceResponse
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    ClaimsIdentity,
    ConnectorFactory,
)

from bot.teams.connector import Connector
from bot.teams.incoming import Envelope

IN_TURN_SECONDS = 4.0
"""How long a send inside a turn is waited for; afterwards it goes on in the background."""

_FIELDS = frozenset(Activity._attribute_map) | {"additional_properties"}


class SlimActivity(Activity):  # type: ignore[misc]  # botbuilder ships no types
    """An activity whose fields are what was given and None otherwise. Shared, not copied, by the adapter.

    `payload` is the JSON that goes to the connector; the fields exist for botbuilder alone.
    """

    payload: dict[str, Any]

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> None:
        if name not in _FIELDS:
            raise AttributeError(name)

    def __deepcopy__(self, memo: dict[int, Any]) -> SlimActivity:
        return self


class _Account(ChannelAccount):  # type: ignore[misc]  # botbuilder ships no types
    """The adapter copies the parties for every message; nobody changes these, so one will do."""

    def __copy__(self) -> _Account:
        return self


class _Conversation(ConversationAccount):  # type: ignore[misc]  # botbuilder ships no types
    def __copy__(self) -> _Conversation:
        return self


@dataclass(frozen=True, slots=True)
class PooledConversations:
    """The part of botbuilder's connector client that its adapter uses, over the one connector of the app."""

    connector: Connector
    service_url: str
    budget_seconds: float

    async def send_to_conversation(self, conversation_id: str, activity: SlimActivity) -> ResourceResponse:
        message_id = await self.connector.send(
            self.service_url, conversation_id, activity.payload, budget_seconds=self.budget_seconds
        )
        return ResourceResponse(id=message_id)

    async def reply_to_activity(
        self, conversation_id: str, activity_id: str, activity: SlimActivity
    ) -> ResourceResponse:
        message_id = await self.connector.send(
            self.service_url,
            conversation_id,
            activity.payload,
            reply_to_id=activity_id,
            budget_seconds=self.budget_seconds,
        )
        return ResourceResponse(id=message_id)

    async def update_activity(self, conversation_id: str, activity_id: str, activity: SlimActivity) -> ResourceResponse:
        await self.connector.update(
            self.service_url, conversation_id, activity_id, activity.payload, budget_seconds=self.budget_seconds
        )
        return ResourceResponse(id=activity_id)

    async def delete_activity(self, conversation_id: str, activity_id: str) -> None:
        await self.connector.delete(self.service_url, conversation_id, activity_id, budget_seconds=self.budget_seconds)


@dataclass(frozen=True, slots=True)
class PooledClient:
    conversations: PooledConversations


class PooledFactory(ConnectorFactory):  # type: ignore[misc]  # botbuilder ships no types
    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def create(self, service_url: str, audience: str) -> PooledClient:
        return PooledClient(PooledConversations(self._connector, service_url, IN_TURN_SECONDS))


class CheckedAuthentication(BotFrameworkAuthentication):  # type: ignore[misc]  # botbuilder ships no types
    """Stands where botbuilder authenticates requests. Ours are checked before, so it refuses to do it itself."""

    def __init__(self, factory: PooledFactory) -> None:
        self._factory = factory

    async def authenticate_request(self, activity: Activity, auth_header: str) -> AuthenticateRequestResult:
        raise PermissionError("requests are checked before they reach the adapter")

    async def authenticate_streaming_request(
        self, auth_header: str, channel_id_header: str
    ) -> AuthenticateRequestResult:
        raise PermissionError("streaming is not offered")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> PooledFactory:
        return self._factory

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """Doorman keeps its own tokens; there is no token service to speak to."""


class Adapter(CloudAdapter):  # type: ignore[misc]  # botbuilder ships no types
    def __init__(self, connector: Connector, app_id: str) -> None:
        factory = PooledFactory(connector)
        super().__init__(CheckedAuthentication(factory))
        self._checked = AuthenticateRequestResult()
        self._checked.claims_identity = ClaimsIdentity({"aud": app_id, "appid": app_id}, True)
        self._checked.audience = "https://api.botframework.com"
        self._checked.connector_factory = factory

    async def take_turn(self, envelope: Envelope, logic: Callable[[TurnContext], Awaitable[None]]) -> None:
        """Run botbuilder's pipeline for an activity whose sender and token have been checked."""
        await self.process_activity(self._checked, _activity(envelope), logic)


def outgoing(payload: dict[str, Any], message_id: str | None = None) -> SlimActivity:
    return SlimActivity(type="message", payload=payload, id=message_id, input_hint="acceptingInput")


def _activity(envelope: Envelope) -> SlimActivity:
    """Without an id: an answer is then posted to the conversation, which in a channel is the thread already."""
    return SlimActivity(
        type=envelope.type,
        name=envelope.name,
        channel_id=envelope.channel_id,
        service_url=envelope.service_url,
        locale=envelope.locale,
        from_property=_Account(id=envelope.from_id, name=envelope.from_name),
        recipient=_Account(id=envelope.recipient_id, name=envelope.recipient_name),
        conversation=_Conversation(id=envelope.conversation_id),
        value=envelope.raw.get("value"),
    )
