"""Proposing and agreeing to enrolment plans, without a tenant: who is protected, and what exactly was agreed to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from bot.cli.enrolment import Workbench
from bot.clock import Clock
from bot.config import Config
from bot.domain import Person, UserId
from bot.errors import DoormanError, NotFound, StaleCard, Throttled
from bot.files.rows import EnrolmentFile
from bot.identity.sealing import Sealer
from bot.plans.enrolment import Action, EnrolmentPlan, PlanRow, Reason
from bot.plans.enrolment_holders import Checked
from bot.plans.enrolment_state import PackageState, TenantState
from bot.services.enrolment_state import Roles
from bot.services.enrolments import EnrolmentRules, Enrolments
from bot.services.projects import Project, Projects
from bot.store import Store, open_store
from bot.turn import Actor
from tests.support.enrolment import LABEL, NOW, file, holding, package, person, row, tenant

LEAD, SECOND = Actor("tenant", UserId("id-lead"), "Lead"), Actor("tenant", UserId("id-second"), "Second")
ANN, BEN, CAT = person("ann"), person("ben"), person("cat")
ANN_ID = "0a5ee7ff-0000-4000-8000-00000000abcd"


@dataclass
class Directory:
    """People by id and by address; `problem` is raised for whoever is in `unreadable`."""

    people: dict[str, Person]
    unreadable: set[str] = field(default_factory=set)
    problem: DoormanError = field(default_factory=lambda: Throttled(1.0))

    async def person(self, user_id: UserId) -> Person:
        if user_id in self.unreadable:
            raise self.problem
        if user_id not in self.people:
            raise NotFound(user_id)
        return self.people[user_id]


@dataclass
class States:
    """A tenant that stands still; `while_checking` is what happens while somebody looks at it."""

    state: TenantState
    while_checking: Callable[[], Awaitable[object]] | None = None

    async def roles(self) -> Roles:
        return {}

    async def for_files(self, files: Sequence[EnrolmentFile], roles: Roles) -> TenantState:
        return self.state

    async def check(self, plan: EnrolmentPlan, settled: Collection[str] = ()) -> Checked:
        if self.while_checking is not None:
            await self.while_checking()
        return Checked((), ())

    async def packages(self, rows: Iterable[PlanRow]) -> dict[str, PackageState]:
        return {each.package_id: each for each in self.state.packages.values()}

    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]:
        return {}


class Nobody:
    async def apply_soon(self, run_id: str, moment: str) -> None:
        return None

    async def deliver_soon(self, key: str, wanted: int) -> None:
        return None


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    sealer = Sealer([Fernet.generate_key().decode()])
    opened = await open_store(f"sqlite:///{tmp_path / 'doorman.db'}", sealer, Clock(lambda: NOW))
    yield opened
    await opened.close()


def desk(store: Store, directory: Directory, states: States, *protected: str) -> Enrolments:
    for each in (LEAD, SECOND):
        directory.people[each.object_id] = Person(each.object_id, each.name)
    project = Project("Project X", (LEAD.object_id,), (SECOND.object_id,), "File managed")
    rules = EnrolmentRules(protected=protected, brake_percent=100)
    return Enrolments(
        store,
        Projects([project], directory),
        cast("Any", states),
        Nobody(),
        Clock(lambda: NOW),
        rules,
        "tenant",
        has_writer=True,
    )


async def test_nobody_loses_protection_because_graph_is_busy(store: Store) -> None:
    directory = Directory({"ann@example.com": ANN}, unreadable={"ann@example.com"})
    states = States(tenant([package([holding(ANN)])], [ANN]))
    enrolments = desk(store, directory, states, "ann@example.com")
    nobody = file(labels=[LABEL])
    with pytest.raises(Throttled):
        await enrolments.propose(LEAD, "run-1", [nobody])
    directory.unreadable.clear()
    plan = (await enrolments.propose(LEAD, "run-2", [nobody])).plan
    assert [(row.action, row.reason) for row in plan.rows] == [(Action.KEPT, Reason.PROTECTED)]


async def test_an_object_id_protects_in_any_spelling_and_although_nobody_is_found_by_it(store: Store) -> None:
    gone = Person(UserId(ANN_ID), "Ann", "ann@example.com")
    directory, states = Directory({}), States(tenant([package([holding(gone)])]))
    enrolments = desk(store, directory, states, ANN_ID.upper())
    plan = (await enrolments.propose(LEAD, "run-1", [file(labels=[LABEL])])).plan
    assert [(row.action, row.reason) for row in plan.rows] == [(Action.KEPT, Reason.PROTECTED)]

    config = Config.model_validate({"enrolment": {"protected": [ANN_ID.upper()]}})
    anything = cast("Any", None)
    clocked = cast("Any", type("Session", (), {"clock": Clock(lambda: NOW)}))
    bench = Workbench(anything, clocked, config, anything, anything, cast("Any", states), anything)
    assert (await bench.rules("", ())).protected == {ANN_ID}


async def test_what_is_agreed_to_is_what_was_left_in_when_it_was_agreed_to(store: Store) -> None:
    """While the second person's press looks at the tenant, the author takes a row back in."""
    directory, states = Directory({}), States(tenant([package([holding(ANN), holding(BEN)])], [ANN, BEN]))
    enrolments = desk(store, directory, states)
    run = await enrolments.propose(LEAD, "run-1", [file(labels=[LABEL])])
    ann, ben = run.changes
    await enrolments.exclude(LEAD, run.id, [ann.id])
    states.while_checking = lambda: enrolments.exclude(LEAD, run.id, [])
    with pytest.raises(StaleCard):
        await enrolments.agree(SECOND, run.id, 1)
    with pytest.raises(StaleCard):
        await enrolments.agree(SECOND, run.id, 2, seen=frozenset({ann.id}))
    now = await enrolments.find(run.id)
    assert (now.state, now.second_id, now.changes) == ("waiting", None, (ann, ben))
    states.while_checking = None
    assert (await enrolments.agree(SECOND, run.id, 2)).state == "applying"


async def test_taking_back_can_be_proposed_again_when_nothing_came_of_it(store: Store) -> None:
    directory, states = Directory({}), States(tenant([package()], [CAT]))
    enrolments = desk(store, directory, states)
    run = await enrolments.propose(LEAD, "run-1", [file(row(CAT.mail))])
    await enrolments.agree(SECOND, run.id)
    async with store.unit() as unit:
        await unit.enrolments.write_rows(run.id, [(run.changes[0].id, "done", {})])
        await unit.enrolments.end(run.id, "done")
    # Not delivered yet, so there is nothing to take back.
    assert (await enrolments.undo(LEAD, run.id, "undo-1")).changes == ()
    states.state = tenant([package([holding(CAT)])], [CAT])
    back = await enrolments.undo(LEAD, run.id, "undo-1")
    assert (back.state, [each.action for each in back.changes]) == ("waiting", [Action.REMOVE])
    assert (await enrolments.undo(LEAD, run.id, "undo-1")).id == back.id
    await enrolments.cancel(SECOND, back.id)
    again = await enrolments.undo(LEAD, run.id, "undo-1")
    assert (again.state, again.changes) == ("waiting", back.changes)
    assert again.id != back.id
    assert (await enrolments.agree(SECOND, again.id)).state == "applying"
    assert (await enrolments.undo(LEAD, run.id, "undo-1")).id == again.id
