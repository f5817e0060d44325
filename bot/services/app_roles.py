"""Bringing an application's roles to what a file says: read what is there, and carry a plan out step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.files.app_roles import AppRole, read_role
from bot.plans.app_roles import GroupAssignment, Present, RolePlan, Step, StepKind
from bot.plans.journal import Entry, Journal, RowState

_PATIENCE_SECONDS: Final = 90.0
_FIRST_WAIT_SECONDS: Final = 0.5


class FoundApplication(Protocol):
    @property
    def app_id(self) -> str: ...
    @property
    def object_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> Sequence[Mapping[str, Any]]: ...


class FoundAssignment(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def principal_id(self) -> str: ...
    @property
    def principal_name(self) -> str: ...
    @property
    def principal_type(self) -> str: ...
    @property
    def role_id(self) -> str: ...


class Applications(Protocol):
    async def find(self, name: str) -> Sequence[FoundApplication]: ...
    async def service_principal(self, app_id: str) -> tuple[str, frozenset[str]]: ...
    async def assignments(self, service_principal_id: str) -> Sequence[FoundAssignment]: ...
    async def groups_named(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]: ...
    async def replace_roles(self, object_id: str, roles: list[dict[str, Any]]) -> None: ...
    async def assign(self, group_id: str, service_principal_id: str, role_id: str) -> None: ...
    async def unassign(self, service_principal_id: str, assignment_id: str) -> None: ...


class AmbiguousApplication(Exception):
    """None or several applications have the name; the text says which, in one line."""


class RolesNotVisible(Exception):
    """New roles did not show up in time; the text says so in one line."""


async def read_present(graph: Applications, name: str, wanted: Sequence[AppRole] = ()) -> Present:
    """The application with this app id or name, as it is. Raises: AmbiguousApplication, NotFound."""
    found = await graph.find(name)
    if len(found) != 1:
        ids = ", ".join(app.app_id for app in found)
        told = f"there are several applications “{name}”: {ids}" if found else f"there is no application “{name}”"
        raise AmbiguousApplication(told)
    app = found[0]
    roles = tuple(read_role(role) for role in app.roles)
    principal_id, _ = await graph.service_principal(app.app_id)
    assigned, groups = await asyncio.gather(
        graph.assignments(principal_id),
        graph.groups_named([role.value for role in (*roles, *wanted) if role.value]),
    )
    return Present(
        app.app_id,
        app.object_id,
        principal_id,
        app.name,
        roles,
        tuple(
            GroupAssignment(each.id, each.principal_id, each.principal_name, each.role_id)
            for each in assigned
            if each.principal_type.casefold() == "group"
        ),
        groups,
    )


@dataclass(frozen=True, slots=True)
class RoleApplier:
    """`tell` hears of every step that is done."""

    graph: Applications
    journal: Journal | None = None
    tell: Callable[[Step], None] = lambda step: None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    patience_seconds: float = _PATIENCE_SECONDS

    async def apply(self, plan: RolePlan, present: Present) -> int:
        """Carry out the plan that was made of `present`; how many writes it took. May be repeated after any failure.

        Raises: RolesNotVisible, and what Graph raises.
        """
        done = 0
        for step in plan.steps:
            await self._note(step, RowState.BEGUN)
            await self._do(step, present)
            await self._note(step, RowState.DONE)
            self.tell(step)
            done += 1
        return done

    async def _do(self, step: Step, present: Present) -> None:
        match step.kind:
            case StepKind.DISABLE | StepKind.REPLACE:
                await self.graph.replace_roles(present.object_id, [role.body() for role in step.roles])
            case StepKind.ASSIGN:
                await self._visible(present, step.role_id)
                await self.graph.assign(step.group_id, present.service_principal_id, step.role_id)
            case StepKind.UNASSIGN:
                await self.graph.unassign(present.service_principal_id, step.assignment_id)

    async def _visible(self, present: Present, role_id: str) -> None:
        """Wait until the service principal shows the role: it comes a while after the application has it."""
        wait, waited = _FIRST_WAIT_SECONDS, 0.0
        while True:
            _, visible = await self.graph.service_principal(present.app_id)
            if role_id in visible:
                return
            if waited >= self.patience_seconds:
                seconds = round(self.patience_seconds)
                raise RolesNotVisible(f"the roles were written, and are not visible after {seconds} seconds; run again")
            await self.sleep(wait)
            waited, wait = waited + wait, min(wait * 2, 8.0)

    async def _note(self, step: Step, state: RowState) -> None:
        if self.journal is not None:
            await self.journal.write([Entry(step.id, state, {"kind": step.kind.value, "about": step.about})])
