"""The addresses of the control plane."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from sandbox.control import (
    chat_operations,
    client_operations,
    governance_operations,
    identity_operations,
    message_operations,
    portal_operations,
    snapshot_operations,
    stream,
    world_operations,
)
from sandbox.control.openapi import document
from sandbox.control.operations import Operation, route
from sandbox.control.snapshots import Snapshots
from sandbox.world import WORLD, World


def operations() -> tuple[Operation, ...]:
    """Every operation there is. Each call begins with no snapshots."""
    return (
        *chat_operations.OPERATIONS,
        *client_operations.OPERATIONS,
        *message_operations.OPERATIONS,
        *portal_operations.OPERATIONS,
        *governance_operations.OPERATIONS,
        *identity_operations.OPERATIONS,
        *world_operations.OPERATIONS,
        *snapshot_operations.operations(Snapshots()),
    )


def routes(world: World) -> Iterable[web.RouteDef]:
    known = operations()

    async def openapi(request: web.Request) -> web.Response:
        return web.json_response(document(known, request.app[WORLD].base_url))

    return [
        *(route(operation) for operation in known),
        web.get("/control/openapi.json", openapi),
        web.get("/control/events", stream.events),
    ]
