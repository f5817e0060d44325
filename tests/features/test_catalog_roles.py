"""Who owns, reads and manages a catalog, from a file: given once, taken only when the file says so, found again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.files.administration import CatalogRole, Wanted
from bot.files.packages_yaml import read_packages
from bot.files.projects_yaml import read_projects
from bot.files.rows import Severity
from bot.graph.wire_administration import CATALOG_ROLES
from bot.plans.administration_text import plan_text
from bot.plans.adopting import CatalogContents, packages_file
from bot.plans.steps import Plan
from bot.services.catalog_holders import catalog_holders
from bot.services.rolling_back import RollingBack
from bot.tenant import TenantCatalog
from sandbox.graph.engine.roles import CATALOG_CREATOR, ROLE_NAMES
from sandbox.tenant.default import default_tenant
from sandbox.tenant.identity import CLI_APP_ID
from sandbox.tenant.model import RoleAssignment
from tests.support.office import Office, office

LENA = "lena.lead@woodgrove.example"
SAM = "sam.second@woodgrove.example"
PACKAGES = "packages: [{name: Archive, description: Old files}]\n"
HEAD = "catalog: Sales\ncreate-catalog: true\n" + PACKAGES


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as found:
        yield found


def wanted(roles: str, head: str = HEAD) -> Wanted:
    return read_packages("packages.yaml", f"{head}catalog-roles: {{{roles}}}\n".encode())


def errors(plan: Plan) -> list[str]:
    return [each.message for each in plan.findings if each.severity is Severity.ERROR]


def held(here: Office) -> set[tuple[str, str]]:
    """Roles and the names of those who have them, without the pipeline, which owns what it made."""
    tenant = here.tenant
    names = {each.id: each.user_principal_name for each in tenant.users.values()}
    names |= {each.id: each.display_name for each in tenant.groups.values()}
    return {
        (ROLE_NAMES[each.role_definition_id], names.get(each.principal_id, each.principal_id))
        for each in tenant.role_assignments.values()
        if each.principal_id != tenant.apps[CLI_APP_ID].object_id
    }


def test_every_role_of_a_catalog_is_known_by_its_words_and_its_id() -> None:
    assert {name: CATALOG_ROLES[name] for name in CatalogRole} == {
        name: role_id for role_id, name in ROLE_NAMES.items() if role_id != CATALOG_CREATOR
    }


async def test_roles_are_given_with_a_new_catalog_once_and_taken_only_when_that_is_said(bare: Office) -> None:
    roles = (
        f"catalog-owner: [{LENA}], access-package-manager: [{{group: Testing-Group}}, {{user: {SAM}}}], "
        f"accessPackageAssignmentManager: [{{application: Azure DevOps}}]"
    )
    plan = await bare.plan(wanted(roles))
    assert "8. Roles in the catalog" in plan_text(plan)
    assert f"+ Give {LENA} the role Catalog owner in catalog Sales" in plan_text(plan)
    assert (await bare.apply(wanted(roles))).is_done
    (devops,) = [each for each in bare.tenant.apps.values() if each.display_name == "Azure DevOps"]
    assert held(bare) == {
        ("Catalog owner", LENA),
        ("Access package manager", "Testing-Group"),
        ("Access package manager", SAM),
        ("Access package assignment manager", devops.object_id),
    }
    (catalog,) = [each for each in bare.tenant.catalogs.values() if each.display_name == "Sales"]
    assert {each.app_scope_id for each in bare.tenant.role_assignments.values()} == {
        f"/AccessPackageCatalog/{catalog.id}"
    }

    bare.forget()
    assert (await bare.plan(wanted(roles))).steps == ()
    assert (await bare.plan(wanted(f"catalog-reader: [{{user: {LENA}, present: false}}]"))).steps == ()
    assert (await bare.plan(wanted(""))).steps == ()

    gone = wanted(f"catalog-owner: [{{user: {LENA}, present: false}}], access-package-manager: [{LENA}]")
    told = plan_text(await bare.plan(gone))
    assert f"- Take the role Catalog owner in catalog Sales from {LENA}" in told
    assert (await bare.apply(gone)).is_done
    assert [call.partition(" ")[0] for call in bare.written()] == ["POST", "DELETE"], "it is given first"
    assert {name for role, name in held(bare) if role == "Catalog owner"} == set()
    assert ("Access package manager", LENA) in held(bare)
    (taken,) = [
        each.detail
        for each in (await bare.journal(await bare.plan(gone)).entries()).values()
        if each.detail.get("kind") == "take-catalog-role"
    ]
    assert (taken["role"], taken["who"], bool(taken["id"])) == ("Catalog owner", f"user:{LENA}", True)


async def test_what_somebody_did_between_plan_and_apply_counts_as_done(bare: Office) -> None:
    assert (await bare.apply(wanted(f"catalog-owner: [{LENA}]"))).is_done
    plan = await bare.plan(wanted(f"catalog-owner: [{{user: {LENA}, present: false}}], catalog-reader: [{SAM}]"))
    (lena,) = [each.id for each in bare.tenant.users.values() if each.user_principal_name == LENA]
    (owner,) = [each for each in bare.tenant.role_assignments.values() if each.principal_id == lena]
    del bare.tenant.role_assignments[owner.id]
    (sam,) = [each.id for each in bare.tenant.users.values() if each.user_principal_name == SAM]
    reader = CATALOG_ROLES["Catalog reader"]
    bare.tenant.role_assignments["by-hand"] = RoleAssignment("by-hand", sam, reader, owner.app_scope_id)
    outcome = await bare.administering.apply(plan, bare.journal(plan))
    assert (outcome.is_done, held(bare)) == (True, {("Catalog reader", SAM)})


async def test_a_group_of_the_same_file_gets_its_role_and_a_rollback_takes_it_back(bare: Office) -> None:
    text = (
        "catalog: C\ncreate-catalog: true\nroles: [Lead]\nmanaged: {file: [{}]}\nprojects: [Alder]\n"
        "catalog-roles: {access-package-assignment-manager: [{group: Alder_Lead}]}\n"
    )
    outcome = await bare.apply(read_projects("projects.yaml", text.encode()))
    assert (outcome.is_done, held(bare)) == (True, {("Access package assignment manager", "Alder_Lead")})
    removals = await RollingBack(bare.reads, bare.writes).roll_back(bare.journal(outcome.plan))
    assert all(each.was_removed for each in removals), removals
    assert held(bare) == set()


async def test_holders_that_nobody_or_several_have_are_named_with_their_line(tmp_path: Path) -> None:
    async with office(tmp_path, default_tenant) as here:
        two = sorted(each.id for each in here.tenant.groups.values() if each.display_name == "Marketing")
        (said,) = errors(await here.plan(wanted("catalog-owner: [{group: Marketing}]")))
        assert len(two) == 2
        assert all(each in said for each in two)
        assert errors(await here.plan(wanted(f"catalog-owner: [{{group: {two[0]}}}]"))) == []
        assert errors(
            await here.plan(wanted("catalog-reader: [{application: Nothing}, nobody@woodgrove.example]"))
        ) == [
            "There is no application 'Nothing' in the tenant.",
            "There is no user 'nobody@woodgrove.example' in the tenant.",
        ]
        (lena,) = [each for each in here.tenant.users.values() if each.user_principal_name == LENA]
        twice = await here.plan(wanted(f"catalog-owner: [{LENA}, {lena.id}]"))
        assert [step.kind.value for step in twice.writes].count("assign-catalog-role") == 1
        both = await here.plan(wanted(f"catalog-owner: [{LENA}, {{user: {lena.id}, present: false}}]"))
        assert "is to have and to lose the role Catalog owner; see line 4 too" in errors(both)[0]
        assert errors(await here.plan(wanted(f"catalog-owner: [{LENA}]", "catalog: Sales\n" + PACKAGES))) == [
            "There is no catalog 'Sales'; write create-catalog: true if it shall be made."
        ]


async def test_a_catalog_with_its_roles_is_written_down_and_planned_without_a_change(tmp_path: Path) -> None:
    async with office(tmp_path, default_tenant) as here:
        (catalog,) = [each for each in here.tenant.catalogs.values() if each.display_name == "Company"]
        (twin, _) = sorted(each.id for each in here.tenant.groups.values() if each.display_name == "Marketing")
        scope = f"/AccessPackageCatalog/{catalog.id}"
        more = ((twin, "Catalog reader"), (here.tenant.new_id("gone"), "Catalog owner"))
        for number, (principal, role) in enumerate(more):
            made = RoleAssignment(f"made-{number}", principal, CATALOG_ROLES[role], scope)
            here.tenant.role_assignments[made.id] = made
        holders = await catalog_holders(here.reads, catalog.id)
        packages = await here.reads.packages_in(catalog.id)
        text = packages_file(
            CatalogContents(
                TenantCatalog(catalog.id, "Company"),
                packages[:1],
                await here.reads.resources(catalog.id),
                holders=holders,
            )
        )
        assert f"  catalog-reader:\n    - group: {twin}\n" in text
        assert "  access-package-assignment-manager:\n" in text
        assert "catalog-owner" not in text
        assert (await here.plan(read_packages("packages.yaml", text.encode()))).steps == ()
