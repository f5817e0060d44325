"""What an administrator's tenant holds, as far as somebody asked: catalogs, packages, groups, applications, companies.

Everything is found by name, and names are nobody's own, so every lookup gives all that have the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DEFAULT_ROLE_ID: Final = "00000000-0000-0000-0000-000000000000"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TenantCatalog:
    id: str
    name: str
    description: str = ""
    is_published: bool = True
    is_external: bool = False


@dataclass(frozen=True, slots=True)
class TenantGrant:
    """A role that a package gives: `origin_id` is the group's or service principal's id, or the site's address."""

    id: str
    role_name: str
    role_origin_id: str
    origin_system: str
    origin_id: str


@dataclass(frozen=True, slots=True)
class TenantPolicy:
    """`settings` is the policy as Graph gave it, whole."""

    id: str
    name: str
    settings: Json = field(compare=False)


@dataclass(frozen=True, slots=True)
class TenantPackage:
    id: str
    name: str
    catalog_id: str
    description: str = ""
    is_hidden: bool = False
    grants: tuple[TenantGrant, ...] = ()
    policies: tuple[TenantPolicy, ...] = ()
    conflicts: frozenset[str] = frozenset()
    """Ids of packages and groups, where it was asked for them."""
    catalog_name: str = ""


@dataclass(frozen=True, slots=True)
class TenantRole:
    id: str
    name: str
    origin_id: str


@dataclass(frozen=True, slots=True)
class TenantResource:
    """Something in a catalog; without roles while they have not appeared."""

    id: str
    catalog_id: str
    origin_id: str
    origin_system: str
    name: str
    scope_id: str = ""
    roles: tuple[TenantRole, ...] = ()


@dataclass(frozen=True, slots=True)
class TenantCatalogRole:
    """A role in a catalog, in Entra's words, that somebody was given; roles by way of a group are the group's."""

    id: str
    catalog_id: str
    role: str
    principal_id: str


@dataclass(frozen=True, slots=True)
class TenantGroup:
    id: str
    name: str
    description: str = ""
    is_synchronized: bool = False
    is_dynamic: bool = False
    is_distribution_list: bool = False
    owner_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TenantApplication:
    """A service principal with its roles; `roles` and `object_id` are of the application itself, where it is here."""

    id: str
    name: str
    app_id: str
    object_id: str = ""
    roles: tuple[Json, ...] = field(default=(), compare=False)
    visible_roles: tuple[Json, ...] = field(default=(), compare=False)
    """The roles that the service principal shows already."""
    holders: frozenset[tuple[str, str]] = frozenset()
    """Who holds what: ids of principals and of roles."""


@dataclass(frozen=True, slots=True)
class TenantOrganization:
    id: str
    name: str
    description: str = ""
    state: str = "configured"
    domains: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()
    internal_sponsor_ids: frozenset[str] = frozenset()
    external_sponsor_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TenantUser:
    id: str
    name: str
    user_principal_name: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found, by name or id in small letters; a name that nothing has is not there."""

    catalogs: Mapping[str, tuple[TenantCatalog, ...]] = field(default_factory=dict)
    packages: Mapping[str, tuple[TenantPackage, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[TenantGroup, ...]] = field(default_factory=dict)
    applications: Mapping[str, tuple[TenantApplication, ...]] = field(default_factory=dict)
    organizations: Mapping[str, tuple[TenantOrganization, ...]] = field(default_factory=dict)
    users: Mapping[str, tuple[TenantUser, ...]] = field(default_factory=dict)
    resources: Mapping[str, Mapping[str, TenantResource]] = field(default_factory=dict)
    """By id of the catalog, then by origin's id."""
    catalog_roles: Mapping[str, tuple[TenantCatalogRole, ...]] = field(default_factory=dict)
    """By id of the catalog, where it was asked for them."""
