"""A tenant that is only imagined: everything that a file refers to is there, and nothing that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.files.administration import Kind, Wanted
from bot.plans.journal import Entry
from bot.plans.package_steps import SYSTEMS
from bot.services.tenant_look import TenantReads
from bot.tenant import (
    DEFAULT_ROLE_ID,
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


def id_of(name: str) -> str:
    """What stands for an id that only the tenant knows."""
    return f"{{id of {name}}}"


@dataclass
class ImaginedTenant:
    """Answers the reads of a plan; with `is_built`, resources are in their catalogs already."""

    wanted: Wanted
    is_built: bool = False
    asked: TenantReads | None = None
    """Is asked too, for what it is asked to be written down."""

    async def catalogs(self, names: Iterable[str]) -> Mapping[str, tuple[TenantCatalog, ...]]:
        made = {each.name.casefold() for each in self.wanted.catalogs if each.create}
        return {name.casefold(): (TenantCatalog(id_of(name), name),) for name in names if name.casefold() not in made}

    async def packages(self, names: Iterable[str]) -> Mapping[str, tuple[TenantPackage, ...]]:
        made = {each.name.casefold() for each in self.wanted.packages}
        former = {name.casefold() for each in self.wanted.packages for name in each.former_names}
        others = [name for name in names if name.casefold() not in made | former]
        return {name.casefold(): (TenantPackage(id_of(name), name, ""),) for name in others}

    async def policies(self, ids: Iterable[str]) -> Mapping[str, TenantPolicy]:
        return {}

    async def conflicts(self, package_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        return {}

    async def catalog_roles(self, catalog_ids: Iterable[str]) -> Mapping[str, tuple[TenantCatalogRole, ...]]:
        return {}

    async def resources(self, catalog_id: str) -> Mapping[str, TenantResource]:
        if self.asked is not None:
            await self.asked.resources(catalog_id)
        if not self.is_built:
            return {}
        roles: dict[tuple[Kind, str], list[str]] = {}
        for package in self.wanted.packages:
            for grant in package.grants:
                roles.setdefault((grant.kind, grant.origin_id or id_of(grant.name)), []).append(grant.role)
        return {
            origin.casefold(): TenantResource(
                id_of(f"resource {_bare(origin)}"),
                catalog_id,
                origin,
                SYSTEMS[kind],
                _bare(origin),
                id_of(f"scope of {_bare(origin)}"),
                tuple(_role(kind, origin, name) for name in dict.fromkeys(names)),
            )
            for (kind, origin), names in roles.items()
        }

    async def roles(self, resources: Iterable[TenantResource]) -> Mapping[str, tuple[TenantRole, ...]]:
        return {}

    async def groups(self, names: Iterable[str], ids: Iterable[str] = ()) -> Mapping[str, tuple[TenantGroup, ...]]:
        made = {each.name.casefold() for each in self.wanted.groups}
        found = {name.casefold(): (TenantGroup(id_of(name), name),) for name in names if name.casefold() not in made}
        named = {grant.origin_id: grant.name for each in self.wanted.packages for grant in each.grants}
        return found | {each: (TenantGroup(each, named.get(each) or each),) for each in ids}

    async def owners(self, group_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        return {}

    async def users(self, names: Iterable[str]) -> Mapping[str, tuple[TenantUser, ...]]:
        return {name: (TenantUser(id_of(name), name),) for name in names}

    async def applications(
        self, names: Iterable[str], *, with_roles: Iterable[str] = ()
    ) -> Mapping[str, tuple[TenantApplication, ...]]:
        found: dict[str, tuple[TenantApplication, ...]] = {}
        for name in (*names, *with_roles):
            key = _bare(name)
            grants = [grant for each in self.wanted.packages for grant in each.grants if grant.kind is Kind.APPLICATION]
            mine = [grant for grant in grants if key in (grant.name.casefold(), grant.origin_id.casefold())]
            shown = next((grant.name for grant in mine if grant.name), key)
            roles = [{"displayName": grant.role, "isEnabled": True, "allowedMemberTypes": ["User"]} for grant in mine]
            registration = id_of(f"registration of {shown}")
            app_id = id_of(f"app id of {shown}")
            found[name] = (TenantApplication(id_of(shown), shown, app_id, registration, (), tuple(roles)),)
        return found

    async def organizations(self, names: Iterable[str]) -> Mapping[str, tuple[TenantOrganization, ...]]:
        made = {each.name.casefold() for each in self.wanted.organizations}
        return {
            name.casefold(): (TenantOrganization(id_of(name), name),) for name in names if name.casefold() not in made
        }

    async def role_assignments(self, group_id: str) -> Mapping[tuple[str, str], str]:
        return {}


class NoJournal:
    """Keeps nothing: for runs that change nothing."""

    async def entries(self) -> dict[str, Entry]:
        return {}

    async def write(self, entries: Iterable[Entry]) -> None:
        return None


def _role(kind: Kind, origin: str, name: str) -> TenantRole:
    origin_id = f"{name}_{origin}" if kind is Kind.GROUP else id_of(f"role {name}")
    if kind is Kind.APPLICATION and name.casefold() == "default access":
        origin_id = DEFAULT_ROLE_ID
    return TenantRole(id_of(f"role {name} of {_bare(origin)}"), name, origin_id)


def _bare(origin: str) -> str:
    return origin.removeprefix("{id of ").removesuffix("}")
