"""Which access package a label of a file stands for, across all projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    Person,
    PolicyId,
    Question,
)
from bot.files.enrolment import read_enrolment
from bot.plans.enrolment import Action, EnrolmentPlan, Reason
from bot.plans.enrolment_planning import plan_enrolment
from bot.services.enrolment_state import EnrolmentStates, known_labels
from bot.services.project_packages import ProjectPackages
from bot.services.projects import Project, Projects
from bot.team import PackageSetUp
from tests.support.enrolment import MANAGED, NOW, holding, person, rules

ANN, BEN = person("ann"), person("ben")
FIRST, SECOND = "0f0e0d0c-0000-4000-8000-00000000000a", "0f0e0d0c-0000-4000-8000-00000000000b"


class Tenant:
    """Two access packages, each in a catalog of its own; Ann has the first one, and nobody the second."""

    def __init__(self, first: str, second: str) -> None:
        policy = AssignmentPolicy(PolicyId(MANAGED), "File managed")
        self.packages = {
            FIRST: PackageSetUp(AccessPackage(AccessPackageId(FIRST), first), (policy,)),
            SECOND: PackageSetUp(AccessPackage(AccessPackageId(SECOND), second), (policy,)),
        }

    async def packages_with(self, texts: Iterable[str]) -> dict[str, list[PackageSetUp]]:
        found = self.packages.values()
        return {text: [each for each in found if text in each.package.name.casefold()] for text in texts}

    async def packages_of(self, ids: Iterable[str]) -> dict[str, PackageSetUp]:
        return {each: self.packages[each] for each in ids if each in self.packages}

    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]:
        return {each: [one for one in (ANN, BEN) if one.mail == each] for each in addresses}

    async def holders(
        self, ids: Iterable[AccessPackageId]
    ) -> dict[AccessPackageId, tuple[list[Assignment], list[AssignmentRequest]]]:
        return {each: ([holding(ANN)] if each == FIRST else [], []) for each in ids}

    async def questions(self, ids: Iterable[PolicyId]) -> dict[PolicyId, tuple[Question, ...]]:
        return {}


async def planned(tenant: Tenant, text: str, **packages: Mapping[str, str]) -> EnrolmentPlan:
    projects = [Project(name, (), (), "File managed", roles) for name, roles in packages.items()]
    states = EnrolmentStates(tenant, ProjectPackages(tenant), Projects(projects, cast("Any", None)))
    roles = await states.roles()
    file = read_enrolment("people.csv", text.encode(), known_labels=known_labels(roles))
    return plan_enrolment([file], await states.for_files([file], roles), rules(), NOW)


async def test_a_file_about_one_of_two_packages_of_one_name_removes_nobody_from_the_other() -> None:
    tenant = Tenant("Readers", "READERS")
    ben = "Ben;ben@example.com;Readers\n"
    for text in (ben, "# project: Elm\n" + ben, "# package: Readers\n"):
        for projects in ({"Oak": {"Reader": FIRST}, "Elm": {"Reader": SECOND}}, {"Oak": {"a": FIRST, "b": SECOND}}):
            plan = await planned(tenant, text, **projects)
            assert plan.changes == ()
            assert {each.reason for each in plan.rows} <= {Reason.PACKAGE_AMBIGUOUS, Reason.FILE}
    (refused,) = (await planned(tenant, ben, Oak={"Reader": FIRST}, Elm={"Reader": SECOND})).rows
    assert (refused.action, refused.facts) == (Action.ERROR, (FIRST, SECOND))


async def test_packages_of_different_names_are_told_apart_as_before() -> None:
    tenant = Tenant("Readers", "Writers")
    plan = await planned(tenant, "Ben;ben@example.com;readers\n", Oak={"Reader": FIRST}, Elm={"Writer": SECOND})
    assert sorted((each.action, each.email) for each in plan.changes) == [
        (Action.ADD, "ben@example.com"),
        (Action.REMOVE, "ann@example.com"),
    ]
    shared = await planned(tenant, "Ben;ben@example.com;Readers\n", Oak={"Reader": FIRST}, Elm={"Reader": FIRST})
    assert len(shared.changes) == 2


async def test_every_role_is_read_although_two_packages_have_one_name() -> None:
    tenant = Tenant("Readers", "Readers")
    projects = [
        Project("Oak", (), (), "File managed", {"a": FIRST}),
        Project("Elm", (), (), "File managed", {"a": SECOND}),
    ]
    states = EnrolmentStates(tenant, ProjectPackages(tenant), Projects(projects, cast("Any", None)))
    found = await states.for_projects(projects)
    assert [(each.project, each.package_id) for each in found] == [("Oak", FIRST), ("Elm", SECOND)]
