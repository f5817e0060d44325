"""A tenant as `projects.yaml`: what the file says about where people come from is what the tenant has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from bot.files.projects_yaml import read_projects
from bot.plans.adopting import CatalogContents, projects_file
from bot.tenant import TenantCatalog, TenantGrant, TenantPackage, TenantPolicy, TenantResource

CATALOG = TenantCatalog("catalog", "Projects")
FILE, SELF = "File managed", "Self-service"
SETTINGS: Mapping[str, dict[str, Any]] = {
    FILE: {"allowedTargetScope": "notSpecified"},
    SELF: {"allowedTargetScope": "allMemberUsers"},
    "For guests": {"allowedTargetScope": "allConfiguredConnectedOrganizationUsers"},
}


def contents(policies: Mapping[str, Sequence[str]]) -> CatalogContents:
    """A catalog with one group for each of these packages, and these policies."""
    packages, resources = [], {}
    for name, own in policies.items():
        group = name.replace(" | ", "_")
        resources[group.casefold()] = TenantResource(f"resource {group}", "catalog", group, "AadGroup", group)
        grant = TenantGrant(f"grant {group}", "Member", f"Member_{group}", "AadGroup", group)
        rules = tuple(TenantPolicy(f"{name}/{each}", each, SETTINGS[each]) for each in own)
        packages.append(TenantPackage(name, name, "catalog", name, grants=(grant,), policies=rules))
    return CatalogContents(CATALOG, tuple(packages), resources)


def adopted(policies: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The file, after it was proved to say the same policies again."""
    text = projects_file(contents(policies), None, {})
    wanted = read_projects("projects.yaml", text.encode())
    assert {each.name: {policy.name for policy in each.policies} for each in wanted.packages} == {
        name: set(own) for name, own in policies.items()
    }
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found


def test_each_package_says_where_its_people_come_from_when_its_project_does_not() -> None:
    file = adopted(
        {
            "Ash | Lead": [FILE],
            "Ash | Member": [SELF, FILE],
            "Elm | Lead": [SELF],
            "Elm | Member": [SELF],
            "Oak | Lead": [FILE],
            "Oak | Member": [FILE],
            "Yew | Lead": ["For guests"],
            "Yew | Member": [],
        }
    )
    assert file["managed"] == {"file": [FILE], "self-service": [SELF]}
    assert "managed-by" not in file
    yew = file["projects"].pop()
    assert file["projects"] == [
        {"name": "Ash", "packages": {"Member": {"managed-by": "both"}}},
        {"name": "Elm", "managed-by": "self-service"},
        "Oak",
    ]
    assert [each["name"] for each in yew["policies"]["Lead"]] == ["For guests"]
    assert yew["policies"]["Member"] == []


def test_what_most_packages_have_is_said_once_for_the_whole_file() -> None:
    file = adopted({"Ash | Lead": [FILE], "Ash | Member": [SELF], "Oak | Lead": [SELF], "Oak | Member": [SELF, FILE]})
    assert file["managed-by"] == "self-service"
    assert file["projects"] == [
        {"name": "Ash", "packages": {"Lead": {"managed-by": "file"}}},
        {"name": "Oak", "packages": {"Member": {"managed-by": "both"}}},
    ]
