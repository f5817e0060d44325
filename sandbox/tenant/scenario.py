"""Scenario files: YAML that adds people, groups, packages and assignments to a tenant.

    seed: 7
    people:   [{name: Ann Archer, manager: Bob Baker, department: Sales}, {name: Bob Baker}]
    groups:   [{name: Archivists, members: [Ann Archer]}]
    packages:
      - name: Archive
        catalog: Company
        grants: [Archivists]
        policies: [{name: Everybody, days: 90, justification: true, approvers: [[manager], [Bob Baker]]}]
    assignments: [{person: Ann Archer, package: Archive}]
    random:   {people: 50, packages: 10, assignments: 200}

Names refer to what the file adds or to what the tenant has. `random` adds a crowd that depends on `seed` alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sandbox.graph.engine.delivery import grant
from sandbox.graph.engine.records import schedule_json
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import stable_id
from sandbox.tenant.load import Size, add_crowd
from sandbox.tenant.model import AccessPackage, Assignment, Catalog, Group, Json, Tenant, User
from sandbox.tenant.settings import manager, policy_settings, single_user, stage

MANAGER: Final = "manager"
"""In a stage's approvers: the requestor's manager."""


class ScenarioError(Exception):
    """A file that cannot be used. `line` counts from 1; 0 where none can be named."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Person(_Part):
    name: str = Field(min_length=1)
    manager: str | None = None
    department: str = ""
    title: str = ""


class _Group(_Part):
    name: str = Field(min_length=1)
    members: list[str] = []


class _Policy(_Part):
    name: str = Field(min_length=1)
    days: int | None = Field(default=None, ge=1, le=3650)
    justification: bool = False
    approvers: list[list[str]] = Field(default=[], max_length=3)


class _Package(_Part):
    name: str = Field(min_length=1)
    catalog: str = Field(min_length=1)
    description: str = ""
    grants: list[str] = []
    policies: list[_Policy] = []


class _Held(_Part):
    person: str
    package: str


class _Random(_Part):
    people: int = Field(default=0, ge=0, le=200_000)
    packages: int = Field(default=0, ge=0, le=50_000)
    assignments: int = Field(default=0, ge=0, le=600_000)


class _Scenario(_Part):
    seed: int = 1
    people: list[_Person] = []
    groups: list[_Group] = []
    packages: list[_Package] = []
    assignments: list[_Held] = []
    random: _Random = _Random()


def fill(tenant: Tenant, text: str, now: datetime) -> None:
    """Add what the file says. Raises ScenarioError, and then the tenant may hold the part before the error."""
    document = _parse(text)
    try:
        scenario = _Scenario.model_validate(document)
    except ValidationError as error:
        # A misspelt name is also a missing one; what is said is the name that is there.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        name = ".".join(str(step) for step in first["loc"])
        said = "is not known" if first["type"] == "extra_forbidden" else first["msg"]
        raise ScenarioError(f"{name}: {said}", _line(document, first["loc"])) from None
    _Filling(tenant, now, document).fill(scenario)


def _parse(text: str) -> Any:
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ScenarioError(str(error.problem or "this is not YAML"), mark.line + 1 if mark else 0) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ScenarioError(f"this is not YAML: {error}") from None
    if not isinstance(document, CommentedMap):
        raise ScenarioError("a scenario is a mapping with people, groups, packages, assignments", 1)
    return document


def _line(document: Any, where: tuple[Any, ...]) -> int:
    """The line of the deepest part of the path that is in the file."""
    line, current = 1, document
    for step in where:
        if isinstance(current, CommentedMap) and step in current:
            line = current.lc.key(step)[0] + 1
        elif isinstance(current, CommentedSeq) and isinstance(step, int) and step < len(current):
            line = current.lc.item(step)[0] + 1
        else:
            break
        current = current[step]
    return int(line)


