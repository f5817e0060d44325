"""A line to Graph that sends nothing: it writes down what would be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote

from bot.errors import DoormanError, NotFound
from bot.graph.budget import Budget
from bot.graph.client import Caller, GraphClient
from bot.graph.needs import permission_for
from bot.graph.odata import GraphPath, Query
from bot.graph.wire_base import JsonObject

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """One call: its address below the version root, readable, and the least permission that it needs."""

    method: str
    address: str
    permission: str
    identity: str
    body: JsonObject | None = None


class Explaining(GraphClient):
    """Takes the place of the client. Every list is empty, nothing has an id, and what is made gets one that says so."""

    def __init__(self) -> None:
        self.calls: list[ExplainedCall] = []

    def within(self, budget: Budget) -> GraphClient:
        return self

    async def get(
        self, caller: Caller, where: GraphPath, *, params: Query | None = None, locale: str | None = None
    ) -> JsonObject:
        self._note(caller, "GET", where, params)
        if _is_one(where):
            raise NotFound(where.template)
        return {}

    async def post(
        self,
        caller: Caller,
        where: GraphPath,
        body: JsonObject | None = None,
        *,
        is_read: bool = False,
        locale: str | None = None,
    ) -> JsonObject:
        self._note(caller, "POST", where, None, body)
        return _made(where, body)

    async def patch(self, caller: Caller, where: GraphPath, body: JsonObject) -> JsonObject:
        return await self.write(caller, "PATCH", where, body)

    async def write(self, caller: Caller, method: str, where: GraphPath, body: JsonObject | None = None) -> JsonObject:
        self._note(caller, method, where, None, body)
        return _made(where, body)

    async def collect(
        self,
        caller: Caller,
        where: GraphPath,
        limit: int = 0,
        *,
        params: Query | None = None,
        locale: str | None = None,
    ) -> list[JsonObject]:
        self._note(caller, "GET", where, params)
        return []

    async def pages(
        self,
        caller: Caller,
        where: GraphPath,
        *,
        params: Query | None = None,
        locale: str | None = None,
        after: JsonObject | None = None,
    ) -> AsyncIterator[list[JsonObject]]:
        if after is None:
            self._note(caller, "GET", where, params)
        nothing: tuple[list[JsonObject], ...] = ()
        for page in nothing:
            yield page

    async def batch(
        self, caller: Caller, wanted: Mapping[K, tuple[GraphPath, Query | None]]
    ) -> dict[K, JsonObject | DoormanError]:
        for where, query in wanted.values():
            self._note(caller, "GET", where, query)
        return {key: NotFound() if _is_one(where) else {"value": []} for key, (where, _) in wanted.items()}

    async def batch_writes(
        self, caller: Caller, posts: Mapping[K, tuple[GraphPath, JsonObject]]
    ) -> dict[K, JsonObject | DoormanError]:
        for where, body in posts.values():
            self._note(caller, "POST", where, None, body)
        return {key: _made(where, body) for key, (where, body) in posts.items()}

    def _note(
        self, caller: Caller, method: str, where: GraphPath, query: Query | None, body: JsonObject | None = None
    ) -> None:
        options = "&".join(f"{name}={value}" for name, value in (query or {}).items())
        address = unquote(where.text) + (f"?{options}" if options else "")
        permission = permission_for(method, where.template)
        self.calls.append(ExplainedCall(method, address, permission, caller.identity, body))


def _is_one(where: GraphPath) -> bool:
    return where.template.endswith(("}", ")"))


def _made(where: GraphPath, body: JsonObject | None) -> JsonObject:
    told = body or {}
    name = told.get("displayName") or told.get("invitedUserEmailAddress") or where.template.rpartition("/")[2]
    return {"id": f"{{id of {name}}}", "invitedUser": {"id": f"{{id of {name}}}"}}
