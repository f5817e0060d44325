"""Keeps web pages of other sites away from a sandbox that listens on this machine.

A page anywhere can make its reader's browser send requests to loopback. Two things give that away: the `Host` header
(when a foreign name was pointed at this machine, "DNS rebinding") and the `Origin` header (when the page posts here).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.services import error_response, service_of
from sandbox.world import World

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - named in order to be recognised, not to be bound


def allowed_hosts(listen_host: str) -> frozenset[str] | None:
    """The names a sandbox on `listen_host` answers to; None, for any, when it was told to listen everywhere."""
    return None if listen_host in WILDCARDS else LOOPBACK | {listen_host.casefold()}


def guard_middleware(world: World, hosts: frozenset[str] | None) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        problem = None
        if hosts is not None and not _is_ours(f"//{request.headers.get('Host', '')}", world, hosts):
            problem = "This sandbox does not answer to that host name. SANDBOX_HOST says where it listens."
        origin = request.headers.get("Origin")
        if origin is not None and not _is_own_origin(origin, request, world, hosts):
            problem = "Pages of other sites may not send requests to the sandbox."
        if problem:
            return error_response(service_of(request.path), 403, problem, now=world.clock.now(), code="Forbidden")
        return await handler(request)

    return guard


def _is_own_origin(origin: str, request: web.Request, world: World, hosts: frozenset[str] | None) -> bool:
    if hosts is None:
        try:
            return urlsplit(origin).netloc == request.headers.get("Host")
        except ValueError:
            return False
    return _is_ours(origin, world, hosts)


def _is_ours(url: str, world: World, hosts: frozenset[str]) -> bool:
    try:
        name = urlsplit(url).hostname
    except ValueError:
        return False
    return name is not None and (name in hosts or name == urlsplit(world.base_url).hostname)
