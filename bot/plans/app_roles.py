"""What has to change so that an application has the roles of a file, and each role its one group.

The array of roles is replaced whole. A role that goes, or gets another value, is disabled first: Entra refuses
anything else. Groups and roles correspond one to one, by the value of the role and the name of the group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bot.files.app_roles import AppRole
from bot.plans.digest import digest


@dataclass(frozen=True, slots=True)
class GroupAssignment:
    """A group that has a role of the application now."""

    id: str
    group_id: str
    group_name: str
    role_id: str


@dataclass(frozen=True, slots=True)
class Present:
    """The application as it is. `groups` are those in the directory by name, several where a name is there twice."""

    app_id: str
    object_id: str
    service_principal_id: str
    name: str
    roles: tuple[AppRole, ...]
    assignments: tuple[GroupAssignment, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class StepKind(StrEnum):
    DISABLE = "disable roles"
    REPLACE = "replace roles"
    ASSIGN = "give a group its role"
    UNASSIGN = "take a role from a group"


@dataclass(frozen=True, slots=True)
class Step:
    """One write. `roles` is the whole array that it leaves, for the kinds that are about roles."""

    kind: StepKind
    about: str
    roles: tuple[AppRole, ...] = ()
    group_id: str = ""
    role_id: str = ""
    assignment_id: str = ""

    @property
    def id(self) -> str:
        return digest(
            [self.kind, [role.body() for role in self.roles], self.group_id, self.role_id, self.assignment_id]
        )


@dataclass(frozen=True, slots=True)
class RolePlan:
    """`problems` keep the plan from being applied; `notes` are for the reader."""

    app_id: str
    app_name: str
    before: str
    """The digest of what was found."""
    wanted: str
    """The digest of what the file says."""
    steps: tuple[Step, ...]
    changes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return digest([self.app_id, self.before, self.wanted, [step.id for step in self.steps]])


def plan_roles(present: Present, wanted: Sequence[AppRole], *, prune: bool, groups: bool = True) -> RolePlan:
    """The steps that are left. Roles and assignments that the file does not know go only with `prune`."""
    problems = _clashes(present, wanted)
    by_id = {role.id.casefold(): role for role in wanted}
    unknown = [role for role in present.roles if role.id.casefold() not in by_id]
    kept = [] if prune else unknown
    final = tuple([_merged(role, present.roles) for role in wanted] + kept)
    steps = _role_steps(present.roles, final)
    changes = _role_changes(present.roles, final)
    notes = [f"{_label(role)}: is not in the file, and stays." for role in kept]
    if groups:
        pairing = _pair(present, final, prune=prune)
        steps = [*pairing.taken, *steps, *pairing.given]
        changes += pairing.changes
        problems += pairing.problems
        notes += pairing.notes
    return RolePlan(
        present.app_id,
        present.name,
        digest([[role.body() for role in present.roles], sorted(each.id for each in present.assignments)]),
        digest([[role.body() for role in wanted], prune, groups]),
        tuple(steps),
        tuple(changes),
        tuple(problems),
        tuple(notes),
    )


def plan_json(plan: RolePlan) -> dict[str, Any]:
    return {
        "kind": "app-roles",
        "application": {"appId": plan.app_id, "displayName": plan.app_name},
        "before": plan.before,
        "wanted": plan.wanted,
        "digest": plan.digest,
        "changes": list(plan.changes),
        "problems": list(plan.problems),
        "notes": list(plan.notes),
        "steps": [{"id": step.id, "kind": step.kind.value, "about": step.about} for step in plan.steps],
    }


def _role_steps(before: Sequence[AppRole], final: Sequence[AppRole]) -> list[Step]:
    if _same(before, final):
        return []
    after = {role.id.casefold(): role for role in final}
    going = [
        role
        for role in before
        if role.is_enabled and (role.id.casefold() not in after or after[role.id.casefold()].value != role.value)
    ]
    steps = []
    if going:
        ids = {role.id for role in going}
        off = tuple(replace(role, is_enabled=False) if role.id in ids else role for role in before)
        steps.append(Step(StepKind.DISABLE, ", ".join(_label(role) for role in going), off))
    return [*steps, Step(StepKind.REPLACE, f"{len(final)} roles", tuple(final))]


def _role_changes(before: Sequence[AppRole], final: Sequence[AppRole]) -> list[str]:
    known = {role.id.casefold(): role for role in before}
    after = {role.id.casefold() for role in final}
    changes = []
    for role in final:
        old = known.get(role.id.casefold())
        if old is None:
            changes.append(f"+ role {_label(role)}")
            continue
        changes += [
            f"~ role {_label(role)}: {name} from {_shown(was)} to {_shown(now)}"
            for name, was, now in (
                ("value", old.value, role.value),
                ("displayName", old.display_name, role.display_name),
                ("description", old.description, role.description),
                ("isEnabled", old.is_enabled, role.is_enabled),
                ("allowedMemberTypes", list(old.member_types), list(role.member_types)),
            )
            if was != now
        ]
    return changes + [f"- role {_label(role)}" for role in before if role.id.casefold() not in after]


@dataclass(frozen=True, slots=True)
class _Pairing:
    given: list[Step]
    taken: list[Step]
    changes: list[str]
    problems: list[str]
    notes: list[str]


def _pair(present: Present, final: Sequence[AppRole], *, prune: bool) -> _Pairing:
    """Each role with a value goes to the group of that name, and to no other."""
    pairing = _Pairing([], [], [], [], [])
    roles = {role.id.casefold(): role for role in final}
    held = {(each.role_id.casefold(), each.group_id) for each in present.assignments}
    right: set[tuple[str, str]] = set()
    for role in final:
        if not role.value or not role.is_enabled or "User" not in role.member_types:
            continue
        ids = present.groups.get(role.value.casefold(), ())
        if len(ids) > 1:
            pairing.problems.append(f"There are several groups “{role.value}”: {', '.join(sorted(ids))}.")
        elif not ids:
            pairing.notes.append(f"role without group: no group is called “{role.value}”.")
        else:
            key = (role.id.casefold(), ids[0])
            right.add(key)
            if key not in held:
                step = Step(
                    StepKind.ASSIGN, f"{role.value} to the group of that name", group_id=ids[0], role_id=role.id
                )
                pairing.given.append(step)
                pairing.changes.append(f"+ group {role.value} gets its role")
    for each in present.assignments:
        if (each.role_id.casefold(), each.group_id) in right:
            continue
        found = roles.get(each.role_id.casefold())
        what = found.value or found.display_name if found else "a role that is gone"
        if prune:
            step = Step(StepKind.UNASSIGN, f"{what} from {each.group_name}", assignment_id=each.id)
            pairing.taken.append(step)
            pairing.changes.append(f"- group {each.group_name} loses {what}")
        elif found is None:
            pairing.notes.append(f"group without role: {each.group_name} holds a role that is not there.")
        else:
            pairing.notes.append(f"group without role of its own: {each.group_name} holds {what}.")
    return pairing


def _clashes(present: Present, wanted: Sequence[AppRole]) -> list[str]:
    known = {role.value: role for role in present.roles if role.value}
    return [
        f"“{role.value}” is the value of the role {known[role.value].id} in the tenant, and of {role.id} in the file."
        for role in wanted
        if role.value in known and known[role.value].id.casefold() != role.id.casefold()
    ]


def _merged(role: AppRole, before: Iterable[AppRole]) -> AppRole:
    """The role of the file, with what only the tenant knows about it."""
    old = next((each for each in before if each.id.casefold() == role.id.casefold()), None)
    return replace(role, id=old.id, raw=old.raw) if old is not None else replace(role, raw={})


def _same(before: Sequence[AppRole], final: Sequence[AppRole]) -> bool:
    return sorted(before, key=lambda each: each.id) == sorted(final, key=lambda each: each.id)


def _label(role: AppRole) -> str:
    return role.value or role.display_name or role.id


def _shown(value: object) -> str:
    return f"“{value}”" if isinstance(value, str) else str(value)
