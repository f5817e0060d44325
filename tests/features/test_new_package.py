"""An administrator makes an access package in chat, and reads policies and roles there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import BOT_APP_ID
from tests.support.story import ADAM, LENA, RITA, Story, read, story, told

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
    assert "There are 2 groups called Marketing" in told(missing)
    assert "There is no group called Nowhere" in told(missing)
    back = await here.presses(ADAM, "Change my answers")
    assert "New access package" in told(back)
    planned = await here.presses(ADAM, "Show the plan", **ANSWERS)
    assert "Into the access package | • Let Trade fair give Testing-Group as Member" in told(planned)
    assert "Approval 2, within 14 days: lena.lead@" in told(planned), "what the policy would say is read before"
    assert writes(here) == []

    begun = await here.presses(ADAM, "Make it")
    assert "Trade fair is being made" in told(begun)
    assert "Open in My Access" in read(await here.sees(ADAM, "Trade fair is made"))
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


async def test_roles_of_applications_and_sites_are_told_as_far_as_they_can_be_seen(here: Story) -> None:
    site = "https://woodgrove.example/sites/audit"
    for name in ("audit", site):
        found = told(await here.says(ADAM, f"roles {name}"))
        assert f"audit ({site}) | • " in found
        assert "• Readers" in found
    assert "• Default Access" in told(await here.says(ADAM, "roles Azure DevOps"))
    unknown = told(await here.says(ADAM, "roles Project Hub"))
    assert "the permission Application.Read.All" in unknown
    assert "doorman roles" in unknown
    assert "Which one?" in told(await here.says(ADAM, "roles"))
    assert site not in told(await here.says(RITA, "roles audit")), "the catalogs are not hers to read"

    await here.stop_bot()
    here.world.tenant.apps[BOT_APP_ID].application_permissions.add("Application.Read.All")
    await here.start_bot()
    assert "• Project Alder Contributor" in told(await here.says(ADAM, "roles Project Hub"))
    assert "I know no group or application called Nowhere" in told(await here.says(ADAM, "roles Nowhere"))


async def test_what_stands_against_a_plan_is_told_in_the_readers_language(here: Story) -> None:
    await here.says(ADAM, "settings language deutsch")
    await here.says(ADAM, "new package")
    refused = told(await here.presses(ADAM, "Plan zeigen", **{**ANSWERS, "groups": "Marketing\nNowhere"}))
    assert "Es gibt keine Gruppe namens Nowhere." in refused
    assert "Es gibt 2 Gruppen namens Marketing" in refused
    assert "There" not in refused


async def test_pressed_twice_and_stopped_in_the_middle_nothing_is_made_twice(here: Story) -> None:
    await here.says(ADAM, "new package")
    await here.presses(ADAM, "Show the plan", **ANSWERS)
    here.world.faults.add(Fault(service=Service.GRAPH, kind="status", path="assignmentPolicies$", status=403))
    pressed = await asyncio.gather(*(here.presses(ADAM, "Make it") for _ in range(3)))
    assert all("Trade fair is being made" in told(each) for each in pressed)
    stopped = read(await here.sees(ADAM, "Trade fair is not finished"))
    assert "It stopped after step 3 of 4." in stopped
    assert "You may not do all of this." in stopped
    assert "Done | • Make the access package Trade fair | • Bring Testing-Group into the catalog" in stopped
    assert "Still to do | • Make the policy" in stopped
    here.world.faults.clear()
    await asyncio.gather(*(here.presses(ADAM, "Go on") for _ in range(2)))
    await here.sees(ADAM, "Trade fair is made")
    assert sum(each.display_name == "Trade fair" for each in here.world.tenant.packages.values()) == 1
    assert len(here.world.tenant.policies_of(here.package_id("Trade fair"))) == 1
    assert here.count(ADAM, "Trade fair is made") == 1

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
    await here.presses(ADAM, "Make it")
    await here.sees(ADAM, "Project Zelkova is made")
    assert len(here.world.tenant.packages[here.package_id("Project Zelkova | Manager")].role_scopes) == 2
