"""What an enrolment plan reads with the app's own token: people by their addresses, and who has which package.

Everything is asked for twenty questions to a request, further pages too, so that a thousand rows take some dozens of
requests. Writes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentRequest,
    Person,
    PolicyId,
    Question,
    RequestId,
    UserId,
)
from bot.errors import DoormanError, GraphContractError, NotFound
from bot.graph import wire
from bot.graph.as_app import AsApp
from bot.graph.odata import GraphPath, Query, literal, path
from bot.graph.wire_base import JsonObject, Wire, read
from bot.graph.wire_policy import PolicyWire, questions_in

K = TypeVar("K", bound=Hashable)
T = TypeVar("T", Assignment, AssignmentRequest)

_EM: Final = "/identityGovernance/entitlementManagement"
_VALUES: Final = 15
"""How many values a directory filter may name with `in`, and how many conditions it may join by `or`."""
_WHOLE_DIRECTORY_FROM: Final = 20_000
"""From so many addresses on, reading everybody takes fewer requests than asking for each."""
_PAGE: Final = "999"
_AT_ONCE: Final = 400
"""How many collections are asked for before their first pages are handed on; it bounds the memory."""
_SELECT: Final = {
    "$select": "id,displayName,mail,userPrincipalName,otherMails,proxyAddresses,userType,accountEnabled",
    "$top": _PAGE,
}
_MAIL: Final = "smtp:"
"""How mail addresses begin among the addresses of a mailbox; that of the mailbox itself in capitals."""
_LIVE: Final = ("delivered", "partiallyDelivered", "delivering")
_UNDER_WAY: Final = ("submitted", "pendingApproval", "scheduled", "delivering")
_ASSIGNMENTS: Final = {"$expand": "target,accessPackage,assignmentPolicy"}
_REQUESTS: Final = {"$expand": "accessPackage,assignment($expand=target,assignmentPolicy)"}


class _Addresses(Wire):
    mail: str = ""
    user_principal_name: str = ""
    other_mails: tuple[str, ...] = ()
    proxy_addresses: tuple[str, ...] = ()


class EnrolmentGraph(AsApp):
    """Reads with the app's own token. All methods raise what those of `ReaderGraph` do."""

    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]:
        """For each of these addresses (in lower case) the people who have it: as mail, sign-in name or any other."""
        wanted = sorted(set(addresses))
        found: dict[str, dict[UserId, Person]] = {address: {} for address in wanted}
        if not wanted:
            return {}

        def take(items: Iterable[JsonObject]) -> None:
            for item in items:
                person = wire.person(item)
                for address in _addresses(item):
                    if address in found:
                        found[address][person.id] = person

        if len(wanted) >= _WHOLE_DIRECTORY_FROM:
            async for items in self._client.pages(await self._caller(), path("/users"), params=_SELECT):
                take(items)
        else:
            async for _, items in self._lists(dict(enumerate(_questions(wanted)))):
                take(items)
        return {address: list(people.values()) for address, people in found.items()}

    async def holders(
        self, ids: Iterable[AccessPackageId]
    ) -> dict[AccessPackageId, tuple[list[Assignment], list[AssignmentRequest]]]:
        """For each of these packages, what gives access to it now or soon, and the requests that are under way."""
        found: dict[AccessPackageId, tuple[list[Assignment], list[AssignmentRequest]]] = {}
        wanted: dict[tuple[AccessPackageId, bool, str], tuple[GraphPath, Query | None]] = {}
        for each in ids:
            found[each] = ([], [])
            about = f"accessPackage/id eq {literal(each)} and state eq "
            for state in _LIVE:
                query = {**_ASSIGNMENTS, "$filter": about + literal(state)}
                wanted[each, True, state] = (path(f"{_EM}/assignments"), query)
            for state in _UNDER_WAY:
                query = {**_REQUESTS, "$filter": about + literal(state)}
                wanted[each, False, state] = (path(f"{_EM}/assignmentRequests"), query)
        async for (package_id, is_assignment, _), items in self._lists(wanted):
            if is_assignment:
                found[package_id][0].extend(map(wire.assignment, items))
            else:
                found[package_id][1].extend(map(wire.assignment_request, items))
        return {each: (_once(assignments), _once(requests)) for each, (assignments, requests) in found.items()}

    async def questions(self, ids: Iterable[PolicyId]) -> dict[PolicyId, tuple[Question, ...]]:
        """What each of these policies asks."""
        wanted: dict[PolicyId, tuple[GraphPath, Query | None]] = {
            each: (path(f"{_EM}/assignmentPolicies/{{policy}}", policy=each), {"$expand": "questions"}) for each in ids
        }
        answers = await self._client.batch(await self._caller(), wanted)
        found = {}
        for policy_id, answer in answers.items():
            if isinstance(answer, NotFound):
                continue
            found[policy_id] = questions_in(read(PolicyWire, _object(answer)).questions, "en")
        return found

    async def requests(self, ids: Sequence[RequestId]) -> dict[RequestId, AssignmentRequest | None]:
        """The requests of these ids as they are now; None for those that are gone, none for those not readable yet."""
        where: dict[RequestId, tuple[GraphPath, Query | None]] = {
            each: (path(f"{_EM}/assignmentRequests/{{request}}", request=each), _REQUESTS) for each in ids
        }
        found: dict[RequestId, AssignmentRequest | None] = {}
        for request_id, answer in (await self._client.batch(await self._caller(), where)).items():
            if isinstance(answer, NotFound):
                found[request_id] = None
            elif not isinstance(answer, DoormanError):
                found[request_id] = wire.assignment_request(answer)
        return found

    async def visible(self, ids: Iterable[UserId]) -> frozenset[UserId]:
        """Those of these people whom the directory shows already."""
        wanted: dict[UserId, tuple[GraphPath, Query | None]] = {
            each: (path("/users/{user}", user=each), {"$select": "id"}) for each in ids
        }
        answers = await self._client.batch(await self._caller(), wanted)
        return frozenset(each for each, answer in answers.items() if not isinstance(answer, DoormanError))

    async def _lists(
        self, wanted: Mapping[K, tuple[GraphPath, Query | None]]
    ) -> AsyncIterator[tuple[K, list[JsonObject]]]:
        """The pages of all these collections, as they come; the next ones of all of them are asked for together."""
        rest = dict(wanted)
        seen: set[str] = set()
        while rest:
            following: dict[K, tuple[GraphPath, Query | None]] = {}
            keys = list(rest)
            for start in range(0, len(keys), _AT_ONCE):
                few = {key: rest[key] for key in keys[start : start + _AT_ONCE]}
                for key, answer in (await self._client.batch(await self._caller(), few)).items():
                    page = _object(answer)
                    yield key, _items(page)
                    link = page.get("@odata.nextLink")
                    if not link:
                        continue
                    if not isinstance(link, str) or link in seen:
                        raise GraphContractError(200, "next page unusable")
                    seen.add(link)
                    following[key] = (GraphPath(rest[key][0].template, self._client.relative(link)), None)
            rest = following


