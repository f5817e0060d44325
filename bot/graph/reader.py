"""What the app may see with its own token: any request, policies, people and who leads whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    AuditedDecision,
    GroupId,
    Opening,
    Person,
    PolicyId,
    RequestId,
    ResourceRole,
    UserId,
)
from bot.errors import DoormanError, NotFound
from bot.graph import wire, wire_audit, wire_policy, wire_rules
from bot.graph.as_app import AsApp
from bot.graph.odata import GraphPath, Query, contains, literal, moment, path
from bot.graph.whole_lists import whole_lists
from bot.graph.wire_base import JsonObject
from bot.rules import Applicant, PackageRules

K = TypeVar("K", bound=str)
T = TypeVar("T")

_EM: Final = "/identityGovernance/entitlementManagement"
_DIRECTORY_PAGE: Final = 999
"""The largest page that the directory gives."""
_GROUPS_AT_ONCE: Final = 20
"""How many groups one question about somebody's memberships may name."""


class ReaderGraph(AsApp):
    """Reads with the app's own token. Writes nothing.

    All methods raise: NotAllowed (403, a permission of the app is missing), Throttled, GraphUnavailable,
    GraphRefused, GraphContractError, and GraphError with status 401 when the app's token is refused.
    """

    async def request(self, request_id: RequestId) -> AssignmentRequest:
        """One request with its package, people, policy and assignment. Raises: NotFound."""
        return wire.assignment_request(await self._get(_request_path(request_id), wire.REQUEST_QUERY))

    async def requests(self, ids: Sequence[RequestId]) -> dict[RequestId, AssignmentRequest | None]:
        """The requests of these ids, each with what `request` gives; None for those that are gone."""
        found = await self._batch(ids, _request_path, wire.REQUEST_QUERY, wire.assignment_request)
        return {request_id: found.get(request_id) for request_id in ids}

    async def requests_created_since(self, since: datetime) -> list[AssignmentRequest]:
        """Requests filed at `since` or later. A request may show up here a moment after it was filed."""
        query = {**wire.REQUEST_QUERY, "$filter": f"createdDateTime ge {moment(since)}"}
        found = await self._collect(path(f"{_EM}/assignmentRequests"), query)
        return [wire.assignment_request(item) for item in found]

    async def policy(self, policy_id: PolicyId) -> AssignmentPolicy:
        """Raises: NotFound."""
        return wire_policy.assignment_policy(
            await self._get(path(f"{_EM}/assignmentPolicies/{{policy}}", policy=policy_id))
        )

    async def package(self, package_id: AccessPackageId) -> AccessPackage:
        """One access package with the name of its catalog. Raises: NotFound."""
        return wire.access_package(await self._get(_package_path(package_id), wire.PACKAGE_QUERY))

    async def contents(self, package_id: AccessPackageId) -> list[ResourceRole]:
        """What the package grants. Raises: NotFound."""
        where = path(f"{_EM}/accessPackages/{{package}}/resourceRoleScopes", package=package_id)
        return [wire.resource_role(item) for item in await self._collect(where, wire.CONTENTS_QUERY)]

    async def package_rules(self, package_id: AccessPackageId, locale: str = "en") -> PackageRules:
        """The package with all its policies and what it is incompatible with. Raises: NotFound."""
        data = await self._client.get(
            await self._caller(), _package_path(package_id), params=wire_rules.RULES_QUERY, locale=locale
        )
        return wire_rules.package_rules(data, locale)

    async def packages_named(self, name: str) -> list[AccessPackageId]:
        """The packages of exactly this name in any letter case, whoever they are for."""
        wanted = name.casefold()
        query = {"$select": "id,displayName", "$filter": contains("displayName", name)}
        found = map(wire.access_package, await self._collect(path(f"{_EM}/accessPackages"), query))
        return [package.id for package in found if package.name.casefold() == wanted]

    async def service_plans(self) -> frozenset[str]:
        """The names of the service plans that the tenant has subscribed to."""
        return wire_rules.service_plans(await self._collect(path("/subscribedSkus")))

    async def reports(self, user_id: UserId) -> list[Person]:
        """The people whose manager this is, those who can sign in. Raises: NotFound."""
        where = path("/users/{user}/directReports", user=user_id)
        found = await self._collect(where, {**wire.PERSON_QUERY, "$top": str(_DIRECTORY_PAGE)})
        people = [wire.person(item) for item in found if wire.directory_kind(item) in ("user", "")]
        return [person for person in people if person.is_enabled]

    async def groups_among(self, user_id: UserId, group_ids: Iterable[GroupId]) -> frozenset[GroupId]:
        """Those of these groups that the person is in, directly or through another group. Raises: NotFound."""
        ids = sorted(set(group_ids))
        where = path("/users/{user}/checkMemberGroups", user=user_id)
        caller = await self._caller()
        parts = [ids[start : start + _GROUPS_AT_ONCE] for start in range(0, len(ids), _GROUPS_AT_ONCE)]
        answers = await asyncio.gather(
            *(self._client.post(caller, where, {"groupIds": part}, is_read=True) for part in parts)
        )
        return frozenset(GroupId(each) for answer in answers for each in answer.get("value", ()) if each in ids)

    async def applicant(self, person: Person, group_ids: Iterable[GroupId]) -> Applicant:
        """What counts of this person for the rules: the groups among these, and for guests where they come from."""
        groups, (organization_id, is_configured) = await asyncio.gather(
            self.groups_among(person.id, group_ids), self._organization(person)
        )
        return Applicant(person.id, person.is_guest, groups, organization_id, is_configured)

    async def _organization(self, person: Person) -> tuple[str | None, bool]:
        if not person.is_guest:
            return None, False
        where = path(f"{_EM}/subjects(objectId='{{person}}')", person=person.id)
        try:
            return wire_rules.organization(await self._get(where, {"$expand": "connectedOrganization"}))
        except NotFound:  # somebody who has never asked for anything; the address says where they are from
            organizations = await self._collect(path(f"{_EM}/connectedOrganizations"))
            return wire_rules.organization_of_mail(organizations, person.mail)

    async def person(self, user_id: UserId) -> Person:
        """Raises: NotFound."""
        return wire.person(await self._get(_user_path(user_id), wire.PERSON_QUERY))

    async def people(self, ids: Iterable[UserId]) -> dict[UserId, Person]:
        """Those of these people who are in the directory."""
        return await self._batch(ids, _user_path, wire.PERSON_QUERY, wire.person)

    async def manager(self, user_id: UserId) -> Person | None:
        """The manager of this person; None when there is none, or no such person."""
        where = path("/users/{user}/manager", user=user_id)
        try:
            return wire.person(await self._get(where, wire.PERSON_QUERY))
        except NotFound:
            return None

    async def sponsors(self, user_id: UserId) -> list[Person]:
        """Who answers for this guest: users, and the members of groups. Raises: NotFound."""
        return await self._people_behind(path("/users/{user}/sponsors", user=user_id))

    async def group_members(self, group_id: GroupId) -> list[Person]:
        """Every user in the group or in a group within it; devices, apps and contacts left out. Raises: NotFound."""
        where = path("/groups/{group}/transitiveMembers/microsoft.graph.user", group=group_id)
        found = await self._collect(where, {**wire.PERSON_QUERY, "$top": str(_DIRECTORY_PAGE)})
        return [wire.person(item) for item in found if wire.directory_kind(item) in ("user", "")]

    async def group_owners(self, group_id: GroupId) -> frozenset[UserId]:
        """Raises: NotFound."""
        found = await self._collect(path("/groups/{group}/owners", group=group_id), {"$select": "id"})
        return frozenset(UserId(str(item.get("id", ""))) for item in found)

    async def app_role_holders(self, service_principal_id: str) -> frozenset[tuple[UserId, str]]:
        """Who holds which role of this application, directly. Needs Application.Read.All. Raises: NotFound."""
        where = path("/servicePrincipals/{app}/appRoleAssignedTo", app=service_principal_id)
        found = await self._collect(where, {"$top": str(_DIRECTORY_PAGE)})
        return frozenset(wire.app_role_holder(item) for item in found)

    async def connected_organization_sponsors(self, organization_id: str, internal: bool) -> list[Person]:
        """Sponsors of a connected organization, members of sponsoring groups included. Raises: NotFound."""
        which = "internalSponsors" if internal else "externalSponsors"
        return await self._people_behind(
            path(f"{_EM}/connectedOrganizations/{{organization}}/{which}", organization=organization_id)
        )

    async def assignments_of(self, person_id: UserId) -> list[Assignment]:
        """Assignments of this person in every state, expired ones among them."""
        query = {**wire.ASSIGNMENT_QUERY, "$filter": f"target/objectId eq {literal(person_id)}"}
        return [wire.assignment(item) for item in await self._collect(path(f"{_EM}/assignments"), query)]

    async def delivered_assignments(self) -> AsyncIterator[list[Assignment]]:
        """Everything that anybody holds now, a page at a time: Graph cannot be asked for what ends soon."""
        query = {**wire.ASSIGNMENT_QUERY, "$filter": "state eq 'delivered'"}
        async for items in self._client.pages(await self._caller(), path(f"{_EM}/assignments"), params=query):
            yield [wire.assignment(item) for item in items]

    async def policies(self, ids: Iterable[PolicyId]) -> dict[PolicyId, AssignmentPolicy]:
        """Those of these policies that exist."""
        return await self._batch(
            ids,
            lambda each: path(f"{_EM}/assignmentPolicies/{{policy}}", policy=each),
            None,
            wire_policy.assignment_policy,
        )

    async def contents_of(self, ids: Iterable[AccessPackageId]) -> dict[AccessPackageId, list[ResourceRole]]:
        """What each of these packages grants, as far as they exist."""
        found = await self._lists(
            ids,
            lambda each: path(f"{_EM}/accessPackages/{{package}}/resourceRoleScopes", package=each),
            wire.CONTENTS_QUERY,
        )
        return {package_id: [wire.resource_role(item) for item in items] for package_id, items in found.items()}

    async def applications(self, ids: Iterable[str]) -> dict[str, Opening]:
        """Where those of these applications (ids of service principals) open that say so."""
        query = {"$select": "id,displayName,homepage,loginUrl"}
        return await self._batch(ids, lambda each: path("/servicePrincipals/{app}", app=each), query, wire.opening)

    async def groups(self, ids: Iterable[str]) -> dict[str, Opening]:
        """Those of these groups that exist, and whether there is a team for each."""
        query = {"$select": "id,displayName,resourceProvisioningOptions"}
        return await self._batch(ids, lambda each: path("/groups/{group}", group=each), query, wire.opening)

    async def groups_around(self, user_id: UserId) -> dict[str, tuple[str, frozenset[str]]]:
        """The groups that this person is in, by id: the name of each, and the groups that it is itself within.

        Raises: NotFound.
        """
        query = {"$select": "id,displayName", "$top": str(_DIRECTORY_PAGE)}
        found = await self._collect(path("/users/{user}/transitiveMemberOf", user=user_id), query)
        names = {
            item["id"]: str(item.get("displayName") or "") for item in found if wire.directory_kind(item) == "group"
        }
        above = await self._lists(list(names), lambda each: path("/groups/{group}/memberOf", group=each), query)
        parents = {group_id: frozenset(str(item.get("id", "")) for item in items) for group_id, items in above.items()}
        # Whatever a group is within, its members are within too: the parents among these groups are all there are.
        return {group_id: (name, _all_above(group_id, parents)) for group_id, name in names.items()}

    async def holders(self, package_id: AccessPackageId) -> list[Assignment]:
        """Who has the access package now."""
        conditions = f"accessPackage/id eq {literal(package_id)} and state eq 'delivered'"
        found = await self._collect(path(f"{_EM}/assignments"), {**wire.ASSIGNMENT_QUERY, "$filter": conditions})
        return [wire.assignment(item) for item in found]

    async def denials(self, package_id: AccessPackageId) -> list[AssignmentRequest]:
        """Requests for the access package that were denied or lapsed, whoever asked."""
        conditions = f"accessPackage/id eq {literal(package_id)} and state eq 'denied'"
        query = {**wire.REQUEST_QUERY, "$filter": conditions}
        return [wire.assignment_request(item) for item in await self._collect(path(f"{_EM}/assignmentRequests"), query)]

    async def incompatible_packages(self, package_id: AccessPackageId) -> list[AccessPackage]:
        """Whose holders cannot get this access package. Raises: NotFound."""
        where = path(f"{_EM}/accessPackages/{{package}}/incompatibleAccessPackages", package=package_id)
        return [wire.access_package(item) for item in await self._collect(where)]

    async def incompatible_groups(self, package_id: AccessPackageId) -> dict[GroupId, str]:
        """Groups whose members cannot get this access package, with their names. Raises: NotFound."""
        where = path(f"{_EM}/accessPackages/{{package}}/incompatibleGroups", package=package_id)
        return {GroupId(item["id"]): str(item.get("displayName") or "") for item in await self._collect(where)}

    async def groups_of(self, user_id: UserId) -> set[GroupId]:
        """The groups that this person is in, directly or through others. Raises: NotFound."""
        where = path("/users/{user}/transitiveMemberOf", user=user_id)
        found = await self._collect(where, {"$select": "id", "$top": str(_DIRECTORY_PAGE)})
        return {GroupId(item["id"]) for item in found}

    async def department(self, name: str) -> set[UserId]:
        """Everybody of this department whose account is enabled."""
        query = {"$filter": f"department eq {literal(name)}", **wire.PERSON_QUERY, "$top": str(_DIRECTORY_PAGE)}
        people = [wire.person(item) for item in await self._collect(path("/users"), query)]
        return {person.id for person in people if person.is_enabled}

    async def decisions_audited_since(self, since: datetime) -> list[AuditedDecision]:
        """What the directory audit log has about approvals, the earliest first. It comes minutes late.

        NotAllowed means that the app was not given AuditLog.Read.All, which is optional.
        """
        query = {
            "$filter": f"category eq 'EntitlementManagement' and activityDateTime ge {moment(since)}",
            "$orderby": "activityDateTime",
        }
        found = [
            wire_audit.audited_decision(item) for item in await self._collect(path("/auditLogs/directoryAudits"), query)
        ]
        return sorted((one for one in found if one is not None), key=lambda decision: decision.at)

    async def ping(self) -> None:
        """Prove that Graph answers, with the app's token and permission. Raises like every other call."""
        await self._get(path(f"{_EM}/settings"))

    async def _people_behind(self, where: GraphPath) -> list[Person]:
        """Users of a collection of directory objects; a group stands for its members. Each person comes once."""
        found = await self._collect(where, wire.PERSON_QUERY)
        people = [wire.person(item) for item in found if wire.directory_kind(item) in ("user", "")]
        for group in (item for item in found if wire.directory_kind(item) == "group"):
            people.extend(await self.group_members(GroupId(group["id"])))
        return list({person.id: person for person in people}.values())

    async def _batch(
        self, ids: Iterable[K], address: Callable[[K], GraphPath], query: Query | None, parse: Callable[[JsonObject], T]
    ) -> dict[K, T]:
        """The things with these ids that exist. Raises: whatever else one of them met."""
        wanted = {}
        for key in ids:
            with suppress(NotFound):  # an id that cannot be an id
                wanted[key] = (address(key), query)
        found = {}
        for key, outcome in (await self._client.batch(await self._caller(), wanted)).items():
            if isinstance(outcome, NotFound):
                continue
            if isinstance(outcome, DoormanError):
                raise outcome
            found[key] = parse(outcome)
        return found

    async def _lists(
        self, ids: Iterable[K], address: Callable[[K], GraphPath], query: Query
    ) -> dict[K, list[JsonObject]]:
        """The collections of these ids that exist, asked for together; those longer than a page are read on."""
        first = await self._batch(ids, address, query, lambda answer: answer)
        pages = {key: (address(key), answer) for key, answer in first.items()}
        return await whole_lists(self._client, await self._caller(), pages)

    async def _get(self, where: GraphPath, query: Query | None = None) -> JsonObject:
        return await self._client.get(await self._caller(), where, params=query)

    async def _collect(self, where: GraphPath, query: Query | None = None) -> list[JsonObject]:
        return await self._client.collect(await self._caller(), where, params=query)


def _all_above(group_id: str, parents: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The groups that this one is in, directly or through others; groups may contain each other in a circle."""
    found: set[str] = set()
    open_ids = [group_id]
    while open_ids:
        new = parents.get(open_ids.pop(), frozenset()) - found
        found |= new
        open_ids.extend(new)
    return frozenset(found)


def _request_path(request_id: RequestId) -> GraphPath:
    return path(f"{_EM}/assignmentRequests/{{request}}", request=request_id)


def _package_path(package_id: AccessPackageId) -> GraphPath:
    return path(f"{_EM}/accessPackages/{{package}}", package=package_id)


def _user_path(user_id: UserId) -> GraphPath:
    return path("/users/{user}", user=user_id)
