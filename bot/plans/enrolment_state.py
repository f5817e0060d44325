"""What a plan is made from: the tenant as it was read, and the rules that hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.domain import Assignment, AssignmentRequest, Person, Question
from bot.files.rows import EnrolmentFile
from bot.plans.enrolment import Reason


def key_of(label: str) -> str:
    """A label as it is compared: letter case and the number of spaces do not count, nor those around the bar."""
    return "|".join(" ".join(part.split()) for part in label.split("|")).casefold()


def address_key(address: str) -> str:
    return address.strip().casefold()


class ManagedBy(StrEnum):
    """Where the people of an access package come from."""

    FILE = "file"
    SELF_SERVICE = "self-service"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a label stands for no access package that a file could manage."""

    reason: Reason
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageState:
    """An access package that a label stands for, its managed policy, and who has it or asked for it.

    `assignments` are those that give access now or soon; `requests` those that are under way.
    """

    label: str
    project: str
    package_id: str = ""
    package_name: str = ""
    policy_id: str = ""
    policy_name: str = ""
    questions: tuple[Question, ...] = ()
    is_period_allowed: bool = False
    managed_by: ManagedBy = ManagedBy.FILE
    assignments: tuple[Assignment, ...] = ()
    requests: tuple[AssignmentRequest, ...] = ()
    problem: Problem | None = None

    @property
    def is_self_service(self) -> bool:
        """Whether files may not change who has it."""
        return self.managed_by is ManagedBy.SELF_SERVICE


@dataclass(frozen=True, slots=True)
class TenantState:
    """`packages` by `key_of` their labels; `people` who have an address, by `address_key`.

    `labels` are those of all roles of a project, by `key_of` its name, for files that are complete for a project.
    """

    packages: Mapping[str, PackageState] = field(default_factory=dict)
    people: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def labels_of(self, file: EnrolmentFile) -> tuple[str, ...]:
        """Every access package that the file is about."""
        whole = (label for project in file.projects for label in self.labels.get(key_of(project), (project,)))
        return (*file.labels, *whole, *(row.label for row in file.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRules:
    """What an administrator has configured, and who asks.

    `allowed` are the names of the projects that the author may change; None where a review of the files has settled
    that. `protected` are object ids. `accepted` are new addresses that somebody has said to be right.
    """

    today: date
    author_id: str = ""
    allowed: frozenset[str] | None = None
    guest_domains: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    brake_percent: int = 10
    brake_people: int = 20
    sends_invitation: bool = True
