"""What clients do when an OAuthCard arrives: they offer a token before they show the button.

Every device that a person is signed in on answers the same card, so the bot gets the same exchange several times.
Source: Teams, "Enable SSO for your bot"; failure codes as in Microsoft's Teams SDK.
"""

from __future__ import annotations

import asyncio

from sandbox.connector.activities import Activities
from sandbox.connector.board import Board
from sandbox.connector.card_actions import BROKEN, UNREACHABLE, authentication, may_sign_in_silently
from sandbox.connector.delivery import BotAnswer, Delivery
from sandbox.connector.state import Chat, Json, Message, SignIn
from sandbox.tenant.directory import User
from sandbox.world import World


class SilentSignIn:
    def __init__(self, world: World, board: Board, activities: Activities, delivery: Delivery) -> None:
        self._world = world
        self._board = board
        self._activities = activities
        self._delivery = delivery

    async def offer(self, user: User, message: Message) -> None:
        """Answer the OAuthCard of a message in a 1:1 chat; elsewhere, and without a session, the button stays."""
        card = message.oauth_card
        if card is None or message.place.chat is not Chat.PERSONAL or user.sign_in != "silent":
            return
        resource = card.get("tokenExchangeResource")
        if not isinstance(resource, dict):
            return  # an OAuthCard for the button only
        if not card.get("connectionName") or not resource.get("id"):
            await self._fail(user, message, "oauthcardnotvalid", "The OAuthCard lacks its connection name or id.")
        elif (failure := self._world.chats.behaviour.sso_failure) is not None:
            await self._fail(user, message, failure, "The client could not get a token.")
        elif not may_sign_in_silently(self._world, user, card):
            await self._fail(user, message, "resourcematchfailed", "The resource is not the app's Application ID URI.")
        else:
            await self._exchange(user, message, card)

    async def _exchange(self, user: User, message: Message, card: Json) -> None:
        self._board.signed_in(message, SignIn.SILENT)
        value = authentication(self._world, user, card)
        devices = range(self._world.chats.behaviour.devices)
        answers = await asyncio.gather(*(self._invoke(user, message, "signin/tokenExchange", value) for _ in devices))
        is_done = any(answer.is_success for answer in answers)
        self._board.signed_in(message, SignIn.DONE if is_done else SignIn.BUTTON)
        if not is_done and not any(answer.status == 412 for answer in answers):
            was_reached = any(answer.was_reached for answer in answers)
            self._board.note(message, user.id, BROKEN if was_reached else UNREACHABLE)

    async def _fail(self, user: User, message: Message, code: str, text: str) -> None:
        await self._invoke(user, message, "signin/failure", {"code": code, "message": text})

    async def verify(self, user: User, message: Message, code: str) -> BotAnswer:
        """What the client sends when a sign-in page hands it `code`."""
        answer = await self._invoke(user, message, "signin/verifyState", {"state": code})
        if answer.is_success:
            self._board.signed_in(message, SignIn.DONE)
        return answer

    async def _invoke(self, user: User, message: Message, name: str, value: Json) -> BotAnswer:
        return await self._delivery.send(self._activities.invoke(user, message.place, name, value, reply_to=message.id))
