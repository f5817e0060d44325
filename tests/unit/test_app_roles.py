"""The roles of an application: what a manifest says, what is wrong with it, and what has to change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.files.app_roles import AppRole, Dialect, read_manifest, read_role, write_manifest
from bot.files.rows import Severity
from bot.plans.app_roles import GroupAssignment, Present, StepKind, plan_roles
from sandbox.tenant.identity import stable_id

ARTICLE = """{
  "id": "fb6d0e3c-0f6a-4b2e-9c11-2a3b4c5d6e7f",
  "appId": "d0000000-0000-4000-8000-00000000aaaa",
  "appRoles": [
    {
      "allowedMemberTypes": ["User"],
      "description": "ProjectX_RoleY",
      "displayName": "Project X Role Y",
      "id": "3e8a7c55-1111-4222-8333-481234",
      "isEnabled": true,
      "lang": null,
      "origin": "Application",
      "value": " ProjectX_RoleY "
    },
    {
      "allowedMemberTypes": ["User"],
      "description": "ProjectX_RoleZ",
      "displayName": "Project X Role Z",
      "id": "3e8a7c55-1111-4222-8333-481234567890",
      "isEnabled": true,
      "lang": null,
      "origin": "Application",
      "value": "ProjectX_RoleZ"
    }
  ]
}"""


def entry(value: str = "A_B", **more: Any) -> dict[str, Any]:
    return {
        "allowedMemberTypes": ["User"],
        "description": value,
        "displayName": value,
        "id": stable_id(f"test role/{value}"),
        "isEnabled": True,
        "value": value,
        **more,
    }


def role(value: str, **more: Any) -> AppRole:
    return replace(read_role(entry(value)), **more)


def codes(*entries: dict[str, Any]) -> list[str]:
    return [each.code for each in read_manifest("m.json", json.dumps(list(entries)).encode()).findings]


def test_the_article_s_own_mistakes_are_found_with_line_and_suggestion() -> None:
    manifest = read_manifest("manifest.json", ARTICLE.encode())
    assert manifest.app_id == "d0000000-0000-4000-8000-00000000aaaa"
    assert [(each.code, each.place.line, each.suggestion) for each in manifest.findings] == [
        ("id.malformed", 5, ""),
        ("value.spaces", 5, "ProjectX_RoleY"),
    ]
    assert "8, 4, 4, 4, 6" in manifest.findings[0].message
    assert manifest.roles[0].value == " ProjectX_RoleY "  # never mended silently


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"value": "with space"}, "value.spaces"),
        ({"value": "tab\there"}, "value.spaces"),
        ({"value": "Grüße"}, ""),
        ({"value": "a\\b"}, "value.signs"),
        ({"value": ".dot"}, "value.signs"),
        ({"value": "v" * 121}, "value.long"),
        ({"value": None}, "value.missing"),
        ({"id": None}, "id.missing"),
        ({"id": "not-a-guid"}, "id.malformed"),
        ({"displayName": " "}, "role.empty"),
        ({"displayName": "d" * 101}, "role.long"),
        ({"description": None}, "role.empty"),
        ({"description": " around "}, "role.spaces"),
        ({"allowedMemberTypes": []}, "role.members"),
        ({"allowedMemberTypes": ["Group"]}, "role.members"),
        ({"displayname": "x"}, "key.unknown"),
    ],
)
def test_each_mistake_has_its_code(wrong: dict[str, Any], code: str) -> None:
    assert codes(entry(value="A_B") | wrong) == ([code] if code else [])


def test_doubles_are_found_whatever_their_case() -> None:
    one, other = entry("A_B"), entry("a_b")
    assert codes(one, other) == ["value.double"] * 2
    assert codes(one, entry("C_D", id=one["id"].upper())) == ["id.double"] * 2
    twice = '[{"id": "x", "id": "y"}]'
    assert "key.double" in [each.code for each in read_manifest("m.json", twice.encode()).findings]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[" * 100_000, b"42", b'{"appRoles": {}}', b""])
def test_what_cannot_be_read_is_one_finding(content: bytes) -> None:
    (finding,) = read_manifest("m.json", content).findings
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize("dialect", list(Dialect))
def test_both_dialects_are_written_and_read_back_equal(dialect: Dialect) -> None:
    roles = [role("B_C"), role("A_B", is_enabled=False, description="With “quotes” & umlauts ü")]
    content = write_manifest(roles, dialect, "app")
    assert ("lang" in json.loads(content)["appRoles"][0]) is (dialect is Dialect.PORTAL)
    read = read_manifest("m.json", content)
    assert not read.findings
    assert read.roles == tuple(sorted(roles, key=lambda each: each.value))
    assert write_manifest(read.roles, dialect, "app") == content


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_nothing_that_anybody_sends_breaks_the_reader(content: bytes) -> None:
    read_manifest("m.json", content)


# Plans


def present(*roles: AppRole, **more: Any) -> Present:
    return Present("app", "object", "principal", "Project Hub", roles, **more)


def kinds(plan: Any) -> list[StepKind]:
    return [step.kind for step in plan.steps]


def test_nothing_to_change_is_no_write() -> None:
    held = GroupAssignment("x", "g1", "A_B", role("A_B").id)
    now = present(role("A_B"), assignments=(held,), groups={"a_b": ("g1",)})
    assert plan_roles(now, [role("A_B")], prune=True).steps == ()


def test_what_is_not_in_the_file_stays_unless_it_is_pruned_and_is_disabled_before_it_goes() -> None:
    now = present(role("A_B"), role("Old"))
    kept = plan_roles(now, [role("A_B")], prune=False)
    assert (kept.steps, kept.notes[0]) == ((), "Old: is not in the file, and stays.")
    gone = plan_roles(now, [role("A_B")], prune=True)
    assert kinds(gone) == [StepKind.DISABLE, StepKind.REPLACE]
    off, final = gone.steps
    assert [(each.value, each.is_enabled) for each in off.roles] == [("A_B", True), ("Old", False)]
    assert [each.value for each in final.roles] == ["A_B"]
    half_way = plan_roles(present(*off.roles), [role("A_B")], prune=True)
    assert kinds(half_way) == [StepKind.REPLACE]


def test_another_value_needs_the_role_disabled_and_is_shown_as_a_difference() -> None:
    before = role("A B")
    plan = plan_roles(present(before), [replace(before, value="A_B")], prune=False)
    assert kinds(plan) == [StepKind.DISABLE, StepKind.REPLACE]
    assert "~ role A_B: value from “A B” to “A_B”" in plan.changes


def test_one_value_under_two_ids_is_refused() -> None:
    plan = plan_roles(present(role("A_B")), [replace(role("A_B"), id=stable_id("another"))], prune=False)
    assert len(plan.problems) == 1


def test_roles_and_groups_correspond_one_to_one() -> None:
    a, b, c = role("A_B"), role("C_D"), role("E_F")
    wrong = GroupAssignment("x", "g9", "Somebody else", a.id)
    lost = GroupAssignment("y", "g8", "Left over", stable_id("gone role"))
    groups = {"a_b": ("g1",), "e_f": ("g3", "g4")}
    plan = plan_roles(present(a, b, c, assignments=(wrong, lost), groups=groups), [a, b, c], prune=False)
    assert kinds(plan) == [StepKind.ASSIGN]
    assert plan.problems == ("There are several groups “E_F”: g3, g4.",)
    assert plan.notes == (
        "role without group: no group is called “C_D”.",
        "group without role of its own: Somebody else holds A_B.",
        "group without role: Left over holds a role that is not there.",
    )
    pruned = plan_roles(present(a, b, assignments=(wrong, lost), groups=groups), [a, b], prune=True)
    assert kinds(pruned) == [StepKind.UNASSIGN, StepKind.UNASSIGN, StepKind.ASSIGN]


def test_what_only_the_tenant_knows_about_a_role_stays() -> None:
    known = read_role({**entry("A_B"), "preAuthorizedFuture": 7})
    plan = plan_roles(present(known), [role("A_B", description="New")], prune=False, groups=False)
    assert plan.steps[-1].roles[0].body()["preAuthorizedFuture"] == 7
