"""Assignment requests, their approvals, and assignments."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Final, TypeVar

from sandbox.graph.access import denied, scope_of
from sandbox.graph.handlers.request_body import REQUEST, STAGE, check_names
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, not_found
from sandbox.graph.types.requests import Approval
from sandbox.tenant.model import Assignment, AssignmentRequest, Subject

_Kept = TypeVar("_Kept", Assignment, AssignmentRequest)

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
    return Entities(_within_scope(call, _candidate_requests(call)))


def _candidate_requests(call: Call) -> Iterable[AssignmentRequest]:
    """All requests, or those of the one package, or since the moment, that the filter keeps to."""
    if call.filter is not None and "accessPackage/id" in call.filter.pins:
        return call.tenant.requests_of(call.filter.pins["accessPackage/id"])
    found = call.entitlement.requests()
    since = call.filter.since.get("createdDateTime") if call.filter is not None else None
    if since is None:
        return found
    return [one for one in found if one.created_at is not None and one.created_at >= since]


def get_request(call: Call) -> Result:
    request = _request(call)
    if call.reader.world.options.approvers_read_requests and not _decides(call, request):
        _require_reader(call, request)
    return Entity(request)


def _decides(call: Call, request: AssignmentRequest) -> bool:
    """Whether the person who asks may decide one of the request's stages."""
    who = call.principal.user_id
    return any(who in call.entitlement.resolve_approvers(request, stage) for stage in request.stages)


def _require_reader(call: Call, request: AssignmentRequest) -> None:
    """Raise 403 for a person without a role that reads requests of this package."""
    if call.principal.user_id is None:
        return
    scope, package = scope_of(call.tenant, call.principal, "read"), call.tenant.packages.get(request.package_id)
    if scope is None or (package is not None and not scope.covers(package.catalog_id)):
        raise denied()


def list_my_requests(call: Call) -> Result:
    on = call.choice("on", *_FOR_REQUESTS)
    return Entities(call.entitlement.requests_visible_to(call.user_id, on))


def create_request(call: Call) -> Result:
    """File a request; administrators' kinds need the stronger permission, or a role on the package's catalog."""
    check_names(call, REQUEST)
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
    return Entities(_within_scope(call, _candidates(call)))


def _candidates(call: Call) -> Iterable[Assignment]:
    """All assignments, or those of the one package, policy or person that the filter keeps to."""
    pins = call.filter.pins if call.filter is not None else {}
    if "accessPackage/id" in pins:
        return call.tenant.holders_of(pins["accessPackage/id"])
    policy = call.tenant.policies.get(pins.get("assignmentPolicy/id", ""))
    if policy is not None:
        return call.tenant.holders_of(policy.package_id)
    if "target/objectId" in pins:
        subject = call.tenant.find_subject(pins["target/objectId"])
        return list(call.tenant.assignments_for(subject.id)) if subject is not None else []
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
    check_names(call, STAGE)
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
    if object_id is not None:
        found = call.tenant.find_subject(object_id)
    else:
        found = call.tenant.subjects.get(call.params["id"])
    if found is None:
        raise not_found(f"There is no subject '{object_id or call.params.get('id')}'.")
    return found


def _within_scope(call: Call, found: Iterable[_Kept]) -> Iterable[_Kept]:
    """What the caller's roles reach."""
    if call.scope.is_everything:
        return found
    return [one for one in found if _covers(call, one.package_id)]


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
