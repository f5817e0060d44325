"""Thumbs under a message of the bot, and the form behind them: Teams' own, or one that the bot gives.

Source: Teams, "Bot messages with AI-generated content", "Feedback buttons".
"""

from __future__ import annotations

import json
from typing import Literal

from sandbox.connector.activities import Activities
from sandbox.connector.board import Board
from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.delivery import BotAnswer, Delivery
from sandbox.connector.dialogs import Dialogs
from sandbox.connector.errors import PersonError
from sandbox.connector.outcomes import Outcome
from sandbox.connector.presence import Presence
from sandbox.connector.state import Message
from sandbox.connector.witness import Witness
from sandbox.world import World

THANKS = "Thanks for your feedback"


class Feedback:
    def __init__(
        self,
        world: World,
        board: Board,
        presence: Presence,
        activities: Activities,
        delivery: Delivery,
        witness: Witness,
        dialogs: Dialogs,
    ) -> None:
        self._world = world
        self._board = board
        self._presence = presence
        self._activities = activities
        self._delivery = delivery
        self._witness = witness
        self._dialogs = dialogs

    async def give(
        self, user_id: str, message_id: str, reaction: Literal["like", "dislike"], text: str = ""
    ) -> Outcome:
        """Press a thumb. With a form of the bot's own its dialog opens, and `text` is not used.

        Raises PersonError (404, 409).
        """
        user = self._presence.user(user_id)
        message = self._presence.message(user, message_id)
        self._presence.check_may_act(user, message.place)
        if message.feedback is None:
            raise PersonError(409, "no-feedback", "The message does not ask for feedback.")
        message.given_feedback[user.id] = reaction
        self._board.touched(message, user.id)
        if message.feedback == "custom":
            asked = {"data": {"actionName": "feedback", "actionValue": {"reaction": reaction}}}
            about = {"reaction": reaction}
            return await self._dialogs.open(
                user, message.place, message.id, "message/fetchTask", asked, "message/submitAction", about
            )
        before = self._witness.moment
        given = {"reaction": reaction, "feedback": json.dumps({"feedbackText": text})}
        value = {"actionName": "feedback", "actionValue": given}
        activity = self._activities.invoke(user, message.place, "message/submitAction", value, reply_to=message.id)
        answer = await self._delivery.send(activity)
        self._say(message, user.id, answer)
        outcome = Outcome(status=answer.status, answer=answer.body, message_id=message.id)
        return await self._witness.told(user, before, outcome)

    def _say(self, message: Message, person: str, answer: BotAnswer) -> None:
        """An answer with a body is an error to Teams."""
        if not answer.was_reached:
            self._board.note(message, person, UNREACHABLE)
        elif not answer.is_success or answer.body not in (None, {}):
            self._board.note(message, person, BROKEN)
        else:
            self._board.note(message, person, THANKS)
