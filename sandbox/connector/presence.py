"""Who is meant, where they are, and whether they can write or press there."""

from __future__ import annotations

from sandbox.connector.board import Board
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.state import Chat, Message, Place
from sandbox.tenant.directory import User
from sandbox.world import World

_MOST_LISTED = 30


class Presence:
    def __init__(self, world: World, board: Board) -> None:
        self._world = world
        self._board = board

    def user(self, user_id: str) -> User:
        """Raises PersonError (404) with the personas there are."""
        user = self._world.tenant.users.get(user_id)
        if user is None:
            raise nothing_like("person", user_id, [persona.key for persona in self._world.tenant.personas])
        return user

    def place(self, user: User, chat: str, thread: str | None = None) -> Place:
        """Where this person writes. Raises PersonError: 404 for an unknown thread, 409 where they cannot write."""
        place = self._world.chats.place(Chat(chat), user.id, thread)
        if thread is not None and self._world.chats.find_place(place.activity_id) is None:
            raise nothing_like("thread", thread, [])
        self.check_may_act(user, place)
        return place

    def may_act(self, user: User, place: Place) -> bool:
        chats = self._world.chats
        if place.chat is Chat.PERSONAL and (not chats.has_installed(user.id) or user.id in chats.blocked):
            return False
        return self._board.roster.is_member(place, user.id)

    def check_may_act(self, user: User, place: Place) -> None:
        """Raises PersonError (409) when this person cannot write or press here."""
        if self.may_act(user, place):
            return
        if user.id in self._world.chats.blocked:
            why = "has blocked the bot"
        elif place.chat is Chat.PERSONAL:
            why = "has not installed the app"
        else:
            why = f"is not in the chat {place.chat.value!r}"
        raise PersonError(409, "cannot-write", f"{user.display_name} {why}.")

    def message(self, user: User, message_id: str) -> Message:
        """A message that this person sees. Raises PersonError (404) with those of their 1:1 chat."""
        message = self._world.chats.find(message_id)
        if message is None or message.is_deleted or not self._board.sees(message, user.id):
            seen = self._board.newest_seen(self._world.chats.personal(user.id), user.id)
            raise nothing_like("message", message_id, [each.id for each in seen[:_MOST_LISTED]])
        return message
