"""What administrators ask about packages and resources: roles that can be granted, contents, policies in words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.errors import NotAllowed
from bot.plans.package_steps import SYSTEMS
from bot.plans.policy_words import policy_words
from bot.tenant import (
    TenantApplication,
    TenantCatalog,
    TenantGroup,
    TenantPackage,
    TenantPolicy,
    TenantResource,
)
from cards.language import ENGLISH, Language

_DEFAULT_ACCESS: Final = "Default Access"
_KINDS: Final = {system: kind.value for kind, system in SYSTEMS.items()}
_LINK: Final = "https://myaccess.microsoft.com/@{tenant}#/access-packages/{package}"


class FactReads(Protocol):
    async def catalogs(self, names: Iterable[str]) -> Mapping[str, tuple[TenantCatalog, ...]]: ...
    async def packages(self, names: Iterable[str]) -> Mapping[str, tuple[TenantPackage, ...]]: ...
    async def package(self, package_id: str) -> TenantPackage | None: ...
    async def packages_in(self, catalog_id: str) -> tuple[TenantPackage, ...]: ...
    async def policies(self, ids: Iterable[str]) -> Mapping[str, TenantPolicy]: ...
    async def resources(self, catalog_id: str) -> Mapping[str, TenantResource]: ...
    async def catalogued(self, name: str) -> tuple[TenantResource, ...]: ...
    async def groups(self, names: Iterable[str], ids: Iterable[str] = ()) -> Mapping[str, tuple[TenantGroup, ...]]: ...
    async def applications(
        self, names: Iterable[str], *, with_roles: Iterable[str] = ()
    ) -> Mapping[str, tuple[TenantApplication, ...]]: ...


@dataclass(frozen=True, slots=True)
class Grantable:
    """A resource by its origin, and the roles of it that a package can grant; `why_not` where it cannot."""

    kind: str
    id: str
    name: str
    roles: tuple[str, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class PackageTree:
    """A package from its catalog down to its policies in words."""

    id: str
    name: str
    catalog: str
    description: str
    is_hidden: bool
    grants: tuple[str, ...]
    policies: tuple[tuple[str, tuple[str, ...]], ...]
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "catalog": self.catalog,
            "description": self.description,
            "isHidden": self.is_hidden,
            "grants": list(self.grants),
            "policies": [{"name": name, "words": list(words)} for name, words in self.policies],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Grantables:
    """What has a name; `unseen` where whoever looked may not see applications that are in no catalog."""

    found: tuple[Grantable, ...]
    unseen: NotAllowed | None = None


async def grantable_roles(reads: FactReads, resource: str) -> Grantables:
    """Groups, applications and sites of this name, id or address, with their roles: what a package's resource can be.

    Groups and applications are in the directory. Of what a catalog holds the catalog tells too: of sites it alone.
    """
    is_id = len(resource) == 36 and resource.count("-") == 4
    groups, catalogued = await asyncio.gather(
        reads.groups([] if is_id else [resource], [resource] if is_id else []), reads.catalogued(resource)
    )
    found = [_of_group(each) for known in groups.values() for each in known]
    unseen = None
    try:
        applications = await reads.applications([resource])
        found += [_of_application(each) for known in applications.values() for each in known]
    except NotAllowed as error:
        unseen = error
    known_ids = {each.id.casefold() for each in found}
    others = {one.origin_id.casefold(): one for one in catalogued if one.origin_id.casefold() not in known_ids}
    return Grantables((*found, *map(_of_resource, others.values())), unseen)


async def packages_named(reads: FactReads, name: str) -> tuple[TenantPackage, ...]:
    """The packages of this name, or the one of this id; hidden ones too."""
    if len(name) == 36 and name.count("-") == 4 and (one := await reads.package(name)) is not None:
        return (one,)
    return (await reads.packages([name])).get(name.casefold(), ())


async def package_tree(reads: FactReads, name: str, words: Language = ENGLISH) -> tuple[PackageTree, ...]:
    """The packages of this name, or all of the catalog of this name."""
    packages, catalogs = await asyncio.gather(reads.packages([name]), reads.catalogs([name]))
    found = list(packages.get(name.casefold(), ()))
    known = {each.id: each for each in catalogs.get(name.casefold(), ())}
    if not found:
        for catalog_id in known:
            found += await reads.packages_in(catalog_id)
    policies = await reads.policies([policy.id for each in found for policy in each.policies])
    catalog_ids = list(dict.fromkeys(each.catalog_id for each in found))
    resources = dict(
        zip(catalog_ids, await asyncio.gather(*(reads.resources(each) for each in catalog_ids)), strict=True)
    )
    return tuple(
        _tree(each, known.get(each.catalog_id), resources[each.catalog_id], policies, words)
        for each in sorted(found, key=lambda one: one.name.casefold())
    )


def package_link(package_id: str, tenant_id: str) -> str:
    """Where people ask for the package."""
    return _LINK.format(tenant=tenant_id, package=package_id)


def warnings_of(policies: Iterable[Mapping[str, Any]], words: Language) -> tuple[str, ...]:
    """What whoever shares a link to the package should know."""
    known = list(policies)
    open_ones = [each for each in known if each.get("allowedTargetScope") not in (None, "notSpecified")]
    found = []
    if not open_ones:
        found.append(words("Nobody can ask for it: no policy takes requests."))
    for each in open_ones:
        approval = each.get("requestApprovalSettings") or {}
        stages = approval.get("stages") or []
        if approval.get("isApprovalRequiredForAdd") and not all(stage.get("primaryApprovers") for stage in stages):
            found.append(words("Nobody can approve under {policy}.", policy=str(each.get("displayName"))))
    return tuple(found)


def _tree(
    package: TenantPackage,
    catalog: TenantCatalog | None,
    resources: Mapping[str, TenantResource],
    policies: Mapping[str, TenantPolicy],
    words: Language,
) -> PackageTree:
    wholes = [policies.get(each.id, each) for each in package.policies]
    return PackageTree(
        package.id,
        package.name,
        catalog.name if catalog else package.catalog_name,
        package.description,
        package.is_hidden,
        tuple(_grant(each.origin_id, each.role_name, resources) for each in package.grants),
        tuple((each.name, tuple(policy_words(each.settings, words))) for each in wholes),
        warnings_of([each.settings for each in wholes], words),
    )


def _grant(origin_id: str, role: str, resources: Mapping[str, TenantResource]) -> str:
    found = resources.get(origin_id.casefold())
    return f"{found.name if found else origin_id}: {role}"


def _of_group(group: TenantGroup) -> Grantable:
    why = ""
    if group.is_synchronized:
        why = "synchronized from on-premises"
    elif group.is_dynamic:
        why = "its members follow a rule"
    elif group.is_distribution_list:
        why = "a distribution list"
    return Grantable("group", group.id, group.name, () if why else ("Member", "Owner"), why)


def _of_application(application: TenantApplication) -> Grantable:
    roles = [
        str(each.get("displayName"))
        for each in application.visible_roles
        if each.get("isEnabled") is True and "User" in (each.get("allowedMemberTypes") or ())
    ]
    return Grantable("application", application.id, application.name, tuple(roles) or (_DEFAULT_ACCESS,))


def _of_resource(resource: TenantResource) -> Grantable:
    kind = _KINDS.get(resource.origin_system, "resource")
    return Grantable(kind, resource.origin_id, resource.name, tuple(each.name for each in resource.roles))
