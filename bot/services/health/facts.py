"""What the checks look at, read once for all of them, and only when one of them asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, cast

from bot.clock import Clock
from bot.domain import AssignmentRequest, GroupId, UserId
from bot.errors import DoormanError, NotAllowed
from bot.rules import Applicant
from bot.survey import Account, Held, Organization, Registered, Subscription, SurveyedPackage

T = TypeVar("T")

MOST_ASSIGNMENTS = 60_000
"""More are not read for one examination: each hundred is a call."""


class Survey(Protocol):
    async def packages(self) -> list[SurveyedPackage]: ...
    async def accounts(self) -> list[Account]: ...
    async def guests_seen(self) -> dict[UserId, datetime | None]: ...
    async def organizations(self) -> list[Organization]: ...
    async def sponsors(self, organization_id: str, *, internal: bool) -> frozenset[UserId]: ...
    async def members(
        self, group_ids: Iterable[GroupId], *, direct: bool = False
    ) -> dict[GroupId, frozenset[UserId]]: ...
    async def subscriptions(self) -> list[Subscription]: ...
    async def registrations(self, app_ids: Iterable[str]) -> list[Registered]: ...
    async def consents(self, app_id: str) -> frozenset[str]: ...
    async def troubled(self) -> list[AssignmentRequest]: ...
    async def held(self, most: int) -> Held | None: ...
    async def count_catalogs(self) -> int: ...
    async def count_requests(self, since: datetime, most: int) -> int: ...


class Permissions(Protocol):
    """Tells which application permissions an identity has been given."""

    async def graph_roles(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known of the installation itself. `apps` are the app ids of the registrations it works with, by role."""

    apps: Mapping[str, str] = field(default_factory=dict)
    identities: Mapping[str, Permissions] = field(default_factory=dict)
    file_policies: frozenset[str] = frozenset()
    """Names of policies whose people are kept in files, in lower case."""
    stuck_after: timedelta = timedelta(minutes=30)
    limits: Mapping[str, int] = field(default_factory=dict)
    """Service limits that differ from the usual ones."""
    unreachable: Callable[[frozenset[UserId]], Awaitable[frozenset[UserId]]] | None = None
    """Which of these people cannot be written to in Teams; None where that is not known."""


class CannotSee(Exception):
    """A fact that a check needs could not be read. `permission` would help, where one would."""

    def __init__(self, permission: str = "") -> None:
        super().__init__(permission)
        self.permission = permission


