"""Tenants and files for enrolment plans, in few words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    AssignmentState,
    Person,
    PolicyId,
    Question,
    RequestId,
    RequestState,
    RequestType,
    Subject,
    UserId,
)
from bot.files.rows import EnrolmentFile, EnrolmentRow, Finding, Place, Severity
from bot.plans.enrolment import EnrolmentPlan
from bot.plans.enrolment_planning import plan_enrolment
from bot.plans.enrolment_state import ManagedBy, PackageState, PlanRules, TenantState, key_of

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)
LABEL = "Project X | Role Y"
MANAGED, OTHER = "policy-managed", "policy-other"


def person(key: str, *, name: str = "", mail: str = "", is_guest: bool = False, is_enabled: bool = True) -> Person:
    return Person(
        UserId(f"id-{key}"),
        name or key.title(),
        mail or f"{key}@example.com",
        mail or f"{key}@example.com",
        is_guest=is_guest,
        is_enabled=is_enabled,
    )


def holding(
    who: Person | str,
    policy: str = MANAGED,
    state: AssignmentState = AssignmentState.DELIVERED,
    ends_at: datetime | None = None,
) -> Assignment:
    """An assignment of a person, or of an address that has no object yet."""
    key = who if isinstance(who, str) else who.id
    target = Subject(None, who, who) if isinstance(who, str) else Subject(who.id, who.name, who.mail)
    return Assignment(
        AssignmentId(f"assignment-{key}-{policy}"),
        state,
        target=target,
        policy_id=PolicyId(policy),
        expires_at=ends_at,
    )


def asking(who: Person, kind: RequestType = RequestType.ADMIN_ADD) -> AssignmentRequest:
    return AssignmentRequest(
        RequestId(f"request-{who.id}"), kind, RequestState.DELIVERING, target=Subject(who.id, who.name, who.mail)
    )


def package(
    assignments: Sequence[Assignment] = (),
    requests: Sequence[AssignmentRequest] = (),
    *,
    label: str = LABEL,
    questions: Sequence[Question] = (),
    is_period_allowed: bool = False,
    managed_by: ManagedBy = ManagedBy.FILE,
) -> PackageState:
    return PackageState(
        label=label,
        project=label.partition(" |")[0],
        package_id=AccessPackageId(f"package-{label}"),
        package_name=label,
        policy_id=MANAGED,
        policy_name="File managed",
        questions=tuple(questions),
        is_period_allowed=is_period_allowed,
        managed_by=managed_by,
        assignments=tuple(assignments),
        requests=tuple(requests),
    )


def tenant(packages: Sequence[PackageState], people: Sequence[Person] = ()) -> TenantState:
    by_address: dict[str, tuple[Person, ...]] = {}
    for each in people:
        for address in {each.mail.casefold(), each.user_principal_name.casefold()}:
            by_address[address] = (*by_address.get(address, ()), each)
    return TenantState({key_of(each.label): each for each in packages}, by_address)


def row(email: str, label: str = LABEL, name: str = "", start: str = "", end: str = "") -> EnrolmentRow:
    return EnrolmentRow(Place("people.csv", 1), name or email.partition("@")[0].title(), email, label, start, end)


def file(
    *rows: EnrolmentRow, labels: Sequence[str] = (), name: str = "people.csv", is_broken: bool = False
) -> EnrolmentFile:
    findings = (
        (Finding(Severity.ERROR, "row.broken", Place(name, 2), "This line cannot be read."),) if is_broken else ()
    )
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    return EnrolmentFile(name, rows, findings, digest, tuple(labels))


def rules(**more: object) -> PlanRules:
    given: dict[str, object] = {"guest_domains": frozenset({"partner.example"}), "brake_percent": 100}
    return PlanRules(today=date(2027, 1, 11), **{**given, **more})  # type: ignore[arg-type]  # names are the fields'


def planned(state: TenantState, *files: EnrolmentFile, **more: object) -> EnrolmentPlan:
    return plan_enrolment(files, state, rules(**more), NOW)
