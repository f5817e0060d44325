"""What team views read with the app's own token: packages with their policies, and everybody in them.

Everything that belongs together is asked for together, so that a project of any size costs few round trips.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from bot.domain import AccessPackageId, Assignment, AssignmentState, GroupId, Person, RequestState, UserId
from bot.errors import DoormanError, NotAllowed, NotFound
from bot.graph import wire, wire_team
from bot.graph.as_app import AsApp
from bot.graph.client import Caller
from bot.graph.odata import GraphPath, Query, contains, literal, path
from bot.graph.wire_base import JsonObject
from bot.team import Lists, Member, PackageSetUp, SignIns

_EM: Final = "/identityGovernance/entitlementManagement"
_WHOLE: Final = {"$top": "999"}
"""The largest page there is; where a list ends earlier, it is read on."""
_IDS_AT_ONCE: Final = 15
"""How many ids one filter may name."""
_HELD: Final = (
    AssignmentState.DELIVERED,
    AssignmentState.DELIVERING,
    AssignmentState.PARTIALLY_DELIVERED,
    AssignmentState.DELIVERY_FAILED,
)
_UNDER_WAY: Final = (
    RequestState.SUBMITTED,
    RequestState.PENDING_APPROVAL,
    RequestState.SCHEDULED,
    RequestState.DELIVERING,
)

Wanted = Mapping[str, tuple[GraphPath, Query | None]]
T = TypeVar("T")


class TeamGraph(AsApp):
    """Reads with the app's own token, writes nothing. All methods raise what those of `ReaderGraph` do."""

    async def packages_with(self, texts: Iterable[str]) -> dict[str, list[PackageSetUp]]:
        """For each of these texts, the access packages whose names contain it in any letter case."""
        where = path(f"{_EM}/accessPackages")
        wanted: Wanted = {
            text: (where, {**wire_team.SET_UP_QUERY, "$filter": contains("displayName", text)}) for text in texts
        }
        found = await self._lists(wanted)
        return {text: [wire_team.package_set_up(item) for item in items] for text, items in found.items()}

    async def packages_of(self, ids: Iterable[str]) -> dict[str, PackageSetUp]:
        """Those of these access packages that exist."""
        wanted: Wanted = {
            each: (path(f"{_EM}/accessPackages/{{package}}", package=each), wire_team.SET_UP_QUERY) for each in ids
        }
        found = await self._client.batch(await self._caller(), wanted)
        there = {each: answer for each, answer in found.items() if not isinstance(answer, NotFound)}
        return {each: wire_team.package_set_up(_object(answer)) for each, answer in there.items()}

    async def lists(self, package_ids: Sequence[AccessPackageId], group_ids: Sequence[GroupId]) -> Lists:
        """Who holds these access packages, who has asked for them, and who is in these groups, as far as they exist."""
        held = {f"held/{each}/{state}": _held(each, state) for each in package_ids for state in _HELD}
        asked = {f"asked/{each}/{state}": _asked(each, state) for each in package_ids for state in _UNDER_WAY}
        members = {f"members/{each}": _members(each) for each in group_ids}
        found = await self._lists({**held, **asked, **members})
        return Lists(
            assignments={
                each: tuple(wire.assignment(item) for state in _HELD for item in found[f"held/{each}/{state}"])
                for each in package_ids
            },
            requests={
                each: tuple(
                    wire.assignment_request(item) for state in _UNDER_WAY for item in found[f"asked/{each}/{state}"]
                )
                for each in package_ids
            },
            members={
                each: tuple(wire_team.member(item) for item in found.get(f"members/{each}", ())) for each in group_ids
            },
        )

    async def counts(self, package_ids: Sequence[AccessPackageId]) -> dict[AccessPackageId, int]:
        """How many people have each of these access packages now."""
        found = await self._lists(
            {each: _held(each, AssignmentState.DELIVERED, "accessPackage") for each in package_ids}
        )
        return {each: len(found[each]) for each in package_ids}

    async def assignments_of(self, person_ids: Sequence[UserId]) -> dict[UserId, list[Assignment]]:
        """What each of these people has been assigned, ended ones too."""
        where = path(f"{_EM}/assignments")
        found = await self._lists(
            {
                each: (
                    where,
                    {**wire.ASSIGNMENT_QUERY, "$filter": f"target/objectId eq {literal(each)}", **_WHOLE},
                )
                for each in person_ids
            }
        )
        return {each: [wire.assignment(item) for item in found[each]] for each in person_ids}

    async def members(self, ids: Iterable[UserId]) -> dict[UserId, Member]:
        """Those of these people who are in the directory."""
        found = await self._users(ids, wire_team.MEMBER_QUERY)
        return {one.person.id: one for one in map(wire_team.member, found)}

    async def sign_ins(self, ids: Iterable[UserId]) -> SignIns:
        """When these people last signed in, where the tenant lets Doorman see it."""
        try:
            found = await self._users(ids, wire_team.SIGN_IN_QUERY)
        except NotAllowed:
            return SignIns(is_known=False)
        return SignIns(dict(map(wire_team.last_sign_in, found)))

    async def sponsors_of(self, ids: Iterable[UserId]) -> dict[UserId, tuple[str, ...]]:
        """The names of those who answer for each of these guests."""
        found = await self._lists(
            {each: (path("/users/{user}/sponsors", user=each), {"$select": "id,displayName"}) for each in ids}
        )
        return {
            UserId(each): tuple(str(item.get("displayName") or "") for item in items) for each, items in found.items()
        }

    async def owners_of(self, group_ids: Iterable[GroupId]) -> dict[GroupId, frozenset[UserId]]:
        """Who owns each of these groups, as far as they exist."""
        found = await self._lists(
            {each: (path("/groups/{group}/owners", group=each), {"$select": "id"}) for each in group_ids}
        )
        return {
            GroupId(each): frozenset(UserId(str(item.get("id", ""))) for item in items) for each, items in found.items()
        }

    async def people_like(self, words: str) -> list[Person]:
        """People whose address is this, or whose name begins with it; at most a page of them."""
        text = literal(words)
        filters = (
            f"mail eq {text} or userPrincipalName eq {text}",
            f"startswith(displayName,{text})",
        )
        found = await self._lists(
            {each: (path("/users"), {**wire.PERSON_QUERY, "$filter": each, "$top": "25"}) for each in filters},
            is_first_page_enough=True,
        )
        exact, like = ([wire.person(item) for item in found[each]] for each in filters)
        return exact or like

    async def _users(self, ids: Iterable[UserId], query: Query) -> list[JsonObject]:
        known = sorted({each for each in ids if each})
        parts = [known[start : start + _IDS_AT_ONCE] for start in range(0, len(known), _IDS_AT_ONCE)]
        wanted: Wanted = {
            part[0]: (path("/users"), {**query, "$filter": f"id in ({','.join(map(literal, part))})"}) for part in parts
        }
        return [item for items in (await self._lists(wanted)).values() for item in items]

    async def _lists(self, wanted: Wanted, *, is_first_page_enough: bool = False) -> dict[str, list[JsonObject]]:
        """Whole collections, asked for together; those that do not fit on one page are read on, side by side.

        One that is not there is empty.
        """
        if not wanted:
            return {}
        caller = await self._caller()
        answers = await self._client.batch(caller, wanted)
        first = {key: {} if isinstance(each, NotFound) else _object(each) for key, each in answers.items()}
        found = {key: _items(answer) for key, answer in first.items()}
        longer = [key for key, answer in first.items() if answer.get("@odata.nextLink")]
        if not is_first_page_enough:
            rests = await asyncio.gather(*(self._rest(caller, wanted[key][0], first[key]) for key in longer))
            for key, rest in zip(longer, rests, strict=True):
                found[key] += rest
        return found

    async def _rest(self, caller: Caller, where: GraphPath, first: JsonObject) -> list[JsonObject]:
        pages = self._client.pages(caller, where, after=first)
        return [item async for page in pages for item in page]


def _held(
    package_id: AccessPackageId, state: AssignmentState, expand: str = "target,accessPackage,assignmentPolicy"
) -> tuple[GraphPath, Query]:
    conditions = f"accessPackage/id eq {literal(package_id)} and state eq {literal(state.value)}"
    return path(f"{_EM}/assignments"), {"$expand": expand, "$filter": conditions, **_WHOLE}


def _asked(package_id: AccessPackageId, state: RequestState) -> tuple[GraphPath, Query]:
    conditions = f"accessPackage/id eq {literal(package_id)} and state eq {literal(state.value)}"
    return path(f"{_EM}/assignmentRequests"), {**wire.MY_REQUEST_QUERY, "$filter": conditions, **_WHOLE}


def _members(group_id: GroupId) -> tuple[GraphPath, Query]:
    where = path("/groups/{group}/transitiveMembers/microsoft.graph.user", group=group_id)
    return where, {**wire_team.MEMBER_QUERY, **_WHOLE}


def _object(answer: JsonObject | DoormanError) -> JsonObject:
    if isinstance(answer, DoormanError):
        raise answer
    return answer


def _items(answer: JsonObject) -> list[JsonObject]:
    items = answer.get("value")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
