"""`doorman packages`, `projects`, `roles`, `link` and `tree`, as a pipeline and an administrator run them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.app import create_sandbox, serving
from sandbox.tenant.bare import bare_tenant
from sandbox.tenant.default import default_tenant
from sandbox.tenant.identity import CLI_APP_ID, TENANT_ID
from sandbox.world import World
from tests.support.moments import story_clock
from tests.support.office import FILES
from tests.support.pipeline import Pipeline

OTHER_TENANT = "d0000000-0000-4000-8000-00000000ffff"


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Pipeline]:
    world = World(clock=story_clock(), make_tenant=bare_tenant)
    world.options.onboarding_delay_s = 0.0
    async with serving(world):
        for name in ("packages.yaml", "projects.yaml"):
            shutil.copy(FILES / name, tmp_path / name)
        yield Pipeline(world, tmp_path)


def writes(pipeline: Pipeline) -> int:
    return sum(call.method != "GET" and "$batch" not in call.path for call in pipeline.world.graph_log.entries)


def audit_lines(pipeline: Pipeline) -> list[dict[str, Any]]:
    log = pipeline.folder / ".doorman" / "audit.jsonl"
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


async def test_a_pipeline_plans_agrees_applies_and_finds_drift(bare: Pipeline) -> None:
    file, out, comment = str(bare.folder / "packages.yaml"), bare.folder / "plan.json", bare.folder / "plan.md"
    planned = await bare.run("packages", "plan", file, "--out", str(out), "--markdown", str(comment))
    assert (planned.code, planned.errors) == (2, "")
    assert "Create access package my-access-package" in planned.text
    assert "6 changes" in comment.read_text(encoding="utf-8")
    assert json.loads(out.read_text(encoding="utf-8"))["writes"] == 6

    nameless = await bare.run("packages", "apply", file)
    assert (nameless.code, "--tenant" in nameless.errors) == (1, True)
    foreign = await bare.run("packages", "apply", file, "--tenant", OTHER_TENANT)
    assert (foreign.code, "Nothing was changed" in foreign.errors) == (1, True)
    assert writes(bare) == 0
    assert (await bare.run("packages", "apply", file, "--dry-run")).code == 2

    applied = await bare.run("packages", "apply", file, "--tenant", TENANT_ID, "--plan", str(out))
    assert (applied.code, "6 of 6 done" in applied.text) == (0, True), applied
    lines = audit_lines(bare)
    assert [line["event"] for line in lines][:: len(lines) - 1] == ["packages.run"] * 2
    assert sorted(line["event"] for line in lines if line["state"] == "done") == [
        "packages.create-package",
        "packages.create-policy",
        "packages.grant-role",
        "packages.grant-role",
        "packages.onboard-resource",
        "packages.onboard-resource",
    ]
    assert {(line["source"], line["tenant"], line["actor"]) for line in lines} == {("pipeline", TENANT_ID, CLI_APP_ID)}
    again = await bare.run("packages", "plan", file, "--json")
    assert (again.code, json.loads(again.text)["steps"]) == (0, [])

    (package,) = bare.world.tenant.packages.values()
    package.description = "Changed by hand"
    assert (await bare.run("packages", "plan", file)).code == 2


async def test_a_tenant_that_moved_since_the_plan_refuses_it(bare: Pipeline) -> None:
    file, out = str(bare.folder / "packages.yaml"), bare.folder / "plan.json"
    await bare.run("packages", "plan", file, "--out", str(out))
    (group,) = [each for each in bare.world.tenant.groups.values() if each.display_name == "Testing-Group"]
    del bare.world.tenant.groups[group.id]
    group.id = OTHER_TENANT
    bare.world.tenant.groups[group.id] = group
    refused = await bare.run("packages", "apply", file, "--tenant", TENANT_ID, "--plan", str(out))
    assert (refused.code, "has changed since" in refused.errors, writes(bare)) == (1, True, 0)


async def test_what_was_made_is_taken_back_by_the_journal(bare: Pipeline) -> None:
    file = str(bare.folder / "packages.yaml")
    assert (await bare.run("packages", "apply", file, "--tenant", TENANT_ID)).code == 0
    made = writes(bare)
    bare.world.graph_log.clear()
    rolling = ("packages", "apply", file, "--rollback-created")
    looked = await bare.run(*rolling, "--dry-run", "--json")
    rows = json.loads(looked.text)
    assert (looked.code, len(rows), writes(bare)) == (2, made, 0)
    assert {(each["removed"], each["wouldBeRemoved"], each["why"]) for each in rows} == {(False, True, "")}
    assert "create-package my-access-package: would be taken back" in (await bare.run(*rolling, "--dry-run")).text
    asked = len(bare.world.graph_log.entries)
    told = json.loads((await bare.run(*rolling, "--explain", "--json")).text)
    assert sorted(each["method"] for each in told if each["method"] != "GET") == ["DELETE"] * 4 + ["POST"] * 2
    assert len(bare.world.graph_log.entries) == asked, "nothing was sent"
    back = await bare.run("packages", "apply", file, "--tenant", TENANT_ID, "--rollback-created", "--json")
    assert (back.code, all(each["removed"] for each in json.loads(back.text))) == (0, True), back
    tenant = bare.world.tenant
    assert (len(tenant.packages), len(tenant.policies), len(tenant.resources)) == (0, 0, 0)
    assert sum(line["state"] == "taken-back" for line in audit_lines(bare)) == 6
    stranger = bare.folder / "other.yaml"
    stranger.write_text("catalog: X\npackages: [{name: X, description: x}]\n", encoding="utf-8")
    nothing = await bare.run("packages", "apply", str(stranger), "--tenant", TENANT_ID, "--rollback-created")
    assert (nothing.code, "no journal" in nothing.errors) == (1, True)
    again = await bare.run(*rolling, "--dry-run", "--json")
    assert (again.code, json.loads(again.text)) == (0, [])


async def test_a_broken_file_is_one_line_for_each_problem(bare: Pipeline) -> None:
    broken = bare.folder / "broken.yaml"
    broken.write_text("catalog: x\npackages:\n  - nam: a\n    description: b\n", encoding="utf-8")
    told = await bare.run("packages", "plan", str(broken))
    assert told.code == 1
    assert [line.split(": ", 1)[0] for line in told.errors.splitlines()] == [f"{broken}:3"] * 2
    assert "cannot be read" in (await bare.run("projects", "plan", str(bare.folder / "missing.yaml"))).errors


async def test_explaining_sends_nothing_and_names_every_call_and_permission(bare: Pipeline) -> None:
    for command in (("packages", "apply", "packages.yaml"), ("projects", "apply", "projects.yaml")):
        told = await bare.run(*command[:2], str(bare.folder / command[2]), "--explain", "--json")
        calls = json.loads(told.text)
        assert told.code == 0
        assert all(call["permission"] and call["identity"] for call in calls), calls
        assert {call["method"] for call in calls} >= {"GET", "POST"}
    assert sum(call["address"].endswith("/accessPackages") for call in calls) == 74
    assert any(call["method"] == "PATCH" and call["address"].startswith("/applications/") for call in calls)
    for name in ("roles", "link", "tree"):
        assert json.loads((await bare.run(name, "X", "--explain", "--json")).text)
    assert list(bare.world.graph_log.entries) == []


async def test_what_somebody_made_by_hand_is_adopted_without_a_change(tmp_path: Path) -> None:
    world = World(clock=story_clock(), make_tenant=default_tenant)
    async with serving(world):
        pipeline = Pipeline(world, tmp_path)
        out = tmp_path / "projects.yaml"
        adopted = await pipeline.run("projects", "adopt", "Projects", "--application", "Project Hub", "--out", str(out))
        assert adopted.code == 0, adopted
        text = out.read_text(encoding="utf-8")
        assert "- Project Yew" in text
        machine = json.loads((await pipeline.run("projects", "export", "Projects", "--json")).text)
        assert (machine["catalog"], machine["packages"]) == ("Projects", 74)
        assert "- Project Yew" in machine["text"]
        kept = tmp_path / "kept.yaml"
        told = json.loads((await pipeline.run("packages", "export", "General", "--out", str(kept), "--json")).text)
        assert (told["file"], "text" in told, kept.exists()) == (str(kept), False, True)
        planned = await pipeline.run("projects", "plan", str(out), "--json")
        assert (planned.code, json.loads(planned.text)["steps"][:2]) == (0, []), planned.errors
        for catalog in ("Partners", "Workloads", "General", "Company"):
            kept = tmp_path / f"{catalog}.yaml"
            assert (await pipeline.run("packages", "export", catalog, "--out", str(kept))).code == 0
            replanned = await pipeline.run("packages", "plan", str(kept), "--json")
            assert (replanned.code, json.loads(replanned.text)["steps"][:2]) == (0, []), (catalog, replanned.errors)
        assert writes(pipeline) == 0

        # The same catalog as a copy of its own.
        kept, texts = tmp_path / "Company.yaml", tmp_path / "copy.yaml"
        kept.write_text(kept.read_text(encoding="utf-8") + "create-catalog: true\n", encoding="utf-8")
        texts.write_text("'catalog: Company': 'catalog: Company copy'\n", encoding="utf-8")
        copied = await pipeline.run("packages", "plan", str(kept), "--map", str(texts), "--json")
        kinds = [step["kind"] for step in json.loads(copied.text)["steps"]]
        assert (copied.code, kinds[0]) == (2, "create-catalog"), copied.errors
        assert {"create-package", "onboard-resource", "grant-role", "create-policy"} <= set(kinds)
        nowhere = await pipeline.run("packages", "plan", str(kept), "--map", str(tmp_path / "none.yaml"))
        assert (nowhere.code, "none.yaml: cannot be read" in nowhere.errors) == (1, True)

        roles = await pipeline.run("roles", "Azure DevOps")
        assert "Default Access" in roles.text
        assert "Owner" in (await pipeline.run("roles", "Testing-Group")).text
        link = await pipeline.run("link", "my-access-package")
        assert link.text.startswith(f"https://myaccess.microsoft.com/@{TENANT_ID}#/access-packages/")
        assert "no policy takes requests" in link.errors
        tree = await pipeline.run("tree", "Project Alder | Contributor")
        assert "Default Users: Member" in tree.text
        assert "Approval 2, within 14 days: ProjectAlder_Approver." in tree.text
        assert json.loads((await pipeline.run("tree", "Partners", "--json")).text)
        assert (await pipeline.run("roles", "Nothing like it")).code == 1


KEPT_APART = """
catalog: Ledger
create-catalog: true
packages:
  - name: Book
    description: Writes the books
    resources: [{group: Testing-Group, role: Member}, {site: "https://woodgrove.example/sites/books", role: Readers}]
    conflicts: {packages: [Audit], groups: [Testing-Group]}
  - name: Audit
    description: Looks at the books
  - name: Pay
    description: Pays
    conflicts: {packages: [Book], both-ways: false}
