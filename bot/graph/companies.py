"""Connected organizations, their sponsors and policies, read and written by the pipeline's identity."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from bot.errors import DoormanError, GraphRefused, NotFound
from bot.graph.as_app import AsApp
from bot.graph.client import GraphClient
from bot.graph.odata import GraphPath, Query, literal, path
from bot.graph.wire_base import JsonObject

_EM: Final = "/identityGovernance/entitlementManagement"


class CompaniesGraph(AsApp):
    """All methods raise what those of `ReaderGraph` raise."""

    def __init__(
        self,
        client: GraphClient,
        app_token: Callable[[], Awaitable[str]],
        *,
        graph_url: str,
        identity: str = "pipeline",
    ) -> None:
        super().__init__(client, app_token, identity=identity)
        self._graph_url = graph_url

    async def organizations(self) -> list[JsonObject]:
        return await self._collect(path(f"{_EM}/connectedOrganizations"))

    async def sponsors(self, organization_id: str, which: str) -> list[JsonObject]:
        """`which` is "internalSponsors" or "externalSponsors"."""
        where = path(f"{_EM}/connectedOrganizations/{{organization}}/{which}", organization=organization_id)
        return await self._collect(where, {"$select": "id,displayName,userPrincipalName"})

    async def settings(self) -> JsonObject:
        return await self._client.get(await self._caller(), path(f"{_EM}/settings"))

    async def people(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The ids of the people with each of these sign-in names, addresses or ids."""
        wanted: dict[str, tuple[GraphPath, Query | None]] = {}
        for name in names:
            text = literal(name)
            condition = f"userPrincipalName eq {text} or mail eq {text}" if "@" in name else f"id eq {text}"
            wanted[name] = (path("/users"), {"$select": "id", "$filter": condition})
        return await self._ids(wanted)

    async def groups(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The ids of the groups with each of these names or ids."""
        wanted: dict[str, tuple[GraphPath, Query | None]] = {
            name: (path("/groups"), {"$select": "id", "$filter": f"displayName eq {literal(name)}"}) for name in names
        }
        return await self._ids(wanted)

    async def members(self, group_id: str) -> frozenset[str]:
        where = path("/groups/{group}/members", group=group_id)
        return frozenset(str(item["id"]) for item in await self._collect(where, {"$select": "id", "$top": "999"}))

    async def packages(self, name: str) -> list[JsonObject]:
        """The access packages of this name with their policies."""
        query = {
            "$filter": f"displayName eq {literal(name)}",
            "$expand": "assignmentPolicies($expand=questions)",
        }
        return await self._collect(path(f"{_EM}/accessPackages"), query)

    async def set_settings(self, body: Mapping[str, Any]) -> None:
        await self._client.patch(await self._caller(), path(f"{_EM}/settings"), dict(body))

    async def create_organization(self, body: Mapping[str, Any]) -> str:
        made = await self._client.post(await self._caller(), path(f"{_EM}/connectedOrganizations"), dict(body))
        return str(made["id"])

    async def update_organization(self, organization_id: str, body: Mapping[str, Any]) -> None:
        await self._client.patch(await self._caller(), _organization(organization_id), dict(body))

    async def delete_organization(self, organization_id: str) -> None:
        """Gone already is fine."""
        try:
            await self._client.write(await self._caller(), "DELETE", _organization(organization_id))
        except NotFound:
            return

    async def add_sponsor(self, organization_id: str, which: str, sponsor_id: str) -> None:
        """One who is there already is fine."""
        where = path(f"{_EM}/connectedOrganizations/{{organization}}/{which}/$ref", organization=organization_id)
        await self._link(where, sponsor_id)

    async def remove_sponsor(self, organization_id: str, which: str, sponsor_id: str) -> None:
        """One who is gone already is fine."""
        where = path(
            f"{_EM}/connectedOrganizations/{{organization}}/{which}/{{sponsor}}/$ref",
            organization=organization_id,
            sponsor=sponsor_id,
        )
        try:
            await self._client.write(await self._caller(), "DELETE", where)
        except NotFound:
            return

    async def create_group(self, body: Mapping[str, Any]) -> str:
        made = await self._client.post(await self._caller(), path("/groups"), dict(body))
        return str(made["id"])

    async def add_member(self, group_id: str, person_id: str) -> None:
        """One who is there already is fine."""
        await self._link(path("/groups/{group}/members/$ref", group=group_id), person_id)

    async def create_policy(self, body: Mapping[str, Any]) -> None:
        await self._client.post(await self._caller(), path(f"{_EM}/assignmentPolicies"), dict(body))

    async def replace_policy(self, policy_id: str, body: Mapping[str, Any]) -> None:
        where = path(f"{_EM}/assignmentPolicies/{{policy}}", policy=policy_id)
        await self._client.write(await self._caller(), "PUT", where, dict(body))

    async def _link(self, where: GraphPath, object_id: str) -> None:
        body = {"@odata.id": f"{self._graph_url}/directoryObjects/{object_id}"}
        try:
            await self._client.post(await self._caller(), where, body)
        except GraphRefused as error:
            if "already" not in error.message.casefold() and "exist" not in error.message.casefold():
                raise

    async def _ids(self, wanted: Mapping[str, tuple[GraphPath, Query | None]]) -> dict[str, list[str]]:
        found = {}
        for name, answer in (await self._client.batch(await self._caller(), wanted)).items():
            if isinstance(answer, DoormanError):
                raise answer
            found[name] = [str(item["id"]) for item in answer.get("value", ())]
        return found

    async def _collect(self, where: GraphPath, query: Query | None = None) -> list[JsonObject]:
        return await self._client.collect(await self._caller(), where, params=query)


def _organization(organization_id: str) -> GraphPath:
    return path(f"{_EM}/connectedOrganizations/{{organization}}", organization=organization_id)
