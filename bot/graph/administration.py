"""What administrators change: catalogs, packages, policies, groups, app roles and companies, as whoever calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.graph.client import Caller
from bot.graph.odata import GraphPath, path
from bot.graph.wire_administration import CATALOG_ROLES, CATALOG_SCOPE, id_of
from bot.graph.wire_base import JsonObject
from bot.graph.write_batches import Line, WriteBatches
from bot.tenant import TenantResource, TenantRole

_EM: Final = "/identityGovernance/entitlementManagement"
_PACKAGE: Final = f"{_EM}/accessPackages/{{package}}"
_ROLES: Final = "/roleManagement/entitlementManagement/roleAssignments"
_TYPE: Final = "#microsoft.graph."


class AdministrationWriter:
    """Writes as the caller, many in one request where many wait. Graph decides what the caller may do.

    All methods raise: NotAllowed, NotFound, Conflict, Throttled, GraphUnavailable (which says whether the write may
    have happened), GraphRefused.
    """

    def __init__(
        self,
        line: Line,
        caller: Callable[[], Awaitable[Caller]],
        *,
        base_url: str = "https://graph.microsoft.com/v1.0",
        writes: WriteBatches | None = None,
    ) -> None:
        self._writes = writes or WriteBatches(line, caller)
        self._base = base_url.rstrip("/")

    async def create_catalog(self, name: str, description: str, is_external: bool) -> str:
        body = {"displayName": name, "description": description, "state": "published"}
        return await self._create(path(f"{_EM}/catalogs"), {**body, "isExternallyVisible": is_external})

    async def onboard(self, catalog_id: str, origin_id: str, origin_system: str) -> None:
        """Bring a group, service principal or site into a catalog. Its roles appear there seconds later."""
        resource = {"originId": origin_id, "originSystem": origin_system}
        body = {"requestType": "adminAdd", "resource": resource, "catalog": {"id": catalog_id}}
        await self._writes.send("POST", path(f"{_EM}/resourceRequests"), body)

    async def take_out(self, catalog_id: str, resource_id: str) -> None:
        """Take a resource out of its catalog."""
        body = {"requestType": "adminRemove", "resource": {"id": resource_id}, "catalog": {"id": catalog_id}}
        await self._writes.send("POST", path(f"{_EM}/resourceRequests"), body)

    async def give_catalog_role(self, catalog_id: str, role: str, principal_id: str) -> str:
        """Let a user, group or application have a role, by Entra's name for it, in one catalog."""
        body = {
            "principalId": principal_id,
            "roleDefinitionId": CATALOG_ROLES[role],
            "appScopeId": CATALOG_SCOPE + catalog_id,
        }
        return await self._create(path(_ROLES), body)

    async def take_catalog_role(self, assignment_id: str) -> None:
        await self._writes.send("DELETE", path(f"{_ROLES}/{{assignment}}", assignment=assignment_id))

    async def create_package(self, catalog_id: str, name: str, description: str, is_hidden: bool) -> str:
        body = {"displayName": name, "description": description, "isHidden": is_hidden, "catalog": {"id": catalog_id}}
        return await self._create(path(f"{_EM}/accessPackages"), body)

    async def update_package(self, package_id: str, changes: Mapping[str, Any]) -> None:
        await self._writes.send("PATCH", path(_PACKAGE, package=package_id), dict(changes))

    async def grant(self, package_id: str, resource: TenantResource, role: TenantRole) -> None:
        """Let a package give a role; whoever holds the package gets it too."""
        origin = {"originId": resource.origin_id, "originSystem": resource.origin_system}
        body = {
            "role": {
                "id": role.id,
                "displayName": role.name,
                "originSystem": resource.origin_system,
                "originId": role.origin_id,
                "resource": {"id": resource.id, **origin},
            },
            "scope": {"id": resource.scope_id, **origin, "isRootScope": True},
        }
        await self._writes.send("POST", path(f"{_PACKAGE}/resourceRoleScopes", package=package_id), body)

    async def revoke(self, package_id: str, grant_id: str) -> None:
        where = path(f"{_PACKAGE}/resourceRoleScopes/{{grant}}", package=package_id, grant=grant_id)
        await self._writes.send("DELETE", where)

    async def create_policy(self, package_id: str, settings: Mapping[str, Any]) -> str:
        body = {**settings, "accessPackage": {"id": package_id}}
        return await self._create(path(f"{_EM}/assignmentPolicies"), body)

    async def replace_policy(self, policy_id: str, settings: Mapping[str, Any]) -> None:
        """Put a whole policy in place of another: what `settings` leave out is lost."""
        where = path(f"{_EM}/assignmentPolicies/{{policy}}", policy=policy_id)
        await self._writes.send("PUT", where, dict(settings))

    async def exclude_package(self, package_id: str, other_id: str) -> None:
        """Let people who hold the other package not get this one."""
        where = path(f"{_PACKAGE}/incompatibleAccessPackages/$ref", package=package_id)
        await self._link(where, f"{_EM}/accessPackages/{other_id}")

    async def exclude_group(self, package_id: str, group_id: str) -> None:
        where = path(f"{_PACKAGE}/incompatibleGroups/$ref", package=package_id)
        await self._link(where, f"/groups/{group_id}")

    async def create_group(self, name: str, description: str, nickname: str, owner_ids: tuple[str, ...]) -> str:
        body: JsonObject = {
            "displayName": name,
            "description": description,
            "mailEnabled": False,
            "mailNickname": nickname,
            "securityEnabled": True,
        }
        if owner_ids:
            body["owners@odata.bind"] = [f"{self._base}/users/{each}" for each in owner_ids]
        return await self._create(path("/groups"), body)

    async def add_group_owner(self, group_id: str, user_id: str) -> None:
        await self._link(path("/groups/{group}/owners/$ref", group=group_id), f"/users/{user_id}")

    async def set_app_roles(self, application_id: str, roles: tuple[JsonObject, ...]) -> None:
        """Put a whole array of roles in place. A role has to be disabled before it may be left out."""
        where = path("/applications/{application}", application=application_id)
        await self._writes.send("PATCH", where, {"appRoles": list(roles)})

    async def assign_app_role(self, group_id: str, principal_id: str, role_id: str) -> str:
        """Give a role of the service principal to a group."""
        body = {"principalId": group_id, "resourceId": principal_id, "appRoleId": role_id}
        return await self._create(path("/groups/{group}/appRoleAssignments", group=group_id), body)

    async def create_organization(
        self, name: str, description: str, state: str, *, domain: str = "", tenant_id: str = ""
    ) -> str:
        source = (
            {"@odata.type": _TYPE + "domainIdentitySource", "domainName": domain, "displayName": domain}
            if domain
            else {"@odata.type": _TYPE + "azureActiveDirectoryTenant", "tenantId": tenant_id, "displayName": name}
        )
        body = {"displayName": name, "description": description, "state": state, "identitySources": [source]}
        return await self._create(path(f"{_EM}/connectedOrganizations"), body)

    async def update_organization(self, organization_id: str, changes: Mapping[str, Any]) -> None:
        where = path(f"{_EM}/connectedOrganizations/{{organization}}", organization=organization_id)
        await self._writes.send("PATCH", where, dict(changes))

    async def add_sponsor(self, organization_id: str, sponsor_id: str, kind: str, is_internal: bool) -> None:
        """`kind` is "users" or "groups"."""
        which = "internalSponsors" if is_internal else "externalSponsors"
        where = path(f"{_EM}/connectedOrganizations/{{organization}}/{which}/$ref", organization=organization_id)
        await self._link(where, f"/{kind}/{sponsor_id}")

    async def delete(self, collection: str, object_id: str) -> None:
        """Delete a catalog, package, policy, organization or group; `collection` is Graph's name of what it is."""
        base = "" if collection == "groups" else _EM
        await self._writes.send("DELETE", path(f"{base}/{collection}/{{object}}", object=object_id))

    async def take_app_role(self, group_id: str, assignment_id: str) -> None:
        where = path("/groups/{group}/appRoleAssignments/{assignment}", group=group_id, assignment=assignment_id)
        await self._writes.send("DELETE", where)

    async def _create(self, where: GraphPath, body: JsonObject) -> str:
        return id_of(await self._writes.send("POST", where, body))

    async def _link(self, where: GraphPath, target: str) -> None:
        await self._writes.send("POST", where, {"@odata.id": f"{self._base}{target}"})
