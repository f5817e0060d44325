"""Reading the part of a tenant that a file is about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from bot.plans.resolving import Lookups
from bot.tenant import (
    Snapshot,
    TenantApplication,
    TenantCatalog,
    TenantCatalogRole,
    TenantGroup,
    TenantOrganization,
    TenantPackage,
    TenantPolicy,
    TenantResource,
    TenantRole,
    TenantUser,
)


class TenantReads(Protocol):
    """What is asked of Graph; names are answered in small letters."""

    async def catalogs(self, names: Iterable[str]) -> Mapping[str, tuple[TenantCatalog, ...]]: ...
    async def packages(self, names: Iterable[str]) -> Mapping[str, tuple[TenantPackage, ...]]: ...
    async def policies(self, ids: Iterable[str]) -> Mapping[str, TenantPolicy]: ...
    async def conflicts(self, package_ids: Iterable[str]) -> Mapping[str, frozenset[str]]: ...
    async def catalog_roles(self, catalog_ids: Iterable[str]) -> Mapping[str, tuple[TenantCatalogRole, ...]]: ...
    async def resources(self, catalog_id: str) -> Mapping[str, TenantResource]: ...
    async def roles(self, resources: Iterable[TenantResource]) -> Mapping[str, tuple[TenantRole, ...]]: ...
    async def groups(self, names: Iterable[str], ids: Iterable[str] = ()) -> Mapping[str, tuple[TenantGroup, ...]]: ...
    async def owners(self, group_ids: Iterable[str]) -> Mapping[str, frozenset[str]]: ...
    async def users(self, names: Iterable[str]) -> Mapping[str, tuple[TenantUser, ...]]: ...
    async def applications(
        self, names: Iterable[str], *, with_roles: Iterable[str] = ()
    ) -> Mapping[str, tuple[TenantApplication, ...]]: ...
    async def organizations(self, names: Iterable[str]) -> Mapping[str, tuple[TenantOrganization, ...]]: ...
    async def role_assignments(self, group_id: str) -> Mapping[tuple[str, str], str]: ...


async def look(reads: TenantReads, lookups: Lookups) -> Snapshot:
    """Everything that a plan for these names needs to know. Raises what the reads raise."""
    catalogs, packages, groups, users, applications, organizations = await asyncio.gather(
        reads.catalogs(lookups.catalogs),
        reads.packages(lookups.packages),
        reads.groups(lookups.groups, lookups.group_ids),
        reads.users(lookups.users),
        reads.applications(lookups.applications, with_roles=lookups.with_roles),
        reads.organizations(lookups.organizations),
    )
    ids = [one.id for known in packages.values() for one in known if one.name.casefold() in lookups.with_conflicts]
    owned = [one.id for name, known in groups.items() if name in lookups.owned_groups for one in known]
    catalog_ids = [one.id for known in catalogs.values() for one in known]
    delegated = [one.id for name, known in catalogs.items() if name in lookups.with_catalog_roles for one in known]
    policies, conflicts, owners, catalog_roles, resources = await asyncio.gather(
        reads.policies([policy.id for known in packages.values() for one in known for policy in one.policies]),
        reads.conflicts(ids),
        reads.owners(owned),
        reads.catalog_roles(delegated),
        asyncio.gather(*(reads.resources(each) for each in catalog_ids)),
    )
    return Snapshot(
        catalogs,
        {
            name: tuple(
                replace(
                    one,
                    policies=tuple(policies.get(each.id, each) for each in one.policies),
                    conflicts=conflicts.get(one.id, frozenset()),
                )
                for one in known
            )
            for name, known in packages.items()
        },
        {
            name: tuple(replace(one, owner_ids=owners.get(one.id, frozenset())) for one in known)
            for name, known in groups.items()
        },
        applications,
        organizations,
        users,
        dict(zip(catalog_ids, resources, strict=True)),
        catalog_roles,
    )
