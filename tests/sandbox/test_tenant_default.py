"""The tenant that every sandbox starts with."""

from __future__ import annotations

import copy
import time
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.graph.engine import Entitlement
from sandbox.graph.engine.approvers import Approvers
from sandbox.graph.engine.policies import approval_stages, questions, stage_span, target_scope, type_name
from sandbox.tenant.default import default_tenant
from sandbox.tenant.identity import BOT_APP_ID, WRITER_APP_ID, stable_id, subject_id, teams_id, user_id
from sandbox.tenant.model import EVERYBODY, Consent, Tenant
from sandbox.tenant.projects import PROJECTS, ROLES
from sandbox.tenant.stories import StoryClock, StoryWorld

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return default_tenant(NOW)


def engine_over(tenant: Tenant) -> Entitlement:
    return Entitlement(StoryWorld(tenant, StoryClock(NOW)))


def names(tenant: Tenant, key: str) -> set[str]:
    return {package.display_name for package in engine_over(tenant).requestable_packages(user_id(key))}


def test_two_starts_are_equal_and_a_later_one_differs_only_in_moments(tenant: Tenant) -> None:
    assert default_tenant(NOW) == tenant
    later = default_tenant(NOW + timedelta(days=3, seconds=7))
    assert list(later.requests) == list(tenant.requests)
    assert list(later.assignments) == list(tenant.assignments)
    assert [r.status for r in later.requests.values()] == [r.status for r in tenant.requests.values()]


def test_a_snapshot_is_a_deep_copy_of_its_own(tenant: Tenant) -> None:
    kept = copy.deepcopy(tenant)
    engine = engine_over(kept)
    engine.create_request(
        user_id("requester"),
        {"requestType": "userAdd", "assignment": {"accessPackageId": stable_id("package/Office map")}},
    )
    assert len(kept.requests) == len(tenant.requests) + 1
    assert kept != tenant


def test_building_takes_less_than_half_a_second() -> None:
    spent = []
    for _ in range(3):
        began = time.process_time()
        default_tenant(NOW)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.5


def test_the_personas_are_who_they_should_be(tenant: Tenant) -> None:
    assert {p.key: tenant.users[p.user_id].display_name for p in tenant.personas} == {
        "requester": "Rita Requester",
        "manager": "Marc Manager",
        "approver": "Sam Second",
        "lead": "Lena Lead",
        "admin": "Adam Admin",
        "guest": "Gina Guest",
        "nomanager": "Nora Nomanager",
    }
    assert tenant.persona("requester").manager_id == tenant.persona("manager").id
    assert tenant.persona("nomanager").manager_id is None
    assert tenant.persona("guest").is_guest
    assert tenant.persona("guest").manager_id is None
    assert {"Global Administrator", "Identity Governance Administrator"} <= tenant.persona("admin").directory_roles
    assert "#EXT#" in tenant.persona("guest").user_principal_name
    for persona in tenant.personas:
        ids = {persona.user_id, subject_id(persona.user_id), teams_id(persona.user_id)}
        assert len(ids) == 3


def test_rita_starts_with_nothing_and_no_persona_has_work_waiting(tenant: Tenant) -> None:
    rita = tenant.subject_of_user(user_id("requester")).id
    assert list(tenant.requests_for(rita)) == []
    assert list(tenant.requests_by(rita)) == []
    assert list(tenant.assignments_for(rita)) == []
    for persona in tenant.personas:
        assert engine_over(tenant).approvals_waiting_for(persona.user_id) == []
        subject = tenant.subject_of_user(persona.user_id).id
        assert list(tenant.assignments_for(subject)) == []


def test_what_rita_and_gina_may_ask_for(tenant: Tenant) -> None:
    expected = {
        "Sales data",
        "Office map",
        "Finance reports",
        "Design tools",
        "Audit archive",
        "Travel booking",
        "Partner portal",
        "[Click me](https://evil.example) **bold**",
        "Hidden vault",
        "Project Alder | Contributor",
    }
    rita = names(tenant, "requester")
    assert expected <= rita
    assert not {"Board papers", "Project Alder | Manager", "Retired archive", "Partner workspace"} & rita
    gina = names(tenant, "guest")
    assert {"Partner workspace", "Partner handbook", "Visitor badge", "Cafeteria menu"} <= gina
    assert "Sales data" not in gina
    assert tenant.packages[stable_id("package/Hidden vault")].is_hidden
    assert "Board papers" in names(tenant, "lead")


