"""Making service principals, and consents that were given to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.entra.permissions import DELEGATED
from sandbox.graph.handlers.applications import check_owned
from sandbox.graph.handlers.directory import find_service_principal, find_user
from sandbox.graph.handlers.directory_body import (
    APPLICATION_ROLES,
    Read,
    check_administrator,
    choice,
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
from sandbox.graph.problems import GraphProblem
from sandbox.graph.types.applications import GRAPH_SERVICE_PRINCIPAL, PermissionGrant, grants
from sandbox.graph.types.directory import directory_objects
from sandbox.tenant.model import EVERYBODY, AppRegistration, Consent

_GRANT: Final[Mapping[str, Read]] = {
    "clientId": guid,
    "consentType": choice("AllPrincipals", "Principal"),
    "principalId": lambda name, value: None if value is None else guid(name, value),
    "resourceId": guid,
    "scope": text(4096),
}

_SERVICE_PRINCIPAL: Final[Mapping[str, Read]] = {
    "accountEnabled": flag,
    "appRoleAssignmentRequired": flag,
    "notes": text(1024),
    "tags": texts,
}
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "accountEnabled": "is_enabled",
    "appRoleAssignmentRequired": "is_assignment_required",
    "notes": "service_notes",
    "tags": "tags",
}


def create_service_principal(call: Call) -> Result:
    """The service principal of a registered application. Raises 400 without a registration, 409 if it exists."""
    given = read_properties(call.body, {"appId": guid, "tags": texts})
    require(call.body, "appId")
    app = call.tenant.apps.get(given["appId"])
    if app is None:
        raise GraphProblem(
            400,
            "NoBackingApplicationObject",
            f"The appId '{given['appId']}' of the service principal does not reference a valid application object.",
        )
    check_owned(call, app)
    if app.has_service_principal:
        raise GraphProblem(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created, updated, or restored because the service principal name "
            f"{app.app_id} is already in use.",
        )
    app.has_service_principal = True
    app.tags = given.get("tags", app.tags)
    return Entity(app, status=201)


def update_service_principal(call: Call) -> Result:
    """Change the service principal; what the application declares is changed there."""
    app = find_service_principal(call)
    check_owned(call, app)
    given = read_properties(call.body, _SERVICE_PRINCIPAL)
    for name, value in given.items():
        setattr(app, _ATTRIBUTES[name], value)
    return Empty()


def delete_service_principal(call: Call) -> Result:
    """Take the application out of the tenant, with every role and consent; the registration stays."""
    app = find_service_principal(call)
    check_owned(call, app)
    tenant = call.tenant
    for held in [*tenant.app_role_assignments.values()]:
        if app.object_id in (held.resource_id, held.principal_id):
            del tenant.app_role_assignments[held.id]
    for group in tenant.groups.values():
        group.member_ids.pop(app.object_id, None)
        group.owner_ids.pop(app.object_id, None)
    tenant.consents = {consent for consent in tenant.consents if consent.app_id != app.app_id}
    app.has_service_principal = False
    return Empty()


def list_owners(call: Call) -> Result:
    return Entities(directory_objects(call.reader, find_service_principal(call).owner_ids))


def list_grants(call: Call) -> Result:
    return Entities(grants(call.tenant))


def list_grants_of_user(call: Call) -> Result:
    """What that person consented to, without what counts for everybody."""
    user_id = find_user(call).id
    return Entities(grant for grant in grants(call.tenant) if grant.user_id == user_id)


def get_grant(call: Call) -> Result:
    return Entity(_grant(call))


def create_grant(call: Call) -> Result:
    """Consent to delegated permissions. Raises 400 for a wrong body, 409 where such a grant exists already."""
    check_administrator(call, APPLICATION_ROLES)
    given = read_properties(call.body, _GRANT)
    require(call.body, "clientId", "consentType", "resourceId")
    app = _client(call, given["clientId"])
    is_for_one = given["consentType"] == "Principal"
    if is_for_one != (given.get("principalId") is not None):
        raise problem("A value for 'principalId' is needed with the consent type 'Principal', and only then.")
    user_id = given["principalId"] if is_for_one else EVERYBODY
    if is_for_one and user_id not in call.tenant.users:
        raise missing(user_id)
    wanted = PermissionGrant(app.object_id, user_id, given["resourceId"], tuple(given.get("scope", "").split()))
    if any(grant.id == wanted.id for grant in grants(call.tenant)):
        raise GraphProblem(
            409, "Request_MultipleObjectsWithSameKeyValue", "A permission grant of this kind already exists."
        )
    _set_scopes(call, wanted, wanted.scopes)
    return Entity(wanted, status=201)


def update_grant(call: Call) -> Result:
    """Replace the permissions of a grant."""
    check_administrator(call, APPLICATION_ROLES)
    grant = _grant(call)
    given = read_properties(call.body, {"scope": _GRANT["scope"]})
    require(call.body, "scope")
    _set_scopes(call, grant, tuple(given["scope"].split()))
    return Empty()


def delete_grant(call: Call) -> Result:
    check_administrator(call, APPLICATION_ROLES)
    _set_scopes(call, _grant(call), ())
    return Empty()


def _grant(call: Call) -> PermissionGrant:
    found = next((grant for grant in grants(call.tenant) if grant.id == call.params["id"]), None)
    if found is None:
        raise missing(call.params["id"])
    return found


def _client(call: Call, object_id: str) -> AppRegistration:
    app = call.tenant.service_principal(object_id)
    if app is None:
        raise missing(object_id)
    return app


def _set_scopes(call: Call, grant: PermissionGrant, scopes: tuple[str, ...]) -> None:
    """Let the consents of one grant be exactly these. Raises 400 for a resource without such permissions."""
    app = _client(call, grant.client_id)
    own = grant.resource_id == app.object_id
    if not own and grant.resource_id != GRAPH_SERVICE_PRINCIPAL:
        raise problem(f"The resource '{grant.resource_id}' offers no delegated permissions.")
    offered = app.exposed_scopes if own else DELEGATED
    if unknown := [scope for scope in scopes if scope not in offered]:
        raise problem(f"The resource '{grant.resource_id}' has no delegated permission '{unknown[0]}'.")
    call.tenant.consents -= {Consent(app.app_id, grant.user_id, scope) for scope in grant.scopes}
    call.tenant.consents |= {Consent(app.app_id, grant.user_id, scope) for scope in scopes}
