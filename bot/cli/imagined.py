"""A Graph for `--explain` in which everything exists that a file refers to, and nothing that it makes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    AssignmentPolicy,
    AssignmentRequest,
    Person,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
    Subject,
    UserId,
)
from bot.errors import DoormanError, NotFound
from bot.files.app_roles import AppRole
from bot.files.companies_yaml import CompaniesPart
from bot.graph.applications import ApplicationsGraph, FoundApplication
from bot.graph.companies import CompaniesGraph
from bot.graph.enrolment import EnrolmentGraph
from bot.graph.enrolment_history import ConnectedOrganization, EnrolmentHistoryGraph
from bot.graph.explaining import Explaining
from bot.graph.reader import ReaderGraph
from bot.graph.survey import SurveyGraph
from bot.graph.team_reader import TeamGraph
from bot.graph.wire_base import JsonObject
from bot.plans.enrolment_state import key_of
from bot.services.explaining import id_of
from bot.team import PackageSetUp


async def no_token() -> str:
    return ""


class ImaginedCompanies(CompaniesGraph):
    """Sponsors and packages are there; companies, their policies and the groups of approvers are not."""

    def __init__(self, line: Explaining, wanted: CompaniesPart, *, graph_url: str) -> None:
        super().__init__(line, no_token, graph_url=graph_url)
        self._made = {part.approvers for part in wanted.companies}

    async def people(self, names: Iterable[str]) -> dict[str, list[str]]:
        wanted = list(names)
        await super().people(wanted)
        return {name: [id_of(name)] for name in wanted if "@" in name}

    async def groups(self, names: Iterable[str]) -> dict[str, list[str]]:
        wanted = list(names)
        await super().groups(wanted)
        return {name: [id_of(name)] for name in wanted if name not in self._made}

    async def packages(self, name: str) -> list[JsonObject]:
        await super().packages(name)
        return [{"id": id_of(name), "displayName": name, "assignmentPolicies": []}]


class ImaginedApplications(ApplicationsGraph):
    """The application is there and has no roles yet; every role's group is there."""

    def __init__(self, line: Explaining, roles: Sequence[AppRole]) -> None:
        super().__init__(line, no_token)
        self._roles = roles

    async def find(self, name: str) -> list[FoundApplication]:
        await super().find(name)
        return [FoundApplication(id_of(f"app id of {name}"), id_of(f"registration of {name}"), name, ())]

    async def service_principal(self, app_id: str) -> tuple[str, frozenset[str]]:
        with contextlib.suppress(NotFound):
            await super().service_principal(app_id)
        return id_of("service principal"), frozenset(role.id for role in self._roles)

    async def groups_named(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        wanted = list(names)
        await super().groups_named(wanted)
        return {name.casefold(): (id_of(name),) for name in wanted if name}


class ImaginedTeams(TeamGraph):
    """Every role that the files name has its access package, with each policy that files may manage."""

    def __init__(self, line: Explaining, labels: Iterable[str], policies: Iterable[str]) -> None:
        super().__init__(line, no_token, identity="pipeline")
        self._labels = sorted(set(labels))
        self._policies = sorted(set(policies))

    async def packages_with(self, texts: Iterable[str]) -> dict[str, list[PackageSetUp]]:
        wanted = list(texts)
        await super().packages_with(wanted)
        return {text: [self._package(label) for label in self._labels if text in key_of(label)] for text in wanted}

    def _package(self, label: str) -> PackageSetUp:
        package = AccessPackage(AccessPackageId(id_of(label)), label)
        policies = [
            AssignmentPolicy(PolicyId(id_of(f"{each} of {label}")), each, is_custom_schedule_allowed=True)
            for each in self._policies
        ]
        return PackageSetUp(package, tuple(policies))


class ImaginedEnrolment(EnrolmentGraph):
    """Everybody in the files is in the directory already, and has nothing."""

    def __init__(self, line: Explaining) -> None:
        super().__init__(line, no_token, identity="pipeline")

    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]:
        wanted = list(addresses)
        await super().people_with(wanted)
        return {each: [Person(UserId(id_of(each)), each, each)] for each in wanted}

    async def visible(self, ids: Iterable[UserId]) -> frozenset[UserId]:
        wanted = list(ids)
        await super().visible(wanted)
        return frozenset(wanted)


class ImaginedReader(ReaderGraph):
    """Everybody who is asked for is in the directory."""

    def __init__(self, line: Explaining) -> None:
        super().__init__(line, no_token, identity="pipeline")

    async def person(self, user_id: UserId) -> Person:
        with contextlib.suppress(DoormanError):
            await super().person(user_id)
        return _somebody(user_id)

    async def people(self, ids: Iterable[UserId]) -> dict[UserId, Person]:
        wanted = list(ids)
        await super().people(wanted)
        return {each: _somebody(each) for each in wanted}


class ImaginedHistory(EnrolmentHistoryGraph):
    """A file has added one person to each access package, and one company is connected."""

    def __init__(self, line: Explaining) -> None:
        super().__init__(line, no_token, identity="pipeline")

    async def changes(
        self, ids: Iterable[AccessPackageId], since: datetime
    ) -> dict[AccessPackageId, list[AssignmentRequest]]:
        wanted = list(ids)
        await super().changes(wanted, since)
        who = Subject(UserId(id_of("a person")), "", "")
        added = AssignmentRequest(RequestId(""), RequestType.ADMIN_ADD, RequestState.DELIVERED, target=who)
        return {each: [added] for each in wanted}

    async def managers(self, ids: Iterable[UserId]) -> dict[UserId, Person]:
        with contextlib.suppress(DoormanError):
            await super().managers(ids)
        return {}

    async def organizations(self) -> list[ConnectedOrganization]:
        await super().organizations()
        return [ConnectedOrganization(id_of("a connected organization"), "", frozenset())]


class ImaginedSurvey(SurveyGraph):
    """Every app that is asked for is there."""

    def __init__(self, line: Explaining) -> None:
        super().__init__(line, no_token, identity="pipeline")

    async def principal(self, app_id: str) -> str:
        with contextlib.suppress(NotFound):
            await super().principal(app_id)
        return id_of(f"service principal of {app_id}")


def _somebody(user_id: UserId) -> Person:
    return Person(user_id, user_id, user_id)
