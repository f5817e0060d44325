"""Tenants from files: built once, found as they are afterwards, and never left half done for good."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.files.administration import Wanted
from bot.files.packages_yaml import read_packages
from bot.files.projects_yaml import read_projects
from bot.files.rows import Severity
from bot.plans.administration_text import markdown, plan_text
from bot.plans.journal import FileJournal, RowState
from bot.plans.steps import Plan
from bot.services.rolling_back import RollingBack
from sandbox.entra.tokens import issue_graph_token
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.default import default_tenant
from sandbox.tenant.identity import CLI_APP_ID
from sandbox.tenant.model import AccessPackage
from sandbox.tenant.settings import administrators_only
from tests.support.graph_sdk import sdk_caller
from tests.support.office import FILES, RIGHTS, Office, office, packages_file, projects_file

# The generated modules still build on classes that their own base library calls deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as found:
        yield found


def packages(text: str) -> Wanted:
    return read_packages("packages.yaml", text.encode())


def package(here: Office, name: str) -> AccessPackage:
    (found,) = [each for each in here.tenant.packages.values() if each.display_name == name]
    return found


def errors(plan: Plan) -> list[str]:
    return [each.message for each in plan.findings if each.severity is Severity.ERROR]


def archive(*lines: str) -> Wanted:
    """A file with one package; `lines` belong to the package."""
    head = ["catalog: Sales", "create-catalog: true", "packages:", "  - name: Archive", "    description: Old files"]
    return packages("\n".join([*head, *(f"    {line}" for line in lines)]) + "\n")


async def test_the_package_of_the_b2b_article_takes_its_six_steps_once(bare: Office) -> None:
    plan = await bare.plan(packages_file())
    assert plan_text(plan) == (FILES / "packages.plan.txt").read_text(encoding="utf-8")

    bare.forget()
    outcome = await bare.apply(packages_file())
    assert outcome.is_done
    assert [call.partition("/entitlementManagement/")[2].partition("/")[0] for call in sorted(bare.written())] == [
        "accessPackages",
        "accessPackages",
        "accessPackages",
        "assignmentPolicies",
        "resourceRequests",
        "resourceRequests",
    ]
    token = issue_graph_token(bare.world, app_id=CLI_APP_ID, permissions=RIGHTS)
    async with sdk_caller(bare.world.base_url, token) as sdk:
        governed = sdk.client.identity_governance.entitlement_management
        found = (await governed.access_packages.get()).value
        assert [(each.display_name, each.description) for each in found] == [
            ("my-access-package", "This package contains resources for B2B")
        ]
        (policy,) = (await governed.assignment_policies.get()).value
        assert policy.display_name == "Default Access Policy - Admin Assignment"
        assert (policy.allowed_target_scope.value, policy.expiration.duration.days) == ("notSpecified", 365)
        assert policy.requestor_settings.enable_targets_to_self_add_access is False

    bare.forget()
    assert (await bare.apply(packages_file())).steps == ()
    assert bare.written() == []


async def test_the_customers_tenant_is_built_by_one_apply(bare: Office) -> None:
    bare.world.options.page_size = 20
    outcome = await bare.apply(projects_file())
    assert outcome.is_done, outcome.failed[:3]
    assert len(bare.tenant.packages) == 74
    token = issue_graph_token(bare.world, app_id=CLI_APP_ID, permissions=RIGHTS)
    async with sdk_caller(bare.world.base_url, token) as sdk:
        found = (await sdk.client.identity_governance.entitlement_management.catalogs.get()).value
        assert sorted(each.display_name for each in found) == ["General", "Projects"]
        hub = (await sdk.client.applications.get()).value
        (roles,) = [each.app_roles for each in hub if each.display_name == "Project Hub"]
        assert len(roles) == 97
        groups = (await sdk.client.groups.get()).value
        assert groups
    contributor = package(bare, "Project Alder | Contributor")
    assert len(contributor.role_scopes) == 2
    assert len(package(bare, "Key Users").role_scopes) == 25
    held = [each for each in bare.tenant.app_role_assignments.values() if each.principal_type == "Group"]
    assert len(held) == len({each.principal_id for each in held}) == len({each.app_role_id for each in held}) == 97

    bare.forget()
    second = await bare.apply(projects_file())
    assert (second.steps, second.plan.unchanged, bare.written()) == ((), 74, [])
    assert len(bare.calls) <= 40


async def test_the_plan_of_24_projects_takes_few_requests_and_finds_the_portals_work(tmp_path: Path) -> None:
    """The customer made everything in the portal; the file says the same, so adopting it changes nothing."""
    async with office(tmp_path, default_tenant) as here:
        plan = await here.plan(projects_file())
        assert (plan.steps, plan.unchanged, errors(plan)) == ((), 74, [])
        assert len(here.calls) <= 40
        here.forget()
        assert (await here.plan(packages_file())).steps == ()


async def test_roles_that_appear_half_a_minute_late_are_waited_for(bare: Office) -> None:
    bare.world.options.onboarding_delay_s = 30.0
    bare.world.options.expanded_roles_delay_s = 100_000.0  # beside the resource they do not show at all
    start = bare.world.clock.now()
    assert (await bare.apply(packages_file())).is_done
    assert (bare.world.clock.now() - start).total_seconds() >= 30

    bare.world.options.onboarding_delay_s = 100_000.0
    TenantBuilder(bare.tenant, bare.world.clock.now()).group("Late")
    late = await bare.apply(archive("resources: [{group: Late}]", "policies: [{expires: never}]"))
    (failed,) = late.failed
    assert (failed.code, failed.step.subject) == ("RolesLate", "Late")
    assert [each.state for each in late.steps if each.step.kind == "grant-role"] == [RowState.CANCELLED]
    assert package(bare, "Archive").display_name == "Archive"


async def test_names_that_mean_several_things_are_refused_with_all_their_ids(tmp_path: Path) -> None:
    async with office(tmp_path, default_tenant) as here:
        ids = sorted(each.id for each in here.tenant.groups.values() if each.display_name == "Marketing")
        (said,) = errors(await here.plan(archive("resources: [{group: Marketing}]")))
        assert all(each in said for each in ids)
        assert len(ids) == 2
        exact = await here.plan(archive(f"resources: [{{group: Marketing, id: {ids[0]}}}]"))
        assert errors(exact) == []
        assert "is called 'Marketing', not 'Markting'" in str(
            errors(await here.plan(archive(f"resources: [{{group: Markting, id: {ids[0]}}}]")))
        )


SITE = "https://woodgrove.example/sites/archive"


async def test_a_site_is_brought_in_and_its_roles_are_looked_up_and_given_once(bare: Office) -> None:
    bare.world.options.onboarding_delay_s = 20.0
    wanted = archive(f'resources: [{{site: "{SITE}", roles: [Contributors, Readers]}}]', "policies: [{expires: never}]")
    start = bare.world.clock.now()
    assert (await bare.apply(wanted)).is_done
    assert (bare.world.clock.now() - start).total_seconds() >= 20
    (site,) = [each for each in bare.tenant.resources.values() if each.origin_system == "SharePointOnline"]
    names = {role.id: role.display_name for role in site.roles}
    given = package(bare, "Archive").role_scopes
    assert (site.origin_id, sorted(names[each.role_id] for each in given)) == (SITE, ["Contributors", "Readers"])
    assert {each.scope_id for each in given} == {scope.id for scope in site.scopes}
    calls = [f"{call.method} {call.path.rpartition('/')[2]}" for call in bare.world.graph_log.entries]
    assert "GET resourceRoles" in calls[calls.index("POST resourceRequests") : calls.index("POST resourceRoleScopes")]

    bare.forget()
    assert (await bare.apply(wanted)).steps == ()
    assert bare.written() == []
    (said,) = errors(await bare.plan(archive(f'resources: [{{site: "{SITE}", role: Editors}}]')))
    assert said == f"'{SITE}' has no role 'Editors'; it has Owners, Contributors, Readers."


@pytest.mark.parametrize("name", ["O'Neill & Söhne 100% <b>", "[click](x) | *bold*", "Ж" * 200])
async def test_names_of_any_letters_are_found_again(bare: Office, name: str) -> None:
    TenantBuilder(bare.tenant, bare.world.clock.now()).group(name)
    quoted = json.dumps(name, ensure_ascii=False)
    wanted = packages(
        f"catalog: {quoted}\ncreate-catalog: true\npackages:\n  - name: {quoted}\n    description: x\n"
        f"    resources: [{{group: {quoted}}}]\n    policies: [{{name: {quoted}}}]\n"
    )
    assert (await bare.apply(wanted)).is_done
    bare.forget()
    assert (await bare.apply(wanted)).steps == ()
    comment = markdown(replace(await bare.plan(wanted), steps=(await bare.plan(archive())).steps))
    assert comment.count("`") % 2 == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("resources: [{group: Nowhere}]", "There is no group 'Nowhere'"),
        ("resources: [{application: Nowhere}]", "There is no enterprise application 'Nowhere'"),
        ("resources: [{application: Azure DevOps, role: Reader}]", "has no role 'Reader'; it has Default Access"),
        ("resources: [{group: Testing-Group, role: Menber}]", "roles Member and Owner"),
        ("resources: [{group: Synced}]", "is synchronized from on-premises"),
        ("resources: [{group: Ruled}]", "has a rule for its members"),
        ("policies: [{template: specific, users: [nobody@x.example]}]", "There is no user 'nobody@x.example'"),
        ("policies: [{template: organizations, organizations: [Acme]}]", "no connected organization 'Acme'"),
        ("conflicts: {packages: [Nothing]}", "There is no access package 'Nothing'"),
    ],
)
async def test_what_is_not_there_or_cannot_be_used_stops_the_plan(bare: Office, line: str, said: str) -> None:
    build = TenantBuilder(bare.tenant, bare.world.clock.now())
    build.group("Synced", on_premises_sync_enabled=True)
    build.group("Ruled", group_types=["DynamicMembership"])
    plan = await bare.plan(archive(line))
    assert said in str(errors(plan))
    assert bare.written() == []
    with pytest.raises(ValueError, match="errors"):
        await bare.administering.apply(plan, bare.journal(plan))


async def test_a_catalog_is_made_only_when_that_is_said(bare: Office) -> None:
    wanted = archive()
    careful = replace(wanted, catalogs=tuple(replace(each, create=False) for each in wanted.catalogs))
    assert "create-catalog: true" in str(errors(await bare.plan(careful)))


async def test_whatever_somebody_did_meanwhile_counts_as_done(bare: Office) -> None:
    """The resource is onboarded, the role granted and the catalog made between plan and apply."""
    plan = await bare.plan(packages_file())
    assert (await bare.apply(packages_file())).is_done
    journal = bare.folder / "second.journal"
    again = await bare.administering.apply(
        replace(
            plan,
            steps=tuple(each for each in plan.steps if each.kind != "create-package"),
            known={**plan.known, "package:general/my-access-package": package(bare, "my-access-package").id},
        ),
        FileJournal(journal, plan.run_id),
    )
    states = {each.step.kind.value: each.state for each in again.steps}
    assert states["onboard-resource"] is states["grant-role"] is RowState.UNCHANGED
    assert len(package(bare, "my-access-package").role_scopes) == 2


async def test_a_refusal_in_the_middle_leaves_a_journal_and_a_second_run_completes(bare: Office) -> None:
    bare.world.faults.add(Fault(service=Service.GRAPH, kind="status", path="resourceRoleScopes$", status=403))
    first = await bare.apply(packages_file())
    assert {each.code for each in first.failed} == {"NotAllowed"}
    entries = await bare.journal(first.plan).entries()
    assert {each.state for each in entries.values()} == {RowState.DONE, RowState.FAILED}
    bare.world.faults.clear()
    assert (await bare.apply(packages_file())).is_done
    assert len(bare.tenant.packages) == 1
    assert (await bare.plan(packages_file())).steps == ()


@pytest.mark.parametrize("kind", ["reset", "truncate"])
async def test_an_answer_that_got_lost_makes_nothing_twice(bare: Office, kind: Any) -> None:
    for path in ("accessPackages", "resourceRequests", "assignmentPolicies", "resourceRoleScopes", "batch"):
        bare.world.faults.add(Fault(service=Service.GRAPH, kind=kind, method="POST", path=path, times=1, after=True))
    assert (await bare.apply(packages_file())).is_done
    assert len(bare.tenant.packages) == len(bare.tenant.policies) == 1
    assert len(package(bare, "my-access-package").role_scopes) == 2


async def test_throttling_inside_of_batches_delays_and_loses_nothing(bare: Office) -> None:
    bare.world.faults.add(
        Fault(
            service=Service.GRAPH,
            kind="status",
            method="POST",
            path="(groups|accessPackages)$",
            status=429,
            retry_after=2.128,
            times=12,
        )
    )
    text = "catalog: C\ncreate-catalog: true\nroles: [Lead, Member]\nmanaged: {file: [{}]}\nprojects: [A, B, C, D]\n"
    assert (await bare.apply(read_projects("p.yaml", text.encode()))).is_done
    assert len(bare.tenant.packages) == 8


async def test_a_policy_is_changed_whole_and_keeps_what_the_file_does_not_know(bare: Office) -> None:
    assert (await bare.apply(packages_file())).is_done
    (policy,) = bare.tenant.policies.values()
    policy.settings["reviewSettings"] = None
    bare.world.options.undocumented_properties = True
    bare.world.options.unknown_properties = "ignore"
    question = {"text": "Why?", "required": True}
    policy.settings["questions"] = [
        {
            "@odata.type": "#microsoft.graph.accessPackageTextInputQuestion",
            "id": "keep-me",
            "text": "Why?",
            "sequence": 0,
            "isRequired": False,
            "isAnswerEditable": True,
            "isSingleLineQuestion": True,
        }
    ]
    text = (
        (FILES / "packages.yaml")
        .read_text(encoding="utf-8")
        .replace(
            "days: 365", f"days: 180\n        questions:\n          - {{text: '{question['text']}', required: true}}"
        )
    )
    plan = await bare.plan(packages(text))
    assert [step.kind.value for step in plan.writes] == ["replace-policy"]
    assert {each.what: (each.before, each.after) for each in plan.writes[0].changes} == {
        "expiration.duration": ("P365D", "P180D"),
        "questions[1].isRequired": (False, True),
    }
    bare.forget()
    assert (await bare.apply(packages(text))).is_done
    assert [call.partition(" ")[0] for call in bare.written()] == ["PUT"]
    assert policy.settings["questions"][0]["id"] == "keep-me"
    assert (await bare.plan(packages(text))).steps == ()


async def test_a_package_is_renamed_hidden_and_deleted_only_when_said(bare: Office) -> None:
    assert (await bare.apply(archive("policies: [{}]"))).is_done
    made = package(bare, "Archive").id
    head = "catalog: Sales\npackages:\n  - name: Depot\n    was: [Archive]\n    description: Old files\n"
    assert (await bare.apply(packages(head + "    hidden: true\n"))).is_done
    found = package(bare, "Depot")
    assert (found.id, found.is_hidden) == (made, True)
    other = packages("catalog: Sales\npackages:\n  - {name: Other, description: x}\n")
    assert "delete-package" not in [each.kind.value for each in (await bare.plan(other)).steps]
    assert (await bare.apply(packages("catalog: Sales\npackages:\n  - {name: Depot, present: false}\n"))).is_done
    assert bare.tenant.packages == {}


async def test_app_roles_are_disabled_before_they_go_and_live_values_stay(bare: Office) -> None:
    def text(roles: str) -> Wanted:
        return read_projects(
            "p.yaml",
            "catalog: C\ncreate-catalog: true\nroles: [Lead]\nmanaged: {file: [{}]}\nprojects: [Alder]\n"
            f"application: {{name: Project Hub, per-project: false, roles: [{roles}]}}\n".encode(),
        )

    assert (await bare.apply(text("{value: A, name: First}, {value: B, name: Second}"))).is_done
    (hub,) = [each for each in bare.tenant.apps.values() if each.display_name == "Project Hub"]
    ids = {role.value: role.id for role in hub.app_roles}
    bare.forget()
    assert (await bare.apply(text("{value: A, name: 1st}, {value: B, name: Second, present: false}"))).is_done
    assert len([call for call in bare.written() if call.startswith("PATCH")]) == 2
    assert [(role.id, role.display_name) for role in hub.app_roles] == [(ids["A"], "1st")]
    hub.app_roles[0].value = " A "
    plan = await bare.plan(text("{value: A, name: 1st}"))
    assert plan.steps == ()
    assert "tokens carry it as it is" in plan.findings[-1].message


async def test_companies_get_their_own_approvers(bare: Office) -> None:
    text = (
        "catalog: C\ncreate-catalog: true\nexternal: true\n"
        "organizations:\n  - {name: Fernhill, domain: fernhill.example, approvers: Fernhill Approvers,\n"
        "     external-sponsors: [lena.lead@woodgrove.example]}\n"
        "packages:\n  - name: Partners\n    description: x\n    policies:\n"
        "      - {template: organizations, organizations: [Fernhill], days: 90,\n"
        "         approval: [{approvers: [internal sponsors], fallback: [lena.lead@woodgrove.example]}]}\n"
    )
    outcome = await bare.apply(packages(text))
    assert outcome.is_done, outcome.failed
    (organization,) = bare.tenant.connected_organizations.values()
    (group,) = [each for each in bare.tenant.groups.values() if each.display_name == "Fernhill Approvers"]
    assert list(organization.internal_sponsor_ids) == [group.id]
    (policy,) = bare.tenant.policies.values()
    assert policy.settings["specificAllowedTargets"][0]["connectedOrganizationId"] == organization.id
    assert (await bare.plan(packages(text))).steps == ()


async def test_what_a_run_made_is_taken_back_unless_somebody_uses_it(bare: Office) -> None:
    text = "catalog: C\ncreate-catalog: true\nroles: [Lead]\nmanaged: {file: [{}]}\nprojects: [A, B]\n"
    wanted = read_projects("p.yaml", text.encode())
    outcome = await bare.apply(wanted)
    build = TenantBuilder(bare.tenant, bare.world.clock.now())
    (used,) = [each for each in bare.tenant.groups.values() if each.display_name == "B_Lead"]
    used.member_ids[next(iter(bare.tenant.users))] = None
    kept = build.package(next(each for each in bare.tenant.catalogs.values() if each.display_name == "C"), "By hand")
    build.policy(kept, "Admins", administrators_only())
    removals = await RollingBack(bare.reads, bare.writes).roll_back(bare.journal(outcome.plan))
    left = {(each.kind, each.subject): each.why for each in removals if not each.was_removed}
    assert left == {("create-group", "B_Lead"): "it has members", ("create-catalog", "C"): "it is in use"}
    assert [each.display_name for each in bare.tenant.packages.values()] == ["By hand"]
    assert "A_Lead" not in {each.display_name for each in bare.tenant.groups.values()}
    assert "B_Lead" in {each.display_name for each in bare.tenant.groups.values()}


EVERYTHING = """
catalog: Sales
create-catalog: true
external: true
organizations:
  - {name: Fernhill, domain: fernhill.example, internal-sponsors: [lena.lead@woodgrove.example]}
