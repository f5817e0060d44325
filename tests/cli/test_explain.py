"""`--explain` on commands that work with a tenant: calls are told with identity and permission, and none is made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli.__main__ import build_app
from sandbox.tenant.identity import BOT_APP_ID
from tests.cli.test_companies import FILE
from tests.support.office import FILES
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


AN_ID = "11111111-0000-4000-8000-000000000001"
ASKING_GRAPH: Mapping[str, tuple[str, ...]] = {
    "app-roles apply": ("roles.json",),
    "app-roles export": ("none.json", "--app", "Project Hub"),
    "app-roles plan": ("roles.json",),
    "companies apply": ("companies.yaml",),
    "companies export": ("none.yaml",),
    "companies plan": ("companies.yaml",),
    "doctor": (),
    "doctor permissions": (),
    "enrol apply": ("files",),
    "enrol export": ("none",),
    "enrol lint": ("files", "--online"),
    "enrol migration": (),
    "enrol plan": ("files",),
    "evidence export": (AN_ID, "--out", "none.pack"),
    "link": ("Sales data",),
    "packages apply": ("packages.yaml",),
    "packages export": ("Projects",),
    "packages plan": ("packages.yaml",),
    "projects adopt": ("Projects",),
    "projects apply": ("projects.yaml",),
    "projects export": ("Projects",),
    "projects plan": ("projects.yaml",),
    "rehearse": ("Sales data", "--as", "rita.requester@woodgrove.example"),
    "roles": ("Project Hub",),
    "tree": ("Sales data",),
    "what-if": (AN_ID, "--delete"),
}
"""Every command that asks Graph, with something to do."""

OFFLINE: Mapping[str, tuple[str, ...]] = {
    "app-roles lint": ("roles.json",),
    "evidence erase": (AN_ID,),
    "evidence verify": ("companies.yaml",),
}
"""Those that read and write files alone."""


def commands(found: Any, name: str = "") -> dict[str, Any]:
    """Every command that somebody can type, by its name."""
    if not hasattr(found, "commands"):
        return {name: found}
    own = {name: found} if name and found.invoke_without_command else {}
    inner = [commands(each, f"{name} {word}".strip()) for word, each in found.commands.items()]
    return own | {word: each for part in inner for word, each in part.items()}


def options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


def calls(told: Ended) -> list[dict[str, Any]]:
    assert told.code == 0, told.errors
    found: list[dict[str, Any]] = json.loads(told.text)
    assert all(call["identity"] and call["permission"] for call in found), found
    return found


def writes(told: Ended) -> list[str]:
    """All but the reads; whether somebody is in some groups is asked with a POST."""
    told_of = [f"{call['method']} {call['address'].split('?')[0]}" for call in calls(told) if call["method"] != "GET"]
    return [each for each in told_of if not each.endswith("/checkMemberGroups")]


async def test_writing_commands_say_what_they_would_send_and_send_nothing(pipeline: Pipeline) -> None:
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

    assert list(pipeline.world.graph_log.entries) == []
    in_words = await pipeline.run("companies", "apply", str(folder / "companies.yaml"), "--explain")
    assert "as the pipeline's app registration (AZURE_CLIENT_ID), needs" in in_words.text


def test_every_command_has_json_and_explains_what_it_asks_of_graph() -> None:
    known = commands(get_command(build_app()))
    assert set(known) == {*ASKING_GRAPH, *OFFLINE}
    missing: dict[str, list[str]] = {"--json": [], "--explain": [], "--dry-run": []}
    for name, command in known.items():
        has = options(command)
        missing["--json"] += [name] * ("--json" not in has)
        missing["--explain"] += [name] * (name in ASKING_GRAPH and "--explain" not in has)
        missing["--dry-run"] += [name] * (name.endswith((" apply", " erase")) and "--dry-run" not in has)
    assert not any(missing.values()), missing


@dataclass
class BesideTheBot(Pipeline):
    """Runs where it is known which app is the bot's."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "MicrosoftAppId": BOT_APP_ID}


@dataclass
class WithoutTenant(Pipeline):
    """Runs where nobody could sign in."""

    def environment(self) -> dict[str, str]:
        return {name: "" if name.startswith("AZURE_") else value for name, value in super().environment().items()}


async def test_every_command_tells_its_calls_and_makes_none(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pipeline.folder
    monkeypatch.chdir(folder)
    for name in ("packages.yaml", "projects.yaml"):
        shutil.copy(FILES / name, folder / name)
    (folder / "companies.yaml").write_text(FILE)
    (folder / "roles.json").write_text(json.dumps({"appId": ROLE["id"], "appRoles": [ROLE]}))
    (folder / "files").mkdir()
    (folder / "files" / "alder.csv").write_text(ROWS)
    before = sorted(each.name for each in folder.iterdir())
    beside = BesideTheBot(pipeline.world, folder)
    for name, given in ASKING_GRAPH.items():
        told = await beside.run(*name.split(), *given, "--explain", "--json")
        assert calls(told), name
        assert (writes(told) == []) is not name.endswith(" apply"), name
        assert {each["identity"] for each in calls(told)} == {"the pipeline's app registration (AZURE_CLIENT_ID)"}, name
    for name, given in OFFLINE.items():
        told = await WithoutTenant(pipeline.world, folder).run(*name.split(), *given, "--json")
        assert "AZURE_" not in told.errors, name
    lone = await WithoutTenant(pipeline.world, folder).run("enrol", "lint", "files", "--explain", "--json")
    assert calls(lone) == [], "without --online nothing is asked"
    assert list(pipeline.world.graph_log.entries) == []
    assert sorted(each.name for each in folder.iterdir()) == sorted([*before, "token"])


async def test_what_hangs_on_an_answer_is_explained_for_a_tenant_that_has_it(pipeline: Pipeline) -> None:
    """As far as that can be imagined: each of these reads has a permission that somebody has to be asked for."""

    def asked(told: Ended) -> set[str]:
        return {call["address"].split("?")[0].rpartition("/")[2] for call in calls(told)}

    beside = BesideTheBot(pipeline.world, pipeline.folder)
    rehearsed = await beside.run("rehearse", "Sales data", "--as", "rita@x.example", "--explain", "--json")
    assert {"manager", "sponsors", "internalSponsors", "externalSponsors", "checkMemberGroups"} <= asked(rehearsed)
    assert "microsoft.graph.user" in asked(rehearsed), "the members of a group of approvers"
    migrated = await beside.run("enrol", "migration", "--project", "alder", "--explain", "--json")
    assert {"manager", "connectedOrganizations", "assignmentRequests", "internalSponsors"} <= asked(migrated)
    permitted = await beside.run("doctor", "permissions", "--explain", "--json")
    assert asked(permitted) == {f"servicePrincipals(appId='{BOT_APP_ID}')", "oauth2PermissionGrants"}
    nothing = await beside.run("rehearse", "Sales data", "--as", "x", "--sandbox", "--explain", "--json")
    assert calls(nothing) == []


def test_the_shell_completes_commands_and_options() -> None:
    env = {"_DOORMAN_COMPLETE": "complete_bash", "COMP_WORDS": "doorman packages ", "COMP_CWORD": "2"}
    told = CliRunner(env=env).invoke(build_app(), [], prog_name="doorman")
    assert {"plan", "apply", "export"} <= set(told.stdout.split())
