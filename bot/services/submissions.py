"""Sending a request as the person who asks, so that it is sent once whatever happens in between.

The form is written down before Graph is called and settled after. A second press finds the first one; a crash in
between leaves a form "sending", which `recover` finishes: it looks in Graph first and sends only what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import structlog

from bot.clock import Clock
from bot.domain import (
    AccessPackage,
    Address,
    Answer,
    AssignmentId,
    AssignmentRequest,
    Expiration,
    ExpirationKind,
    NewRequest,
    PolicyId,
    PolicyRequirements,
    QuestionId,
    RequestId,
    RequestState,
    Schedule,
    Subject,
    UserId,
)
from bot.errors import (
    AlreadyAsked,
    Conflict,
    DoormanError,
    GraphRefused,
    GraphUnavailable,
    NotAllowed,
    NotFound,
    SignInNeeded,
    StaleCard,
)
from bot.services.messages import notice_key, status_key, want_asked
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.store.records import RequestRecord, Submission
from bot.turn import Actor

_HANGING_AFTER = timedelta(seconds=60)  # longer than any turn, so nobody is still sending it
_GIVE_UP_AFTER = timedelta(days=1)
_CLOCKS_APART = timedelta(minutes=2)

_log = structlog.get_logger(__name__)


class PersonalRequests(Protocol):
    async def submit(self, who: Actor, new: NewRequest) -> AssignmentRequest: ...
    async def my_requests(self, who: Actor, on: Literal["createdBy", "target"]) -> list[AssignmentRequest]: ...


class Asking(Protocol):
    """The form that is sent, as far as it matters here."""

    @property
    def package(self) -> AccessPackage: ...
    @property
    def chosen(self) -> PolicyRequirements: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """`request_id` is None while it is not known whether the request has arrived; `is_repeat` for a second press."""

    request_id: RequestId | None
    is_repeat: bool = False


class Submissions:
    def __init__(self, store: Store, graph: PersonalRequests, scheduler: Scheduler, clock: Clock) -> None:
        self._store = store
        self._graph = graph
        self._scheduler = scheduler
        self._clock = clock

    async def already_sent(self, who: Actor, form_id: str) -> Sent | None:
        """What became of this form when it was pressed before; None when it was not, or may be sent again."""
        async with self._store.unit(read_only=True) as unit:
            known = await unit.submissions.find(form_id)
        if known is None or known.state == "refused":
            return None
        if known.person_id != who.object_id:
            raise StaleCard("the form of somebody else")
        return Sent(known.request_id, is_repeat=True)

    async def send(
        self, who: Actor, form_id: str, form: Asking, new: NewRequest, card: tuple[Address, str] | None
    ) -> Sent:
        """File the request, once per form. `card` is the message with the form; it becomes the status card.

        Raises: AlreadyAsked, NotAllowed, GraphRefused, Throttled, GraphUnavailable, SignInNeeded: then nothing was
        filed, and the same form may be sent again.
        """
        asks_somebody = form.chosen.is_approval_required
        return await self.file(who, form_id, form.package.name, new, card, asks_somebody=asks_somebody)

    async def file(
        self,
        who: Actor,
        form_id: str,
        package_name: str,
        new: NewRequest,
        card: tuple[Address, str] | None,
        *,
        asks_somebody: bool,
    ) -> Sent:
        """File any request of a person, once per `form_id`; see `send`."""
        async with self._store.unit() as unit:
            submission, is_ours = await unit.submissions.begin(
                form_id=form_id,
                tenant_id=who.tenant_id,
                person_id=who.object_id,
                person_name=who.name,
                package_id=new.package_id,
                package_name=package_name,
                policy_id=new.policy_id,
                payload=to_payload(new),
                address=card[0] if card else None,
                message_id=card[1] if card else None,
            )
        if not is_ours:
            return Sent(submission.request_id, is_repeat=True)
        try:
            return await self._file(who, submission, new, is_approval_required=asks_somebody)
        except Conflict as error:
            await self._refuse(submission)
            raise AlreadyAsked(await self._open_request(who, new)) from error
        except DoormanError:
            await self._refuse(submission)
            raise

    async def recover(self) -> None:
        """Finish what a crash or a lost answer left unfinished."""
        async with self._store.unit(read_only=True) as unit:
            hanging = await unit.submissions.unfinished(self._clock.now() - _HANGING_AFTER)
        for submission in hanging:
            try:
                await self._finish(submission)
            except SignInNeeded:
                await self._give_up_in_time(submission)
            except (Conflict, NotAllowed, NotFound, GraphRefused) as error:
                _log.info("submission_refused", reason=type(error).__name__)
                await self._give_up(submission, is_refused=True)
            except DoormanError as error:
                _log.info("submission_waits", reason=type(error).__name__)

    async def _finish(self, submission: Submission) -> None:
        who = Actor(submission.tenant_id, submission.person_id, submission.person_name)
        filed = _the_one(submission, await self._graph.my_requests(who, "createdBy"))
        if filed is not None:
            await self._settle(submission, filed, asks_somebody=True)
            return
        is_hopeless = self._clock.now() - submission.created_at > _GIVE_UP_AFTER
        if is_hopeless or not submission.payload:  # nothing can be read any more once its key was taken away
            await self._give_up(submission)
            return
        await self._file(who, submission, from_payload(submission), is_approval_required=True)

    async def _file(self, who: Actor, submission: Submission, new: NewRequest, *, is_approval_required: bool) -> Sent:
        """Send it. When the answer was lost it stays as it is, for `recover`; what is raised changed nothing."""
        try:
            request = await self._graph.submit(who, new)
        except GraphUnavailable as error:
            if error.may_have_happened:
                return Sent(None)
            raise
        await self._settle(submission, request, asks_somebody=is_approval_required)
        return Sent(request.id)

    async def _settle(self, submission: Submission, request: AssignmentRequest, *, asks_somebody: bool) -> None:
        now, told = self._clock.now(), []
        async with self._store.unit() as unit:
            await unit.submissions.mark_sent(submission.form_id, request.id)
            record = _record(submission, request, now)
            is_new = await unit.requests.find(request.id) is None
            if is_new and await unit.requests.upsert(record) is not None:
                told = await want_asked(unit, record)
            else:  # a look at the request was faster, maybe another process's
                await unit.requests.mark_purpose(request.id, submission.purpose)
            if submission.address and submission.message_id:
                await unit.messages.adopt(
                    status_key(request.id),
                    kind="status",
                    request_id=request.id,
                    person_id=submission.person_id,
                    address=submission.address,
                    message_id=submission.message_id,
                )
        for message in told:
            await self._scheduler.deliver_soon(message.key, message.wanted)
        await self._scheduler.follow_soon(request.id, "submitted")
        if not asks_somebody:
            await self._scheduler.deliver_soon(status_key(request.id), 1)

    async def _refuse(self, submission: Submission) -> None:
        async with self._store.unit() as unit:
            await unit.submissions.mark_refused(submission.form_id)

    async def _open_request(self, who: Actor, new: NewRequest) -> str:
        """The undecided request for the same package, to be shown instead; empty when Graph will not tell."""
        try:
            mine = await self._graph.my_requests(who, "createdBy" if new.target else "target")
        except DoormanError:
            return ""
        for_whom = new.target.object_id if new.target else who.object_id
        return next(
            (
                item.id
                for item in mine
                if item.package_id == new.package_id and item.state.is_open and _is_for(item, for_whom)
            ),
            "",
        )

    async def _give_up_in_time(self, submission: Submission) -> None:
        if self._clock.now() - submission.created_at > _GIVE_UP_AFTER:
            await self._give_up(submission)

    async def _give_up(self, submission: Submission, *, is_refused: bool = False) -> None:
        """Tell the person that it did not arrive, or is not known to have, so that they can look and ask again."""
        event = "refused" if is_refused else "lost"
        key = notice_key(submission.form_id, event, submission.person_id)
        async with self._store.unit() as unit:
            if is_refused:
                await unit.submissions.mark_refused(submission.form_id)
            else:
                await unit.submissions.mark_lost(submission.form_id)
            message = await unit.messages.want(
                key,
                kind="notice",
                request_id=RequestId(submission.form_id),
                person_id=submission.person_id,
                detail={"event": event, "package": submission.package_name, "purpose": submission.purpose},
            )
        await self._scheduler.deliver_soon(message.key, message.wanted)


def _record(submission: Submission, request: AssignmentRequest, now: datetime) -> RequestRecord:
    return RequestRecord(
        request_id=request.id,
        package_id=submission.package_id,
        package_name=submission.package_name,
        policy_id=submission.policy_id,
        requestor_id=submission.person_id,
        requestor_name=submission.person_name,
        target_id=target_of(submission),
        state=RequestState.SUBMITTED,  # what became of it meanwhile is news to the person, and told as such
        created_at=request.created_at or now,
        changed_at=now,
        looked_at=now,
        asked_here=True,
        purpose=submission.purpose,
    )


def _the_one(submission: Submission, requests: list[AssignmentRequest]) -> AssignmentRequest | None:
    """The request that this submission filed, if it is among these: same package, not older, the newest first."""
    earliest = submission.created_at - _CLOCKS_APART
    fitting = [
        request
        for request in requests
        if request.package_id == submission.package_id
        and request.type is submission.type
        and _is_for(request, target_of(submission))
        and (request.created_at is None or request.created_at >= earliest)
        and request.state is not RequestState.CANCELED
    ]
    return max(fitting, key=lambda request: (request.created_at is None, request.created_at or earliest), default=None)


def target_of(submission: Submission) -> UserId:
    """Whom the access is for: a report, or the person who sent the form."""
    target = submission.payload.get("target")
    return UserId(target[0]) if target else submission.person_id


def _is_for(request: AssignmentRequest, person_id: UserId | None) -> bool:
    """Whether the request is for this person, or does not say for whom it is."""
    target = request.target.object_id if request.target else None
    return target is None or target == person_id


def to_payload(new: NewRequest) -> dict[str, Any]:
    """A request as JSON values, for the store."""
    schedule = new.schedule
    return {
        "type": new.type.value,
        "assignment_id": new.assignment_id or "",
        "justification": new.justification,
        "answers": [
            [
                answer.question_id,
                answer.question_text,
                answer.display_value,
                list(answer.values),
                answer.question_odata_type,
            ]
            for answer in new.answers
        ],
        "start_at": schedule.start_at.isoformat() if schedule and schedule.start_at else "",
        "end_at": schedule.expiration.end_at.isoformat() if schedule and schedule.expiration.end_at else "",
        "target": [new.target.object_id, new.target.name, new.target.mail] if new.target else None,
    }


def from_payload(submission: Submission) -> NewRequest:
    payload: Mapping[str, Any] = submission.payload
    start_at, end_at = _moment(payload["start_at"]), _moment(payload["end_at"])
    expiration = Expiration(ExpirationKind.AFTER_DATE_TIME, end_at=end_at) if end_at else Expiration()
    return NewRequest(
        submission.package_id,
        PolicyId(submission.policy_id),
        payload["justification"],
        tuple(
            Answer(QuestionId(question_id), text, display, tuple(values), odata_type)
            for question_id, text, display, values, odata_type in payload["answers"]
        ),
        Schedule(start_at, expiration) if start_at or end_at else None,
        submission.type,
        AssignmentId(payload.get("assignment_id", "")) or None,
        Subject(UserId(target[0]), target[1], target[2]) if (target := payload.get("target")) else None,
    )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
