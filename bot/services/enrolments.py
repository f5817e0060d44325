"""Enrolment in chat, from the proposal to the last row: who may propose, who agrees, what became of it.

    propose -> waiting -> agree -> applying -> done
                  |                    |
                  +-> cancelled <------+      (also when it waited too long)
                                       +-> refused: the tenant is no longer what the plan saw

Every method may be called again with the same: a second press finds what the first has done. Cards about a run are
brought up to date through `Teller`, in the transaction that changes the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain import UserId
from bot.errors import (
    GraphUnavailable,
    NotAllowed,
    NotASecond,
    PlanMoved,
    PlanOver,
    RemovalsNotAgreed,
    SecondProblem,
    ServiceBusy,
    StaleCard,
    Throttled,
)
from bot.files.checks import check_together
from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile, EnrolmentRow, Place
from bot.plans.enrolment import EnrolmentPlan, plan_json
from bot.plans.enrolment_planning import plan_enrolment, plan_one
from bot.plans.enrolment_state import PlanRules
from bot.plans.enrolment_undo import undo_plan
from bot.plans.journal import RowState
from bot.services.enrolment_journal import StoreJournal
from bot.services.enrolment_runs import (
    Applier,
    RowResult,
    Run,
    RunProgress,
    SilentTeller,
    Teller,
    beneficiaries,
    deliver,
    projects_of,
    run_of,
)
from bot.services.enrolment_state import EnrolmentStates, known_labels
from bot.services.projects import Projects
from bot.store import Store
from bot.turn import Actor

EXPIRES_AFTER: Final = timedelta(hours=24)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What an administrator has configured for all files. `protected` are object ids or sign-in names."""

    guest_domains: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    brake_percent: int = 10
    brake_people: int = 20
    sends_invitation: bool = True
    conflicts: tuple[tuple[str, str], ...] = ()
    """Pairs of labels, or of roles of one project, that one person must not have both."""


