"""Keeping the state of the world, and putting it back."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.connector.state import Chats
from sandbox.tenant.model import Tenant
from sandbox.world import Options, World

_MOST_KEPT = 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Tenant, chats, options, clock and random numbers; keys, sessions, faults and the Graph log are not part of it."""

    tenant: Tenant
    chats: Chats
    options: Options
    now: datetime
    is_frozen: bool
    random_state: tuple[Any, ...]


@dataclass(slots=True)
class Snapshots:
    """The newest twenty; older ones are dropped."""

    _kept: dict[str, Snapshot] = field(default_factory=dict)
    _made: int = 0

    def take(self, world: World) -> str:
        self._made += 1
        name = f"snapshot-{self._made}"
        self._kept[name] = Snapshot(
            tenant=copy.deepcopy(world.tenant),
            chats=copy.deepcopy(world.chats),
            options=copy.deepcopy(world.options),
            now=world.clock.now(),
            is_frozen=world.clock.is_frozen,
            random_state=world.random.getstate(),
        )
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return name

    def put_back(self, world: World, name: str) -> None:
        """Make the world as it was; a snapshot can be put back any number of times. Raises KeyError."""
        kept = self._kept[name]
        world.tenant = copy.deepcopy(kept.tenant)
        world.chats = copy.deepcopy(kept.chats)
        world.options = copy.deepcopy(kept.options)
        world.random.setstate(kept.random_state)
        if kept.is_frozen:
            world.clock.freeze()
        else:
            world.clock.resume()
        world.clock.set(kept.now)
        world.events.publish("reset")

    @property
    def names(self) -> list[str]:
        return list(self._kept)
