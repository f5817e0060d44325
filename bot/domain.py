"""The values Doorman speaks of: people, access packages, assignment requests, approvals.

Everything here is immutable and knows neither Graph's JSON nor Teams. Moments are aware datetimes, spans are
timedeltas, ids are opaque and of distinct types, and enumerations are open: a member this version has never heard of
becomes `OTHER` and breaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Self

UserId = NewType("UserId", str)
GroupId = NewType("GroupId", str)
AccessPackageId = NewType("AccessPackageId", str)
PolicyId = NewType("PolicyId", str)
RequestId = NewType("RequestId", str)
AssignmentId = NewType("AssignmentId", str)
StageId = NewType("StageId", str)
QuestionId = NewType("QuestionId", str)


class OpenEnum(StrEnum):
    """An enumeration of Graph: any spelling of case is read, unknown members are `OTHER`."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        wanted = str(value).casefold()
        for member in cls:
            if member.value.casefold() == wanted:
                return member
        return cls("other")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the directory. Texts that the directory does not hold are empty."""

    id: UserId
    name: str
    mail: str = ""
    user_principal_name: str = ""
    job_title: str = ""
    department: str = ""
    company: str = ""
    is_guest: bool = False
    is_enabled: bool = True
    preferred_language: str = ""  # a locale such as "de-DE"


@dataclass(frozen=True, slots=True)
class Subject:
    """Entitlement management's own record of a person; `object_id` is None until they are in the directory."""

    object_id: UserId | None
    name: str = ""
    mail: str = ""
    connected_organization_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccessPackage:
    id: AccessPackageId
    name: str
    description: str = ""
    is_hidden: bool = False
    catalog_name: str = ""
    catalog_id: str = ""


@dataclass(frozen=True, slots=True)
class ResourceRole:
    """One thing an access package grants: a role on a group, an application or a site."""

    role_name: str
    resource_name: str
    origin_system: str = ""
    origin_id: str = ""
    role_origin_id: str = ""

    @property
    def grant(self) -> tuple[str, str, str]:
        """What makes two roles the same access: where, on what, and as what."""
        return (self.origin_system, self.origin_id or self.resource_name, self.role_origin_id or self.role_name)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where an application opens, or that there is a team for a group. `url` is empty where nobody said."""

    id: str
    name: str
    url: str = ""
    is_team: bool = False


class Held(StrEnum):
    """Whether somebody really has what an access package grants, as the directory shows it."""

    YES = "yes"
    NOT_YET = "not yet"
    UNKNOWN = "unknown"  # it cannot be seen from here


@dataclass(frozen=True, slots=True)
class PackageSuggestion:
    """An access package that the service proposes to a person, and why; names only where the tenant shows them."""

    package_id: AccessPackageId
    colleague_count: int = 0  # related people who have it
    colleagues: tuple[str, ...] = ()
    times_had: int = 0  # how often the person had it before


class QuestionKind(OpenEnum):
    TEXT = "text"
    MULTILINE_TEXT = "multilineText"
    SINGLE_CHOICE = "singleChoice"
    MULTIPLE_CHOICE = "multipleChoice"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    id: QuestionId
    kind: QuestionKind
    text: str
    is_required: bool = False
    regex: str | None = None
    choices: tuple[Choice, ...] = ()
    odata_type: str = ""
    is_answer_editable: bool = True
    """Whether an answer that was accepted once may be another one the next time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is what Graph stores; several choices of one question are given in `values`."""

    question_id: QuestionId
    question_text: str
    display_value: str
    values: tuple[str, ...]
    question_odata_type: str = ""


class ExpirationKind(OpenEnum):
    NOT_SPECIFIED = "notSpecified"
    NO_EXPIRATION = "noExpiration"
    AFTER_DATE_TIME = "afterDateTime"
    AFTER_DURATION = "afterDuration"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Expiration:
    kind: ExpirationKind = ExpirationKind.NOT_SPECIFIED
    duration: timedelta | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    start_at: datetime | None = None
    expiration: Expiration = Expiration()


@dataclass(frozen=True, slots=True)
class PolicyRequirements:
    """What one policy asks of the person who requests under it, as Graph answers for that person."""

    policy_id: PolicyId
    policy_name: str
    policy_description: str = ""
    is_approval_required: bool = False
    is_justification_required: bool = False
    is_custom_schedule_allowed: bool = False
    expiration: Expiration = Expiration()
    questions: tuple[Question, ...] = ()
    is_verified_id_required: bool = False
    is_approval_required_for_update: bool = False


class RequestState(OpenEnum):
    SUBMITTED = "submitted"
    PENDING_APPROVAL = "pendingApproval"
    SCHEDULED = "scheduled"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    PARTIALLY_DELIVERED = "partiallyDelivered"
    DELIVERY_FAILED = "deliveryFailed"
    DENIED = "denied"
    CANCELED = "canceled"
    OTHER = "other"

    @property
    def is_open(self) -> bool:
        """Whether the request may still change by itself or by a decision."""
        return self not in (self.DELIVERED, self.DELIVERY_FAILED, self.DENIED, self.CANCELED)

    @property
    def is_unfinished(self) -> bool:
        """Whether nobody may ask for the same again, because this is still under way."""
        return self in (self.SUBMITTED, self.PENDING_APPROVAL, self.SCHEDULED, self.DELIVERING)

    @property
    def is_approved(self) -> bool:
        """Whether every approval has been given (or none was needed)."""
        return self in (self.SCHEDULED, self.DELIVERING, self.DELIVERED, self.PARTIALLY_DELIVERED, self.DELIVERY_FAILED)


_CANCELLABLE: Final = frozenset({"accepted", "pendingapproval", "pendingapprovalescalated", "pendingnotbefore"})


class RequestType(OpenEnum):
    USER_ADD = "userAdd"
    USER_UPDATE = "userUpdate"
    USER_REMOVE = "userRemove"
    ADMIN_ADD = "adminAdd"
    ADMIN_UPDATE = "adminUpdate"
    ADMIN_REMOVE = "adminRemove"
    SYSTEM_ADD = "systemAdd"
    SYSTEM_UPDATE = "systemUpdate"
    SYSTEM_REMOVE = "systemRemove"
    APPROVER_REMOVE = "approverRemove"
    OTHER = "other"

    @property
    def is_asked_by_a_person(self) -> bool:
        return self in (self.USER_ADD, self.USER_UPDATE)


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a person sends when they ask for one access package, or to change what they have of it.

    It is for themselves, or for `target`. `assignment_id` is what they have already: an addition then renews it, an
    update or a removal needs it.
    """

    package_id: AccessPackageId
    policy_id: PolicyId
    justification: str = ""
    answers: tuple[Answer, ...] = ()
    schedule: Schedule | None = None
    type: RequestType = RequestType.USER_ADD
    assignment_id: AssignmentId | None = None
    target: Subject | None = None


