"""`doorman packages hide` and `show`, and roles in a catalog on the command line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sandbox.tenant.identity import TENANT_ID
from tests.support.pipeline import Ended, Pipeline

ROLES = "/roleManagement/entitlementManagement/roleAssignments"


def explained(told: Ended) -> list[tuple[str, str]]:
    assert told.code == 0, told.errors
    calls = json.loads(told.text)
    assert all(
        call["permission"].startswith("EntitlementManagement.Read") for call in calls if ROLES in call["address"]
    )
    return [(call["method"], call["address"]) for call in calls]


async def test_one_command_hides_a_package_and_shows_it_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pipeline.folder)
    tenant = pipeline.world.tenant
    (package,) = [each for each in tenant.packages.values() if each.display_name == "Office map"]

    calls = explained(await pipeline.run("packages", "hide", "Office map", "--explain", "--json"))
    assert [method for method, _ in calls] == ["GET", "PATCH"]
    dry = await pipeline.run("packages", "hide", "office map", "--dry-run", "--json")
    assert (dry.code, json.loads(dry.text)["writes"]) == (2, 1)
    nameless = await pipeline.run("packages", "hide", "Office map")
    assert (nameless.code, "--tenant" in nameless.errors, package.is_hidden) == (1, True, False)

    hidden = await pipeline.run("packages", "hide", "Office map", "--tenant", TENANT_ID)
    assert (hidden.code, package.is_hidden) == (0, True), hidden.errors
    assert "isHidden: false -> true" in hidden.text
    assert f"Office map is hidden now. https://myaccess.microsoft.com/@{TENANT_ID}#/access-packages/{package.id}" in (
        hidden.text
    )
    assert "line 0" not in hidden.text
    again = await pipeline.run("packages", "hide", package.id)
    assert (again.code, again.text) == (0, "Office map is hidden already.\n")
    shown = await pipeline.run("packages", "show", package.id, "--tenant", TENANT_ID, "--json")
    assert (shown.code, json.loads(shown.text)["done"], package.is_hidden) == (0, True, False)
    audit = (pipeline.folder / ".doorman" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    done = [json.loads(line) for line in audit if '"done"' in line]
    assert [(line["event"], line["source"]) for line in done] == [("packages.update-package", "pipeline")] * 2
    assert [(line["about"], line["detail"]["changes"]["isHidden"]) for line in done] == [
        (package.id, True),
        (package.id, False),
    ]

    twin = replace(package, id=tenant.new_id("twin"))
    tenant.packages[twin.id] = twin
    two = await pipeline.run("packages", "hide", "Office map", "--tenant", TENANT_ID)
    assert two.code == 1
    assert all(each in two.errors for each in (package.id, twin.id))
    for unknown in ("Nothing", "d0000000-0000-4000-8000-00000000ffff"):
        told = await pipeline.run("packages", "show", unknown, "--tenant", TENANT_ID)
        assert (told.code, told.errors) == (1, f"doorman: There is no access package '{unknown}'.\n")


async def test_roles_in_a_catalog_are_explained_and_exported(pipeline: Pipeline) -> None:
    file = pipeline.folder / "packages.yaml"
    roles = "catalog-roles: {catalog-reader: [{group: Legal}]}\n"
    file.write_text(f"catalog: Company\n{roles}packages: [{{name: X, description: x}}]\n", encoding="utf-8")
    reads = explained(await pipeline.run("packages", "plan", str(file), "--explain", "--json"))
    assert ("GET", f"{ROLES}?$filter=appScopeId eq '/AccessPackageCatalog/{{id of Company}}'") in reads
    writes = explained(await pipeline.run("packages", "apply", str(file), "--explain", "--json"))
    assert ("POST", ROLES) in writes
    assert f"GET {ROLES}?" in (await pipeline.run("packages", "export", "Company", "--explain")).text
    exported = await pipeline.run("packages", "export", "Company")
    assert "access-package-assignment-manager:\n" in exported.text, exported.errors
