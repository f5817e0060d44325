"""Which access packages are the roles of a project, and which policy of them files manage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from bot.domain import AccessPackage, AccessPackageId, AssignmentPolicy, PolicyId
from bot.errors import NotSetUp, PackageAmbiguous, PackageHidden, PackageMissing, PolicyAmbiguous, PolicyMissing
from bot.plans.enrolment_state import ManagedBy
from bot.services.project_packages import ProjectPackages, ProjectRoles
from bot.services.projects import Project
from bot.team import PackageSetUp

AN_ID = "0f0e0d0c-0000-4000-8000-00000000000a"


def package(id: str, name: str, *policies: str, hidden: bool = False) -> PackageSetUp:  # noqa: A002  as Graph calls it
    rules = tuple(AssignmentPolicy(PolicyId(f"{id}/{number}"), each) for number, each in enumerate(policies))
    return PackageSetUp(AccessPackage(AccessPackageId(id), name, is_hidden=hidden), rules)


class Tenant:
    """Packages by name and id, as Graph finds them; counts the questions."""

    def __init__(self, *packages: PackageSetUp) -> None:
        self.packages = packages
        self.questions = 0

    async def packages_with(self, texts: Iterable[str]) -> dict[str, list[PackageSetUp]]:
        self.questions += 1
        return {text: [each for each in self.packages if text in each.package.name.casefold()] for text in texts}

    async def packages_of(self, ids: Iterable[str]) -> dict[str, PackageSetUp]:
        self.questions += 1
        wanted = set(ids)
        return {each.package.id: each for each in self.packages if each.package.id in wanted}


def project(packages: Mapping[str, str] | None = None) -> Project:
    return Project("Project Oak", (), (), "File managed", packages or {})


async def roles(*found: PackageSetUp, packages: Mapping[str, str] | None = None) -> ProjectRoles:
    return await ProjectPackages(Tenant(*found)).of(project(packages))


async def test_roles_are_found_by_the_names_of_their_packages() -> None:
    found = await roles(
        package("1", "Project Oak | Manager", "File managed"),
        package("2", "project oak|Contributor ", "Self-service", "file managed"),
        package("3", "Project Oakland | Manager"),
        package("4", "Big Project Oak | Manager"),
        package("5", "Project Oak"),
    )
    assert [(each.role, each.found.package.id) for each in found.roles] == [("Contributor", "2"), ("Manager", "1")]
    assert found.get("contributor").managed_policy().id == "2/1"
    labelled = found.labelled("PROJECT OAK |  manager")
    assert labelled is not None
    assert labelled.found.package.id == "1"
    assert found.labelled("Project Elm | Manager") is None
    found.raise_problems()
    with pytest.raises(PackageMissing) as missing:
        found.get("Approver")
    assert missing.value.label == "Project Oak | Approver"


async def test_the_configuration_names_packages_by_name_or_id_and_has_the_last_word() -> None:
    tenant = Tenant(
        package(AN_ID, "Something else", "File managed"),
        package("2", "Oak: managers", "File managed", hidden=True),
        package("3", "Project Oak | Manager"),
        package("4", "Project Oak | Reader"),
    )
    found = await ProjectPackages(tenant).of(
        project(packages={"Contributor": AN_ID.upper(), "Manager": "oak:  Managers"})
    )
    assert {each.role: each.found.package.id for each in found.roles} == {
        "Contributor": AN_ID,
        "Manager": "2",
        "Reader": "4",
    }
    assert tenant.questions == 2
    by_id = found.labelled(AN_ID)
    assert by_id is not None
    assert by_id.role == "Contributor"


async def test_what_is_wrong_with_one_role_stops_only_that_role() -> None:
    found = await roles(
        package("1", "Project Oak | Manager"),
        package("2", "Project Oak | manager"),
        package("3", "Project Oak | Reader", "File managed", "File Managed"),
        package("4", "Project Oak | Secret", hidden=True),
        packages={"Guest": "No such package"},
    )
    assert [each.role for each in found.roles] == ["Reader"]
    kinds: dict[str, type[NotSetUp]] = {role: type(problem) for role, problem in found.problems.items()}
    assert {role.casefold(): kind for role, kind in kinds.items()} == {
        "guest": PackageMissing,
        "manager": PackageAmbiguous,
        "secret": PackageHidden,
    }
    with pytest.raises(PackageAmbiguous) as several:
        found.labelled("Project Oak | Manager")
    assert several.value.ids == ("1", "2")
    with pytest.raises(PackageHidden) as hidden:
        found.get("secret")
    assert hidden.value.id == "4"
    with pytest.raises(PackageMissing):
        found.labelled("no such package")
    with pytest.raises(PolicyAmbiguous) as policies:
        found.get("Reader").managed_policy()
    assert policies.value.ids == ("3/0", "3/1")
    with pytest.raises(NotSetUp):
        found.raise_problems()


async def test_the_managed_policy_is_never_the_first_one_found() -> None:
    found = await roles(package("1", "Project Oak | Manager", "Self-service"))
    with pytest.raises(PolicyMissing) as missing:
        found.get("Manager").managed_policy()
    assert (missing.value.label, missing.value.policy) == ("Project Oak | Manager", "File managed")


async def test_a_package_says_where_its_people_come_from_or_its_project_does() -> None:
    managed = {"contributor ": ManagedBy.BOTH, "Keeper": ManagedBy.SELF_SERVICE, "Manger": ManagedBy.SELF_SERVICE}
    named = {"Keeper": "Oak: keepers"}
    mixed = replace(project(named), managed_by=ManagedBy.FILE, managed=managed)
    tenant = Tenant(
        package("1", "Project Oak | Contributor", "File managed"),
        package("2", "Oak: keepers", "File managed"),
        package("3", "Project Oak | Manager", "File managed"),
    )
    found = await ProjectPackages(tenant).of(mixed)
    assert {each.role: each.managed_by for each in found.roles} == {
        "Contributor": ManagedBy.BOTH,
        "Keeper": ManagedBy.SELF_SERVICE,
        "Manager": ManagedBy.FILE,
    }
    assert {role: type(problem) for role, problem in found.problems.items()} == {"Manger": PackageMissing}
    asked = await ProjectPackages(tenant).of(replace(mixed, managed_by=ManagedBy.SELF_SERVICE))
    assert asked.get("Manager").managed_by is ManagedBy.SELF_SERVICE
