"""Watches everything that Graph answers during a story, and holds it to Microsoft's published metadata."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import cache

from aiohttp import web

from tests.support.graph_metadata import GraphContract, find_metadata


@cache
def _contract() -> GraphContract | None:
    folder = find_metadata()
    return GraphContract(folder) if folder else None


class GraphWitness:
    """A middleware for the sandbox. `problems` is what answers had that the metadata does not know."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    @web.middleware
    async def __call__(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        answer = await handler(request)
        contract = _contract()
        if contract is not None and request.path.startswith("/v1.0/") and isinstance(answer, web.Response):
            body = json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body else None
            self.problems += contract.check_response(request.method, str(request.rel_url), answer.status, body)
            if request.path.endswith("/$batch") and answer.status == 200 and body is not None:
                self.problems += contract.check_batch(await request.json(), body)
        return answer
