"""Rules of automatic policies: the language, and what comes of it when policies and people change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.graph.engine.membership_rules import RuleRejected, compile_rule
from sandbox.tenant.model import User
from tests.sandbox.graph_support import EM, WRITE, Caller, Graph, serve_graph

RITA = User(
    "1", "Rita O'Neil", "Rita", "O'Neil", "rita@woodgrove.example", "rita@woodgrove.example", department="Sales"
)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ('user.department -eq "Sales"', True),
        ("(user.Department -EQ 'sales')", True),
        ('user.department eq "Sales" and user.accountEnabled eq true', True),
        ('user.department -ne "Sales" -or user.surname -eq "O\'Neil"', True),
        ('-not (user.department -eq "Sales")', False),
        ('not user.jobTitle -eq "Boss" -and user.jobTitle -eq null', True),
        ('user.department -in ["HR", "Sales"]', True),
        ('user.department -notIn ["HR", "Sales"]', False),
        ('user.mail -startsWith "RITA@"', True),
        ('user.mail -notStartsWith "rita"', False),
        ('user.mail -contains "wood" -and user.mail -notContains "fabrikam"', True),
        ('user.userType -eq "Guest" -or user.userType -eq "Member" -and user.department -eq "HR"', False),
        ('user.displayName -eq "rita `"o`"neil"', False),
        ("user.companyName -contains 'x'", False),
    ],
)
def test_a_rule_holds_or_does_not(rule: str, holds: bool) -> None:
    assert compile_rule(rule)(RITA) is holds


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("", "the end"),
        ('user.shoeSize -eq "44"', "user.shoeSize"),
        ('device.department -eq "x"', "device.department"),
        ('user.department -match "S.*"', "-match"),
        ("user.department -eq Sales", "Sales"),
        ('user.department -eq "Sales" user', "user"),
        ('(user.department -eq "Sales"', "the end"),
        ("user.department -in 'x'", "x"),
        ("user.department -startsWith true", "-startsWith"),
        ("user.department -eq %", "%"),
        ("(" * 200, "nested"),
        ("-not " * 200, "nested"),
        ("x" * 4000, "3072"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(rule: str, named: str) -> None:
    with pytest.raises(RuleRejected, match="deeply" if named == "nested" else None) as refused:
        compile_rule(rule)
    assert named in str(refused.value)


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def policy(graph: Graph, rule: str, **automatic: Any) -> dict[str, Any]:
    return {
        "displayName": "Everybody of one department",
        "accessPackage": {"id": graph.package("Office map").id},
        "allowedTargetScope": "specificDirectoryUsers",
        "specificAllowedTargets": [
            {"@odata.type": "#microsoft.graph.attributeRuleMembers", "membershipRule": rule, "description": "Rule"}
        ],
        "automaticRequestSettings": {"requestAccessForAllowedTargets": True, **automatic},
    }


async def make(graph: Graph, admin: Caller, rule: str, **automatic: Any) -> str:
    made = await admin.post(f"{EM}/assignmentPolicies", policy(graph, rule, **automatic))
    assert made.status == 201, made.body
    return str(made.body["id"])


def states(graph: Graph, policy_id: str) -> dict[str, tuple[str | None, str]]:
    """State and status of what was assigned through the policy, by person."""
    users, subjects = graph.tenant.users, graph.tenant.subjects
    held = [one for one in graph.tenant.assignments.values() if one.policy_id == policy_id]
    return {users[str(subjects[one.target_id].object_id)].display_name: (one.state, one.status) for one in held}


async def settled(graph: Graph, admin: Caller, **span: float) -> None:
    graph.advance(**span)
    assert (await admin.get(f"{EM}/assignments?$top=1")).status == 200


async def test_whoever_satisfies_the_rule_gets_the_package_and_loses_it_again(graph: Graph) -> None:
    admin = graph.person("admin", (WRITE, "User.ReadWrite.All"))
    for key in ("requester", "manager"):
        graph.tenant.users[graph.id_of(key)].department = "Lighthouse"
    policy_id = await make(
        graph,
        admin,
        'user.department -eq "lighthouse"',
        removeAccessWhenTargetLeavesAllowedTargets=True,
        gracePeriodBeforeAccessRemoval="P7D",
    )
    await settled(graph, admin, seconds=59)
    assert states(graph, policy_id) == {}
    await settled(graph, admin, seconds=30)
    assert set(states(graph, policy_id)) == {"Rita Requester", "Marc Manager"}
    asked = [one for one in graph.tenant.requests.values() if one.policy_id == policy_id]
    assert {one.request_type for one in asked} == {"systemAdd"}

    rita = f"/users/{graph.id_of('requester')}"
    assert (await admin.patch(rita, {"department": "Sales"})).status == 204
    await settled(graph, admin, minutes=2)
    assert states(graph, policy_id)["Rita Requester"] == ("delivered", "AutoAssignmentInGracePeriod")
    assert (await admin.patch(rita, {"department": "Lighthouse"})).status == 204
    await settled(graph, admin, days=8)
    assert states(graph, policy_id)["Rita Requester"][0] == "delivered"

    assert (await admin.patch(rita, {"department": "Sales"})).status == 204
    await settled(graph, admin, days=8)
    await settled(graph, admin, minutes=2)
    assert states(graph, policy_id)["Rita Requester"][0] == "expired"
    assert states(graph, policy_id)["Marc Manager"][0] == "delivered"


async def test_people_who_come_later_get_it_too_up_to_the_limit(graph: Graph) -> None:
    admin = graph.person("admin", (WRITE, "User.ReadWrite.All"))
    graph.world.options.max_automatic_assignments = 1
    policy_id = await make(graph, admin, 'user.department -eq "Lighthouse"')
    for name in ("keeper.one", "keeper.two"):
        made = await admin.post(
            "/users",
            {
                "accountEnabled": True,
                "displayName": name,
                "mailNickname": name,
                "userPrincipalName": f"{name}@woodgrove.example",
                "department": "Lighthouse",
                "passwordProfile": {"password": "not a real one"},
            },
        )
        assert made.status == 201
        await settled(graph, admin, minutes=2)
    assert list(states(graph, policy_id)) == ["keeper.one"]


async def test_without_the_setting_nobody_loses_anything(graph: Graph) -> None:
    admin = graph.person("admin", (WRITE, "User.ReadWrite.All"))
    graph.tenant.users[graph.id_of("requester")].department = "Lighthouse"
    policy_id = await make(graph, admin, 'user.department -eq "Lighthouse"')
    await settled(graph, admin, minutes=2)
    assert (await admin.patch(f"/users/{graph.id_of('requester')}", {"department": "Sales"})).status == 204
    await settled(graph, admin, days=30)
    assert states(graph, policy_id)["Rita Requester"] == ("delivered", "Delivered")


async def test_a_rule_that_is_not_understood_makes_no_policy(graph: Graph) -> None:
    admin = graph.person("admin", (WRITE,))
    refused = await admin.post(f"{EM}/assignmentPolicies", policy(graph, 'user.department -match "S"'))
    assert (refused.status, refused.code) == (400, "InvalidMembershipRule")
    assert "-match" in refused.message


async def test_a_dynamic_stage_asks_whom_its_logic_app_names(graph: Graph) -> None:
    admin, rita = graph.person("admin", (WRITE,)), graph.person("requester")
    package = graph.package("Office map")
    found = graph.tenant.policies_of(package.id)[0]
    where = f"{EM}/assignmentPolicies/{found.id}"
    dynamic = {
        "@odata.type": "#microsoft.graph.accessPackageDynamicApprovalStage",
        "durationBeforeAutomaticDenial": "P7D",
        "fallbackPrimaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": graph.id_of("approver")}],
    }
    body = (await admin.get(where)).body
    body["requestApprovalSettings"] |= {"isApprovalRequiredForAdd": True, "stages": [dynamic]}
    graph.world.options.licence = "P2"
    assert (await admin.call("PUT", where, body)).status == 403
    graph.world.options.licence = "governance"
    replaced = await admin.call("PUT", where, body)
    assert replaced.status == 200, replaced.body
    (stage,) = replaced.body["requestApprovalSettings"]["stages"]
    assert stage["@odata.type"] == dynamic["@odata.type"]

    wanted = {"requestType": "userAdd", "assignment": {"accessPackageId": package.id}}
    made = await rita.post(f"{EM}/assignmentRequests", wanted)
    assert made.status == 201, made.body
    graph.advance(seconds=1)
    inbox = f"{EM}/assignmentRequests/filterByCurrentUser(on='approver')"

    async def is_asked(key: str) -> bool:
        return made.body["id"] in [one["id"] for one in await graph.person(key).values(inbox)]

    assert (await is_asked("lead"), await is_asked("approver")) == (False, True)
    graph.world.options.dynamic_approvers = [graph.id_of("lead"), "nobody"]
    assert (await is_asked("lead"), await is_asked("approver")) == (True, False)


async def test_rules_may_be_looked_at_at_once(graph: Graph) -> None:
    admin = graph.person("admin", (WRITE, "User.ReadWrite.All"))
    graph.world.options.rule_delay_s = 0.0
    graph.tenant.users[graph.id_of("requester")].department = "Lighthouse"
    policy_id = await make(graph, admin, 'user.department -eq "Lighthouse"')
    await settled(graph, admin, seconds=10)
    assert set(states(graph, policy_id)) == {"Rita Requester"}
