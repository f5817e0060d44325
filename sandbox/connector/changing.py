"""What people do to messages that are there: reacting, editing, deleting, bringing back, reading.

The bot hears of reactions to its own messages, and of changes to what was written to it.
Source: Teams, "Conversation events in your Teams bot".
"""

from __future__ import annotations

from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.kit import Kit
from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import BOT, Chat, Json, Message
from sandbox.tenant.directory import User

READ_RECEIPT = "application/vnd.microsoft.readReceipt"


class Changer:
    """`user_id` is the person's object id, `message_id` a message that they see."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def react(self, user_id: str, message_id: str, kind: str, *, remove: bool = False) -> Outcome:
        """Put a reaction under a message, or take one's own away. Raises PersonError (404, 409)."""
        user = self._kit.presence.user(user_id)
        message = self._kit.presence.message(user, message_id)
        self._kit.presence.check_may_act(user, message.place)
        if message.visible_to is not None:
            raise PersonError(409, "no-reactions", "Messages that only one person sees take no reactions.")
        if not self._kit.board.react(message, user.id, kind, remove=remove):
            return Outcome(status=None, message_id=message.id, reason="that is how it was before")
        if message.sender != BOT:
            return Outcome(status=None, message_id=message.id, reason="bots hear of reactions to their own messages")
        change = {"removed" if remove else "added": kind}
        return await self._tell(user, message, self._kit.activities.reaction(user, message, **change))

    async def edit(self, user_id: str, message_id: str, text: str) -> Outcome:
        """Change what one wrote. Raises PersonError (404, 409)."""
        user, message = self._own(user_id, message_id)
        if message.is_deleted:
            raise PersonError(409, "is-deleted", "The message was deleted; bring it back first.")
        self._kit.board.rewrite(message, text)
        return await self._tell(user, message, self._kit.activities.edited(user, message, "editMessage"))

    async def delete(self, user_id: str, message_id: str) -> Outcome:
        """Delete what one wrote; it can be brought back. Raises PersonError (404, 409)."""
        user, message = self._own(user_id, message_id)
        if message.is_deleted:
            raise PersonError(409, "is-deleted", "The message was deleted before.")
        self._kit.board.delete(message)
        return await self._tell(user, message, self._kit.activities.deleted(user, message))

    async def undelete(self, user_id: str, message_id: str) -> Outcome:
        """Bring back what one deleted. Raises PersonError (404, 409)."""
        user, message = self._own(user_id, message_id)
        if not message.is_deleted:
            raise PersonError(409, "is-there", "The message was not deleted.")
        self._kit.board.restore(message)
        return await self._tell(user, message, self._kit.activities.edited(user, message, "undeleteMessage"))

    async def read(self, user_id: str, chat: str = "personal") -> Outcome:
        """Have read a chat up to its end; the bot is told where `behaviour.read_receipts` is on."""
        user = self._kit.presence.user(user_id)
        place = self._kit.world.chats.place(Chat(chat), user.id)
        if not self._kit.world.chats.behaviour.read_receipts:
            return Outcome(status=None, reason="the app may not see what people have read: see read_receipts")
        newest = next((each for each in self._kit.board.newest_seen(place, user.id) if each.sender == BOT), None)
        key = (user.id, place.conversation_id)
        if newest is None or self._kit.world.chats.read_up_to.get(key) == newest.id:
            return Outcome(status=None, reason="there is nothing new to read")
        self._kit.world.chats.read_up_to[key] = newest.id
        event = self._kit.activities.event(user, place, READ_RECEIPT, {"lastReadMessageId": newest.id})
        return await self._tell(user, newest, event)

    def _own(self, user_id: str, message_id: str) -> tuple[User, Message]:
        """Deleted ones too, because these can be brought back."""
        user = self._kit.presence.user(user_id)
        message = self._kit.world.chats.find(message_id)
        if message is None or not self._kit.board.sees(message, user.id):
            own = self._kit.board.newest_seen(self._kit.world.chats.personal(user.id), user.id)
            raise nothing_like("message", message_id, [each.id for each in own if each.sender == user.id][:30])
        if message.sender != user.id:
            raise PersonError(409, "not-yours", "People change only what they wrote themselves.")
        self._kit.presence.check_may_act(user, message.place)
        return user, message

    async def _tell(self, user: User, message: Message, activity: Json) -> Outcome:
        before = self._kit.witness.moment
        if message.place.chat is not Chat.PERSONAL and message.place.chat not in self._kit.world.chats.bot_is_in:
            return Outcome(status=None, message_id=message.id, reason="the bot is not in this chat")
        answer = await self._kit.delivery.send(activity)
        outcome = Outcome(status=answer.status, answer=answer.body, message_id=message.id)
        return await self._kit.witness.told(user, before, outcome)
