"""A running sandbox, a bot that answers as the test tells it, and what a bot calls at the connector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from sandbox.app import create_sandbox
from sandbox.connector.client import TEAMS, TeamsClient
from sandbox.connector.state import ADAPTIVE_CARD, OAUTH_CARD
from sandbox.entra.scopes import CONNECTOR_URL
from sandbox.entra.tokens import issue_app_token
from sandbox.tenant.identity import BOT_APP_ID, teams_id
from sandbox.world import World
from tests.support.moments import story_clock

Json = dict[str, Any]
Answer = tuple[int, Any]
Think = Callable[[Json], Awaitable[Answer]]
Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

BOT_URI = f"api://botid-{BOT_APP_ID}"


async def _nothing(_: Json) -> Answer:
    return 201, None


@dataclass
class Bot:
    """A bot: keeps what it receives, answers what `think` says. A `str` answer is sent as it is, None as no body."""

    world: World
    http: aiohttp.ClientSession
    think: Think = _nothing
    received: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)  # what else it serves, by path

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self.pages[request.path](request)

    async def handle(self, request: web.Request) -> web.Response:
        activity = await request.json()
        self.received.append(activity)
        self.headers.append(dict(request.headers))
        status, body = await self.think(activity)
        if body is None:
            return web.Response(status=status)
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status)

    def always(self, status: int, body: Any = None) -> None:
        async def think(_: Json) -> Answer:
            return status, body

        self.think = think

    def in_turn(self, *answers: Answer) -> None:
        """One answer after the other; the last stays."""
        waiting = list(answers)

        async def think(_: Json) -> Answer:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        self.think = think

    def invokes(self, name: str = "adaptiveCard/action") -> list[Json]:
        return [each for each in self.received if each["type"] == "invoke" and each["name"] == name]

    async def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
        """A call at the connector, with the bot's own token; gives status and JSON (None without a body)."""
        status, answer, _ = await self.call_fully(method, path, body, token=token)
        return status, answer

    async def call_fully(
        self, method: str, path: str, body: Any = None, *, token: str | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        if token is None:
            token = issue_app_token(self.world, BOT_APP_ID, CONNECTOR_URL, lifetime_s=3600)
        url = f"{self.world.base_url}/connector/v3/conversations{path}"
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.request(method, url, json=body, headers=headers) as response:
            answer = await response.json() if response.content_length else None
            return response.status, answer, dict(response.headers)

    async def post(self, conversation_id: str, activity: Json) -> str:
        status, answer = await self.call("POST", f"/{quote(conversation_id, safe='')}/activities", activity)
        assert status == 201, answer
        message_id: str = answer["id"]
        return message_id


@dataclass
class Stage:
    world: World
    bot: Bot
    teams: TeamsClient
    http: aiohttp.ClientSession

    def person(self, key: str = "requester") -> str:
        return self.world.tenant.persona(key).id

    def personal(self, key: str = "requester") -> str:
        return self.world.chats.personal(self.person(key)).conversation_id

    def teams_id(self, key: str = "requester") -> str:
        return teams_id(self.person(key))

    async def control(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = {"json": body} if body is not None else {}
        async with self.http.request(
            method, f"{self.world.base_url}/control/{path}", headers=headers, **sent
        ) as answer:
            return answer.status, await answer.json()

    async def message(self, message_id: str, key: str = "requester") -> Json:
        message = self.world.chats.find(message_id)
        assert message is not None
        return self.teams.board.message_json(message, self.person(key))


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Sandbox and bot, both on free ports of this machine. Teams' rates are off; their own tests switch them on."""
    world = World(clock=story_clock())
    world.chats.behaviour.throttling = False
    async with aiohttp.ClientSession() as http:
        bot = Bot(world, http)
        bot_app = web.Application()
        bot_app.router.add_post("/api/messages", bot.handle)
        bot_app.router.add_get("/{path:.*}", bot.page)
        sandbox = create_sandbox(world)
        async with _served(bot_app) as bot_url, _served(sandbox) as base_url:
            world.bot_url, world.base_url = bot_url, base_url
            yield Stage(world, bot, sandbox[TEAMS], http)


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def card(*body: Any, actions: list[Json] | None = None, **more: Any) -> Json:
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), "actions": actions or [], **more}


def text(content: str) -> Json:
    return {"type": "TextBlock", "text": content}


def execute(title: str, verb: str, **data: Any) -> Json:
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": data}


def refresh(verb: str, *user_ids: str) -> Json:
    return {"action": {"type": "Action.Execute", "verb": verb, "data": {"id": "1"}}, "userIds": list(user_ids)}


def message(*cards: Json, **more: Any) -> Json:
    attachments = [{"contentType": ADAPTIVE_CARD, "content": each} for each in cards]
    return {"type": "message", "attachments": attachments, **more}


def card_answer(content: Json) -> Answer:
    return 200, {"statusCode": 200, "type": ADAPTIVE_CARD, "value": content}


def text_answer(content: str) -> Answer:
    return 200, {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": content}


def oauth_content(uri: str = BOT_URI, url: str = "https://bot.example/auth/start") -> Json:
    return {
        "text": "Sign in",
        "connectionName": "graph",
        "tokenExchangeResource": {"id": "exchange-1", "uri": uri},
        "buttons": [{"type": "signin", "title": "Sign in", "value": url}],
    }


def login_answer(**changes: Any) -> Answer:
    value = {**oauth_content(), **changes}
    return 200, {"statusCode": 401, "type": "application/vnd.microsoft.activity.loginRequest", "value": value}


def oauth_message(**changes: Any) -> Json:
    return {"type": "message", "attachments": [{"contentType": OAUTH_CARD, "content": {**oauth_content(), **changes}}]}
