"""Plans that administrators have agreed to in chat: written down before the first write, so that any process goes on.

    begin -> applying -> done
              |    ^
              v    | go on
             stopped   the rest cannot be done as things are: a sign-in or a right is missing, or Graph says no

A run is made with the token of the person who agreed to it. Every method may be called again with the same: a second
press finds what the first has done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

import structlog

from bot.clock import Clock
from bot.domain import Address, RequestId, UserId
from bot.errors import NotFound, ServiceBusy
from bot.files.rows import Place
from bot.plans.digest import canonical, digest
from bot.plans.journal import Entry, RowState
from bot.plans.package_steps import package_key
from bot.plans.steps import Plan, Step, StepKind, plain
from bot.services.enrolment_journal import StoreJournal
from bot.services.enrolment_runs import Applier, Teller, deliver
from bot.services.package_office import NewPackage, NewProject, PackageOffice
from bot.store import Store
from bot.store.records import EnrolmentRun
from bot.turn import Actor

KIND: Final = "administration"
_TOLD: Final = ("resource", "role", "name")
_KEPT_FOR: Final = timedelta(days=1)

_log = structlog.get_logger(__name__)


def run_key(run_id: str) -> str:
    return f"administration/{run_id}"


@dataclass(frozen=True, slots=True)
class AgreedStep:
    """A step as somebody has agreed to it: what can be told of it, and the fingerprint of all that it does."""

    step: Step
    seal: str


@dataclass(frozen=True, slots=True)
class PlanRun:
    """`state` is "applying", "stopped" or "done"; `reason` says in one word what it waits for, or why it stopped."""

    id: str
    new: NewPackage | NewProject
    steps: tuple[AgreedStep, ...]
    state: str
    reason: str
    author: Actor
    package_id: str
    """The package that the plan changes, where there was one already."""
    record: EnrolmentRun

    @property
    def writes(self) -> tuple[Step, ...]:
        return tuple(each.step for each in self.steps if each.step.kind.is_write)


@dataclass(frozen=True, slots=True)
class PlanRunFacts:
    """A run and what has become of its steps."""

    run: PlanRun
    entries: Mapping[str, Entry]

    @property
    def done(self) -> tuple[Step, ...]:
        return tuple(step for step in self.run.writes if self._is_done(step))

    @property
    def left(self) -> tuple[Step, ...]:
        return tuple(step for step in self.run.writes if not self._is_done(step))

    @property
    def package_id(self) -> str:
        """The package of `new package`, once it is there."""
        made = [step.id for step in self.run.writes if step.kind is StepKind.CREATE_PACKAGE]
        ids = [str(self.entries[each].detail.get("id", "")) for each in made if each in self.entries]
        return self.run.package_id or (ids[0] if len(made) == len(ids) == 1 else "")

    def _is_done(self, step: Step) -> bool:
        return is_done(self.entries.get(step.id))


def is_done(entry: Entry | None) -> bool:
    return entry is not None and entry.state in (RowState.DONE, RowState.UNCHANGED)


class PlanRuns:
    """What turns do with runs; the job that carries them out is `PlanRunWork`."""

    def __init__(self, store: Store, office: PackageOffice, scheduler: Applier, teller: Teller, clock: Clock) -> None:
        self._store = store
        self._office = office
        self._scheduler = scheduler
        self._teller = teller
        self._clock = clock

    async def begin(
        self,
        who: Actor,
        run_id: str,
        new: NewPackage | NewProject,
        plan: Plan,
        card: tuple[Address, str] | None,
    ) -> PlanRunFacts:
        """Have the plan carried out. `card` is the message with the plan, and shows from now on what becomes of it.

        Raises: NotFound, where the run is somebody else's.
        """
        async with self._store.unit() as unit:
            record = await unit.enrolments.add(
                run_id,
                kind="administration",
                tenant_id=who.tenant_id,
                author_id=who.object_id,
                author_name=who.name,
                digest=plan.digest,
                plan=run_json(new, plan),
                package_ids=[package_key(each) for each in plan.wanted.packages],
                expires_at=self._clock.now() + _KEPT_FOR,
                state="applying",
            )
            _of_person(record, who)
            about = RequestId(run_id)
            if card is not None:
                await unit.messages.adopt(
                    run_key(run_id),
                    kind=KIND,
                    request_id=about,
                    person_id=who.object_id,
                    address=card[0],
                    message_id=card[1],
                )
            else:
                await unit.messages.want(run_key(run_id), kind=KIND, request_id=about, person_id=who.object_id)
        await self._start(record)
        return await self.facts(who, run_id)

    async def find(self, who: Actor, run_id: str) -> PlanRunFacts | None:
        """The run, if it was begun and is this person's."""
        try:
            return await self.facts(who, run_id)
        except NotFound:
            return None

    async def go_on(self, who: Actor, run_id: str) -> PlanRunFacts:
        """Have what is left done, if the run stopped.

        Raises: NotFound; and, while the person is here to mend it, what reading the tenant as them raises.
        """
        facts = await self.facts(who, run_id)
        if facts.run.state == "stopped":
            await self._office.plan(who, facts.run.new)
            async with self._store.unit() as unit:
                is_ours = await unit.enrolments.go_on(run_id)
                stale = await self._teller.changed(unit, run_id) if is_ours else ()
            await deliver(self._scheduler, stale)
            facts = await self.facts(who, run_id)
            await self._start(facts.run.record)
        return facts

    async def facts(self, who: Actor, run_id: str) -> PlanRunFacts:
        """Raises: NotFound, for everybody but the person whose run it is."""
        async with self._store.unit(read_only=True) as unit:
            record = await unit.enrolments.find(run_id)
        run = plan_run_of(record)
        _of_person(run.record, who)
        return PlanRunFacts(run, await StoreJournal(self._store, run_id).entries())

    async def _start(self, record: EnrolmentRun) -> None:
        """The job; where it cannot be started now, the sweep starts it."""
        try:
            await self._scheduler.apply_soon(record.id, moment_of(record))
        except ServiceBusy as error:
            _log.info("plan_starts_later", run_id=record.id, reason=type(error).__name__)


