"""Applying an enrolment plan: every row once, in batches, written down before and after, able to stop anywhere.

A row goes through steps, kept in the journal: `invite` and `file` are written before the write of that name, `invited`
and `filed` after it. Whoever finds a row before its answer looks at the tenant first: what is there already is followed
or done, and only what is not there is sent. Graph refuses a second request for the same person and package, so that
two who apply at once double nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.domain import (
    AccessPackageId,
    Answer,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    Person,
    PolicyId,
    QuestionId,
    RequestId,
    RequestState,
    RequestType,
    UserId,
)
from bot.errors import Conflict, DoormanError, GraphError, GraphUnavailable, NotAllowed, Throttled
from bot.orders import DirectAssignment, Invitation, Order, PeriodChange, Removal
from bot.plans.enrolment import Action, EnrolmentPlan, PlanRow
from bot.plans.enrolment_columns import last_day
from bot.plans.enrolment_holders import Holders, is_removal
from bot.plans.enrolment_state import PackageState, address_key
from bot.plans.journal import Entry, Journal, RowState
from bot.services.enrolling_state import RunState

AT_ONCE: Final = 80
"""How many rows are sent between two looks at the journal: four batches, as many as Graph is given at a time."""
_FOLLOWED_AT_ONCE: Final = 160
_MOST_TRIES: Final = 20
_TRY_AGAIN_SECONDS: Final = 2.0
_FOLLOW_FOR: Final = timedelta(minutes=30)

_log = structlog.get_logger(__name__)


class EnrolmentHand(Protocol):
    """The writer identity. Each outcome is an id or an error; nothing is sent twice."""

    async def invite(self, wanted: Mapping[str, Invitation]) -> dict[str, UserId | DoormanError]: ...
    async def file(self, orders: Mapping[str, Order]) -> dict[str, RequestId | DoormanError]: ...


class EnrolmentEyes(Protocol):
    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]: ...
    async def holders(
        self, ids: Iterable[AccessPackageId]
    ) -> dict[AccessPackageId, tuple[list[Assignment], list[AssignmentRequest]]]: ...
    async def requests(self, ids: Sequence[RequestId]) -> dict[RequestId, AssignmentRequest | None]: ...
    async def visible(self, ids: Iterable[UserId]) -> frozenset[UserId]: ...


@dataclass(frozen=True, slots=True)
class InvitationRules:
    """How guests are invited. With `by_email` the assignment names the address, and Graph invites by itself."""

    redirect_url: str
    by_email: bool = False
    sends_message: bool = True
    message: str = ""


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a run is. `wait_seconds` is the time to the next call, None when every row has come to its end."""

    counts: Mapping[RowState, int]
    total: int
    wait_seconds: float | None

    @property
    def ended(self) -> int:
        return sum(count for state, count in self.counts.items() if state.is_end)


