"""Assignment policies: what a body may say, and what its members have to do with each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.tenant.model import CustomExtension
from sandbox.tenant.settings import sponsors, target_manager
from tests.sandbox.admin_support import TYPE, Office, approval, manager_set, stage, user_set
from tests.sandbox.graph_support import EM, WRITE, Graph, serve_graph

NOBODY = "00000000-0000-4000-8000-000000000000"
RULE = {"@odata.type": TYPE + "attributeRuleMembers", "membershipRule": '(user.department -eq "Sales")'}
AUTOMATIC = {"requestAccessForAllowedTargets": True, "gracePeriodBeforeAccessRemoval": "P7D"}
TEXT: dict[str, Any] = {"@odata.type": TYPE + "accessPackageTextInputQuestion", "text": "Why?", "sequence": "1"}
CHOICE: dict[str, Any] = {
    "@odata.type": TYPE + "accessPackageMultipleChoiceQuestion",
    "text": "Which?",
    "choices": [{"actualValue": "a", "text": "A"}],
}
RECURRENCE = {
    "pattern": {"type": "absoluteMonthly", "interval": 3, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
    "range": {"type": "noEnd", "numberOfOccurrences": 0},
}


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
async def office(graph: Graph) -> Office:
    return Office.of(graph)


@pytest.fixture
async def package(office: Office) -> str:
    return await office.package(await office.catalog())


def user(graph: Graph) -> dict[str, Any]:
    return user_set(graph.id_of("approver"))


async def test_the_complete_shape_is_taken_and_given_back(graph: Graph, office: Office, package: str) -> None:
    design = next(group.id for group in graph.tenant.groups.values() if group.display_name == "Design Approvers")
    members = {"@odata.type": "#microsoft.graph.groupMembers", "groupId": design}
    settings: dict[str, Any] = {
        "description": "Everything",
        "allowedTargetScope": "SpecificDirectoryUsers",
        "specificAllowedTargets": [members],
        "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": None},
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": "true",
            "allowCustomAssignmentSchedule": True,
            "enableOnBehalfRequestorsToAddAccess": True,
            "onBehalfRequestors": [target_manager()],
        },
        "requestApprovalSettings": approval(
            stage(
                manager_set(),
                isEscalationEnabled=True,
                durationBeforeEscalation="P5D",
                escalationApprovers=[members],
                fallbackPrimaryApprovers=[user(graph)],
            ),
            isRequestorJustificationRequired=True,
        ),
        "reviewSettings": {
            "isEnabled": True,
            "expirationBehavior": "keepAccess",
            "primaryReviewers": [manager_set()],
            "schedule": {
                "startDateTime": "2026-12-01T00:00:00Z",
                "expiration": {"type": "afterDuration", "duration": "P14D"},
                "recurrence": RECURRENCE,
            },
        },
        "automaticRequestSettings": None,
        "notificationSettings": {"isAssignmentNotificationDisabled": False},
        "questions": [
            {**TEXT, "isSingleLineQuestion": True, "regexPattern": r"\d+"},
            {**CHOICE, "localizations": [{"languageCode": "de", "text": "Was?"}], "isMultipleSelectionAllowed": True},
        ],
    }
    made = await office.policy(package, **settings)
    assert made.status == 201, made.body
    where = f"{EM}/assignmentPolicies/{made.body['id']}"
    shown = (await office.admin.get(f"{where}?$expand=questions,accessPackage,catalog")).body
    assert shown["allowedTargetScope"] == "specificDirectoryUsers"
    assert shown["specificAllowedTargets"][0]["description"] == "Design Approvers"
    assert shown["requestorSettings"]["enableTargetsToSelfAddAccess"] is True
    assert shown["questions"][0]["sequence"] == 1
    assert all(question["id"] for question in shown["questions"])
    # The whole that was read can be sent back, and says the same again.
    again = await office.admin.call("PUT", where, shown)
    assert again.status == 200, again.body
    after = (await office.admin.get(f"{where}?$expand=questions,accessPackage,catalog")).body
    assert {**after, "modifiedDateTime": None} == {**shown, "modifiedDateTime": None}


async def test_putting_replaces_everything(office: Office, package: str) -> None:
    made = await office.policy(package, description="Old", questions=[TEXT], allowedTargetScope="allMemberUsers")
    where = f"{EM}/assignmentPolicies/{made.body['id']}"
    assert (await office.admin.call("PATCH", where, {"description": "x"})).status == 405
    replaced = await office.admin.call("PUT", where, {"displayName": "New"})
    assert (replaced.status, replaced.body["displayName"], replaced.body["description"]) == (200, "New", None)
    assert replaced.body["allowedTargetScope"] == "notSpecified"
    assert (await office.admin.get(f"{where}?$expand=questions")).body["questions"] == []
    moved = await office.admin.call("PUT", where, {"displayName": "New", "accessPackage": {"id": NOBODY}})
    assert moved.status == 400
    assert (await office.admin.call("PUT", where, {})).status == 400
    assert (await office.admin.call("PUT", f"{EM}/assignmentPolicies/{NOBODY}", {"displayName": "x"})).status == 404


async def test_a_policy_nobody_uses_is_deleted(office: Office, package: str) -> None:
    made = await office.policy(package)
    assert (await office.delete(f"/assignmentPolicies/{made.body['id']}")).status == 204
    assert (await office.delete(f"/assignmentPolicies/{made.body['id']}")).status == 404


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"accessPackage": None}, "accessPackage"),
        ({"accessPackage": {"id": NOBODY}}, "accessPackage/id"),
        ({"displayName": ""}, "displayName"),
        ({"allowedTargetScope": "allFriends"}, "allFriends"),
        ({"accessPackageNotificationSettings": {}}, "accessPackageNotificationSettings"),
        ({"canExtend": True}, "canExtend"),
        ({"expiration": {"type": "someday"}}, "expiration/type"),
        ({"expiration": {"type": "afterDuration"}}, "duration"),
        ({"expiration": {"type": "afterDuration", "duration": "PT0S"}}, "duration"),
        ({"expiration": {"type": "afterDuration", "duration": "90 days"}}, "expiration/duration"),
        ({"expiration": {"type": "afterDuration", "duration": "P3661D"}}, "expiration/duration"),
        ({"expiration": {"type": "afterDuration", "duration": "P9999999999999Y"}}, "expiration/duration"),
        ({"expiration": {"type": "afterDateTime", "endDateTime": "0001-01-01T00:00:00Z"}}, "expiration/endDateTime"),
        ({"expiration": {"type": "afterDateTime", "endDateTime": "9999-12-31T23:59:59Z"}}, "expiration/endDateTime"),
        ({"expiration": {"type": "afterDateTime"}}, "endDateTime"),
        ({"expiration": {"type": "afterDateTime", "endDateTime": "soon"}}, "expiration/endDateTime"),
        ({"expiration": {"type": "noExpiration", "duration": "P1D"}}, "duration"),
        (
            {"expiration": {"type": "afterDuration", "duration": "P1D", "endDateTime": "2027-01-01T00:00:00Z"}},
            "endDateTime",
        ),
        ({"requestorSettings": {"enableTargetsToSelfAddAccess": "yes"}}, "enableTargetsToSelfAddAccess"),
        ({"requestorSettings": {"scopeType": "x"}}, "requestorSettings/scopeType"),
        ({"requestorSettings": {"enableOnBehalfRequestorsToAddAccess": True}}, "onBehalfRequestors"),
        ({"requestorSettings": {"onBehalfRequestors": [manager_set()]}}, "requestorManager"),
        ({"requestorSettings": {"onBehalfRequestors": [target_manager(5)]}}, "managerLevel"),
        ({"requestApprovalSettings": {"isApprovalRequiredForAdd": True}}, "stages"),
        ({"requestApprovalSettings": {"isApprovalRequiredForUpdate": True, "stages": []}}, "stages"),
        ({"requestApprovalSettings": {"approvalStages": []}}, "approvalStages"),
        ({"requestApprovalSettings": {"stages": [{}]}}, "primaryApprovers"),
        ({"requestApprovalSettings": {"stages": [{"@odata.type": TYPE + "approvalStage"}]}}, "approvalStage"),
        ({"requestApprovalSettings": approval(stage(manager_set(3)))}, "managerLevel"),
        ({"requestApprovalSettings": approval(stage(user_set(NOBODY)))}, NOBODY),
        ({"requestApprovalSettings": approval(stage({"@odata.type": TYPE + "singleUser"}))}, "userId"),
        ({"requestApprovalSettings": approval(stage({"userId": NOBODY}))}, "@odata.type"),
        ({"requestApprovalSettings": approval(stage({"@odata.type": TYPE + "everybody"}))}, "everybody"),
        ({"requestApprovalSettings": approval(stage(target_manager()))}, "targetManager"),
        ({"requestApprovalSettings": approval(stage(manager_set(), isBackup=True))}, "isBackup"),
        ({"requestApprovalSettings": approval(stage(manager_set(), durationBeforeAutomaticDenial="PT0S"))}, "Denial"),
        ({"requestApprovalSettings": approval(stage(manager_set(), approverInformationVisibility="no"))}, "'no'"),
        ({"requestApprovalSettings": approval(*[stage(manager_set())] * 4)}, "3"),
        ({"questions": [{"text": "?"}]}, "@odata.type"),
        ({"questions": [{**TEXT, "text": None}]}, "text"),
        ({"questions": [{**TEXT, "sequence": "first"}]}, "sequence"),
        ({"questions": [{**TEXT, "id": "1"}, {**TEXT, "id": "1"}]}, "id"),
        ({"questions": [{**TEXT, "choices": []}]}, "choices"),
        ({"questions": [{**CHOICE, "choices": []}]}, "choices"),
        ({"questions": [{**CHOICE, "choices": [{"text": "A"}]}]}, "actualValue"),
        ({"questions": [{**CHOICE, "choices": CHOICE["choices"] * 2}]}, "actualValue"),
        ({"reviewSettings": {"isEnabled": True}}, "primaryReviewers"),
        ({"reviewSettings": {"isEnabled": True, "isSelfReview": True}}, "schedule"),
        ({"reviewSettings": {"expirationBehavior": "explode"}}, "explode"),
        ({"reviewSettings": {"primaryReviewers": [target_manager()]}}, "targetManager"),
        ({"reviewSettings": {"schedule": {"recurrence": {"pattern": {"type": "hourly"}}}}}, "hourly"),
        ({"reviewSettings": {"durationInDays": 3}}, "durationInDays"),
        ({"automaticRequestSettings": AUTOMATIC}, "attributeRuleMembers"),
        ({"allowedTargetScope": "specificDirectoryUsers", "specificAllowedTargets": [RULE]}, "automaticRequest"),
        ({"customExtensionStageSettings": [{"stage": "assignmentRequestCreated"}]}, "customExtension"),
        ({"customExtensionStageSettings": [{"customExtension": {"id": NOBODY}}]}, "stage"),
        ({"customExtensionStageSettings": [{"stage": "later", "customExtension": {"id": NOBODY}}]}, "later"),
        (
            {
                "customExtensionStageSettings": [
                    {"stage": "assignmentRequestCreated", "customExtension": {"id": NOBODY}}
                ]
            },
            NOBODY,
        ),
        ({"specificAllowedTargets": "everybody"}, "specificAllowedTargets"),
        ({"specificAllowedTargets": ["everybody"]}, "specificAllowedTargets"),
    ],
)
async def test_bodies_are_checked(office: Office, package: str, settings: dict[str, Any], named: str) -> None:
    answer = await office.policy(package, **settings)
    assert answer.status == 400
    assert named in answer.message
    shown = await office.admin.get(f"{EM}/accessPackages/{package}?$expand=assignmentPolicies")
    assert shown.body["assignmentPolicies"] == []


@pytest.mark.parametrize(
    ("scope", "targets", "status"),
    [
        ("notSpecified", [], 201),
        ("notSpecified", ["user"], 400),
        ("allMemberUsers", [], 201),
        ("allMemberUsers", ["group"], 400),
        ("allDirectoryUsers", ["user"], 400),
        ("allExternalUsers", ["organization"], 400),
        ("allConfiguredConnectedOrganizationUsers", [], 201),
        ("specificDirectoryUsers", [], 400),
        ("specificDirectoryUsers", ["user", "group"], 201),
        ("specificDirectoryUsers", ["organization"], 400),
        ("specificDirectoryUsers", ["service principal"], 400),
        ("specificDirectoryUsers", ["manager"], 400),
        ("specificConnectedOrganizationUsers", [], 400),
        ("specificConnectedOrganizationUsers", ["organization"], 201),
        ("specificConnectedOrganizationUsers", ["user"], 400),
        ("specificDirectoryServicePrincipals", ["service principal"], 201),
        ("specificDirectoryServicePrincipals", ["user"], 400),
        ("allDirectoryAgentIdentities", [], 201),
    ],
)
async def test_targets_go_with_their_scope(
    graph: Graph, office: Office, package: str, scope: str, targets: list[str], status: int
) -> None:
    tenant = graph.tenant
    sets = {
        "user": user(graph),
        "group": {"@odata.type": TYPE + "groupMembers", "groupId": next(iter(tenant.groups))},
        "manager": manager_set(),
        "organization": {
            "@odata.type": TYPE + "connectedOrganizationMembers",
            "connectedOrganizationId": next(iter(tenant.connected_organizations)),
        },
        "service principal": {
            "@odata.type": TYPE + "singleServicePrincipal",
            "servicePrincipalId": next(iter(tenant.apps.values())).object_id,
        },
    }
    answer = await office.policy(
        package, allowedTargetScope=scope, specificAllowedTargets=[sets[name] for name in targets]
    )
    assert answer.status == status, answer.body


@pytest.mark.parametrize(
    ("escalation", "denial", "alternates", "status"),
    [
        ("P1D", "P4D", True, 201),
        ("P5D", "P14D", True, 201),
        ("PT12H", "P14D", True, 400),
        (None, "P14D", True, 400),
        ("P1D", "P3D", True, 400),
        ("P6D", "P5D", True, 400),
        ("P1D", None, True, 400),
        ("P1D", "P4D", False, 400),
    ],
)
async def test_escalation(
    graph: Graph,
    office: Office,
    package: str,
    escalation: str | None,
    denial: str | None,
    alternates: bool,
    status: int,
) -> None:
    one = stage(
        manager_set(),
        isEscalationEnabled=True,
        durationBeforeEscalation=escalation,
        durationBeforeAutomaticDenial=denial,
        escalationApprovers=[user(graph)] if alternates else [],
    )
    answer = await office.policy(package, requestApprovalSettings=approval(one))
    assert answer.status == status, answer.body


async def test_a_policy_names_only_so_many(graph: Graph, office: Office, package: str) -> None:
    graph.world.options.max_policy_principals = 2
    people = [user_set(one) for one in list(graph.tenant.users)[:3]]
    targets = {"allowedTargetScope": "specificDirectoryUsers", "specificAllowedTargets": people}
    assert (await office.policy(package, **targets)).code == "ServiceLimitExceeded"
    targets["specificAllowedTargets"] = people[:2]
    assert (await office.policy(package, **targets)).status == 201
    graph.world.options.max_policy_organizations = 0
    organization = {
        "@odata.type": TYPE + "connectedOrganizationMembers",
        "connectedOrganizationId": next(iter(graph.tenant.connected_organizations)),
    }
    outside = {"allowedTargetScope": "specificConnectedOrganizationUsers", "specificAllowedTargets": [organization]}
    assert (await office.policy(package, **outside)).code == "ServiceLimitExceeded"


async def test_a_package_has_one_automatic_policy(office: Office, package: str) -> None:
    automatic = {
        "allowedTargetScope": "specificDirectoryUsers",
        "specificAllowedTargets": [RULE],
        "automaticRequestSettings": AUTOMATIC,
    }
    made = await office.policy(package, **automatic)
    assert made.status == 201, made.body
    assert (await office.policy(package, **automatic)).code == "AutomaticPolicyExists"
    where = f"{EM}/assignmentPolicies/{made.body['id']}"
    assert (await office.admin.call("PUT", where, {"displayName": "Again", **automatic})).status == 200
    mixed = {**automatic, "specificAllowedTargets": [RULE, RULE]}
    assert (await office.policy(package, **mixed)).code == "InvalidTargets"


@pytest.mark.parametrize(
    "settings",
    [
        {"requestorSettings": {"onBehalfRequestors": [target_manager()], "enableOnBehalfRequestorsToAddAccess": True}},
        {"requestApprovalSettings": approval(stage(sponsors("targetUserSponsors")))},
        {
            "allowedTargetScope": "specificDirectoryUsers",
            "specificAllowedTargets": [RULE],
            "automaticRequestSettings": AUTOMATIC,
        },
        {"customExtensionStageSettings": [{"stage": "assignmentRequestCreated", "customExtension": {"id": "e"}}]},
    ],
)
async def test_what_the_base_licence_does_not_cover(
    graph: Graph, office: Office, package: str, settings: dict[str, Any]
) -> None:
    catalog = graph.tenant.packages[package].catalog_id
    graph.tenant.custom_extensions["e"] = CustomExtension("e", catalog, {"displayName": "E"})
    graph.world.options.licence = "P2"
    assert (await office.policy(package, **settings)).status == 403
    graph.world.options.licence = "governance"
    assert (await office.policy(package, **settings)).status == 201


async def test_assigning_outsiders_needs_the_larger_licence(graph: Graph, office: Office, package: str) -> None:
    made = await office.policy(package)
    wanted = {
        "target": {"email": "new@lakeside.example"},
        "assignmentPolicyId": made.body["id"],
        "accessPackageId": package,
    }
    body = {"requestType": "adminAdd", "assignment": wanted}
    graph.world.options.licence = "P2"
    assert (await office.admin.post(f"{EM}/assignmentRequests", body)).status == 403
    graph.world.options.licence = "governance"
    assert (await office.admin.post(f"{EM}/assignmentRequests", body)).status == 201


async def test_the_justification_switch_may_be_out_of_reach(graph: Graph, office: Office, package: str) -> None:
    graph.world.options.justification_flag_settable = False
    made = await office.policy(
        package, requestApprovalSettings=approval(stage(manager_set()), isRequestorJustificationRequired=True)
    )
    assert made.body["requestApprovalSettings"]["isRequestorJustificationRequired"] is False


async def test_questions_are_changed_one_by_one(graph: Graph) -> None:
    admin, package = graph.person("admin", (WRITE,)), graph.package("Travel booking")
    policy = graph.tenant.policies_of(package.id)[0]
    where = f"{EM}/assignmentPolicies/{policy.id}/questions"
    before = await admin.values(where)
    made = await admin.post(where, TEXT)
    assert made.status == 201, made.body
    one = f"{where}/{made.body['id']}"
    assert (await admin.patch(one, {"text": "Where to?", "isRequired": True})).status == 204
    shown = (await admin.get(one)).body
    assert (shown["text"], shown["isRequired"]) == ("Where to?", True)
    assert (await admin.patch(one, {"choices": []})).status == 400
    assert (await admin.patch(one, {"@odata.type": CHOICE["@odata.type"], "choices": CHOICE["choices"]})).status == 400
    assert (await admin.post(where, {**TEXT, "id": made.body["id"]})).status == 400
    assert (await graph.person("requester", (WRITE,)).patch(one, {"text": "x"})).status == 403
    assert (await admin.call("DELETE", one)).status == 204
    assert (await admin.get(one)).status == 404
    assert await admin.values(where) == before
