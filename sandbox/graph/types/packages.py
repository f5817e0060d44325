"""Catalogs, resources, access packages and policies as Graph shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from sandbox.graph import wire
from sandbox.graph.reader import Reader
from sandbox.graph.types import policy as policies
from sandbox.graph.types.administration import CALLOUT_EXTENSION, extensions_of
from sandbox.graph.types.base import EntityType, many, one
from sandbox.tenant.model import AccessPackage, Resource, ResourceRole, ResourceScope, RoleScope

CATALOG: Final = EntityType(
    "accessPackageCatalog",
    {
        "id": lambda _, c: c.id,
        "displayName": lambda _, c: c.display_name,
        "description": lambda _, c: c.description or None,
        "catalogType": lambda _, c: c.catalog_type,
        "state": lambda _, c: c.state,
        "isExternallyVisible": lambda _, c: c.is_externally_visible,
        "createdDateTime": lambda _, c: wire.moment(c.created_at),
        "modifiedDateTime": lambda _, c: wire.moment(c.modified_at),
        "uniqueName": lambda _, c: None,
    },
    {
        "accessPackages": many(
            "accessPackage", lambda r, c: [p for p in r.tenant.packages.values() if p.catalog_id == c.id]
        ),
        "resources": many(
            "accessPackageResource", lambda r, c: [x for x in r.tenant.resources.values() if x.catalog_id == c.id]
        ),
        "customWorkflowExtensions": many(
            CALLOUT_EXTENSION, lambda r, c: [x for x in r.tenant.custom_extensions.values() if x.catalog_id == c.id]
        ),
    },
)


def _role_scopes(reader: Reader, package: AccessPackage) -> list[RoleScope]:
    return list(package.role_scopes)


def _incompatible_with(reader: Reader, package: AccessPackage) -> Iterable[AccessPackage]:
    """The packages that list this one as incompatible: its holders may not get those."""
    return [other for other in reader.tenant.packages.values() if package.id in other.incompatible_package_ids]


PACKAGE: Final = EntityType(
    "accessPackage",
    {
        "id": lambda _, p: p.id,
        "displayName": lambda _, p: p.display_name,
        "description": lambda _, p: p.description or None,
        "isHidden": lambda _, p: p.is_hidden,
        "createdDateTime": lambda _, p: wire.moment(p.created_at),
        "modifiedDateTime": lambda _, p: wire.moment(p.modified_at),
        "uniqueName": lambda _, p: None,
    },
    {
        "catalog": one("accessPackageCatalog", lambda r, p: r.tenant.catalogs.get(p.catalog_id)),
        "assignmentPolicies": many("accessPackageAssignmentPolicy", lambda r, p: r.tenant.policies_of(p.id)),
        "resourceRoleScopes": many("accessPackageResourceRoleScope", _role_scopes),
        "incompatibleAccessPackages": many(
            "accessPackage",
            lambda r, p: [r.tenant.packages[i] for i in p.incompatible_package_ids if i in r.tenant.packages],
        ),
        "accessPackagesIncompatibleWith": many("accessPackage", _incompatible_with),
        "incompatibleGroups": many(
            "group", lambda r, p: [r.tenant.groups[i] for i in p.incompatible_group_ids if i in r.tenant.groups]
        ),
    },
)

POLICY: Final = EntityType(
    "accessPackageAssignmentPolicy",
    {
        "id": lambda _, p: p.id,
        "displayName": lambda _, p: p.display_name,
        "description": lambda _, p: p.settings.get("description"),
        "allowedTargetScope": lambda _, p: p.settings.get("allowedTargetScope", "notSpecified"),
        "specificAllowedTargets": lambda r, p: policies.subject_sets(r, p.settings.get("specificAllowedTargets")),
        "expiration": lambda _, p: policies.expiration(p.settings.get("expiration")),
        "requestorSettings": policies.requestor_settings,
        "requestApprovalSettings": policies.approval_settings,
        "reviewSettings": policies.review_settings,
        "automaticRequestSettings": lambda _, p: policies.automatic_settings(p),
        "notificationSettings": lambda _, p: policies.notification_settings(p),
        "createdDateTime": lambda _, p: wire.moment(p.created_at),
        "modifiedDateTime": lambda _, p: wire.moment(p.modified_at),
    },
    {
        "accessPackage": one("accessPackage", lambda r, p: r.tenant.packages.get(p.package_id)),
        "catalog": one(
            "accessPackageCatalog", lambda r, p: r.tenant.catalogs.get(r.tenant.packages[p.package_id].catalog_id)
        ),
        "questions": many("accessPackageQuestion", policies.questions),
        "customExtensionStageSettings": many("customExtensionStageSetting", extensions_of),
    },
)

QUESTION: Final = EntityType(
    "accessPackageQuestion",
    {"id": lambda _, q: q.get("id"), "sequence": lambda _, q: q.get("sequence"), "text": lambda _, q: q.get("text")},
)
"""Questions reach the wire as whole JSON objects; only the properties that every kind has can be selected."""


ENVIRONMENT: Final = EntityType("accessPackageResourceEnvironment", {"id": lambda _, x: x.id})
"""Only sites in several regions have one, and the sandbox has none of these."""


def visible_roles(reader: Reader, resource: Resource) -> list[ResourceRole]:
    """The roles of a resource; those of one just added take a moment to appear."""
    return list(resource.roles) if resource.roles_visible_at <= reader.now else []


def _expanded_roles(reader: Reader, resource: Resource) -> list[ResourceRole]:
    """The roles as `$expand` gives them, which the service may be slower with than with the list of roles."""
    since = resource.roles_visible_at + timedelta(seconds=reader.world.options.expanded_roles_delay_s)
    return visible_roles(reader, resource) if since <= reader.now else []


RESOURCE: Final = EntityType(
    "accessPackageResource",
    {
        "id": lambda _, x: x.id,
        "displayName": lambda _, x: x.display_name,
        "description": lambda _, x: x.description or None,
        "originId": lambda _, x: x.origin_id,
        "originSystem": lambda _, x: x.origin_system,
        "createdDateTime": lambda _, x: wire.moment(x.created_at),
        "modifiedDateTime": lambda _, x: wire.moment(x.modified_at),
        "attributes": lambda _, x: list(x.attributes),
    },
    {
        "roles": many("accessPackageResourceRole", _expanded_roles),
        "scopes": many("accessPackageResourceScope", lambda _, x: list(x.scopes)),
        "environment": one("accessPackageResourceEnvironment", lambda _, x: None),
    },
)


def _resource_with(reader: Reader, part: ResourceRole | ResourceScope) -> Resource | None:
    """The resource that a role or scope belongs to."""
    owners: dict[str, Resource] | None = reader.cache.get("resource by part")
    if owners is None:
        owners = {}
        for resource in reader.tenant.resources.values():
            owners.update((role.id, resource) for role in resource.roles)
            owners.update((scope.id, resource) for scope in resource.scopes)
        reader.cache["resource by part"] = owners
    return owners.get(part.id)


def _part(reader: Reader, held: RoleScope, *, role: bool) -> Any:
    resource = reader.tenant.resources.get(held.resource_id)
    if resource is None:
        return None
    parts: list[Any] = [*(resource.roles if role else resource.scopes)]
    return next((part for part in parts if part.id == (held.role_id if role else held.scope_id)), None)


ROLE: Final = EntityType(
    "accessPackageResourceRole",
    {
        "id": lambda _, x: x.id,
        "displayName": lambda _, x: x.display_name,
        "description": lambda _, x: x.description or None,
        "originId": lambda _, x: x.origin_id,
        "originSystem": lambda _, x: x.origin_system,
        "type": lambda _, x: x.type,
    },
    {"resource": one("accessPackageResource", _resource_with)},
)

SCOPE: Final = EntityType(
    "accessPackageResourceScope",
    {
        "id": lambda _, x: x.id,
        "displayName": lambda _, x: x.display_name,
        "description": lambda _, x: x.description,
        "originId": lambda _, x: x.origin_id,
        "originSystem": lambda _, x: x.origin_system,
        "isRootScope": lambda _, x: x.is_root_scope,
    },
    {"resource": one("accessPackageResource", _resource_with)},
)

ROLE_SCOPE: Final = EntityType(
    "accessPackageResourceRoleScope",
    {"id": lambda _, x: x.id, "createdDateTime": lambda _, x: wire.moment(x.created_at)},
    {
        "role": one("accessPackageResourceRole", lambda r, x: _part(r, x, role=True)),
        "scope": one("accessPackageResourceScope", lambda r, x: _part(r, x, role=False)),
    },
)

AVAILABLE_PACKAGE: Final = EntityType(
    "availableAccessPackage",
    {
        "id": lambda _, p: p.id,
        "displayName": lambda _, p: p.display_name,
        "description": lambda _, p: p.description or None,
    },
    {"resourceRoleScopes": many("accessPackageResourceRoleScope", _role_scopes)},
)
