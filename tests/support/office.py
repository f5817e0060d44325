"""A served sandbox and the pipeline that administers it: plans made, applied, counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import Clock
from bot.files.administration import Wanted
from bot.files.packages_yaml import read_packages
from bot.files.projects_yaml import read_projects
from bot.graph.administration import AdministrationWriter
from bot.graph.administration_reader import AdministrationReader
from bot.graph.budget import BACKGROUND
from bot.graph.client import Caller, CallFacts, GraphClient
from bot.graph.transport import graph_http
from bot.graph.write_batches import WriteBatches
from bot.plans.administration import make_plan
from bot.plans.journal import FileJournal, Journal
from bot.plans.resolving import lookups_for
from bot.plans.steps import Plan
from bot.services.administering import Administering, Outcome
from bot.services.tenant_look import look
from sandbox.app import serving
from sandbox.entra.tokens import issue_graph_token
from sandbox.tenant.bare import bare_tenant
from sandbox.tenant.identity import CLI_APP_ID, TENANT_ID
from sandbox.tenant.model import Tenant
from sandbox.world import World
from tests.support.moments import story_clock

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "administration"
RIGHTS = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "EntitlementManagement.ReadWrite.All",
    "Group.ReadWrite.All",
    "User.Read.All",
)


@dataclass
class Office:
    """`calls` are the HTTP requests to Graph so far, whatever their outcome."""

    world: World
    reads: AdministrationReader
    writes: AdministrationWriter
    administering: Administering
    folder: Path
    calls: list[CallFacts] = field(default_factory=list)

    @property
    def tenant(self) -> Tenant:
        return self.world.tenant

    async def plan(self, wanted: Wanted) -> Plan:
        return make_plan(wanted, await look(self.reads, lookups_for(wanted)), TENANT_ID)

    def journal(self, plan: Plan) -> Journal:
        return FileJournal(self.folder / f"{plan.run_id[:12]}.journal", plan.run_id)

    async def apply(self, wanted: Wanted) -> Outcome:
        plan = await self.plan(wanted)
        assert not plan.has_errors, [finding.message for finding in plan.findings]
        return await self.administering.apply(plan, self.journal(plan))

    def written(self) -> list[str]:
        """Every write that reached Graph, those in batches one by one, oldest first."""
        return [
            f"{call.method} {call.path}"
            for call in self.world.graph_log.entries
            if call.method != "GET" and "$batch" not in call.path
        ]

    def forget(self) -> None:
        self.calls.clear()
        self.world.graph_log.clear()


@asynccontextmanager
async def office(
    folder: Path, make_tenant: Callable[[datetime], Tenant] = bare_tenant, *, batch_size: int = 20, in_flight: int = 4
) -> AsyncIterator[Office]:
    world = World(clock=story_clock(), make_tenant=make_tenant)
    calls: list[CallFacts] = []
    async with serving(world, port=0), graph_http(f"{world.base_url}/v1.0") as http:
        client = GraphClient(f"{world.base_url}/v1.0", http, Clock(), budget=BACKGROUND, observer=calls.append)

        async def caller() -> Caller:
            return Caller("pipeline", issue_graph_token(world, app_id=CLI_APP_ID, permissions=RIGHTS))

        async def pass_time(seconds: float) -> None:
            world.clock.advance(timedelta(seconds=seconds))

        reads = AdministrationReader(client, caller)
        batches = WriteBatches(client, caller, size=batch_size, in_flight=in_flight, sleep=pass_time)
        writes = AdministrationWriter(client, caller, writes=batches)
        yield Office(world, reads, writes, Administering(reads, writes, pause=pass_time), folder, calls)


def packages_file(name: str = "packages.yaml") -> Wanted:
    return read_packages(name, (FILES / name).read_bytes())


def projects_file(name: str = "projects.yaml") -> Wanted:
    return read_projects(name, (FILES / name).read_bytes())