def test_the_partner_portal_offers_a_choice(tenant: Tenant) -> None:
    package_id = stable_id("package/Partner portal")
    offered = engine_over(tenant).requirements(user_id("requester"), package_id)
    assert [policy.display_name for policy in offered] == ["Short visit", "Long visit"]


def test_the_design_approvers_are_the_three(tenant: Tenant) -> None:
    found = tenant.member_users(stable_id("group/Design Approvers"))
    assert {tenant.users[key].display_name for key in found} == {"Sam Second", "Lena Lead", "Petra Primary"}


def test_sales_data_grants_a_group_and_an_app_role(tenant: Tenant) -> None:
    contents = engine_over(tenant).contents(stable_id("package/Sales data"))
    granted = [(resource.display_name, role.display_name) for role, _, resource in contents]
    assert granted == [("Sales Readers", "Member"), ("Sales Portal", "Viewer")]


def test_every_scope_and_every_kind_of_question_occurs(tenant: Tenant) -> None:
    assert {target_scope(policy) for policy in tenant.policies.values()} == {
        "notSpecified",
        "specificDirectoryUsers",
        "allMemberUsers",
        "allDirectoryUsers",
        "specificConnectedOrganizationUsers",
        "allConfiguredConnectedOrganizationUsers",
        "allExternalUsers",
        "specificDirectoryServicePrincipals",
        "allDirectoryServicePrincipals",
        "allDirectoryAgentIdentities",
    }
    asked = [question for policy in tenant.policies.values() for question in questions(policy)]
    kinds = {
        (type_name(q), q.get("isSingleLineQuestion"), q.get("isMultipleSelectionAllowed"), bool(q.get("regexPattern")))
        for q in asked
    }
    assert kinds == {
        ("accessPackageTextInputQuestion", True, None, True),
        ("accessPackageTextInputQuestion", False, None, False),
        ("accessPackageMultipleChoiceQuestion", None, False, False),
        ("accessPackageMultipleChoiceQuestion", None, True, False),
    }
    assert {q["isRequired"] for q in asked} == {True, False}
    assert all({text["languageCode"] for text in q["localizations"]} == {"de", "nl"} for q in asked)


def test_escalation_leaves_the_time_that_the_service_wants(tenant: Tenant) -> None:
    escalating = [
        stage
        for policy in tenant.policies.values()
        for stage in approval_stages(policy)
        if stage["isEscalationEnabled"]
    ]
    assert escalating
    for stage in escalating:
        denial, escalation = (
            stage_span(stage, "durationBeforeAutomaticDenial"),
            stage_span(stage, "durationBeforeEscalation"),
        )
        assert denial is not None
        assert escalation is not None
        assert denial >= timedelta(days=4)
        assert timedelta(days=1) <= escalation < denial
        assert stage["escalationApprovers"]


def test_the_customer_has_its_projects(tenant: Tenant) -> None:
    assert len(PROJECTS) == 24
    default = stable_id("group/Default Users")
    for project in PROJECTS:
        for role in ROLES:
            package = tenant.packages[stable_id(f"package/Project {project} | {role}")]
            origins = [tenant.resources[scope.resource_id].origin_id for scope in package.role_scopes]
            assert origins == [stable_id(f"group/Project{project}_{role}"), default]
            assert any(target_scope(policy) == "notSpecified" for policy in tenant.policies_of(package.id))
    assert {"Key Users", "Reader Only", "my-access-package"} <= {p.display_name for p in tenant.packages.values()}
    people = list(tenant.users.values())
    assert 380 <= len(people) <= 420
    assert len({person.company_name for person in people}) == 5
    hub = tenant.apps[stable_id("app/Project Hub")]
    assert len(hub.app_roles) == 24 * 4 + 1
    mapped = [held for held in tenant.app_role_assignments.values() if held.resource_id == hub.object_id]
    assert sorted(held.app_role_id for held in mapped) == sorted(role.id for role in hub.app_roles)


