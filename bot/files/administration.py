"""What files say should be in a tenant: catalogs, groups, application roles, packages, policies, organizations.

Names stay names here; which objects they mean is found out when a plan is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.files.rows import Finding, Place, Severity


class Kind(StrEnum):
    """What a name is the name of."""

    USER = "user"
    GROUP = "group"
    APPLICATION = "application"
    SITE = "site"
    ORGANIZATION = "organization"
    PACKAGE = "package"
    CATALOG = "catalog"


@dataclass(frozen=True, slots=True)
class Named:
    """Something in the tenant by what people call it: a name, a sign-in name, the address of a site, or its id."""

    kind: Kind
    name: str
    place: Place = field(default=Place(""), compare=False)

    @property
    def key(self) -> tuple[Kind, str]:
        return self.kind, self.name.casefold()


@dataclass(frozen=True, slots=True)
class CatalogWanted:
    name: str
    place: Place
    create: bool = False
    """Whether it may be made where there is none."""
    description: str = ""
    is_external: bool = False


class CatalogRole(StrEnum):
    """What somebody may do in one catalog, in Entra's words."""

    OWNER = "Catalog owner"
    READER = "Catalog reader"
    PACKAGE_MANAGER = "Access package manager"
    ASSIGNMENT_MANAGER = "Access package assignment manager"


def role_key(role: CatalogRole) -> str:
    """How a file spells the role."""
    return role.value.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class CatalogRoleWanted:
    """A role in a catalog, and the user, group or application that has it."""

    catalog: str
    role: CatalogRole
    who: Named
    place: Place
    is_present: bool = True


@dataclass(frozen=True, slots=True)
class GroupWanted:
    """A security group that is made where there is none, and adopted where there is one. Owners are only added."""

    name: str
    place: Place
    description: str = ""
    owners: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class AppRoleWanted:
    """A role of an application; `group` is the one group that carries it."""

    value: str
    display_name: str
    description: str
    place: Place
    group: str = ""
    is_present: bool = True


@dataclass(frozen=True, slots=True)
class ApplicationWanted:
    """An application that is there already, by name or `app_id`, and the roles that it should have."""

    name: str
    place: Place
    app_id: str = ""
    roles: tuple[AppRoleWanted, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganizationWanted:
    """A connected organization; exactly one of `domain` and `tenant_id` is set. Sponsors are only added."""

    name: str
    place: Place
    domain: str = ""
    tenant_id: str = ""
    description: str = ""
    state: str = "configured"
    internal_sponsors: tuple[Named, ...] = ()
    external_sponsors: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantWanted:
    """A role of a resource that a package gives. `origin_id` is the object's id (a site's address), where it is said.

    `note` is for the journal: Graph has no field for it.
    """

    kind: Kind
    name: str
    role: str
    place: Place
    origin_id: str = ""
    note: str = ""
    is_present: bool = True

    @property
    def label(self) -> str:
        return self.name or self.origin_id


@dataclass(frozen=True, slots=True)
class PolicyWanted:
    """`settings` have Graph's shape, with `Named` in the places of ids; what they leave out stays as it is."""

    name: str
    place: Place
    settings: Mapping[str, Any]
    former_names: tuple[str, ...] = ()
    is_present: bool = True


@dataclass(frozen=True, slots=True)
class PackageWanted:
    name: str
    catalog: str
    place: Place
    description: str = ""
    is_hidden: bool = False
    former_names: tuple[str, ...] = ()
    """What it was called before: a package of such a name is renamed, not made again."""
    is_present: bool = True
    grants: tuple[GrantWanted, ...] = ()
    policies: tuple[PolicyWanted, ...] = ()
    conflicts: tuple[Named, ...] = ()
    """Packages and groups whose people cannot get this package."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that one file asks for, in its order. `digest` is the fingerprint of the file's bytes."""

    file: str
    digest: str
    catalogs: tuple[CatalogWanted, ...] = ()
    groups: tuple[GroupWanted, ...] = ()
    applications: tuple[ApplicationWanted, ...] = ()
    organizations: tuple[OrganizationWanted, ...] = ()
    packages: tuple[PackageWanted, ...] = ()
    findings: tuple[Finding, ...] = ()
    catalog_roles: tuple[CatalogRoleWanted, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def named_in(value: Any) -> list[Named]:
    """Every name in settings, in their order."""
    if isinstance(value, Named):
        return [value]
    if isinstance(value, Mapping):
        return [found for each in value.values() for found in named_in(each)]
    if isinstance(value, list | tuple):
        return [found for each in value for found in named_in(each)]
    return []
