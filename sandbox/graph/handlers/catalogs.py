"""Catalogs and what is in them: making, changing and deleting them, and bringing resources in."""

from __future__ import annotations

from typing import Final

from sandbox.graph.access import denied
from sandbox.graph.engine.roles import CATALOG_OWNER
from sandbox.graph.handlers.body import enum, flag, list_of, name_text, object_of, one_of, reference, require, text
from sandbox.graph.handlers.policy_shape import QUESTION
from sandbox.graph.handlers.writing import administration, caller_id, keep_within, read_shape
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, not_found
from sandbox.graph.wire import Json
from sandbox.tenant.model import Catalog, OriginSystem, Resource, ResourceRequest, RoleAssignment

_CATALOG: Final = object_of(
    {
        "displayName": name_text,
        "description": text,
        "state": enum("published", "unpublished"),
        "isExternallyVisible": flag,
    },
    ignored=("id", "catalogType", "createdDateTime", "modifiedDateTime", "uniqueName"),
)
_RESOURCE: Final = object_of(
    {
        "id": text,
        "originId": name_text,
        "originSystem": enum("AadGroup", "AadApplication", "SharePointOnline"),
        "displayName": text,
        "description": text,
        "attributes": list_of(
            object_of(
                {
                    "name": name_text,
                    "isEditable": flag,
                    "isPersistedOnAssignmentRemoval": flag,
                    "destination": one_of({"accessPackageUserDirectoryAttributeStore": {}}),
                    "source": one_of({"accessPackageResourceAttributeQuestion": {"question": QUESTION}}),
                }
            )
        ),
    }
)
_RESOURCE_REQUEST: Final = object_of(
    {
        "requestType": enum("adminAdd", "adminUpdate", "adminRemove"),
        "resource": _RESOURCE,
        "catalog": reference,
        "justification": text,
    },
    ignored=("id", "state", "createdDateTime"),
)
_EDITORS: Final[dict[str, frozenset[str]]] = {
    "AadGroup": frozenset({"Identity Governance Administrator", "Groups Administrator", "User Administrator"}),
    "AadApplication": frozenset(
        {"Identity Governance Administrator", "Application Administrator", "Cloud Application Administrator"}
    ),
    "SharePointOnline": frozenset({"SharePoint Administrator"}),
}
"""The directory roles that may change a kind of resource, besides Global Administrator and its owners."""

_GROUP_WRITERS: Final = frozenset({"Group.ReadWrite.All", "Directory.ReadWrite.All"})


def create_catalog(call: Call) -> Result:
    """A new catalog; whoever makes it owns it."""
    body = read_shape(call, _CATALOG)
    require(body, "displayName")
    keep_within(call, "max_catalogs", len(call.tenant.catalogs))
    now = call.reader.now
    catalog = Catalog(call.tenant.new_id("catalog"), body["displayName"], now, now)
    _fill(catalog, body)
    call.tenant.catalogs[catalog.id] = catalog
    owner = RoleAssignment(
        call.tenant.new_id("role-assignment"), caller_id(call), CATALOG_OWNER, f"/AccessPackageCatalog/{catalog.id}"
    )
    call.tenant.role_assignments[owner.id] = owner
    return Entity(catalog, status=201)


def update_catalog(call: Call) -> Result:
    catalog = own_catalog(call)
    _fill(catalog, read_shape(call, _CATALOG))
    catalog.modified_at = call.reader.now
    return Empty()


def delete_catalog(call: Call) -> Result:
    catalog = own_catalog(call)
    if catalog.catalog_type != "userManaged":
        raise bad_request("The built-in catalog cannot be deleted.", "CatalogNotDeletable")
    administration(call).delete_catalog(catalog.id)
    return Empty()


def list_scopes(call: Call) -> Result:
    catalog = own_catalog(call)
    return Entities(
        scope
        for resource in call.tenant.resources.values()
        if resource.catalog_id == catalog.id
        for scope in resource.scopes
    )


def refresh_resource(call: Call) -> Result:
    catalog = own_catalog(call)
    resource = call.tenant.resources.get(call.params["resourceId"])
    if resource is None or resource.catalog_id != catalog.id:
        raise not_found(f"The catalog has no resource '{call.params['resourceId']}'.")
    administration(call).refresh_resource(resource.id)
    return Empty()


def list_resource_requests(call: Call) -> Result:
    return Entities(made for made in call.tenant.resource_requests.values() if call.scope.covers(made.catalog_id))


def get_resource_request(call: Call) -> Result:
    made = call.tenant.resource_requests.get(call.params["id"])
    if made is None:
        raise not_found(f"There is no resource request '{call.params['id']}'.")
    call.scope.require(made.catalog_id)
    return Entity(made)


