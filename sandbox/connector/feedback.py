"""Thumbs under a message of the bot, and the form behind them: Teams' own, or one that the bot gives.

Source: Teams, "Bot messages with AI-generated content", "Feedback buttons".
"""

from __future__ import annotations

import json
from typing import Literal

from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.dialogs import Dialogs
from sandbox.connector.errors import PersonError
from sandbox.connector.kit import Kit
from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import Message

THANKS = "Thanks for your feedback"


class Feedback:
    def __init__(self, kit: Kit, dialogs: Dialogs) -> None:
        self._kit = kit
        self._dialogs = dialogs

    async def give(
        self, user_id: str, message_id: str, reaction: Literal["like", "dislike"], text: str = ""
    ) -> Outcome:
        """Press a thumb. With a form of the bot's own its dialog opens, and `text` is not used.

        Raises PersonError (404, 409).
        """
        user = self._kit.presence.user(user_id)
        message = self._kit.presence.message(user, message_id)
        self._kit.presence.check_may_act(user, message.place)
        if message.feedback is None:
            raise PersonError(409, "no-feedback", "The message does not ask for feedback.")
        message.given_feedback[user.id] = reaction
        self._kit.board.touched(message, user.id)
        if message.feedback == "custom":
            asked = {"data": {"actionName": "feedback", "actionValue": {"reaction": reaction}}}
            about = {"reaction": reaction}
            return await self._dialogs.open(
                user, message.place, message.id, "message/fetchTask", asked, "message/submitAction", about
            )
        before = self._kit.witness.moment
        given = {"reaction": reaction, "feedback": json.dumps({"feedbackText": text})}
        value = {"actionName": "feedback", "actionValue": given}
        activity = self._kit.activities.invoke(user, message.place, "message/submitAction", value, reply_to=message.id)
        answer = await self._kit.delivery.send(activity)
        self._say(message, user.id, answer)
        outcome = Outcome(status=answer.status, answer=answer.body, message_id=message.id)
        return await self._kit.witness.told(user, before, outcome)

    def _say(self, message: Message, person: str, answer: BotAnswer) -> None:
        """An answer with a body is an error to Teams."""
        if not answer.was_reached:
            self._kit.board.note(message, person, UNREACHABLE)
        elif not answer.is_success or answer.body not in (None, {}):
            self._kit.board.note(message, person, BROKEN)
        else:
            self._kit.board.note(message, person, THANKS)
