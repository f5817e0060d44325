"""What a form in chat can bring about against its plan is told in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.files.packages_yaml import read_packages
from bot.files.rows import Finding
from bot.files.yaml_document import FileRefused
from bot.languages import load_languages
from bot.plans.administration import make_plan
from bot.services.package_office import NewPackage, NewProject
from bot.tenant import (
    Snapshot,
    TenantCatalog,
    TenantGroup,
    TenantPackage,
    TenantPolicy,
    TenantResource,
    TenantRole,
    TenantUser,
)
from bot.views.plan_findings import FINDINGS, finding_words
from cards.language import ENGLISH, Language

FAIR = NewPackage("Trade fair", "For the fair", "Company", ("Sales",), "members", ("lena@example.com",), 90)
PROJECT = NewProject("Project Elm", "Company", ("Approver", "Manager"))
CATALOG = {"company": (TenantCatalog("c1", "Company"),)}
GROUP = {"sales": (TenantGroup("g1", "Sales"),)}
USER = {"lena@example.com": (TenantUser("u1", "Lena", "lena@example.com"),)}
POLICY = TenantPolicy("p1", "All members", {})


def tenant(**parts: Any) -> Snapshot:
    known: dict[str, Mapping[str, Any]] = {"catalogs": CATALOG, "groups": GROUP, "users": USER}
    return Snapshot(**{**{key: {} for key in Snapshot.__dataclass_fields__}, **known, **parts})


def group(**facts: Any) -> Snapshot:
    return tenant(groups={"sales": (TenantGroup("g1", "Sales", **facts),)})


def package(catalog_id: str = "c1", **more: Any) -> dict[str, tuple[TenantPackage, ...]]:
    return {"trade fair": (TenantPackage("a1", "Trade fair", catalog_id, "For the fair", **more),)}


def like(**changes: Any) -> NewPackage:
    return NewPackage(**{**{name: getattr(FAIR, name) for name in NewPackage.__dataclass_fields__}, **changes})


def project(*roles: str, name: str = "Project Elm", leads: tuple[str, ...] = ()) -> NewProject:
    return NewProject(name, "Company", roles, leads=leads)


CASES: dict[str, tuple[NewPackage | NewProject, Snapshot]] = {
    "catalog.missing": (FAIR, tenant(catalogs={})),
    "catalog.ambiguous": (
        FAIR,
        tenant(catalogs={"company": (TenantCatalog("c1", "Company"), TenantCatalog("c2", "Company"))}),
    ),
    "catalog.general": (like(catalog="General"), tenant(catalogs={"general": (TenantCatalog("c1", "General"),)})),
    "group.missing": (FAIR, tenant(groups={})),
    "group.ambiguous": (FAIR, tenant(groups={"sales": (TenantGroup("g1", "Sales"), TenantGroup("g2", "Sales"))})),
    "group.unsuitable:synchronized": (FAIR, group(is_synchronized=True)),
    "group.unsuitable:dynamic": (FAIR, group(is_dynamic=True)),
    "group.unsuitable:distribution": (FAIR, group(is_distribution_list=True)),
    "user.missing": (FAIR, tenant(users={})),
    "user.ambiguous": (
        FAIR,
        tenant(users={"lena@example.com": (*USER["lena@example.com"], TenantUser("u2", "Lena", "x"))}),
    ),
    "package.elsewhere": (FAIR, tenant(packages=package("c2"))),
    "package.ambiguous": (FAIR, tenant(packages={"trade fair": package()["trade fair"] * 2})),
    "policy.ambiguous": (FAIR, tenant(packages=package(policies=(POLICY, POLICY)))),
    "policy.endless": (like(days=None), tenant()),
    "policy.external-without-approval": (like(template="all-organizations", approvers=()), tenant()),
    "role.unknown": (
        FAIR,
        tenant(
            resources={
                "c1": {
                    "g1": TenantResource("r1", "c1", "g1", "AadGroup", "Sales", roles=(TenantRole("x", "Owner", "o"),))
                }
            }
        ),
    ),
    "group.shared": (project("Big Boss", "BigBoss"), tenant()),
    "package.double": (project("Manager", "Manager"), tenant()),
    "name.long": (project("Manager", name="P" * 250), tenant()),
    "yaml.value:string_too_long": (like(groups=("S" * 300,)), tenant()),
    "yaml.value:too_long": (project("Manager", leads=tuple(f"lead{n}@example.com" for n in range(21))), tenant()),
    "yaml.value": (like(approvers=("nobody",)), tenant()),
    "yaml.invalid": (project("Manager\x7f"), tenant()),
}


def findings(new: NewPackage | NewProject, snapshot: Snapshot) -> tuple[Finding, ...]:
    try:
        return make_plan(new.wanted(), snapshot, "t").findings
    except FileRefused as refused:
        return refused.findings[:1]


def code_of(finding: Finding) -> str:
    by_reason = f"{finding.code}:{finding.facts.get('why', '')}"
    return by_reason if by_reason in FINDINGS else finding.code


@pytest.mark.parametrize("code", FINDINGS)
def test_each_is_told_with_its_facts_in_every_language(code: str) -> None:
    found = [each for each in findings(*CASES[code]) if code_of(each) == code]
    assert found, f"nothing brings about {code}"
    english = finding_words(found[0], ENGLISH)
    assert "{" not in english
    for language in load_languages():
        if language.tag != "en":
            assert finding_words(found[0], language) != english, language


def test_a_form_brings_about_nothing_else() -> None:
    for new, snapshot in CASES.values():
        assert {code_of(each) for each in findings(new, snapshot)} <= set(FINDINGS)


def test_what_only_files_say_stays_as_it_is() -> None:
    text = "catalog: Company\npackages:\n  - {name: A, description: a, policies: [Nothing]}\n"
    with pytest.raises(FileRefused) as refused:
        read_packages("packages.yaml", text.encode())
    assert finding_words(refused.value.findings[0], Language("de")) == refused.value.findings[0].message
