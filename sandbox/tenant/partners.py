"""Partner organizations and what their people, and other unusual audiences, may ask for."""

from __future__ import annotations

from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import stable_id, user_id
from sandbox.tenant.model import ConnectedOrganization, Json
from sandbox.tenant.settings import (
    TYPE,
    administrators_only,
    group_members,
    policy_settings,
    single_user,
    sponsors,
    stage,
)

FERNHILL_TENANT_ID = stable_id("tenant/fernhill")


def add_organizations(build: TenantBuilder) -> None:
    """Two configured organizations with sponsors on both sides, and one that is only proposed."""
    internal = build.group("Partner Sponsors", [user_id("member-17"), user_id("member-25")])
    outside = {"fernhill": "guest-1", "lakeside": "guest-2"}
    for key, name in (("fernhill", "Fernhill Partners"), ("lakeside", "Lakeside Logistics")):
        made = _organization(build, key, name)
        made.internal_sponsor_ids[internal.id if key == "lakeside" else user_id("lead")] = None
        made.external_sponsor_ids[user_id(outside[key])] = None
    _organization(build, "quarry", "Quarry Consulting").state = "proposed"


def _organization(build: TenantBuilder, key: str, name: str) -> ConnectedOrganization:
    domain = f"{key}.example"
    source: Json = {"@odata.type": TYPE + "domainIdentitySource", "domainName": domain, "displayName": domain}
    made = ConnectedOrganization(
        stable_id("organization/" + key), name, build.since, build.since, name, identity_sources=[source]
    )
    build.tenant.connected_organizations[made.id] = made
    return made


def add_partner_packages(build: TenantBuilder) -> None:
    """Every scope that looks beyond the members, in a catalog that guests can see."""
    catalog = build.catalog("Partners", description="For people of other companies", is_externally_visible=True)
    fernhill = build.tenant.connected_organizations[stable_id("organization/fernhill")]
    fallback = [single_user(build.tenant.users[user_id("primary")])]
    of_fernhill = {
        "@odata.type": TYPE + "connectedOrganizationMembers",
        "connectedOrganizationId": fernhill.id,
        "description": fernhill.display_name,
    }
    lab = build.group(
        "Lab Approvers", [user_id("guest-3"), build.group("Lab Staff", [user_id("member-33"), user_id("member-34")]).id]
    )
    wanted: list[tuple[str, str, Json]] = [
        (
            "Partner workspace",
            "Fernhill, approved by our sponsor",
            policy_settings(
                "specificConnectedOrganizationUsers",
                targets=[of_fernhill],
                stages=[stage([sponsors("internalSponsors")], fallback=fallback)],
                justification=True,
                days=90,
            ),
        ),
        (
            "Partner handbook",
            "Partners, approved by their own sponsor",
            policy_settings(
                "allConfiguredConnectedOrganizationUsers",
                stages=[stage([sponsors("externalSponsors")], fallback=fallback)],
                days=90,
            ),
        ),
        (
            "Visitor badge",
            "Anybody, approved by reception",
            policy_settings("allExternalUsers", stages=[stage(fallback)], days=7),
        ),
        ("Cafeteria menu", "Everybody in the directory", policy_settings("allDirectoryUsers")),
        (
            "Prototype lab",
            "Approved by the lab",
            policy_settings("allDirectoryUsers", stages=[stage([group_members(lab)])], days=60),
        ),
        (
            "Guest parking",
            "Approved by the guest's sponsors",
            policy_settings("allDirectoryUsers", stages=[stage([sponsors("targetUserSponsors")], fallback=fallback)]),
        ),
    ]
    for name, policy_name, settings in wanted:
        package = build.package(catalog, name, [(build.group(f"{name} Users"), "Member")], description=policy_name)
        build.policy(package, policy_name, settings)


def add_unusual_policies(build: TenantBuilder) -> None:
    """Scopes that no person can ask under: by rule, for workloads, in an unpublished catalog."""
    catalog = build.catalog("Workloads", description="Accounts that are no people")
    for scope in ("specificDirectoryServicePrincipals", "allDirectoryServicePrincipals", "allDirectoryAgentIdentities"):
        package = build.package(catalog, f"Workload {scope}", [(build.group(f"{scope} Users"), "Member")])
        build.policy(package, scope, policy_settings(scope))
    rule = {
        "@odata.type": TYPE + "attributeRuleMembers",
        "membershipRule": '(user.department -eq "Sales")',
        "description": "People in sales",
    }
    automatic = {
        "requestAccessForAllowedTargets": True,
        "removeAccessWhenTargetLeavesAllowedTargets": True,
        "gracePeriodBeforeAccessRemoval": "P7D",
    }
    package = build.package(catalog, "Sales basics", [(build.group("Sales Basics Users"), "Member")])
    settings = policy_settings(
        "specificDirectoryUsers", targets=[rule], automatic=automatic, self_add=False, extend=False
    )
    build.policy(package, "Everybody in sales, automatically", settings)
    closed = build.catalog("Retired", description="Not offered any more", state="unpublished")
    package = build.package(closed, "Retired archive", [(build.group("Retired Archive Users"), "Member")])
    build.policy(package, "Everybody", policy_settings())


def add_b2b_article(build: TenantBuilder) -> None:
    """The package that a first script for external access makes: one group, one application, administrators assign."""
    catalog = build.catalog("General", description="Built-in catalog.", catalog_type="serviceDefault")
    catalog.is_externally_visible = True
    group = build.group("Testing-Group", description="For trying things out")
    devops = build.app("Azure DevOps")
    package = build.package(
        catalog,
        "my-access-package",
        [(group, "Member"), (devops, "Default Access")],
        description="This package contains resources for B2B",
    )
    settings = administrators_only(days=365, description="Users with access to this package are assigned by an admin")
    build.policy(package, "Default Access Policy - Admin Assignment", settings)