@dataclass(frozen=True, slots=True)
class AssignmentRequest:
    """A request as Graph shows it. `created_at` is None for a moment after the request was filed."""

    id: RequestId
    type: RequestType
    state: RequestState
    status: str = ""
    created_at: datetime | None = None
    completed_at: datetime | None = None
    justification: str = ""
    answers: tuple[Answer, ...] = ()
    schedule: Schedule = Schedule()
    package_id: AccessPackageId | None = None
    package_name: str = ""
    requestor: Subject | None = None
    target: Subject | None = None
    policy_id: PolicyId | None = None
    assignment_id: AssignmentId | None = None

    @property
    def may_be_cancelled(self) -> bool:
        """Whether Graph would still let its requestor take it back."""
        waits = (RequestState.SUBMITTED, RequestState.PENDING_APPROVAL, RequestState.SCHEDULED)
        return self.state in waits and (not self.status or self.status.casefold() in _CANCELLABLE)

    @property
    def may_be_reprocessed(self) -> bool:
        """Whether its delivery can be tried again by hand."""
        return self.state in (RequestState.DELIVERY_FAILED, RequestState.PARTIALLY_DELIVERED)


class StageStatus(OpenEnum):
    INITIALIZING = "Initializing"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    EXPIRED = "Expired"
    OTHER = "other"


class ReviewResult(OpenEnum):
    NOT_REVIEWED = "NotReviewed"
    APPROVED = "Approved"
    DENIED = "Denied"
    OTHER = "other"


class Verdict(StrEnum):
    """What an approver presses; the values are Graph's on writing."""

    APPROVE = "Approve"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class ApprovalStage:
    """One stage of an approval, as the person whose token read it sees it."""

    id: StageId
    status: StageStatus
    is_assigned_to_me: bool = False
    result: ReviewResult = ReviewResult.NOT_REVIEWED
    justification: str = ""
    reviewed_by_id: UserId | None = None
    reviewed_by_name: str = ""
    reviewed_at: datetime | None = None


class SubjectSetKind(OpenEnum):
    SINGLE_USER = "singleUser"
    GROUP_MEMBERS = "groupMembers"
    REQUESTOR_MANAGER = "requestorManager"
    INTERNAL_SPONSORS = "internalSponsors"
    EXTERNAL_SPONSORS = "externalSponsors"
    TARGET_USER_SPONSORS = "targetUserSponsors"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SubjectSet:
    """Who a policy names: one user, the members of a group, a manager so many levels up, sponsors."""

    kind: SubjectSetKind
    id: str = ""
    manager_level: int = 1
    description: str = ""


class ApproverVisibility(OpenEnum):
    DEFAULT = "default"
    VISIBLE = "visible"
    NOT_VISIBLE = "notVisible"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StageRule:
    """What a policy says about one approval stage."""

    primary: tuple[SubjectSet, ...]
    fallback: tuple[SubjectSet, ...] = ()
    escalation: tuple[SubjectSet, ...] = ()
    fallback_escalation: tuple[SubjectSet, ...] = ()
    automatic_denial_after: timedelta | None = None
    escalation_after: timedelta | None = None
    is_justification_required: bool = False
    visibility: ApproverVisibility = ApproverVisibility.DEFAULT


@dataclass(frozen=True, slots=True)
class AssignmentPolicy:
    id: PolicyId
    name: str
    is_approval_required: bool = False
    stages: tuple[StageRule, ...] = ()
    expiration: Expiration = Expiration()
    is_approval_required_for_update: bool = False
    is_justification_required: bool = False
    may_extend: bool = False
    may_give_back: bool = False
    is_custom_schedule_allowed: bool = False


@dataclass(frozen=True, slots=True)
class AuditedDecision:
    """A decision as the directory audit log tells it. `verdict` is None for a stage that was approved and led on."""

    request_id: RequestId
    verdict: Verdict | None
    by_id: UserId | None
    by_name: str
    reason: str
    at: datetime


class AssignmentState(OpenEnum):
    DELIVERING = "delivering"
    PARTIALLY_DELIVERED = "partiallyDelivered"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    DELIVERY_FAILED = "deliveryFailed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Assignment:
    id: AssignmentId
    state: AssignmentState
    package_id: AccessPackageId | None = None
    package_name: str = ""
    target: Subject | None = None
    expires_at: datetime | None = None
    policy_id: PolicyId | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it gives access now, as far as this version understands its state."""
        return self.state is not AssignmentState.EXPIRED and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a conversation of the connector. Service URLs change; keep the latest."""

    conversation_id: str
    service_url: str
