"""What the form for one access package has to ask, and what there is to know before it is filled in.

The form takes two rounds of Graph calls, each side by side: what the package asks and what the person has, then
whatever depends on that. Sending it takes one before the request itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, TypeVar

from bot.domain import (
    AccessPackageId,
    ApproverVisibility,
    Assignment,
    AssignmentRequest,
    GroupId,
    Person,
    PolicyId,
    PolicyRequirements,
    RequestId,
    ResourceRole,
    SubjectSetKind,
    UserId,
)
from bot.errors import GraphError, NotAllowed, NotFound, NotRequestable, ServiceBusy
from bot.rules import PackageRules
from bot.services.answers import Typed, checked
from bot.services.form_parts import Asked, Looked, OpenPolicy, RequestForm, assembled
from bot.services.kept import Kept
from bot.services.standing import (
    Contents,
    Standing,
    already_through,
    conflicts,
    held,
    key,
    live,
    open_request,
    smaller,
)
from bot.turn import Actor

__all__ = ["OpenPolicy", "RequestForm", "RequestForms", "Start", "Typed", "checked"]

_PATIENCE_SECONDS: Final = 6.0  # for what is good to know; what the form needs is waited for as long as Graph is
_CONTENTS_AGE_SECONDS: Final = 600.0
_MOST_HELD: Final = 60
_MOST_GROUPS: Final = 5
_MOST_REPORTS: Final = 2_000
_MOST_ASKED_FOR: Final = 100  # managers below whose reports are looked up as well
_MOST_LEVELS: Final = 4
_GOVERNANCE: Final = "entra_identity_governance"

T = TypeVar("T")


class OwnGraph(Protocol):
    async def requirements(self, who: Actor, package_id: AccessPackageId, locale: str) -> list[PolicyRequirements]: ...
    async def contents(self, who: Actor, package_id: AccessPackageId) -> list[ResourceRole]: ...
    async def my_requests(self, who: Actor, on: Literal["createdBy", "target"]) -> list[AssignmentRequest]: ...
    async def my_assignments(self, who: Actor) -> list[Assignment]: ...


class RulesReader(Protocol):
    async def package_rules(self, package_id: AccessPackageId, locale: str = "en") -> PackageRules: ...
    async def contents_of(self, ids: Iterable[AccessPackageId]) -> dict[AccessPackageId, list[ResourceRole]]: ...
    async def person(self, user_id: UserId) -> Person: ...
    async def manager(self, user_id: UserId) -> Person | None: ...
    async def reports(self, user_id: UserId) -> list[Person]: ...
    async def group_members(self, group_id: GroupId) -> list[Person]: ...
    async def groups_among(self, user_id: UserId, group_ids: Iterable[GroupId]) -> frozenset[GroupId]: ...
    async def service_plans(self) -> frozenset[str]: ...


KnownPackages = Callable[[Actor], Mapping[AccessPackageId, tuple[str, tuple[ResourceRole, ...]]]]
"""What somebody may ask for, with names and contents, as far as that is known without asking Graph."""


@dataclass(frozen=True, slots=True)
class Start:
    """`request` is an earlier request whose answers the form starts with; `words` are what the person looked for."""

    request_id: RequestId | None = None
    words: str = ""


class RequestForms:
    """`indirect` lets managers ask for the reports of their reports, where a policy allows that."""

    def __init__(
        self, graph: OwnGraph, reader: RulesReader, *, known: KnownPackages | None = None, indirect: bool = False
    ) -> None:
        self._graph = graph
        self._reader = reader
        self._known = known or (lambda who: {})
        self._indirect = indirect
        self._kept = Kept()

    async def form(
        self,
        who: Actor,
        package_id: AccessPackageId,
        policy_id: PolicyId | None = None,
        *,
        locale: str = "en",
        start: Start | None = None,
    ) -> RequestForm:
        """Two rounds of Graph calls.

        Raises: NotRequestable, for packages that do not exist and for those the person may not have alike.
        """
        asked = await self._ask(who, package_id, locale, start or Start())
        looked = await self._look(who, asked)
        form = assembled(who, asked, looked, policy_id)
        form = replace(form, standing=self._standing(who, asked, looked, start or Start()))
        for_others = next((policy for policy in form.policies if policy.reports), None)
        if form.standing.is_blocked and for_others is not None and not form.reports:
            return replace(form, chosen=for_others.asked)
        return form

    async def again(
        self, who: Actor, package_id: AccessPackageId, policy_id: PolicyId, target_id: str = "", *, locale: str = "en"
    ) -> RequestForm:
        """What is needed to check a form that was filled in, in one round. `target_id` is a report, or nobody.

        Raises: NotRequestable.
        """
        rules, requirements, requests, reports = await asyncio.gather(
            self._rules(package_id, locale),
            self._requirements(who, package_id, locale),
            _known(self._graph.my_requests(who, "target"), []),
            self._report(who.object_id, UserId(target_id)) if target_id else _no_people(),
        )
        if rules is None or not requirements:
            raise NotRequestable(f"no policy of {package_id} is open to the person")
        asked = Asked(rules, requirements, requests=requests, reports=reports)
        return assembled(who, asked, Looked(reports=reports), policy_id, are_reports_checked=False)

    async def reports(self, who: Actor) -> list[Person]:
        """For whom `who` might ask, as the form found them; which policy lets them is seen when it is sent."""
        kept = self._kept.get(("reports", who.object_id), _CONTENTS_AGE_SECONDS)
        return kept if isinstance(kept, list) else await self._reports(who.object_id)

    async def _ask(self, who: Actor, package_id: AccessPackageId, locale: str, start: Start) -> Asked:
        (rules, requirements), (contents, assignments, me), (requests, filed) = await asyncio.gather(
            asyncio.gather(self._rules(package_id, locale), self._requirements(who, package_id, locale)),
            asyncio.gather(
                _known(self._graph.contents(who, package_id), []),
                _known(self._graph.my_assignments(who), []),
                self._person(who.object_id),
            ),
            asyncio.gather(
                _known(self._graph.my_requests(who, "target"), []),
                _known(self._graph.my_requests(who, "createdBy"), []) if start.request_id else _no_requests(),
            ),
        )
        if rules is None or not requirements:
            raise NotRequestable(f"no policy of {package_id} is open to the person")
        earlier = [each for each in (*filed, *requests) if each.id == start.request_id]
        return Asked(rules, requirements, contents, requests, earlier, assignments, me)

    async def _look(self, who: Actor, asked: Asked) -> Looked:
        rules = asked.rules
        for_others = [rule for rule in rules.policies if rule.manager_levels]
        own_groups = rules.group_ids if for_others or rules.incompatible_groups else frozenset()
        groups = sorted({group_id for rule in for_others for group_id in rule.group_ids})[:_MOST_GROUPS]
        held_ids = [each.package_id for each in live(asked.assignments) if each.package_id][:_MOST_HELD]
        group_ids, reports, members, contents, manager = await asyncio.gather(
            _known(self._reader.groups_among(who.object_id, own_groups), frozenset()) if own_groups else _none(),
            self._reports(who.object_id, max(rule.manager_levels for rule in for_others))
            if for_others
            else _no_people(),
            asyncio.gather(*(_known(self._reader.group_members(group_id), []) for group_id in groups)),
            self._contents(held_ids) if asked.contents else _empty(),
            _known(self._reader.manager(who.object_id), None) if _names_manager(asked) else _nobody(),
        )
        by_group = {
            group: frozenset(person.id for person in people) for group, people in zip(groups, members, strict=True)
        }
        return Looked(group_ids or frozenset(), reports, by_group, contents, manager)

    def _standing(self, who: Actor, asked: Asked, looked: Looked, start: Start) -> Standing:
        package_id, contents = asked.rules.package.id, asked.contents
        already = already_through(contents, asked.assignments, looked.held_contents)
        had = {key(role) for through in already for role in through.roles}
        wanted = _meant(start.words, contents) or [role for role in contents if key(role) not in had]
        known = {
            other: found
            for other, found in self._known(who).items()
            if other != package_id and held(other, asked.assignments) is None
        }
        return Standing(
            held(package_id, asked.assignments),
            open_request(package_id, asked.requests),
            conflicts(asked.rules, asked.assignments, looked.group_ids),
            already,
            smaller(
                package_id,
                contents,
                wanted,
                {other: roles for other, (_, roles) in known.items()},
                {other: name for other, (name, _) in known.items()},
            )
            if len(wanted) < len(contents)
            else None,
        )

    async def _rules(self, package_id: AccessPackageId, locale: str) -> PackageRules | None:
        try:
            return await self._reader.package_rules(package_id, locale)
        except NotFound:
            return None

    async def _requirements(self, who: Actor, package_id: AccessPackageId, locale: str) -> list[PolicyRequirements]:
        try:
            return await self._graph.requirements(who, package_id, locale)
        except NotFound:
            return []

    async def _person(self, user_id: UserId) -> Person | None:
        kept = self._kept.get(user_id, _CONTENTS_AGE_SECONDS)
        if isinstance(kept, Person):
            return kept
        found = await _known(self._reader.person(user_id), None)
        return self._kept.put(user_id, found) if found else None

    async def _may_ask_for_others(self) -> bool:
        """Whether the tenant has the licence for it; yes where the app may not look."""
        plans = self._kept.get("plans", _CONTENTS_AGE_SECONDS)
        if plans is None:
            plans = self._kept.put("plans", await _known(self._reader.service_plans(), frozenset()))
        return not plans or any(plan.casefold() == _GOVERNANCE for plan in plans)

    async def _contents(self, ids: Sequence[AccessPackageId]) -> Contents:
        """What these packages grant; packages do not change often, so this may be a little old."""
        kept = {package_id: self._kept.get(package_id, _CONTENTS_AGE_SECONDS) for package_id in ids}
        missing = [package_id for package_id, roles in kept.items() if roles is None]
        found = await _known(self._reader.contents_of(missing), {}) if missing else {}
        known = {package_id: tuple(roles) for package_id, roles in kept.items() if roles is not None}
        for package_id, roles in found.items():
            known[package_id] = self._kept.put(package_id, tuple(roles))
        return known

    async def _reports(self, manager_id: UserId, levels: int = 1) -> list[Person]:
        """The direct reports; those below them only where the tenant lets their managers ask as well.

        Nobody where the tenant is known to lack the licence for asking for others.
        """
        found, has_licence = await asyncio.gather(
            _known(self._reader.reports(manager_id), []), self._may_ask_for_others()
        )
        if not has_licence:
            return []
        below = found
        for _ in range(levels - 1 if self._indirect else 0):
            below = below[:_MOST_ASKED_FOR]
            groups = await asyncio.gather(*(_known(self._reader.reports(person.id), []) for person in below))
            below = [person for group in groups for person in group]
            found = [*found, *below]
        unique = {person.id: person for person in found if person.id != manager_id}
        sorted_people = sorted(unique.values(), key=lambda person: person.name.casefold())[:_MOST_REPORTS]
        return self._kept.put(("reports", manager_id), sorted_people)

    async def _report(self, manager_id: UserId, person_id: UserId) -> list[Person]:
        """This person, if they (still) report to the manager; else nobody."""
        person, above = await asyncio.gather(
            _known(self._reader.person(person_id), None), _known(self._reader.manager(person_id), None)
        )
        for _ in range(_MOST_LEVELS - 1 if self._indirect else 0):
            if above is None or above.id == manager_id:
                break
            above = await _known(self._reader.manager(above.id), None)
        is_theirs = person is not None and person.is_enabled and above is not None and above.id == manager_id
        return [person] if person is not None and is_theirs else []


def _names_manager(asked: Asked) -> bool:
    """Whether the manager of the person may have to be named as the one who decides."""
    return any(
        each.kind is SubjectSetKind.REQUESTOR_MANAGER
        for rule in asked.rules.policies
        for stage in rule.policy.stages[:1]
        for each in stage.primary
        if stage.visibility is ApproverVisibility.VISIBLE
    )


def _meant(words: str, contents: Sequence[ResourceRole]) -> list[ResourceRole]:
    """The roles on the resource that was looked for, where it was a resource and not the package."""
    wanted = words.casefold().strip()
    return [role for role in contents if wanted and wanted in role.resource_name.casefold()]


async def _known(asking: Awaitable[T], otherwise: T) -> T:
    """What Graph says, or `otherwise` where it will not or takes long: asking for access does not depend on it."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await asking
    except (NotFound, NotAllowed, GraphError, ServiceBusy, TimeoutError):
        return otherwise


async def _no_requests() -> list[AssignmentRequest]:
    return []


async def _no_people() -> list[Person]:
    return []


async def _none() -> frozenset[GroupId]:
    return frozenset()


async def _empty() -> Contents:
    return {}


async def _nobody() -> Person | None:
    return None
