"""Roles of applications and the groups that have them, read and written by the pipeline's identity."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import DoormanError, GraphRefused, NotFound
from bot.graph.as_app import AsApp
from bot.graph.client import GraphClient
from bot.graph.odata import Query, literal, path
from bot.graph.wire_base import JsonObject

_PAGE: Final = "999"


@dataclass(frozen=True, slots=True)
class FoundApplication:
    """An application with its roles as Graph shows them."""

    app_id: str
    object_id: str
    name: str
    roles: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True)
class FoundAssignment:
    id: str
    principal_id: str
    principal_name: str
    principal_type: str
    role_id: str


class ApplicationsGraph(AsApp):
    """Reads and writes with the app's own token; writes need Application.ReadWrite.OwnedBy or .All, and for groups
    AppRoleAssignment.ReadWrite.All.

    All methods raise what those of `ReaderGraph` raise.
    """

    def __init__(
        self, client: GraphClient, app_token: Callable[[], Awaitable[str]], *, identity: str = "pipeline"
    ) -> None:
        super().__init__(client, app_token, identity=identity)

    async def find(self, name: str) -> list[FoundApplication]:
        """The applications with this app id, or else of this name."""
        query: Query = {"$select": "id,appId,displayName,appRoles"}
        try:
            by_id = path("/applications(appId='{app}')", app=name)
            return [_application(await self._client.get(await self._caller(), by_id, params=query))]
        except (NotFound, GraphRefused):
            wanted = {**query, "$filter": f"displayName eq {literal(name)}"}
            found = await self._client.collect(await self._caller(), path("/applications"), params=wanted)
            return [_application(item) for item in found]

    async def service_principal(self, app_id: str) -> tuple[str, frozenset[str]]:
        """The id of the application's service principal, and the ids of the roles that it shows. Raises: NotFound."""
        where = path("/servicePrincipals(appId='{app}')", app=app_id)
        found = await self._client.get(await self._caller(), where, params={"$select": "id,appRoles"})
        return str(found["id"]), frozenset(str(role.get("id", "")) for role in found.get("appRoles", ()))

    async def assignments(self, service_principal_id: str) -> list[FoundAssignment]:
        where = path("/servicePrincipals/{app}/appRoleAssignedTo", app=service_principal_id)
        found = await self._client.collect(await self._caller(), where, params={"$top": _PAGE})
        return [
            FoundAssignment(
                str(item.get("id", "")),
                str(item.get("principalId", "")),
                str(item.get("principalDisplayName") or ""),
                str(item.get("principalType") or ""),
                str(item.get("appRoleId", "")),
            )
            for item in found
        ]

    async def groups_named(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The ids of the groups of each of these names, in any letter case; the keys are in lower case."""
        wanted = {
            name: (path("/groups"), {"$select": "id,displayName", "$filter": f"displayName eq {literal(name)}"})
            for name in sorted({name for name in names if name})
        }
        found: dict[str, tuple[str, ...]] = {}
        for name, answer in (await self._client.batch(await self._caller(), wanted)).items():
            if isinstance(answer, DoormanError):
                raise answer
            ids = tuple(str(item["id"]) for item in answer.get("value", ()))
            if ids:
                found[name.casefold()] = ids
        return found

    async def replace_roles(self, object_id: str, roles: list[dict[str, Any]]) -> None:
        """Put the whole array in place. Graph refuses what drops or renames an enabled role."""
        where = path("/applications/{application}", application=object_id)
        await self._client.patch(await self._caller(), where, {"appRoles": roles})

    async def assign(self, group_id: str, service_principal_id: str, role_id: str) -> None:
        """Give a group a role; one that it has already is fine."""
        where = path("/groups/{group}/appRoleAssignments", group=group_id)
        body = {"principalId": group_id, "resourceId": service_principal_id, "appRoleId": role_id}
        try:
            await self._client.post(await self._caller(), where, body)
        except GraphRefused as error:
            if "already exists" not in error.message.casefold():
                raise

    async def unassign(self, service_principal_id: str, assignment_id: str) -> None:
        """Take a role away; one that is gone already is fine."""
        where = path(
            "/servicePrincipals/{app}/appRoleAssignedTo/{assignment}",
            app=service_principal_id,
            assignment=assignment_id,
        )
        try:
            await self._client.write(await self._caller(), "DELETE", where)
        except NotFound:
            return


def _application(item: JsonObject) -> FoundApplication:
    roles = tuple(role for role in item.get("appRoles", ()) if isinstance(role, dict))
    return FoundApplication(str(item["appId"]), str(item["id"]), str(item.get("displayName") or ""), roles)