def moment_of(record: EnrolmentRun) -> str:
    """Stands for one beginning, or going on: the same moment starts one job, in however many processes."""
    return (record.agreed_at or record.created_at).isoformat()


def run_json(new: NewPackage | NewProject, plan: Plan) -> bytes:
    """What has to be known to carry the plan out, and to tell about it."""
    packages = [plan.known.get(package_key(each), "") for each in plan.wanted.packages]
    return canonical(
        {
            "package": asdict(new) if isinstance(new, NewPackage) else None,
            "project": asdict(new) if isinstance(new, NewProject) else None,
            "package_id": packages[0] if len(packages) == 1 else "",
            "steps": [
                {
                    "id": step.id,
                    "kind": step.kind.value,
                    "subject": step.subject,
                    "told": {name: str(step.details[name]) for name in _TOLD if name in step.details},
                    "gives": step.gives,
                    "seal": seal_of(step),
                }
                for step in plan.steps
            ],
        }
    )


def seal_of(step: Step) -> str:
    """The same for steps that do the same to the same."""
    return digest({"kind": step.kind.value, "subject": step.subject, "details": plain(step.details)})


def plan_run_of(record: EnrolmentRun | None) -> PlanRun:
    """Raises: NotFound, also when what was agreed to cannot be opened any more."""
    if record is None or not record.plan or record.kind != KIND:
        raise NotFound("plan run")
    kept = json.loads(record.plan)
    return PlanRun(
        id=record.id,
        new=NewPackage(**_tuples(kept["package"])) if kept["package"] else NewProject(**_tuples(kept["project"])),
        steps=tuple(
            AgreedStep(
                Step(each["id"], StepKind(each["kind"]), each["subject"], Place(""), each["told"], gives=each["gives"]),
                each["seal"],
            )
            for each in kept["steps"]
        ),
        state=record.state,
        reason=record.reason,
        author=Actor(record.tenant_id, UserId(record.author_id), record.author_name),
        package_id=kept["package_id"],
        record=record,
    )


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _of_person(record: EnrolmentRun, who: Actor) -> None:
    """Raises: NotFound, whether there is such a run or not."""
    if record.author_id != who.object_id or record.kind != KIND:
        raise NotFound("plan run")
