"""Watches what Graph answers during a story, and holds it to Microsoft's published metadata.

The parts of a batch are left to the sandbox's own tests: what was asked in them is gone once it was answered.
"""

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
        return answer
