"""`packages.yaml`: access packages with what they grant and who may have them, read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.files.administration import (
    CatalogRole,
    CatalogRoleWanted,
    CatalogWanted,
    GrantWanted,
    GroupWanted,
    Kind,
    Named,
    OrganizationWanted,
    PackageWanted,
    PolicyWanted,
    Wanted,
    role_key,
)
from bot.files.package_format import CatalogRoles, Conflicts, Organization, Package, PackagesFile, Resource
from bot.files.policy_format import Policy
from bot.files.policy_settings import policy_wanted
from bot.files.rows import Finding, Place, Severity, as_facts
from bot.files.yaml_document import Document, FileRefused, Path, close_to, did_you_mean, once, read_document, read_model

_DEFAULT_ROLES: Final[Mapping[Kind, str]] = {Kind.GROUP: "Member", Kind.APPLICATION: "Default Access"}
_EXTERNAL: Final = frozenset(
    {"specificConnectedOrganizationUsers", "allConfiguredConnectedOrganizationUsers", "allExternalUsers"}
)


def read_packages(name: str, content: bytes) -> Wanted:
    """What the file asks for, with what is remarkable about it. Raises FileRefused when it cannot be used."""
    document = read_document(name, content)
    file = read_model(document, PackagesFile)
    lowered = Lowering(document, file.policies, ("policies",))
    organizations = lowered.organizations(file.organizations, ("organizations",))
    packages = []
    for number, package in enumerate(file.packages):
        where = ("packages", number)
        if not package.policies and file.defaults.policies and package.present:
            package = package.model_copy(update={"policies": file.defaults.policies})
        if file.defaults.hidden and "hidden" not in package.model_fields_set:
            package = package.model_copy(update={"hidden": True})
        extra = lowered.grants(file.defaults.resources, ("defaults", "resources")) if package.present else ()
        packages.append(lowered.package(package, package.catalog or file.catalog, where, extra))
    catalogs = lowered.catalogs(packages, file.catalog, file.create_catalog, file.catalog_description, file.external)
    check_packages(lowered, packages)
    roles = lowered.catalog_roles(file.catalog_roles, file.catalog)
    lowered.refuse_errors()
    return Wanted(
        name,
        hashlib.sha256(content).hexdigest(),
        catalogs,
        groups=lowered.approver_groups(file.organizations, ("organizations",)),
        organizations=organizations,
        packages=with_both_ways(packages, lowered.one_way),
        findings=once(lowered.findings),
        catalog_roles=roles,
    )


class Lowering:
    """Turns the parts of a file into what is wanted; collects findings on the way."""

    def __init__(self, document: Document, policies: Mapping[str, Policy], where: Path) -> None:
        self.document = document
        self.findings: list[Finding] = []
        self.one_way: set[str] = set()
        self._policies = {key.casefold(): (key, policy) for key, policy in policies.items()}
        self._where = where

    def tell(
        self,
        severity: Severity,
        code: str,
        where: Path | Place,
        message: str,
        suggestion: str = "",
        **facts: object,
    ) -> None:
        place = where if isinstance(where, Place) else self.document.place(where)
        self.findings.append(Finding(severity, code, place, message, suggestion, as_facts(facts)))

    def refuse_errors(self) -> None:
        """Raises FileRefused when something was found that keeps the file from being used."""
        if any(each.severity is Severity.ERROR for each in self.findings):
            raise FileRefused(self.findings)

    def package(self, package: Package, catalog: str, where: Path, more: Sequence[GrantWanted] = ()) -> PackageWanted:
        place = self.document.place((*where, "name"))
        grants = (*self.grants(package.resources, (*where, "resources")), *more)
        return PackageWanted(
            package.name,
            catalog,
            place,
            package.description or "",
            package.hidden,
            tuple(package.was),
            package.present,
            tuple(dict.fromkeys(grants)),
            self.policies(package.policies, (*where, "policies")),
            self._conflicts(package.name, package.conflicts, (*where, "conflicts")),
        )

    def grants(self, resources: Sequence[Resource], where: Path) -> tuple[GrantWanted, ...]:
        found: list[GrantWanted] = []
        for number, resource in enumerate(resources):
            place = self.document.place((*where, number))
            kind, name = _kind_and_name(resource)
            roles = resource.roles or [resource.role or _DEFAULT_ROLES.get(kind, "")]
            if not all(roles):
                self.tell(Severity.ERROR, "resource.role", place, "A site needs a role, such as Contributors.")
            origin = name if kind is Kind.SITE else (resource.id or "").casefold()
            note = resource.note or ""
            found += [GrantWanted(kind, name, role, place, origin, note, resource.present) for role in roles]
        return tuple(found)

    def policies(self, policies: Iterable[str | Policy], where: Path) -> tuple[PolicyWanted, ...]:
        found = []
        for number, policy in enumerate(policies):
            at = (*where, number)
            if isinstance(policy, Policy):
                made = policy_wanted(policy, self.document.place(at))
            elif (known := self._policies.get(policy.casefold())) is not None:
                made = policy_wanted(known[1], self.document.place((*self._where, known[0])), known[0])
            else:
                suggestion = close_to(policy, [key for key, _ in self._policies.values()])
                said = f"There is no policy '{policy}' in this file.{did_you_mean(suggestion)}"
                self.tell(Severity.ERROR, "policy.unknown", at, said, suggestion)
                continue
            self._remark_on(made)
            found.append(made)
        names = [each.name.casefold() for each in found]
        if len(set(names)) < len(names):
            said = "Two policies of this package have the same name; give each its own."
            self.tell(Severity.ERROR, "policy.double", where, said)
        return tuple(found)

    def organizations(self, organizations: Sequence[Organization], where: Path) -> tuple[OrganizationWanted, ...]:
        found = []
        for number, each in enumerate(organizations):
            place = self.document.place((*where, number))
            internal = [_sponsor(who.user, who.group, place) for who in each.internal_sponsors]
            if each.approvers:
                internal.append(Named(Kind.GROUP, each.approvers, place))
            external = [_sponsor(who.user, who.group, place) for who in each.external_sponsors]
            found.append(
                OrganizationWanted(
                    each.name,
                    place,
                    (each.domain or "").casefold(),
                    (each.tenant or "").casefold(),
                    each.description or each.name,
                    each.state,
                    tuple(internal),
                    tuple(external),
                )
            )
        return tuple(found)

    def approver_groups(self, organizations: Sequence[Organization], where: Path) -> tuple[GroupWanted, ...]:
        """The groups of the companies' own approvers; made where there are none."""
        return tuple(
            GroupWanted(each.approvers, self.document.place((*where, number)), f"Approves for {each.name}")
            for number, each in enumerate(organizations)
            if each.approvers
        )

    def catalogs(
        self, packages: Iterable[PackageWanted], name: str, create: bool, description: str | None, external: bool
    ) -> tuple[CatalogWanted, ...]:
        """Every catalog that a package is in; only that of the file itself may be made."""
        places = {name.casefold(): (name, self.document.place(("catalog",)))}
        for package in packages:
            places.setdefault(package.catalog.casefold(), (package.catalog, package.place))
        for called, place in places.values():
            if called.casefold() == "general":
                said = "The catalog General is everybody's; a catalog of its own keeps the rights of this one apart."
                self.tell(Severity.WARNING, "catalog.general", place, said)
        return tuple(
            CatalogWanted(
                called,
                place,
                create and called == name,
                (description or called) if called == name else called,
                external and called == name,
            )
            for called, place in places.values()
        )

    def catalog_roles(self, roles: CatalogRoles, catalog: str) -> tuple[CatalogRoleWanted, ...]:
        """Who has which role in the file's catalog; an error for whoever is there twice."""
        found: dict[tuple[CatalogRole, Kind, str], CatalogRoleWanted] = {}
        for role, holders in roles.by_role().items():
            for number, holder in enumerate(holders):
                kind, name = holder.named
                place = self.document.place(("catalog-roles", role_key(role), number))
                wanted = CatalogRoleWanted(catalog, role, Named(kind, name, place), place, holder.present)
                first = found.setdefault((role, kind, name.casefold()), wanted)
                if first is not wanted:
                    said = (
                        f"The {kind} '{name}' has the role {role} in this file twice, first in line {first.place.line}."
                    )
                    self.tell(Severity.ERROR, "catalog-role.double", place, said)
        return tuple(found.values())

    def _conflicts(self, name: str, conflicts: Conflicts, where: Path) -> tuple[Named, ...]:
        if not conflicts.both_ways:
            self.one_way.add(name.casefold())
        packages = [
            Named(Kind.PACKAGE, each, self.document.place((*where, "packages", number)))
            for number, each in enumerate(conflicts.packages)
        ]
        groups = [
            Named(Kind.GROUP, each, self.document.place((*where, "groups", number)))
            for number, each in enumerate(conflicts.groups)
        ]
        for each in packages:
            if each.name.casefold() == name.casefold():
                self.tell(Severity.ERROR, "conflict.self", each.place, "A package cannot conflict with itself.")
        return (*packages, *groups)

    def _remark_on(self, policy: PolicyWanted) -> None:
        settings: Mapping[str, Any] = policy.settings
        scope = settings["allowedTargetScope"]
        approval = settings["requestApprovalSettings"]
        asks = settings["requestorSettings"]
        if scope in _EXTERNAL and not approval.get("isApprovalRequiredForAdd"):
            said = f"Under '{policy.name}' people of other companies get access and nobody approves it."
            self.tell(Severity.WARNING, "policy.external-without-approval", policy.place, said)
        if scope == "notSpecified" and asks.get("enableTargetsToSelfAddAccess"):
            said = f"'{policy.name}' takes requests, and there is nobody who may make one."
            self.tell(Severity.NOTE, "policy.nobody-may-ask", policy.place, said)
        never = settings["expiration"].get("type") == "noExpiration"
        if never and settings.get("reviewSettings") is None and scope not in ("notSpecified",):
            said = f"Access under '{policy.name}' never ends and nobody reviews it."
            self.tell(Severity.WARNING, "policy.endless", policy.place, said)