class Facts:
    """The facts of one examination. Every method raises CannotSee."""

    def __init__(self, survey: Survey, setup: Setup, clock: Clock) -> None:
        self.setup = setup
        self._clock = clock
        self._survey = survey
        self._known: dict[str, asyncio.Task[Any]] = {}

    @property
    def now(self) -> datetime:
        """By Graph's clock, which a command that has just begun knows when something was read."""
        return self._clock.now()

    async def packages(self) -> Sequence[SurveyedPackage]:
        """Every access package, in published catalogs or not."""
        return await self._once("packages", "EntitlementManagement.Read.All", self._survey.packages)

    async def accounts(self) -> Mapping[UserId, Account]:
        async def read() -> dict[UserId, Account]:
            return {account.id: account for account in await self._survey.accounts()}

        return await self._once("accounts", "User.Read.All", read)

    async def organizations(self) -> Sequence[Organization]:
        return await self._once("organizations", "EntitlementManagement.Read.All", self._survey.organizations)

    async def policy_members(self) -> Mapping[GroupId, frozenset[UserId]]:
        """The people in every group that a policy names, nested groups included. Deleted groups are left out."""

        async def read() -> dict[GroupId, frozenset[UserId]]:
            return await self._survey.members(policy_groups(await self.packages()))

        return await self._once("policy_members", "GroupMember.Read.All", read)

    async def granted_members(self) -> Mapping[GroupId, frozenset[UserId]]:
        """The people directly in the groups that access packages give."""

        async def read() -> dict[GroupId, frozenset[UserId]]:
            granted = {group_id for package in await self.packages() for group_id in package.group_ids}
            return await self._survey.members(granted, direct=True)

        return await self._once("granted_members", "GroupMember.Read.All", read)

    async def sponsors(self, organization_id: str, *, internal: bool) -> frozenset[UserId]:
        return await self._once(
            f"sponsors/{organization_id}/{internal}",
            "EntitlementManagement.Read.All",
            lambda: self._survey.sponsors(organization_id, internal=internal),
        )

    async def applicants(self) -> Sequence[Applicant]:
        """Everybody who can sign in, with what counts of them for the rules."""

        async def read() -> list[Applicant]:
            accounts, members, organizations = await asyncio.gather(
                self.accounts(), self.policy_members(), self.organizations()
            )
            return applicants_of(accounts.values(), members, organizations)

        return await self._once("applicants", "", read)

    async def held(self) -> Held:
        async def read() -> Held:
            found = await self._survey.held(MOST_ASSIGNMENTS)
            if found is None:
                raise CannotSee
            return found

        return await self._once("held", "EntitlementManagement.Read.All", read)

    async def guests_seen(self) -> Mapping[UserId, datetime | None]:
        return await self._once("guests_seen", "AuditLog.Read.All", self._survey.guests_seen)

    async def subscriptions(self) -> Sequence[Subscription]:
        return await self._once("subscriptions", "LicenseAssignment.Read.All", self._survey.subscriptions)

    async def registrations(self) -> Sequence[Registered]:
        app_ids = self.setup.apps.values()
        return await self._once("registrations", "Application.Read.All", lambda: self._survey.registrations(app_ids))

    async def consents(self, app_id: str) -> frozenset[str]:
        return await self._once(f"consents/{app_id}", "Directory.Read.All", lambda: self._survey.consents(app_id))

    async def roles(self, identity: str) -> frozenset[str]:
        """The application permissions of one of Doorman's identities. Raises CannotSee where it is not set up."""
        permissions = self.setup.identities.get(identity)
        if permissions is None:
            raise CannotSee
        return await self._once(f"roles/{identity}", "", permissions.graph_roles)

    async def troubled(self) -> Sequence[AssignmentRequest]:
        return await self._once("troubled", "EntitlementManagement.Read.All", self._survey.troubled)

    async def count_catalogs(self) -> int:
        return await self._once("catalogs", "EntitlementManagement.Read.All", self._survey.count_catalogs)

    async def count_requests(self, since: datetime, most: int) -> int:
        return await self._once(
            "requests", "EntitlementManagement.Read.All", lambda: self._survey.count_requests(since, most)
        )

    async def _once(self, key: str, permission: str, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` gives, read once; whoever asks meanwhile waits for the same."""

        async def attempt() -> T:
            try:
                return await read()
            except NotAllowed:
                raise CannotSee(permission) from None
            except (DoormanError, TimeoutError):
                raise CannotSee from None

        if key not in self._known:
            self._known[key] = asyncio.create_task(attempt(), name=f"health {key}")
        return cast("T", await asyncio.shield(self._known[key]))  # the key says what was read

    async def close(self) -> None:
        """End what still runs, and see every outcome that nobody waited for."""
        for task in self._known.values():
            task.cancel()
        await asyncio.gather(*self._known.values(), return_exceptions=True)


def policy_groups(packages: Iterable[SurveyedPackage]) -> frozenset[GroupId]:
    """Every group that a policy or its approval stages name."""
    found: set[GroupId] = set()
    for package in packages:
        found |= package.rules.group_ids
        for rule in package.rules.policies:
            for stage in rule.policy.stages:
                for subject_set in (*stage.primary, *stage.fallback, *stage.escalation, *stage.fallback_escalation):
                    if subject_set.kind.value == "groupMembers":
                        found.add(GroupId(subject_set.id))
    return frozenset(found)


def applicants_of(
    accounts: Iterable[Account],
    members: Mapping[GroupId, frozenset[UserId]],
    organizations: Iterable[Organization],
) -> list[Applicant]:
    """Everybody who can sign in: their groups among these, and for guests the organization of their address."""
    groups: dict[UserId, set[GroupId]] = {}
    for group_id, people in members.items():
        for person_id in people:
            groups.setdefault(person_id, set()).add(group_id)
    by_domain = {domain: each for each in organizations for domain in each.domains}
    found = []
    for account in accounts:
        if not account.is_enabled:
            continue
        home = by_domain.get(account.mail.rpartition("@")[2].casefold()) if account.is_guest else None
        found.append(
            Applicant(
                account.id,
                account.is_guest,
                frozenset(groups.get(account.id, ())),
                home.id if home else None,
                home is not None and home.is_configured,
            )
        )
    return found
