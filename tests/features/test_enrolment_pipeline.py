"""The customer's pipeline: a folder of files, a plan in a pull request, apply after the merge, and nothing twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.app import serving
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import user_id
from sandbox.world import World
from tests.support.moments import story_clock
from tests.support.pipeline import CONFIG, QUICK, Pipeline

OAK = "Project Oak.csv"


@pytest_asyncio.fixture
async def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pipeline]:
    monkeypatch.chdir(tmp_path)
    world = World(clock=story_clock())
    world.options.processing_delay_s = world.options.delivery_delay_s = 0.0
    async with serving(world):
        yield Pipeline(world, tmp_path)


def writes(world: World) -> list[str]:
    return [call.path for call in world.graph_log.entries if call.method != "GET" and not call.path.endswith("/$batch")]


def http_requests(world: World) -> int:
    """Requests as they went over the wire: a batch is one, however much is in it."""
    return sum(call.batch is None for call in world.graph_log.entries)


def held(world: World, person: str) -> set[str]:
    """The packages that somebody has."""
    tenant = world.tenant
    subject = tenant.subject_of_user(person)
    return {
        tenant.packages[each.package_id].display_name
        for each in tenant.assignments_for(subject.id)
        if each.state == "delivered"
    }


def groups(world: World, person: str) -> set[str]:
    return {group.display_name for group in world.tenant.groups.values() if person in group.member_ids}


def edit(folder: Path, name: str, *, without: str = "", adding: str = "") -> None:
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not without or without not in line]
    at = kept.index("# end") if "# end" in kept else len(kept)
    (folder / name).write_text(
        "\n".join([*kept[:at], *([adding] if adding else []), *kept[at:]]) + "\n", encoding="utf-8"
    )


async def test_the_customer_runs_end_to_end(pipeline: Pipeline) -> None:
    world, folder = pipeline.world, pipeline.folder / "files"

    # The live state becomes files, and planning them changes nothing.
    assert (await pipeline.run("enrol", "export", str(folder))).code == 0
    assert len(list(folder.iterdir())) == 24
    world.graph_log.clear()
    empty = await pipeline.run("enrol", "plan", str(folder))
    assert (empty.code, writes(world)) == (0, [])
    assert "680 unchanged" in empty.text
    assert http_requests(world) <= 60

    # One person leaves the file, one comes, one guest is invited.
    leaver = user_id("guest-14")
    address = world.tenant.users[leaver].mail
    before, others = groups(world, leaver), {one: held(world, one) for one in world.tenant.users if one != leaver}
    assert held(world, leaver) == {"Project Oak | Contributor"}
    edit(folder, OAK, without=address, adding="Rita Requester;rita.requester@woodgrove.example;Project Oak | Manager")
    edit(folder, OAK, adding="New Guest;new.guest@fernhill.example;Project Oak | Manager")
    plan, comment, results = (pipeline.folder / name for name in ("plan.json", "plan.md", "plan.xml"))
    planned = await pipeline.run(
        "enrol", "plan", str(folder), "--out", str(plan), "--markdown", str(comment), "--junit", str(results)
    )
    assert planned.code == 2
    assert "1 add, 1 invite, 1 remove" in planned.text
    assert address in comment.read_text(encoding="utf-8")

    world.graph_log.clear()
    applied = await pipeline.run(
        "enrol", "apply", str(folder), "--plan", str(plan), "--pull-request", "12", "--commit", "abc", *QUICK
    )
    assert (applied.code, applied.text.splitlines()[-1]) == (0, "3 done")
    assert sorted(path.rpartition("/")[2] for path in writes(world)) == [*["assignmentRequests"] * 3, "invitations"]
    told = json.loads((pipeline.folder / "plan.result.json").read_text(encoding="utf-8"))
    assert {(each["action"], each["state"], each["reason"]) for each in told} == {
        ("add", "done", ""),
        ("invite", "done", ""),
        ("remove", "done", ""),
    }
    assert [each["email"] for each in told if each["action"] == "remove"] == [address]
    reasons = {one.justification for one in world.tenant.requests.values() if one.justification != "Enrolment file"}
    assert any("pull request 12, commit abc" in (each or "") for each in reasons)
    assert held(world, leaver) == set()
    assert before - groups(world, leaver) == {"ProjectOak_Contributor", "Default Users"}
    rita = user_id("requester")
    assert held(world, rita) - others[rita] == {"Project Oak | Manager"}
    assert all(held(world, one) == packages for one, packages in others.items() if one != rita)

    # Applied again, and planned again: no write.
    world.graph_log.clear()
    assert (await pipeline.run("enrol", "apply", str(folder), "--plan", str(plan), *QUICK)).code == 0
    assert (await pipeline.run("enrol", "plan", str(folder))).code == 0
    assert writes(world) == []

    # What of it could have been a request, and who would have approved.
    report = await pipeline.run("enrol", "migration", "--project", "oak")
    assert report.code == 0
    assert "| Project Oak \\| Manager |" in report.text
    assert "Who would approve" in report.text
    world.graph_log.clear()
    machine = await pipeline.run("enrol", "migration", "--project", "oak", "--days", "7", "--json")
    migrated = json.loads(machine.text)
    assert (machine.code, migrated["days"], migrated["searchedInVain"], writes(world)) == (0, 7, [], [])
    manager = next(each for each in migrated["packages"] if each["package"] == "Project Oak | Manager")
    assert (manager["managedBy"], manager["added"], manager["removed"]) == ("file", 2, 0)
    assert sum(each["people"] for each in manager["companies"]) == manager["people"]
    assert manager["ready"] is all(each["approvers"] for each in manager["companies"])

    # The undo plan takes it back.
    undone = await pipeline.run("enrol", "apply", "--plan", str(pipeline.folder / "plan.undo.json"), *QUICK)
    assert undone.code == 0
    assert held(world, leaver) == {"Project Oak | Contributor"}
    assert groups(world, leaver) == before


async def only_oak(pipeline: Pipeline) -> Path:
    folder = pipeline.folder / "files"
    await pipeline.run("enrol", "export", str(folder), "--project", "Project Oak")
    return folder


async def refused(pipeline: Pipeline, *arguments: str) -> str:
    ended = await pipeline.run("enrol", *arguments)
    assert ended.code == 1, ended
    return ended.errors


async def test_what_was_not_agreed_to_is_refused(pipeline: Pipeline) -> None:
    world, folder = pipeline.world, await only_oak(pipeline)
    person = world.tenant.users[user_id("guest-14")]
    edit(
        folder, OAK, without=person.mail, adding="Rita Requester;rita.requester@woodgrove.example;Project Oak | Manager"
    )
    plan = pipeline.folder / "plan.json"
    first = await pipeline.run("enrol", "plan", str(folder), "--out", str(plan))
    digest = json.loads(plan.read_text(encoding="utf-8"))["digest"]
    assert f"digest {digest}" in first.text
    world.graph_log.clear()

    # Another digest, other files, another plan.
    assert "the digest is" in await refused(pipeline, "apply", str(folder), "--digest", "0" * 64)
    assert "name --plan" in await refused(pipeline, "apply", str(folder))
    edit(folder, OAK, adding="Sam Second;sam.second@woodgrove.example;Project Oak | Manager")
    assert "plan again" in await refused(pipeline, "apply", str(folder), "--plan", str(plan))
    plan.write_text(plan.read_text(encoding="utf-8").replace('"action": "add"', '"action": "invite"'), encoding="utf-8")
    assert "was changed" in await refused(pipeline, "apply", "--plan", str(plan))
    assert "there is no such file or folder" in await refused(pipeline, "plan", str(pipeline.folder / "nowhere"))

    # The brake wants the exact number.
    edit(folder, OAK, without=";Project Oak | Manager")
    braked = await pipeline.run("enrol", "plan", str(folder), "--out", str(plan))
    assert braked.code == 3
    number = json.loads(plan.read_text(encoding="utf-8"))["brake"]["removals"]
    for given in ([], ["--accept-removals", str(number - 1)]):
        assert (await pipeline.run("enrol", "apply", str(folder), "--plan", str(plan), *given)).code == 3
    agreed = ["--accept-removals", str(number), *QUICK]
    assert (await pipeline.run("enrol", "apply", str(folder), "--plan", str(plan), "--dry-run", *agreed)).code == 2
    assert writes(world) == []

    # The tenant moves between plan and apply: the error says for whom.
    moved = [
        one for one in world.tenant.assignments.values() if one.target_id == world.tenant.subject_of_user(person.id).id
    ]
    moved[0].state = "partiallyDelivered"
    said = await refused(pipeline, "apply", str(folder), "--plan", str(plan), *agreed)
    assert "the tenant has moved" in said
    assert person.mail in said
    assert writes(world) == []


async def test_roles_that_do_not_go_together_are_named_with_their_place(pipeline: Pipeline) -> None:
    world, folder = pipeline.world, await only_oak(pipeline)
    config = CONFIG.read_text(encoding="utf-8")
    pipeline.config = pipeline.folder / "doorman.yaml"
    pipeline.config.write_text(config.replace("enrolment:", "enrolment:\n  conflicts: [[Approver, Manager]]"), "utf-8")
    rita = "Rita Requester;rita.requester@woodgrove.example"
    edit(folder, OAK, adding=f"{rita};Project Oak | Approver\n{rita};Project Oak | Manager")
    last = len((folder / OAK).read_text(encoding="utf-8").splitlines()) - 1
    report = pipeline.folder / "plan.xml"
    planned = await pipeline.run("enrol", "plan", str(folder), "--junit", str(report))
    assert planned.code == 1
    approver, manager = "Project Oak | Approver", "Project Oak | Manager"
    said = "rita.requester@woodgrove.example cannot have both {} and {}."
    assert [line for line in planned.text.splitlines() if "cannot have both" in line] == [
        f"Cannot be done: {OAK}:{last - 1}: {said.format(approver, manager)}",
        f"Cannot be done: {OAK}:{last}: {said.format(manager, approver)}",
    ]
    assert "1 add" not in planned.text
    failed = report.read_text(encoding="utf-8")
    assert failed.count(f'<failure message="{said.format(approver, manager)}"') == 1
    assert f'classname="{OAK}:{last}"' in failed
    assert writes(world) == []


async def test_a_busy_graph_delays_and_loses_nothing(pipeline: Pipeline) -> None:
    world, folder = pipeline.world, await only_oak(pipeline)
    people = [user for user in world.tenant.users.values() if user.mail.endswith("@woodgrove.example")]
    new = [user for user in people if user.account_enabled and "Project Oak | Approver" not in held(world, user.id)][
        :45
    ]
    rows = [f"{user.display_name};{user.user_principal_name};Project Oak | Approver" for user in new]
    edit(folder, OAK, adding="\n".join(rows))
    world.faults.add(Fault(Service.GRAPH, "status", status=429, retry_after=0.05, percent=5.0))
    world.faults.add(Fault(Service.GRAPH, "status", method="POST", path="assignmentRequests", status=503, percent=5.0))
    world.faults.add(
        Fault(Service.GRAPH, "status", method="POST", path="assignmentRequests", status=504, percent=5.0, after=True)
    )
    planned = await pipeline.run("enrol", "plan", str(folder))
    assert "45 add" in planned.text, planned
    digest = planned.text.rpartition("digest ")[2].strip()
    applied = await pipeline.run("enrol", "apply", str(folder), "--digest", digest, *QUICK)
    assert applied.code == 0, applied
    assert all("Project Oak | Approver" in held(world, user.id) for user in new)
    filed = [one for one in world.tenant.requests.values() if (one.justification or "").startswith("Enrolment plan")]
    assert len(filed) == len(new)


async def test_who_asked_for_themselves_is_exported_and_left_alone(pipeline: Pipeline) -> None:
    world, folder, name = pipeline.world, pipeline.folder / "files", "Project Alder | Contributor"
    package = next(each for each in world.tenant.packages.values() if each.display_name == name)
    own = next(each for each in world.tenant.policies_of(package.id) if each.display_name == "Self-service")
    holder = next(each for each in world.tenant.holders_of(package.id) if each.state == "delivered")
    mail = world.tenant.users[str(world.tenant.subjects[holder.target_id].object_id)].mail
    holder.policy_id = own.id
    await pipeline.run("enrol", "export", str(folder), "--project", "alder")
    assert f"{mail};{name}" in (folder / "Project Alder.csv").read_text(encoding="utf-8")
    for without in ("", f"{mail};{name}"):
        edit(folder, "Project Alder.csv", without=without)
        planned = await pipeline.run("enrol", "plan", str(folder))
        assert (planned.code, "1 unmanaged" in planned.text) == (0, True)

    # Where people ask for one package of a project themselves, its files change the others and not that one.
    pipeline.config = pipeline.folder / "doorman.yaml"
    config = CONFIG.read_text(encoding="utf-8")
    pipeline.config.write_text(config.replace("managed_by: both", "managed_by: self-service"), encoding="utf-8")
    people = len([each for each in world.tenant.holders_of(package.id) if each.state == "delivered"])
    await pipeline.run("enrol", "export", str(folder), "--project", "alder")
    assert (folder / "Project Alder.csv").read_text(encoding="utf-8").count(f";{name}\n") == people
    again = await pipeline.run("enrol", "plan", str(folder), "--json")
    assert (again.code, json.loads(again.text)["rows"][0]["action"]) == (0, "unchanged")
    manager = "Project Alder | Manager"
    edit(folder, "Project Alder.csv", without=f";{name}")
    rows = (f"Rita Requester;rita.requester@woodgrove.example;{each}" for each in (name, manager))
    edit(folder, "Project Alder.csv", adding="\n".join(rows))
    planned = await pipeline.run("enrol", "plan", str(folder))
    assert (planned.code, planned.text.count("People ask for this access package themselves")) == (1, 1), planned
    assert planned.text.splitlines()[-2].startswith("1 add, ")
    assert f", {people} unmanaged, 1 error; " in planned.text
