"""App roles: declaring them on an application, and giving them to users, groups and service principals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.graph.handlers.directory import find_group, find_service_principal, find_user
from sandbox.graph.handlers.directory_body import (
    APPLICATION_ROLES,
    Read,
    check_administrator,
    flag,
    guid,
    missing,
    problem,
    read_properties,
    require,
    text,
    texts,
)
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.types.directory import find_directory_object, roles_of
from sandbox.graph.wire import Json
from sandbox.tenant.identity import EMPTY_GUID, app_role_assignment_id
from sandbox.tenant.model import AppRegistration, AppRole, Group, PrincipalType, User

_VALUE: Final = re.compile(r"[\w!#$%&'()*+,\-./:;<=>?@\[\]^`{|}~]{0,120}")
_ENABLED: Final = "CannotDeleteOrUpdateEnabledEntitlement"
_ROLE: Final[Mapping[str, Read]] = {
    "allowedMemberTypes": texts,
    "description": text(1024, nullable=False),
    "displayName": text(100, nullable=False),
    "id": guid,
    "isEnabled": flag,
    "origin": text(),
    "value": text(120),
}
_ASSIGNMENT: Final[Mapping[str, Read]] = {"principalId": guid, "resourceId": guid, "appRoleId": guid}


def replace_roles(app: AppRegistration, wanted: list[Json], now: datetime, delay: timedelta) -> None:
    """Put a whole new array of roles in place; the service principal shows it after the delay.

    Raises 400 for malformed roles, for two with the same id or value, and for enabled ones that are left out or given
    another value: those have to be disabled first.
    """
    roles = [_read_role(one) for one in wanted]
    for name, values in (("id", [role.id for role in roles]), ("value", [role.value for role in roles if role.value])):
        if len(set(values)) != len(values):
            raise problem(f"Invalid value specified for property 'appRoles': two roles have the same {name}.")
    named = {role.id: role for role in roles}
    for known in app.app_roles:
        following = named.get(known.id)
        if known.is_enabled and (following is None or following.value != known.value):
            raise problem("Property value cannot be deleted unless it is disabled first.", _ENABLED)
    app.roles_before, app.roles_visible_at = app.roles_at(now), now + delay
    app.app_roles = roles


def _read_role(wanted: Json) -> AppRole:
    given = read_properties(wanted, _ROLE, "appRoles")
    require(wanted, "allowedMemberTypes", "displayName", "description", "id", "isEnabled")
    kinds = given["allowedMemberTypes"]
    if not kinds or set(kinds) - {"User", "Application"}:
        raise problem("Invalid value specified for property 'allowedMemberTypes': 'User', 'Application' or both.")
    value = given.get("value", "")
    if not _VALUE.fullmatch(value) or value.startswith("."):
        raise problem("Invalid value specified for property 'value' of an app role: no spaces are allowed.")
    return AppRole(given["id"], given["displayName"], value, given["description"], given["isEnabled"], kinds)


def list_roles_of_user(call: Call) -> Result:
    return Entities(roles_of(call.reader, find_user(call).id))


def list_roles_of_group(call: Call) -> Result:
    return Entities(roles_of(call.reader, find_group(call).id))


def assign_to(call: Call) -> Result:
    """Give a role of the service principal in the path."""
    app = find_service_principal(call)
    check_administrator(call, APPLICATION_ROLES, app.owner_ids)
    given = _body(call)
    if given["resourceId"] != app.object_id:
        raise problem("'resourceId' must be the id of the service principal in the address.")
    return _assign(call, app, given)


def assign_to_user(call: Call) -> Result:
    return _assign_to(call, find_user(call).id)


def assign_to_group(call: Call) -> Result:
    return _assign_to(call, find_group(call).id)


def take_from_app(call: Call) -> Result:
    app = find_service_principal(call)
    return _take(call, app.object_id, "")


def take_from_user(call: Call) -> Result:
    return _take(call, "", find_user(call).id)


def take_from_group(call: Call) -> Result:
    return _take(call, "", find_group(call).id)


def _body(call: Call) -> Json:
    given = read_properties(call.body, _ASSIGNMENT)
    require(call.body, "principalId", "resourceId", "appRoleId")
    return given


def _assign_to(call: Call, principal_id: str) -> Result:
    check_administrator(call, APPLICATION_ROLES)
    given = _body(call)
    if given["principalId"] != principal_id:
        raise problem("'principalId' must be the id of the principal in the address.")
    app = call.tenant.service_principal(given["resourceId"])
    if app is None:
        raise missing(given["resourceId"])
    return _assign(call, app, given)


def _assign(call: Call, app: AppRegistration, given: Json) -> Result:
    principal = find_directory_object(call.reader, given["principalId"])
    if principal is None:
        raise missing(given["principalId"])
    kind = _kind(principal)
    roles = app.roles_at(call.reader.now)
    _check_role(roles, given["appRoleId"], kind)
    if app_role_assignment_id(given["principalId"], app.object_id, given["appRoleId"]) in (
        call.tenant.app_role_assignments
    ):
        raise problem("Permission being assigned already exists on the object")
    made = call.tenant.assign_app_role(given["principalId"], kind, app.object_id, given["appRoleId"], call.reader.now)
    return Entity(made, status=201)


def _kind(principal: Any) -> PrincipalType:
    if isinstance(principal, User):
        return "User"
    return "Group" if isinstance(principal, Group) else "ServicePrincipal"


def _check_role(roles: list[AppRole], role_id: str, kind: PrincipalType) -> None:
    """Raise 400 for a role that is not there, not enabled, or not for this kind of principal."""
    needed = "Application" if kind == "ServicePrincipal" else "User"
    if role_id == EMPTY_GUID:
        if any(role.is_enabled and needed in role.allowed_member_types for role in roles):
            raise problem("The default role cannot be assigned: the application declares roles of its own.")
        return
    role = next((one for one in roles if one.id == role_id), None)
    if role is None or not role.is_enabled:
        raise problem("Permission being assigned was not found on application")
    if needed not in role.allowed_member_types:
        raise problem(f"The role '{role.display_name}' cannot be given to a {kind}.")


def _take(call: Call, resource_id: str, principal_id: str) -> Result:
    """Take away the assignment in the path. Raises 404 for one that does not belong there."""
    held = call.tenant.app_role_assignments.get(call.params["assignmentId"])
    if held is None or (resource_id or held.resource_id) != held.resource_id:
        raise missing(call.params["assignmentId"])
    if (principal_id or held.principal_id) != held.principal_id:
        raise missing(call.params["assignmentId"])
    app = call.tenant.service_principal(held.resource_id)
    check_administrator(call, APPLICATION_ROLES, app.owner_ids if app is not None and resource_id else None)
    del call.tenant.app_role_assignments[held.id]
    return Empty()
