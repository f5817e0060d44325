"""Putting a tenant together with readable keys instead of ids.

Every object's id is made from its kind and key, so building the same tenant twice gives the same ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sandbox.tenant.identity import EMPTY_GUID, stable_id, user_id
from sandbox.tenant.model import (
    AccessPackage,
    AppRegistration,
    AppRole,
    AssignmentPolicy,
    Catalog,
    Credential,
    Group,
    Resource,
    ResourceRole,
    ResourceScope,
    RoleScope,
    Tenant,
    User,
)


class TenantBuilder:
    """Adds to `tenant`; everything it makes was there `age` before `now` (default 400 days)."""

    def __init__(self, tenant: Tenant, now: datetime, age: timedelta = timedelta(days=400)) -> None:
        self.tenant = tenant
        self.now = now
        self.since = now - age

    def user(self, key: str, name: str, **more: Any) -> User:
        """A person called `name`; their addresses come from the name, inside the tenant unless `mail` says else."""
        given, _, surname = name.partition(" ")
        local = name.casefold().replace(" ", ".")
        mail = str(more.pop("mail", f"{local}@{self.tenant.domain}"))
        is_guest = more.get("user_type") == "Guest"
        principal = f"{mail.replace('@', '_')}#EXT#@{self.tenant.domain}" if is_guest else mail
        more.setdefault("company_name", self.tenant.display_name)
        more.setdefault("time_zone", "Europe/Amsterdam")
        more.setdefault("external_user_state", "Accepted" if is_guest else None)
        made = User(user_id(key), name, given, surname, mail, principal, created_at=self.since, **more)
        self.tenant.users[made.id] = made
        return made

    def group(self, name: str, members: Iterable[str] = (), *, key: str | None = None, **more: Any) -> Group:
        """A security group; `members` are object ids of users or groups."""
        made = Group(
            id=stable_id("group/" + (key or name)),
            display_name=name,
            mail_nickname="".join(letter for letter in name if letter.isalnum()),
            member_ids=dict.fromkeys(members),
            created_at=self.since,
            **more,
        )
        self.tenant.groups[made.id] = made
        return made

    def app(
        self, name: str, roles: Iterable[tuple[str, str]] = (), *, app_id: str = "", **more: Any
    ) -> AppRegistration:
        """An application with its service principal; `roles` are pairs of display name and value."""
        made = AppRegistration(
            app_id=app_id or stable_id("app/" + name),
            object_id=stable_id("service-principal/" + name),
            application_object_id=stable_id("application/" + name),
            display_name=name,
            app_roles=[
                AppRole(stable_id(f"app-role/{name}/{value}"), display, value, description=value)
                for display, value in roles
            ],
            created_at=self.since,
            **more,
        )
        for number, secret in enumerate(made.secrets):
            self._date(made, f"Secret {number + 1}", secret, timedelta(days=720))
        self.tenant.apps[made.app_id] = made
        return made

    def secret(self, app: AppRegistration, name: str, *, ends_in: timedelta) -> None:
        """Give an application one more secret; a negative span has ended it already."""
        app.secrets.append(stable_id(f"secret text/{app.display_name}/{name}"))
        self._date(app, name, app.secrets[-1], ends_in)

    def _date(self, app: AppRegistration, name: str, secret: str, ends_in: timedelta) -> None:
        """Let a secret last for two years, the end of which is so far away."""
        key_id, end = stable_id(f"secret/{app.display_name}/{name}"), self.now + ends_in
        app.credentials.append(Credential(key_id, "password", secret, end - timedelta(days=730), end, name))

    def catalog(self, name: str, **more: Any) -> Catalog:
        made = Catalog(stable_id("catalog/" + name), name, self.since, self.since, **more)
        self.tenant.catalogs[made.id] = made
        return made

    def resource(self, catalog: Catalog, origin: Group | AppRegistration | str) -> Resource:
        """A group, an application, or a site (its address) in a catalog; added on first use."""
        origin_id = (
            origin
            if isinstance(origin, str)
            else origin.object_id
            if isinstance(origin, AppRegistration)
            else origin.id
        )
        key = stable_id(f"resource/{catalog.id}/{origin_id}")
        if key not in self.tenant.resources:
            self.tenant.resources[key] = make_resource(key, catalog.id, origin, self.since)
        return self.tenant.resources[key]

    def package(
        self,
        catalog: Catalog,
        name: str,
        grants: Iterable[tuple[Group | AppRegistration | str, str]] = (),
        **more: Any,
    ) -> AccessPackage:
        """A package; `grants` are pairs of a resource's origin and the display name of one of its roles."""
        made = AccessPackage(stable_id("package/" + name), name, catalog.id, self.since, self.since, **more)
        for origin, role_name in grants:
            resource = self.resource(catalog, origin)
            role = next(role for role in resource.roles if role.display_name == role_name)
            made.role_scopes.append(RoleScope(role.id, resource.scopes[0].id, resource.id, self.since))
        self.tenant.packages[made.id] = made
        return made

    def policy(self, package: AccessPackage, name: str, settings: dict[str, Any]) -> AssignmentPolicy:
        """A policy of a package; `settings` as `policy_settings` makes them."""
        key = stable_id(f"policy/{package.display_name}/{name}")
        made = AssignmentPolicy(key, package.id, self.since, self.since, {**settings, "displayName": name})
        if not made.settings.get("description"):
            made.settings["description"] = name
        self.tenant.policies[key] = made
        return made


def make_resource(key: str, catalog_id: str, origin: Group | AppRegistration | str, at: datetime) -> Resource:
    """A resource with the roles that its kind of origin has: members and owners, app roles, site permission levels."""
    if isinstance(origin, Group):
        names = [("Member", f"Member_{origin.id}"), ("Owner", f"Owner_{origin.id}")]
        made = Resource(key, catalog_id, origin.id, "AadGroup", origin.display_name, at, at, at, origin.description)
    elif isinstance(origin, AppRegistration):
        names = [(role.display_name, role.id) for role in origin.app_roles if role.is_enabled]
        names = names or [("Default Access", EMPTY_GUID)]
        made = Resource(key, catalog_id, origin.object_id, "AadApplication", origin.display_name, at, at, at)
    else:
        names = [("Owners", "3"), ("Contributors", "4"), ("Readers", "5")]
        made = Resource(key, catalog_id, origin, "SharePointOnline", origin.rstrip("/").rpartition("/")[2], at, at, at)
    made.roles = [
        ResourceRole(stable_id(f"role/{key}/{origin_id}"), name, origin_id, made.origin_system)
        for name, origin_id in names
    ]
    made.scopes = [ResourceScope(stable_id(f"scope/{key}"), made.origin_id, made.origin_system)]
    return made
