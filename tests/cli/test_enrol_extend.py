"""`doorman enrol extend`: another last day for many, planned, agreed to and applied like a file's changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sandbox.tenant.model import Assignment
from tests.support.pipeline import QUICK, Pipeline

OAK = "Project Oak | Contributor"
UNTIL = ("--until", "2029-06-30")


def held(pipeline: Pipeline) -> list[Assignment]:
    """Who has the package, by address."""
    tenant = pipeline.world.tenant
    (package,) = [each for each in tenant.packages.values() if each.display_name == OAK]
    found = [each for each in tenant.assignments.values() if each.package_id == package.id and each.is_live]
    return sorted(found, key=lambda each: address(pipeline, each))


def address(pipeline: Pipeline, assignment: Assignment) -> str:
    subject = pipeline.world.tenant.subjects[assignment.target_id]
    return subject.email or subject.principal_name or ""


async def test_many_get_another_end_without_a_file(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pipeline.folder)
    world = pipeline.world
    world.options.processing_delay_s = world.options.delivery_delay_s = 0.0
    everybody = held(pipeline)
    policy = world.tenant.policies[everybody[0].policy_id]
    asked = ("enrol", "extend", "--package", OAK, *UNTIL)

    policy.settings["requestorSettings"]["allowCustomAssignmentSchedule"] = False
    refused = await pipeline.run(*asked)
    assert (refused.code, "does not allow a period" in refused.text) == (1, True)
    policy.settings["requestorSettings"]["allowCustomAssignmentSchedule"] = True
    told = await pipeline.run(*asked, "--explain", "--json")
    assert {call["method"] for call in json.loads(told.text)} == {"GET"}

    # Everybody has no end: any end comes earlier, so the brake wants the number.
    plan, comment = pipeline.folder / "all.json", pipeline.folder / "all.md"
    planned = await pipeline.run(*asked, "--out", str(plan), "--markdown", str(comment))
    assert (planned.code, "before, it had no end" in planned.text) == (3, True)
    assert f"digest {json.loads(plan.read_text())['digest']}" in planned.text
    assert "Give another end" in comment.read_text(encoding="utf-8")
    stopped = await pipeline.run("enrol", "apply", "--plan", str(plan), *QUICK)
    assert (stopped.code, f"--accept-removals {len(everybody)}" in stopped.errors) == (3, True)
    assert not any(each.ends_at for each in held(pipeline))

    # Two people: planned, applied once, and nothing the second time.
    first, second = (address(pipeline, each) for each in everybody[:2])
    two = (*asked, "--who", first, "--who", second.upper())
    some = pipeline.folder / "two.json"
    planned = await pipeline.run(*two, "--out", str(some))
    digest = json.loads(some.read_text())["digest"]
    assert "2 update" in planned.text
    agreed = ("--plan", str(some), "--digest", digest, "--accept-removals", "2")
    assert (await pipeline.run("enrol", "apply", "--plan", str(some), "--digest", "another")).code == 1
    applied = await pipeline.run("enrol", "apply", *agreed, *QUICK)
    assert (applied.code, applied.text.splitlines()[-1]) == (0, "2 done"), applied
    ends = [each.ends_at for each in held(pipeline)]
    assert ends[:2] == [datetime(2029, 7, 1, tzinfo=UTC)] * 2
    assert not any(ends[2:])
    world.graph_log.clear()
    assert (await pipeline.run(*two)).code == 0
    assert (await pipeline.run("enrol", "apply", *agreed, *QUICK)).code == 0
    assert all(call.method == "GET" or call.path.endswith("/$batch") for call in world.graph_log.entries)
    lines = (pipeline.folder / ".doorman" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(json.loads(line)["event"] == "enrol.update" for line in lines if "done" in line) == 2

    nobody = await pipeline.run(*asked, "--who", "nobody@woodgrove.example", "--json")
    assert (nobody.code, json.loads(nobody.text)["rows"][0]["reason"]) == (1, "nothing held")
    unknown = await pipeline.run("enrol", "extend", "--package", "Nothing | Here", *UNTIL)
    assert (unknown.code, "No project is configured for Nothing | Here" in unknown.text) == (1, True)
    assert (await pipeline.run("enrol", "extend", "--package", OAK, "--until", "soon")).code == 1
