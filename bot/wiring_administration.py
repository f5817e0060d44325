"""Wires what administrators do in chat: as themselves where it changes anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.graph.administration import AdministrationWriter
from bot.graph.administration_reader import AdministrationReader
from bot.graph.client import Caller
from bot.graph.scopes import ENTITLEMENT_WRITE
from bot.services.auditing import StoreTrail
from bot.services.package_office import PackageOffice
from bot.settings import Settings
from bot.store import Store
from bot.turn import Actor
from bot.wiring_parts import GraphSide


def package_office(settings: Settings, graph: GraphSide, store: Store) -> PackageOffice:
    """Entitlement management is read and changed as the person; the directory is only looked up, by the reader."""

    def as_person(who: Actor) -> Callable[[], Awaitable[Caller]]:
        async def caller() -> Caller:
            return Caller(who.object_id, await graph.identity.people.token(who, ENTITLEMENT_WRITE))

        return caller

    async def as_reader() -> Caller:
        return Caller("reader", await graph.identity.app.graph())

    return PackageOffice(
        lambda who: AdministrationReader(graph.client, as_person(who), directory=as_reader),
        lambda who: AdministrationWriter(graph.client, as_person(who), base_url=settings.graph_url),
        StoreTrail(store),
        settings.tenant_id,
    )
