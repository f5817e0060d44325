"""Who may request what."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import ConnectedOrganization
from sandbox.tenant.settings import (
    TYPE,
    administrators_only,
    group_members,
    policy_settings,
    single_user,
    target_manager,
)
from tests.sandbox.entitlement_support import Scene, refused


@pytest.fixture
def scene() -> Scene:
    return Scene()


def organization(
    scene: Scene, state: str = "configured", *, source: dict[str, Any] | None = None
) -> ConnectedOrganization:
    made = ConnectedOrganization(
        stable_id("organization"),
        "Partner",
        scene.now,
        scene.now,
        state="configured" if state == "configured" else "proposed",
        identity_sources=[source or {"@odata.type": TYPE + "domainIdentitySource", "domainName": "Partner.example"}],
    )
    scene.tenant.connected_organizations[made.id] = made
    return made


def offered(scene: Scene, who: str) -> list[str]:
    return [package.display_name for package in scene.engine.requestable_packages(who)]


@pytest.mark.parametrize(
    ("scope", "members", "guests"),
    [
        ("notSpecified", False, False),
        ("allMemberUsers", True, False),
        ("AllMemberUsers", True, False),
        ("allDirectoryUsers", True, True),
        ("allExternalUsers", False, True),
        ("allConfiguredConnectedOrganizationUsers", False, True),
        ("specificDirectoryServicePrincipals", False, False),
        ("somethingNew", False, False),
    ],
)
def test_each_scope_admits_its_people(scene: Scene, scope: str, members: bool, guests: bool) -> None:
    organization(scene)
    scene.package("Tools", policy_settings(scope))
    assert offered(scene, scene.rita) == (["Tools"] if members else [])
    assert offered(scene, scene.gina) == (["Tools"] if guests else [])


def test_specific_people_are_named_or_in_a_group_also_nested(scene: Scene) -> None:
    inner = scene.build.group("Inner", [scene.bob])
    outer = scene.build.group("Outer", [scene.rita, inner.id])
    scene.package("Tools", policy_settings("specificDirectoryUsers", targets=[group_members(outer)]))
    scene.package(
        "Papers", policy_settings("specificDirectoryUsers", targets=[single_user(scene.tenant.users[scene.sam])])
    )
    assert offered(scene, scene.rita) == ["Tools"]
    assert offered(scene, scene.bob) == ["Tools"]
    assert offered(scene, scene.sam) == ["Papers"]
    scene.world.options.nested_group_targets = False
    assert offered(scene, scene.rita) == ["Tools"]
    assert offered(scene, scene.bob) == []


def test_groups_in_a_circle_do_no_harm(scene: Scene) -> None:
    first, second = scene.build.group("First", [scene.rita]), scene.build.group("Second")
    first.member_ids[second.id] = second.member_ids[first.id] = None
    scene.package("Tools", policy_settings("specificDirectoryUsers", targets=[group_members(second)]))
    assert offered(scene, scene.rita) == ["Tools"]
    assert set(scene.tenant.member_users(second.id)) == {scene.rita}


def test_specific_organizations_are_known_by_the_domain_of_the_address(scene: Scene) -> None:
    partner = organization(scene)
    target = {"@odata.type": TYPE + "connectedOrganizationMembers", "connectedOrganizationId": partner.id}
    scene.package("Tools", policy_settings("specificConnectedOrganizationUsers", targets=[target]))
    other = scene.build.user("other", "Otto Other", mail="otto@elsewhere.example", user_type="Guest").id
    assert offered(scene, scene.gina) == ["Tools"]
    assert offered(scene, other) == []
    assert offered(scene, scene.rita) == []


def test_specific_organizations_are_known_by_their_tenant_too(scene: Scene) -> None:
    partner = organization(scene, source={"@odata.type": TYPE + "azureActiveDirectoryTenant", "tenantId": "t-1"})
    target = {"@odata.type": TYPE + "connectedOrganizationMembers", "connectedOrganizationId": partner.id}
    scene.package("Tools", policy_settings("specificConnectedOrganizationUsers", targets=[target]))
    other = scene.build.user(
        "other", "Otto Other", mail="otto@elsewhere.example", user_type="Guest", home_tenant_id="t-1"
    ).id
    assert offered(scene, other) == ["Tools"]
    assert offered(scene, scene.gina) == []


def test_a_proposed_organization_is_not_configured(scene: Scene) -> None:
    organization(scene, "proposed")
    scene.package("Tools", policy_settings("allConfiguredConnectedOrganizationUsers"))
    scene.package("Badge", policy_settings("allExternalUsers"))
    assert offered(scene, scene.gina) == ["Badge"]


def test_a_catalog_must_be_published_and_for_guests_shown_outside(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings("allDirectoryUsers"))
    scene.catalog.is_externally_visible = False
    assert offered(scene, scene.rita) == ["Tools"]
    assert offered(scene, scene.gina) == []
    scene.catalog.state = "unpublished"
    assert offered(scene, scene.rita) == []
    assert refused(lambda: scene.ask(package)).status == 403


def test_only_the_strictest_class_is_offered_and_equals_are_a_choice(scene: Scene) -> None:
    group = scene.build.group("Few", [scene.rita])
    package = scene.package(
        "Tools",
        policy_settings("allDirectoryUsers"),
        policy_settings("allMemberUsers"),
        policy_settings("specificDirectoryUsers", targets=[group_members(group)]),
        policy_settings("allMemberUsers"),
    )

    def choices(who: str) -> list[str]:
        return [policy.display_name for policy in scene.engine.requirements(who, package.id)]

    assert choices(scene.rita) == ["Tools 3"]
    assert choices(scene.bob) == ["Tools 2", "Tools 4"]
    assert choices(scene.gina) == ["Tools 1"]


def test_a_policy_that_takes_no_requests_does_not_hide_a_weaker_one(scene: Scene) -> None:
    group = scene.build.group("Few", [scene.rita])
    package = scene.package(
        "Tools",
        policy_settings("specificDirectoryUsers", targets=[group_members(group)], self_add=False),
        policy_settings("allMemberUsers"),
    )
    assert [policy.display_name for policy in scene.engine.requirements(scene.rita, package.id)] == ["Tools 2"]


def test_administrators_only_is_offered_to_nobody(scene: Scene) -> None:
    package = scene.package("Tools", administrators_only())
    assert scene.engine.requirements(scene.adam, package.id) == []
    assert offered(scene, scene.adam) == []


def test_a_hidden_package_is_listed_as_the_option_says_but_always_open_by_its_id(scene: Scene) -> None:
    package = scene.package("Vault", is_hidden=True)
    assert offered(scene, scene.rita) == ["Vault"]
    scene.world.options.hidden_in_allowed_requestor = False
    assert offered(scene, scene.rita) == []
    assert len(scene.engine.requirements(scene.rita, package.id)) == 1
    assert scene.ask(package).state == "submitted"


def test_requirements_of_an_unknown_package_are_not_found(scene: Scene) -> None:
    assert refused(lambda: scene.engine.requirements(scene.rita, "nothing")).status == 404
    assert refused(lambda: scene.engine.contents("nothing")).status == 404


def test_a_manager_sees_the_policy_that_lets_them_ask_for_reports(scene: Scene) -> None:
    settings = policy_settings(on_behalf=[target_manager()])
    settings["requestorSettings"]["enableTargetsToSelfAddAccess"] = False
    package = scene.package("Laptop", settings)
    assert [policy.display_name for policy in scene.engine.requirements(scene.marc, package.id)] == ["Laptop 1"]
    assert scene.engine.requirements(scene.bob, package.id) == []


def test_what_a_package_contains_is_told_in_order(scene: Scene) -> None:
    portal = scene.build.app("Portal", [("Viewer", "Portal.Viewer")])
    bare = scene.build.app("Bare")
    package = scene.package(
        "Tools",
        groups=["Users"],
        extra=[(portal, "Viewer"), (bare, "Default Access"), ("https://small.example/sites/plans", "Readers")],
    )
    assert [(resource.display_name, role.display_name) for role, _, resource in scene.engine.contents(package.id)] == [
        ("Users", "Member"),
        ("Portal", "Viewer"),
        ("Bare", "Default Access"),
        ("plans", "Readers"),
    ]
