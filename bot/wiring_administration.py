"""Wires what administrators do in chat: as themselves where it changes anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.clock import Clock
from bot.graph.administration import AdministrationWriter
from bot.graph.administration_reader import AdministrationReader
from bot.graph.client import Caller
from bot.graph.scopes import ENTITLEMENT_WRITE
from bot.services.auditing import StoreTrail
from bot.services.enrolment_cards import CardTeller
from bot.services.enrolment_runs import Applier
from bot.services.package_office import PackageOffice
from bot.services.plan_run_work import PlanRunWork
from bot.services.plan_runs import KIND, PlanRuns
from bot.settings import Settings
from bot.store import Store
from bot.turn import Actor
from bot.wiring_parts import GraphSide


class Administration:
    """Plans of administrators, for turns and for jobs; `graph` has the patience of the one or of the other."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, graph: GraphSide, jobs: Applier) -> None:
        self.office = package_office(settings, graph, store)
        self._store = store
        self._clock = clock
        self._jobs = jobs
        self._teller = CardTeller(KIND)

    def runs(self) -> PlanRuns:
        return PlanRuns(self._store, self.office, self._jobs, self._teller, self._clock)

    def for_jobs(self) -> PlanRunWork:
        return PlanRunWork(self._store, self.office, self._jobs, self._teller, self._clock)


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
