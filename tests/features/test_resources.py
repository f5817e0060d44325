"""What an access package can grant beside groups: teams, applications and sites; and what Graph does not take."""

from __future__ import annotations

from pathlib import Path

from bot.files.packages_yaml import read_packages
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.builder import TenantBuilder
from tests.support.office import office

SITE = "https://woodgrove.example/sites/archive"
FILE = f"""\
catalog: Archives
create-catalog: true
packages:
  - name: my-access-package
    description: The same name in another catalog
  - name: Archive
    description: Old files
    resources:
      - {{team: Archivists, note: Agreed with the works council}}
      - {{application: Azure DevOps}}
      - {{site: "{SITE}", role: Readers}}
    policies: [{{}}]
"""


async def test_teams_applications_and_sites_are_granted_by_the_roles_that_they_have(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        build = TenantBuilder(here.tenant, here.world.clock.now())
        team = build.group("Archivists", mail="archivists@woodgrove.example", group_types=["Unified"])
        build.package(next(iter(here.tenant.catalogs.values())), "my-access-package")
        (devops,) = [each for each in here.tenant.apps.values() if each.display_name == "Azure DevOps"]
        wanted = read_packages("packages.yaml", FILE.encode())
        plan = await here.plan(wanted)
        assert [each.code for each in plan.findings] == ["package.elsewhere"]

        # What access packages cannot have is Graph's to say; its own word is told, and nothing that needs it is tried.
        body = {"error": {"code": "UnsupportedResource", "message": "This application cannot be used."}}
        here.world.faults.add(
            Fault(Service.GRAPH, "status", method="POST", path="resourceRequests", status=400, body=body)
        )
        first = await here.apply(wanted)
        assert {(each.code, each.detail) for each in first.failed} == {("GraphRefused", "UnsupportedResource")}
        here.world.faults.clear()
        assert (await here.apply(wanted)).is_done
        assert (await here.plan(wanted)).steps == ()

        (package,) = [each for each in here.tenant.packages.values() if each.display_name == "Archive"]
        resources = [here.tenant.resources[each.resource_id] for each in package.role_scopes]
        assert {(each.origin_system, each.origin_id) for each in resources} == {
            ("AadGroup", team.id),
            ("AadApplication", devops.object_id),
            ("SharePointOnline", SITE),
        }

        # Graph has no field for what the file says about a resource; the journal keeps it.
        entries = (await here.journal(plan).entries()).values()
        noted = {(each.detail["subject"], each.detail["note"]) for each in entries if "note" in each.detail}
        assert noted == {("Archive", "Agreed with the works council")}
