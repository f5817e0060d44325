"""From a `Reply` to messages and to the answer of a pressed button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from botbuilder.core import TurnContext

from bot.domain import Address
from bot.errors import ConnectorRefused, DoormanError, MessageGone, ServiceBusy, Throttled, Unreachable
from bot.teams.activities import (
    OAUTH_CARD,
    card_answer,
    card_message,
    error_answer,
    file_offer_message,
    login_answer,
    sign_in_message,
    text_answer,
    text_message,
)
from bot.teams.adapter import IN_TURN_SECONDS, outgoing
from bot.teams.background import Background
from bot.teams.connector import PATIENT_SECONDS
from bot.teams.messenger import Messenger
from bot.teams.ports import People
from bot.teams.texts import Texts
from bot.teams.tickets import SignInDesk
from bot.turn import CardPress, ConversationKind, Incoming, Placement, Reply, SignInPrompt, Turn

_log = structlog.get_logger(__name__)


class Outlet(Protocol):
    """The conversation of a turn, as a place to write to. Raises what `Messenger` raises."""

    async def send(self, payload: dict[str, Any]) -> str:
        """The id of the new message."""
        ...

    async def update(self, message_id: str, payload: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class TurnOutlet:
    """Through botbuilder's turn context, while the person waits."""

    context: TurnContext

    async def send(self, payload: dict[str, Any]) -> str:
        sent = await self.context.send_activity(outgoing(payload))
        return str(sent.id) if sent is not None and sent.id else ""

    async def update(self, message_id: str, payload: dict[str, Any]) -> None:
        await self.context.update_activity(outgoing(payload, message_id))


@dataclass(slots=True)
class LaterOutlet:
    """Through the connector, after the turn was answered."""

    messenger: Messenger
    address: Address

    async def send(self, payload: dict[str, Any]) -> str:
        return await self.messenger.send(self.address, payload)

    async def update(self, message_id: str, payload: dict[str, Any]) -> None:
        await self.messenger.put(self.address, message_id, payload)

    async def end(self, text: str) -> None:
        """Nothing is left to be done here."""


@dataclass(slots=True)
class InPlaceOutlet(LaterOutlet):
    """Like `LaterOutlet`, but the first message takes the place of one that stands there already."""

    message_id: str
    sign_in_first: str
    is_used: bool = False

    async def send(self, payload: dict[str, Any]) -> str:
        if self.is_used:
            return await self.messenger.send(self.address, payload)
        self.is_used = True
        if _asks_to_sign_in(payload):
            # Clients look for sign-ins in new messages.
            await self._put(text_message(self.sign_in_first))
            return await self.messenger.send(self.address, payload)
        return await self._put(payload)

    async def update(self, message_id: str, payload: dict[str, Any]) -> None:
        """The answer itself comes in place of the message that said it takes longer, whatever it would have changed."""
        await self.send(payload)

    async def end(self, text: str) -> None:
        """Where nothing was sent here, the message says that it is done."""
        if not self.is_used:
            await self.send(text_message(text))

    async def _put(self, payload: dict[str, Any]) -> str:
        try:
            await self.messenger.put(self.address, self.message_id, payload)
        except MessageGone:
            return await self.messenger.send(self.address, payload)
        return self.message_id


@dataclass(slots=True)
class _Sent:
    """What happened to the messages of one reply."""

    here: int = 0
    privately: int = 0
    unreachable: bool = False
    sign_in_privately: bool = False


