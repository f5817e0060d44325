"""An administrator makes an access package in chat, and reads policies and roles there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.builder import TenantBuilder
from tests.support.story import ADAM, LENA, RITA, Story, story, told

ANSWERS = {
    "name": "Trade fair",
    "description": "Everything for the trade fair",
    "catalog": "Company",
    "groups": "Testing-Group",
    "template": "members",
    "approvers": "manager\nlena.lead@woodgrove.example",
    "days": "90",
    "justification": "yes",
}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as found:
        found.world.options.onboarding_delay_s = 0.0
        yield found


def writes(here: Story) -> list[str]:
    calls = [call for call in here.graph_calls() if call.method in ("POST", "PUT", "PATCH", "DELETE")]
    return [call.path for call in calls if "entitlementManagement" in call.path]


async def test_an_administrator_makes_a_package_from_form_to_plan_to_done(here: Story) -> None:
    form = await here.says(ADAM, "new package Trade fair")
    assert "Nothing is made before you have seen the plan." in told(form)
    wrong = await here.presses(ADAM, "Show the plan", **{**ANSWERS, "approvers": "the boss"})
    assert "the boss is no sign-in name" in told(wrong)
    missing = await here.presses(ADAM, "Show the plan", **{**ANSWERS, "groups": "Marketing\nNowhere"})
    assert "Several things are called Marketing" in told(missing)
    assert "There is no group called Nowhere" in told(missing)
    back = await here.presses(ADAM, "Change my answers")
    assert "New access package" in told(back)
    planned = await here.presses(ADAM, "Show the plan", **ANSWERS)
    assert "Into the access package | • Let Trade fair give Testing-Group as Member" in told(planned)
    assert "Approval 2, within 14 days: lena.lead@" in told(planned), "what the policy would say is read before"
    assert writes(here) == []

    done = await here.presses(ADAM, "Make it")
    assert "Trade fair is made" in told(done)
    package = here.world.tenant.packages[here.package_id("Trade fair")]
    (policy,) = here.world.tenant.policies_of(package.id)
    assert len(package.role_scopes) == 1
    assert len(policy.settings["requestApprovalSettings"]["stages"]) == 2
    made = [call for call in here.graph_calls() if call.path.endswith(("/accessPackages", "/assignmentPolicies"))]
    assert {call.identity_id for call in made if call.method == "POST"} == {here.user(ADAM).id}

    async with here.store.unit(read_only=True) as unit:
        (line,) = await unit.audit.about(package.id)
    assert (line.event, line.actor_id) == ("packages.create-package.done", here.user(ADAM).id)
    assert (line.detail["source"], line.detail["subject"]) == ("chat", "Trade fair")

    words = await here.says(ADAM, "policy trade fair")
    for sentence in (
        "All members can ask, guests cannot.",
        "Approval 1, within 14 days: the manager.",
        "Approval 2, within 14 days: Lena Lead.",
        "A reason is required.",
        "Access ends after 90 days.",
    ):
        assert sentence in told(words)
    assert "Which one?" in told(await here.says(ADAM, "policy Nothing like it"))
    await here.says(ADAM, "policy Sales dtaa")
    assert "Figures of the sales department" in told(await here.presses(ADAM, "Sales data"))
    assert "• Member" in told(await here.says(ADAM, "roles Testing-Group"))
    assert "Several things have this name" in told(await here.says(ADAM, "roles Marketing"))


async def test_a_plan_that_is_outdated_refused_or_pressed_twice_makes_nothing_twice(here: Story) -> None:
    await here.says(ADAM, "new package")
    await here.presses(ADAM, "Show the plan", **ANSWERS)
    here.world.faults.add(Fault(service=Service.GRAPH, kind="status", path="assignmentPolicies$", status=503))
    stopped = await here.presses(ADAM, "Make it")
    assert "Trade fair is not finished" in told(stopped)
    here.world.faults.clear()
    assert "Trade fair is made" in told(await here.presses(ADAM, "Go on"))
    assert sum(each.display_name == "Trade fair" for each in here.world.tenant.packages.values()) == 1
    assert len(here.world.tenant.policies_of(here.package_id("Trade fair"))) == 1

    await here.says(ADAM, "new package")
    again = await here.presses(ADAM, "Show the plan", **ANSWERS)
    assert "there is nothing to do" in told(again)

    await here.says(RITA, "new package")
    await here.presses(RITA, "Show the plan", **{**ANSWERS, "name": "Mine"})
    assert "Mine" not in {each.display_name for each in here.world.tenant.packages.values()}
    assert "Make it" not in here.chat(RITA)[-1]


async def test_a_new_project_shows_its_file_and_waits_for_groups_that_a_pipeline_makes(here: Story) -> None:
    answers = {
        "name": "Project Zelkova",
        "catalog": "Projects",
        "roles": "Approver\nManager",
        "default_group": "Default Users",
        "leads": "lena.lead@woodgrove.example",
    }
    assert "New project" in told(await here.says(ADAM, "new project Project Zelkova"))
    assert "at least one role" in told(await here.presses(ADAM, "Show the plan", **{**answers, "roles": " "}))
    planned = told(await here.presses(ADAM, "Show the plan", **answers))
    assert "run doorman projects apply with this file" in planned
    assert 'projects: ["Project Zelkova"]' in planned
    assert "• ProjectZelkova_Approver" in planned
    build = TenantBuilder(here.world.tenant, here.world.clock.now())
    for name in ("ProjectZelkova_Approver", "ProjectZelkova_Manager"):
        build.group(name).owner_ids[here.user(LENA).id] = None
    await here.presses(ADAM, "Change my answers")
    await here.presses(ADAM, "Show the plan", **answers)
    assert "Project Zelkova is made" in told(await here.presses(ADAM, "Make it"))
    assert len(here.world.tenant.packages[here.package_id("Project Zelkova | Manager")].role_scopes) == 2
