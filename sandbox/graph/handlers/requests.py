"""Assignment requests, their approvals, and assignments."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Final

from sandbox.graph.access import denied, scope_of
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, not_found
from sandbox.graph.types.requests import Approval
from sandbox.tenant.model import Assignment, AssignmentRequest, Subject

READ_WRITE: Final = "EntitlementManagement.ReadWrite.All"
_ADMINISTRATIVE: Final = ("adminadd", "adminupdate", "adminremove")
_FOR_REQUESTS: Final = (
    "target",
    "createdBy",
    "approver",
    "targetOrRequestor",
    "targetManager",
    "requestForOthers",
    "targetAgentIdentitySponsorOrOwner",
)
_FOR_ASSIGNMENTS: Final = ("target", "createdBy", "targetManager", "targetAgentIdentitySponsorOrOwner")


def list_requests(call: Call) -> Result:
    return Entities(found for found in call.entitlement.requests() if _covers(call, found.package_id))


def get_request(call: Call) -> Result:
    return Entity(_request(call))


def list_my_requests(call: Call) -> Result:
    on = call.choice("on", *_FOR_REQUESTS)
    return Entities(call.entitlement.requests_visible_to(call.user_id, on))


def create_request(call: Call) -> Result:
    """File a request; administrators' kinds need the stronger permission, or a role on the package's catalog."""
    is_application = call.principal.kind == "application"
    if str(call.body.get("requestType")).casefold() in _ADMINISTRATIVE:
        _require_administrator(call)
    caller = call.principal.app_id if is_application else call.user_id
    return Entity(call.entitlement.create_request(caller, call.body, is_application=is_application), status=201)


def _require_administrator(call: Call) -> None:
    """Raise 403 for a token that may not file administrators' requests for this package."""
    if READ_WRITE in call.principal.permissions:
        return
    scope = scope_of(call.tenant, call.principal, "assign") if call.principal.kind == "application" else None
    package_id = _package_id(call)
    if scope is None or package_id is None or not scope.covers(call.tenant.packages[package_id].catalog_id):
        raise denied()


def _package_id(call: Call) -> str | None:
    """The package that a request body is about, by its own id or by that of an assignment."""
    wanted = call.body.get("assignment")
    if not isinstance(wanted, dict):
        return None
    nested = wanted.get("accessPackage")
    named = wanted.get("accessPackageId") or (nested.get("id") if isinstance(nested, dict) else None)
    held = call.tenant.assignments.get(str(wanted.get("id")))
    if held is not None:
        return held.package_id
    return str(named) if str(named) in call.tenant.packages else None


def cancel_request(call: Call) -> Result:
    call.entitlement.cancel(call.user_id, call.params["id"])
    return Empty(call.reader.world.options.cancel_status)


def reprocess_request(call: Call) -> Result:
    _require_guid(call)
    call.entitlement.reprocess(_request(call).id)
    return Empty(202)


def delete_request(call: Call) -> Result:
    call.entitlement.delete(_request(call).id)
    return Empty()


def list_assignments(call: Call) -> Result:
    return Entities(found for found in _candidates(call) if _covers(call, found.package_id))


def _candidates(call: Call) -> Iterable[Assignment]:
    """All assignments, or those of the one package or person that the filter keeps to."""
    pins = call.filter.pins if call.filter is not None else {}
    if "accessPackage/id" in pins:
        return call.tenant.holders_of(pins["accessPackage/id"])
    if "target/objectId" in pins:
        person = pins["target/objectId"]
        subjects = [found.id for found in call.tenant.subjects.values() if found.object_id == person]
        return [held for subject in subjects for held in call.tenant.assignments_for(subject)]
    return call.entitlement.assignments()


def get_assignment(call: Call) -> Result:
    return Entity(_assignment(call))


def list_my_assignments(call: Call) -> Result:
    on = call.choice("on", *_FOR_ASSIGNMENTS)
    return Entities(call.entitlement.assignments_visible_to(call.user_id, on))


def list_additional_access(call: Call) -> Result:
    package = call.entitlement.package(call.params["accessPackageId"])
    call.scope.require(package.catalog_id)
    return Entities(call.entitlement.additional_access(package.id, call.params["incompatibleAccessPackageId"]))


def reprocess_assignment(call: Call) -> Result:
    _require_guid(call)
    call.entitlement.reprocess_assignment(_assignment(call).id)
    return Empty(202)


def list_my_approvals(call: Call) -> Result:
    call.choice("on", "approver")
    return Entities(Approval(request) for request in call.entitlement.approvals_waiting_for(call.user_id))


def get_approval(call: Call) -> Result:
    call.entitlement.stages(call.params["id"], call.user_id)
    return Entity(Approval(call.entitlement.request(call.params["id"])))


def list_stages(call: Call) -> Result:
    return Entities(call.entitlement.stages(call.params["id"], call.user_id))


def get_stage(call: Call) -> Result:
    for stage in call.entitlement.stages(call.params["id"], call.user_id):
        if stage.id == call.params["stageId"]:
            return Entity(stage)
    raise not_found(f"There is no stage '{call.params['stageId']}'.")


def decide_stage(call: Call) -> Result:
    result, why = call.body.get("reviewResult"), call.body.get("justification")
    if not isinstance(result, str):
        raise bad_request("'reviewResult' must be 'Approve' or 'Deny'.")
    if why is not None and not isinstance(why, str):
        raise bad_request("'justification' must be a string.")
    call.entitlement.decide(call.user_id, call.params["id"], call.params["stageId"], result, why)
    return Empty()


def list_subjects(call: Call) -> Result:
    return Entities(call.tenant.subjects.values())


def get_subject(call: Call) -> Result:
    return Entity(_subject(call))


def _subject(call: Call) -> Subject:
    object_id = call.params.get("objectId")
    for subject in call.tenant.subjects.values():
        if (subject.object_id if object_id is not None else subject.id) == (object_id or call.params.get("id")):
            return subject
    raise not_found(f"There is no subject '{object_id or call.params.get('id')}'.")


def _covers(call: Call, package_id: str) -> bool:
    """Whether the caller's roles reach that package; requests for deleted packages only show to the whole tenant's."""
    if call.scope.is_everything:
        return True
    package = call.tenant.packages.get(package_id)
    return package is not None and call.scope.covers(package.catalog_id)


def _request(call: Call) -> AssignmentRequest:
    request = call.entitlement.request(call.params["id"])
    if not _covers(call, request.package_id):
        raise denied()
    return request


def _assignment(call: Call) -> Assignment:
    assignment = call.entitlement.assignment(call.params["id"])
    if not _covers(call, assignment.package_id):
        raise denied()
    return assignment


def _require_guid(call: Call) -> None:
    """Raise 400 for an id that cannot be one; these actions tell it apart from an unknown id."""
    try:
        uuid.UUID(call.params["id"])
    except ValueError as error:
        raise bad_request(f"'{call.params['id']}' is not a GUID.", "InvalidId") from error
