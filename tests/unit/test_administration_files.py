"""Files of packages and projects: what is wrong is said with its line, and what is right means one thing."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from bot.files.administration import Kind, Named
from bot.files.mapping import mapped, read_mapping
from bot.files.package_format import PackagesFile
from bot.files.packages_yaml import read_packages
from bot.files.project_format import ProjectsFile
from bot.files.projects_yaml import read_projects
from bot.files.schemas import schema_of
from bot.files.yaml_document import FileRefused

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "tests" / "fixtures" / "administration"
SCHEMAS: dict[str, type[BaseModel]] = {"packages": PackagesFile, "projects": ProjectsFile}

HEAD = "catalog: Sales\npackages:\n  - name: Archive\n    description: Old files\n"


def problems(text: str, load: Any = read_packages) -> list[tuple[int, str, str]]:
    with pytest.raises(FileRefused) as refused:
        load("packages.yaml", text.encode())
    return [(each.place.line, each.code, each.message) for each in refused.value.findings]


@pytest.mark.parametrize(
    ("text", "line", "code", "said"),
    [
        ("catalog: a\ncatalog: b\n", 2, "yaml.duplicate", "The key 'catalog' is here twice"),
        ("packages:\n\t- name: x\n", 2, "yaml.tab", "A tab indents this line"),
        ("- a\n", 1, "yaml.shape", "must be a mapping"),
        ("a: [\n", 2, "yaml.invalid", "no valid YAML"),
        (HEAD + "    descripton: x\n", 5, "yaml.unknown-key", "Did you mean 'description'?"),
        ("packages:\n  - description: x\n", 2, "yaml.missing-key", "The key 'name' is missing here."),
        ("packages:\n  - name: x\n", 2, "yaml.value", "a package needs a description"),
        (HEAD + "    policies: [File manged]\npolicies:\n  File managed: {}\n", 5, "policy.unknown", "'File managed'?"),
        (HEAD + "    resources: [{grup: x}]\n", 5, "yaml.unknown-key", "Did you mean 'group'?"),
        (HEAD + "    resources: [{group: x, site: 'https://y'}]\n", 5, "yaml.value", "one of group, team"),
        (HEAD + "    resources: [{site: 'https://y'}]\n", 5, "resource.role", "A site needs a role"),
        (HEAD + "    policies: [{template: members, days: 0}]\n", 5, "yaml.value", "greater than or equal to 1"),
        (HEAD + "    policies: [{template: specific}]\n", 5, "yaml.value", "needs users or groups"),
        (HEAD + "    policies: [{template: automatic}]\n", 5, "yaml.value", "needs a rule"),
        (HEAD + "    policies: [{approval: [{approvers: [manager]}]}]\n", 5, "yaml.value", "nothing to approve"),
        (
            HEAD + "    policies: [{template: members, approval: [{approvers: [boss]}]}]\n",
            5,
            "yaml.value",
            "'boss' must be manager",
        ),
        (
            HEAD + "    policies: [{template: members, approval: [{approvers: [manager], within: 3d, "
            "escalate: {after: 1d, to: [a@b.c]}}]}]\n",
            5,
            "yaml.value",
            "at least four days",
        ),
        (HEAD + "    policies: [{expires: soon}]\n", 5, "yaml.value", "must be a span of time"),
        (HEAD + "  - {name: archive, description: x}\n", 5, "package.double", "first in line 3"),
        (HEAD + "    conflicts: {packages: [Archive]}\n", 5, "conflict.self", "conflict with itself"),
        (
            HEAD + "    was: [Depot]\n  - {name: Depot, description: x}\n",
            3,
            "package.was",
            "a package of this file too",
        ),
        (HEAD + "    policies: [{}, {}]\n", 5, "policy.double", "same name"),
        (HEAD + "catalog-roles: {catalog-ownr: []}\n", 5, "yaml.unknown-key", "Did you mean 'catalog-owner'?"),
        (HEAD + "catalog-roles: {catalog-owner: [Lena]}\n", 5, "yaml.value", "'Lena' must be a sign-in name"),
        (HEAD + "catalog-roles: {catalog-owner: [{group: A, user: b@c.d}]}\n", 5, "yaml.value", "exactly one of"),
        (
            HEAD + "catalog-roles:\n  catalog-reader:\n    - a@b.c\n    - {user: A@B.C, present: false}\n",
            8,
            "catalog-role.double",
            "has the role Catalog reader in this file twice, first in line 7",
        ),
    ],
)
def test_what_is_wrong_with_packages_is_said_with_its_line(text: str, line: int, code: str, said: str) -> None:
    found = problems(text)
    assert [(at, what) for at, what, message in found if said in message] == [(line, code)], found
    assert all(message.endswith((".", "?")) and "\n" not in message for _, _, message in found)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("projects: [A, a]\n", "project.double", "is here twice"),
        ("projects: [A B, AB]\n", "group.shared", "would share the group 'AB_Lead'"),
        ("naming: {group: '{projekt}'}\nprojects: [A]\n", "naming.rule", "can only stand for {project} and {role}"),
        ("projects: [{name: A, packages: {Laed: X}}]\n", "role.unknown", "Did you mean 'Lead'?"),
        (
            "projects: [{name: A, packages: {Lead: {managed-by: file}}, policies: {Lead: []}}]\n",
            "role.managed-twice",
            "'A' names the policies of 'Lead' itself; take 'managed-by' or 'policies' away.",
        ),
        ("projects: [{name: A, packages: {Lead: {managed-by: files}}}]\n", "yaml.value", "'file', 'self-service'"),
        ("projects: [A]\nbundles: [{name: B, description: b, role: Laed}]\n", "role.unknown", "Did you mean 'Lead'?"),
        (f"application: Hub\nprojects: [{'A' * 130}]\n", "app-role.long", "longer than 120 characters"),
        (
            "application: Hub\nnaming: {app-role: '{role}'}\nprojects: [A, {name: B, present: false}]\n",
            "app-role.shared",
            "'A Lead' and 'B Lead' would share the app role 'Lead'.",
        ),
        (
            "application: {name: Hub, roles: [{value: a_lead, name: Everything}]}\nprojects: [A]\n",
            "app-role.shared",
            "'Everything' and 'A Lead' would share the app role 'A_Lead'.",
        ),
        (f"projects: [{'A' * 256}]\n", "name.long", "longer than 256 characters"),
        ("projects: [A]\nmanaged: {file: [Nobody knows]}\n", "policy.unknown", "There is no policy"),
        ("projects: [A]\norganizations: [{name: X}]\n", "yaml.value", "exactly one of domain and tenant"),
    ],
)
def test_what_is_wrong_with_projects_is_said_too(text: str, code: str, said: str) -> None:
    found = problems("catalog: C\nroles: [Lead]\n" + text, read_projects)
    assert [what for _, what, message in found if said in message][:1] == [code], found


def test_what_the_article_called_things_is_understood() -> None:
    wanted = read_packages(
        "p.yaml",
        (
            HEAD + "    resources:\n"
            "      - {displayName: Azure DevOps, originId: 03004e60-0000-4000-8000-000000000001, description: Sample,\n"
            "         originSystem: AadApplication, resourceType: Application, roleDisplayName: Default Access}\n"
        ).encode(),
    )
    (grant,) = wanted.packages[0].grants
    assert (grant.kind, grant.name, grant.role) == (Kind.APPLICATION, "Azure DevOps", "Default Access")
    assert (grant.origin_id, grant.note) == ("03004e60-0000-4000-8000-000000000001", "Sample")


def test_both_spellings_of_a_key_mean_the_same() -> None:
    one = read_packages("p.yaml", (HEAD + "create-catalog: true\n").encode())
    other = read_packages("p.yaml", (HEAD + "createCatalog: true\n").encode())
    assert one.catalogs == other.catalogs
    assert one.catalogs[0].create


def test_a_conflict_is_written_from_both_ends_unless_one_is_wanted() -> None:
    text = HEAD + "    conflicts: {packages: [Depot]%s}\n  - {name: Depot, description: x}\n"
    both = read_packages("p.yaml", (text % "").encode())
    one = read_packages("p.yaml", (text % ", both-ways: false").encode())
    assert [each.conflicts for each in both.packages] == [
        (Named(Kind.PACKAGE, "Depot"),),
        (Named(Kind.PACKAGE, "Archive"),),
    ]
    assert [each.conflicts for each in one.packages] == [(Named(Kind.PACKAGE, "Depot"),), ()]


def test_a_ring_of_conflicts_is_written_once_in_each_direction() -> None:
    ring = {"A": "B", "B": "C", "C": "A"}
    body = "".join(f"  - {{name: {a}, description: x, conflicts: {{packages: [{b}]}}}}\n" for a, b in ring.items())
    wanted = read_packages("p.yaml", ("catalog: Sales\npackages:\n" + body).encode())
    assert {each.name: sorted(one.name for one in each.conflicts) for each in wanted.packages} == {
        "A": ["B", "C"],
        "B": ["A", "C"],
        "C": ["A", "B"],
    }


def test_one_file_serves_several_environments() -> None:
    texts = read_mapping("test.yaml", b"Sales: Sales test\nwoodgrove.example: test.woodgrove.example\n")
    content = (HEAD + "    policies: [{template: specific, users: [a@woodgrove.example]}]\n").encode()
    there = mapped("p.yaml", content, texts)
    assert there.splitlines()[0] == b"catalog: Sales test"
    assert b"[a@test.woodgrove.example]" in there
    assert len(there.splitlines()) == len(content.splitlines())
    swapped = mapped("p.yaml", b"one: two", {"one": "two", "two": "one"})
    assert swapped == b"two: one"
    with pytest.raises(FileRefused, match="'Purchasing' of the mapping is not in this file"):
        mapped("p.yaml", content, {"Purchasing": "x"})


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Sales: 12\n", 1, "must be texts"),
        ("Sales: x\nab: cd\n", 2, "too short"),
        ("Sales: |\n  a\n  b\n", 1, "one line"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_which_line(text: str, line: int, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_mapping("map.yaml", text.encode())
    (found,) = refused.value.findings
    assert (found.place.line, said in found.message) == (line, True)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("{template: anyone}", "policy.external-without-approval"),
        ("{template: members}", "policy.endless"),
        ("{graph: {requestorSettings: {enableTargetsToSelfAddAccess: true}}}", "policy.nobody-may-ask"),
    ],
)
def test_policies_that_are_allowed_and_odd_are_remarked_on(policy: str, code: str) -> None:
    wanted = read_packages("p.yaml", (HEAD + f"    policies: [{policy}]\n").encode())
    assert code in {each.code for each in wanted.findings}
    assert not wanted.has_errors


def test_the_customers_projects_are_spelt_out() -> None:
    wanted = read_projects("projects.yaml", (FILES / "projects.yaml").read_bytes())
    assert (len(wanted.packages), len(wanted.groups), len(wanted.applications[0].roles)) == (74, 97, 97)
    contributor = next(each for each in wanted.packages if each.name == "Project Alder | Contributor")
    assert [grant.name for grant in contributor.grants] == ["ProjectAlder_Contributor", "Default Users"]
    assert [policy.name for policy in contributor.policies] == ["File managed", "Self-service"]
    stages = contributor.policies[1].settings["requestApprovalSettings"]["stages"]
    assert stages[1]["primaryApprovers"][0]["groupId"] == Named(Kind.GROUP, "ProjectAlder_Approver")
    keys = next(each for each in wanted.packages if each.name == "Key Users")
    assert len(keys.grants) == 25


def test_a_package_says_where_its_people_come_from_else_its_role_its_project_or_the_file() -> None:
    text = """
        catalog: C
        managed-by: both
        roles: [Lead, Member, {name: Reader, managed-by: file}]
        managed: {file: [File managed], self-service: [Self-service]}
        policies: {File managed: {template: admin-only}, Self-service: {template: members, days: 90}}
        projects:
          - Ash
          - {name: Elm, managed-by: self-service, packages: {Lead: {managed-by: file}, Member: Members of Elm}}
          - {name: Oak, packages: {Lead: {name: Leads of Oak, managedBy: self-service}, Reader: {managed-by: both}}}
    """
    wanted = read_projects("projects.yaml", textwrap.dedent(text).encode())
    file, asked = ["File managed"], ["Self-service"]
    assert {each.name: [policy.name for policy in each.policies] for each in wanted.packages} == {
        "Ash | Lead": file + asked,
        "Ash | Member": file + asked,
        "Ash | Reader": file,
        "Elm | Lead": file,
        "Members of Elm": asked,
        "Elm | Reader": file,
        "Leads of Oak": asked,
        "Oak | Member": file + asked,
        "Oak | Reader": file + asked,
    }
    jsonschema_rs.validator_for(schema_of(ProjectsFile)).validate(YAML(typ="safe").load(textwrap.dedent(text)))


def test_two_thousand_projects_are_read() -> None:
    text = "catalog: C\nroles: [Lead, Member, Reader]\nprojects:\n" + "".join(f"  - P{n}\n" for n in range(2000))
    assert len(read_projects("p.yaml", text.encode()).packages) == 6000


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_that_editors_use_is_the_one_that_the_loader_uses(name: str) -> None:
    """Run `python -m bot.files.schemas docs/schemas` after changing a format."""
    kept = json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert kept == schema_of(SCHEMAS[name])
    validator = jsonschema_rs.validator_for(kept)
    document = YAML(typ="safe").load((FILES / f"{name}.yaml").read_text(encoding="utf-8"))
    validator.validate(document)
    assert not validator.is_valid({**document, "packges": []})
    assert not validator.is_valid({key: value for key, value in document.items() if key != name})
