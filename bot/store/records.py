"""The rows of the store as values. Moments are aware and in UTC on every database.

Texts that are not known are empty. The state of a row is one of the words of the `…State` type beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from bot.domain import (
    AccessPackageId,
    Address,
    AssignmentId,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
    StageId,
    UserId,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """Somebody Doorman has met, and their own chat with it (None while there is no such chat)."""

    tenant_id: str
    object_id: UserId
    name: str = ""
    teams_id: str = ""
    conversation_id: str | None = None
    service_url: str | None = None
    locale: str = ""
    time_zone: str | None = None
    is_welcomed: bool = False
    is_reachable: bool = True
    updated_at: datetime

    @property
    def address(self) -> Address | None:
        """The person's own chat, as far as it is known."""
        if self.conversation_id is None or self.service_url is None:
            return None
        return Address(self.conversation_id, self.service_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalSettings:
    """What somebody has set for themselves, kept by the names of these fields; empty is "as it comes"."""

    language: str = ""  # a tag such as "de"; else as their Teams client says
    time_zone: str = ""  # such as "Europe/Berlin"; else as their Teams client says
    approval_cards: str = ""  # "daily" for a summary; else a card for each request
    quiet_hours: str = ""  # such as "18:00-08:00", or "none"; else those of the organization
    weekly_health: str = ""  # "weekly" for administrators who want a card about the health of the tenant every week
    lead_digest: str = ""  # "weekly" for a summary of the projects that they lead
    muted: str = ""  # the ids of access packages, separated by spaces, of which they want no cards

    @property
    def muted_packages(self) -> frozenset[str]:
        return frozenset(self.muted.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRecord:
    """A sign-in under way; `sealed` is opaque here."""

    id: str
    tenant_id: str
    object_id: UserId
    sealed: str
    expires_at: datetime
    is_claimed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRecord:
    """A one-time code that belongs to a ticket, as a fingerprint."""

    ticket_id: str
    fingerprint: str
    attempts: int


SubmissionState: TypeAlias = Literal["sending", "sent", "refused", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One form that a person sent: `payload` is what they asked for, kept until it is known to have arrived.

    `address` and `message_id` are the message with the form, which becomes the status card of the request.
    """

    form_id: str
    tenant_id: str
    person_id: UserId
    person_name: str
    package_id: AccessPackageId
    package_name: str
    policy_id: PolicyId
    payload: Mapping[str, Any]
    state: SubmissionState = "sending"
    request_id: RequestId | None = None
    address: Address | None = None
    message_id: str | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def type(self) -> RequestType:
        return RequestType(self.payload.get("type", RequestType.USER_ADD.value))

    @property
    def purpose(self) -> RequestPurpose:
        if self.type is RequestType.USER_REMOVE:
            return "return"
        return "extend" if self.payload.get("assignment_id") else ""


RequestPurpose: TypeAlias = Literal["", "extend", "return"]
"""What a request is for that was filed here: to get something (""), to keep it longer, or to give it back."""

DecisionSource: TypeAlias = Literal["", "doorman", "approver token", "audit log", "state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """What Doorman knows of an assignment request.

    `stage` counts from 1 and is the stage known or assumed to be current (`is_stage_proved` says which), 0 for none.
    `decided_verdict` is a value of `Verdict` or empty. `stage_started_at` is when the current stage began, where known;
    `changed_at` when the state last changed. `version` counts the writes; 0 is a record never stored. `code` is what
    people call the request by in text, given by the store. `stuck_at` is when its delivery was found to take too long.
    """

    request_id: RequestId
    package_id: AccessPackageId
    package_name: str
    policy_id: PolicyId | None = None
    requestor_id: UserId
    requestor_name: str
    target_id: UserId
    state: RequestState
    status: str = ""
    stage: int = 0
    is_stage_proved: bool = False
    stages_total: int = 0
    created_at: datetime
    completed_at: datetime | None = None
    decided_verdict: str = ""
    decided_by_id: str = ""
    decided_by_name: str = ""
    decided_reason: str = ""
    decision_source: DecisionSource = ""
    asked_here: bool = False
    stage_started_at: datetime | None = None
    changed_at: datetime | None = None
    looked_at: datetime
    is_finished: bool = False
    version: int = 0
    code: str = ""
    stuck_at: datetime | None = None
    purpose: RequestPurpose = ""


ExpiryChoice: TypeAlias = Literal["", "let_go", "returned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Access of one person that ends at `ends_at`, and what they were told of it.

    `told_days` is how many days before the end the last notice was for, 0 for none. `choice` is what the person said:
    to let it end, or that they gave it back. `is_over` when there is nothing left to tell.
    """

    assignment_id: AssignmentId
    person_id: UserId
    package_id: AccessPackageId
    package_name: str
    policy_id: PolicyId | None = None
    began_at: datetime | None = None
    ends_at: datetime
    listed_at: datetime
    told_days: int = 0
    choice: ExpiryChoice = ""
    is_over: bool = False


DecisionState: TypeAlias = Literal["held", "sending", "recorded", "refused", "undone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one approver decided about one stage through Doorman, in which chat, and the digest of what they were shown.

    While it is held it can be undone, until `due_at`.
    """

    request_id: RequestId
    stage_id: StageId
    approver_id: UserId
    stage: int
    verdict: Verdict
    justification: str = ""
    state: DecisionState = "sending"
    decided_at: datetime
    due_at: datetime | None = None
    approver_name: str = ""
    chat: str = ""
    shown: str = ""


RevocationState: TypeAlias = Literal["sending", "sent", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Access that an approver took back after they had approved it."""

    request_id: RequestId
    approver_id: UserId
    assignment_id: AssignmentId
    reason: str = ""
    state: RevocationState = "sending"
    made_at: datetime


RemarkKind: TypeAlias = Literal["note", "question", "answer", "nudge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What somebody said about a request to those at its other end, or that they asked for a decision ("nudge").

    `about_id` is the question that an answer belongs to.
    """

    id: str
    request_id: RequestId
    kind: RemarkKind
    stage: int
    author_id: UserId
    author_name: str
    about_id: str = ""
    text: str = ""
    made_at: datetime


ErrandKind: TypeAlias = Literal["cancel", "reprocess"]
ErrandHand: TypeAlias = Literal["own", "writer"]
ErrandState: TypeAlias = Literal["sending", "done", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One write to Graph that somebody asked for; `hand` says with whose token it is made."""

    key: str
    kind: ErrandKind
    request_id: RequestId
    tenant_id: str
    actor_id: UserId
    actor_name: str
    hand: ErrandHand
    state: ErrandState = "sending"
    begun_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """Who did what about which thing, from which chat. `actor_id` is empty for what Doorman did by itself."""

    id: str
    at: datetime
    event: str
    actor_id: str
    actor_name: str
    about: str
    chat: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NudgeRecord:
    """Somebody who was asked to decide a stage, and when to remind them of it next (None: not any more).

    `has_card` is False for those who hear of it in a summary instead of by a card of its own. `detail` says which line
    of the policy made them an approver.
    """

    request_id: RequestId
    stage: int
    person_id: UserId
    asked_at: datetime
    decide_by: datetime | None = None
    due_at: datetime | None = None
    has_card: bool = True
    detail: Mapping[str, Any] = field(default_factory=dict)


MessageKind: TypeAlias = Literal[
    "status",
    "approval",
    "notice",
    "reminder",
    "question",
    "incident",
    "expiry",
    "ended",
    "review",
    "review_due",
    "channel",
    "lead_digest",
    "enrolment",
    "administration",
    "suggestion",
    "health",
]
MessageState: TypeAlias = Literal["wanted", "posting", "posted", "unreachable", "failed", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """One message that should be in somebody's chat, and what of it is there.

    `wanted` counts the changes it should show, `delivered` is the count it shows, `shown` the digest of its card, which
    `offers_decision` while it has buttons that decide.
    `is_interrupted` is set only on what `claim` returns: an earlier attempt to post it ended without a result, so it
    may be in the chat already.
    """

    key: str
    kind: MessageKind
    request_id: RequestId
    stage: int
    person_id: UserId
    address: Address | None = None
    message_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    wanted: int = 1
    delivered: int = 0
    shown: str = ""
    state: MessageState = "wanted"
    error: str = ""
    claimed_by: str = ""
    claimed_until: datetime | None = None
    posted_at: datetime | None = None
    offers_decision: bool = False
    updated_at: datetime
    is_interrupted: bool = False


@dataclass(frozen=True, slots=True)
class MissedSearch:
    """Words that nothing was found for: how often, on how many days, and between which two."""

    words: str
    count: int
    days: int
    first_day_at: datetime
    last_day_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request that somebody is putting together in words. `form_id` is that of the form it will be sent as."""

    code: str
    form_id: str
    person_id: UserId
    package_id: AccessPackageId
    content: Mapping[str, Any]
    updated_at: datetime


EnrolmentRunState: TypeAlias = Literal["waiting", "applying", "stopped", "done", "cancelled", "refused"]
RunKind: TypeAlias = Literal["enrolment", "administration"]
"""Waits for a second person; is applied; every row came to its end; was given up; cannot be applied as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRun:
    """A plan that somebody proposed. `plan` is its JSON, empty when it cannot be opened any more.

    `excluded` are ids of rows that are left out. `is_cancelled` while rows that are begun come to their ends.
    `reason` says why it was refused, or what it waits for. `package_ids` say what runs take turns for.
    """

    id: str
    kind: RunKind = "enrolment"
    tenant_id: str
    author_id: UserId
    author_name: str
    second_id: UserId | None = None
    second_name: str = ""
    state: EnrolmentRunState = "waiting"
    digest: str
    plan: bytes
    package_ids: tuple[str, ...]
    excluded: frozenset[str] = frozenset()
    is_cancelled: bool = False
    reason: str = ""
    created_at: datetime
    expires_at: datetime
    agreed_at: datetime | None = None
    updated_at: datetime
