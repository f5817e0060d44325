"""Graph's JSON about catalogs, packages, groups, applications and companies, as what a tenant holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.errors import GraphContractError
from bot.graph.wire_base import JsonObject
from bot.tenant import (
    TenantApplication,
    TenantCatalog,
    TenantCatalogRole,
    TenantGrant,
    TenantGroup,
    TenantOrganization,
    TenantPackage,
    TenantPolicy,
    TenantResource,
    TenantRole,
    TenantUser,
)

PACKAGE_EXPAND: Final = "catalog,assignmentPolicies,resourceRoleScopes($expand=role,scope)"
POLICY_EXPAND: Final = "questions,customExtensionStageSettings($expand=customExtension)"
GROUP_FIELDS: Final = "id,displayName,description,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled"
USER_FIELDS: Final = "id,displayName,userPrincipalName,mail"
CATALOG_SCOPE: Final = "/AccessPackageCatalog/"
CATALOG_ROLES: Final[Mapping[str, str]] = {
    "Catalog owner": "ae79f266-94d4-4dab-b730-feca7e132178",
    "Catalog reader": "44272f93-9762-48e8-af59-1b5351b1d6b3",
    "Access package manager": "7f480852-ebdc-47d4-87de-0d8498384a83",
    "Access package assignment manager": "e2182095-804a-4656-ae11-64734e9b7ae5",
}
"""The ids of the roles that are given in a catalog, the same in every tenant."""
_ROLE_NAMES: Final = {role_id: name for name, role_id in CATALOG_ROLES.items()}


def catalog(item: JsonObject) -> TenantCatalog:
    return TenantCatalog(
        _id(item),
        _text(item, "displayName"),
        _text(item, "description"),
        _text(item, "state").casefold() != "unpublished",
        item.get("isExternallyVisible") is True,
    )


def catalog_role(item: JsonObject, catalog_id: str) -> TenantCatalogRole:
    """A role that has no name here keeps its id."""
    role_id = _text(item, "roleDefinitionId").casefold()
    return TenantCatalogRole(_id(item), catalog_id, _ROLE_NAMES.get(role_id, role_id), _text(item, "principalId"))


def package(item: JsonObject) -> TenantPackage:
    return TenantPackage(
        _id(item),
        _text(item, "displayName"),
        _text(_object(item, "catalog"), "id"),
        _text(item, "description"),
        item.get("isHidden") is True,
        tuple(grant(each) for each in _items(item, "resourceRoleScopes")),
        tuple(policy(each) for each in _items(item, "assignmentPolicies")),
        catalog_name=_text(_object(item, "catalog"), "displayName"),
    )


def grant(item: JsonObject) -> TenantGrant:
    role, scope = _object(item, "role"), _object(item, "scope")
    return TenantGrant(
        _id(item),
        _text(role, "displayName"),
        _text(role, "originId"),
        _text(role, "originSystem"),
        _text(scope, "originId"),
    )


def policy(item: JsonObject) -> TenantPolicy:
    return TenantPolicy(_id(item), _text(item, "displayName"), item)


def resource(item: JsonObject, catalog_id: str) -> TenantResource:
    scopes = _items(item, "scopes")
    root = next((each for each in scopes if each.get("isRootScope") is True), scopes[0] if scopes else {})
    return TenantResource(
        _id(item),
        catalog_id,
        _text(item, "originId"),
        _text(item, "originSystem"),
        _text(item, "displayName"),
        _text(root, "id"),
        tuple(role(each) for each in _items(item, "roles")),
    )


def role(item: JsonObject) -> TenantRole:
    return TenantRole(_id(item), _text(item, "displayName"), _text(item, "originId"))


def group(item: JsonObject) -> TenantGroup:
    kinds = [str(each).casefold() for each in item.get("groupTypes") or ()]
    return TenantGroup(
        _id(item),
        _text(item, "displayName"),
        _text(item, "description"),
        item.get("onPremisesSyncEnabled") is True,
        "dynamicmembership" in kinds,
        item.get("mailEnabled") is True and "unified" not in kinds and item.get("securityEnabled") is not True,
    )


def application(
    principal: JsonObject, registration: JsonObject | None, holders: Iterable[JsonObject]
) -> TenantApplication:
    registered = registration or {}
    return TenantApplication(
        _id(principal),
        _text(principal, "displayName"),
        _text(principal, "appId"),
        _text(registered, "id"),
        tuple(_items(registered, "appRoles")),
        tuple(_items(principal, "appRoles")),
        frozenset((_text(each, "principalId"), _text(each, "appRoleId")) for each in holders),
    )


def organization(
    item: JsonObject, internal: Iterable[JsonObject], external: Iterable[JsonObject]
) -> TenantOrganization:
    sources = _items(item, "identitySources")
    return TenantOrganization(
        _id(item),
        _text(item, "displayName"),
        _text(item, "description"),
        _text(item, "state"),
        tuple(name for each in sources if (name := _text(each, "domainName").casefold())),
        tuple(name for each in sources if (name := _text(each, "tenantId").casefold())),
        frozenset(_id(each) for each in internal),
        frozenset(_id(each) for each in external),
    )


def user(item: JsonObject) -> TenantUser:
    return TenantUser(_id(item), _text(item, "displayName"), _text(item, "userPrincipalName"), _text(item, "mail"))


def id_of(item: JsonObject) -> str:
    """Raises: GraphContractError, when something that was made has no id."""
    return _id(item)


def _id(item: Mapping[str, Any]) -> str:
    found = item.get("id")
    if not isinstance(found, str) or not found:
        raise GraphContractError(200, "no id")
    return found


def _text(item: Mapping[str, Any], name: str) -> str:
    found = item.get(name)
    return found if isinstance(found, str) else ""


def _object(item: Mapping[str, Any], name: str) -> JsonObject:
    found = item.get(name)
    return found if isinstance(found, dict) else {}


def _items(item: Mapping[str, Any], name: str) -> list[JsonObject]:
    found = item.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
