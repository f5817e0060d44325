"""An administrator makes an access package in chat, and reads policies and roles there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
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
    assert "There are 2 groups called 'Marketing'" in told(missing)
    assert "There is no group 'Nowhere'" in told(missing)
    back = await here.presses(ADAM, "Change my answers")
    assert "New access package" in told(back)
    planned = await here.presses(ADAM, "Show the plan", **ANSWERS)
    assert "5. Into the access package | • Let it give Testing-Group as Member" in told(planned)
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
        "Stage 1: the manager approves within 14 days.",
        "Stage 2: Lena Lead approves within 14 days.",
        "A reason is required.",
        "Access ends after 90 days.",
    ):
        assert sentence in told(words)
    assert "Which one?" in told(await here.says(ADAM, "policy Nothing like it"))
    assert "• Member" in told(await here.says(ADAM, "roles Testing-Group"))
    assert "Several things have this name" in told(await here.says(ADAM, "roles Marketing"))


async def test_an_administrator_hides_a_package_and_shows_it_again(here: Story) -> None:
    package = here.world.tenant.packages[here.package_id("Office map")]
    asked = await here.says(ADAM, "hide office map")
    assert "Hide Office map?" in told(asked)
    assert "Whoever has its address can still ask for it." in told(asked)
    assert (writes(here), package.is_hidden) == ([], False)
    assert "Office map is hidden now" in told(await here.presses(ADAM, "Hide it"))
    assert package.is_hidden
    assert "It is hidden from lists." in told(await here.says(ADAM, f"hide {package.id}"))
    (call,) = [each for each in here.graph_calls() if each.method == "PATCH"]
    assert call.identity_id == here.user(ADAM).id

    await here.says(ADAM, "unhide Office map")
    package.is_hidden = False  # somebody was quicker in the portal
    assert "Whoever may ask for it finds it." in told(await here.presses(ADAM, "Show it again"))
    here.world.faults.add(Fault(service=Service.GRAPH, kind="status", path=f"accessPackages/{package.id}$", status=500))
    await here.says(ADAM, "hide Office map")
    assert "Microsoft 365 did not do it" in told(await here.presses(ADAM, "Hide it"))
    here.world.faults.clear()
    assert "Office map is hidden now" in told(await here.presses(ADAM, "Try again"))
    assert "Office map is shown" in told(await here.presses(ADAM, "Show it again"))
    async with here.store.unit(read_only=True) as unit:
        lines = await unit.audit.about(package.id)
    assert [
        (line.event, line.detail["source"], line.detail["changes"]["isHidden"])
        for line in lines
        if "done" in line.event
    ] == [
        ("packages.update-package.done", "chat", True),
        ("packages.update-package.done", "chat", True),
        ("packages.update-package.done", "chat", False),
    ]

    twin = replace(package, id=here.world.tenant.new_id("twin"))
    here.world.tenant.packages[twin.id] = twin
    assert twin.id in told(await here.says(ADAM, "hide Office map"))
    assert "I know no access package called Nothing" in told(await here.says(ADAM, "hide Nothing"))
    assert "like this: hide Sales data" in told(await here.says(ADAM, "hide"))
    before = writes(here)
    await here.says(RITA, f"hide {package.id}")
    assert "Hide it" not in here.chat(RITA)[-1]
    assert (writes(here), package.is_hidden) == (before, False)


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
