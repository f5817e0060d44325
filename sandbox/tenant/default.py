"""The tenant that every sandbox starts with."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.graph.engine.roles import ASSIGNMENT_MANAGER, CATALOG_OWNER
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.enrolment import enrol_everybody
from sandbox.tenant.identity import (
    AZURE_DEVOPS,
    AZURE_DEVOPS_SUBJECT,
    BOT_APP_ID,
    BOT_APP_SECRET,
    CALLOUTS_APP_ID,
    CLI_APP_ID,
    GITHUB,
    GITHUB_SUBJECT,
    TENANT_DOMAIN,
    TENANT_ID,
    TENANT_NAME,
    TOKEN_EXCHANGE,
    WRITER_APP_ID,
    WRITER_APP_SECRET,
    stable_id,
    user_id,
)
from sandbox.tenant.model import EVERYBODY, AppRegistration, Consent, FederatedCredential, RoleAssignment, Tenant
from sandbox.tenant.packages import NamedPackages
from sandbox.tenant.partners import (
    add_b2b_article,
    add_organizations,
    add_partner_packages,
    add_unusual_policies,
)
from sandbox.tenant.people import add_people
from sandbox.tenant.projects import Projects
from sandbox.tenant.sign_ins import spread_sign_ins
from sandbox.tenant.stories import tell_stories

_CLI_PERMISSIONS = (
    "AccessReview.Read.All",
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "EntitlementManagement.ReadWrite.All",
    "Group.ReadWrite.All",
    "User.Read",
    "User.Read.All",
)
_CLI_ROLES = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "EntitlementManagement.ReadWrite.All",
    "Group.ReadWrite.All",
    "User.Invite.All",
    "User.Read.All",
)
_BOT_CONSENTS = (
    "AccessReview.ReadWrite.All",
    "EntitlementMgmt-SubjectAccess.ReadWrite",
    "EntitlementManagement.ReadWrite.All",
    "User.Read",
)


def default_tenant(now: datetime) -> Tenant:
    """The company Woodgrove: on every start the same people, packages and ids, with moments relative to `now`."""
    tenant = Tenant(TENANT_ID, TENANT_DOMAIN, TENANT_NAME)
    build = TenantBuilder(tenant, now)
    add_people(build)
    add_doorman(build)
    NamedPackages(build).add()
    projects = Projects(build)
    projects.add()
    own_by_pipeline(build, projects.hub)
    build.secret(projects.hub, "Nightly export", ends_in=timedelta(days=20))
    build.secret(projects.hub, "Old import", ends_in=timedelta(days=-5))
    add_organizations(build)
    add_partner_packages(build)
    add_unusual_policies(build)
    add_b2b_article(build)
    _add_namesakes(build)
    _add_roles(build)
    enrol_everybody(build)
    tell_stories(build)
    spread_sign_ins([*tenant.users.values()], {persona.user_id for persona in tenant.personas}, now)
    return tenant


def add_doorman(build: TenantBuilder) -> None:
    """The bot's own registration, the writer's and the callouts' identity, with what they have been allowed."""
    build.app(
        "Doorman",
        app_id=BOT_APP_ID,
        secrets=[BOT_APP_SECRET],
        redirect_uris=["http://127.0.0.1:3978/auth/end"],
        identifier_uri="api://botid-" + BOT_APP_ID,
        exposed_scopes=("access_as_user",),
        wanted_permissions=_BOT_CONSENTS,
        application_permissions={"EntitlementManagement.Read.All", "User.Read.All", "GroupMember.Read.All"},
    )
    build.app(
        "Doorman Writer",
        app_id=WRITER_APP_ID,
        secrets=[WRITER_APP_SECRET],
        application_permissions={"EntitlementManagement.ReadWrite.All", "User.Invite.All"},
    )
    build.app("Doorman Callouts", app_id=CALLOUTS_APP_ID)
    build.app(
        "Doorman Command Line",
        app_id=CLI_APP_ID,
        redirect_uris=["http://localhost"],
        is_public_client=True,
        wanted_permissions=_CLI_PERMISSIONS,
        application_permissions=set(_CLI_ROLES),
        federated=[
            FederatedCredential(stable_id("federated/github"), "github-main", GITHUB, GITHUB_SUBJECT, [TOKEN_EXCHANGE]),
            FederatedCredential(
                stable_id("federated/azure-devops"),
                "azure-devops",
                AZURE_DEVOPS,
                AZURE_DEVOPS_SUBJECT,
                [TOKEN_EXCHANGE],
            ),
        ],
    )
    for app_id, names in ((BOT_APP_ID, _BOT_CONSENTS), (CLI_APP_ID, _CLI_PERMISSIONS)):
        build.tenant.consents.update(Consent(app_id, EVERYBODY, permission) for permission in names)


def own_by_pipeline(build: TenantBuilder, app: AppRegistration) -> None:
    """Let the command line change this application; it may change what it owns and nothing else."""
    app.owner_ids[build.tenant.apps[CLI_APP_ID].object_id] = None


def _add_namesakes(build: TenantBuilder) -> None:
    """Two groups of one name, and one person who is here both as a member and as a guest."""
    build.group("Marketing", [user_id("member-40")], key="Marketing/1")
    build.group("Marketing", [user_id("member-41")], key="Marketing/2")
    build.user("twin-member", "Tina Twin", job_title="Agent", department="Support")
    build.user(
        "twin-guest",
        "Tina Twin",
        mail="tina.twin@lakeside.example",
        user_type="Guest",
        company_name="Lakeside Logistics",
    )


def _add_roles(build: TenantBuilder) -> None:
    """People who manage parts of entitlement management without being administrators."""
    for key, definition, catalog in (
        ("curator", CATALOG_OWNER, "Projects"),
        ("assigner", ASSIGNMENT_MANAGER, "Company"),
    ):
        made = RoleAssignment(
            stable_id(f"role-assignment/{key}"),
            user_id(key),
            definition,
            "/AccessPackageCatalog/" + stable_id("catalog/" + catalog),
        )
        build.tenant.role_assignments[made.id] = made
