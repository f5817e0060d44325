"""The servers that `benchmarks.turns` compares, and their peer; each runs in a process of its own.

Every server imports what it needs by itself, so that none carries the weight of another.

python -m benchmarks.servers {doorman,stock,bare,peer} PORT
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

KEYS_FILE = "BENCHMARK_KEYS"
"""Environment variable: a file with the key set that the peer publishes for the channel."""

_SESSION = web.AppKey("session", aiohttp.ClientSession)


def doorman() -> web.Application:
    """The whole bot as `bot.serve` runs it, with the settings of the environment."""
    from bot.logging import configure_logging
    from bot.settings import load_settings
    from bot.wiring import create_app

    settings = load_settings()
    configure_logging(settings.log_level)

    async def freeze(_: web.Application) -> None:
        gc.collect()
        gc.freeze()

    app = create_app(settings)
    app.on_startup.append(freeze)
    return app


def stock() -> web.Application:
    """An echo on botbuilder as its samples have it, authentication off."""
    from botbuilder.core import ActivityHandler, TurnContext
    from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication

    class Echo(ActivityHandler):  # type: ignore[misc]  # botbuilder ships no types
        async def on_message_activity(self, turn_context: TurnContext) -> None:
            await turn_context.send_activity(f"You said {turn_context.activity.text}")

    class NoIdentity:
        """Attributes that botbuilder reads: without an app id it checks nothing and sends no token."""

        APP_ID = ""
        APP_PASSWORD = ""

    adapter, bot = CloudAdapter(ConfigurationBotFrameworkAuthentication(NoIdentity())), Echo()

    async def messages(request: web.Request) -> web.Response:
        answer: web.Response = await adapter.process(request, bot)
        return answer

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    return app


def bare() -> web.Application:
    """aiohttp alone: reads the activity, posts a text, answers."""

    async def session(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as http:
            app[_SESSION] = http
            yield

    async def messages(request: web.Request) -> web.Response:
        activity = json.loads(await request.read())
        reply = json.dumps({"type": "message", "text": f"You said {activity['text']}"}).encode()
        url = f"{activity['serviceUrl']}v3/conversations/{activity['conversation']['id']}/activities"
        async with request.app[_SESSION].post(
            url, data=reply, headers={"Content-Type": "application/json"}
        ) as response:
            await response.read()
        return web.Response(status=201)

    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_post("/api/messages", messages)
    return app


def peer() -> web.Application:
    """Connector, sign-in service and Graph in as few lines as answers take: it must not be what is measured."""
    keys = json.loads(Path(os.environ[KEYS_FILE]).read_text())

    async def sent(_: web.Request) -> web.Response:
        return web.Response(status=201, body=b'{"id":"1700000000000"}', content_type="application/json")

    async def channel(request: web.Request) -> web.Response:
        return web.json_response({"issuer": "https://api.botframework.com", "jwks_uri": f"{_base(request)}/keys"})

    async def published(_: web.Request) -> web.Response:
        return web.json_response(keys)

    async def discovery(request: web.Request) -> web.Response:
        base = f"https://{request.host}/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": "x"})

    async def nothing(_: web.Request) -> web.Response:
        return web.json_response({"value": []})

    app = web.Application()
    app.router.add_post("/connector/v3/conversations/{conversation}/activities", sent)
    app.router.add_post("/connector/v3/conversations/{conversation}/activities/{activity}", sent)
    app.router.add_get("/channel", channel)
    app.router.add_get("/keys", published)
    app.router.add_route("*", "/v1.0/{anything:.*}", nothing)
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", discovery)
    app.router.add_get("/{tenant}/discovery/v2.0/keys", published)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", token)
    return app


def _base(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


SERVERS: dict[str, Any] = {"doorman": doorman, "stock": stock, "bare": bare, "peer": peer}

if __name__ == "__main__":
    web.run_app(SERVERS[sys.argv[1]](), host="127.0.0.1", port=int(sys.argv[2]), access_log=None, print=None)
