"""The `adaptiveCard/action` protocol from the client's side, with the sign-in that may come in between.

Source: Adaptive Cards "Universal Action Model", Teams "Authentication flow in Universal Actions".
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from sandbox.connector.activities import Activities
from sandbox.connector.board import Board
from sandbox.connector.delivery import BotAnswer, Delivery
from sandbox.connector.invokes import Kind, Reply, read_reply, sign_in_url
from sandbox.connector.outcomes import LoginRequired, Outcome
from sandbox.connector.state import Json, Message, PendingSignIn
from sandbox.entra.tokens import issue_user_token
from sandbox.tenant.directory import User
from sandbox.tenant.identity import BOT_APP_ID
from sandbox.world import World

UNREACHABLE = "Doorman could not be reached"
BROKEN = "Something went wrong"
EMPTY = "Unable to reach app"

_MOST_INVOKES = 4  # first try, with a token, and one repetition of each


@dataclass(slots=True)
class _Exchange:
    """One press on its way: what is sent next and what was tried already."""

    value: Json
    device: int = 1
    login_url: str | None = None
    has_tried_token: bool = False
    has_repeated: bool = False

    @property
    def is_automatic(self) -> bool:
        return self.value.get("trigger") == "automatic"

    @property
    def press(self) -> Json:
        """The press itself, without what proves who pressed."""
        return {key: value for key, value in self.value.items() if key in ("action", "trigger")}


class CardActions:
    def __init__(self, world: World, board: Board, activities: Activities, delivery: Delivery) -> None:
        self._world = world
        self._board = board
        self._activities = activities
        self._delivery = delivery

    async def run(self, user: User, message: Message, value: Json, *, device: int = 1) -> Outcome:
        """Send the invoke `value` about a card, sign in when asked and possible, and show what comes back.

        `value` holds `action` and `trigger`, and `state` when a code from a sign-in page goes with it. A card that
        comes back is shown on the `device` that asked.
        """
        exchange = _Exchange(value, device)
        answer, reply = await self._ask(user, message, exchange)
        for _ in range(_MOST_INVOKES - 1):
            if not self._goes_on(user, message, exchange, reply):
                break
            answer, reply = await self._ask(user, message, exchange)
        return self._finish(user, message, exchange, answer, reply)

    async def _ask(self, user: User, message: Message, exchange: _Exchange) -> tuple[BotAnswer, Reply]:
        activity = self._activities.invoke(
            user, message.place, "adaptiveCard/action", copy.deepcopy(exchange.value), reply_to=message.id
        )
        answer = await self._delivery.send(activity)
        return answer, read_reply(answer)

    def _goes_on(self, user: User, message: Message, exchange: _Exchange, reply: Reply) -> bool:
        """True when the client repeats the invoke by itself; `exchange` then holds what it sends."""
        if reply.kind is Kind.EMPTY:
            self._board.note(message, user.id, EMPTY)
            if exchange.has_repeated:
                return False
            exchange.has_repeated = True
            return True
        if reply.kind is not Kind.LOGIN or reply.content is None:
            return False
        exchange.login_url = sign_in_url(reply.content)
        if exchange.has_tried_token or not may_sign_in_silently(self._world, user, reply.content):
            return False
        exchange.has_tried_token = True
        exchange.value = {**exchange.press, "authentication": authentication(self._world, user, reply.content)}
        return True

    def _finish(self, user: User, message: Message, exchange: _Exchange, answer: BotAnswer, reply: Reply) -> Outcome:
        login = None
        if reply.kind in (Kind.LOGIN, Kind.PRECONDITION, Kind.WRONG_CODE):
            login = self._ask_to_sign_in(user, message, exchange)
        else:
            self._forget_pending(user, message)
        self._show(user, message, exchange, reply)
        return Outcome(status=answer.status, answer=answer.body, message_id=message.id, login_required=login)

    def _show(self, user: User, message: Message, exchange: _Exchange, reply: Reply) -> None:
        if reply.kind is Kind.CARD and reply.content is not None:
            self._board.show(message, user.id, reply.content, exchange.device)
            return
        text = {Kind.UNREACHABLE: UNREACHABLE, Kind.BROKEN: BROKEN}.get(reply.kind, reply.text)
        notes = message.notes.get(user.id)
        if text and not (exchange.is_automatic and notes and notes[-1] == text):
            self._board.note(message, user.id, text)

    def _ask_to_sign_in(self, user: User, message: Message, exchange: _Exchange) -> LoginRequired | None:
        """Keep the press, so that a finished sign-in can repeat it. One by hand is not lost to a refresh."""
        pending = self._world.chats.pending.get(user.id)
        url = exchange.login_url or (pending.url if pending and pending.message_id == message.id else None)
        if url is None:
            return None
        if pending is None or not exchange.is_automatic:
            self._world.chats.pending[user.id] = PendingSignIn(message.id, exchange.press, url, exchange.device)
            self._board.touched(message, user.id)
        return LoginRequired(message.id, url)

    def _forget_pending(self, user: User, message: Message) -> None:
        pending = self._world.chats.pending.get(user.id)
        if pending is not None and pending.message_id == message.id:
            del self._world.chats.pending[user.id]
            self._board.touched(message, user.id)


def may_sign_in_silently(world: World, user: User, card: Json) -> bool:
    """True when the person's client has a session, and the card names the bot's own app as the resource."""
    resource = card.get("tokenExchangeResource")
    has_session = user.sign_in == "silent" and world.chats.behaviour.sso_failure is None
    return has_session and isinstance(resource, dict) and resource.get("uri") == _bot_uri(world)


def authentication(world: World, user: User, card: Json) -> Json:
    """What the client sends in exchange: `{id, connectionName, token}`, the token issued to the bot's own app."""
    resource = card["tokenExchangeResource"]
    return {
        "id": resource.get("id"),
        "connectionName": card.get("connectionName"),
        "token": issue_user_token(world, user.id, BOT_APP_ID),
    }


def _bot_uri(world: World) -> str:
    return world.tenant.apps[BOT_APP_ID].identifier_uri