packages:
  - name: Figures
    description: Figures of the last years
    resources: [{group: Testing-Group, roles: [Member, Owner]}, {site: "https://woodgrove.example/s", role: Readers}]
    policies:
      - {name: Automatic, template: automatic, rule: '(user.department -eq "Sales")', grace: 3 days}
      - name: Three stages
        template: specific
        users: [rita.requester@woodgrove.example]
        groups: [Testing-Group]
        justification: true
        expires: 12 hours
        own-period: true
        manager-may-ask: true
        mails: false
        approval:
          - approvers: [manager]
            fallback: [lena.lead@woodgrove.example]
            within: 14 days
            escalate: {after: 5 days, to: [sam.second@woodgrove.example]}
            justification: true
            show-approvers: false
          - approvers: [second manager, {group: Testing-Group}]
          - approvers: [sponsors]
            fallback: [sam.second@woodgrove.example]
        questions:
          - {text: For whom?, required: true, pattern: "[A-Z].*", translations: {de: Für wen?}}
          - {text: Why?, lines: several, editable: false}
          - {text: Where?, several: true, choices: [North, {value: s, text: South, translations: {de: Süden}}]}
        reviews: {every: half-year, starts: 2027-01-31, reviewers: [{group: Testing-Group}], if-no-answer: remove}
      - name: Partners
        template: organizations
        organizations: [Fernhill]
        expires: 2027-12-31
        approval: [{approvers: [internal sponsors, external sponsors], fallback: [lena.lead@woodgrove.example]}]
      - {name: Everybody, template: all-users, days: 30, extend: false, reviews: {every: week, starts: 2027-01-04,
         reviewers: self}}
      - {name: In full, graph: {allowedTargetScope: allDirectoryServicePrincipals,
         requestorSettings: {enableTargetsToSelfAddAccess: true}}}
    conflicts: {packages: [Auditing], groups: [Testing-Group]}
  - {name: Auditing, description: Looks at figures}
"""


async def test_everything_that_a_policy_can_say_is_made_and_found_again(bare: Office) -> None:
    outcome = await bare.apply(packages(EVERYTHING))
    assert outcome.is_done, [(each.step.id, each.code, each.detail) for each in outcome.failed]
    figures, auditing = package(bare, "Figures"), package(bare, "Auditing")
    assert list(figures.incompatible_package_ids) == [auditing.id]
    assert list(auditing.incompatible_package_ids) == [figures.id]
    assert len(figures.incompatible_group_ids) == 1
    assert len(figures.role_scopes) == 3
    settings = {each.display_name: each.settings for each in bare.tenant.policies_of(figures.id)}
    assert settings["Automatic"]["automaticRequestSettings"]["gracePeriodBeforeAccessRemoval"] == "P3D"
    assert len(settings["Three stages"]["requestApprovalSettings"]["stages"]) == 3
    assert settings["Three stages"]["expiration"]["duration"] == "PT12H"
    bare.forget()
    again = await bare.apply(packages(EVERYTHING))
    assert [(step.step.id, step.step.changes) for step in again.steps] == []
    assert bare.written() == []
