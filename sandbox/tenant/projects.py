"""The customer's projects: one application with a role per project and role, a group for each, and the packages.

A package grants its role group and the default group, which carries the application's global reader role. Who is in
which is kept in files, so the policies admit administrators only; some projects have begun to let people ask.
"""

from __future__ import annotations

from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import user_id
from sandbox.tenant.model import AccessPackage, AppRegistration, Catalog, Group, Json
from sandbox.tenant.settings import administrators_only, group_members, manager, policy_settings, single_user, stage

# fmt: off
PROJECTS = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elder", "Fir", "Ginkgo", "Hawthorn",
    "Ironwood", "Juniper", "Kapok", "Larch", "Magnolia", "Nutmeg", "Oak", "Pine",
    "Quince", "Rowan", "Spruce", "Teak", "Ulmo", "Viburnum", "Willow", "Yew",
)
# fmt: on
ROLES = ("Approver", "Contributor", "Manager")
SELF_SERVICE = frozenset(PROJECTS[:8])
"""The projects whose contributors may ask for themselves."""

FILE_MANAGED = "File managed"
SELF_SERVICE_POLICY = "Self-service"


class Projects:
    """Adds application, groups, catalog, packages and policies of all projects."""

    def __init__(self, build: TenantBuilder) -> None:
        self._build = build
        wanted = [(f"Project {p} {r}", f"Project{p}_{r}") for p in PROJECTS for r in (*ROLES, "Reader")]
        self.hub: AppRegistration = build.app("Project Hub", [("Global Reader", "Global_Reader"), *wanted])
        self.catalog: Catalog = build.catalog(
            "Projects", description="Everything about projects", is_externally_visible=True
        )
        self.default_group: Group = self._mapped_group("Default Users", "Global_Reader")
        self._groups: dict[tuple[str, str], Group] = {}

    def add(self) -> None:
        for project in PROJECTS:
            for role in (*ROLES, "Reader"):
                group = self._mapped_group(f"Project{project}_{role}", f"Project{project}_{role}")
                group.owner_ids[user_id("lead")] = None
                self._groups[project, role] = group
            for role in ROLES:
                self._add_package(project, role)
        self._bundle("Key Users", "Manager", "Elevated access to every project")
        self._bundle("Reader Only", "Reader", "Reads every project")

    def _add_package(self, project: str, role: str) -> AccessPackage:
        package = self._build.package(
            self.catalog,
            f"Project {project} | {role}",
            [(self._groups[project, role], "Member"), (self.default_group, "Member")],
            description=f"{role} in Project {project}",
        )
        self._build.policy(package, FILE_MANAGED, administrators_only(description="Managed by the enrolment file"))
        if role == "Contributor" and project in SELF_SERVICE:
            self._build.policy(package, SELF_SERVICE_POLICY, self._self_service(project))
        return package

    def _self_service(self, project: str) -> Json:
        """The requestor's manager, then somebody who approves for the project."""
        lead = single_user(self._build.tenant.users[user_id("lead")])
        stages = [
            stage([manager()], fallback=[lead]),
            stage([group_members(self._groups[project, "Approver"])], fallback=[lead]),
        ]
        return policy_settings(stages=stages, justification=True, days=180)

    def _bundle(self, name: str, role: str, description: str) -> None:
        """One package over all projects."""
        grants = [(self._groups[project, role], "Member") for project in PROJECTS]
        package = self._build.package(
            self.catalog, name, [*grants, (self.default_group, "Member")], description=description
        )
        self._build.policy(package, FILE_MANAGED, administrators_only(description="Managed by the enrolment file"))

    def _mapped_group(self, name: str, value: str) -> Group:
        """A group that carries the application's role of that value; groups and roles correspond one to one."""
        group = self._build.group(name, description=f"Carries {value}")
        role = next(role for role in self.hub.app_roles if role.value == value)
        self._build.tenant.assign_app_role(group.id, "Group", self.hub.object_id, role.id, self._build.since)
        return group
