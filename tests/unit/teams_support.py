"""The bot's edge served on loopback beside a sandbox, with storage in memory and a dispatcher that a test writes."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from bot.clock import Clock
from bot.domain import Address, UserId
from bot.identity.identity import Identity
from bot.identity.sealing import Sealer
from bot.invokes import Choices, ChoiceSearch, Composed, ComposeQuestion, FileContent, FileWish
from bot.languages import load_languages
from bot.metrics import Metrics
from bot.settings import Settings, load_settings
from bot.teams.edge import Edge, build_messenger
from bot.teams.known_people import KnownPeople
from bot.teams.messenger import Messenger
from bot.teams.pacer import Pacer
from bot.teams.ports import Ticket, WaitingCode
from bot.teams.turns import Limits
from bot.turn import Actor, CardPress, Incoming, Reply, TextMessage, Turn
from bot.web import EDGE, METRICS, READY_CHECKS, add_routes
from sandbox.app import create_sandbox
from sandbox.connector.client import TEAMS, TeamsClient
from sandbox.entra.tokens import channel_token
from sandbox.tenant.identity import BOT_APP_ID, BOT_APP_SECRET, TENANT_ID, teams_id, user_id
from sandbox.tenant.model import EVERYBODY, Consent
from sandbox.world import World
from tests.support.moments import story_clock

KEY = "c2FuZGJveC1rZXktc2FuZGJveC1rZXktc2FuZGJveCE="
OWN = "EntitlementMgmt-SubjectAccess.ReadWrite"
ADMIN = "EntitlementManagement.ReadWrite.All"

RITA = UserId(user_id("requester"))
MARC = UserId(user_id("manager"))

Handler = Callable[[Turn, Incoming], Awaitable[Reply]]


class FakePeople:
    def __init__(self) -> None:
        self.sightings: list[tuple[Actor, Address | None, str, str | None]] = []
        self.addresses: dict[UserId, Address] = {}
        self.unreachable: list[tuple[str, str]] = []

    async def seen(self, actor: Actor, address: Address | None, locale: str, time_zone: str | None) -> None:
        self.sightings.append((actor, address, locale, time_zone))
        if address is not None:
            self.addresses[actor.object_id] = address

    async def address_of(self, tenant_id: str, object_id: UserId) -> Address | None:
        return self.addresses.get(object_id)

    async def mark_unreachable(self, conversation_id: str, code: str) -> None:
        self.unreachable.append((conversation_id, code))
        self.addresses = {
            person: address for person, address in self.addresses.items() if address.conversation_id != conversation_id
        }

    async def latest_service_url(self) -> str | None:
        return next(reversed(self.addresses.values())).service_url if self.addresses else None


class FakeInstallations:
    def __init__(self) -> None:
        self.places: set[tuple[str, str]] = set()

    async def add(self, tenant_id: str, conversation_id: str) -> bool:
        is_new = (tenant_id, conversation_id) not in self.places
        self.places.add((tenant_id, conversation_id))
        return is_new

    async def remove(self, tenant_id: str, conversation_id: str) -> bool:
        was_there = (tenant_id, conversation_id) in self.places
        self.places.discard((tenant_id, conversation_id))
        return was_there


class FakeCaches:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], str] = {}

    async def load(self, tenant_id: str, object_id: str) -> str | None:
        return self.rows.get((tenant_id, object_id))

    async def save(self, tenant_id: str, object_id: str, sealed: str) -> None:
        self.rows[(tenant_id, object_id)] = sealed

    async def delete(self, tenant_id: str, object_id: str) -> None:
        self.rows.pop((tenant_id, object_id), None)


@dataclass
class _Code:
    fingerprint: str
    expires_at: datetime
    attempts: int = 0


class FakePersonal:
    """Nobody has set anything."""

    def settled(self, turn: Turn) -> Turn | None:
        return turn

    async def settle(self, turn: Turn) -> Turn:
        return turn


class FakeTickets:
    def __init__(self) -> None:
        self.rows: dict[str, Ticket] = {}
        self.codes: dict[str, _Code] = {}

    async def add(self, ticket: Ticket) -> None:
        self.rows[ticket.id] = ticket

    async def find(self, ticket_id: str) -> Ticket | None:
        return self.rows.get(ticket_id)

    async def rewrite(self, ticket_id: str, sealed: str) -> None:
        self.rows[ticket_id] = replace(self.rows[ticket_id], sealed=sealed)

    async def claim(self, ticket_id: str) -> bool:
        if self.rows[ticket_id].is_claimed:
            return False
        self.rows[ticket_id] = replace(self.rows[ticket_id], is_claimed=True)
        return True

    async def set_code(self, ticket_id: str, fingerprint: str, expires_at: datetime) -> None:
        self.codes[ticket_id] = _Code(fingerprint, expires_at)

    async def waiting_codes(self, tenant_id: str, object_id: UserId, now: datetime) -> Sequence[WaitingCode]:
        return [
            WaitingCode(ticket.id, code.fingerprint, code.attempts)
            for ticket in reversed(self.rows.values())
            if (code := self.codes.get(ticket.id)) is not None
            and (ticket.tenant_id, ticket.object_id) == (tenant_id, object_id)
            and not ticket.is_claimed
            and code.expires_at > now
        ]

    async def count_attempt(self, ticket_ids: Sequence[str]) -> None:
        for ticket_id in ticket_ids:
            self.codes[ticket_id].attempts += 1

    async def take_code(self, ticket_id: str, fingerprint: str) -> bool:
        code = self.codes.get(ticket_id)
        if code is None or code.fingerprint != fingerprint:
            return False
        del self.codes[ticket_id]
        return True

    async def purge(self, before: datetime) -> int:
        old = [ticket.id for ticket in self.rows.values() if ticket.expires_at < before]
        for ticket_id in old:
            del self.rows[ticket_id]
        return len(old)


class Watch:
    """The machine's time for tickets and codes; a test moves it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class QuickTime:
    """Time for a pacer that passes by being waited for; `waited` is what it amounts to."""

    waited: float = 0.0

    def now(self) -> float:
        return self.waited

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds

    def pacer(self) -> Pacer:
        return Pacer(now=self.now, sleep=self.sleep)


