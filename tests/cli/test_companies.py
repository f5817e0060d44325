"""`doorman companies`: every company is connected once, and decides about its own people."""

from __future__ import annotations

import json

from sandbox.faults import Fault
from sandbox.services import Service
from tests.support.pipeline import Pipeline

FILE = """
guests: {afterwards: block, delete-after: 60 days}
companies:
  - name: Quarry Consulting
    domain: quarry.example
    internal-sponsors: [lena.lead@woodgrove.example]
    packages: [Partner workspace]
    decided-by: internal sponsors
  - name: Tailwind
    domain: tailwind.example
    approvers: Tailwind approvers
    approver-members: [sam.second@woodgrove.example]
    decided-by: approvers
    packages: [Partner workspace, Visitor badge]
"""


def writes(pipeline: Pipeline) -> int:
    calls = (call for call in pipeline.world.graph_log.entries if call.method != "GET")
    return sum(not call.path.endswith("/$batch") and call.status < 300 for call in calls)


async def test_every_company_is_connected_once_and_decides_about_its_own_people(pipeline: Pipeline) -> None:
    file, journal = pipeline.folder / "companies.yaml", pipeline.folder / "companies.journal"
    file.write_text(FILE)
    planned = await pipeline.run("companies", "plan", str(file))
    assert planned.code == 2, planned.errors
    assert "connect the company: Tailwind" in planned.text
    assert "change the company: Quarry Consulting: description = , state = configured" in planned.text
    assert "tailwind.example is not among guest_domains" in planned.text
    assert (await pipeline.run("companies", "apply", str(file), "--dry-run")).code == 2
    assert writes(pipeline) == 0

    # Cut off at the policies: the next run does what is left, and nothing twice.
    pipeline.world.faults.add(
        Fault(Service.GRAPH, "status", status=403, method="POST", path="Policies$", skip=1, times=1)
    )
    assert (await pipeline.run("companies", "apply", str(file), "--journal", str(journal))).code == 1
    applied = await pipeline.run("companies", "apply", str(file), "--journal", str(journal))
    assert (applied.code, applied.text.splitlines()[-1]) == (0, "2 writes."), applied.text
    audit = [json.loads(line) for line in (pipeline.folder / ".doorman/audit.jsonl").read_text().splitlines()]
    assert [line["state"] for line in audit if line["event"] == "companies.run"] == [
        "begun",
        "failed",
        "begun",
        "ended",
    ]
    assert sum(line["state"] == "done" for line in audit) == journal.read_text().count('"done"')
    assert journal.read_text().count('"done"') == journal.read_text().count('"begun"') - 1  # the one that was refused
    before = writes(pipeline)
    assert (await pipeline.run("companies", "apply", str(file), "--prune")).text == "Nothing to do.\n"
    assert writes(pipeline) == before
    names = [each.display_name for each in pipeline.world.tenant.connected_organizations.values()]
    assert sorted(names) == ["Fernhill Partners", "Lakeside Logistics", "Quarry Consulting", "Tailwind"]
    policies = {each.display_name: each.settings for each in pipeline.world.tenant.policies.values()}
    stage = policies["People of Tailwind"]["requestApprovalSettings"]["stages"][0]
    group = pipeline.world.tenant.groups[stage["primaryApprovers"][0]["groupId"]]
    assert group.display_name == "Tailwind approvers"
    assert [pipeline.world.tenant.users[who].display_name for who in group.member_ids] == ["Sam Second"]
    assert pipeline.world.tenant.settings["externalUserLifecycleAction"] == "blockSignIn"


async def test_what_is_exported_plans_nothing_and_mistakes_are_told_with_their_line(pipeline: Pipeline) -> None:
    file = pipeline.folder / "companies.yaml"
    assert (await pipeline.run("companies", "export", str(file))).code == 0
    planned = await pipeline.run("companies", "plan", str(file), "--json")
    assert (planned.code, '"steps": []' in planned.text) == (0, True), planned.text
    file.write_text("companies:\n  - name: A\n    domian: a.example\n")
    wrong = await pipeline.run("companies", "plan", str(file))
    assert wrong.code == 1
    assert "companies.yaml:3: The key 'domian' is not known here. Did you mean 'domain'?" in wrong.errors
    file.write_text("companies: [{name: A, domain: a.example, internal-sponsors: [nobody@woodgrove.example]}]")
    missing = await pipeline.run("companies", "apply", str(file))
    assert "there is nobody and no group “nobody@woodgrove.example”" in missing.text
    assert (missing.code, writes(pipeline)) == (1, 0)