def create_resource_request(call: Call) -> Result:
    """Bring a resource into a catalog, change what is said of it there, or take it out; done when this answers."""
    body = read_shape(call, _RESOURCE_REQUEST)
    require(body, "requestType", "resource")
    kind, wanted = body["requestType"], body["resource"]
    made = _add(call, body, wanted) if kind == "adminAdd" else _change(call, kind, body, wanted)
    return Entity(made, status=201)


def list_environments(call: Call) -> Result:
    """Only tenants with sites in several regions have any, and this is none of them."""
    return Entities(())


def get_environment(call: Call) -> Result:
    raise not_found(f"There is no resource environment '{call.params['id']}'.")


def own_catalog(call: Call, parameter: str = "id") -> Catalog:
    """The catalog in the path, where the caller's roles reach it. Raises GraphProblem 404, 403."""
    catalog = call.tenant.catalogs.get(call.params[parameter])
    if catalog is None:
        raise not_found(f"There is no catalog '{call.params[parameter]}'.")
    call.scope.require(catalog.id)
    return catalog


def _fill(catalog: Catalog, body: Json) -> None:
    catalog.display_name = body.get("displayName", catalog.display_name)
    catalog.description = body.get("description", catalog.description)
    catalog.state = body.get("state", catalog.state)
    catalog.is_externally_visible = body.get("isExternallyVisible", catalog.is_externally_visible)


def _add(call: Call, body: Json, wanted: Json) -> ResourceRequest:
    require(body, "catalog")
    for name in ("originId", "originSystem"):
        if name not in wanted:
            raise bad_request(f"'resource/{name}' is required.")
    if body["catalog"] not in call.tenant.catalogs:
        raise not_found(f"There is no catalog '{body['catalog']}'.")
    call.scope.require(body["catalog"])
    _require_rights(call, wanted["originSystem"], wanted["originId"])
    made = administration(call).add_resource(
        body["catalog"], wanted["originSystem"], wanted["originId"], wanted.get("displayName")
    )
    _set_attributes(call, made, wanted)
    return made


def _change(call: Call, kind: str, body: Json, wanted: Json) -> ResourceRequest:
    resource = _named_resource(call, body, wanted)
    call.scope.require(resource.catalog_id)
    if kind == "adminRemove":
        return administration(call).remove_resource(resource.id)
    made = administration(call).update_resource(resource.id, wanted.get("displayName"), wanted.get("description"))
    _set_attributes(call, made, wanted)
    return made


def _set_attributes(call: Call, made: ResourceRequest, wanted: Json) -> None:
    """What whoever asks for the resource is asked, and where the answers are kept; the array is replaced whole."""
    resource = call.tenant.resources.get(made.resource_id)
    if resource is None or "attributes" not in wanted or made.state != "delivered":
        return
    for attribute in wanted["attributes"]:
        require(attribute, "name", "destination", "source")
        question = attribute["source"].get("question")
        if question is not None:
            question.setdefault("id", call.tenant.new_id("question"))
    resource.attributes = wanted["attributes"]


def _named_resource(call: Call, body: Json, wanted: Json) -> Resource:
    """The resource that a request means: by its id, or by its origin and the catalog."""
    if "id" not in wanted and not ("originId" in wanted and "catalog" in body):
        raise bad_request("'resource/id' is required.")
    for resource in call.tenant.resources.values():
        if resource.id == wanted.get("id"):
            return resource
        if "id" not in wanted and (resource.origin_id, resource.catalog_id) == (wanted["originId"], body["catalog"]):
            return resource
    raise not_found(f"There is no resource '{wanted.get('id', wanted.get('originId'))}'.")


def _require_rights(call: Call, origin_system: OriginSystem, origin_id: str) -> None:
    """Raise 403 for somebody who could not change the resource itself: a catalog must not widen what they may."""
    if not call.reader.world.options.origin_rights:
        return
    if call.principal.kind == "application":
        if origin_system == "AadGroup" and _GROUP_WRITERS.isdisjoint(call.principal.permissions):
            raise denied("Adding a group needs the permission Group.ReadWrite.All too.")
        return
    person = call.tenant.users[call.user_id]
    if person.directory_roles & (_EDITORS[origin_system] | {"Global Administrator"}):
        return
    group = call.tenant.groups.get(origin_id)
    app = call.tenant.service_principal(origin_id)
    owners = group.owner_ids if group is not None else app.owner_ids if app is not None else {}
    if person.id not in owners:
        raise denied("Adding a resource needs the right to change it.")
