"""Companies: what the file may say, and what has to change so that each decides about its own people."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from bot.files.companies_yaml import CompaniesPart, read_companies, write_companies
from bot.files.schemas import schema_of
from bot.files.yaml_document import FileRefused
from bot.plans.companies import (
    CompaniesPlan,
    Named,
    PresentCompany,
    PresentPackage,
    StepKind,
    Tenant,
    plan_companies,
    policy_body,
)

FILE = """
guests:
  afterwards: block
  delete-after: 60 days
companies:
  - name: Fabrikam
    domain: fabrikam.example
    internal-sponsors: [ann@woodgrove.example]
    external-sponsors: [bob@fabrikam.example]
    packages: [Partner workspace]
  - name: Contoso
    tenant: 11111111-2222-4333-8444-555555555555
    approvers: Contoso approvers
    approver-members: [cem@contoso.example]
    decided-by: approvers
    packages: [Partner workspace]
"""
TENANT = Tenant(
    named={
        "ann@woodgrove.example": Named("u1"),
        "bob@fabrikam.example": Named("u2"),
        "cem@contoso.example": Named("u3"),
    },
    packages={"Partner workspace": (PresentPackage("p1", "Partner workspace"),)},
)


def planned(text: str, tenant: Tenant = TENANT, *, prune: bool = False) -> CompaniesPlan:
    wanted = read_companies("companies.yaml", text.encode()).content
    return plan_companies(wanted, tenant, prune=prune, guest_domains=["fabrikam.example"])


def kinds(plan: CompaniesPlan) -> list[StepKind]:
    return [step.kind for step in plan.steps]


def test_a_tenant_that_knows_nothing_gets_everything_in_an_order_that_works() -> None:
    plan = planned(FILE)
    assert plan.problems == ()
    assert kinds(plan) == [
        StepKind.SETTINGS,
        StepKind.CREATE,
        StepKind.ADD_SPONSOR,
        StepKind.ADD_SPONSOR,
        StepKind.CREATE_POLICY,
        StepKind.CREATE_GROUP,
        StepKind.ADD_MEMBER,
        StepKind.CREATE,
        StepKind.CREATE_POLICY,
    ]
    approving = [
        step.body["requestApprovalSettings"]["stages"][0]["primaryApprovers"][0]
        for step in plan.steps
        if step.kind is StepKind.CREATE_POLICY
    ]
    assert [each["@odata.type"] for each in approving] == [
        "#microsoft.graph.externalSponsors",
        "#microsoft.graph.groupMembers",
    ]
    assert plan.digest == planned(FILE).digest != planned(FILE.replace("60 days", "61 days")).digest


def test_what_is_there_already_is_no_write_and_what_is_more_stays_unless_pruned() -> None:
    text = FILE.partition("  - name: Contoso")[0]
    wanted = read_companies("c.yaml", text.encode()).content
    company = PresentCompany(
        "o1",
        "Fabrikam",
        "",
        "configured",
        ({"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": "Fabrikam.example"},),
        frozenset({"u1"}),
        frozenset({"u2", "u9"}),
    )
    policy = {**policy_body(wanted.companies[0], "o1", "", "p1"), "id": "x", "questions": ["kept"]}
    tenant = replace(
        TENANT,
        companies=(company,),
        settings={
            "externalUserLifecycleAction": "blockSignIn",
            "durationUntilExternalUserDeletedAfterBlocked": "P60D",
        },
        packages={"Partner workspace": (PresentPackage("p1", "Partner workspace", (policy,)),)},
    )
    plan = planned(text, tenant)
    assert (plan.steps, plan.notes) == ((), ("Fabrikam: the sponsor u9 is not in the file, and stays.",))
    assert kinds(planned(text, tenant, prune=True)) == [StepKind.REMOVE_SPONSOR]
    other = planned(text.replace("packages:", "decided-by: internal sponsors\n    packages:"), tenant)
    assert kinds(other) == [StepKind.REPLACE_POLICY]
    assert other.steps[0].body["questions"] == ["kept"]
    gone = planned("companies: [{name: Fabrikam, present: false}]", tenant)
    assert kinds(gone) == [StepKind.DELETE]
    moved = planned("companies: [{name: Fabrikam, domain: other.example}]", tenant)
    assert "that cannot be changed" in moved.problems[0]


def test_what_cannot_be_found_or_is_there_twice_stops_the_plan() -> None:
    several = (PresentPackage("p1", "Partner workspace"), PresentPackage("p2", "Partner workspace"))
    groups = {"Contoso approvers": ("g1", "g2")}
    plan = planned(FILE, replace(TENANT, named={}, groups=groups, packages={"Partner workspace": several}))
    told = "\n".join(plan.problems)
    assert "there is nobody and no group “ann@woodgrove.example”" in told
    assert "several groups “Contoso approvers”: g1, g2" in told
    assert "several access packages “Partner workspace”: p1, p2" in told
    assert "no “Partner workspace”" in "\n".join(planned(FILE, replace(TENANT, packages={})).problems)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("companies:\n  - name: A\n    domain: a.example\n    domain: b.example\n", 4, "here twice"),
        ("companies:\n\t- name: A\n", 2, "A tab"),
        ("companies:\n  - name: A\n    domian: a.example\n", 3, "Did you mean 'domain'?"),
        ("companies:\n  - name: A\n    domain: nonsense\n", 3, "must be a domain"),
        ("companies:\n  - name: A\n    tenant: 12\n", 3, ""),
        ("companies:\n  - name: A\n", 2, "needs a domain or a tenant"),
        ("companies:\n  - {name: A, domain: a.example, tenant: 11111111-2222-4333-8444-555555555555}\n", 2, "not both"),
        ("companies:\n  - {name: A, domain: a.example, decided-by: approvers}\n", 2, "names no group"),
        (
            "companies:\n  - {name: A, domain: a.example}\n  - {name: B, domain: A.example}\n",
            3,
            "there already, in line 2",
        ),
        ("guests: {afterwards: forget}\n", 1, ""),
        ("- name: A\n", 1, "must be a mapping"),
    ],
)
def test_mistakes_name_line_and_remedy(text: str, line: int, told: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_companies("companies.yaml", text.encode())
    finding = refused.value.findings[0]
    assert finding.place.line == line, finding
    assert told in finding.message


def test_what_is_written_is_read_back() -> None:
    content = {"guests": {"afterwards": "keep"}, "companies": [{"name": "Ünï & “co”: #1", "domain": "a.example"}]}
    read = read_companies("c.yaml", write_companies(content)).content
    assert (read.companies[0].name, read.companies[0].domain) == ("Ünï & “co”: #1", "a.example")


def test_the_schema_for_editors_is_the_one_that_the_reader_uses() -> None:
    """Run `python -m bot.files.schemas docs/schemas` after changing the format."""
    file = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "companies.schema.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept == schema_of(CompaniesPart)
    validator, document = jsonschema_rs.validator_for(kept), YAML(typ="safe").load(FILE)
    validator.validate(document)
    assert not validator.is_valid({**document, "compnies": []})


def test_a_company_is_not_removed_for_having_the_name_of_another() -> None:
    """The file is done with the Fabrikam of one domain; the tenant knows one of another domain."""
    gone = "companies:\n  - name: Fabrikam\n    domain: fabrikam.example\n    present: false\n"
    other = PresentCompany("o1", "Fabrikam", "", "configured", ({"domainName": "fabrikam.other.example"},))
    plan = planned(gone, replace(TENANT, companies=(other,)))
    assert (plan.steps, plan.problems) == ((), ())
    assert plan.notes == ("Fabrikam: the company of this name has another domain or tenant in the tenant, and stays.",)
    same = replace(other, sources=({"domainName": "Fabrikam.Example"},))
    assert kinds(planned(gone, replace(TENANT, companies=(same,)))) == [StepKind.DELETE]
    by_name = "companies:\n  - name: Fabrikam\n    present: false\n"
    assert kinds(planned(by_name, replace(TENANT, companies=(other,)))) == [StepKind.DELETE]
