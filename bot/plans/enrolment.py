"""An enrolment plan: what files would change in the tenant, row by row, bound by a digest. Made once, never changed.

The digest covers the files, every row that changes something, and what the tenant looked like to each of these rows
(`PlanRow.saw`). Whoever applies the plan looks again, and refuses where a row would see something else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.files.rows import Place
from bot.plans.digest import digest

VERSION: Final = 1
_BATCH: Final = 20
_SECONDS_PER_BATCH: Final = 1.0
_DELIVERY_SECONDS: Final = 60.0
_GUEST_SECONDS: Final = 30.0


class Action(StrEnum):
    """What becomes of a row. The first four change the tenant."""

    ADD = "add"
    INVITE = "invite"
    """Invite a guest, then add."""
    UPDATE = "update"
    """Has it, and it is to end on another day."""
    REMOVE = "remove"
    MOVED = "moved"
    """Probably somebody's new address: nothing is done until somebody accepts the address."""
    WAITING = "waiting"
    """A request of the same person for the same access package is under way."""
    KEPT = "kept"
    """Would be removed, but must not be."""
    UNCHANGED = "unchanged"
    UNMANAGED = "unmanaged"
    """Has the access package through a policy that files do not manage."""
    ERROR = "error"

    @property
    def is_change(self) -> bool:
        return self in (Action.ADD, Action.INVITE, Action.UPDATE, Action.REMOVE)


class Reason(StrEnum):
    """Why a row is what it is; what `PlanRow.facts` hold is said in brackets. The sentences are elsewhere."""

    NONE = ""
    FILE = "file"  # the linter's sentence
    UNKNOWN_PROJECT = "unknown project"  # label
    PACKAGE_MISSING = "package missing"  # what was looked for
    PACKAGE_AMBIGUOUS = "package ambiguous"  # ids
    PACKAGE_HIDDEN = "package hidden"  # id
    POLICY_MISSING = "policy missing"  # the policy's name
    POLICY_AMBIGUOUS = "policy ambiguous"  # ids
    NOT_YOURS = "not yours"  # project
    YOURSELF = "yourself"
    SELF_SERVICE = "self-service"
    AMBIGUOUS_PERSON = "ambiguous person"  # object ids
    DISABLED = "disabled"
    UNKNOWN_PERSON = "unknown person"  # domain
    SAME_PERSON = "same person"  # the other address
    PROTECTED = "protected"
    ADDRESS_CHANGED = "address changed"  # the old address
    OPEN_REQUEST = "open request"  # id, state
    OTHER_POLICY = "other policy"  # policy id
    UNKNOWN_QUESTION = "unknown question"  # question
    ANSWER_MISSING = "answer missing"  # question
    ANSWER_WRONG = "answer wrong"  # question, answer
    PERIOD_NOT_ALLOWED = "period not allowed"  # policy
    PERIOD_WRONG = "period wrong"
    PERIOD_OVER = "period over"  # end
    NEW_END = "new end"  # the end that it gets, the end that it has; empty where there is none
    SPONSOR_UNKNOWN = "sponsor unknown"  # address
    NOTHING_HELD = "nothing held"


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """An answer as Graph takes it."""

    question_id: str
    value: str
    display_value: str
    odata_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One person and one access package. Ids are empty where there are none.

    `id` stays the same when the plan is made again. `saw` is the fingerprint of what the tenant has about this person
    and package. Of an update `end` is the last day that it gets, empty for no end. Of a removal `facts` hold the last
    day that it had, where it had one of its own.
    """

    id: str
    action: Action
    label: str
    name: str
    email: str
    project: str = ""
    package_id: str = ""
    package_name: str = ""
    policy_id: str = ""
    person_id: str = ""
    assignment_id: str = ""
    start: str = ""
    end: str = ""
    sponsor_id: str = ""
    answers: tuple[PlanAnswer, ...] = ()
    reason: Reason = Reason.NONE
    facts: tuple[str, ...] = ()
    place: Place | None = None
    saw: str = ""

    @property
    def takes_away(self) -> bool:
        """Whether somebody loses access, now or earlier than without it."""
        if self.action is not Action.UPDATE:
            return self.action is Action.REMOVE
        held_until = self.facts[1] if len(self.facts) > 1 else ""
        return bool(self.end) and (not held_until or self.end < held_until)

    def content(self) -> dict[str, object]:
        """What the plan's digest covers."""
        return {
            "id": self.id,
            "action": self.action.value,
            "package": self.package_id,
            "policy": self.policy_id,
            "person": self.person_id or self.email.casefold(),
            "assignment": self.assignment_id,
            "period": [self.start, self.end],
            "sponsor": self.sponsor_id,
            "answers": [[each.question_id, each.value] for each in self.answers],
            "saw": self.saw,
        }


