"""Groups, applications and sites as resources of a catalog: which may be one, and which roles they have."""

from __future__ import annotations

from datetime import datetime

from sandbox.graph.problems import GraphProblem, bad_request, not_found
from sandbox.tenant.builder import make_resource
from sandbox.tenant.model import AppRegistration, Group, OriginSystem, Tenant


def origin_of(tenant: Tenant, origin_system: OriginSystem, origin_id: str) -> Group | AppRegistration | str:
    """What a resource stands for; a site is its address.

    Raises GraphProblem 404 for an unknown origin, 400 for a group whose members the service cannot change and for a
    site without an address.
    """
    if origin_system == "SharePointOnline":
        if not origin_id.startswith("https://") or len(origin_id) < len("https://x"):
            raise bad_request("The origin of a site is its address, which begins with https.", "InvalidOrigin")
        return origin_id
    if origin_system == "AadApplication":
        app = tenant.service_principal(origin_id)
        if app is None:
            raise not_found(f"There is no service principal '{origin_id}'.")
        return app
    group = tenant.groups.get(origin_id)
    if group is None:
        raise not_found(f"There is no group '{origin_id}'.")
    if group.is_dynamic or group.on_premises_sync_enabled:
        raise bad_request("Dynamic and synchronised groups cannot be added to a catalog.", "UnsuitableGroup")
    if group.mail is not None and not group.security_enabled and "Unified" not in group.group_types:
        raise bad_request("Distribution lists cannot be added to a catalog.", "UnsuitableGroup")
    return group


def refresh_roles(tenant: Tenant, resource_id: str, at: datetime) -> None:
    """Give a resource the roles that its origin has now; one that a package grants stays all the same.

    A resource or origin that is gone meanwhile changes nothing.
    """
    resource = tenant.resources.get(resource_id)
    if resource is None:
        return
    try:
        origin = origin_of(tenant, resource.origin_system, resource.origin_id)
    except GraphProblem:
        return
    fresh = make_resource(resource.id, resource.catalog_id, origin, at)
    known = {role.id for role in fresh.roles}
    granted = {held.role_id for package in tenant.packages.values() for held in package.role_scopes}
    fresh.roles += [role for role in resource.roles if role.id in granted and role.id not in known]
    resource.roles, resource.modified_at = fresh.roles, at
