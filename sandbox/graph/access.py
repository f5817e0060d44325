"""May this caller do this: permissions of the token first, then the roles of whom it speaks for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.entra.tokens import Principal
from sandbox.graph.engine.roles import Duty, Roles
from sandbox.graph.problems import GraphProblem
from sandbox.tenant.model import Tenant

if TYPE_CHECKING:  # Operations are described in terms of scopes.
    from sandbox.graph.operations import Operation

_PROFILES: Final = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})
_ANY_USER: Final = _PROFILES | {"User.ReadBasic.All"}


@dataclass(frozen=True, slots=True)
class CatalogScope:
    """The catalogs in which a caller may act; `catalog_ids` None means all of them."""

    catalog_ids: frozenset[str] | None = None

    @property
    def is_everything(self) -> bool:
        return self.catalog_ids is None

    def covers(self, catalog_id: str) -> bool:
        return self.catalog_ids is None or catalog_id in self.catalog_ids

    def require(self, catalog_id: str) -> None:
        """Raise 403 for a catalog outside."""
        if not self.covers(catalog_id):
            raise denied()


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller let in: by which permission (None: by a role alone), and how far."""

    used_permission: str | None
    scope: CatalogScope


def denied(message: str = "Insufficient privileges to complete the operation.") -> GraphProblem:
    """403 in the words of the authorization layer, which knows no reasons."""
    return GraphProblem(403, "Authorization_RequestDenied", message)


def admit(tenant: Tenant, principal: Principal, operation: Operation, own_id: str | None) -> Admission:
    """Let the caller in, or raise 403. `own_id` is the user whom the path is about, where it is about one.

    An application without the permission may still come in by a role on a catalog; a person needs both.
    """
    accepted = operation.delegated if principal.kind == "delegated" else operation.application
    if not accepted:
        raise denied(f"The operation does not support {principal.kind} permissions.")
    used = next((name for name in accepted if name in principal.permissions), None)
    if used in operation.own_only and own_id not in (None, principal.user_id):
        used = next((name for name in accepted if name in principal.permissions - operation.own_only), None)
    if operation.also and principal.permissions.isdisjoint(operation.also):
        used = None
    is_application = principal.kind == "application"
    if used is not None and (is_application or operation.duty is None):
        return Admission(used, CatalogScope())
    duty = operation.duty or operation.role_instead
    if duty is None or (used is None and not is_application):
        raise denied()
    scope = scope_of(tenant, principal, duty)
    if scope is None:
        raise denied()
    return Admission(used, scope)


def scope_of(tenant: Tenant, principal: Principal, duty: Duty) -> CatalogScope | None:
    """How far the roles of whoever the token speaks for reach; None if they give the duty nowhere."""
    principal_id = directory_id(tenant, principal)
    roles = Roles(tenant)
    if roles.is_tenant_wide(principal_id, duty):
        return CatalogScope()
    catalogs = roles.catalogs(principal_id, duty)
    return CatalogScope(catalogs) if catalogs else None


def directory_id(tenant: Tenant, principal: Principal) -> str:
    """The object id of the person, or of the application's service principal."""
    if principal.user_id is not None:
        return principal.user_id
    app = tenant.apps.get(principal.app_id)
    return app.object_id if app is not None else ""


def reads_profiles(permissions: Collection[str]) -> bool:
    """Whether more than users' basic properties may be seen."""
    return not _PROFILES.isdisjoint(permissions)


def reads_users(permissions: Collection[str]) -> bool:
    """Whether users may be seen where a group leads to them."""
    return not _ANY_USER.isdisjoint(permissions)


def reads_sign_ins(permissions: Collection[str]) -> bool:
    """Whether it may be seen when people last signed in."""
    return "AuditLog.Read.All" in permissions
