"""Access packages: making, changing and deleting them, what they grant, and what they exclude."""

from __future__ import annotations

from typing import Final

from sandbox.graph.handlers.body import flag, keep, name_text, object_of, reference, require, text
from sandbox.graph.handlers.writing import administration, keep_within, linked_id, read_shape
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, not_found
from sandbox.graph.wire import Json
from sandbox.tenant.model import AccessPackage, Resource, ResourceRole

_READ_ONLY: Final = ("id", "createdDateTime", "modifiedDateTime", "uniqueName")
_TEXTS: Final = {"displayName": name_text, "description": text, "isHidden": flag}
_NEW_PACKAGE: Final = object_of({**_TEXTS, "catalog": reference}, ignored=_READ_ONLY)
_CHANGED_PACKAGE: Final = object_of(_TEXTS, ignored=_READ_ONLY)
_RESOURCE: Final = object_of(
    {
        "id": text,
        "originId": text,
        "originSystem": text,
        "displayName": text,
        "description": text,
        "environment": keep,
    },
    ignored=("createdDateTime", "modifiedDateTime", "attributes", "roles", "scopes"),
)
_PART: Final = {
    "id": text,
    "originId": text,
    "originSystem": text,
    "displayName": text,
    "description": text,
    "resource": _RESOURCE,
}
_ROLE_SCOPE: Final = object_of(
    {
        "role": object_of({**_PART, "type": text}),
        "scope": object_of({**_PART, "isRootScope": flag, "url": text}),
    },
    ignored=("id", "createdDateTime"),
)


def create_package(call: Call) -> Result:
    body = read_shape(call, _NEW_PACKAGE)
    require(body, "displayName", "catalog")
    if body["catalog"] not in call.tenant.catalogs:
        raise bad_request("'catalog/id' names no catalog.", "CatalogNotFound")
    call.scope.require(body["catalog"])
    keep_within(call, "max_packages", len(call.tenant.packages))
    now = call.reader.now
    package = AccessPackage(call.tenant.new_id("package"), body["displayName"], body["catalog"], now, now)
    _fill(package, body)
    call.tenant.packages[package.id] = package
    return Entity(package, status=201)


def update_package(call: Call) -> Result:
    package = own_package(call)
    _fill(package, read_shape(call, _CHANGED_PACKAGE))
    package.modified_at = call.reader.now
    return Empty()


def delete_package(call: Call) -> Result:
    administration(call).delete_package(own_package(call).id)
    return Empty()


def add_role_scope(call: Call) -> Result:
    """Let a package grant one more role; whoever holds the package gets it too."""
    package = own_package(call)
    body = read_shape(call, _ROLE_SCOPE)
    require(body, "role", "scope")
    resource, role = _role(call, package, body["role"])
    _check_scope(resource, body["scope"])
    return Entity(administration(call).add_role_scope(package.id, resource.id, role.id), status=201)


def remove_role_scope(call: Call) -> Result:
    administration(call).remove_role_scope(own_package(call).id, call.params["roleScopeId"])
    return Empty()


def exclude_package(call: Call) -> Result:
    """From now on holders of the other package cannot get this one; those who have both keep both."""
    package = own_package(call)
    other = linked_id(call.body, "accessPackages", "incompatibleAccessPackages")
    if other not in call.tenant.packages:
        raise not_found(f"There is no access package '{other}'.")
    if other == package.id:
        raise bad_request("An access package cannot be incompatible with itself.", "InvalidReference")
    return _exclude(package.incompatible_package_ids, other)


def exclude_group(call: Call) -> Result:
    package = own_package(call)
    group = linked_id(call.body, "groups", "directoryObjects")
    if group not in call.tenant.groups:
        raise not_found(f"There is no group '{group}'.")
    return _exclude(package.incompatible_group_ids, group)


def include_package(call: Call) -> Result:
    return _include(own_package(call).incompatible_package_ids, call.params["otherId"])


def include_group(call: Call) -> Result:
    return _include(own_package(call).incompatible_group_ids, call.params["groupId"])


def list_additional_access(call: Call) -> Result:
    """Assignments whose holders also have something that the package excludes: of one package, or of all."""
    wanted = call.params.get("accessPackageId")
    if wanted is not None:
        call.entitlement.package(wanted)
    found = {}
    for package in call.tenant.packages.values():
        if wanted not in (None, package.id) or not call.scope.covers(package.catalog_id):
            continue
        for other in package.incompatible_package_ids:
            if other in call.tenant.packages:
                held = call.entitlement.additional_access(package.id, other)
                found.update({assignment.id: assignment for assignment in held})
    return Entities(found.values())


def own_package(call: Call) -> AccessPackage:
    """The package in the path, where the caller's roles reach it. Raises GraphProblem 404, 403."""
    package = call.entitlement.package(call.params["id"])
    call.scope.require(package.catalog_id)
    return package


def _fill(package: AccessPackage, body: Json) -> None:
    package.display_name = body.get("displayName", package.display_name)
    package.description = body.get("description", package.description)
    package.is_hidden = body.get("isHidden", package.is_hidden)


def _role(call: Call, package: AccessPackage, wanted: Json) -> tuple[Resource, ResourceRole]:
    """The role that is meant: by its id, or by its own origin in a resource of the package's catalog.

    Raises GraphProblem 400 for a description that does not suffice, 404 for a role that is not there (yet).
    """
    described = wanted.get("resource", {})
    if "id" not in wanted and not {"originId", "originSystem"} <= wanted.keys():
        raise bad_request("'role/id', or 'role/originId' with 'role/originSystem', is required.")
    if "id" not in wanted and "id" not in described and "originId" not in described:
        raise bad_request("'role/resource/id' is required.")
    for resource in call.tenant.resources.values():
        if not _is_meant(resource, package, described):
            continue
        for role in resource.roles:
            if role.id == wanted.get("id") or ("id" not in wanted and role.origin_id == wanted["originId"]):
                return resource, role
    raise not_found(f"The catalog has no resource role '{wanted.get('id', wanted.get('originId'))}'.")


def _is_meant(resource: Resource, package: AccessPackage, described: Json) -> bool:
    if "id" in described:
        return bool(resource.id == described["id"])
    is_here = resource.catalog_id == package.catalog_id
    return is_here and described.get("originId", resource.origin_id) == resource.origin_id


def _check_scope(resource: Resource, wanted: Json) -> None:
    """Raise 400 for a scope that is not one of the role's resource."""
    if "id" not in wanted and "originId" not in wanted:
        raise bad_request("'scope/id', or 'scope/originId', is required.")
    for scope in resource.scopes:
        if scope.id == wanted.get("id") or ("id" not in wanted and scope.origin_id == wanted["originId"]):
            return
    raise bad_request("The scope does not belong to the resource of the role.", "InvalidScope")


def _exclude(excluded: dict[str, None], other: str) -> Result:
    if other in excluded:
        raise bad_request("The reference exists already.", "ReferenceExists")
    excluded[other] = None
    return Empty()


def _include(excluded: dict[str, None], other: str) -> Result:
    if other not in excluded:
        raise not_found(f"There is no reference to '{other}'.")
    del excluded[other]
    return Empty()
