"""Watching what becomes visible to a person, and waiting for it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

from sandbox.connector.background import Background
from sandbox.connector.board import Board
from sandbox.connector.cards import texts
from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import Json, Message
from sandbox.tenant.directory import User
from sandbox.world import World


class Witness:
    """`patience_s` bounds the wait for what clients do on their own."""

    def __init__(self, world: World, board: Board, background: Background, *, patience_s: float) -> None:
        self._world = world
        self._board = board
        self._background = background
        self._patience_s = patience_s

    @property
    def moment(self) -> int:
        """Give this to `told` or `wait_for` later."""
        return self._world.chats.change_count

    async def told(
        self,
        user: User,
        since: int,
        outcome: Outcome,
        wait_for: str | None = None,
        seconds: float = 5.0,
        device: int = 1,
    ) -> Outcome:
        """The outcome with what changed for the person; their own words only where Teams put a note under them."""
        await self._background.settle(user.id, seconds=self._patience_s)
        if wait_for is not None:
            await self.wait_for(user, wait_for, seconds=seconds, since=since)
        changed = self._board.changed_since(since, user.id)
        told = [each for each in changed if each.sender != user.id or each.notes.get(user.id)]
        return replace(outcome, messages=[self._board.message_json(each, user.id, device) for each in told])

    async def wait_for(self, user: User, text: str, *, seconds: float, since: int) -> Json | None:
        """The newest message of others, changed since `since`, in which this person reads `text`; None in vain."""

        def found() -> Json | None:
            for message in reversed(self._board.changed_since(since, user.id)):
                if message.sender != user.id and _reads(message, user, text):
                    return self._board.message_json(message, user.id)
            return None

        return await self._until(found, seconds)

    async def _until(self, found: Callable[[], Json | None], seconds: float) -> Json | None:
        async with self._world.events.subscribe() as events:
            if (result := found()) is not None:
                return result
            try:
                async with asyncio.timeout(seconds):
                    async for event in events:
                        if event.kind == "chat" and (result := found()) is not None:
                            return result
            except TimeoutError:
                return None
        return None


def _reads(message: Message, user: User, text: str) -> bool:
    if message.is_deleted:
        return False
    readable = [message.text, *message.notes.get(user.id, ()), *texts(message.view(user.id))]
    wanted = text.casefold()
    return any(wanted in each.casefold() or wanted in _unescaped(each).casefold() for each in readable)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([^\w\s])", r"\1", text)
