"""What a changed policy would do, compared with doing it and asking the tenant about everybody."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.domain import AccessPackageId, PolicyId, UserId
from bot.services.health.facts import applicants_of
from bot.services.what_if import Effect, what_if
from sandbox.graph.engine.scope import Scope
from sandbox.tenant.identity import stable_id
from tests.support.surveying import Surveyed, surveyed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here() -> AsyncIterator[Surveyed]:
    async with surveyed() as tried:
        yield tried


def may_ask(here: Surveyed, package_id: str) -> dict[UserId, frozenset[str]]:
    """Everybody who can sign in, with the policies under which the tenant itself lets them ask."""
    tenant = here.world.tenant
    scope = Scope(here.world)
    package = tenant.packages[package_id]
    return {
        UserId(user.id): frozenset(policy.id for policy in scope.offered(package, user, "enableTargetsToSelfAddAccess"))
        for user in tenant.users.values()
        if user.account_enabled
    }


async def predicted(here: Surveyed, package: str, changes: dict[str, Any] | None) -> tuple[Effect, Effect]:
    """What is foreseen for the first policy of the package, and what brute force finds once it is really so."""
    policy = here.policy(package)
    known = await here.survey.policy(PolicyId(policy.id))
    wanted = None if changes is None else merged(known, changes)
    package_id = AccessPackageId(policy.package_id)
    before, after = await here.survey.rules_with(package_id, wanted, PolicyId(policy.id))
    accounts, organizations = await here.survey.accounts(), await here.survey.organizations()
    members = await here.survey.members(before.group_ids | after.group_ids)
    foreseen = what_if(before, after, applicants_of(accounts, members, organizations))

    old = may_ask(here, package_id)
    kept = copy.deepcopy(policy.settings)
    if changes is None:
        del here.world.tenant.policies[policy.id]
    else:
        policy.settings = merged(policy.settings, changes)
    new = may_ask(here, package_id)
    policy.settings = kept
    here.world.tenant.policies[policy.id] = policy
    found = Effect(
        tuple(sorted(who for who in old if new[who] and not old[who])),
        tuple(sorted(who for who in old if old[who] and not new[who])),
    )
    moved = {who for who in old if old[who] and new[who] and old[who] != new[who]}
    assert {each.person_id for each in foreseen.moved} == moved
    return foreseen, found


def merged(policy: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(policy)
    for where, value in changes.items():
        *parents, last = where.split(".")
        current = result
        for parent in parents:
            current = current[parent]
        current[last] = value
    return result


def a_group(name: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.groupMembers",
        "groupId": stable_id(f"group/{name}"),
        "description": name,
    }


@pytest.mark.parametrize("package", ["Sales data", "Office map", "Partner workspace", "Cafeteria menu", "Design tools"])
@pytest.mark.parametrize(
    "changes",
    [
        {"allowedTargetScope": "allMemberUsers", "specificAllowedTargets": []},
        {"allowedTargetScope": "allDirectoryUsers", "specificAllowedTargets": []},
        {"allowedTargetScope": "allExternalUsers", "specificAllowedTargets": []},
        {"allowedTargetScope": "allConfiguredConnectedOrganizationUsers", "specificAllowedTargets": []},
        {
            "allowedTargetScope": "specificDirectoryUsers",
            "specificAllowedTargets": [a_group("ProjectAlder_Contributor"), a_group("Lab Approvers")],
        },
        {"allowedTargetScope": "notSpecified", "specificAllowedTargets": []},
        {"requestorSettings.enableTargetsToSelfAddAccess": False},
        None,
    ],
    ids=str,
)
async def test_everybody_who_gains_or_loses_is_foreseen(
    here: Surveyed, package: str, changes: dict[str, Any] | None
) -> None:
    foreseen, found = await predicted(here, package, changes)
    assert (foreseen.gains, foreseen.loses) == (found.gains, found.loses)


async def test_requests_that_wait_and_assignments_that_end_are_told(here: Surveyed) -> None:
    request = next(each for each in await here.survey.waiting() if each.policy_id and each.package_id)
    assert request.package_id is not None
    assert request.policy_id is not None
    known = await here.survey.policy(request.policy_id)
    open_now = merged(known, {"requestApprovalSettings.isApprovalRequiredForAdd": False})
    before, after = await here.survey.rules_with(request.package_id, open_now, request.policy_id)
    (rerouted,) = what_if(before, after, (), waiting=[request]).rerouted
    assert (rerouted.request.id, rerouted.after) == (request.id, 0)
    assert rerouted.before > 0
    gone = what_if(
        before, (await here.survey.rules_with(request.package_id, None, request.policy_id))[1], (), waiting=[request]
    )
    assert gone.rerouted[0].after is None
    assert what_if(before, before, (), waiting=[request]).is_nothing
