"""The roles of entitlement management: what a person or app may do beyond their own requests."""

from __future__ import annotations

from typing import Literal

from sandbox.tenant.model import Tenant

Duty = Literal["read", "assign", "packages", "catalog", "create catalogs", "tenant"]
"""What a role is asked for: reading, requests and assignments, packages and policies, the whole catalog, new ones.

"tenant" is what belongs to no catalog, such as connected organizations: no role of entitlement management gives it.
"""

CATALOG_CREATOR = "ba92d953-d8e0-4e39-a797-0cbedb0a89e8"
CATALOG_OWNER = "ae79f266-94d4-4dab-b730-feca7e132178"
CATALOG_READER = "44272f93-9762-48e8-af59-1b5351b1d6b3"
PACKAGE_MANAGER = "7f480852-ebdc-47d4-87de-0d8498384a83"
ASSIGNMENT_MANAGER = "e2182095-804a-4656-ae11-64734e9b7ae5"

ROLE_NAMES = {
    CATALOG_CREATOR: "Catalog creator",
    CATALOG_OWNER: "Catalog owner",
    CATALOG_READER: "Catalog reader",
    PACKAGE_MANAGER: "Access package manager",
    ASSIGNMENT_MANAGER: "Access package assignment manager",
}

_DUTIES: dict[str, frozenset[Duty]] = {
    CATALOG_CREATOR: frozenset({"create catalogs"}),
    CATALOG_OWNER: frozenset({"read", "assign", "packages", "catalog"}),
    CATALOG_READER: frozenset({"read"}),
    PACKAGE_MANAGER: frozenset({"read", "assign", "packages"}),
    ASSIGNMENT_MANAGER: frozenset({"read", "assign"}),
}
_WRITING_DIRECTORY_ROLES = frozenset({"Global Administrator", "Identity Governance Administrator"})
_READING_DIRECTORY_ROLES = frozenset(
    {"Security Reader", "Global Reader", "Compliance Administrator", "Security Administrator"}
)
_SCOPE = "/accesspackagecatalog/"


class Roles:
    """Answers for the tenant as it is now. A principal is the object id of a user or of a service principal."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def may(self, principal_id: str, duty: Duty, catalog_id: str | None = None) -> bool:
        """Whether somebody may do that in a catalog, or (None) in the whole tenant."""
        if self.is_tenant_wide(principal_id, duty):
            return True
        return catalog_id is not None and catalog_id in self.catalogs(principal_id, duty)

    def is_tenant_wide(self, principal_id: str, duty: Duty) -> bool:
        """Whether a directory role or a role at "/" gives that duty everywhere."""
        user = self._tenant.users.get(principal_id)
        held = user.directory_roles if user else set()
        if held & _WRITING_DIRECTORY_ROLES or (duty == "read" and held & _READING_DIRECTORY_ROLES):
            return True
        return any(scope == "/" and duty in duties for scope, duties in self._held(principal_id))

    def catalogs(self, principal_id: str, duty: Duty) -> frozenset[str]:
        """The ids of the catalogs in which a role scoped to the catalog gives that duty."""
        return frozenset(
            scope[len(_SCOPE) :]
            for scope, duties in self._held(principal_id)
            if scope.startswith(_SCOPE) and duty in duties
        )

    def _held(self, principal_id: str) -> list[tuple[str, frozenset[Duty]]]:
        """Scopes and duties of the roles held, also through groups."""
        principals = {principal_id, *self._tenant.groups_of(principal_id)}
        return [
            (held.app_scope_id.casefold(), _DUTIES.get(held.role_definition_id, frozenset()))
            for held in self._tenant.role_assignments.values()
            if held.principal_id in principals
        ]
