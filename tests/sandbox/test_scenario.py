"""Scenario files: what they add, what they refuse and where, from the command line and over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.__main__ import Address, SettingError
from sandbox.tenant.default import default_tenant
from sandbox.tenant.model import Tenant
from sandbox.tenant.scenario import ScenarioError, fill
from tests.sandbox.connector_support import Stage, stage

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
GOOD = """\
seed: 7
people:
  - {name: Ann Archer, manager: Bob Baker, department: Sales}
  - name: Bob Baker
groups:
  - {name: Archivists, members: [Bob Baker]}
packages:
  - name: Archive
    catalog: Company
    grants: [Archivists]
    policies: [{name: Everybody, days: 90, justification: true, approvers: [[manager], [Rita Requester]]}]
assignments: [{person: Ann Archer, package: Archive}]
random: {people: 30, packages: 5, assignments: 40}
"""


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


def filled(text: str) -> Tenant:
    tenant = default_tenant(NOW)
    fill(tenant, text, NOW)
    return tenant


def test_everything_in_the_file_is_in_the_tenant() -> None:
    base, tenant = default_tenant(NOW), filled(GOOD)
    ann, bob = tenant.find_user("Ann Archer"), tenant.find_user("Bob Baker")
    assert ann is not None
    assert bob is not None
    assert (ann.manager_id, ann.department) == (bob.id, "Sales")
    archive = next(package for package in tenant.packages.values() if package.display_name == "Archive")
    stages = tenant.policies_of(archive.id)[0].settings["requestApprovalSettings"]["stages"]
    assert [each["primaryApprovers"][0]["@odata.type"].rpartition(".")[2] for each in stages] == [
        "requestorManager",
        "singleUser",
    ]
    assert tenant.catalogs[archive.catalog_id].display_name == "Company"
    assert len(tenant.catalogs) == len(base.catalogs) + 3
    held = list(tenant.assignments_for(tenant.subject_of_user(ann.id).id))
    assert [each.package_id for each in held] == [archive.id]
    group = next(group for group in tenant.groups.values() if group.display_name == "Archivists")
    assert set(group.member_ids) == {ann.id, bob.id}
    assert len(tenant.users) == len(base.users) + 2 + 30
    assert len(tenant.assignments) == len(base.assignments) + 1 + 40


def test_the_seed_alone_decides_who_gets_what() -> None:
    assert filled(GOOD).assignments == filled(GOOD).assignments
    assert filled(GOOD).assignments != filled(GOOD.replace("seed: 7", "seed: 8")).assignments


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("  - name: Bob Baker", "  - nmae: Bob Baker", 4, "nmae"),
        ("days: 90", "days: many", 11, "days"),
        ("days: 90", "days: 0", 11, "days"),
        ("manager: Bob Baker", "manager: Nobody Known", 3, "Nobody Known"),
        ("members: [Bob Baker]", "members: [Carl]", 6, "Carl"),
        ("grants: [Archivists]", "grants: [Archers]", 10, "Archers"),
        ("[Rita Requester]", "[Rita Requestor]", 11, "Rita Requestor"),
        ("package: Archive}", "package: Archives}", 12, "Archives"),
        ("assignments: 40", "assignments: 400", 13, "fewer"),
        ("name: Archive\n", "name: Sales data\n", 8, "already"),
        ("  - name: Bob Baker", "  - name: Rita Requester", 4, "already"),
        ("seed: 7", "seed: [7", 2, "line 2"),
        ("seed: 7", "seed: 7\nseed: 8", 2, "seed"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, word: str) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioError, match=word) as refused:
        filled(GOOD.replace(old, new))
    assert refused.value.line == line


@pytest.mark.parametrize("text", ["", "- a", "just text", "\t\t", "a: &x [*x]", "\x00", "{" * 5000, "? [a]\n: b"])
def test_what_is_no_scenario_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        filled(text)


async def test_over_http_the_tenant_is_filled_or_left_alone(it: Stage) -> None:
    status, answer = await it.control("POST", "scenario", {"yaml": GOOD.replace("package: Archive}", "package: X}")})
    assert (status, "line 12" in answer["error"]["message"]) == (422, True)
    assert it.world.tenant.find_user("Ann Archer") is None
    assert (await it.control("POST", "scenario", {"yaml": GOOD}))[0] == 200
    assert (await it.control("POST", "say", {"person": "Ann Archer", "text": "hi"}))[0] == 200


def test_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "archive.yaml"
    file.write_text(GOOD)
    address = Address.from_environment({"SANDBOX_SCENARIO": str(file)})
    world = address.world()
    assert world.tenant.find_user("Ann Archer") is not None
    world.reset()
    assert world.tenant.find_user("Ann Archer") is not None
    file.write_text("people: 7")
    with pytest.raises(SettingError, match=r"archive\.yaml, line 1: people"):
        address.world()
    with pytest.raises(SettingError, match="cannot be read"):
        Address.from_environment({"SANDBOX_SCENARIO": str(tmp_path / "none.yaml")}).world()


def test_the_app_s_manifest_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text('{"bots": [{"supportsFiles": true}]}', encoding="utf-8")
    address = Address.from_environment({"SANDBOX_MANIFEST": str(file)})
    world = address.world()
    world.chats.app.supports_files = False
    world.reset()
    assert (world.chats.app.supports_files, world.chats.app.commands) == (True, [])
    for wrong in ("[]", "{", '{"bots": 1}'):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(SettingError, match="SANDBOX_MANIFEST"):
            address.world()
