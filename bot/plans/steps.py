"""The steps of a plan that changes what a tenant holds, each small enough to be done or not done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.files.administration import Named, Wanted, named_in
from bot.files.rows import Finding, Place, Severity
from bot.plans.digest import digest


class Section(StrEnum):
    """Where a step stands in the plan that people read, in this order."""

    DIRECTORY = "directory"
    CATALOG = "catalog"
    PACKAGE = "package"
    RESOURCE = "resource"
    ROLE = "role"
    GRANT = "grant"
    POLICY = "policy"
    CONFLICT = "conflict"
    CATALOG_ROLE = "catalog-role"


class StepKind(StrEnum):
    CREATE_GROUP = "create-group"
    ADD_OWNER = "add-owner"
    SET_APP_ROLES = "set-app-roles"
    ASSIGN_APP_ROLE = "assign-app-role"
    CREATE_ORGANIZATION = "create-organization"
    UPDATE_ORGANIZATION = "update-organization"
    ADD_SPONSOR = "add-sponsor"
    FIND_CATALOG = "find-catalog"
    CREATE_CATALOG = "create-catalog"
    CREATE_PACKAGE = "create-package"
    UPDATE_PACKAGE = "update-package"
    DELETE_PACKAGE = "delete-package"
    ONBOARD = "onboard-resource"
    LOOK_UP_ROLES = "look-up-roles"
    GRANT = "grant-role"
    REVOKE = "revoke-role"
    CREATE_POLICY = "create-policy"
    REPLACE_POLICY = "replace-policy"
    DELETE_POLICY = "delete-policy"
    ADD_CONFLICT = "add-conflict"
    ASSIGN_CATALOG_ROLE = "assign-catalog-role"
    TAKE_CATALOG_ROLE = "take-catalog-role"

    @property
    def is_write(self) -> bool:
        return self not in (StepKind.FIND_CATALOG, StepKind.LOOK_UP_ROLES)

    @property
    def section(self) -> Section:
        return _SECTIONS[self]


_SECTIONS: Mapping[StepKind, Section] = {
    StepKind.CREATE_GROUP: Section.DIRECTORY,
    StepKind.ADD_OWNER: Section.DIRECTORY,
    StepKind.SET_APP_ROLES: Section.DIRECTORY,
    StepKind.ASSIGN_APP_ROLE: Section.DIRECTORY,
    StepKind.CREATE_ORGANIZATION: Section.DIRECTORY,
    StepKind.UPDATE_ORGANIZATION: Section.DIRECTORY,
    StepKind.ADD_SPONSOR: Section.DIRECTORY,
    StepKind.FIND_CATALOG: Section.CATALOG,
    StepKind.CREATE_CATALOG: Section.CATALOG,
    StepKind.CREATE_PACKAGE: Section.PACKAGE,
    StepKind.UPDATE_PACKAGE: Section.PACKAGE,
    StepKind.DELETE_PACKAGE: Section.PACKAGE,
    StepKind.ONBOARD: Section.RESOURCE,
    StepKind.LOOK_UP_ROLES: Section.ROLE,
    StepKind.GRANT: Section.GRANT,
    StepKind.REVOKE: Section.GRANT,
    StepKind.CREATE_POLICY: Section.POLICY,
    StepKind.REPLACE_POLICY: Section.POLICY,
    StepKind.DELETE_POLICY: Section.POLICY,
    StepKind.ADD_CONFLICT: Section.CONFLICT,
    StepKind.ASSIGN_CATALOG_ROLE: Section.CATALOG_ROLE,
    StepKind.TAKE_CATALOG_ROLE: Section.CATALOG_ROLE,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different afterwards: `what` names it, the values are JSON."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `id` is the same in every plan that does the same thing.

    `details` say what is needed for it: texts, `Named` for what has no id yet, and keys of `Plan.known` or of earlier
    steps under the names that end with "_key".
    """

    id: str
    kind: StepKind
    subject: str
    place: Place
    details: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    gives: str = ""
    """The key under which the id of what this step makes is known to later steps."""

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "subject": self.subject,
            "file": self.place.file,
            "line": self.place.line,
            "writes": self.kind.is_write,
            "needs": list(self.needs),
            "details": plain(self.details),
            "changes": [
                {"what": each.what, "before": plain(each.before), "after": plain(each.after)} for each in self.changes
            ],
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to do, in an order in which it can be done, and what was remarkable on the way.

    `known` are the ids of what is there already, by key. A plan with errors cannot be applied.
    """

    tenant_id: str
    wanted: Wanted
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    known: Mapping[str, str] = field(default_factory=dict)
    unchanged: int = 0
    """How many packages are as the file says already."""

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def writes(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.kind.is_write)

    @property
    def digest(self) -> str:
        """Changes with the tenant, the file, what there is to do, and the objects that it is done to."""
        return digest(
            {
                "tenant": self.tenant_id,
                "file": self.wanted.digest,
                "steps": [step.as_json() for step in self.steps],
                "known": dict(self.known),
            }
        )

    @property
    def run_id(self) -> str:
        """The same for every plan of this file and tenant: a second run goes on with the journal of the first."""
        return digest({"tenant": self.tenant_id, "file": self.wanted.digest})


def key_of(named: Named) -> str:
    return f"{named.kind}:{named.name.casefold()}"


def keys_in(details: Any) -> list[str]:
    """The keys of everything that these details name or refer to."""
    keys = [key_of(named) for named in named_in(details)]
    if isinstance(details, Mapping):
        keys += [value for name, value in details.items() if name.endswith("_key") and isinstance(value, str)]
    return keys


def plain(value: Any) -> Any:
    """The value as JSON; names stand as {"name": kind:name}."""
    if isinstance(value, Named):
        return {"name": key_of(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps by their sections; within one as they came."""
    places = {section: number for number, section in enumerate(Section)}
    return tuple(sorted(steps, key=lambda step: places[step.kind.section]))