class ReplyWriter:
    def __init__(
        self, messenger: Messenger, people: People, desk: SignInDesk, background: Background, texts: Texts
    ) -> None:
        self._messenger = messenger
        self._people = people
        self._desk = desk
        self._background = background
        self._texts = texts

    def later(self, turn: Turn) -> LaterOutlet:
        return LaterOutlet(self._messenger, Address(turn.conversation.id, turn.conversation.service_url))

    def in_place_of(self, turn: Turn, message_id: str) -> InPlaceOutlet:
        """Like `later`; the answer takes the place of this message of ours."""
        address = Address(turn.conversation.id, turn.conversation.service_url)
        return InPlaceOutlet(self._messenger, address, message_id, turn.words(self._texts.sign_in))

    async def announce(self, reply: Reply, outlet: Outlet) -> str:
        """Send this here, now or not at all: the message's id, or nothing when it could not be sent."""
        payload = card_message(reply.card, reply.summary) if reply.card is not None else text_message(reply.text or "")
        try:
            return await outlet.send(payload)
        except DoormanError as error:
            _log.warning("reply.not_announced", error=type(error).__name__)
            return ""

    async def write(self, turn: Turn, incoming: Incoming, reply: Reply, outlet: Outlet, attempts: int = 0) -> None:
        """Send everything as messages: the answer to a text, or to a press that has been answered already.

        A reply in place edits the pressed message. A view does so only in a 1:1 chat, where nobody else looks.
        """
        sent = _Sent()
        for part in (reply, *reply.also):
            await self._part(turn, incoming, part, outlet, sent, attempts)
        if sent.unreachable:
            await self._say(turn, outlet, self._not_reachable(turn))
        elif sent.privately and attempts == 0:  # after a sign-in it was said already, with the button
            await self._say(turn, outlet, turn.words(self._texts.answered_privately))

    async def answer(self, turn: Turn, press: CardPress, reply: Reply, outlet: Outlet) -> dict[str, Any]:
        """The body of the invoke's answer; what does not fit into it is sent as messages."""
        if press.is_automatic:
            return self._refreshed(turn, reply)
        sent = _Sent()
        body: dict[str, Any] | None = None
        if reply.sign_in is not None and turn.conversation.kind is ConversationKind.PERSONAL:
            case = await self._desk.open(turn, press, reply.sign_in)
            body = login_answer(self._desk.content(case))
        elif reply.placement is Placement.NEW:
            await self._part(turn, press, reply, outlet, sent, 0)
        elif reply.card is not None:
            body = card_answer(reply.card)
            if reply.placement is Placement.IN_PLACE and turn.message_id and _is_for_everybody(turn, reply):
                await self._put(turn, turn.message_id, card_message(reply.card, reply.summary), outlet)
        elif reply.text is not None:
            body = text_answer(reply.text or turn.words(self._texts.done))
        for part in reply.also:
            await self._part(turn, press, part, outlet, sent, 0)
        return body or text_answer(self._note(turn, sent))

    def _refreshed(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        """A client that refreshes by itself gets a card or nothing: no message, no sign-in, no edit."""
        if reply.card is not None and reply.placement is not Placement.NEW:
            return card_answer(reply.card)
        return error_answer(400, "NothingNew", turn.words(self._texts.done))

    def _note(self, turn: Turn, sent: _Sent) -> str:
        if sent.unreachable:
            return self._not_reachable(turn)
        if sent.sign_in_privately:
            return turn.words(self._texts.sign_in_sent_privately)
        if sent.privately:
            return turn.words(self._texts.answered_privately)
        return turn.words(self._texts.see_message if sent.here else self._texts.done)

    def _not_reachable(self, turn: Turn) -> str:
        """Guests, and people whose clients have no chat with bots, can still use the portal."""
        if not self._texts.portal_url:
            return turn.words(self._texts.not_reachable_privately)
        return turn.words(self._texts.not_reachable_but_portal, url=self._texts.portal_url)

    async def _part(
        self, turn: Turn, incoming: Incoming, part: Reply, outlet: Outlet, sent: _Sent, attempts: int
    ) -> None:
        if part.sign_in is not None:
            await self._sign_in(turn, incoming, part.sign_in, outlet, sent, attempts)
            return
        if part.file is not None:
            await self._send(turn, file_offer_message(part.file), outlet, sent, is_personal=True)
            return
        if part.card is None and part.text is None:
            return
        payload = card_message(part.card, part.summary) if part.card is not None else text_message(part.text or "")
        is_edit = part.card is not None and turn.message_id and isinstance(incoming, CardPress)
        if is_edit and turn.message_id and _edits(turn, part):
            await self._put(turn, turn.message_id, payload, outlet)
            sent.here += 1
        else:
            await self._send(turn, payload, outlet, sent, is_personal=part.is_personal)

    async def _sign_in(
        self, turn: Turn, incoming: Incoming, prompt: SignInPrompt, outlet: Outlet, sent: _Sent, attempts: int
    ) -> None:
        if attempts > 1:
            await self._send(
                turn, text_message(turn.words(self._texts.sign_in_did_not_help)), outlet, sent, is_personal=True
            )
            return
        case = await self._desk.open(turn, incoming, prompt, attempts)
        payload = sign_in_message(self._desk.content(case))
        await self._send(turn, payload, outlet, sent, is_personal=True)
        sent.sign_in_privately = sent.privately > 0

    async def _send(
        self, turn: Turn, payload: dict[str, Any], outlet: Outlet, sent: _Sent, *, is_personal: bool
    ) -> None:
        if not is_personal or turn.conversation.kind is ConversationKind.PERSONAL:
            sent.here += 1
            await self._try(turn, lambda: outlet.send(payload), lambda: self.later(turn).send(payload), outlet)
            return
        try:
            await self._send_privately(turn, payload, IN_TURN_SECONDS)
        except Unreachable:
            sent.unreachable = True
        except ConnectorRefused as error:
            _log.error("reply.refused", status=error.status, error_code=error.code)
            await self._apologise(turn, outlet)
        except (Throttled, ServiceBusy) as error:
            sent.privately += 1
            self._again(error, lambda: self._send_privately(turn, payload, PATIENT_SECONDS))
        else:
            sent.privately += 1

    async def _send_privately(self, turn: Turn, payload: dict[str, Any], budget_seconds: float) -> None:
        address = await self._messenger.open_chat(
            turn.actor.object_id, service_url=turn.conversation.service_url, budget_seconds=budget_seconds
        )
        await self._messenger.send(address, payload, budget_seconds=budget_seconds)

    async def _put(self, turn: Turn, message_id: str, payload: dict[str, Any], outlet: Outlet) -> None:
        await self._try(
            turn,
            lambda: outlet.update(message_id, payload),
            lambda: self.later(turn).update(message_id, payload),
            outlet,
        )

    async def _say(self, turn: Turn, outlet: Outlet, text: str) -> None:
        payload = text_message(text)
        await self._try(turn, lambda: outlet.send(payload), lambda: self.later(turn).send(payload), outlet)

    async def _try(
        self,
        turn: Turn,
        now: Callable[[], Awaitable[object]],
        later: Callable[[], Awaitable[object]],
        outlet: Outlet,
    ) -> None:
        """Do it now, or else in the background. Never raises: the turn has done its work, whoever can be told of it."""
        try:
            await now()
        except MessageGone as error:
            _log.info("reply.message_gone", error_code=error.code)
        except Unreachable as error:
            _log.info("reply.unreachable", error_code=error.code)
            await self._note_unreachable(turn, error)
        except (Throttled, ServiceBusy) as error:
            if isinstance(outlet, LaterOutlet):
                _log.error("reply.lost", error=type(error).__name__)
                return
            self._again(error, later)
        except ConnectorRefused as error:
            _log.error("reply.refused", status=error.status, error_code=error.code)
            await self._apologise(turn, outlet)

    async def _note_unreachable(self, turn: Turn, error: Unreachable) -> None:
        """The next message to them finds it out again when it cannot be written down now."""
        try:
            await self._people.mark_unreachable(turn.conversation.id, error.code)
        except DoormanError as busy:
            _log.warning("reply.unreachable_not_noted", reason=type(busy).__name__)

    async def _apologise(self, turn: Turn, outlet: Outlet) -> None:
        """Too large, or not what Teams takes: silence would look as if nothing had been done."""
        try:
            await outlet.send(text_message(turn.words(self._texts.not_shown)))
        except DoormanError:
            _log.warning("reply.apology_lost")

    def _again(self, error: DoormanError, later: Callable[[], Awaitable[object]]) -> None:
        if isinstance(error, ServiceBusy) and error.may_have_happened:
            _log.warning("reply.maybe_sent")
            return

        async def work() -> None:
            await later()

        self._background.start(work(), "reply")


def _asks_to_sign_in(payload: Mapping[str, Any]) -> bool:
    return any(attachment.get("contentType") == OAUTH_CARD for attachment in payload.get("attachments", ()))


def _is_for_everybody(turn: Turn, part: Reply) -> bool:
    """Whether the message itself may show this: in a group only what is not personal."""
    return turn.conversation.kind is ConversationKind.PERSONAL or not part.is_personal


def _edits(turn: Turn, part: Reply) -> bool:
    if part.placement is Placement.IN_PLACE:
        return _is_for_everybody(turn, part)
    return part.placement is Placement.VIEW and turn.conversation.kind is ConversationKind.PERSONAL
