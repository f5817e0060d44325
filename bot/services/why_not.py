"""The rule that keeps somebody from requesting an access package that they can name.

Told only of packages that everybody may know of: those shown in a published catalog, and to guests only those of
catalogs that are open to them. Hidden packages and names that nothing has get the same answer. Who else is in the scope
of a policy is never told.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Protocol

from bot.domain import AccessPackage, AccessPackageId, Assignment, AssignmentRequest, GroupId, Person, UserId
from bot.errors import NotAllowed, NotFound
from bot.rules import Applicant, PackageRules, PolicyRule, TargetScope
from bot.services.standing import conflicts, held, open_request
from bot.turn import Actor

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_NAMESAKES: Final = 3
_LICENCES: Final = ("aad_premium_p2", "entra_identity_governance")
_OUTSIDERS: Final = (
    TargetScope.SPECIFIC_ORGANIZATIONS,
    TargetScope.CONFIGURED_ORGANIZATIONS,
    TargetScope.ALL_EXTERNAL,
)


class Why(StrEnum):
    """What keeps the person from it; `NOTHING` where they may ask."""

    UNKNOWN = "unknown"
    NO_LICENCE = "no licence"
    ADMINISTRATORS_ONLY = "administrators only"
    AUTOMATIC = "automatic"
    OUTSIDERS_ONLY = "outsiders only"
    MEMBERS_ONLY = "members only"
    CERTAIN_PEOPLE = "certain people"
    MANAGER_ONLY = "manager only"
    OPEN_REQUEST = "open request"
    CONFLICT = "conflict"
    ALREADY = "already"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Explanation:
    why: Why
    package: AccessPackage | None = None
    assignment: Assignment | None = None
    request: AssignmentRequest | None = None
    conflicts: tuple[str, ...] = ()
    manager: Person | None = None


UNKNOWN: Final = Explanation(Why.UNKNOWN)


class OwnFacts(Protocol):
    async def my_requests(self, who: Actor, on: Literal["createdBy", "target"]) -> list[AssignmentRequest]: ...
    async def my_assignments(self, who: Actor) -> list[Assignment]: ...


class RulesFacts(Protocol):
    async def package_rules(self, package_id: AccessPackageId, locale: str = "en") -> PackageRules: ...
    async def packages_named(self, name: str) -> list[AccessPackageId]: ...
    async def person(self, user_id: UserId) -> Person: ...
    async def manager(self, user_id: UserId) -> Person | None: ...
    async def applicant(self, person: Person, group_ids: Iterable[GroupId]) -> Applicant: ...
    async def service_plans(self) -> frozenset[str]: ...


def explain(
    rules: PackageRules,
    person: Applicant,
    assignments: Sequence[Assignment],
    requests: Sequence[AssignmentRequest],
    *,
    has_licence: bool = True,
) -> Explanation:
    """The first rule that stands against the person, in the order in which Entra looks at them."""
    package = rules.package
    if package.is_hidden or not rules.is_shown_to(person):
        return UNKNOWN
    if not has_licence:
        return Explanation(Why.NO_LICENCE, package)
    open_rules = rules.open_to(person)
    if not open_rules:
        return Explanation(_scope_reason(rules.policies, person), package)
    asked = open_request(package.id, requests)
    if asked is not None:
        return Explanation(Why.OPEN_REQUEST, package, request=asked)
    in_the_way = conflicts(rules, assignments, person.group_ids)
    if in_the_way:
        return Explanation(Why.CONFLICT, package, conflicts=in_the_way)
    had = held(package.id, assignments)
    if had is not None:
        return Explanation(Why.ALREADY, package, assignment=had)
    return Explanation(Why.NOTHING, package)


def _scope_reason(policies: Sequence[PolicyRule], person: Applicant) -> Why:
    covering = [rule for rule in policies if rule.covers(person)]
    if any(rule.manager_levels for rule in covering):
        return Why.MANAGER_ONLY
    if covering:
        return Why.AUTOMATIC if all(rule.is_automatic for rule in covering) else Why.ADMINISTRATORS_ONLY
    asking = [rule for rule in policies if rule.lets_ask_for_self or rule.manager_levels]
    if not asking:
        return Why.AUTOMATIC if any(rule.is_automatic for rule in policies) else Why.ADMINISTRATORS_ONLY
    scopes = {rule.scope for rule in asking}
    if not person.is_guest and scopes <= set(_OUTSIDERS):
        return Why.OUTSIDERS_ONLY
    if person.is_guest and scopes == {TargetScope.ALL_MEMBERS}:
        return Why.MEMBERS_ONLY
    if scopes <= {TargetScope.NOT_SPECIFIED, TargetScope.OTHER}:
        return Why.ADMINISTRATORS_ONLY
    return Why.CERTAIN_PEOPLE


class WhyNot:
    """`for_guests` opens it to guests as well."""

    def __init__(self, graph: OwnFacts, reader: RulesFacts, *, is_on: bool = True, for_guests: bool = False) -> None:
        self._graph = graph
        self._reader = reader
        self._is_on = is_on
        self._for_guests = for_guests

    async def explain(self, who: Actor, words: str) -> Explanation:
        """What keeps `who` from the package with this whole name, id or link.

        Raises: NotAllowed, where people like this one may not ask.
        """
        if not self._is_on:
            raise NotAllowed("why-not is off")
        try:
            return await self._explain(who, words)
        except NotAllowed as refused:
            if refused.what.startswith("why-not") or await self._has_licence():
                raise
            return Explanation(Why.NO_LICENCE)  # without one Graph answers nobody

    async def _explain(self, who: Actor, words: str) -> Explanation:
        person, ids = await asyncio.gather(self._reader.person(who.object_id), self._named(words))
        if person.is_guest and not self._for_guests:
            raise NotAllowed("why-not is off for guests")
        # All of it is asked for whatever was found: a sign-in or a busy Graph would tell hidden from unknown.
        rules, assignments, requests, has_licence = await asyncio.gather(
            asyncio.gather(*map(self._rules, ids)),
            self._graph.my_assignments(who),
            self._graph.my_requests(who, "target"),
            self._has_licence(),
        )
        found = [each for each in rules if each is not None]
        people = await asyncio.gather(*(self._reader.applicant(person, rules.group_ids) for rules in found))
        answers = [
            explain(rules, applicant, assignments, requests, has_licence=has_licence)
            for rules, applicant in zip(found, people, strict=True)
        ]
        known = next((answer for answer in answers if answer.why is not Why.UNKNOWN), UNKNOWN)
        if known.why is Why.MANAGER_ONLY:
            return Explanation(known.why, known.package, manager=await self._reader.manager(person.id))
        return known

    async def _named(self, words: str) -> list[AccessPackageId]:
        direct = _ID.search(words)
        if direct:
            return [AccessPackageId(direct.group().lower())]
        return (await self._reader.packages_named(words.strip()))[:_MOST_NAMESAKES] if words.strip() else []

    async def _rules(self, package_id: AccessPackageId) -> PackageRules | None:
        try:
            return await self._reader.package_rules(package_id)
        except NotFound:
            return None

    async def _has_licence(self) -> bool:
        """Whether requests work at all; yes where the app may not look."""
        try:
            plans = await self._reader.service_plans()
        except (NotAllowed, NotFound):
            return True
        return any(plan.casefold() in _LICENCES for plan in plans)
