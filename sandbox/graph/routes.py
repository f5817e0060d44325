"""Graph over HTTP: everything below `/v1.0`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from sandbox.graph import callouts
from sandbox.graph.batch import BATCH_PATH, answer_batch
from sandbox.graph.service import (
    CONTENT_TYPE,
    MAX_BODY_BYTES,
    VERSION,
    GraphRequest,
    GraphResponse,
    GraphService,
)
from sandbox.graph.table import OPERATIONS
from sandbox.world import World


def routes(world: World) -> Iterable[web.RouteDef]:
    """One route for all of Graph: its own table of operations tells paths apart."""
    service = GraphService(world, OPERATIONS)

    async def graph(request: web.Request) -> web.Response:
        return await _handle(service, request)

    return [web.route("*", VERSION + "/{path:.*}", graph)]


def contexts(world: World) -> list[Any]:
    """What runs beside the routes: the Logic App that passes callouts on."""
    return callouts.contexts(world)


async def _handle(service: GraphService, request: web.Request) -> web.Response:
    incoming = GraphRequest(
        method=request.method,
        path=request.rel_url.raw_path.removeprefix(VERSION),
        query=request.rel_url.raw_query_string,
        headers={name.casefold(): value for name, value in request.headers.items()},
        body=await _read(request),
    )
    if incoming.path.casefold() in (BATCH_PATH, "/%24batch") and incoming.method == "POST":
        answer = await answer_batch(service, incoming)
    else:
        answer = service.answer(incoming)
    return _response(answer)


async def _read(request: web.Request) -> bytes:
    """The body, up to one byte more than is allowed: what is longer is refused by whoever needs it."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_chunked(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            break
    return b"".join(chunks)


def _response(answer: GraphResponse) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    headers = {**answer.headers, "Content-Type": CONTENT_TYPE, "OData-Version": "4.0"}
    return web.Response(status=answer.status, headers=headers, body=json.dumps(answer.body).encode())
