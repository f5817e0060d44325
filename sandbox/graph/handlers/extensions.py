"""Custom extensions of a catalog, and their answers to requests that wait for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sandbox.graph import wire
from sandbox.graph.access import denied
from sandbox.graph.engine.policies import part, type_name
from sandbox.graph.engine.times import parse_duration
from sandbox.graph.handlers.body import (
    Place,
    Read,
    duration,
    enum,
    integer_between,
    name_text,
    object_of,
    one_of,
    require,
    text,
)
from sandbox.graph.handlers.catalogs import own_catalog
from sandbox.graph.handlers.policy_shape import STAGES
from sandbox.graph.handlers.writing import caller_id, keep_within, read_shape, require_governance
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, conflict, not_found
from sandbox.graph.wire import NAMESPACE, Json
from sandbox.tenant.model import CustomExtension

_KINDS: Final = ("accessPackageAssignmentRequestWorkflowExtension", "accessPackageAssignmentWorkflowExtension")
_SHORTEST_WAIT: Final = timedelta(minutes=5)
_LONGEST_WAIT: Final = timedelta(days=14)


def _callback(at: Place, value: Any) -> Json:
    """How long a request waits. The samples' name for the member is taken too."""
    found: Json = object_of({"timeoutDuration": duration, "durationBeforeTimeout": duration})(at, value)
    span = found.get("timeoutDuration") or found.get("durationBeforeTimeout")
    if span is None:
        raise bad_request(f"'{at.below('timeoutDuration').name}' is required.")
    if not _SHORTEST_WAIT <= parse_duration(span) <= _LONGEST_WAIT:
        raise bad_request(f"'{at.below('timeoutDuration').name}' must be between 5 minutes and 14 days.")
    return {"@odata.type": NAMESPACE + "customExtensionCallbackConfiguration", "timeoutDuration": span}


_MEMBERS: Final[dict[str, Read]] = {
    "displayName": name_text,
    "description": text,
    "endpointConfiguration": one_of(
        {
            "logicAppTriggerEndpointConfiguration": {
                "subscriptionId": name_text,
                "resourceGroupName": name_text,
                "logicAppWorkflowName": name_text,
                "url": name_text,
            }
        }
    ),
    "authenticationConfiguration": one_of(
        {"azureAdPopTokenAuthentication": {}, "azureAdTokenAuthentication": {"resourceId": text}}
    ),
    "clientConfiguration": object_of(
        {"timeoutInMilliseconds": integer_between(200, 2000), "maximumRetries": integer_between(0, 1)}
    ),
    "callbackConfiguration": _callback,
}
_READ_ONLY: Final = ("id", "createdBy", "createdDateTime", "lastModifiedBy", "lastModifiedDateTime")
_EXTENSION: Final = object_of(_MEMBERS, ignored=_READ_ONLY)
_ENDPOINT: Final = ("subscriptionId", "resourceGroupName", "logicAppWorkflowName")
_RESUME: Final = object_of(
    {
        "source": text,
        "type": text,
        "data": object_of(
            {
                "stage": enum(*STAGES[:4]),
                "customExtensionStageInstanceId": text,
                "customExtensionStageInstanceDetail": text,
                "state": enum("denied", "canceled"),
            }
        ),
    }
)


def list_extensions(call: Call) -> Result:
    catalog = own_catalog(call)
    return Entities(found for found in call.tenant.custom_extensions.values() if found.catalog_id == catalog.id)


def get_extension(call: Call) -> Result:
    return Entity(_extension(call))


def create_extension(call: Call) -> Result:
    catalog = own_catalog(call)
    require_governance(call, "Custom extensions")
    body = read_shape(call, _EXTENSION)
    kind = _kind(call.body)
    require(body, "displayName", "endpointConfiguration")
    endpoint = body["endpointConfiguration"]
    for name in _ENDPOINT:
        if name not in endpoint:
            raise bad_request(f"'endpointConfiguration/{name}' is required.")
    if call.principal.kind == "application" and "url" not in endpoint:
        raise bad_request("'endpointConfiguration/url' is required without a signed-in user.")
    keep_within(call, "max_extensions", len(call.tenant.custom_extensions))
    now = wire.moment(call.reader.now)
    settings = {"@odata.type": NAMESPACE + kind, **body, "createdBy": caller_id(call), "createdDateTime": now}
    made = CustomExtension(call.tenant.new_id("extension"), catalog.id, settings)
    _check_kind(made)
    call.tenant.custom_extensions[made.id] = made
    return Entity(made, status=201)


def update_extension(call: Call) -> Result:
    """What the body leaves out stays as it was, although the method is PUT."""
    extension = _extension(call)
    require_governance(call, "Custom extensions")
    body = read_shape(call, _EXTENSION)
    if "@odata.type" in call.body and _kind(call.body) != extension.kind:
        raise bad_request("The type of a custom extension cannot be changed.")
    changed = CustomExtension(extension.id, extension.catalog_id, {**extension.settings, **body})
    if "callbackConfiguration" in call.body and call.body["callbackConfiguration"] is None:
        changed.settings.pop("callbackConfiguration", None)
    _check_kind(changed)
    extension.settings = {
        **changed.settings,
        "lastModifiedBy": caller_id(call),
        "lastModifiedDateTime": wire.moment(call.reader.now),
    }
    return Entity(extension)


def delete_extension(call: Call) -> Result:
    """Raises 409 while a policy has the extension hung on a stage."""
    extension = _extension(call)
    for policy in call.tenant.policies.values():
        for hung in policy.settings.get("customExtensionStageSettings") or ():
            if part(hung, "customExtension").get("id") == extension.id:
                raise conflict(f"'{policy.display_name}' uses the custom extension.", "ExtensionInUse")
    del call.tenant.custom_extensions[extension.id]
    return Empty()


def resume_request(call: Call) -> Result:
    """An extension answers: the request goes on, or ends as `data/state` says."""
    request = call.entitlement.request(call.params["id"])
    package = call.tenant.packages.get(request.package_id)
    if not call.scope.is_everything and (package is None or not call.scope.covers(package.catalog_id)):
        raise denied()
    body = read_shape(call, _RESUME)
    require(body, "data")
    if type_name(part(call.body, "data")) not in ("", "accessPackageAssignmentRequestCallbackData"):
        raise bad_request(f"'{call.body['data']['@odata.type']}' is not a type for 'data'.")
    data = body["data"]
    may_deny = call.reader.world.options.denial_at_created_stage
    if data.get("state") == "denied" and not may_deny and request.status == "WaitingForCallback":
        raise bad_request("A request cannot be denied at the stage 'assignmentRequestCreated'.", "InvalidCallback")
    call.entitlement.resume(request.id, body)
    return Empty()


def _extension(call: Call) -> CustomExtension:
    catalog = own_catalog(call)
    extension = call.tenant.custom_extensions.get(call.params["extensionId"])
    if extension is None or extension.catalog_id != catalog.id:
        raise not_found(f"The catalog has no custom extension '{call.params['extensionId']}'.")
    return extension


def _kind(body: Json) -> str:
    kind = type_name(body)
    if kind not in _KINDS:
        raise bad_request(f"'{body.get('@odata.type')}' is not a type of custom extension; '@odata.type' is required.")
    return kind


def _check_kind(extension: CustomExtension) -> None:
    if extension.kind == _KINDS[1] and "callbackConfiguration" in extension.settings:
        raise bad_request("'callbackConfiguration' is for extensions about requests only.", "InvalidExtension")
