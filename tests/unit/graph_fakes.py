"""A Graph that answers what a test says, and persons whose tokens a test can follow."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.clock import Clock
from bot.domain import UserId
from bot.graph.budget import Budget
from bot.graph.client import Caller, CallFacts, GraphClient
from bot.graph.transport import graph_http
from bot.turn import Actor

BASE = "https://graph.example/v1.0"
RITA = Actor("tenant", UserId("rita"))
ANYBODY = Caller("anybody", "a-token")
QUICK = Budget(total=5, attempt=5, connect=1, longest_wait=2, resends=2, backoff=0.001)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)

Answer = httpx.Response | Exception
Handler = Callable[[httpx.Request], Answer | Awaitable[Answer]]


class FakeGraph(httpx.AsyncBaseTransport):
    """Gives the prepared answers in turn, the last one for ever; an exception is raised. Keeps every request."""

    def __init__(self, *answers: Answer, handler: Handler | None = None) -> None:
        self._answers = list(answers)
        self._handler = handler
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer: Any = self._handler(request) if self._handler else self._next()
        if not isinstance(answer, httpx.Response | Exception):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def _next(self) -> Answer:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def client(
        self,
        budget: Budget = QUICK,
        *,
        clock: Clock | None = None,
        observer: Callable[[CallFacts], None] | None = None,
    ) -> GraphClient:
        http = graph_http(BASE, transport=self)
        return GraphClient(BASE, http, clock or Clock(), budget=budget, observer=observer)


class FakeTokens:
    """Hands out "token 1", "token 2" and so on, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...], str | None]] = []

    async def token(self, who: Actor, scopes: Sequence[str], *, claims: str | None = None) -> str:
        self.asked.append((who.object_id, tuple(scopes), claims))
        return f"token {len(self.asked)}"


def answer(body: object = None, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, content=b"" if body is None else json.dumps(body).encode())


def page(*items: object, link: str | None = None) -> httpx.Response:
    return answer({"value": list(items)} | ({"@odata.nextLink": link} if link else {}))


def refusal(status: int, code: str = "", message: str = "", **headers: str) -> httpx.Response:
    return answer({"error": {"code": code, "message": message}}, status, **headers)
