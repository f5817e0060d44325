"""A running sandbox and callers of its Graph: people and applications, each with a token of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from sandbox.app import serving
from sandbox.clock import SandboxClock
from sandbox.entra.tokens import issue_graph_token
from sandbox.tenant.identity import BOT_APP_ID, user_id
from sandbox.tenant.model import AccessPackage, Tenant
from sandbox.world import World
from tests.support.graph_metadata import GraphContract, find_metadata

EM = "/identityGovernance/entitlementManagement"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

SELF = "EntitlementMgmt-SubjectAccess.ReadWrite"
READ = "EntitlementManagement.Read.All"
WRITE = "EntitlementManagement.ReadWrite.All"


@dataclass(frozen=True)
class Answer:
    """One answer of Graph; every one that the metadata knows was held against it on arrival."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def values(self) -> list[Any]:
        values: list[Any] = self.body["value"]
        return values

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


@dataclass
class Caller:
    """Calls Graph with one token. Paths are below `/v1.0`; absolute next links are taken as they are."""

    http: httpx.AsyncClient
    token: str
    contract: GraphContract | None
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        url = path if path.startswith("http") else "/v1.0" + path
        response = await self.http.request(method, url, json=body, headers=sent)
        answer = Answer(response.status_code, response.headers, response.json() if response.content else None)
        if self.contract is not None:
            assert self.contract.check_response(method, str(response.url), answer.status, answer.body) == []
            if path == "/$batch" and answer.status == 200:
                assert self.contract.check_batch(body, answer.body) == []
        return answer

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, **headers)

    async def values(self, path: str, **headers: str) -> list[Any]:
        """All items of a collection, through every page."""
        answer = await self.get(path, **headers)
        assert answer.status == 200, answer.body
        found = list(answer.values)
        while link := answer.body.get("@odata.nextLink"):
            answer = await self.get(link, **headers)
            assert answer.status == 200, answer.body
            found += answer.values
        return found

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return await self.call("POST", path, body, **headers)

    async def patch(self, path: str, body: Any) -> Answer:
        return await self.call("PATCH", path, body)


@dataclass
class Graph:
    """A served world. Its clock stands still at `START` until it is moved."""

    world: World
    http: httpx.AsyncClient
    contract: GraphContract | None

    @property
    def tenant(self) -> Tenant:
        return self.world.tenant

    def person(self, key: str, permissions: Iterable[str] = (SELF, WRITE, "User.Read")) -> Caller:
        """Somebody of the default tenant, by persona or key, with a delegated token."""
        token = issue_graph_token(self.world, user_id=self.id_of(key), permissions=permissions)
        return Caller(self.http, token, self.contract)

    def app(self, permissions: Iterable[str] | None = None, app_id: str = BOT_APP_ID) -> Caller:
        """An application with a token of its own; by default with what the tenant grants it."""
        token = issue_graph_token(self.world, app_id=app_id, permissions=permissions)
        return Caller(self.http, token, self.contract)

    def nobody(self) -> Caller:
        return Caller(self.http, "", self.contract)

    def id_of(self, key: str) -> str:
        return user_id(key)

    def package(self, name: str) -> AccessPackage:
        return next(package for package in self.tenant.packages.values() if package.display_name == name)

    def advance(self, **span: float) -> None:
        self.world.clock.advance(timedelta(**span))


@asynccontextmanager
async def serve_graph() -> AsyncIterator[Graph]:
    world = World(clock=SandboxClock(machine=lambda: START))
    async with serving(world) as url, httpx.AsyncClient(base_url=url) as http:
        folder = find_metadata()
        yield Graph(world, http, GraphContract(folder) if folder is not None else None)