@dataclass
class Script:
    """A dispatcher that does what the test says and remembers what it was asked."""

    handler: Handler
    asked: list[tuple[Turn, Incoming]] = field(default_factory=list)
    searches: list[ChoiceSearch] = field(default_factory=list)
    questions: list[ComposeQuestion] = field(default_factory=list)
    find_choices: Callable[[ChoiceSearch], Awaitable[Choices]] | None = None
    find_cards: Callable[[ComposeQuestion], Awaitable[Composed]] | None = None

    async def handle(self, turn: Turn, incoming: Incoming) -> Reply:
        self.asked.append((turn, incoming))
        return await self.handler(turn, incoming)

    def is_command(self, incoming: Incoming) -> bool:
        return isinstance(incoming, TextMessage) or getattr(incoming, "verb", "") == "command.run"

    def working(self, turn: Turn, incoming: Incoming) -> Reply:
        return Reply.with_text("working on it", is_personal=False)

    async def choices(self, turn: Turn, search: ChoiceSearch) -> Choices:
        self.searches.append(search)
        return await self.find_choices(search) if self.find_choices else Choices()

    async def compose(self, turn: Turn, question: ComposeQuestion) -> Composed:
        self.questions.append(question)
        return await self.find_cards(question) if self.find_cards else Composed()

    async def file(self, turn: Turn, wish: FileWish) -> FileContent:
        return FileContent(problem=str(wish.context))

    @property
    def incoming(self) -> list[Incoming]:
        return [incoming for _, incoming in self.asked]

    @property
    def presses(self) -> list[CardPress]:
        return [incoming for incoming in self.incoming if isinstance(incoming, CardPress)]


async def echo(turn: Turn, incoming: Incoming) -> Reply:
    return Reply.with_text(f"{type(incoming).__name__}: {getattr(incoming, 'text', '')}", is_personal=False)


