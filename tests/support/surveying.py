"""A sandbox whose tenant is examined as a whole, with the tokens of chosen identities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.clock import Clock
from bot.domain import UserId
from bot.graph.budget import BACKGROUND
from bot.graph.client import CallFacts, GraphClient
from bot.graph.survey import SurveyGraph
from bot.graph.transport import graph_http
from bot.identity.app_tokens import roles_in
from bot.services.health.examination import examine
from bot.services.health.facts import Setup
from bot.services.health.findings import Finding, Report
from sandbox.app import serving
from sandbox.entra.tokens import issue_graph_token
from sandbox.tenant.identity import BOT_APP_ID, CLI_APP_ID, WRITER_APP_ID
from sandbox.tenant.model import AssignmentPolicy, User
from sandbox.world import World
from tests.support.moments import story_clock

APPS = {"bot": BOT_APP_ID, "writer": WRITER_APP_ID, "pipeline": CLI_APP_ID}


@dataclass
class Identity:
    """Tells what one of Doorman's identities has been given, as its token lists it."""

    world: World
    app_id: str

    async def token(self) -> str:
        return issue_graph_token(self.world, app_id=self.app_id)

    async def graph_roles(self) -> frozenset[str]:
        return roles_in(await self.token())


@dataclass
class Surveyed:
    world: World
    survey: SurveyGraph
    client: GraphClient
    calls: list[CallFacts]
    clock: Clock
    setup: Setup = field(default_factory=Setup)

    async def examine(self, *only: str) -> Report:
        return await examine(self.survey, self.setup, self.clock, only)

    async def finds(self, only: str, code: str) -> list[Finding]:
        """What this check finds under this code."""
        return [finding for finding in (await self.examine(only)).findings if finding.code == code]

    async def codes(self, *only: str) -> set[str]:
        return {finding.code for finding in (await self.examine(*only)).findings}

    def user(self, name: str) -> User:
        return next(user for user in self.world.tenant.users.values() if user.display_name == name)

    def policy(self, package: str) -> AssignmentPolicy:
        """The first policy of the package with this name."""
        found = next(each for each in self.world.tenant.packages.values() if each.display_name == package)
        return self.world.tenant.policies_of(found.id)[0]


@asynccontextmanager
async def surveyed(identity: str = "pipeline") -> AsyncIterator[Surveyed]:
    """A fresh default tenant, read as one of Doorman's identities."""
    world = World(clock=story_clock())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(world))
        http = await stack.enter_async_context(graph_http(f"{world.base_url}/v1.0"))
        clock, calls = Clock(world.clock.now), list[CallFacts]()
        client = GraphClient(f"{world.base_url}/v1.0", http, clock, budget=BACKGROUND, observer=calls.append)
        identities = {name: Identity(world, app_id) for name, app_id in APPS.items()}
        setup = Setup(
            APPS, identities, frozenset({"file managed"}), timedelta(minutes=30), unreachable=_everybody_is_reached
        )
        survey = SurveyGraph(client, identities[identity].token)
        yield Surveyed(world, survey, client, calls, clock, setup)


async def _everybody_is_reached(people: frozenset[UserId]) -> frozenset[UserId]:
    return frozenset()
