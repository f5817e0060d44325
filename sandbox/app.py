"""Puts the rooms of the sandbox together into one web application, and serves it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_protocol import RequestPayloadError

from sandbox.connector import routes as connector
from sandbox.control import routes as control
from sandbox.entra import routes as entra
from sandbox.fault_middleware import fault_middleware
from sandbox.graph import routes as graph
from sandbox.graph.service import http_date
from sandbox.guard import WILDCARDS, allowed_hosts, guard_middleware
from sandbox.services import Service, error_response, service_of
from sandbox.web import routes as page
from sandbox.world import WORLD, World

logger = logging.getLogger("sandbox")

_LARGEST_REQUEST = 16 * 1024 * 1024
_SHUTDOWN_S = 1.0


def create_sandbox(world: World | None = None, *, listen_host: str = "127.0.0.1") -> web.Application:
    """The whole outside world as one application. `listen_host` decides which `Host` headers it answers to.

    Set `world.base_url` once the port is known; `serving` does both.
    """
    world = world or World()
    stopping = asyncio.Event()
    app = web.Application(
        client_max_size=_LARGEST_REQUEST,
        middlewares=[
            _error_middleware(world),
            guard_middleware(world, allowed_hosts(listen_host)),
            fault_middleware(world, stopping),
            _error_middleware(world),  # again, so that faults that act on an answer find one
        ],
    )
    app[WORLD] = world

    async def stop(_: web.Application) -> None:
        stopping.set()
        world.events.close()

    async def date(request: web.Request, answer: web.StreamResponse) -> None:
        if service_of(request.path) is Service.GRAPH:
            answer.headers["Date"] = http_date(world.clock.now())

    app.on_shutdown.append(stop)
    app.on_response_prepare.append(date)  # of what no room answered, too, such as injected faults
    app.add_routes(graph.routes(world))
    app.cleanup_ctx.extend(graph.contexts(world))
    app.add_routes(connector.routes(world))
    app.cleanup_ctx.extend(connector.contexts(world))
    app.add_routes(control.routes(world))
    app.add_routes(page.routes(world))
    app.add_routes(entra.routes(world))  # last: its paths begin with any tenant's name and must not shadow the others
    return app


@asynccontextmanager
async def serving(
    world: World, *, host: str = "127.0.0.1", port: int = 0, url: str | None = None
) -> AsyncIterator[str]:
    """Serve `world` while the block runs; gives its base URL, which is also set on the world.

    Port 0 takes a free one. `url` is the address by which others reach the sandbox when that is not where it listens.
    Raises OSError when the port is taken.
    """
    runner = web.AppRunner(
        create_sandbox(world, listen_host=host), access_log=None, shutdown_timeout=_SHUTDOWN_S, keepalive_timeout=75
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        world.base_url = url.rstrip("/") if url else base_url_for(host, runner.addresses[0][1])
        yield world.base_url
    finally:
        await runner.cleanup()


def base_url_for(host: str, port: int) -> str:
    """How to reach a server that listens on `host`, from this machine."""
    name = "127.0.0.1" if host in WILDCARDS else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _error_middleware(world: World) -> Middleware:
    """Every failure in the shape of the service it happened in; nothing unexpected reaches the caller."""

    @web.middleware
    async def shape(request: web.Request, handler: Handler) -> web.StreamResponse:
        service = service_of(request.path)
        try:
            return await handler(request)
        except web.HTTPRedirection:
            raise
        except web.HTTPException as refusal:
            if refusal.content_type == "application/json":
                raise
            message = f"{refusal.reason}: {request.method} {request.path}"
            answer = error_response(service, refusal.status, message, now=world.clock.now())
            if "Allow" in refusal.headers:
                answer.headers["Allow"] = refusal.headers["Allow"]
            return answer
        except RequestPayloadError as error:  # e.g. said to be compressed, and is not
            message = f"The body cannot be read: {error}"
            return error_response(service, 400, message, now=world.clock.now())
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            message = "The sandbox failed; the reason is in its own output."
            return error_response(service, 500, message, now=world.clock.now())

    return shape
