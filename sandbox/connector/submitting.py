"""`Action.Submit` on a card in a chat, and the shorthand of `msteams` in its data.

A plain `invoke` sends the bot an invoke without a name; on a card that a person sent through the message extension
it is `composeExtension/onCardButtonClicked`.
Source: Teams, "Card actions"; `TeamsActivityHandler` of the Bot Framework SDK for the two invokes.
"""

from __future__ import annotations

from typing import Any

from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.dialogs import Dialogs
from sandbox.connector.errors import PersonError
from sandbox.connector.kit import Kit
from sandbox.connector.outcomes import Outcome
from sandbox.connector.pressing import Aimed
from sandbox.connector.state import BOT, Json, Message
from sandbox.tenant.directory import User

SENT = "Your response was sent to the app"


class Submitter:
    def __init__(self, kit: Kit, dialogs: Dialogs) -> None:
        self._kit = kit
        self._dialogs = dialogs

    async def submit(self, user: User, aimed: Aimed) -> Outcome:
        """Do what the press does. Raises PersonError (409) for kinds that chats of this sandbox do not have."""
        msteams = aimed.payload.get("msteams") if isinstance(aimed.payload, dict) else None
        kind = msteams.get("type") if isinstance(msteams, dict) else None
        if not isinstance(msteams, dict) or kind is None:
            return await self._plain(user, aimed)
        value = msteams.get("value")
        if kind == "imBack":
            return await self._im_back(user, aimed.message, str(value or ""))
        if kind == "messageBack":
            return await self._message_back(user, aimed, msteams)
        if kind == "signin":
            return Outcome(status=None, message_id=aimed.message.id, url=str(value or ""))
        if kind == "task/fetch":
            return await self._dialogs.fetch(user, aimed.message.place, aimed.message.id, aimed.payload)
        if kind == "invoke":
            return await self._invoke(user, aimed, value)
        raise PersonError(409, "not-supported", f"This sandbox does not know what {kind!r} does in a chat.")

    async def _plain(self, user: User, aimed: Aimed) -> Outcome:
        activity = self._kit.activities.submitted(user, aimed.message, self._new_id(), aimed.payload)
        answer = await self._send(user, aimed.message, activity)
        msteams = aimed.action.get("msteams")
        feedback = msteams.get("feedback") if isinstance(msteams, dict) else None
        if answer.is_success and not (isinstance(feedback, dict) and feedback.get("hide")):
            self._kit.board.note(aimed.message, user.id, SENT)
        return Outcome(status=answer.status, answer=answer.body, message_id=aimed.message.id)

    async def _im_back(self, user: User, message: Message, text: str) -> Outcome:
        """As if the person had typed it."""
        said = self._kit.board.said(message.place, user.id, text)
        answer = await self._send(user, message, self._kit.activities.text(user, said))
        return Outcome(status=answer.status, answer=answer.body, message_id=said.id)

    async def _message_back(self, user: User, aimed: Aimed, msteams: Json) -> Outcome:
        """Shows `displayText` as the person's words, sends `text` and `value`."""
        value: Any = msteams.get("value")
        if isinstance(value, dict):
            value = {**value, **aimed.typed}
        shown = msteams.get("displayText")
        message_id = self._new_id()
        if isinstance(shown, str) and shown:
            message_id = self._kit.board.said(aimed.message.place, user.id, shown).id
        text = str(msteams.get("text") or "")
        activity = self._kit.activities.submitted(user, aimed.message, message_id, value, text)
        answer = await self._send(user, aimed.message, activity)
        return Outcome(status=answer.status, answer=answer.body, message_id=message_id)

    async def _invoke(self, user: User, aimed: Aimed, value: Any) -> Outcome:
        if isinstance(value, dict) and value.get("type") == "task/fetch":  # the older way to open a dialog
            return await self._dialogs.fetch(user, aimed.message.place, aimed.message.id, {**value, **aimed.typed})
        sent = {**value, **aimed.typed} if isinstance(value, dict) else value
        name = None if aimed.message.sender == BOT else "composeExtension/onCardButtonClicked"
        activity = self._kit.activities.invoke(user, aimed.message.place, name, sent, reply_to=aimed.message.id)
        answer = await self._send(user, aimed.message, activity)
        if answer.was_reached and not answer.is_success:
            self._kit.board.note(aimed.message, user.id, BROKEN)
        return Outcome(status=answer.status, answer=answer.body, message_id=aimed.message.id)

    async def _send(self, user: User, message: Message, activity: Json) -> BotAnswer:
        answer = await self._kit.delivery.send(activity)
        if not answer.was_reached:
            self._kit.board.note(message, user.id, UNREACHABLE)
        return answer

    def _new_id(self) -> str:
        return self._kit.world.chats.new_id(self._kit.world.clock.now())