def test_members_of_the_projects_really_have_what_their_packages_grant(tenant: Tenant) -> None:
    for assignment in tenant.assignments.values():
        if assignment.state != "delivered" or assignment.policy_id not in tenant.policies:
            continue
        holder = tenant.subjects[assignment.target_id].object_id
        if holder not in tenant.users:
            continue
        for scope in tenant.packages[assignment.package_id].role_scopes:
            resource = tenant.resources[scope.resource_id]
            if resource.origin_system == "AadGroup":
                assert holder in tenant.groups[resource.origin_id].member_ids


def test_unusual_cases_are_there(tenant: Tenant) -> None:
    states = {assignment.state for assignment in tenant.assignments.values()}
    assert states == {"delivering", "partiallyDelivered", "delivered", "deliveryFailed", "expired"}
    statuses = {assignment.status for assignment in tenant.assignments.values()}
    assert "NearExpiry1DayNotificationTriggered" in statuses
    seen = {(request.request_type, request.state, request.status) for request in tenant.requests.values()}
    assert {
        ("userAdd", "pendingApproval", "PendingApprovalEscalated"),
        ("userAdd", "scheduled", "PendingNotBefore"),
        ("userAdd", "canceled", "Canceled"),
        ("systemAdd", "delivered", "FulfilledNotificationTriggered"),
        ("systemRemove", "delivered", "FulfilledNotificationTriggered"),
        ("approverRemove", "delivered", "FulfilledNotificationTriggered"),
    } <= seen
    assert any(request.is_renewal for request in tenant.requests.values())
    assert any(
        len([s for s in r.stages if s.status == "Completed"]) == 1 and r.is_open for r in tenant.requests.values()
    )
    gone = tenant.deleted_users[user_id("leaver")]
    held = list(tenant.assignments_for(subject_id(gone.id)))
    assert [assignment.state for assignment in held] == ["delivered"]
    kinds = {
        assignment.schedule["expiration"]["type"] for assignment in tenant.assignments.values() if assignment.schedule
    }
    assert kinds == {"noExpiration", "afterDateTime", "afterDuration"}


def test_two_approve_each_other_and_one_group_of_approvers_has_guests(tenant: Tenant) -> None:
    first, second = tenant.users[user_id("mirror-1")], tenant.users[user_id("mirror-2")]
    assert (first.manager_id, second.manager_id) == (second.id, first.id)
    alone = tenant.users[user_id("spiral")]
    assert alone.manager_id == alone.id
    lab = tenant.member_users(stable_id("group/Lab Approvers"))
    assert {tenant.users[key].user_type for key in lab} == {"Member", "Guest"}


def test_a_partner_waits_for_their_own_sponsor(tenant: Tenant) -> None:
    waiting = next(
        request
        for key in tenant.open_requests
        if (request := tenant.requests[key]).package_id == stable_id("package/Partner handbook")
    )
    stage = waiting.current_stage
    assert stage is not None
    organization = tenant.connected_organizations[stable_id("organization/lakeside")]
    approvers = Approvers(StoryWorld(tenant, StoryClock(NOW))).of(waiting, stage)
    assert approvers == list(organization.external_sponsor_ids)


def test_the_bot_and_the_writer_are_allowed_what_they_need(tenant: Tenant) -> None:
    bot, writer = tenant.apps[BOT_APP_ID], tenant.apps[WRITER_APP_ID]
    assert bot.application_permissions == {
        "EntitlementManagement.Read.All",
        "User.Read.All",
        "GroupMember.Read.All",
    }
    assert writer.application_permissions == {"EntitlementManagement.ReadWrite.All", "User.Invite.All"}
    assert bot.identifier_uri == "api://botid-" + BOT_APP_ID
    assert {consent for consent in tenant.consents if consent.app_id == BOT_APP_ID} == {
        Consent(BOT_APP_ID, EVERYBODY, permission)
        for permission in (
            "AccessReview.ReadWrite.All",
            "EntitlementMgmt-SubjectAccess.ReadWrite",
            "EntitlementManagement.ReadWrite.All",
            "User.Read",
        )
    }


def test_names_are_unique_except_where_they_are_meant_not_to_be(tenant: Tenant) -> None:
    people = [user.display_name for user in tenant.users.values()]
    assert [name for name in set(people) if people.count(name) > 1] == ["Tina Twin"]
    groups = [group.display_name for group in tenant.groups.values()]
    assert [name for name in set(groups) if groups.count(name) > 1] == ["Marketing"]
    addresses = [user.user_principal_name.casefold() for user in tenant.users.values()]
    assert len(set(addresses)) == len(addresses)