def check_packages(lowered: Lowering, packages: Sequence[PackageWanted]) -> None:
    """Find packages that are in the file twice."""
    seen: dict[tuple[str, str], PackageWanted] = {}
    for package in packages:
        key = (package.catalog.casefold(), package.name.casefold())
        if key in seen:
            said = f"The package '{package.name}' is in this file twice, first in line {seen[key].place.line}."
            lowered.tell(Severity.ERROR, "package.double", package.place, said, name=package.name)
        seen.setdefault(key, package)
    for package in packages:
        for former in package.former_names:
            if (package.catalog.casefold(), former.casefold()) in seen:
                said = f"'{package.name}' says that it was '{former}', which is a package of this file too."
                lowered.tell(Severity.ERROR, "package.was", package.place, said)


def with_both_ways(packages: Sequence[PackageWanted], one_way: Iterable[str]) -> tuple[PackageWanted, ...]:
    """The packages, where each conflict with another one of the file is written from both ends."""
    excluded = set(one_way)
    backwards: dict[str, list[Named]] = {}
    for package in packages:
        for other in package.conflicts:
            if other.kind is Kind.PACKAGE and package.name.casefold() not in excluded:
                named = Named(Kind.PACKAGE, package.name, other.place)
                backwards.setdefault(other.name.casefold(), []).append(named)
    found = []
    for package in packages:
        more = [each for each in backwards.get(package.name.casefold(), ()) if each not in package.conflicts]
        found.append(replace(package, conflicts=(*package.conflicts, *more)) if more else package)
    return tuple(found)


def _kind_and_name(resource: Resource) -> tuple[Kind, str]:
    if resource.site is not None:
        return Kind.SITE, resource.site
    if resource.application is not None or resource.type == "application":
        return Kind.APPLICATION, resource.application or ""
    return Kind.GROUP, resource.group or resource.team or ""


def _sponsor(user: str | None, group: str | None, place: Place) -> Named:
    return Named(Kind.GROUP, group, place) if group else Named(Kind.USER, user or "", place)
