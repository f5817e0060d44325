"""How somebody stands to an access package before they ask for it: what they have, what they asked for, what conflicts.

Everything here is worked out from facts that were read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain import (
    AccessPackageId,
    Answer,
    Assignment,
    AssignmentRequest,
    AssignmentState,
    GroupId,
    Question,
    QuestionId,
    QuestionKind,
    ResourceRole,
)
from bot.rules import PackageRules

_LIVE: Final = (AssignmentState.DELIVERING, AssignmentState.PARTIALLY_DELIVERED, AssignmentState.DELIVERED)

Contents = Mapping[AccessPackageId, tuple[ResourceRole, ...]]


@dataclass(frozen=True, slots=True)
class Through:
    """Other access that gives something of the package already. `is_all` when nothing of it would be new."""

    package_name: str
    roles: tuple[ResourceRole, ...]
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Smaller:
    """Another package that gives what is wanted with fewer roles."""

    package_id: AccessPackageId
    name: str
    spared: tuple[ResourceRole, ...]
    """What the larger package would grant on top."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`conflicts` are names of what the person has that cannot go together with the package."""

    assignment: Assignment | None = None
    open_request: AssignmentRequest | None = None
    conflicts: tuple[str, ...] = ()
    already: tuple[Through, ...] = ()
    smaller: Smaller | None = None

    @property
    def is_blocked(self) -> bool:
        return bool(self.assignment or self.open_request or self.conflicts)


NOTHING: Final = Standing()


def live(assignments: Iterable[Assignment]) -> list[Assignment]:
    return [each for each in assignments if each.state in _LIVE and each.package_id]


def held(package_id: AccessPackageId, assignments: Iterable[Assignment]) -> Assignment | None:
    return next((each for each in live(assignments) if each.package_id == package_id), None)


def open_request(package_id: AccessPackageId, requests: Iterable[AssignmentRequest]) -> AssignmentRequest | None:
    """The undecided request for the package, if there is one. A partly delivered one keeps nobody from asking."""
    return next((each for each in requests if each.package_id == package_id and each.state.is_unfinished), None)


def conflicts(rules: PackageRules, assignments: Iterable[Assignment], group_ids: frozenset[GroupId]) -> tuple[str, ...]:
    """Names of the incompatible packages held and of the incompatible groups that the person is in."""
    packages = {each.package_id for each in live(assignments)}
    return (
        *(name for package_id, name in rules.incompatible_packages if package_id in packages),
        *(name for group_id, name in rules.incompatible_groups if group_id in group_ids),
    )


def already_through(
    wanted: Sequence[ResourceRole], assignments: Sequence[Assignment], contents: Contents
) -> tuple[Through, ...]:
    """Which of the wanted roles come with packages that the person has; the package that gives most comes first."""
    open_keys = {key(role) for role in wanted}
    candidates = [(each, contents.get(each.package_id or AccessPackageId(""), ())) for each in live(assignments)]
    candidates.sort(key=lambda pair: -len(open_keys & set(map(key, pair[1]))))
    found: list[Through] = []
    for assignment, roles in candidates:
        given = open_keys & set(map(key, roles))
        if given:
            gives_all = len(given) == len({key(role) for role in wanted})
            found.append(
                Through(assignment.package_name, tuple(role for role in wanted if key(role) in given), gives_all)
            )
            open_keys -= given
    return tuple(found)


def smaller(
    package_id: AccessPackageId,
    wanted: Sequence[ResourceRole],
    missing: Sequence[ResourceRole],
    others: Contents,
    names: Mapping[AccessPackageId, str],
) -> Smaller | None:
    """The package with the fewest roles that gives everything `missing`, if it has fewer than the one `wanted`.

    `others` are the contents of packages that the person may ask for and does not have.
    """
    need, size = set(map(key, missing)), len({key(role) for role in wanted})
    fitting = [
        (len(roles), names[other], other)
        for other, roles in others.items()
        if other != package_id and other in names and need and need <= set(map(key, roles)) and len(roles) < size
    ]
    if not fitting:
        return None
    _, name, other = min(fitting)
    granted = set(map(key, others[other]))
    return Smaller(other, name, tuple(role for role in wanted if key(role) not in granted))


def accepted_answers(package_id: AccessPackageId, requests: Iterable[AssignmentRequest]) -> Mapping[QuestionId, Answer]:
    """The answers of the last request for the package that was granted; none of those that were not."""
    granted = [
        each
        for each in requests
        if each.package_id == package_id and each.type.is_asked_by_a_person and each.state.is_approved
    ]
    if not granted:
        return {}
    last = max(granted, key=lambda each: (each.created_at is not None, each.created_at))
    return {answer.question_id: answer for answer in last.answers}


def fitted_answer(question: Question, answer: Answer) -> Answer:
    """An earlier answer as the answer to this question; several choices come back from Graph as one text."""
    values = answer.values
    if question.kind is QuestionKind.MULTIPLE_CHOICE and len(values) == 1:
        known = {choice.value for choice in question.choices}
        values = values if values[0] in known else tuple(part for part in values[0].split(",") if part)
    return Answer(question.id, question.text, answer.display_value, values, question.odata_type)


def key(role: ResourceRole) -> tuple[str, str, str]:
    """The same for two packages that grant the same."""
    return role.origin_system.casefold(), role.origin_id.casefold(), role.role_name.casefold()
