"""What the migration report reads with the app's own token: past changes, managers, and connected organizations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain import AccessPackageId, AssignmentRequest, Person, UserId
from bot.errors import DoormanError, NotFound
from bot.graph import wire
from bot.graph.as_app import AsApp
from bot.graph.odata import GraphPath, Query, literal, moment, path
from bot.graph.wire_base import Wire, read

_EM: Final = "/identityGovernance/entitlementManagement"
_REQUESTS: Final = {"$expand": "accessPackage,assignment($expand=target)"}


@dataclass(frozen=True, slots=True)
class ConnectedOrganization:
    id: str
    name: str
    domains: frozenset[str]


class _Source(Wire):
    domain_name: str = ""


class _Organization(Wire):
    id: str
    display_name: str = ""
    identity_sources: tuple[_Source, ...] = ()


class EnrolmentHistoryGraph(AsApp):
    """All methods raise what those of `ReaderGraph` do."""

    async def changes(
        self, ids: Iterable[AccessPackageId], since: datetime
    ) -> dict[AccessPackageId, list[AssignmentRequest]]:
        """The requests for each of these packages that were filed at `since` or later."""
        found = {}
        for each in ids:
            conditions = f"accessPackage/id eq {literal(each)} and createdDateTime ge {moment(since)}"
            query = {**_REQUESTS, "$filter": conditions}
            items = await self._client.collect(await self._caller(), path(f"{_EM}/assignmentRequests"), params=query)
            found[each] = [wire.assignment_request(item) for item in items]
        return found

    async def managers(self, ids: Iterable[UserId]) -> dict[UserId, Person]:
        """The manager of each of these people who has one."""
        wanted: dict[UserId, tuple[GraphPath, Query | None]] = {
            each: (path("/users/{user}/manager", user=each), wire.PERSON_QUERY) for each in ids
        }
        found = {}
        for person_id, answer in (await self._client.batch(await self._caller(), wanted)).items():
            if isinstance(answer, NotFound):
                continue
            if isinstance(answer, DoormanError):
                raise answer
            found[person_id] = wire.person(answer)
        return found

    async def organizations(self) -> list[ConnectedOrganization]:
        items = await self._client.collect(await self._caller(), path(f"{_EM}/connectedOrganizations"))
        found = [read(_Organization, item) for item in items]
        return [
            ConnectedOrganization(
                each.id,
                each.display_name,
                frozenset(source.domain_name.casefold() for source in each.identity_sources if source.domain_name),
            )
            for each in found
        ]