"""


async def test_a_catalog_that_keeps_duties_apart_is_exported_so_that_nothing_is_left_to_do(bare: Pipeline) -> None:
    file, kept = bare.folder / "ledger.yaml", bare.folder / "kept.yaml"
    file.write_text(KEPT_APART, encoding="utf-8")
    applied = await bare.run("packages", "apply", str(file), "--tenant", TENANT_ID)
    assert applied.code == 0, applied
    ids = {package.display_name: package.id for package in bare.world.tenant.packages.values()}
    excluded = {
        name: {other for other in ids if ids[other] in bare.world.tenant.packages[ids[name]].incompatible_package_ids}
        for name in ids
    }
    assert excluded == {"Book": {"Audit"}, "Audit": {"Book"}, "Pay": {"Book"}}
    before = writes(bare)
    assert (await bare.run("packages", "export", "Ledger", "--out", str(kept))).code == 0
    text = kept.read_text(encoding="utf-8")
    assert ("Testing-Group" in text, "https://woodgrove.example/sites/books" in text) == (True, True)
    for known in (file, kept):
        planned = await bare.run("packages", "plan", str(known), "--json")
        assert (planned.code, json.loads(planned.text)["steps"]) == (0, []), (known, planned.errors)
    assert writes(bare) == before


@contextlib.asynccontextmanager
async def watched(world: World, watching: Middleware) -> AsyncIterator[None]:
    """The world served, with somebody who sees every call that it gets."""
    app = create_sandbox(world)
    app.middlewares.append(watching)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        world.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield
    finally:
        await runner.cleanup()


KILLS = range(1, 8) if os.environ.get("DOORMAN_KILLS") == "all" else (1, 3)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", KILLS)
async def test_killed_at_any_write_a_second_run_ends_in_the_same_tenant(
    tmp_path: Path, number: int, after: bool
) -> None:
    world = World(clock=story_clock(), make_tenant=bare_tenant)
    world.options.onboarding_delay_s = 0.0
    child: list[asyncio.subprocess.Process] = []
    seen = 0

    @web.middleware
    async def kill(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        nonlocal seen
        if "/v1.0/" not in request.path or request.method == "GET" or not child:
            return await handler(request)
        if request.path.endswith("$batch") and b'"method": "GET"' in await request.read():
            return await handler(request)
        seen += 1
        if seen == number and not after:
            child[0].send_signal(signal.SIGKILL)
            raise web.HTTPServiceUnavailable
        response = await handler(request)
        if seen == number:
            child[0].send_signal(signal.SIGKILL)
        return response

    async with watched(world, kill):
        shutil.copy(FILES / "packages.yaml", tmp_path / "packages.yaml")
        pipeline = Pipeline(world, tmp_path)
        command = ("packages", "apply", "packages.yaml", "--tenant", TENANT_ID)
        child.append(await pipeline.start(command))
        await child[0].communicate()
        child.clear()
        with contextlib.chdir(tmp_path):
            assert (await pipeline.run(*command)).code == 0
            assert (await pipeline.run("packages", "plan", "packages.yaml")).code == 0
        tenant = world.tenant
        assert (len(tenant.packages), len(tenant.policies), len(tenant.resources)) == (1, 1, 2)
        assert len(next(iter(tenant.packages.values())).role_scopes) == 2
