"""Everything the sandbox knows, in one place that each room is handed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.connector.state import Chats
from sandbox.entra.state import EntraState
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.graph.log import GraphLog
from sandbox.keys import KeyRing
from sandbox.tenant.default import default_tenant
from sandbox.tenant.model import Tenant

Licence = Literal["none", "P2", "governance"]


@dataclass
class Options:
    """Behaviour that can be switched while the sandbox runs. JSON values only, so the control plane can show them.

    Where Microsoft's documentation leaves a behaviour open, the default is what was seen most often and the other
    value is there to prove that the bot copes with it too.
    """

    licence: Licence = "governance"

    # Graph
    processing_delay_s: float = 0.3  # a new request stays `submitted` this long
    delivery_delay_s: float = 4.0  # an approved request stays `delivering` this long
    cancel_status: int = 204
    later_stages_visible: bool = True
    hidden_in_allowed_requestor: bool = True
    nested_group_targets: bool = True
    page_size: int = 100
    fulfilled_delay_s: float = 5.0  # a delivered request tells of itself this much later
    already_assigned_status: int = 400
    closed_by_time_status: str = "Denied"
    multiple_choice_separator: str = ","
    indirect_managers_may_request: bool = False
    directory_units_per_10s: int = 0  # resource units before 429; 0 is no limit
    entitlement_units_per_10s: int = 0

    # Entra
    token_lifetime_s: int = 3599
    expired_secrets: list[str] = field(default_factory=list)  # client secrets that are past their end date
    cae_users: dict[str, float] = field(default_factory=dict)
    """Continuous access evaluation: user id to the real moment (seconds since 1970) before which tokens are refused."""


@dataclass
class World:
    """One sandbox. `base_url` has no slash at its end and is right once the server knows its port."""

    clock: SandboxClock = field(default_factory=SandboxClock)
    entra_keys: KeyRing = field(default_factory=lambda: KeyRing("entra"))
    channel_keys: KeyRing = field(default_factory=lambda: KeyRing("channel"))
    events: Events = field(default_factory=Events)
    options: Options = field(default_factory=Options)
    base_url: str = "http://127.0.0.1:8765"
    bot_url: str = "http://127.0.0.1:3978"
    seed: int = 1
    make_tenant: Callable[[datetime], Tenant] = default_tenant
    tenant: Tenant = field(init=False)
    random: random.Random = field(init=False)
    faults: Faults = field(init=False)
    entra: EntraState = field(init=False)
    graph_log: GraphLog = field(init=False)
    chats: Chats = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - repeatable, and nothing secret is made from it
        self.faults = Faults(seed=self.seed)
        self.entra = EntraState()
        self.graph_log = GraphLog(self.events)
        self._populate()

    def reset(self) -> None:
        """Back to the start, except that keys stay: a bot that has cached them goes on."""
        self.clock.reset()
        self.options = Options()
        self.random.seed(self.seed)
        self.faults.reset(seed=self.seed)
        self.entra.clear()
        self.graph_log.clear()
        self._populate()
        self.events.publish("reset")

    def _populate(self) -> None:
        self.tenant = self.make_tenant(self.clock.now())
        self.chats = Chats()


WORLD: web.AppKey[World] = web.AppKey("world", World)
