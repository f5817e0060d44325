"""The tenant as a whole, read with the token of an app: everybody, every access package, what is paid for."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.domain import AccessPackageId, AssignmentRequest, GroupId, PolicyId, UserId
from bot.errors import DoormanError, NotFound
from bot.graph import wire, wire_rules, wire_survey
from bot.graph.as_app import AsApp
from bot.graph.odata import GraphPath, Query, literal, moment, path
from bot.graph.wire_base import JsonObject
from bot.rules import PackageRules
from bot.survey import Account, Held, Organization, Registered, Subscription, SurveyedPackage

_EM: Final = "/identityGovernance/entitlementManagement"
_DIRECTORY_PAGE: Final = "999"


class SurveyGraph(AsApp):
    """Reads only. All methods raise what those of `ReaderGraph` raise."""

    async def packages(self) -> list[SurveyedPackage]:
        """Every access package with its policies, what it is incompatible with and what it grants."""
        found = await self._collect(path(f"{_EM}/accessPackages"), wire_survey.PACKAGES_QUERY)
        return [wire_survey.surveyed_package(item) for item in found]

    async def accounts(self) -> list[Account]:
        """Everybody in the directory with the id of their manager."""
        query = {**wire_survey.ACCOUNT_QUERY, "$top": _DIRECTORY_PAGE}
        return [wire_survey.account(item) for item in await self._collect(path("/users"), query)]

    async def guests_seen(self) -> dict[UserId, datetime | None]:
        """When each guest last signed in, None for never. Needs AuditLog.Read.All and a P1 licence."""
        query = {"$select": "id,signInActivity", "$filter": "userType eq 'Guest'"}
        return dict(wire_survey.last_seen(item) for item in await self._collect(path("/users"), query))

    async def organizations(self) -> list[Organization]:
        found = await self._collect(path(f"{_EM}/connectedOrganizations"))
        return [wire_survey.organization(item) for item in found]

    async def sponsors(self, organization_id: str, *, internal: bool) -> frozenset[UserId]:
        """The people and the members of groups who answer for a connected organization. Raises: NotFound."""
        which = "internalSponsors" if internal else "externalSponsors"
        where = path(f"{_EM}/connectedOrganizations/{{organization}}/{which}", organization=organization_id)
        found = await self._collect(where, {"$select": "id"})
        groups = [GroupId(item["id"]) for item in found if wire.directory_kind(item) == "group"]
        people = {UserId(item["id"]) for item in found if wire.directory_kind(item) != "group"}
        for members in (await self.members(groups)).values():
            people |= members
        return frozenset(people)

    async def members(self, group_ids: Iterable[GroupId], *, direct: bool = False) -> dict[GroupId, frozenset[UserId]]:
        """The people in each of these groups, those of nested groups too unless `direct`; deleted groups left out."""
        kind = "members" if direct else "transitiveMembers"
        query = {"$select": "id", "$top": _DIRECTORY_PAGE}

        def where(group_id: GroupId) -> GraphPath:
            return path(f"/groups/{{group}}/{kind}/microsoft.graph.user", group=group_id)

        ids = sorted(set(group_ids))
        answers = await self._client.batch(await self._caller(), {each: (where(each), query) for each in ids})
        found: dict[GroupId, frozenset[UserId]] = {}
        for group_id, answer in answers.items():
            if isinstance(answer, NotFound):
                continue
            if isinstance(answer, DoormanError):
                raise answer
            items = answer.get("value", []) if "@odata.nextLink" not in answer else None
            found[group_id] = _ids(items if items is not None else await self._collect(where(group_id), query))
        return found

    async def subscriptions(self) -> list[Subscription]:
        """What the tenant pays for, as far as it is in force."""
        found = [wire_survey.subscription(item) for item in await self._collect(path("/subscribedSkus"))]
        return [one for one in found if one is not None]

    async def registrations(self, app_ids: Iterable[str]) -> list[Registered]:
        """Those of these app registrations that are in the tenant."""
        wanted = sorted(set(app_ids))
        query = {"$select": "id,appId,displayName,passwordCredentials,keyCredentials"}
        found = await asyncio.gather(*(self._registration(app_id, query) for app_id in wanted))
        return [one for one in found if one is not None]

    async def consents(self, app_id: str) -> frozenset[str]:
        """The delegated permissions that an administrator has allowed this app for everybody. Raises: NotFound."""
        query = {"$filter": f"clientId eq {literal(await self.principal(app_id))}"}
        return wire_survey.consents(await self._collect(path("/oauth2PermissionGrants"), query))

    async def principal(self, app_id: str) -> str:
        """The id of this app's service principal. Raises: NotFound."""
        where = path("/servicePrincipals(appId='{app}')", app=app_id)
        return str((await self._client.get(await self._caller(), where, params={"$select": "id"}))["id"])

    async def troubled(self) -> list[AssignmentRequest]:
        """Requests whose delivery is under way, failed, or is partial."""
        found: list[AssignmentRequest] = []
        for state in ("deliveryFailed", "partiallyDelivered", "delivering"):
            query = {**wire.REQUEST_QUERY, "$filter": f"state eq '{state}'"}
            items = await self._collect(path(f"{_EM}/assignmentRequests"), query)
            found += [wire.assignment_request(item) for item in items]
        return found

    async def waiting(self) -> list[AssignmentRequest]:
        """Requests that wait for a decision."""
        query = {**wire.REQUEST_QUERY, "$filter": "state eq 'pendingApproval'"}
        items = await self._collect(path(f"{_EM}/assignmentRequests"), query)
        return [wire.assignment_request(item) for item in items]

    async def held(self, most: int) -> Held | None:
        """Who holds what; None where there are more than `most` assignments to read."""
        people: defaultdict[AccessPackageId, set[UserId]] = defaultdict(set)
        count = 0
        for state in ("delivered", "partiallyDelivered", "delivering"):
            query = {"$filter": f"state eq '{state}'", "$expand": "target,accessPackage"}
            async for items in self._client.pages(await self._caller(), path(f"{_EM}/assignments"), params=query):
                count += len(items)
                if count > most:
                    return None
                for assignment in map(wire.assignment, items):
                    if assignment.package_id and assignment.target and assignment.target.object_id:
                        people[assignment.package_id].add(assignment.target.object_id)
        return Held({package_id: frozenset(who) for package_id, who in people.items()}, count)

    async def policy(self, policy_id: PolicyId) -> JsonObject:
        """One policy as Graph writes it, with its access package. Raises: NotFound."""
        where = path(f"{_EM}/assignmentPolicies/{{policy}}", policy=policy_id)
        query = {"$expand": "accessPackage,questions"}
        return await self._client.get(await self._caller(), where, params=query)

    async def rules_with(
        self, package_id: AccessPackageId, policy: JsonObject | None, replaces: PolicyId | None
    ) -> tuple[PackageRules, PackageRules]:
        """The rules of an access package as they are, and as they would be with this policy. Raises: NotFound.

        The policy comes in place of `replaces`, or beside the others; with None, `replaces` would be gone.
        """
        where = path(f"{_EM}/accessPackages/{{package}}", package=package_id)
        data = await self._client.get(await self._caller(), where, params=wire_rules.RULES_QUERY)
        kept = [each for each in data.get("assignmentPolicies", ()) if each.get("id") != replaces]
        changed = {**data, "assignmentPolicies": [*kept, policy] if policy is not None else kept}
        return wire_rules.package_rules(data, "en"), wire_rules.package_rules(changed, "en")

    async def count_catalogs(self) -> int:
        return len(await self._collect(path(f"{_EM}/catalogs"), {"$select": "id"}))

    async def count_requests(self, since: datetime, most: int) -> int:
        """How many requests were made since, counted up to `most`."""
        query = {"$select": "id", "$filter": f"createdDateTime ge {moment(since)}"}
        count = 0
        async for items in self._client.pages(await self._caller(), path(f"{_EM}/assignmentRequests"), params=query):
            count += len(items)
            if count >= most:
                break
        return count

    async def _registration(self, app_id: str, query: Query) -> Registered | None:
        where = path("/applications(appId='{app}')", app=app_id)
        try:
            return wire_survey.registered(await self._client.get(await self._caller(), where, params=query))
        except NotFound:
            return None

    async def _collect(self, where: GraphPath, query: Query | None = None) -> list[JsonObject]:
        return await self._client.collect(await self._caller(), where, params=query)


def _ids(items: object) -> frozenset[UserId]:
    found = items if isinstance(items, list) else []
    return frozenset(UserId(str(item["id"])) for item in found if isinstance(item, dict) and item.get("id"))
