"""What the writer identity is asked to do for an enrolment: invite a guest, assign a package, move or bring an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.domain import AccessPackageId, Answer, AssignmentId, PolicyId, UserId


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody from outside. `sponsor_id` answers for them, where the file names somebody."""

    email: str
    name: str
    redirect_url: str
    sends_message: bool
    message: str = ""
    sponsor_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectAssignment:
    """An access package for one person, under one policy. Without `person_id` the address says who it is.

    The last day counts whole.
    """

    package_id: AccessPackageId
    policy_id: PolicyId
    justification: str
    person_id: UserId | None = None
    email: str = ""
    start: date | None = None
    end: date | None = None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """Another last day for what somebody has; None takes its end away."""

    assignment_id: AssignmentId
    end: date | None
    justification: str


@dataclass(frozen=True, slots=True)
class Removal:
    assignment_id: AssignmentId
    justification: str


Order: TypeAlias = DirectAssignment | PeriodChange | Removal
