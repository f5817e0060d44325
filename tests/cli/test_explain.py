"""`--explain` on commands that work with a tenant: calls are told with identity and permission, and none is made."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from bot.cli.__main__ import build_app
from tests.cli.test_companies import FILE
from tests.support.pipeline import Ended, Pipeline

ROLE = {
    "allowedMemberTypes": ["User"],
    "description": "Writes",
    "displayName": "Writer",
    "id": "5a0b7c1e-0000-4000-8000-000000000001",
    "isEnabled": True,
    "value": "Writer",
}
ROWS = (
    "User Z;userz@example.com;Project Alder | Contributor\n"
    "Lena Lead;lena.lead@woodgrove.example;Project Birch | Manager\n"
)


def calls(told: Ended) -> list[dict[str, Any]]:
    assert told.code == 0, told.errors
    found: list[dict[str, Any]] = json.loads(told.text)
    assert all(call["identity"] and call["permission"] for call in found), found
    return found


def writes(told: Ended) -> list[str]:
    return [f"{call['method']} {call['address'].split('?')[0]}" for call in calls(told) if call["method"] != "GET"]


async def test_every_command_says_what_it_would_send_and_sends_nothing(pipeline: Pipeline) -> None:
    folder = pipeline.folder
    (folder / "companies.yaml").write_text(FILE)
    (folder / "roles.json").write_text(json.dumps({"appId": ROLE["id"], "appRoles": [ROLE]}))
    (folder / "files").mkdir()
    (folder / "files" / "alder.csv").write_text(ROWS)
    machine = ("--explain", "--json")

    companies = await pipeline.run("companies", "apply", str(folder / "companies.yaml"), *machine)
    told = writes(companies)
    assert sum(each.endswith("/connectedOrganizations") for each in told) == 2
    assert sum(each.endswith("/assignmentPolicies") for each in told) == 3
    assert {"POST /groups", "PATCH /identityGovernance/entitlementManagement/settings"} <= set(told)
    assert writes(await pipeline.run("companies", "plan", str(folder / "companies.yaml"), *machine)) == []

    roles = writes(await pipeline.run("app-roles", "apply", str(folder / "roles.json"), *machine))
    assert [each.split()[0] for each in roles] == ["PATCH", "POST"]
    assert roles[1] == "POST /groups/{id of Writer}/appRoleAssignments"

    enrol = await pipeline.run("enrol", "apply", str(folder / "files"), *machine)
    assert writes(enrol) == ["POST /identityGovernance/entitlementManagement/assignmentRequests"] * 2
    bodies = [call["body"] for call in calls(enrol) if call["body"]]
    assert {body["assignment"]["targetId"] for body in bodies} == {
        "{id of userz@example.com}",
        "{id of lena.lead@woodgrove.example}",
    }
    assert {body["assignment"]["assignmentPolicyId"] for body in bodies} == {
        "{id of File managed of Project Alder | Contributor}",
        "{id of File managed of Project Birch | Manager}",
    }

    for command in (
        ("enrol", "plan", str(folder / "files")),
        ("enrol", "export", str(folder / "none")),
        ("companies", "export", str(folder / "none.yaml")),
        ("app-roles", "export", str(folder / "none.json"), "--app", "Project Hub"),
        ("doctor",),
        ("evidence", "export", "11111111-0000-4000-8000-000000000001", "--out", str(folder / "none.pack")),
        ("what-if", "11111111-0000-4000-8000-000000000001", "--delete"),
    ):
        read = await pipeline.run(*command, *machine)
        assert calls(read), command
        assert writes(read) == [], command
    for group in ("packages", "projects"):
        assert "nothing was sent" in (await pipeline.run(group, "export", "Projects", "--explain")).text

    assert list(pipeline.world.graph_log.entries) == []
    assert sorted(each.name for each in folder.iterdir()) == ["companies.yaml", "files", "roles.json", "token"]
    in_words = await pipeline.run("companies", "apply", str(folder / "companies.yaml"), "--explain")
    assert "as the pipeline's app registration (AZURE_CLIENT_ID), needs" in in_words.text


def test_the_shell_completes_commands_and_options() -> None:
    env = {"_DOORMAN_COMPLETE": "complete_bash", "COMP_WORDS": "doorman packages ", "COMP_CWORD": "2"}
    told = CliRunner(env=env).invoke(build_app(), [], prog_name="doorman")
    assert {"plan", "apply", "export"} <= set(told.stdout.split())
