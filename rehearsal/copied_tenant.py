"""A tenant of the sandbox that holds one policy of a real one, and nobody else than the people it concerns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from bot.domain import Person, ResourceRole
from rehearsal.reading import Copied
from rehearsal.sandbox_tenant import quiet
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.default import add_doorman
from sandbox.tenant.identity import TENANT_DOMAIN, TENANT_ID, TENANT_NAME, stable_id
from sandbox.tenant.model import AccessPackage, AppRegistration, AssignmentPolicy, ConnectedOrganization, Group, Tenant

_NOT_SETTINGS: Final = frozenset({"id", "createdDateTime", "modifiedDateTime", "accessPackage", "catalog"})
_SITE_ROLES: Final = frozenset({"Owners", "Contributors", "Readers"})


def copied_tenant(copied: Copied, time_zone: str) -> Callable[[datetime], Tenant]:
    """`time_zone` is everybody's: Graph does not tell theirs to an app."""

    def make(now: datetime) -> Tenant:
        tenant = Tenant(TENANT_ID, TENANT_DOMAIN, TENANT_NAME)
        build = TenantBuilder(tenant, now)
        add_doorman(build)
        _Copying(build, copied, time_zone).copy()
        return quiet(tenant)

    return make


class _Copying:
    def __init__(self, build: TenantBuilder, copied: Copied, time_zone: str) -> None:
        self._build = build
        self._tenant = build.tenant
        self._copied = copied
        self._zone = time_zone

    def copy(self) -> None:
        self._people()
        self._groups()
        self._organization()
        package = self._package()
        self._policy(package)

    def _people(self) -> None:
        copied = self._copied
        everybody = [copied.person, *copied.managers, *copied.approvers, *copied.sponsors, *copied.administrators]
        everybody += [person for _, members in copied.groups.values() for person in members]
        everybody += [person for people in copied.organization_sponsors.values() for person in people]
        for person in everybody:
            self._user(person)
        below = copied.person.id
        for manager in copied.managers:
            self._tenant.users[below].manager_id = manager.id
            below = manager.id
        self._tenant.users[copied.person.id].sponsor_ids = [person.id for person in copied.sponsors]

    def _user(self, person: Person) -> None:
        if person.id in self._tenant.users:
            return
        made = self._build.user(
            f"copied/{person.id}",
            person.name,
            mail=person.mail or person.user_principal_name,
            user_type="Guest" if person.is_guest else "Member",
            job_title=person.job_title,
            department=person.department,
            company_name=person.company,
            account_enabled=person.is_enabled,
            preferred_language=person.preferred_language,
            time_zone=self._zone,
        )
        del self._tenant.users[made.id]
        made.id, made.user_principal_name = person.id, person.user_principal_name or made.user_principal_name
        self._tenant.users[made.id] = made

    def _groups(self) -> None:
        for group_id, (name, members) in self._copied.groups.items():
            self._group(group_id, name, [person.id for person in members])

    def _group(self, group_id: str, name: str, members: Iterable[str] = ()) -> Group:
        if group_id not in self._tenant.groups:
            made = self._build.group(name, members, key=f"copied/{group_id}")
            del self._tenant.groups[made.id]
            made.id = group_id
            self._tenant.groups[group_id] = made
        return self._tenant.groups[group_id]

    def _organization(self) -> None:
        if not self._copied.organization_sponsors:
            return
        domain = self._copied.person.mail.rpartition("@")[2]
        sponsors = {which: _ids(people) for which, people in self._copied.organization_sponsors.items()}
        key = stable_id(f"organization/{domain}")
        self._tenant.connected_organizations[key] = ConnectedOrganization(
            key,
            domain,
            self._build.since,
            self._build.since,
            identity_sources=[{"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": domain}],
            internal_sponsor_ids=sponsors.get("internal", {}),
            external_sponsor_ids=sponsors.get("external", {}),
        )

    def _package(self) -> AccessPackage:
        told = self._copied.package
        catalog = self._build.catalog(told.catalog_name or "Catalog", is_externally_visible=True)
        if told.catalog_id:
            del self._tenant.catalogs[catalog.id]
            catalog.id = told.catalog_id
            self._tenant.catalogs[catalog.id] = catalog
        grants = list(
            {(self._name(role), role.role_name): self._grant(role) for role in self._copied.contents}.values()
        )
        made = self._build.package(catalog, told.name, grants, description=told.description)
        del self._tenant.packages[made.id]
        made.id = told.id
        self._tenant.packages[made.id] = made
        return made

    def _name(self, role: ResourceRole) -> str:
        return role.origin_id or role.resource_name

    def _grant(self, role: ResourceRole) -> tuple[Group | AppRegistration | str, str]:
        """A resource of the same kind and name. Of an application only the role that the package holds is known."""
        if role.origin_system == "AadApplication":
            name = f"{role.resource_name} ({role.role_name})"
            return self._build.app(name, [(role.role_name, role.role_name)]), role.role_name
        if role.origin_system == "SharePointOnline":
            return self._name(role), role.role_name if role.role_name in _SITE_ROLES else "Readers"
        group = self._group(self._name(role), role.resource_name)
        return group, role.role_name if role.role_name in ("Member", "Owner") else "Member"

    def _policy(self, package: AccessPackage) -> None:
        settings = dict(_plain(self._copied.settings))
        # Whoever it is open to, here it is played; and nothing outside is called or asked.
        settings |= {"allowedTargetScope": "allDirectoryUsers", "specificAllowedTargets": []}
        settings |= {"customExtensionStageSettings": [], "automaticRequestSettings": None}
        key, since = self._copied.policy_id, self._build.since
        self._tenant.policies[key] = AssignmentPolicy(key, package.id, since, since, settings)


def _plain(settings: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in settings.items() if name not in _NOT_SETTINGS and "@" not in name)


def _ids(people: Iterable[Person]) -> dict[str, None]:
    return dict.fromkeys(str(person.id) for person in people)
