"""How long an enrolment of a thousand rows takes, beside the same changes made one call at a time; and a huge plan.

    python -m benchmarks.enrolment [--latency 100] [--sample 10]

1,000 rows: 500 people and 200 guests to add, 150 to remove, 150 unchanged, in the sandbox's default tenant, every
request to Graph delayed by `--latency` ms, and Graph limited to what `UNITS` says. Both ways run against sandboxes of
the same kind in one process. One call at a time is an invitation, an addition or a removal after the other, as a script
makes them; it is measured for every `--sample`-th change and multiplied. Nobody publishes how much entitlement
management lets through, so the limit is a guess.

Then 100,000 rows are read from files and planned, in a process of its own. Ends with 1 when a limit is missed: 60
requests for the plan, ten times as fast, 60 s and 500 MB for the huge plan.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path

import structlog

from bot.clock import Clock
from bot.domain import AccessPackageId, Assignment, AssignmentId, AssignmentState, Person, PolicyId, Subject, UserId
from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile
from bot.graph.budget import BACKGROUND
from bot.graph.client import CallFacts, GraphClient
from bot.graph.enrolment import EnrolmentGraph
from bot.graph.reader import ReaderGraph
from bot.graph.team_reader import TeamGraph
from bot.graph.transport import graph_http
from bot.graph.writer import WriterGraph
from bot.orders import DirectAssignment, Invitation, Removal
from bot.plans.enrolment import Action, EnrolmentPlan, plan_json
from bot.plans.enrolment_planning import plan_enrolment
from bot.plans.enrolment_state import PackageState, PlanRules, TenantState, key_of
from bot.plans.journal import FileJournal, RowState
from bot.services.enrolling import Enrolling, InvitationRules
from bot.services.enrolment_state import EnrolmentStates
from bot.services.project_packages import ProjectPackages
from bot.services.projects import Project, Projects
from sandbox.app import serving
from sandbox.entra.tokens import issue_graph_token
from sandbox.services import Service
from sandbox.tenant.identity import CLI_APP_ID
from sandbox.tenant.projects import PROJECTS, ROLES
from sandbox.world import World

ADDED, INVITED, REMOVED, KEPT = 500, 200, 150, 150
UNITS = 3_000  # resource units of entitlement management in ten seconds
MOST_REQUESTS = 60
LEAST_FACTOR = 10.0
MOST_SECONDS, MOST_MB = 60.0, 500.0
HUGE, HUGE_FILES = 100_000, 50
REDIRECT = "https://myapplications.microsoft.com"
RULES = PlanRules(today=date(2026, 1, 1), guest_domains=frozenset({"fernhill.example"}), brake_people=10_000)


@dataclass
class Place:
    """A sandbox that is slow and busy, and everything that enrols people in it."""

    world: World
    client: GraphClient
    requests: int = 0

    async def token(self) -> str:
        return issue_graph_token(self.world, app_id=CLI_APP_ID)

    @property
    def eyes(self) -> EnrolmentGraph:
        return EnrolmentGraph(self.client, self.token)

    @property
    def hand(self) -> WriterGraph:
        return WriterGraph(self.client, self.token)

    @property
    def states(self) -> EnrolmentStates:
        projects = [Project(f"Project {name}", (), (), "File managed") for name in PROJECTS]
        reader = ReaderGraph(self.client, self.token)
        return EnrolmentStates(
            self.eyes, ProjectPackages(TeamGraph(self.client, self.token)), Projects(projects, reader)
        )


@asynccontextmanager
async def slow_place(latency_ms: int) -> AsyncIterator[Place]:
    world = World()
    world.options.processing_delay_s, world.options.delivery_delay_s = 0.1, 0.5
    world.options.entitlement_units_per_10s = UNITS
    async with serving(world), graph_http(f"{world.base_url}/v1.0") as http:
        place = Place(world, GraphClient(f"{world.base_url}/v1.0", http, Clock(), budget=BACKGROUND))

        def count(call: CallFacts) -> None:
            place.requests += call.attempts

        place.client = GraphClient(f"{world.base_url}/v1.0", http, Clock(), budget=BACKGROUND, observer=count)
        world.faults.set_latency(Service.GRAPH, latency_ms)
        yield place


def a_file(world: World) -> EnrolmentFile:
    """A file about the first packages that together have enough people; who has them last stays."""
    tenant = world.tenant
    by_name = {package.display_name: package for package in tenant.packages.values()}
    holders: dict[str, list[str]] = {}
    for name in (f"Project {project} | {role}" for project in PROJECTS for role in ROLES):
        if sum(map(len, holders.values())) >= REMOVED + KEPT:
            break
        holders[name] = [
            tenant.users[str(tenant.subjects[each.target_id].object_id)].mail
            for each in tenant.holders_of(by_name[name].id)
            if each.state == "delivered"
        ]
    staying = [(name, mail) for name, mails in holders.items() for mail in mails][REMOVED:]
    members = sorted(user.mail for user in tenant.users.values() if user.mail.endswith("@woodgrove.example"))
    new = [(name, mail) for mail in members[50:] for name, mails in holders.items() if mail not in mails][:ADDED]
    guests = [(name, f"guest{number}@fernhill.example") for number, name in zip(range(INVITED), cycle(holders))]
    rows = "".join(f"Person {number};{mail};{name}\n" for number, (name, mail) in enumerate([*staying, *new, *guests]))
    return read_enrolment("people.csv", ("".join(f"# package: {name}\n" for name in holders) + rows).encode())


async def planned(place: Place) -> tuple[EnrolmentPlan, float]:
    file = a_file(place.world)
    started = time.perf_counter()
    place.requests = 0
    states = place.states
    state = await states.for_files([file], await states.roles())
    plan = plan_enrolment([file], state, RULES, datetime.now(UTC))
    return plan, time.perf_counter() - started


async def applied(place: Place, plan: EnrolmentPlan, folder: Path) -> tuple[float, int]:
    """Seconds until every request was delivered, and how many rows are done."""
    place.requests = 0
    enrolling = Enrolling(place.hand, place.eyes, Clock(), InvitationRules(REDIRECT), poll_seconds=0.5)
    journal = FileJournal(folder / "journal.jsonl", plan.digest)
    started = time.perf_counter()
    while True:
        advance = await enrolling.advance(plan, journal, justification="A measurement")
        if advance.wait_seconds is None:
            return time.perf_counter() - started, advance.counts[RowState.DONE]
        await asyncio.sleep(advance.wait_seconds)


async def one_at_a_time(place: Place, plan: EnrolmentPlan, sample: int) -> float:
    """Seconds for the same changes, each call after the answer to the one before; nothing is followed."""
    hand = place.hand
    started = time.perf_counter()
    for row in plan.changes[::sample]:
        person = row.person_id
        if row.action is Action.INVITE:
            invitation = Invitation(row.email, row.name, REDIRECT, sends_message=False)
            person = str((await hand.invite({row.id: invitation}))[row.id])
        if row.action is Action.REMOVE:
            await hand.file({row.id: Removal(AssignmentId(row.assignment_id), "One at a time")})
        else:
            package, policy = AccessPackageId(row.package_id), PolicyId(row.policy_id)
            order = DirectAssignment(
                package_id=package, policy_id=policy, justification="One at a time", person_id=UserId(person)
            )
            await hand.file({row.id: order})
    return (time.perf_counter() - started) * len(plan.changes) / len(plan.changes[::sample])


async def thousand(latency_ms: int, sample: int) -> bool:
    async with slow_place(latency_ms) as place:
        plan, plan_s = await planned(place)
        requests = place.requests
        counts = {action.value: count for action, count in plan.counts.items() if count}
        say(f"plan: {counts} in {plan_s:.1f} s with {requests} requests to Graph (at most {MOST_REQUESTS})")
        with tempfile.TemporaryDirectory() as folder:
            apply_s, done = await applied(place, plan, Path(folder))
        say(f"apply: {done} of {len(plan.changes)} done in {apply_s:.1f} s with {place.requests} requests to Graph")
    async with slow_place(latency_ms) as place:
        plan, _ = await planned(place)
        slow_s = await one_at_a_time(place, plan, sample)
    say(f"one call at a time: {slow_s:.0f} s; {slow_s / apply_s:.1f} times as long (at least {LEAST_FACTOR:.0f})")
    return requests <= MOST_REQUESTS and done == len(plan.changes) and slow_s / apply_s >= LEAST_FACTOR


def huge() -> int:
    """Read and plan 100,000 rows in this process: files of several projects, and a tenant that has most of them."""
    started = time.perf_counter()
    per_file = HUGE // HUGE_FILES
    state, files = TenantState({}, {}), []
    packages: dict[str, PackageState] = {}
    people: dict[str, tuple[Person, ...]] = {}
    for number in range(HUGE_FILES):
        label = f"Project {number} | Role"
        mails = [f"p{number}.{each}@example.com" for each in range(per_file)]
        assignments = []
        for each, mail in enumerate(mails):
            person = Person(UserId(f"{number:08}-{each:08}"), f"Person {number} {each}", mail, mail)
            people[mail] = (person,)
            if each % 10:
                subject = Subject(person.id, person.name, mail)
                assignments.append(
                    Assignment(
                        AssignmentId(f"a{person.id}"),
                        AssignmentState.DELIVERED,
                        target=subject,
                        policy_id=PolicyId("p"),
                    )
                )
        packages[key_of(label)] = PackageState(
            label=label,
            project=f"Project {number}",
            package_id=f"package-{number}",
            package_name=label,
            policy_id="p",
            assignments=tuple(assignments),
        )
        text = "".join(f"Person {number} {each};{mail};{label}\n" for each, mail in enumerate(mails) if each % 50 != 1)
        files.append(read_enrolment(f"{number}.csv", text.encode()))
    state = TenantState(packages, people)
    plan = plan_enrolment(files, state, RULES, datetime.now(UTC))
    size = len(plan_json(plan))
    seconds = time.perf_counter() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = {action.value: count for action, count in plan.counts.items() if count}
    say(f"{HUGE} rows: {counts}, {size // 1_000_000} MB of JSON, {seconds:.1f} s and {megabytes:.0f} MB")
    say(f"(at most {MOST_SECONDS:.0f} s and {MOST_MB:.0f} MB)")
    return int(seconds > MOST_SECONDS or megabytes > MOST_MB)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure enrolment.")
    parser.add_argument("--latency", type=int, default=100, help="ms that each request to Graph takes longer")
    parser.add_argument("--sample", type=int, default=10, help="measure every n-th of the single calls")
    parser.add_argument("--huge", action="store_true", help="only the plan of 100,000 rows, in this process")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if chosen.huge:
        return huge()
    is_good = asyncio.run(thousand(chosen.latency, chosen.sample))
    return subprocess.run([sys.executable, "-m", "benchmarks.enrolment", "--huge"], check=False).returncode or int(
        not is_good
    )


if __name__ == "__main__":
    raise SystemExit(main())
