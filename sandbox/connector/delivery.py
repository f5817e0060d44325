"""Handing an activity to the bot, with the token that proves it comes from the Bot Connector."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.connector.state import Json
from sandbox.entra.tokens import channel_token
from sandbox.world import World

NOT_DELIVERED = 0
TIMED_OUT = 504


@dataclass(frozen=True, slots=True)
class BotAnswer:
    """`status` is the bot's HTTP status, 0 when it could not be reached, 504 when it took too long.

    `body` is its JSON, None for an empty body; `is_json` is False when something else came.
    """

    status: int
    body: Any = None
    is_json: bool = True

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def was_reached(self) -> bool:
        return self.status not in (NOT_DELIVERED, 502)


class Delivery:
    def __init__(self, world: World, session: aiohttp.ClientSession, *, timeout_s: float = 10.0) -> None:
        self._world = world
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def send(self, activity: Json, *, within_s: float | None = None) -> BotAnswer:
        """The bot's answer, 504 when it takes longer than `within_s` (usually ten seconds).

        When duplicates are switched on the bot gets it twice at once; the first delivery's answer counts. When slow
        invokes are repeated, one that is not answered in time is sent once more; the answer that comes first counts.
        """
        behaviour = self._world.chats.behaviour
        limit = self._timeout if within_s is None else aiohttp.ClientTimeout(total=within_s)
        if behaviour.duplicate_delivery:
            answer, _ = await asyncio.gather(self._send(activity, limit), self._send(activity, limit))
            return answer
        if activity["type"] == "invoke" and behaviour.repeat_slow_invokes:
            return await self._send_again_when_slow(activity, limit, behaviour.slow_invoke_s)
        return await self._send(activity, limit)

    async def _send_again_when_slow(self, activity: Json, limit: aiohttp.ClientTimeout, patience_s: float) -> BotAnswer:
        sent = [asyncio.create_task(self._send(activity, limit))]
        try:
            await asyncio.wait(sent, timeout=patience_s)
            if not sent[0].done():
                sent.append(asyncio.create_task(self._send(activity, limit)))
            done, _ = await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
            answer = next(each for each in sent if each in done).result()
            await asyncio.wait(sent)  # whoever waits for this call finds the bot at rest
            return answer
        finally:
            for each in sent:
                each.cancel()

    async def _send(self, activity: Json, limit: aiohttp.ClientTimeout) -> BotAnswer:
        token = channel_token(self._world, service_url=str(activity["serviceUrl"]))
        headers = {
            "Authorization": f"Bearer {token}",
            "x-ms-conversation-id": str(activity["conversation"]["id"]),
            "x-ms-tenant-id": self._world.tenant.id,
        }
        url = f"{self._world.bot_url}/api/messages"
        try:
            async with self._session.post(url, json=activity, headers=headers, timeout=limit) as response:
                return _read(response.status, await response.read())
        except TimeoutError:
            return BotAnswer(TIMED_OUT)
        except (aiohttp.ClientError, OSError):
            return BotAnswer(NOT_DELIVERED)


def _read(status: int, raw: bytes) -> BotAnswer:
    if not raw.strip():
        return BotAnswer(status)
    try:
        return BotAnswer(status, json.loads(raw))
    except ValueError:
        return BotAnswer(status, raw.decode(errors="replace")[:2000], is_json=False)
