"""What tests of administrators' writes begin with: an administrator, and things to put into catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.model import RoleAssignment
from tests.sandbox.graph_support import EM, START, Answer, Caller, Graph

TYPE = "#microsoft.graph."


@dataclass
class Office:
    """An administrator at work. Everything is made through Graph, except what belongs to the directory."""

    graph: Graph
    admin: Caller

    @classmethod
    def of(cls, graph: Graph) -> Office:
        return cls(graph, graph.person("admin"))

    @property
    def build(self) -> TenantBuilder:
        return TenantBuilder(self.graph.tenant, START)

    async def catalog(self, name: str = "Catalog", **more: Any) -> str:
        return await self._made("catalogs", {"displayName": name, **more})

    async def resource(self, catalog: str, origin: str, system: str = "AadGroup") -> str:
        """A resource whose roles can be seen already."""
        body = {
            "requestType": "adminAdd",
            "resource": {"originId": origin, "originSystem": system},
            "catalog": {"id": catalog},
        }
        await self._made("resourceRequests", body)
        self.graph.advance(seconds=6)
        found = await self.admin.values(f"{EM}/catalogs/{catalog}/resources?$filter=originId eq '{origin}'")
        return str(found[0]["id"])

    async def package(self, catalog: str, name: str = "Package", **more: Any) -> str:
        return await self._made("accessPackages", {"displayName": name, "catalog": {"id": catalog}, **more})

    async def role_scope(self, package: str, catalog: str, origin: str, role: str = "Member") -> Answer:
        """Let a package grant a role of a resource, as a script does it: by what the catalog says of it."""
        where = f"{EM}/catalogs/{catalog}/resources?$filter=originId eq '{origin}'&$expand=roles,scopes"
        resource = (await self.admin.values(where))[0]
        roles = [found for found in resource["roles"] if found["displayName"] == role]
        named = {"id": resource["id"], "originId": origin, "originSystem": resource["originSystem"]}
        body = {"role": {**_plain(roles[0]), "resource": named}, "scope": _plain(resource["scopes"][0])}
        return await self.admin.post(f"{EM}/accessPackages/{package}/resourceRoleScopes", body)

    async def policy(self, package: str, **settings: Any) -> Answer:
        body = {"displayName": "Policy", "accessPackage": {"id": package}, **settings}
        return await self.admin.post(f"{EM}/assignmentPolicies", body)

    async def delete(self, path: str) -> Answer:
        return await self.admin.call("DELETE", EM + path)

    async def link(self, path: str, target: str) -> Answer:
        return await self.admin.post(EM + path, {"@odata.id": f"https://graph.microsoft.com/v1.0{target}"})

    async def _made(self, collection: str, body: dict[str, Any]) -> str:
        answer = await self.admin.post(f"{EM}/{collection}", body)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that have a value."""
    return {name: member for name, member in value.items() if member is not None}


def user_set(user_id: str) -> dict[str, Any]:
    return {"@odata.type": TYPE + "singleUser", "userId": user_id}


def manager_set(level: int = 1) -> dict[str, Any]:
    return {"@odata.type": TYPE + "requestorManager", "managerLevel": level}


def approval(*stages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`requestApprovalSettings` with these stages."""
    return {"isApprovalRequiredForAdd": bool(stages), "stages": list(stages), **more}


def stage(*approvers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"durationBeforeAutomaticDenial": "P14D", "primaryApprovers": list(approvers), **more}


def grant(graph: Graph, key: str, definition: str, catalog_id: str | None) -> None:
    """Give a person a role of entitlement management, for the tenant or in one catalog."""
    scope = "/" if catalog_id is None else f"/AccessPackageCatalog/{catalog_id}"
    made = RoleAssignment(f"{key}/{definition}", graph.id_of(key), definition, scope)
    graph.tenant.role_assignments[made.id] = made
