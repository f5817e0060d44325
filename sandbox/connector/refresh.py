"""Cards that refresh themselves: who is asked for their own view of a card, and when.

Source: Teams, "User-specific views" and "Up-to-date cards".
"""

from __future__ import annotations

from datetime import timedelta

from sandbox.connector.board import Board
from sandbox.connector.card_actions import CardActions
from sandbox.connector.check import REFRESH_LIMIT
from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import Json, Message
from sandbox.tenant.directory import User
from sandbox.tenant.identity import teams_id
from sandbox.world import World

REST = timedelta(minutes=1)
"""A client does not ask again before its last answer is older than this."""


class Refresher:
    def __init__(self, world: World, board: Board, actions: CardActions) -> None:
        self._world = world
        self._board = board
        self._actions = actions

    def why_not(self, user: User, message: Message, *, by_hand: bool = False, device: int = 1) -> str | None:
        """Why this device of a person would not ask for this card now; None when it would.

        `by_hand` is the entry "Refresh card" of the message's menu: it asks whenever the card can refresh at all.
        """
        refresh = _refresh_of(message.view(user.id, device))
        if refresh is None:
            return "the card has no refresh"
        if by_hand:
            return None
        listed = refresh.get("userIds")
        if listed is None and len(self._board.roster.members(message.place)) > REFRESH_LIMIT:
            return f"the card names nobody and the chat has more than {REFRESH_LIMIT} members"
        if listed is not None and not _names(listed, user):
            return "the card does not name this person"
        answered_at = message.refreshed_at.get((user.id, device))
        if answered_at is not None and timedelta() <= self._world.clock.now() - answered_at <= REST:
            return "the last answer is not older than a minute"
        return None

    async def refresh(self, user: User, message: Message, *, by_hand: bool = False, device: int = 1) -> Outcome:
        """Ask the bot for this person's view of the card, when the device would."""
        if reason := self.why_not(user, message, by_hand=by_hand, device=device):
            return Outcome(status=None, message_id=message.id, reason=reason)
        refresh = _refresh_of(message.view(user.id, device)) or {}
        value = {"action": sent_action(refresh["action"]), "trigger": "manual" if by_hand else "automatic"}
        return await self._actions.run(user, message, value, device=device)

    def people(self, message: Message) -> list[User]:
        """Those whose clients ask by themselves after the message was edited."""
        refresh = _refresh_of(message.card)
        if refresh is None or message.is_deleted:
            return []
        return [
            user
            for user in self._board.roster.members(message.place)
            if self._board.sees(message, user.id) and self.why_not(user, message) is None
        ]


def sent_action(action: Json, data: object = None) -> Json:
    """An action as an invoke carries it: type, id and verb as on the card, and `data`."""
    sent = {key: action[key] for key in ("type", "id", "verb") if action.get(key) is not None}
    return {**sent, "data": action.get("data", {}) if data is None else data}


def _refresh_of(card: Json | None) -> Json | None:
    refresh = card.get("refresh") if card else None
    if not isinstance(refresh, dict):
        return None
    action = refresh.get("action")
    return refresh if isinstance(action, dict) and action.get("type") == "Action.Execute" else None


def _names(listed: object, user: User) -> bool:
    """Only the first sixty count."""
    return isinstance(listed, list) and teams_id(user.id) in listed[:REFRESH_LIMIT]
