"""A line to Graph that sends nothing: it writes down what would be sent."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import unquote

from bot.errors import DoormanError, NotFound
from bot.graph.client import Caller
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


@dataclass
class Explaining:
    """Takes the place of the client. Every list is empty, nothing has an id, and what is made gets one that says so."""

    calls: list[ExplainedCall] = field(default_factory=list)

    async def write(self, caller: Caller, method: str, where: GraphPath, body: JsonObject | None = None) -> JsonObject:
        self._note(caller, method, where, None, body)
        return {"id": f"{{id of {(body or {}).get('displayName', where.template.rpartition('/')[2])}}}"}

    async def collect(self, caller: Caller, where: GraphPath, *, params: Query | None = None) -> list[JsonObject]:
        self._note(caller, "GET", where, params)
        return []

    async def batch(
        self, caller: Caller, wanted: Mapping[K, tuple[GraphPath, Query | None]]
    ) -> dict[K, JsonObject | DoormanError]:
        for where, query in wanted.values():
            self._note(caller, "GET", where, query)
        return {
            key: NotFound() if where.template.endswith("}") else {"value": []} for key, (where, _) in wanted.items()
        }

    def _note(
        self, caller: Caller, method: str, where: GraphPath, query: Query | None, body: JsonObject | None = None
    ) -> None:
        options = "&".join(f"{name}={value}" for name, value in (query or {}).items())
        address = unquote(where.text) + (f"?{options}" if options else "")
        permission = permission_for(method, where.template)
        self.calls.append(ExplainedCall(method, address, permission, caller.identity, body))