class _Filling:
    def __init__(self, tenant: Tenant, now: datetime, document: Any) -> None:
        self._tenant = tenant
        self._now = now
        self._document = document
        self._build = TenantBuilder(tenant, now)

    def fill(self, scenario: _Scenario) -> None:
        for at, wanted in enumerate(scenario.people):
            if self._tenant.find_user(wanted.name) is not None:
                raise self._wrong("there is somebody of that name already", "people", at, "name")
            key = "scenario/" + wanted.name
            self._build.user(key, wanted.name, department=wanted.department, job_title=wanted.title)
        for at, wanted in enumerate(scenario.people):
            if wanted.manager is not None:
                self._person(wanted.name).manager_id = self._person(wanted.manager, "people", at, "manager").id
        for at, group in enumerate(scenario.groups):
            members = [self._person(name, "groups", at, "members").id for name in group.members]
            self._build.group(group.name, members, key="scenario/" + group.name)
        for at, package in enumerate(scenario.packages):
            self._package(package, at)
        for at, held in enumerate(scenario.assignments):
            self._assign(held, at)
        crowd = scenario.random
        if crowd.assignments > crowd.people * crowd.packages:
            raise self._wrong("there are fewer pairs of person and package than assignments", "random", "assignments")
        if not crowd.people and not crowd.packages:
            return
        add_crowd(
            self._tenant,
            self._now,
            Size(people=crowd.people, packages=crowd.packages, assignments=crowd.assignments, groups=20, catalogs=3),
            scenario.seed,
        )

    def _package(self, wanted: _Package, at: int) -> None:
        if any(known.display_name == wanted.name for known in self._tenant.packages.values()):
            raise self._wrong("there is a package of that name already", "packages", at, "name")
        grants = [(self._group(name, "packages", at, "grants"), "Member") for name in wanted.grants]
        made = self._build.package(self._catalog(wanted.catalog), wanted.name, grants, description=wanted.description)
        for number, policy in enumerate(wanted.policies):
            where = ("packages", at, "policies", number, "approvers")
            stages = [stage([self._approver(name, *where) for name in names]) for names in policy.approvers]
            settings = policy_settings(stages=stages, justification=policy.justification, days=policy.days)
            self._build.policy(made, policy.name, settings)

    def _approver(self, name: str, *where: str | int) -> Json:
        return manager() if name == MANAGER else single_user(self._person(name, *where))

    def _assign(self, wanted: _Held, at: int) -> None:
        person = self._person(wanted.person, "assignments", at, "person")
        package = self._known_package(wanted.package, "assignments", at, "package")
        policies = self._tenant.policies_of(package.id)
        if not policies:
            raise self._wrong("the package has no policy", "assignments", at, "package")
        held = Assignment(
            id=stable_id(f"scenario/assignment/{package.id}/{person.id}"),
            target_id=self._tenant.subject_of_user(person.id).id,
            package_id=package.id,
            policy_id=policies[0].id,
            created_at=self._now,
            state="delivered",
            status="Delivered",
            schedule=schedule_json(self._now, None),
        )
        if held.id in self._tenant.assignments:
            raise self._wrong("that person has the package already", "assignments", at)
        self._tenant.put_assignment(held)
        for role_scope in package.role_scopes:
            grant(self._tenant, held, role_scope, self._now)

    def _person(self, name: str, *where: str | int) -> User:
        found = self._tenant.find_user(name)
        if found is None:
            raise self._wrong(f"there is nobody called '{name}'", *where)
        return found

    def _group(self, name: str, *where: str | int) -> Group:
        for group in self._tenant.groups.values():
            if group.display_name == name:
                return group
        raise self._wrong(f"there is no group '{name}'", *where)

    def _known_package(self, name: str, *where: str | int) -> AccessPackage:
        for package in self._tenant.packages.values():
            if package.display_name == name:
                return package
        raise self._wrong(f"there is no access package '{name}'", *where)

    def _catalog(self, name: str) -> Catalog:
        """The catalog of that name; made where there is none."""
        known = (catalog for catalog in self._tenant.catalogs.values() if catalog.display_name == name)
        return next(known, None) or self._build.catalog(name)

    def _wrong(self, message: str, *where: str | int) -> ScenarioError:
        name = ".".join(str(step) for step in where)
        return ScenarioError(f"{name}: {message}", _line(self._document, where))