class Enrolling:
    """`poll_seconds` is the pause between two looks at what is being delivered."""

    def __init__(
        self,
        hand: EnrolmentHand,
        eyes: EnrolmentEyes,
        clock: Clock,
        invitations: InvitationRules,
        *,
        poll_seconds: float = 2.0,
    ) -> None:
        self._hand = hand
        self._eyes = eyes
        self._clock = clock
        self._invitations = invitations
        self._poll_seconds = poll_seconds

    async def advance(
        self,
        plan: EnrolmentPlan,
        journal: Journal,
        *,
        justification: str,
        excluded: Collection[str] = (),
        is_cancelled: bool = False,
    ) -> Advance:
        """One piece of the work: send what can be sent at once, and look at what is on its way.

        Call it until nothing is left; it goes on wherever the last call ended, whatever ended it. With `is_cancelled`
        what is not begun is given up, and what is begun comes to its end.
        Raises: NotAllowed, when the writer may not do any of it; GraphError, when Graph cannot be asked at all.
        """
        rows = plan.changes
        run = RunState(rows, journal, await journal.entries(), justification)
        await self._leave_out(run, excluded, is_cancelled=is_cancelled)
        await self._look_back(run)
        # Each of these is about other rows than the others, as they stand now. All of them come to their ends before
        # the first failure is raised, so that nothing goes on unseen.
        outcomes = await asyncio.gather(self._invite(run), self._file(run), self._follow(run), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        states = [run.state(row) for row in rows]
        counts = {state: states.count(state) for state in RowState}
        return Advance(counts, len(rows), self._wait(run) if any(not state.is_end for state in states) else None)

    def _wait(self, run: RunState) -> float:
        if run.wait_seconds:
            return run.wait_seconds
        return 0.0 if run.pending() or run.at("invited") else self._poll_seconds

    async def _leave_out(self, run: RunState, excluded: Collection[str], *, is_cancelled: bool) -> None:
        out = [
            run.end(row, RowState.CANCELLED, "excluded" if row.id in excluded else "cancelled")
            for row in run.pending()
            if row.id in excluded or is_cancelled
        ]
        await run.note(out)

    async def _look_back(self, run: RunState) -> None:
        """Find out what became of writes whose answers never came."""
        asked = run.at("invite")
        if asked:
            found = await self._eyes.people_with({address_key(row.email) for row in asked})
            await run.note(
                [
                    run.begun(row, "invited", person=people[0].id)
                    if (people := found.get(address_key(row.email)))
                    else Entry(row.id, RowState.PENDING)
                    for row in asked
                ]
            )
        await self._read_back(run, run.at("file")[: 2 * AT_ONCE], {})

    async def _invite(self, run: RunState) -> None:
        if self._invitations.by_email:
            return
        wanted = [row for row in run.pending() if row.action is Action.INVITE and not run.detail(row)][:AT_ONCE]
        if not wanted:
            return
        await run.note([run.begun(row, "invite") for row in wanted])
        outcomes = await self._hand.invite({row.id: self._invitation(row) for row in wanted})
        await run.note([entry for row in wanted if (entry := self._invited(run, row, outcomes[row.id])) is not None])

    def _invited(self, run: RunState, row: PlanRow, outcome: UserId | DoormanError) -> Entry | None:
        if not isinstance(outcome, DoormanError):
            return run.begun(row, "invited", person=outcome)
        if _is_in_doubt(outcome):
            run.wait_seconds = max(run.wait_seconds, _TRY_AGAIN_SECONDS)
            return None
        if _is_for_later(outcome):
            run.wait_seconds = max(run.wait_seconds, _pause(outcome))
            return Entry(row.id, RowState.PENDING)
        return run.end(row, RowState.FAILED, _code(outcome))

    async def _file(self, run: RunState) -> None:
        """File requests for those who can be named by now: the guests who show in the directory, and all others."""
        guests = run.at("invited")[:AT_ONCE]
        people = {row.id: UserId(str(run.detail(row)["person"])) for row in guests}
        seen = await self._eyes.visible(people.values()) if people else frozenset()
        ready = [row for row in guests if people[row.id] in seen]
        if len(ready) < len(guests):
            run.wait_seconds = max(run.wait_seconds, _TRY_AGAIN_SECONDS)
        by_address = self._invitations.by_email
        others = [row for row in run.pending() if row.action is not Action.INVITE or by_address or run.detail(row)]
        ready += others[: AT_ONCE - len(ready)]
        if not ready:
            return
        orders = {row.id: self._order(run, row) for row in ready}
        at = self._clock.now().isoformat()
        await run.note([run.begun(row, "file", at=at, tries=run.tries(row)) for row in ready])
        outcomes = await self._hand.file(orders)
        refused: dict[str, DoormanError] = {}
        entries = []
        for row in ready:
            outcome = outcomes[row.id]
            if not isinstance(outcome, DoormanError):
                entries.append(run.begun(row, "filed", request=outcome))
            elif _is_in_doubt(outcome):
                run.wait_seconds = max(run.wait_seconds, _TRY_AGAIN_SECONDS)
            elif _is_for_later(outcome):
                run.wait_seconds = max(run.wait_seconds, _pause(outcome))
                entries.append(_again(run, row))
            else:
                refused[row.id] = outcome
        if len(refused) == len(ready) and all(_is_general(error) for error in refused.values()):
            await run.note([_again(run, row) for row in ready])
            raise refused[ready[0].id]
        await run.note(entries)
        await self._read_back(run, [row for row in ready if row.id in refused], refused)

    async def _read_back(self, run: RunState, rows: Sequence[PlanRow], refused: Mapping[str, DoormanError]) -> None:
        """Settle rows by what the tenant shows: there already, under way, or not there and to be sent (or given up)."""
        if not rows:
            return
        found = await self._eyes.holders(sorted({AccessPackageId(row.package_id) for row in rows}))
        holders = {
            package_id: Holders(
                PackageState(
                    label="",
                    project="",
                    package_id=package_id,
                    assignments=tuple(assignments),
                    requests=tuple(requests),
                )
            )
            for package_id, (assignments, requests) in found.items()
        }
        entries = []
        for row in rows:
            own = holders[AccessPackageId(row.package_id)]
            entry = _as_found(run, row, own) or self._not_there(run, row, refused.get(row.id))
            if entry is not None:
                entries.append(entry)
        await run.note(entries)

    def _not_there(self, run: RunState, row: PlanRow, refusal: DoormanError | None) -> Entry | None:
        if refusal is None:
            return _again(run, row)
        is_early = row.action is Action.INVITE or isinstance(refusal, Conflict)
        if is_early and run.tries(row) <= _MOST_TRIES:
            # A guest of a moment ago is not known everywhere yet, nor is a request that somebody else has just filed.
            run.wait_seconds = max(run.wait_seconds, _TRY_AGAIN_SECONDS)
            return _again(run, row)
        _log.info("enrolment_row_refused", row=row.id, reason=type(refusal).__name__)
        return run.end(row, RowState.FAILED, _code(refusal))

    async def _follow(self, run: RunState) -> None:
        filed = run.at("filed")
        if run.pending():
            filed = filed[:_FOLLOWED_AT_ONCE]
        if not filed:
            return
        ids = {row.id: RequestId(str(run.detail(row)["request"])) for row in filed}
        found = await self._eyes.requests(list(ids.values()))
        now = self._clock.now()
        await run.note(
            [
                entry
                for row in filed
                if ids[row.id] in found and (entry := _followed(run, row, found[ids[row.id]], now)) is not None
            ]
        )

    def _invitation(self, row: PlanRow) -> Invitation:
        rules = self._invitations
        return Invitation(row.email, row.name, rules.redirect_url, rules.sends_message, rules.message, row.sponsor_id)

    def _order(self, run: RunState, row: PlanRow) -> Order:
        if row.action is Action.REMOVE:
            return Removal(AssignmentId(row.assignment_id), run.justification)
        if row.action is Action.UPDATE:
            end = date.fromisoformat(row.end) if row.end else None
            return PeriodChange(AssignmentId(row.assignment_id), end, run.justification)
        person = str(run.detail(row).get("person", "")) or row.person_id
        return DirectAssignment(
            package_id=AccessPackageId(row.package_id),
            policy_id=PolicyId(row.policy_id),
            justification=run.justification,
            person_id=UserId(person) if person else None,
            email=row.email,
            start=date.fromisoformat(row.start) if row.start else None,
            end=date.fromisoformat(row.end) if row.end else None,
            answers=tuple(
                Answer(QuestionId(each.question_id), "", each.display_value, (each.value,), each.odata_type)
                for each in row.answers
            ),
        )


def _again(run: RunState, row: PlanRow) -> Entry:
    """The row as it was before its request was sent; how often that was tried is kept."""
    detail = run.detail(row)
    kept = {key: detail[key] for key in ("person", "tries") if key in detail}
    if "person" in kept:
        return Entry(row.id, RowState.BEGUN, {**kept, "step": "invited"})
    return Entry(row.id, RowState.PENDING, kept)


def _as_found(run: RunState, row: PlanRow, holders: Holders) -> Entry | None:
    """The row by what the package shows of the person; None when it shows nothing of it.

    Two runs of one plan file the same, so whichever of the two requests is there is followed. What the person or
    anybody else has asked for meanwhile is not: it gives something else, or may be denied.
    """
    person = str(run.detail(row).get("person", "")) or row.person_id
    address = address_key(row.email)
    assignments = holders.assignments(person, address)
    requests = holders.requests(person, address)
    wants_removal = row.action is Action.REMOVE
    for request in requests:
        if is_removal(request) if wants_removal else _is_the_same(row, request):
            return run.begun(row, "filed", request=request.id)
    if wants_removal:
        is_there = any(each.id == row.assignment_id for each in assignments)
        return None if is_there else run.end(row, RowState.DONE, "gone")
    if row.action is Action.UPDATE:
        is_so = any(each.id == row.assignment_id and last_day(each.expires_at) == row.end for each in assignments)
        return run.end(row, RowState.DONE, assignment=row.assignment_id) if is_so else None
    given = next((each for each in assignments if each.policy_id == row.policy_id), None)
    return None if given is None else run.end(row, RowState.DONE, assignment=given.id)


def _is_the_same(row: PlanRow, request: AssignmentRequest) -> bool:
    """Whether the request gives what the row gives."""
    if row.action is Action.UPDATE:
        return request.type is RequestType.ADMIN_UPDATE
    return request.type is RequestType.ADMIN_ADD and request.policy_id in (None, row.policy_id)


def _followed(run: RunState, row: PlanRow, request: AssignmentRequest | None, now: datetime) -> Entry | None:
    """The end that the request has come to; None while it is on its way."""
    if request is None:
        return run.end(row, RowState.FAILED, "request gone")
    more = {"assignment": request.assignment_id} if request.assignment_id else {}
    if request.state is RequestState.DELIVERED:
        return run.end(row, RowState.DONE, **more)
    if request.state in (RequestState.SCHEDULED, RequestState.PENDING_APPROVAL):
        return run.end(row, RowState.DONE, request.state.value, **more)
    if not request.state.is_open or request.state is RequestState.PARTIALLY_DELIVERED:
        return run.end(row, RowState.FAILED, request.state.value, **more)
    filed_at = datetime.fromisoformat(str(run.detail(row).get("at") or now.isoformat()))
    if now - filed_at > _FOLLOW_FOR:
        return run.end(row, RowState.FAILED, "not delivered", **more)
    return None


def _is_in_doubt(error: DoormanError) -> bool:
    return isinstance(error, GraphUnavailable) and error.may_have_happened


def _is_for_later(error: DoormanError) -> bool:
    return isinstance(error, Throttled | GraphUnavailable)


def _pause(error: DoormanError) -> float:
    return error.wait_seconds if isinstance(error, Throttled) else _TRY_AGAIN_SECONDS


def _is_general(error: DoormanError) -> bool:
    """Whether it is about the writer rather than about the row."""
    return isinstance(error, NotAllowed) or (isinstance(error, GraphError) and error.status == 401)


def _code(error: DoormanError) -> str:
    code = getattr(error, "code", "")
    return str(code or type(error).__name__)
