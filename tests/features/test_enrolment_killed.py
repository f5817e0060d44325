"""Applying is killed before and after every write, to the journal and to Graph; it ends the same, nothing doubled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import pytest_asyncio
from aiohttp import web

from bot.clock import Clock
from bot.files.enrolment import read_enrolment
from bot.files.rows import Finding, Severity
from bot.files.rows import Place as FilePlace
from bot.graph.client import GraphClient
from bot.graph.enrolment import EnrolmentGraph
from bot.graph.reader import ReaderGraph
from bot.graph.team_reader import TeamGraph
from bot.graph.transport import graph_http
from bot.graph.writer import WriterGraph
from bot.plans.enrolment import Action, EnrolmentPlan
from bot.plans.enrolment_columns import last_day
from bot.plans.enrolment_planning import plan_enrolment
from bot.plans.enrolment_undo import undo_plan
from bot.plans.journal import Entry, FileJournal, RowState
from bot.services.enrolling import Enrolling, InvitationRules
from bot.services.enrolment_state import EnrolmentStates
from bot.services.project_packages import ProjectPackages
from bot.services.projects import Project, Projects
from sandbox.app import create_sandbox, serving
from sandbox.entra.tokens import issue_graph_token
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import CLI_APP_ID, user_id
from sandbox.world import World
from tests.support.enrolment import rules
from tests.support.moments import story_clock
from tests.support.pipeline import QUICK, Pipeline
from tests.unit.graph_fakes import QUICK as QUICK_BUDGET

T = TypeVar("T")


class Killed(BaseException):
    """The process ended here."""


class Executioner:
    """Kills at the n-th write, before or after it."""

    def __init__(self, at: int, *, is_after: bool) -> None:
        self._at = at
        self._is_after = is_after
        self.writes = 0

    async def around(self, write: Callable[[], Awaitable[T]]) -> T:
        self.writes += 1
        if self.writes == self._at and not self._is_after:
            raise Killed
        done = await write()
        if self.writes == self._at:
            raise Killed
        return done


class KilledJournal(FileJournal):
    def __init__(self, where: Path, digest: str, executioner: Executioner) -> None:
        super().__init__(where, digest)
        self._executioner = executioner

    async def write(self, entries: Sequence[Entry]) -> None:
        await self._executioner.around(lambda: super(KilledJournal, self).write(entries))


class KilledHand:
    def __init__(self, hand: WriterGraph, executioner: Executioner) -> None:
        self._hand = hand
        self._executioner = executioner

    async def invite(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        return await self._executioner.around(lambda: self._hand.invite(wanted))

    async def file(self, orders: Mapping[str, Any]) -> dict[str, Any]:
        return await self._executioner.around(lambda: self._hand.file(orders))


class Place:
    """A sandbox with everything that applies a plan for one project."""

    def __init__(self, world: World, http: httpx.AsyncClient, folder: Path) -> None:
        async def token() -> str:
            return issue_graph_token(world, app_id=CLI_APP_ID)

        self.world, self.folder, self.clock = world, folder, Clock()
        client = GraphClient(f"{world.base_url}/v1.0", http, self.clock, budget=QUICK_BUDGET)
        self.eyes = EnrolmentGraph(client, token)
        self.hand = WriterGraph(client, token)
        project = Project("Project Oak", (), (), "File managed")
        projects = Projects([project], ReaderGraph(client, token))
        self.states = EnrolmentStates(self.eyes, ProjectPackages(TeamGraph(client, token)), projects)

    async def plan(self, text: str, *, removes: bool = True) -> EnrolmentPlan:
        found = read_enrolment("people.csv", text.encode())
        if not removes:  # as a file that could not be read whole: nobody else is touched
            unread = Finding(Severity.ERROR, "row.broken", FilePlace("people.csv"), "This line cannot be read.")
            found = replace(found, findings=(unread,))
        state = await self.states.for_files([found], await self.states.roles())
        return plan_enrolment([found], state, rules(guest_domains=frozenset({"fernhill.example"})), self.clock.now())

    def enrolling(self, executioner: Executioner | None = None) -> Enrolling:
        hand: Any = KilledHand(self.hand, executioner) if executioner else self.hand
        return Enrolling(hand, self.eyes, self.clock, InvitationRules("https://example.com"), poll_seconds=0.01)

    async def run(self, plan: EnrolmentPlan, executioner: Executioner) -> dict[str, Entry]:
        """Apply until every row has ended; killed, it begins again with what is on the disk."""
        where = self.folder / f"{plan.digest[:12]}.jsonl"
        while True:
            journal = KilledJournal(where, plan.digest, executioner)
            try:
                advance = await self.enrolling(executioner).advance(plan, journal, justification="A test")
            except Killed:
                continue
            if advance.wait_seconds is None:
                return await journal.entries()
            await asyncio.sleep(min(advance.wait_seconds, 0.01))


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    world = World(clock=story_clock())
    world.options.processing_delay_s = world.options.delivery_delay_s = 0.0
    async with serving(world), graph_http(f"{world.base_url}/v1.0") as http:
        yield Place(world, http, tmp_path)


def contributors(world: World) -> list[str]:
    """The addresses of who has the package now; somebody twice would be here twice."""
    package = next(each for each in world.tenant.packages.values() if each.display_name == "Project Oak | Contributor")
    live = [each for each in world.tenant.holders_of(package.id) if each.state == "delivered"]
    return sorted(world.tenant.users[str(world.tenant.subjects[each.target_id].object_id)].mail for each in live)


def filed(world: World) -> list[tuple[str, str]]:
    return sorted(
        (str(each.request_type), world.tenant.subjects[each.target_id].id)
        for each in world.tenant.requests.values()
        if each.justification == "A test"
    )


async def to_the_end(place: Place, plan: EnrolmentPlan, journal: FileJournal) -> dict[str, Entry]:
    """Apply, looking again as often as it takes."""
    ended = False
    while not ended:
        await asyncio.sleep(0.005)
        ended = (await place.enrolling().advance(plan, journal, justification="A test")).wait_seconds is None
    return await journal.entries()


async def test_killed_at_every_write_it_ends_the_same(place: Place) -> None:
    """Each round begins where the last one ended: one person leaves, two others come, one of them a new guest."""
    world = place.world
    points = 0
    number = 0
    people = [user.mail for user in world.tenant.users.values() if user.mail.endswith("@woodgrove.example")][20:]
    while True:
        number += 1
        at, is_after = (number + 1) // 2, number % 2 == 0
        text = (
            f"New {number};{people[number]};Project Oak | Contributor\n"
            f"Guest {number};guest{number}@fernhill.example;Project Oak | Contributor\n"
        )
        plan = await place.plan(text)
        before = len(filed(world))
        executioner = Executioner(at, is_after=is_after)
        entries = await place.run(plan, executioner)
        assert {entry.state for entry in entries.values()} <= {RowState.DONE, RowState.UNCHANGED}
        assert contributors(world) == sorted([people[number], f"guest{number}@fernhill.example"])
        assert len(filed(world)) - before == len(plan.changes), f"killed at {at}, after: {is_after}"
        assert (await place.plan(text)).changes == ()
        if executioner.writes < at:
            break
        points += 1
    assert points >= 12, "there were hardly any writes, so this shows little"


async def test_another_end_is_given_once_and_taken_back_wherever_it_is_killed(place: Place) -> None:
    """Before and after each write: that to the journal before, that to Graph, and that to the journal after."""
    world = place.world
    package = next(each for each in world.tenant.packages.values() if each.display_name == "Project Oak | Contributor")
    for policy in world.tenant.policies_of(package.id):
        policy.settings["requestorSettings"]["allowCustomAssignmentSchedule"] = True
    held = next(each for each in world.tenant.holders_of(package.id) if each.state == "delivered")
    held.schedule = {**held.schedule, "expiration": {"type": "noExpiration", "endDateTime": None, "duration": None}}
    mail = world.tenant.users[str(world.tenant.subjects[held.target_id].object_id)].mail
    today = place.clock.now().date()
    for number, at in enumerate((1, 2, 3)):
        end = (today + timedelta(days=100 + number)).isoformat()
        text = f"name;e-mail;package;end\nSomebody;{mail};Project Oak | Contributor;{end}\n"
        plan = await place.plan(text, removes=False)
        assert [row.action for row in plan.changes] == [Action.UPDATE]
        before = len(filed(world))
        entries = await place.run(plan, Executioner(at, is_after=number % 2 == 0))
        assert {entry.state for entry in entries.values()} == {RowState.DONE}
        assert len(filed(world)) == before + 1
        assert (await place.plan(text, removes=False)).changes == ()
    undone = undo_plan(plan, entries, await place.states.packages(plan.changes), place.clock.now())
    await place.run(undone, Executioner(2, is_after=True))
    packages = await place.states.packages(undone.changes)
    (now,) = [each for each in packages[package.id].assignments if each.id == held.id]
    assert last_day(now.expires_at) == plan.changes[0].facts[1] == (today + timedelta(days=101)).isoformat()


async def test_pages_of_two_give_the_same_plan(place: Place) -> None:
    text = "Rita;rita.requester@woodgrove.example;Project Oak | Contributor\n# project: Project Oak\n"
    whole = await place.plan(text)
    place.world.options.page_size = 2
    assert (await place.plan(text)).digest == whole.digest
    assert len(whole.changes) > 4


async def test_two_who_apply_at_once_double_nothing(place: Place) -> None:
    people = [user.mail for user in place.world.tenant.users.values() if user.mail.endswith("@woodgrove.example")][
        20:60
    ]
    text = "".join(f"New;{each};Project Oak | Contributor\n" for each in people)
    place.world.options.processing_delay_s = 0.05
    plan = await place.plan(text)

    async def one(name: str) -> dict[str, Entry]:
        return await to_the_end(place, plan, FileJournal(place.folder / name, plan.digest))

    ends = await asyncio.gather(one("first"), one("second"))
    assert {entry.state for each in ends for entry in each.values()} == {RowState.DONE}
    assert contributors(place.world) == sorted(people)
    assert len(filed(place.world)) == len(plan.changes)


async def test_throttled_for_a_minute_it_waits_and_goes_on(place: Place) -> None:
    plan = await place.plan("Rita;rita.requester@woodgrove.example;Project Oak | Contributor\n")
    journal = FileJournal(place.folder / "journal", plan.digest)
    fault = place.world.faults.add(
        Fault(Service.GRAPH, "status", method="POST", path="assignmentRequests", status=429, retry_after=60)
    )
    waiting = await place.enrolling().advance(plan, journal, justification="A test")
    assert waiting.wait_seconds == 60
    assert (waiting.ended, filed(place.world)) == (0, [])
    place.world.faults.remove(fault.id)
    await to_the_end(place, plan, journal)
    assert contributors(place.world) == ["rita.requester@woodgrove.example"]
    assert len(filed(place.world)) == len(plan.changes)


async def test_cancelled_it_begins_nothing_more_and_ends_what_is_begun(place: Place) -> None:
    people = [user.mail for user in place.world.tenant.users.values() if user.mail.endswith("@woodgrove.example")][
        20:150
    ]
    plan = await place.plan("".join(f"New;{each};Project Oak | Contributor\n" for each in people))
    journal = FileJournal(place.folder / "journal", plan.digest)
    excluded = {plan.changes[0].id}
    await place.enrolling().advance(plan, journal, justification="A test", excluded=excluded)
    while True:
        now = await place.enrolling().advance(
            plan, journal, justification="A test", excluded=excluded, is_cancelled=True
        )
        if now.wait_seconds is None:
            break
    assert now.counts[RowState.DONE] == 80
    assert now.counts[RowState.CANCELLED] == len(plan.changes) - 80
    assert (await journal.entries())[plan.changes[0].id].detail["reason"] == "excluded"


async def test_what_graph_refuses_fails_alone_and_says_why(place: Place) -> None:
    rita = place.world.tenant.users[user_id("requester")]
    plan = await place.plan(
        f"Rita;{rita.mail};Project Oak | Contributor\nSam;sam.second@woodgrove.example;Project Oak | Contributor\n"
    )
    del place.world.tenant.users[rita.id]
    journal = FileJournal(place.folder / "journal", plan.digest)
    entries = await to_the_end(place, plan, journal)
    failed = [row for row in plan.changes if entries[row.id].state is RowState.FAILED]
    assert [(row.email, entries[row.id].detail["reason"]) for row in failed] == [(rita.mail, "SubjectNotFound")]


async def test_guests_by_address_are_invited_by_the_assignment(place: Place) -> None:
    """Killed in between as well: who is known by the address alone is recognised by it."""
    plan = await place.plan("Guest;guest@fernhill.example;Project Oak | Contributor\n")
    rules = InvitationRules("https://example.com", by_email=True)
    executioner = Executioner(2, is_after=True)
    hand: Any = KilledHand(place.hand, executioner)
    killed = KilledJournal(place.folder / "journal", plan.digest, executioner)
    with pytest.raises(Killed):
        await Enrolling(hand, place.eyes, place.clock, rules).advance(plan, killed, justification="A test")
    journal = FileJournal(place.folder / "journal", plan.digest)
    ended = False
    while not ended:
        await asyncio.sleep(0.005)
        again = Enrolling(place.hand, place.eyes, place.clock, rules, poll_seconds=0.01)
        ended = (await again.advance(plan, journal, justification="A test")).wait_seconds is None
    assert contributors(place.world) == ["guest@fernhill.example"]
    assert len(filed(place.world)) == len(plan.changes)
    assert not [call for call in place.world.graph_log.entries if call.path == "/invitations"]


async def test_a_guest_whom_the_directory_does_not_show_yet_is_waited_for(place: Place) -> None:
    plan = await place.plan("Guest;late@fernhill.example;Project Oak | Contributor\n# project: Project Oak\n")
    journal = FileJournal(place.folder / "journal", plan.digest)
    late = place.world.faults.add(
        Fault(Service.GRAPH, "status", method="GET", path=r"/users/[0-9a-f-]{36}\?", status=404)
    )
    for _ in range(3):
        await place.enrolling().advance(plan, journal, justification="A test")
    assert late.hits > 0
    assert {kind for kind, _ in filed(place.world)} == {"adminRemove"}
    place.world.faults.remove(late.id)
    await to_the_end(place, plan, journal)
    assert "late@fernhill.example" in contributors(place.world)
    assert [call.status for call in place.world.graph_log.entries if call.path.endswith("/invitations")] == [201]


class Killer:
    """Kills the process at the n-th request that it makes, before or after it is served."""

    def __init__(self, at: int, *, is_after: bool) -> None:
        self._at = at
        self._is_after = is_after
        self.requests = 0
        self.process: asyncio.subprocess.Process | None = None

    @web.middleware
    async def __call__(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if self.process is None or not request.path.startswith("/v1.0/"):
            return await handler(request)
        self.requests += 1
        if self.requests != self._at:
            return await handler(request)
        answer = await handler(request) if self._is_after else web.Response(status=503)
        self.process.kill()
        return answer


EVERY_KILL = [(at, is_after) for at in range(1, 16) for is_after in (False, True)]
SOME_KILLS = [(5, True)]


@pytest.mark.parametrize(("at", "is_after"), EVERY_KILL if os.environ.get("DOORMAN_KILLS") == "all" else SOME_KILLS)
async def test_the_command_is_killed_and_given_again(tmp_path: Path, at: int, is_after: bool) -> None:
    killer = Killer(at, is_after=is_after)
    world = World(clock=story_clock())
    world.options.processing_delay_s = world.options.delivery_delay_s = 0.0
    app = create_sandbox(world)
    app.middlewares.append(killer.__call__)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        world.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        pipeline = Pipeline(world, tmp_path)
        folder = tmp_path / "files"
        folder.mkdir()
        people = {"Rita": "rita.requester@woodgrove.example", "Guest": "guest@fernhill.example"}
        rows = "".join(f"{name};{mail};Project Oak | Contributor\n" for name, mail in people.items())
        (folder / "people.csv").write_text(rows, encoding="utf-8")
        plan = tmp_path / "plan.json"
        planned = await pipeline.run("enrol", "plan", str(folder), "--out", str(plan))
        assert planned.code == 3, planned
        number = planned.text.count("Remove: ")
        command = ["enrol", "apply", str(folder), "--plan", str(plan), "--accept-removals", str(number), *QUICK]
        codes: list[int | None] = []
        while not codes or codes[-1] != 0:
            killer.process = await pipeline.start(command)
            _, errors = await killer.process.communicate()
            codes.append(killer.process.returncode)
            assert codes[-1] in (0, -9), errors.decode()
        assert codes in ([-9, 0], [0]), "killed once, or never when there were fewer requests"
        assert contributors(world) == ["guest@fernhill.example", "rita.requester@woodgrove.example"]
        done = [
            each for each in world.tenant.requests.values() if (each.justification or "").startswith("Enrolment plan")
        ]
        assert len(done) == number + 2
    finally:
        await runner.cleanup()