@dataclass
class Stage:
    world: World
    teams: TeamsClient
    http: aiohttp.ClientSession
    settings: Settings
    edge: Edge
    identity: Identity
    messenger: Messenger
    script: Script
    people: FakePeople
    installations: FakeInstallations
    caches: FakeCaches
    tickets: FakeTickets
    watch: Watch
    metrics: Metrics
    sealer: Sealer

    @property
    def url(self) -> str:
        return self.settings.public_url

    @property
    def service_url(self) -> str:
        return f"{self.world.base_url}/connector/"

    def token(self, **defects: Any) -> str:
        return channel_token(self.world, **{"service_url": self.service_url, **defects})

    def activity(self, **changes: Any) -> dict[str, Any]:
        """A text message of Rita's in her 1:1 chat."""
        return {
            "type": "message",
            "id": "1692206589131",
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": {"id": teams_id(RITA), "name": "Rita Requester", "aadObjectId": RITA},
            "recipient": {"id": f"28:{BOT_APP_ID}", "name": "Doorman"},
            "conversation": {
                "id": self.world.chats.personal(RITA).conversation_id,
                "conversationType": "personal",
                "tenantId": TENANT_ID,
            },
            "locale": "de-DE",
            "localTimezone": "Europe/Berlin",
            "text": "help",
            "channelData": {"tenant": {"id": TENANT_ID}},
            **changes,
        }

    async def call(
        self, activity: Any, token: str | None = None, *, header: str | None = None
    ) -> tuple[int, dict[str, Any] | None]:
        """Post one activity as the channel does: status and JSON answer."""
        headers = {"Authorization": header if header is not None else f"Bearer {token or self.token()}"}
        async with self.http.post(f"{self.url}/api/messages", json=activity, headers=headers) as response:
            body = await response.json() if response.content_type == "application/json" else None
            return response.status, body

    def consent(self, permission: str, who: str = EVERYBODY) -> None:
        self.world.tenant.consents.add(Consent(BOT_APP_ID, who, permission))

    def withdraw(self, permission: str) -> None:
        self.world.tenant.consents = {
            consent for consent in self.world.tenant.consents if consent.permission != permission
        }

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


def settings_for(world: World, **changes: str) -> Settings:
    return load_settings(
        {
            "MicrosoftAppId": BOT_APP_ID,
            "MicrosoftAppPassword": BOT_APP_SECRET,
            "MicrosoftAppTenantId": TENANT_ID,
            "LOGIN_URL": world.base_url,
            "GRAPH_URL": f"{world.base_url}/v1.0",
            "BOT_OPENID_METADATA_URL": f"{world.base_url}/botframework/v1/.well-known/openidconfiguration",
            "CONNECTOR_HOSTS": world.base_url.removeprefix("http://"),
            "PUBLIC_URL": world.bot_url,
            "DOORMAN_SECRET_KEYS": KEY,
            **changes,
        }
    )


@asynccontextmanager
async def serving(app: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


def free_listener() -> tuple[socket.socket, str]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def staged(
    handler: Handler = echo, limits: Limits | None = None, pacer: Pacer | None = None
) -> AsyncIterator[Stage]:
    """A sandbox and the bot's edge, both on free ports of loopback."""
    world = World(clock=story_clock())
    sandbox_listener, world.base_url = free_listener()
    bot_listener, world.bot_url = free_listener()
    sandbox = create_sandbox(world)
    async with serving(sandbox, sandbox_listener), aiohttp.ClientSession() as http:
        settings = settings_for(world)
        sealer = Sealer([KEY])
        people, installations, caches, tickets = FakePeople(), FakeInstallations(), FakeCaches(), FakeTickets()
        metrics, watch, script = Metrics(), Watch(), Script(handler)
        identity = Identity(settings, http, caches, sealer)
        known = KnownPeople(people)
        messenger = build_messenger(settings, http, identity.app, known, metrics, pacer)
        edge = Edge(
            settings=settings,
            http=http,
            identity=identity,
            dispatcher=script,
            messenger=messenger,
            people=known,
            tickets=tickets,
            installations=installations,
            sealer=sealer,
            clock=Clock(),
            metrics=metrics,
            languages=load_languages(),
            personal=FakePersonal(),
            limits=limits,
            now=watch.now,
        )
        app = web.Application()
        add_routes(app)
        app[EDGE], app[METRICS] = edge, metrics
        app[READY_CHECKS] = {"sign-in": identity.is_reachable, "channel": edge.channel_is_reachable}
        async with serving(app, bot_listener):
            try:
                yield Stage(
                    world,
                    sandbox[TEAMS],
                    http,
                    settings,
                    edge,
                    identity,
                    messenger,
                    script,
                    people,
                    installations,
                    caches,
                    tickets,
                    watch,
                    metrics,
                    sealer,
                )
            finally:
                await edge.close()
                await identity.close()