class BrakeReason(StrEnum):
    SHARE = "share"
    PEOPLE = "people"
    EMPTY = "empty"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class BrakeVerdict:
    """Whether somebody has to agree to the number of removals. `labels` are the access packages that trip it."""

    reasons: tuple[BrakeReason, ...] = ()
    removals: int = 0
    people: int = 0
    """How many have access now that files manage."""
    labels: tuple[str, ...] = ()

    @property
    def is_on(self) -> bool:
        return bool(self.reasons)


class Warned(StrEnum):
    REMOVAL_MAIL = "removal mail"
    """Entra writes to everybody who loses access, and may invite them to ask again."""
    INVITATION_MAIL = "invitation mail"
    UNREAD = "unread"
    """A file that could not be read whole removes nobody."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What applying will take: requests to Graph, and minutes."""

    writes: int
    graph_requests: int
    minutes: int


@dataclass(frozen=True, slots=True)
class EnrolmentPlan:
    """`files` are the digests of the files by name; rows are in the order of package, then person."""

    files: Mapping[str, str]
    rows: tuple[PlanRow, ...]
    brake: BrakeVerdict
    made_at: datetime
    warnings: tuple[Warned, ...] = ()
    author_id: str = ""
    version: int = VERSION
    digest: str = field(default="")

    def __post_init__(self) -> None:
        if not self.digest:
            object.__setattr__(self, "digest", self.computed_digest())

    def computed_digest(self) -> str:
        changes = [row.content() for row in self.changes]
        return digest({"version": self.version, "files": dict(self.files), "changes": changes})

    @property
    def changes(self) -> tuple[PlanRow, ...]:
        return tuple(row for row in self.rows if row.action.is_change)

    def of(self, *actions: Action) -> tuple[PlanRow, ...]:
        return tuple(row for row in self.rows if row.action in actions)

    @property
    def counts(self) -> dict[Action, int]:
        """How many rows there are of each action."""
        found = Counter(row.action for row in self.rows)
        return {action: found[action] for action in Action}

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects that would be changed."""
        return tuple(sorted({row.project for row in self.changes}))

    @property
    def package_ids(self) -> tuple[str, ...]:
        return tuple(sorted({row.package_id for row in self.changes}))

    @property
    def beneficiaries(self) -> frozenset[str]:
        """The object ids of those who would get or lose access, as far as they are in the directory."""
        return frozenset(row.person_id for row in self.changes if row.person_id)

    @property
    def estimate(self) -> Estimate:
        return estimate(self.changes)

    def row(self, row_id: str) -> PlanRow | None:
        return next((row for row in self.rows if row.id == row_id), None)


def estimate(changes: Iterable[PlanRow]) -> Estimate:
    """What these rows will take when nothing goes wrong: twenty at a time, and the delivery of the last."""
    rows = list(changes)
    guests = sum(row.action is Action.INVITE for row in rows)
    batches = math.ceil(len(rows) / _BATCH) + math.ceil(guests / _BATCH)
    seconds = batches * _SECONDS_PER_BATCH
    if rows:
        seconds += _DELIVERY_SECONDS + (_GUEST_SECONDS if guests else 0)
    return Estimate(len(rows) + guests, 3 * batches, math.ceil(seconds / 60))


class PlanError(Exception):
    """The text is no plan, or one that was changed by hand; the message says why in one line."""


_PLAN: Final = TypeAdapter(EnrolmentPlan)


def plan_json(plan: EnrolmentPlan, *, indent: int | None = None) -> bytes:
    return _PLAN.dump_json(plan, indent=indent)


def read_plan(content: bytes) -> EnrolmentPlan:
    """Raises: PlanError."""
    try:
        plan = _PLAN.validate_json(content)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise PlanError(f"is no enrolment plan ({where or 'unreadable'})") from None
    if plan.version != VERSION:
        raise PlanError(f"is a plan of version {plan.version}; this version of Doorman reads {VERSION}")
    if plan.digest != plan.computed_digest():
        raise PlanError("was changed after it was made: its digest is another one")
    return plan
