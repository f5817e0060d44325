"""Tenant-wide settings, and entitlement management's own roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sandbox.graph.engine.roles import ROLE_NAMES
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType, one
from sandbox.tenant.model import Json, RoleAssignment


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role of entitlement management."""

    id: str
    display_name: str


ROLE_DEFINITIONS: Final[Mapping[str, RoleDefinition]] = MappingProxyType(
    {role_id: RoleDefinition(role_id, name) for role_id, name in ROLE_NAMES.items()}
)

ENTITLEMENT_SETTINGS: Final = EntityType(
    "entitlementManagementSettings",
    {
        "id": lambda _, s: "singleton",
        "durationUntilExternalUserDeletedAfterBlocked": lambda _, s: s.values.get(
            "durationUntilExternalUserDeletedAfterBlocked"
        ),
        "externalUserLifecycleAction": lambda _, s: s.values.get("externalUserLifecycleAction"),
    },
)


@dataclass(frozen=True, slots=True)
class SettingValues:
    """The tenant's settings, wrapped so that they are not taken for JSON to show as it is."""

    values: Json


END_USER_SETTINGS_ID: Final = "endUserSettings"

END_USER_SETTINGS: Final = EntityType(
    "endUserSettings",
    {
        "id": lambda _, s: END_USER_SETTINGS_ID,
        "createdBy": lambda _, s: None,
        "createdDateTime": lambda _, s: None,
        "isEnabled": lambda _, s: True,
        "modifiedBy": lambda _, s: None,
        "modifiedDateTime": lambda _, s: None,
        "relatedPeopleInsightLevel": lambda _, s: s.values.get("relatedPeopleInsightLevel", "disabled"),
        "showApproverDetailsToMembers": lambda _, s: bool(s.values.get("showApproverDetailsToMembers", True)),
    },
    is_stated=True,
)

ROLE_DEFINITION: Final = EntityType(
    "unifiedRoleDefinition",
    {
        "id": lambda _, d: d.id,
        "description": lambda _, d: None,
        "displayName": lambda _, d: d.display_name,
        "isBuiltIn": lambda _, d: True,
        "isEnabled": lambda _, d: True,
        "resourceScopes": lambda _, d: ["/"],
        "rolePermissions": lambda _, d: [],
        "templateId": lambda _, d: d.id,
        "version": lambda _, d: None,
    },
)


def _definition(_: Reader, held: RoleAssignment) -> RoleDefinition | None:
    return ROLE_DEFINITIONS.get(held.role_definition_id)


ROLE_ASSIGNMENT: Final = EntityType(
    "unifiedRoleAssignment",
    {
        "id": lambda _, a: a.id,
        "principalId": lambda _, a: a.principal_id,
        "roleDefinitionId": lambda _, a: a.role_definition_id,
        "directoryScopeId": lambda _, a: None,
        "appScopeId": lambda _, a: a.app_scope_id,
        "principalOrganizationId": lambda r, a: r.tenant.id,
        "condition": lambda _, a: None,
    },
    {"roleDefinition": one("unifiedRoleDefinition", _definition)},
)


def settings_of(reader: Reader) -> SettingValues:
    return SettingValues(reader.tenant.settings)