def _questions(addresses: Sequence[str]) -> Iterator[tuple[GraphPath, Query | None]]:
    """Filters that find the people with these addresses."""
    for start in range(0, len(addresses), _VALUES):
        few = [literal(each) for each in addresses[start : start + _VALUES]]
        values = ",".join(few)
        others = " or ".join(f"otherMails/any(m:m eq {each})" for each in few)
        mailbox = [literal(_MAIL + each) for each in addresses[start : start + _VALUES]]
        aliases = " or ".join(f"proxyAddresses/any(p:p eq {each})" for each in mailbox)
        for conditions in (f"mail in ({values})", f"userPrincipalName in ({values})", others, aliases):
            yield path("/users"), {**_SELECT, "$filter": conditions}


def _addresses(item: JsonObject) -> set[str]:
    found = read(_Addresses, item)
    aliases = {text[len(_MAIL) :] for text in found.proxy_addresses if text.casefold().startswith(_MAIL)}
    known = (found.mail, found.user_principal_name, *found.other_mails, *aliases)
    return {text.casefold() for text in known if text}


def _once(found: list[T]) -> list[T]:
    """Each of them once: one that moves on while it is read can be in two lists; the later one counts."""
    return list({each.id: each for each in found}.values())


def _items(page: JsonObject) -> list[JsonObject]:
    items = page.get("value")
    if not isinstance(items, list):
        raise GraphContractError(200, "no collection")
    return [item for item in items if isinstance(item, dict)]


def _object(answer: JsonObject | DoormanError) -> JsonObject:
    if isinstance(answer, DoormanError):
        raise answer
    return answer