class Enrolments:
    """`has_writer` says whether a writer identity is set up; without it plans can be made and not applied."""

    def __init__(
        self,
        store: Store,
        projects: Projects,
        states: EnrolmentStates,
        scheduler: Applier,
        clock: Clock,
        rules: EnrolmentRules,
        tenant_id: str,
        *,
        has_writer: bool,
        teller: Teller | None = None,
    ) -> None:
        self._store = store
        self._projects = projects
        self._states = states
        self.has_writer = has_writer
        self._scheduler = scheduler
        self._clock = clock
        self._rules = rules
        self._tenant_id = tenant_id
        self._teller = teller or SilentTeller()

    async def read(self, name: str, content: bytes) -> EnrolmentFile:
        """The file as the linter sees it, with labels spelt as the tenant spells them."""
        labels = known_labels(await self._states.roles())
        today = self._clock.now().date()
        # In a thread: a large workbook takes seconds.
        return await asyncio.to_thread(read_enrolment, name, content, known_labels=labels, today=today)

    def compared(self, files: Sequence[EnrolmentFile]) -> tuple[EnrolmentFile, ...]:
        """The files with what only shows when they are read together. Comparing them again says nothing twice."""
        return check_together(files, self._rules.conflicts)

    async def propose(
        self, author: Actor, run_id: str, files: Sequence[EnrolmentFile], accepted: Collection[str] = ()
    ) -> Run:
        """Plan what these files would change, and keep the plan until somebody agrees to it.

        `run_id` is made by whoever shows the plan; the same id gives the same run. Rows of projects that the author
        may not change are errors in the plan. A plan without changes is done at once.
        Raises: NotAllowed, when the author may change no project at all; what reading the tenant raises.
        """
        allowed = await self._allowed(author)
        roles = await self._states.roles()
        read = self.compared(files)
        state = await self._states.for_files(read, roles)
        plan = plan_enrolment(read, state, await self._plan_rules(author, allowed, accepted), self._clock.now())
        return await self._keep(author, run_id, plan)

    async def propose_one(
        self, author: Actor, run_id: str, label: str, address: str, name: str = "", *, removes: bool = False
    ) -> Run:
        """The same for one person in one role, without a file: nobody else is touched."""
        allowed = await self._allowed(author)
        roles = await self._states.roles()
        row = EnrolmentRow(Place(""), name, address, label)
        state = await self._states.for_files([EnrolmentFile("", (row,), (), "", (label,))], roles)
        rules = await self._plan_rules(author, allowed, ())
        return await self._keep(author, run_id, plan_one(row, state, rules, self._clock.now(), removes=removes))

    async def find(self, run_id: str) -> Run:
        """Raises: NotFound."""
        async with self._store.unit(read_only=True) as unit:
            record = await unit.enrolments.find(run_id)
        return run_of(record, self._clock)

    async def mine(self, author: Actor) -> list[Run]:
        """The newest runs that this person proposed."""
        async with self._store.unit(read_only=True) as unit:
            records = await unit.enrolments.of_author(author.object_id)
        return [run_of(record, self._clock) for record in records if record.plan]

    async def may_agree(self, who: Actor, run: Run) -> bool:
        """Whether this person may have the run applied: as the second one, or alone where the projects let them."""
        try:
            await self._check_second(who, run)
        except NotASecond:
            return False
        return True

    async def seconds(self, run: Run) -> frozenset[UserId]:
        """Everybody who may agree to this run."""
        ids: frozenset[UserId] | None = None
        for name in projects_of(run):
            project = self._projects.named(name)
            found = await self._projects.ids((*project.reviewers, *project.leads)) if project else frozenset()
            ids = found if ids is None else ids & found
        return frozenset(each for each in ids or () if each != run.author_id and each not in beneficiaries(run))

    async def exclude(self, who: Actor, run_id: str, row_ids: Collection[str]) -> Run:
        """Leave exactly these rows out; the author and those who may agree may say so while the run waits.

        Raises: NotFound, NotAllowed, PlanOver.
        """
        run = await self._waiting(run_id)
        await self._check_concerned(who, run)
        known = {row.id for row in run.plan.changes}
        async with self._store.unit() as unit:
            is_changed = await unit.enrolments.exclude(run_id, known & set(row_ids))
            stale = await self._teller.changed(unit, run_id) if is_changed else ()
        await deliver(self._scheduler, stale)
        return await self.find(run_id)

    async def agree(
        self, second: Actor, run_id: str, typed_number: int | None = None, *, seen: frozenset[str] | None = None
    ) -> Run:
        """Have the plan applied, with both names kept. A second press finds it agreed to.

        `seen` are the rows that were left out of what the person read; None for those that are left out now.
        Raises: NotFound, NotASecond, RemovalsNotAgreed, PlanOver, PlanMoved, StaleCard, when other rows are left out
        meanwhile; what reading the tenant raises.
        """
        run = await self.find(run_id)
        if run.state == "applying" and run.second_id == second.object_id:
            return run
        if run.state != "waiting":
            raise PlanOver(run.state)
        if seen is not None and seen != run.excluded:
            raise StaleCard("other rows are left out")
        await self._check_second(second, run)
        if run.needs_number and typed_number != run.removals:
            raise RemovalsNotAgreed(run.removals)
        if not self.has_writer:
            raise NotAllowed("no writer identity")
        checked = await self._states.check(run.plan, run.excluded)
        if checked.moved:
            raise PlanMoved(tuple((row.email, row.label) for row in checked.moved))
        async with self._store.unit() as unit:
            is_ours = await unit.enrolments.agree(run.record, second.object_id, second.name)
            agreed = await unit.enrolments.find(run_id)
            if is_ours and (agreed is None or agreed.excluded != run.excluded):
                raise StaleCard("other rows are left out")  # which takes the agreement back
            if is_ours:
                await unit.audit.add(
                    f"enrolment/{run_id}/agreed",
                    event="enrolment.agreed",
                    about=run_id,
                    actor_id=second.object_id,
                    actor_name=second.name,
                    detail={"author": run.author_id, "digest": run.plan.digest, "excluded": len(run.excluded)},
                )
            stale = await self._teller.changed(unit, run_id) if is_ours else ()
        await deliver(self._scheduler, stale)
        now = await self.find(run_id)
        if not is_ours and now.second_id != second.object_id:
            raise PlanOver(now.state)
        await self._start(now)
        return now

    async def cancel(self, who: Actor, run_id: str) -> Run:
        """Give the run up. Rows that are begun come to their ends; the others are not begun any more.

        Raises: NotFound, NotAllowed, PlanOver.
        """
        run = await self.find(run_id)
        await self._check_concerned(who, run)
        if run.state not in ("waiting", "applying"):
            raise PlanOver(run.state)
        async with self._store.unit() as unit:
            is_ours = await unit.enrolments.cancel(run_id)
            if is_ours:
                await unit.audit.add(
                    f"enrolment/{run_id}/cancelled/{who.object_id}",
                    event="enrolment.cancelled",
                    about=run_id,
                    actor_id=who.object_id,
                    actor_name=who.name,
                )
            stale = await self._teller.changed(unit, run_id)
        await deliver(self._scheduler, stale)
        return await self.find(run_id)

    async def progress(self, run_id: str) -> RunProgress:
        """Raises: NotFound."""
        run = await self.find(run_id)
        async with self._store.unit(read_only=True) as unit:
            found = await unit.enrolments.counts(run_id)
        counts = {RowState(state): count for state, count in found.items()}
        excluded = len(run.plan.changes) - len(run.changes)
        counts[RowState.CANCELLED] = max(0, counts.get(RowState.CANCELLED, 0) - excluded)
        return RunProgress(run, counts, len(run.changes))

    async def result(self, run_id: str) -> tuple[RowResult, ...]:
        """What became of each row that was to change something. Raises: NotFound."""
        run = await self.find(run_id)
        entries = await self._journal(run).entries()
        return tuple(
            RowResult(row, entries[row.id].state, str(entries[row.id].detail.get("reason", "")))
            if row.id in entries
            else RowResult(row, RowState.CANCELLED if row.id in run.excluded else RowState.PENDING)
            for row in run.plan.changes
        )

    async def undo(self, author: Actor, run_id: str, new_run_id: str) -> Run:
        """Propose to take back what a run has done; somebody agrees to that as to any other plan.

        The same `new_run_id` gives the same run, until that was given up without anything taken back.
        Raises: NotFound, NotAllowed, PlanOver, when the run has not ended.
        """
        run = await self.find(run_id)
        allowed = await self._allowed(author)
        if run.state not in ("done", "cancelled") or run.record.agreed_at is None:
            raise PlanOver(run.state)
        if not set(projects_of(run)) <= allowed:
            raise NotAllowed("somebody else's project")
        packages = await self._states.packages(run.changes)
        plan = undo_plan(run.plan, await self._journal(run).entries(), packages, self._clock.now())
        for number in count(1):
            kept = await self._keep(author, new_run_id if number == 1 else f"{new_run_id}-{number}", plan)
            is_over = kept.state == "done" and not kept.changes and plan.changes
            if kept.state in ("waiting", "applying", "done") and not is_over:
                return kept
        raise AssertionError("unreachable")

    async def _waiting(self, run_id: str) -> Run:
        run = await self.find(run_id)
        if run.state != "waiting":
            raise PlanOver(run.state)
        return run

    async def _check_concerned(self, who: Actor, run: Run) -> None:
        if who.object_id != run.author_id and who.object_id not in await self.seconds(run):
            raise NotAllowed("somebody else's plan")

    async def _check_second(self, second: Actor, run: Run) -> None:
        """Raises: NotASecond."""
        names = projects_of(run)
        projects = [self._projects.named(name) for name in names]
        is_single = len(run.changes) == 1 and all(each and not each.single_changes_need_second for each in projects)
        if second.object_id == run.author_id and not is_single:
            raise NotASecond(SecondProblem.AUTHOR)
        if second.object_id in beneficiaries(run):
            raise NotASecond(SecondProblem.BENEFICIARY)
        missing = [
            name
            for name, project in zip(names, projects, strict=True)
            if project is None or not await self._projects.may_agree(second.object_id, project)
        ]
        if missing:
            raise NotASecond(SecondProblem.NO_REVIEWER, tuple(missing))

    async def _allowed(self, author: Actor) -> frozenset[str]:
        """The names of the projects that the author may change. Raises: NotAllowed, when there is none."""
        led = await self._projects.led_by(author.object_id)
        if not led:
            raise NotAllowed("no project")
        return frozenset(project.name for project in led)

    async def _plan_rules(self, author: Actor, allowed: frozenset[str], accepted: Collection[str]) -> PlanRules:
        return PlanRules(
            today=self._clock.now().date(),
            author_id=author.object_id,
            allowed=allowed,
            guest_domains=self._rules.guest_domains,
            protected=frozenset(await self._projects.all_ids(self._rules.protected)),
            accepted=frozenset(each.strip().casefold() for each in accepted),
            brake_percent=self._rules.brake_percent,
            brake_people=self._rules.brake_people,
            sends_invitation=self._rules.sends_invitation,
        )

    async def _keep(self, author: Actor, run_id: str, plan: EnrolmentPlan) -> Run:
        kept = replace(plan, author_id=author.object_id)
        async with self._store.unit() as unit:
            record = await unit.enrolments.add(
                run_id,
                tenant_id=self._tenant_id,
                author_id=author.object_id,
                author_name=author.name,
                digest=kept.digest,
                plan=plan_json(kept),
                package_ids=kept.package_ids,
                expires_at=self._clock.now() + EXPIRES_AFTER,
                state="waiting" if kept.changes else "done",
            )
        if record.author_id != author.object_id:
            raise NotAllowed("somebody else's plan")
        return run_of(record, self._clock)

    async def _start(self, run: Run) -> None:
        """The job; where it cannot be started now, the sweep starts it."""
        try:
            await self._scheduler.apply_soon(run.id, (run.record.agreed_at or self._clock.now()).isoformat())
        except (ServiceBusy, Throttled, GraphUnavailable) as error:
            _log.info("enrolment_starts_later", run_id=run.id, reason=type(error).__name__)

    def _journal(self, run: Run) -> StoreJournal:
        return StoreJournal(self._store, run.id)
