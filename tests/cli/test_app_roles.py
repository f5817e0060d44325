"""`doorman app-roles`: from a manifest to the application and its groups, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import CLI_APP_ID, stable_id
from sandbox.tenant.model import AppRegistration
from tests.support.pipeline import Ended, Pipeline

HUB = "Project Hub"


@pytest.fixture
def hub(pipeline: Pipeline) -> AppRegistration:
    rights = {"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"}
    pipeline.world.tenant.apps[CLI_APP_ID].application_permissions |= rights
    pipeline.world.options.app_role_delay_s = 0.1
    return next(app for app in pipeline.world.tenant.apps.values() if app.display_name == HUB)


def writes(pipeline: Pipeline) -> list[tuple[str, str]]:
    calls = [call for call in pipeline.world.graph_log.entries if call.method in ("PATCH", "DELETE", "POST")]
    return [(call.method, call.path.rsplit("/", 1)[-1]) for call in calls if not call.path.endswith("/$batch")]


def changed(file: Path, change: str) -> Path:
    """The exported manifest with one role more, one value changed, or one role less."""
    whole = json.loads(file.read_text())
    roles = whole["appRoles"]
    if change == "more":
        new = {**roles[-1], "id": stable_id("new role"), "value": "Marketing_Role", "displayName": "Marketing"}
        roles.append(new)
    elif change == "less":
        whole["appRoles"] = [role for role in roles if role["value"] != "ProjectYew_Reader"]
    elif change == "spaces":
        roles[0]["value"] = " " + roles[0]["value"]
    file.write_text(json.dumps(whole, indent=2))
    return file


async def test_export_plan_apply_and_a_second_apply_that_writes_nothing(
    pipeline: Pipeline, hub: AppRegistration
) -> None:
    file, plan = pipeline.folder / "roles.json", pipeline.folder / "plan.json"
    assert (await pipeline.run("app-roles", "export", str(file), "--app", HUB)).code == 0
    assert (await pipeline.run("app-roles", "plan", str(file))).code == 0
    pipeline.world.tenant.groups[stable_id("group/Marketing/1")].display_name = "Marketing_Role"

    changed(file, "more")
    planned = await pipeline.run("app-roles", "plan", str(file), "--out", str(plan))
    assert planned.code == 2, planned.errors
    assert "+ role Marketing_Role" in planned.text
    assert "+ group Marketing_Role gets its role" in planned.text
    assert (await pipeline.run("app-roles", "apply", str(file), "--dry-run")).code == 2
    assert writes(pipeline) == []

    applied = await pipeline.run("app-roles", "apply", str(file), "--plan", str(plan))
    assert (applied.code, applied.text.splitlines()[-1]) == (0, "2 writes."), applied.errors
    assert writes(pipeline) == [("PATCH", hub.application_object_id), ("POST", "appRoleAssignments")]
    again = await pipeline.run("app-roles", "apply", str(file), "--plan", str(plan))
    assert again.text == "Nothing to do.\n"
    journal = plan.with_name("plan.json.journal").read_text().splitlines()
    assert [json.loads(line)["state"] for line in journal[1:]] == ["begun", "done"] * 2


async def test_a_role_is_disabled_before_it_goes_and_only_with_prune(pipeline: Pipeline, hub: AppRegistration) -> None:
    file = pipeline.folder / "roles.json"
    await pipeline.run("app-roles", "export", str(file), "--app", hub.app_id, "--dialect", "graph")
    changed(file, "less")
    kept = await pipeline.run("app-roles", "apply", str(file))
    assert (kept.code, writes(pipeline)) == (0, [])
    # The run dies after the first write; the next one goes on from there.
    pipeline.world.faults.add(Fault(Service.GRAPH, "status", status=403, method="PATCH", skip=1, times=1))
    died = await pipeline.run("app-roles", "apply", str(file), "--prune")
    assert died.code == 1
    assert "does not allow" in died.errors
    assert [role.is_enabled for role in hub.app_roles if role.value == "ProjectYew_Reader"] == [False]
    assert (await pipeline.run("app-roles", "apply", str(file), "--prune")).code == 0
    assert "ProjectYew_Reader" not in {role.value for role in hub.app_roles}
    assert (await pipeline.run("app-roles", "apply", str(file), "--prune")).text == "Nothing to do.\n"


async def test_mistakes_stop_before_anything_is_asked(pipeline: Pipeline, hub: AppRegistration) -> None:
    async def fails(*arguments: str, told: str) -> Ended:
        ended = await pipeline.run("app-roles", *arguments)
        assert ended.code == 1
        assert told in " ".join((ended.text + ended.errors).split()), ended
        return ended

    file, plan = pipeline.folder / "roles.json", pipeline.folder / "plan.json"
    await pipeline.run("app-roles", "export", str(file), "--app", HUB)
    await pipeline.run("app-roles", "plan", str(changed(file, "more")), "--out", str(plan))
    hub.app_roles[0].description = "Changed meanwhile"
    await fails("apply", str(file), "--plan", str(plan), told="the tenant has changed since the plan was made")
    await fails("apply", str(changed(file, "less")), "--plan", str(plan), told="the file says something else")
    await fails("lint", str(changed(file, "spaces")), told="has spaces in it")
    await fails("apply", str(file), told="mend these errors first")
    await fails("lint", str(pipeline.folder / "none.json"), told="No such file")
    await fails("export", "-", "--app", "No such application", told="there is no application")
    for app in list(pipeline.world.tenant.apps.values())[:2]:
        app.display_name = "Twins"
    await fails("export", "-", "--app", "Twins", told="there are several applications “Twins”")
    assert writes(pipeline) == []
