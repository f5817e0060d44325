"""`projects.yaml`, read, checked, and spelt out: the groups, app roles and packages of every project."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.files.administration import (
    ApplicationWanted,
    AppRoleWanted,
    GrantWanted,
    GroupWanted,
    Kind,
    Named,
    PackageWanted,
    Wanted,
)
from bot.files.packages_yaml import Lowering, check_packages, with_both_ways
from bot.files.policy_format import Policy
from bot.files.project_format import Bundle, ManagedBy, Project, ProjectsFile, Role, RolePackage
from bot.files.rows import Severity
from bot.files.yaml_document import Path, close_to, did_you_mean, once, read_document, read_model

_LONGEST_VALUE: Final = 120
_LONGEST_NAME: Final = 256
_FIELDS: Final = frozenset({"project", "role"})


def read_projects(name: str, content: bytes) -> Wanted:
    """What the file asks for, with what is remarkable about it. Raises FileRefused when it cannot be used."""
    document = read_document(name, content)
    file = read_model(document, ProjectsFile)
    lowered = Lowering(document, file.policies, ("policies",))
    spelt = _Spelling(file, lowered)
    spelt.check_names()
    lowered.refuse_errors()
    packages = [package for number, project in enumerate(file.projects) for package in spelt.packages(project, number)]
    packages += [spelt.bundle(bundle, ("bundles", number)) for number, bundle in enumerate(file.bundles)]
    packages += [
        lowered.package(package, package.catalog or file.catalog, ("packages", number))
        for number, package in enumerate(file.packages)
    ]
    check_packages(lowered, packages)
    groups = (*spelt.groups(), *lowered.approver_groups(file.organizations, ("organizations",)))
    applications = spelt.applications()
    roles = lowered.catalog_roles(file.catalog_roles, file.catalog)
    lowered.refuse_errors()
    return Wanted(
        name,
        hashlib.sha256(content).hexdigest(),
        lowered.catalogs(packages, file.catalog, file.create_catalog, file.catalog_description, file.external),
        groups,
        applications,
        lowered.organizations(file.organizations, ("organizations",)),
        with_both_ways(packages, lowered.one_way),
        once(lowered.findings),
        roles,
    )


class _Spelling:
    """The names that follow from the naming rules, and everything that is made of them."""

    def __init__(self, file: ProjectsFile, lowered: Lowering) -> None:
        self._file = file
        self._lowered = lowered

    def check_names(self) -> None:
        """Find rules that cannot be used, projects that are there twice, and groups that would be one."""
        for rule, text in self._file.naming.model_dump().items():
            try:
                fields = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
            except ValueError:
                fields = {text}
            if fields - _FIELDS:
                said = f"'{text}' can only stand for {{project}} and {{role}}."
                where = ("naming", rule.replace("_", "-"))
                self._lowered.tell(Severity.ERROR, "naming.rule", where, said)
                return
        self._check_twice()
        for number, project in enumerate(self._file.projects):
            for role in self._roles(project):
                self._check_lengths(project, role, ("projects", number))
            self._check_roles_named(project, ("projects", number))

    def packages(self, project: Project, number: int) -> list[PackageWanted]:
        where = ("projects", number)
        return [self._package(project, role, where) for role in self._roles(project) if role.package]

    def bundle(self, bundle: Bundle, where: Path) -> PackageWanted:
        """One package with the groups of one role of every project that has it."""
        place = self._lowered.document.place((*where, "name"))
        groups = [
            self.group(project, role)
            for project in self._present()
            for role in self._roles(project)
            if role.name.casefold() == bundle.role.casefold()
        ]
        if not groups:
            suggestion = close_to(bundle.role, [role.name for role in self._file.roles])
            said = f"No project has the role '{bundle.role}'.{did_you_mean(suggestion)}"
            self._lowered.tell(Severity.ERROR, "role.unknown", (*where, "role"), said, suggestion)
        policies = self._file.managed.file if bundle.policies is None else bundle.policies
        at = (*where, "policies") if bundle.policies is not None else ("managed", "file")
        return PackageWanted(
            bundle.name,
            self._file.catalog,
            place,
            bundle.description,
            bundle.hidden,
            tuple(bundle.was),
            grants=tuple(GrantWanted(Kind.GROUP, group, "Member", place) for group in [*groups, *self._default()]),
            policies=self._lowered.policies(policies, at),
        )

    def groups(self) -> tuple[GroupWanted, ...]:
        """The group of each role of each project, and those that carry other app roles."""
        application = self._file.application
        found: dict[str, GroupWanted] = {}
        place = self._lowered.document.place(("default-group",))
        for name in self._default():
            found[name.casefold()] = GroupWanted(name, place, "Everybody who is in any project")
        for number, role in enumerate(application.roles if application else ()):
            if role.group and role.present:
                at = self._lowered.document.place(("application", "roles", number))
                found.setdefault(role.group.casefold(), GroupWanted(role.group, at, f"Carries {role.value}"))
        for number, project in enumerate(self._file.projects):
            place = self._lowered.document.place(("projects", number))
            leads = self._file.leads if project.leads is None else project.leads
            owners = tuple(Named(Kind.USER, each, place) for each in leads)
            for each in self._roles(project) if project.present else ():
                name = self.group(project, each)
                found[name.casefold()] = GroupWanted(name, place, f"{each.name} in {project.name}", owners)
        return tuple(found.values())

    def applications(self) -> tuple[ApplicationWanted, ...]:
        application = self._file.application
        if application is None:
            return ()
        place = self._lowered.document.place(("application",))
        roles = [
            AppRoleWanted(
                role.value,
                role.name,
                role.description or role.name,
                self._lowered.document.place(("application", "roles", number)),
                role.group or "",
                role.present,
            )
            for number, role in enumerate(application.roles)
        ]
        if application.per_project:
            roles += [
                self._app_role(project, role, number)
                for number, project in enumerate(self._file.projects)
                for role in self._roles(project)
            ]
        self._check_shared(roles)
        return (ApplicationWanted(application.name, place, (application.app_id or "").casefold(), tuple(roles)),)

    def group(self, project: Project, role: Role) -> str:
        return _tight(self._file.naming.group, project.name, role.name)

    def _package(self, project: Project, role: Role, where: Path) -> PackageWanted:
        naming = self._file.naming
        names = {"project": project.name, "role": role.name}
        place = self._lowered.document.place(where)
        groups = [self.group(project, role), *self._default()]
        return PackageWanted(
            _package_of(project, role).name or naming.package.format(**names),
            self._file.catalog,
            place,
            naming.description.format(**names),
            former_names=tuple(naming.package.format(project=former, role=role.name) for former in project.was),
            is_present=project.present,
            grants=tuple(GrantWanted(Kind.GROUP, group, "Member", place) for group in groups),
            policies=self._lowered.policies(*self._policies(project, role, where)),
        )

    def _policies(self, project: Project, role: Role, where: Path) -> tuple[Sequence[Any], Path]:
        if role.name in project.policies:
            found: Sequence[Any] = project.policies[role.name]
            at: Path = (*where, "policies", role.name)
        else:
            own = _package_of(project, role).managed_by
            managed: ManagedBy = own or role.managed_by or project.managed_by or self._file.managed_by
            kinds = self._file.managed
            found = {
                "file": kinds.file,
                "self-service": kinds.self_service,
                "both": [*kinds.file, *kinds.self_service],
            }[managed]
            at = ("managed", "file" if managed != "self-service" else "self-service")
        spelt = [self._spelt_out(each, project, role) for each in found]
        return spelt, at

    def _spelt_out(self, policy: Any, project: Project, role: Role) -> Any:
        """A policy whose groups are named by the rules, for this project."""
        known = {key.casefold(): (key, each) for key, each in self._file.policies.items()}
        name = policy if isinstance(policy, str) else ""
        if name and name.casefold() not in known:
            return policy
        called, made = known[name.casefold()] if name else ("", policy)
        data = _filled(made.model_dump(by_alias=False, exclude_unset=True), project.name, role.name)
        filled = Policy.model_validate(_kebab_keys(data))
        return filled.model_copy(update={"name": filled.name or called or None})

    def _app_role(self, project: Project, role: Role, number: int) -> AppRoleWanted:
        naming = self._file.naming
        shown = naming.app_role_name.format(project=project.name, role=role.name)
        place = self._lowered.document.place(("projects", number))
        value = _tight(naming.app_role, project.name, role.name)
        return AppRoleWanted(value, shown, value, place, self.group(project, role), project.present)

    def _check_shared(self, roles: Sequence[AppRoleWanted]) -> None:
        """Find app roles that would be one: that of a project which is gone would take those of others along."""
        seen: dict[str, AppRoleWanted] = {}
        for role in roles:
            first = seen.setdefault(role.value.casefold(), role)
            if first is not role:
                said = f"'{first.display_name}' and '{role.display_name}' would share the app role '{role.value}'."
                self._lowered.tell(Severity.ERROR, "app-role.shared", role.place, said)

    def _default(self) -> list[str]:
        return [self._file.default_group] if self._file.default_group else []

    def _roles(self, project: Project) -> Sequence[Role]:
        return self._file.roles if project.roles is None else project.roles

    def _present(self) -> list[Project]:
        return [project for project in self._file.projects if project.present]

    def _check_twice(self) -> None:
        seen: dict[str, int] = {}
        groups: dict[str, tuple[str, str]] = {}
        for number, project in enumerate(self._file.projects):
            place = self._lowered.document.place(("projects", number))
            if project.name.casefold() in seen:
                said = f"The project '{project.name}' is here twice, first in line {seen[project.name.casefold()]}."
                self._lowered.tell(Severity.ERROR, "project.double", place, said)
                continue
            seen[project.name.casefold()] = place.line
            for role in self._roles(project):
                group = self.group(project, role)
                if (other := groups.setdefault(group.casefold(), (project.name, role.name))) != (
                    project.name,
                    role.name,
                ):
                    said = f"'{other[0]} {other[1]}' and '{project.name} {role.name}' would share the group '{group}'."
                    facts = {"one": " ".join(other), "other": f"{project.name} {role.name}", "group": group}
                    self._lowered.tell(Severity.ERROR, "group.shared", place, said, **facts)

    def _check_lengths(self, project: Project, role: Role, where: Path) -> None:
        value = _tight(self._file.naming.app_role, project.name, role.name)
        if self._file.application and len(value) > _LONGEST_VALUE:
            said = f"The app role '{value[:40]}…' is longer than {_LONGEST_VALUE} characters; shorten the name."
            self._lowered.tell(Severity.ERROR, "app-role.long", where, said)
        for name in (self.group(project, role), self._file.naming.package.format(project=project.name, role=role.name)):
            if len(name) > _LONGEST_NAME:
                said = f"The name '{name[:40]}…' is longer than {_LONGEST_NAME} characters; shorten it."
                self._lowered.tell(Severity.ERROR, "name.long", where, said, name=f"{name[:40]}…", limit=_LONGEST_NAME)

    def _check_roles_named(self, project: Project, where: Path) -> None:
        known = {role.name for role in self._roles(project)}
        for key, named in (("packages", project.packages), ("policies", project.policies)):
            for name in named:
                if name not in known:
                    suggestion = close_to(name, known)
                    said = f"'{project.name}' has no role '{name}'.{did_you_mean(suggestion)}"
                    self._lowered.tell(Severity.ERROR, "role.unknown", (*where, key, name), said, suggestion)
        for name, package in project.packages.items():
            if package.managed_by is not None and name in project.policies:
                said = f"'{project.name}' names the policies of '{name}' itself; take 'managed-by' or 'policies' away."
                self._lowered.tell(Severity.ERROR, "role.managed-twice", (*where, "packages", name), said)


def _package_of(project: Project, role: Role) -> RolePackage:
    """What the project says about the package of this role."""
    return project.packages.get(role.name) or RolePackage()


def _tight(rule: str, project: str, role: str) -> str:
    return rule.format(project="".join(project.split()), role="".join(role.split()))


def _filled(value: Any, project: str, role: str) -> Any:
    """The settings with the project's and the role's names put in; in names of groups without spaces."""
    if isinstance(value, Mapping):
        return {
            key: _tight(each, project, role)
            if key == "group" and isinstance(each, str) and "{" in each
            else _filled(each, project, role)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_filled(each, project, role) for each in value]
    if isinstance(value, str) and ("{project}" in value or "{role}" in value):
        return value.replace("{project}", project).replace("{role}", role)
    return value


def _kebab_keys(value: Any) -> Any:
    """Names of fields, spelt as in files; `graph`, answers' texts and translations keep theirs."""
    if isinstance(value, Mapping):
        return {
            key.replace("_", "-"): each if key in ("graph", "translations") else _kebab_keys(each)
            for key, each in value.items()
        }
    return [_kebab_keys(each) for each in value] if isinstance(value, list) else value
