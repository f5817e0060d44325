"""The Logic App between custom extensions and the bot: passes every callout on to the bot's own address.

A real Logic App is called by the service and forwards with the token of its managed identity; the two are one here.
What does not arrive within the extension's time limit and retries is lost, as it is there.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Final

import aiohttp
from aiohttp import web

from sandbox.entra.service_tokens import issue_service_token
from sandbox.events import Event
from sandbox.graph.engine import Entitlement
from sandbox.graph.engine.extensions import callout_failed
from sandbox.graph.engine.policies import part
from sandbox.tenant.identity import BOT_APP_ID, CALLOUTS_APP_ID
from sandbox.tenant.model import Json
from sandbox.world import World

PATH: Final = "/hooks/entitlement"
_TICK_S: Final = 0.25
_DEFAULT_TIMEOUT_MS: Final = 1000
_DEFAULT_RETRIES: Final = 1


class Callouts:
    """Sends the callouts of one world, each in its own task."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self._world = world
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Pass on what is called out, until cancelled; a reader that was dropped for being slow begins anew."""
        while True:
            async with self._world.events.subscribe() as events:
                async for event in events:
                    if event.kind == "callout":
                        self._start(event)

    async def keep_time(self) -> None:
        """Let requests move on while nobody asks, for as long as there is an extension that waits to be called."""
        while True:
            await asyncio.sleep(_TICK_S)
            if self._world.tenant.custom_extensions:
                try:
                    Entitlement(self._world).settle()
                except Exception:
                    traceback.print_exc(file=sys.stderr)

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, event: Event) -> None:
        task = asyncio.create_task(self._deliver(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, event: Event) -> None:
        """Try as often as the extension allows, then tell what came of it.

        A failure is noted on the request or assignment; what is lost on purpose leaves no trace there.
        """
        data = event.data
        client = self._client_of(str(data["extension"]))
        attempts = 1 + int(client.get("maximumRetries", _DEFAULT_RETRIES))
        timeout_s = int(client.get("timeoutInMilliseconds", _DEFAULT_TIMEOUT_MS)) / 1000
        outcome = "lost" if self._is_lost() else "failed"
        for _ in range(attempts if outcome != "lost" else 0):
            if await self._post(data["body"], timeout_s):
                outcome = "delivered"
                break
        if outcome == "failed":
            self._note_failure(data)
        self._world.events.publish(f"callout-{outcome}", callout=data["callout"], extension=data["extension"])

    def _is_lost(self) -> bool:
        percent = self._world.options.callouts_lost_percent
        return percent > 0 and self._world.random.random() * 100 < percent

    async def _post(self, body: Json, timeout_s: float) -> bool:
        token = issue_service_token(self._world, CALLOUTS_APP_ID, BOT_APP_ID)
        try:
            async with self._session.post(
                self._world.bot_url + PATH,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=aiohttp.ClientTimeout(total=timeout_s),
                allow_redirects=False,
            ) as response:
                return 200 <= response.status < 300
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    def _client_of(self, extension_id: str) -> Json:
        extension = self._world.tenant.custom_extensions.get(extension_id)
        return part(extension.settings, "clientConfiguration") if extension is not None else {}

    def _note_failure(self, data: Mapping[str, Any]) -> None:
        tenant = self._world.tenant
        about = tenant.requests.get(str(data.get("request"))) or tenant.assignments.get(str(data.get("assignment")))
        if about is not None:
            callout_failed(about.callouts, str(data["callout"]))


def contexts(world: World) -> list[Any]:
    async def logic_app(_: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            callouts = Callouts(world, session)
            running = [asyncio.create_task(callouts.run()), asyncio.create_task(callouts.keep_time())]
            yield
            for task in running:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await callouts.close()

    return [logic_app]
