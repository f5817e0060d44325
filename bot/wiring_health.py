"""Puts together what looks at the health of the tenant."""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Clock
from bot.config import Config
from bot.domain import UserId
from bot.identity.identity import Identity
from bot.services.chores import Chores
from bot.services.health.examination import Health
from bot.services.health.facts import Setup
from bot.settings import Settings
from bot.store import Store
from bot.wiring_parts import GraphSide

_AT_ONCE = 300


def build_health(
    settings: Settings,
    config: Config,
    store: Store,
    clock: Clock,
    identity: Identity,
    graph: GraphSide,
    chores: Chores,
) -> Health:
    """`graph` should have patience: an examination takes longer than a turn, and other turns wait for the same."""
    apps, identities = {"bot": settings.app_id}, {"bot": identity.app}
    if settings.writer_app_id and identity.writer is not None:
        apps["writer"], identities["writer"] = settings.writer_app_id, identity.writer
    policies = {config.enrolment.policy, *(project.policy or "" for project in config.projects)}

    async def unreachable(people: frozenset[UserId]) -> frozenset[UserId]:
        ids, found = sorted(people), set[UserId]()
        async with store.unit(read_only=True) as unit:
            for start in range(0, len(ids), _AT_ONCE):
                found |= await unit.people.unreachable(ids[start : start + _AT_ONCE])
        return frozenset(found)

    setup = Setup(
        apps,
        identities,
        file_policies=frozenset(name.casefold() for name in policies if name),
        stuck_after=timedelta(minutes=config.stuck_after_minutes),
        unreachable=unreachable,
    )
    return Health(graph.survey, setup, clock, chores)
