"""Carrying out a plan that changes a tenant: everything at once that may be, each step written down before and after.

Whatever was begun and not finished is looked for before it is done again, so a run that died, a plan that is applied
twice and an answer that got lost all end in the same tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog

from bot.errors import Conflict, DoormanError, GraphRefused, GraphUnavailable, NotFound, Throttled
from bot.files.administration import Named
from bot.plans.journal import Entry, Journal, RowState
from bot.plans.steps import Plan, Step, StepKind, key_of
from bot.services.doing import Doing, Done, TenantWrites
from bot.services.onboarding import RolesLate
from bot.services.tenant_look import TenantReads

T = TypeVar("T")

_TRIES: Final = 4
_FIRST_PAUSE_SECONDS: Final = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What became of a step. `code` is the name of what went wrong, `detail` Graph's word for it or what was late."""

    step: Step
    state: RowState
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run, in the order of its plan."""

    plan: Plan
    steps: tuple[StepOutcome, ...]

    @property
    def is_done(self) -> bool:
        return all(each.state in (RowState.DONE, RowState.UNCHANGED) for each in self.steps)

    @property
    def failed(self) -> tuple[StepOutcome, ...]:
        return tuple(each for each in self.steps if each.state is RowState.FAILED)


Progress = Callable[[StepOutcome], None]


def _nobody(_: StepOutcome) -> None:
    return None


@dataclass
class _Run:
    """One run of one plan: the ids that are known by now, and what each step waits for."""

    ids: dict[str, str]
    before: Mapping[str, Entry]
    trusts_journal: bool = False
    outcomes: dict[str, asyncio.Future[StepOutcome]] = field(default_factory=dict)


class Administering:
    """Applies plans as whoever `writes` and `reads` act for.

    `pause` waits so many seconds; `journal_group` of a run collects what is written down at the same moment.
    """

    def __init__(
        self,
        reads: TenantReads,
        writes: TenantWrites,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience_seconds: float = 180.0,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._reads = reads
        self._writes = writes
        self._pause = pause

    async def apply(
        self, plan: Plan, journal: Journal, progress: Progress = _nobody, *, trusts_journal: bool = False
    ) -> Outcome:
        """Do what is to be done. A step that fails leaves out those that need it; all others go on.

        With `trusts_journal` what it says is done is not done again: for a journal of minutes ago, when the tenant may
        not show yet what was made. Without, the plan counts, as somebody may have undone it since.

        Raises: ValueError for a plan with errors, and what the journal raises.
        """
        if plan.has_errors:
            raise ValueError("a plan with errors cannot be applied")
        book = _GroupedJournal(journal)
        run = _Run(dict(plan.known), await journal.entries(), trusts_journal)
        loop = asyncio.get_running_loop()
        run.outcomes = {step.id: loop.create_future() for step in plan.steps}
        doing = Doing(self._reads, self._writes, run.ids, self._pause, self._patience_seconds)
        # A journal that cannot be written ends the run: what is not written down must not be done.
        async with asyncio.TaskGroup() as group:
            for step in plan.steps:
                group.create_task(self._carry_out(step, run, doing, book, progress))
        return Outcome(plan, tuple([run.outcomes[step.id].result() for step in plan.steps]))

    async def _carry_out(self, step: Step, run: _Run, doing: Doing, book: _GroupedJournal, progress: Progress) -> None:
        needed = [await run.outcomes[need] for need in step.needs if need in run.outcomes]
        lacking = [each for each in needed if each.state not in (RowState.DONE, RowState.UNCHANGED)]
        if lacking:
            outcome = StepOutcome(step, RowState.CANCELLED, "needs", lacking[0].step.id)
        else:
            outcome = await self._one(step, run, doing, book)
        if step.kind.is_write and lacking:
            await book.write(Entry(step.id, RowState.CANCELLED, {"needs": outcome.detail}))
        run.outcomes[step.id].set_result(outcome)
        progress(outcome)

    async def _one(self, step: Step, run: _Run, doing: Doing, book: _GroupedJournal) -> StepOutcome:
        entry = run.before.get(step.id)
        if run.trusts_journal and entry is not None and entry.state is RowState.DONE:
            if step.gives and entry.detail.get("id"):
                run.ids[step.gives] = str(entry.detail["id"])
            return StepOutcome(step, RowState.DONE)
        if await self._is_made(step, entry, run, doing):
            return StepOutcome(step, RowState.DONE)
        was_begun = entry is not None and entry.state is RowState.BEGUN
        told = {"kind": step.kind.value, "subject": step.subject, **_note(step)}
        if step.kind.is_write:
            await book.write(Entry(step.id, RowState.BEGUN, told))
        try:
            done = await self._patiently(step, doing, look_first=was_begun)
        except (DoormanError, RolesLate) as error:
            code, detail = type(error).__name__, _graph_word(error)
            _log.warning("step_failed", step=step.kind.value, error=code)
            if step.kind.is_write:
                await book.write(Entry(step.id, RowState.FAILED, {**told, "error": code, "detail": detail}))
            return StepOutcome(step, RowState.FAILED, code, detail)
        if done.id and step.gives:
            run.ids[step.gives] = done.id
        state = RowState.DONE if done.was_made else RowState.UNCHANGED
        if step.kind.is_write:
            await book.write(Entry(step.id, state, {**told, **_made(step, done, run.ids)}))
        return StepOutcome(step, state)

    async def _is_made(self, step: Step, entry: Entry | None, run: _Run, doing: Doing) -> bool:
        """Whether what the journal says was made is there, although looking for its name did not show it yet."""
        made = str(entry.detail.get("id") or "") if entry is not None and entry.state is RowState.DONE else ""
        if not made or not step.gives:
            return False
        try:
            is_there = await doing.is_there(step, made)
        except DoormanError:  # the step itself meets it again, and tells it
            return False
        if is_there:
            run.ids[step.gives] = made
        return is_there

    async def _patiently(self, step: Step, doing: Doing, *, look_first: bool) -> Done:
        """Do a step; look for it before it is done again, and a few times where an earlier run may have done it."""
        if look_first and (found := await doing.find(step)) is not None:
            return Done(found, was_made=True)
        wait = _FIRST_PAUSE_SECONDS
        for attempt in range(_TRIES):
            try:
                return Done(await doing.do(step))
            except (Conflict, GraphRefused, GraphUnavailable, NotFound, Throttled) as error:
                found = await doing.find(step)
                if found is not None:
                    return Done(found, was_made=isinstance(error, GraphUnavailable) and error.may_have_happened)
                # What was made a moment ago may not be everywhere yet, so "not found" is asked again as well.
                is_final = isinstance(error, Conflict | GraphRefused) and not doing.may_ripen(step)
                if is_final or attempt == _TRIES - 1:
                    raise
                await self._pause(max(wait, error.wait_seconds if isinstance(error, Throttled) else 0.0))
                wait *= 2
        raise AssertionError("unreachable")


class _GroupedJournal:
    """Writes down together what is told at the same moment: one write and one wait for the disk for many steps."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, entry: Entry) -> None:
        """Raises what the journal raises."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)
            part, self._waiting = self._waiting, []
            try:
                await self._journal.write([entry for entry, _ in part])
            except Exception as error:
                for _, done in part:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in part:
                    if not done.done():
                        done.set_result(None)
        self._writing = None


def _note(step: Step) -> dict[str, Any]:
    """What the step's id does not tell: the note of a resource, whose role it is, what becomes of a package."""
    if isinstance(who := step.details.get("who"), Named):
        return {"role": step.details["role"], "who": key_of(who)}
    if step.kind is StepKind.UPDATE_PACKAGE:
        return {"changes": step.details["changes"]}
    return {"note": step.details["note"]} if "note" in step.details else {}


def _made(step: Step, done: Done, ids: Mapping[str, str]) -> dict[str, Any]:
    """What somebody needs to know who wants to take it back: its id, and what it hangs on."""
    if not done.id:
        return {}
    hangs = {"package": step.details.get("package_key"), "catalog": step.details.get("catalog_key")}
    group = step.details.get("group")
    if isinstance(group, Named):
        hangs["group"] = key_of(group)
    return {"id": done.id, **{name: ids[str(key)] for name, key in hangs.items() if key in ids}}


def _graph_word(error: Exception) -> str:
    """Graph's own code for what it refused, or what was waited for."""
    return str(
        getattr(error, "code", "") or getattr(error, "what", "") or (error if isinstance(error, RolesLate) else "")
    )
