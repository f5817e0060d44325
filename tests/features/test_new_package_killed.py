"""What an administrator agreed to in chat is killed at every write; it ends the same, and nothing is there twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from bot.clock import Clock
from bot.domain import UserId
from bot.errors import NotFound, SignInNeeded
from bot.graph.administration import AdministrationWriter
from bot.graph.administration_reader import AdministrationReader
from bot.graph.client import Caller, GraphClient
from bot.graph.transport import graph_http
from bot.identity.sealing import Sealer
from bot.services.auditing import StoreTrail
from bot.services.enrolment_cards import CardTeller
from bot.services.package_office import NewPackage, PackageOffice
from bot.services.plan_run_work import PlanRunWork
from bot.services.plan_runs import KIND, PlanRunFacts, PlanRuns, moment_of
from bot.store import Store, open_store
from bot.turn import Actor
from bot.views.plan_runs import run_view
from bot.views.words import Reader
from cards.administration import plan_card
from cards.language import ENGLISH, Language
from sandbox.app import serving
from sandbox.connector.cards import texts
from sandbox.entra.tokens import issue_graph_token
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import TENANT_ID, user_id
from sandbox.world import World
from tests.support.databases import lay_out
from tests.support.moments import story_clock
from tests.unit.graph_fakes import QUICK as QUICK_BUDGET

T = TypeVar("T")
ADAM = Actor(TENANT_ID, UserId(user_id("admin")), "Adam Admin")
LENA = Actor(TENANT_ID, UserId(user_id("lead")), "Lena Lead")
FAIR = NewPackage("Trade fair", "For the fair", "Company", ("Testing-Group",), "members", ("manager",), 90)
A_CLAIM = timedelta(minutes=2)


@dataclass
class Executioner:
    """Kills at the n-th write, before or after it. Who is dead does nothing any more."""

    at: int = 0
    is_after: bool = False
    writes: int = 0
    killed: asyncio.Event = field(default_factory=asyncio.Event)

    async def around(self, write: Callable[[], Awaitable[T]]) -> T:
        self.writes += 1
        if self.writes == self.at and not self.is_after:
            self.killed.set()
        if not self.killed.is_set():
            done = await write()
            if self.writes == self.at:
                self.killed.set()
            if not self.killed.is_set():
                return done
        await asyncio.Event().wait()
        raise AssertionError("the dead do not go on")

    async def lets_finish(self, work: Awaitable[float | None]) -> tuple[float | None, bool]:
        """What the work gives, or that it was killed on the way."""
        doing, dying = asyncio.ensure_future(work), asyncio.ensure_future(self.killed.wait())
        await asyncio.wait((doing, dying), return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        if doing.done():
            return doing.result(), False
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        return None, True


class Hand(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
        super().__init__(lambda: self.moment)


class Eyes:
    """Reads that may not show yet which packages there are."""

    def __init__(self, place: Place, inner: Any) -> None:
        self._place = place
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def packages(self, names: Iterable[str]) -> Any:
        return await self._inner.packages(names) if self._place.shows_packages else {}


class Deadly:
    """Every write of the same name, with the executioner beside it."""

    def __init__(self, inner: Any, executioner: Executioner, writes: frozenset[str] | None = None) -> None:
        self._inner = inner
        self._executioner = executioner
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if self._writes is not None and name not in self._writes:
            return found
        return lambda *args, **more: self._executioner.around(lambda: found(*args, **more))


class DeadlyOffice(PackageOffice):
    def __init__(self, executioner: Executioner, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._executioner = executioner

    def audited(self, who: Actor, new: Any, run_id: str, journal: Any) -> Any:
        return super().audited(who, new, run_id, Deadly(journal, self._executioner, frozenset({"write"})))


@dataclass
class Asked:
    """Notes which jobs are wanted; the tests run them."""

    applied: list[tuple[str, str]] = field(default_factory=list)

    async def apply_soon(self, run_id: str, moment: str) -> None:
        self.applied.append((run_id, moment))

    async def deliver_soon(self, key: str, wanted: int) -> None:
        return None


class Place:
    """A sandbox, a store, and as many processes as a test wants."""

    def __init__(self, world: World, http: httpx.AsyncClient, store: Store, clock: Hand) -> None:
        self.world, self.store, self.clock, self.jobs = world, store, clock, Asked()
        self.client = GraphClient(f"{world.base_url}/v1.0", http, Clock(), budget=QUICK_BUDGET)
        self.signed_out: set[Actor] = set()
        self.shows_packages = True
        self.build = TenantBuilder(world.tenant, world.clock.now())

    def office(self, executioner: Executioner) -> PackageOffice:
        def caller(who: Actor | None) -> Callable[[], Awaitable[Caller]]:
            async def call() -> Caller:
                if who in self.signed_out:
                    raise SignInNeeded(("EntitlementManagement.ReadWrite.All",))
                token = issue_graph_token(self.world, user_id=who.object_id if who else None)
                return Caller(who.object_id if who else "reader", token)

            return call

        async def at_once(_seconds: float) -> None:
            await asyncio.sleep(0)

        def writes(who: Actor) -> Any:
            return Deadly(
                AdministrationWriter(self.client, caller(who), base_url=f"{self.world.base_url}/v1.0"), executioner
            )

        return DeadlyOffice(
            executioner,
            lambda who: Eyes(self, AdministrationReader(self.client, caller(who), directory=caller(None))),
            writes,
            StoreTrail(self.store),
            TENANT_ID,
            pause=at_once,
        )

    def runs(self) -> PlanRuns:
        return PlanRuns(self.store, self.office(Executioner()), self.jobs, CardTeller(KIND), self.clock)

    def work(self, executioner: Executioner | None = None) -> PlanRunWork:
        office = self.office(executioner or Executioner())
        return PlanRunWork(self.store, office, self.jobs, CardTeller(KIND), self.clock)

    async def begin(self, run_id: str, new: NewPackage, who: Actor = ADAM) -> PlanRunFacts:
        plan = await self.office(Executioner()).plan(who, new)
        return await self.runs().begin(who, run_id, new, plan, None)

    async def to_the_end(self, run_id: str, executioner: Executioner | None = None) -> None:
        """Round after round; killed, another process goes on once the claim of the dead one has run out."""
        executioner = executioner or Executioner()
        while True:
            wait, is_dead = await executioner.lets_finish(self.work(executioner).apply(run_id))
            if not is_dead and wait is None:
                return
            if is_dead:
                # A process that is killed releases nothing; this one could, so its claim is put back.
                async with self.store.unit() as unit:
                    await unit.enrolments.claim(run_id, 60)
                executioner = Executioner()
                before = len(self.world.graph_log.entries)
                assert await self.work().apply(run_id) is not None, "the claim of the dead one holds"
                assert len(self.world.graph_log.entries) == before
                self.clock.moment += A_CLAIM

    def package_id(self, name: str) -> str:
        return next(each.id for each in self.world.tenant.packages.values() if each.display_name == name)

    def made(self, name: str) -> tuple[int, list[int], list[int]]:
        """How many packages have this name, with how many grants and policies."""
        tenant = self.world.tenant
        found = [each for each in tenant.packages.values() if each.display_name == name]
        return len(found), [len(each.role_scopes) for each in found], [len(tenant.policies_of(p.id)) for p in found]


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    world = World(clock=story_clock())
    world.options.onboarding_delay_s = 0.0
    lay_out(tmp_path)
    async with serving(world), graph_http(f"{world.base_url}/v1.0") as http:
        clock = Hand()
        store = await open_store(f"sqlite:///{tmp_path}/doorman.db", Sealer([Fernet.generate_key().decode()]), clock)
        yield Place(world, http, store, clock)
        await store.close()


async def test_killed_at_every_write_it_ends_the_same(place: Place) -> None:
    """Each round makes another package from another new group, and is killed at another write."""
    points = number = 0
    while True:
        number += 1
        executioner = Executioner((number + 1) // 2, is_after=number % 2 == 0)
        group = f"Fair team {number}"
        place.build.group(group)
        new = replace(FAIR, name=f"Trade fair {number}", groups=(group,))
        facts = await place.begin(f"run-{number}", new)
        assert len(facts.left) == 4
        await place.to_the_end(f"run-{number}", executioner)
        facts = await place.runs().facts(ADAM, f"run-{number}")
        assert (facts.run.state, len(facts.done), facts.left) == ("done", 4, ())
        assert place.made(new.name) == (1, [1], [1]), f"killed at {executioner}"
        async with place.store.unit(read_only=True) as unit:
            lines = await unit.audit.about(facts.package_id)
        assert "packages.create-package.done" in {each.event for each in lines}
        if executioner.writes < executioner.at:
            break
        points += 1
    assert points >= 16, "there were hardly any writes, so this shows little"


def card(facts: PlanRunFacts, words: Language = ENGLISH) -> str:
    """Everything that the card about the run says."""
    view = run_view(facts, lambda package_id: f"https://example.com/{package_id}", Reader(words=words))
    return " | ".join(texts(plan_card(view))).replace("\\", "")


async def test_two_processes_and_two_administrators_make_it_once(place: Place) -> None:
    place.world.tenant.users[LENA.object_id].directory_roles = {"Identity Governance Administrator"}
    facts = await place.begin("adam", FAIR)
    hers = await place.begin("lena", FAIR, LENA)
    assert {seal for _, seal in place.jobs.applied} == {moment_of(facts.run.record), moment_of(hers.run.record)}
    waits = await asyncio.gather(*(place.work().apply(run) for run in ("adam", "lena", "adam", "lena")))
    assert waits.count(None) == 1, "one works, all others wait for their turn"
    await place.to_the_end("adam")
    await place.to_the_end("lena")
    assert place.made("Trade fair") == (1, [1], [1])
    made = [call for call in place.world.graph_log.entries if call.path.endswith("/accessPackages")]
    assert [call.identity_id for call in made if call.method == "POST"] == [ADAM.object_id]
    for who, run_id in ((ADAM, "adam"), (LENA, "lena")):
        told = await place.runs().facts(who, run_id)
        assert (told.run.state, told.left) == ("done", ())
    with pytest.raises(NotFound):
        await place.runs().go_on(LENA, "adam")
    assert await place.runs().find(LENA, "adam") is None


async def test_what_the_tenant_does_not_show_yet_is_not_made_again(place: Place) -> None:
    fault = place.world.faults.add(Fault(Service.GRAPH, "status", path="assignmentPolicies$", status=503))
    facts = await place.begin("run", FAIR)
    assert await place.work().apply("run") == 5
    facts = await place.runs().facts(ADAM, "run")
    assert "3 of 4 done" in card(facts)
    assert "Microsoft Graph does not answer at the moment. I go on by myself." in card(facts)
    place.world.faults.remove(fault.id)
    place.shows_packages = False
    await place.to_the_end("run")
    assert place.made("Trade fair") == (1, [1], [1])


async def test_it_stops_with_a_reason_and_goes_on_from_there(place: Place) -> None:
    await place.begin("run", FAIR)
    place.signed_out.add(ADAM)
    assert await place.work().apply("run") is None
    stopped = card(await place.runs().facts(ADAM, "run"))
    assert "It stopped before the first of 4 steps." in stopped
    assert "Press Go on to sign in and do the rest." in stopped
    with pytest.raises(SignInNeeded):
        await place.runs().go_on(ADAM, "run")
    assert await place.work().apply("run") is None, "nobody has gone on with it"
    place.signed_out.clear()

    # What is new in the catalog is not there yet: it waits by itself, and after an hour for a person.
    place.world.options.onboarding_delay_s = 7200
    place.clock.moment += timedelta(hours=3)
    jobs = len(place.jobs.applied)
    await asyncio.gather(*(place.runs().go_on(ADAM, "run") for _ in range(2)))
    assert len(set(place.jobs.applied[jobs:])) == 1, "one moment, one job"
    assert await place.work().apply("run") == 5
    waiting = await place.runs().facts(ADAM, "run")
    assert (waiting.run.state, waiting.run.reason) == ("applying", "late")
    assert "Trade fair is being made" in card(waiting)
    place.clock.moment += timedelta(minutes=61)
    assert await place.work().apply("run") is None
    assert "Press Go on to look again." in card(await place.runs().facts(ADAM, "run"))
    place.world.clock.advance(timedelta(hours=3))
    await place.runs().go_on(ADAM, "run")

    # Left behind by a process that died, it is found; not while somebody may be at it.
    jobs = len(place.jobs.applied)
    await place.work().recover()
    place.clock.moment += timedelta(minutes=3)
    await place.work().recover()
    assert [run for run, _ in place.jobs.applied[jobs:]] == ["run"]
    await place.to_the_end("run")
    assert place.made("Trade fair") == (1, [1], [1])
    assert f"https://example.com/{place.package_id('Trade fair')}" in str(
        run_view(await place.runs().facts(ADAM, "run"), lambda each: f"https://example.com/{each}", Reader())
    )


async def test_nothing_is_done_that_nobody_agreed_to(place: Place) -> None:
    await place.begin("run", FAIR)
    catalog = next(each for each in place.world.tenant.catalogs.values() if each.display_name == "Company")
    place.build.package(catalog, "Trade fair", description="Made by somebody else")
    assert await place.work().apply("run") is None
    facts = await place.runs().facts(ADAM, "run")
    assert (facts.run.reason, facts.done) == ("moved", ())
    assert "Please look at the plan again." in card(facts)
    assert card(facts).endswith("| Show the plan | Change my answers")
    assert place.made("Trade fair") == (1, [0], [0])
