"""A proposed enrolment plan and where it is, as services and views see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.domain import UserId
from bot.errors import DoormanError, NotFound
from bot.plans.enrolment import EnrolmentPlan, Estimate, PlanRow, estimate, read_plan
from bot.plans.journal import RowState
from bot.store import Unit
from bot.store.records import EnrolmentRun, MessageRecord

_log = structlog.get_logger(__name__)


class Applier(Protocol):
    """Starts the durable job."""

    async def apply_soon(self, run_id: str, moment: str) -> None: ...
    async def deliver_soon(self, key: str, wanted: int) -> None: ...


class Teller(Protocol):
    """Whoever keeps the cards about runs. Called in the transaction of each change; wants messages, sends none."""

    async def changed(self, unit: Unit, run_id: str) -> Sequence[MessageRecord]: ...


class SilentTeller:
    """There are no cards about runs."""

    async def changed(self, unit: Unit, run_id: str) -> Sequence[MessageRecord]:
        return ()


@dataclass(frozen=True, slots=True)
class Run:
    """A proposed plan and where it is. `state` is that of the record, with "expired" for a run that waited too long.

    `excluded` are rows that are left out. `reason` says in one word why it was refused or given up.
    """

    id: str
    plan: EnrolmentPlan
    state: str
    author_id: UserId
    author_name: str
    second_id: UserId | None
    second_name: str
    excluded: frozenset[str]
    is_cancelled: bool
    reason: str
    record: EnrolmentRun

    @property
    def changes(self) -> tuple[PlanRow, ...]:
        """The rows that will be, or were, carried out."""
        return tuple(row for row in self.plan.changes if row.id not in self.excluded)

    @property
    def removals(self) -> int:
        """The number that somebody has to type where the brake is on."""
        return sum(row.takes_away for row in self.changes)

    @property
    def needs_number(self) -> bool:
        return self.plan.brake.is_on and self.removals > 0

    @property
    def estimate(self) -> Estimate:
        return estimate(self.changes)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How many rows have come to their ends, and how, of all that are carried out."""

    run: Run
    counts: Mapping[RowState, int]
    total: int

    @property
    def ended(self) -> int:
        return sum(count for state, count in self.counts.items() if state.is_end)


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row. `reason` is a code: Graph's, or one of the engine's ("excluded", "not delivered")."""

    row: PlanRow
    state: RowState
    reason: str = ""


def run_of(record: EnrolmentRun | None, clock: Clock) -> Run:
    """Raises: NotFound, also when the plan cannot be opened any more."""
    if record is None or not record.plan or record.kind != "enrolment":
        raise NotFound("enrolment run")
    is_expired = record.reason == "expired" or (record.state == "waiting" and record.expires_at < clock.now())
    return Run(
        id=record.id,
        plan=read_plan(record.plan),
        state="expired" if is_expired else record.state,
        author_id=record.author_id,
        author_name=record.author_name,
        second_id=record.second_id,
        second_name=record.second_name,
        excluded=record.excluded,
        is_cancelled=record.is_cancelled,
        reason=record.reason,
        record=record,
    )


def projects_of(run: Run) -> tuple[str, ...]:
    return tuple(sorted({row.project for row in run.changes}))


def beneficiaries(run: Run) -> frozenset[str]:
    return frozenset(row.person_id for row in run.changes if row.person_id)


def justification(run: Run) -> str:
    """What Graph keeps about each request: which plan, and who proposed and agreed to it."""
    return f"Enrolment plan {run.plan.digest[:12]}, proposed by {run.author_name}, agreed to by {run.second_name}"


async def deliver(scheduler: Applier, messages: Sequence[MessageRecord]) -> None:
    """Have these messages delivered; what cannot be started now, the sweep delivers."""
    for message in messages:
        try:
            await scheduler.deliver_soon(message.key, message.wanted)
        except DoormanError as error:
            _log.info("card_later", reason=type(error).__name__)
