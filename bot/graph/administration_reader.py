"""What a plan of an administrator needs to know of the tenant, in few requests however long the file is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from bot.errors import DoormanError, NotFound
from bot.graph import wire_administration as wire
from bot.graph.client import Caller
from bot.graph.odata import GraphPath, Query, literal, path
from bot.graph.wire_base import JsonObject
from bot.tenant import (
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

K = TypeVar("K", bound=Hashable)
_EM: Final = "/identityGovernance/entitlementManagement"
_ROLES: Final = "/roleManagement/entitlementManagement"
_LARGE_PAGE: Final = "999"
Asked = tuple[GraphPath, Query | None]


class ReadLine(Protocol):
    """What reads are sent through: the client, or something that only writes them down."""

    async def collect(self, caller: Caller, where: GraphPath, *, params: Query | None = None) -> list[JsonObject]: ...

    async def batch(self, caller: Caller, wanted: Mapping[K, Asked]) -> dict[K, JsonObject | DoormanError]: ...


class AdministrationReader:
    """Reads as the caller. Names are looked up many at a time; a name that nothing has is not in the answer.

    `directory` is who reads users, groups and applications, where that is somebody else.

    All methods raise: NotAllowed, Throttled, GraphUnavailable, GraphRefused, GraphContractError.
    """

    def __init__(
        self,
        line: ReadLine,
        caller: Callable[[], Awaitable[Caller]],
        *,
        directory: Callable[[], Awaitable[Caller]] | None = None,
    ) -> None:
        self._line = line
        self._governed = caller
        self._directory = directory or caller

    async def catalogs(self, names: Iterable[str]) -> dict[str, tuple[TenantCatalog, ...]]:
        found = await self._named(names, path(f"{_EM}/catalogs"), {})
        return {name: tuple(map(wire.catalog, items)) for name, items in found.items()}

    async def packages(self, names: Iterable[str]) -> dict[str, tuple[TenantPackage, ...]]:
        """Packages with what they grant and their policies, which may lack what only a policy itself tells."""
        found = await self._named(names, path(f"{_EM}/accessPackages"), {"$expand": wire.PACKAGE_EXPAND})
        return {name: tuple(map(wire.package, items)) for name, items in found.items()}

    async def package(self, package_id: str) -> TenantPackage | None:
        where = path(f"{_EM}/accessPackages/{{package}}", package=package_id)
        found = await self._objects({package_id: (where, {"$expand": wire.PACKAGE_EXPAND})})
        return wire.package(found[package_id]) if package_id in found else None

    async def packages_in(self, catalog_id: str) -> tuple[TenantPackage, ...]:
        """All packages of a catalog, with what they grant and their whole policies."""
        where = path(f"{_EM}/catalogs/{{catalog}}", catalog=catalog_id)
        listed = (await self._objects({catalog_id: (where, {"$expand": "accessPackages"})})).get(catalog_id, {})
        items = listed.get("accessPackages") or ()
        names = [str(each.get("displayName")) for each in items if isinstance(each, dict)]
        found = [
            one for known in (await self.packages(names)).values() for one in known if one.catalog_id == catalog_id
        ]
        policies = await self.policies([policy.id for one in found for policy in one.policies])
        return tuple(
            replace(one, policies=tuple(policies.get(each.id, each) for each in one.policies)) for one in found
        )

    async def policies(self, ids: Iterable[str]) -> dict[str, TenantPolicy]:
        """Whole policies, with their questions and custom extensions."""
        query = {"$expand": wire.POLICY_EXPAND}
        wanted = {each: (path(f"{_EM}/assignmentPolicies/{{policy}}", policy=each), query) for each in ids}
        return {key: wire.policy(item) for key, item in (await self._objects(wanted)).items()}

    async def conflicts(self, package_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """The ids of the packages and groups that each of these packages excludes."""
        ids = list(package_ids)
        wanted = {
            (each, which): (path(f"{_EM}/accessPackages/{{package}}/{which}", package=each), {"$select": "id"})
            for each in ids
            for which in ("incompatibleAccessPackages", "incompatibleGroups")
        }
        found = await self._lists(wanted)
        return {
            each: frozenset(wire.id_of(item) for (owner, _), items in found.items() if owner == each for item in items)
            for each in ids
        }

    async def resources(self, catalog_id: str) -> dict[str, TenantResource]:
        """What is in a catalog, by the origin's id in small letters. What is new may lack its roles for a while."""
        where = path(f"{_EM}/catalogs/{{catalog}}/resources", catalog=catalog_id)
        items = await self._line.collect(await self._caller(where), where, params={"$expand": "roles,scopes"})
        found = [wire.resource(item, catalog_id) for item in items]
        return {each.origin_id.casefold(): each for each in found}

    async def catalog_roles(self, catalog_ids: Iterable[str]) -> dict[str, tuple[TenantCatalogRole, ...]]:
        """Who was given which role in each of these catalogs."""
        where = path(f"{_ROLES}/roleAssignments")
        wanted = {
            each: (where, {"$filter": f"appScopeId eq {literal(wire.CATALOG_SCOPE + each)}"}) for each in catalog_ids
        }
        found = await self._lists(wanted)
        return {key: tuple(wire.catalog_role(item, key) for item in items) for key, items in found.items()}

    async def catalogued(self, name: str) -> tuple[TenantResource, ...]:
        """What the catalogs hold of this name, id or address, with its roles; once for each catalog that holds it."""
        where = path(f"{_EM}/catalogs")
        catalogs = await self._line.collect(await self._caller(where), where, params={"$select": "id"})
        query = {"$expand": "roles,scopes"}
        if _is_id(name) or name.casefold().startswith("https://"):
            query["$filter"] = f"originId eq {literal(name)}"
        lists = await self._lists(
            {
                each: (path(f"{_EM}/catalogs/{{catalog}}/resources", catalog=each), query)
                for each in map(wire.id_of, catalogs)
            }
        )
        found = [wire.resource(item, catalog_id) for catalog_id, items in lists.items() for item in items]
        fitting = [one for one in found if name.casefold() in (one.name.casefold(), one.origin_id.casefold())]
        roles = await self.roles([one for one in fitting if not one.roles])
        return tuple(replace(one, roles=one.roles or roles.get(one.id, ())) for one in fitting)

    async def roles(self, resources: Iterable[TenantResource]) -> dict[str, tuple[TenantRole, ...]]:
        """The roles of these resources of catalogs, by the resource's id."""
        wanted = {
            each.id: (
                path(f"{_EM}/catalogs/{{catalog}}/resourceRoles", catalog=each.catalog_id),
                {
                    "$filter": f"(originSystem eq {literal(each.origin_system)} and resource/id eq {literal(each.id)})",
                    "$expand": "resource",
                },
            )
            for each in resources
        }
        return {key: tuple(map(wire.role, items)) for key, items in (await self._lists(wanted)).items()}

    async def groups(self, names: Iterable[str], ids: Iterable[str] = ()) -> dict[str, tuple[TenantGroup, ...]]:
        """Groups by name or id, both in small letters."""
        query = {"$select": wire.GROUP_FIELDS}
        found = await self._named(names, path("/groups"), query)
        by_id = await self._objects({each: (path("/groups/{group}", group=each), query) for each in ids})
        groups = {name: tuple(map(wire.group, items)) for name, items in found.items()}
        return groups | {key: (wire.group(item),) for key, item in by_id.items()}

    async def owners(self, group_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        wanted = {each: (path("/groups/{group}/owners", group=each), {"$select": "id"}) for each in group_ids}
        return {key: frozenset(map(wire.id_of, items)) for key, items in (await self._lists(wanted)).items()}

    async def users(self, names: Iterable[str]) -> dict[str, tuple[TenantUser, ...]]:
        """People by sign-in name or id, else by mail address."""
        wanted = list(names)
        query = {"$select": wire.USER_FIELDS}
        found = await self._objects({each: (path("/users/{user}", user=each), query) for each in wanted})
        people = {key: (wire.user(item),) for key, item in found.items()}
        others = [each for each in wanted if each not in people]
        by_mail = await self._lists(
            {each: (path("/users"), {**query, "$filter": f"mail eq {literal(each)}"}) for each in others}
        )
        return people | {key: tuple(map(wire.user, items)) for key, items in by_mail.items() if items}

    async def applications(
        self, names: Iterable[str], *, with_roles: Iterable[str] = ()
    ) -> dict[str, tuple[TenantApplication, ...]]:
        """Service principals by name, object id or application id; `with_roles` also tell roles and their holders."""
        wanted = {each: _principals(each) for each in dict.fromkeys((*names, *with_roles))}
        wholes = set(with_roles)
        found: dict[str, tuple[TenantApplication, ...]] = {}
        for key, items in (await self._lists(wanted)).items():
            known = [await self._application(item, whole=key in wholes) for item in items]
            found[key] = tuple(known)
        return {key: known for key, known in found.items() if known}

    async def organizations(self, names: Iterable[str]) -> dict[str, tuple[TenantOrganization, ...]]:
        found = await self._named(names, path(f"{_EM}/connectedOrganizations"), {})
        ids = [wire.id_of(item) for items in found.values() for item in items]
        sponsors = await self._lists(
            {
                (each, which): (path(f"{_EM}/connectedOrganizations/{{organization}}/{which}", organization=each), None)
                for each in ids
                for which in ("internalSponsors", "externalSponsors")
            }
        )
        return {
            name: tuple(
                wire.organization(
                    item,
                    sponsors.get((wire.id_of(item), "internalSponsors"), []),
                    sponsors.get((wire.id_of(item), "externalSponsors"), []),
                )
                for item in items
            )
            for name, items in found.items()
        }

    async def has_assignments(self, package_id: str) -> bool:
        """Whether anybody has the package or is about to get it."""
        condition = f"accessPackage/id eq {literal(package_id)}"
        where = path(f"{_EM}/assignments")
        caller = await self._caller(where)
        held = await self._line.collect(caller, where, params={"$filter": condition, "$select": "id,state"})
        asked = await self._line.collect(
            caller, path(f"{_EM}/assignmentRequests"), params={"$filter": condition, "$select": "id,state"}
        )
        over = ("expired", "denied", "canceled", "delivered", "deliveryfailed")
        is_open = any(str(each.get("state", "")).casefold() not in over for each in asked)
        return is_open or any(str(each.get("state", "")).casefold() != "expired" for each in held)

    async def has_members(self, group_id: str) -> bool:
        """False for a group that is not there."""
        where = path("/groups/{group}/members", group=group_id)
        return bool((await self._lists({group_id: (where, {"$select": "id", "$top": "1"})})).get(group_id))

    async def role_assignments(self, group_id: str) -> dict[tuple[str, str], str]:
        """The ids of the app roles' assignments to a group, by service principal and role."""
        where = path("/groups/{group}/appRoleAssignments", group=group_id)
        items = await self._line.collect(await self._caller(where), where)
        return {(str(each.get("resourceId")), str(each.get("appRoleId"))): wire.id_of(each) for each in items}

    async def _caller(self, where: GraphPath) -> Caller:
        return await (self._governed() if where.template.startswith((_EM, _ROLES)) else self._directory())

    async def _application(self, principal: JsonObject, *, whole: bool) -> TenantApplication:
        if not whole:
            return wire.application(principal, None, ())
        caller = await self._directory()
        app_id = literal(str(principal.get("appId")))
        where = path("/servicePrincipals/{principal}/appRoleAssignedTo", principal=wire.id_of(principal))
        holders = await self._line.collect(caller, where, params={"$top": _LARGE_PAGE})
        registered = await self._line.collect(caller, path("/applications"), params={"$filter": f"appId eq {app_id}"})
        return wire.application(principal, registered[0] if registered else None, holders)

    async def _named(self, names: Iterable[str], where: GraphPath, query: Query) -> dict[str, list[JsonObject]]:
        """Everything of a collection that has one of these names, by the name in small letters."""
        wanted = {
            name.casefold(): (where, {**query, "$filter": f"displayName eq {literal(name)}"})
            for name in dict.fromkeys(names)
        }
        return {key: items for key, items in (await self._lists(wanted)).items() if items}

    async def _lists(self, wanted: Mapping[K, Asked]) -> dict[K, list[JsonObject]]:
        """The items of each of these collections; one that is not there is empty."""
        found: dict[K, list[JsonObject]] = {}
        for key, answer in (await self._objects(wanted)).items():
            items = answer.get("value")
            found[key] = [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
            if answer.get("@odata.nextLink"):
                where, query = wanted[key]
                found[key] = await self._line.collect(await self._caller(where), where, params=query)
        return found

    async def _objects(self, wanted: Mapping[K, Asked]) -> dict[K, JsonObject]:
        """Those of these that exist. Raises: whatever else one of them met."""
        if not wanted:
            return {}
        found = {}
        first = next(iter(wanted.values()))[0]
        for key, outcome in (await self._line.batch(await self._caller(first), wanted)).items():
            if isinstance(outcome, NotFound):
                continue
            if isinstance(outcome, DoormanError):
                raise outcome
            found[key] = outcome
        return found


def _principals(name: str) -> Asked:
    """How to ask for a service principal by this name, object id or application id."""
    where = path("/servicePrincipals")
    fields = {"$select": "id,appId,displayName,appRoles"}
    by_id = f"appId eq {literal(name)} or id eq {literal(name)}"
    return where, {**fields, "$filter": by_id if _is_id(name) else f"displayName eq {literal(name)}"}


def _is_id(name: str) -> bool:
    return len(name) == 36 and name.count("-") == 4
