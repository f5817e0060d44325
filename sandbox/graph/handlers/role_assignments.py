"""Entitlement management's own roles: who holds which, for the tenant or for one catalog."""

from __future__ import annotations

from typing import Final

from sandbox.graph.access import denied
from sandbox.graph.engine.roles import CATALOG_CREATOR
from sandbox.graph.handlers.body import name_text, object_of, require
from sandbox.graph.handlers.writing import read_shape
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, conflict, not_found
from sandbox.graph.types.settings import ROLE_DEFINITIONS
from sandbox.tenant.model import RoleAssignment

_TENANT: Final = "/"
_CATALOG: Final = "/AccessPackageCatalog/"
_ASSIGNMENT: Final = object_of(
    {"principalId": name_text, "roleDefinitionId": name_text, "appScopeId": name_text},
    ignored=("id", "directoryScopeId", "condition", "principalOrganizationId"),
)


def list_role_assignments(call: Call) -> Result:
    """What was assigned explicitly; roles that come by groups or directory roles are not shown."""
    return Entities(held for held in call.tenant.role_assignments.values() if _is_covered(call, held))


def get_role_assignment(call: Call) -> Result:
    return Entity(_assignment(call))


def create_role_assignment(call: Call) -> Result:
    body = read_shape(call, _ASSIGNMENT)
    require(body, "principalId", "roleDefinitionId", "appScopeId")
    principal, definition = body["principalId"], body["roleDefinitionId"]
    tenant = call.tenant
    if principal not in tenant.users and principal not in tenant.groups and tenant.service_principal(principal) is None:
        raise bad_request(f"There is no principal '{principal}'.", "PrincipalNotFound")
    if definition not in ROLE_DEFINITIONS:
        raise bad_request(f"There is no role definition '{definition}'.", "RoleDefinitionNotFound")
    scope = _scope(call, definition, body["appScopeId"])
    for held in tenant.role_assignments.values():
        if (held.principal_id, held.role_definition_id, held.app_scope_id) == (principal, definition, scope):
            raise conflict("The principal has this role already.", "RoleAssignmentExists")
    made = RoleAssignment(tenant.new_id("role-assignment"), principal, definition, scope)
    tenant.role_assignments[made.id] = made
    return Entity(made, status=201)


def delete_role_assignment(call: Call) -> Result:
    del call.tenant.role_assignments[_assignment(call).id]
    return Empty()


def get_role_definition(call: Call) -> Result:
    definition = ROLE_DEFINITIONS.get(call.params["id"])
    if definition is None:
        raise not_found(f"There is no role definition '{call.params['id']}'.")
    return Entity(definition)


def _scope(call: Call, definition: str, wanted: str) -> str:
    """The scope as it is kept. Raises GraphProblem 400 for one that does not exist or fit, 403 for a foreign one."""
    if wanted == _TENANT:
        if definition != CATALOG_CREATOR:
            raise bad_request("Roles other than 'Catalog creator' are assigned in a catalog.", "InvalidScope")
        if not call.scope.is_everything:
            raise denied()
        return _TENANT
    catalog_id = wanted[len(_CATALOG) :]
    if not wanted.casefold().startswith(_CATALOG.casefold()) or catalog_id not in call.tenant.catalogs:
        raise bad_request(f"'{wanted}' is not a value of 'appScopeId'.", "InvalidScope")
    if definition == CATALOG_CREATOR:
        raise bad_request("The role 'Catalog creator' is assigned for the tenant, '/'.", "InvalidScope")
    call.scope.require(catalog_id)
    return _CATALOG + catalog_id


def _assignment(call: Call) -> RoleAssignment:
    held = call.tenant.role_assignments.get(call.params["id"])
    if held is None:
        raise not_found(f"There is no role assignment '{call.params['id']}'.")
    if not _is_covered(call, held):
        raise denied()
    return held


def _is_covered(call: Call, held: RoleAssignment) -> bool:
    return call.scope.is_everything or call.scope.covers(held.app_scope_id[len(_CATALOG) :])
