"""What a custom extension is told: PascalCase throughout, unlike everything else that Graph writes.

Members beyond the documented names, and the case of values, differ between public captures; these are the documented
ones. Source: `accessPackageAssignmentRequestCalloutData` and `accessPackageAssignmentCalloutData`.
"""

from __future__ import annotations

from typing import Any

from sandbox.graph.engine.policies import part
from sandbox.graph.engine.times import moment_text
from sandbox.tenant.model import Assignment, AssignmentRequest, CustomExtension, Json, Tenant


def request_callout(
    tenant: Tenant, request: AssignmentRequest, stage: str, callout_id: str, extension: CustomExtension
) -> Json:
    """The body of a callout about a request, as the request is now."""
    return {
        "AccessPackageAssignmentRequestId": request.id,
        "Stage": _pascal(stage),
        "CustomExtensionStageInstanceId": callout_id,
        "CallbackUriPath": (
            f"/identityGovernance/entitlementManagement/accessPackageAssignmentRequests/{request.id}/resume"
        ),
        "CallbackConfiguration": _callback(extension),
        "RequestType": _pascal(request.request_type),
        "State": _pascal(request.state),
        "Status": request.status,
        "Answers": [pascal_keys(answer) for answer in request.answers],
        **_package(tenant, request.package_id),
        "Assignment": {
            "Id": request.assignment_id,
            "State": None,
            "Status": None,
            "AssignmentPolicy": _policy(tenant, request.policy_id),
            "Target": _subject(tenant, request.target_id),
        },
        "Requestor": _subject(tenant, request.requestor_id),
        "Justification": request.justification,
        "Schedule": pascal_keys(request.schedule),
        "VerifiedCredentialsData": [],
    }


def assignment_callout(
    tenant: Tenant,
    assignment: Assignment,
    request_id: str | None,
    stage: str,
    callout_id: str,
    extension: CustomExtension,
) -> Json:
    """The body of a callout about an assignment that comes to its end."""
    return {
        "AccessPackageAssignmentRequestId": request_id,
        "Stage": _pascal(stage),
        "CustomExtensionStageInstanceId": callout_id,
        "CallbackConfiguration": _callback(extension),
        **_package(tenant, assignment.package_id),
        "Assignment": {
            "Id": assignment.id,
            "State": _pascal(assignment.state or ""),
            "Status": assignment.status,
            "Schedule": pascal_keys(assignment.schedule),
            "AssignmentPolicy": _policy(tenant, assignment.policy_id),
            "Target": _subject(tenant, assignment.target_id),
        },
    }


def pascal_keys(value: Any) -> Any:
    """The same JSON with every name beginning in upper case; annotations keep theirs."""
    if isinstance(value, dict):
        return {name if "@" in name else _pascal(name): pascal_keys(member) for name, member in value.items()}
    return [pascal_keys(item) for item in value] if isinstance(value, list) else value


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _callback(extension: CustomExtension) -> Json | None:
    callback = part(extension.settings, "callbackConfiguration")
    if not callback:
        return None
    return {"DurationBeforeTimeout": callback.get("timeoutDuration") or callback.get("durationBeforeTimeout")}


def _package(tenant: Tenant, package_id: str) -> Json:
    package = tenant.packages.get(package_id)
    catalog = tenant.catalogs.get(package.catalog_id) if package is not None else None
    return {
        "AccessPackage": package
        and {
            "Id": package.id,
            "DisplayName": package.display_name,
            "Description": package.description,
            "IsHidden": package.is_hidden,
            "CreatedDateTime": moment_text(package.created_at),
            "ModifiedDateTime": moment_text(package.modified_at),
        },
        "AccessPackageCatalog": catalog
        and {
            "Id": catalog.id,
            "DisplayName": catalog.display_name,
            "Description": catalog.description,
            "CatalogType": _pascal(catalog.catalog_type),
            "State": _pascal(catalog.state),
            "IsExternallyVisible": catalog.is_externally_visible,
        },
    }


def _policy(tenant: Tenant, policy_id: str) -> Json | None:
    policy = tenant.policies.get(policy_id)
    if policy is None:
        return None
    description = policy.settings.get("description")
    return {"Id": policy.id, "DisplayName": policy.display_name, "Description": description}


def _subject(tenant: Tenant, subject_id: str) -> Json | None:
    subject = tenant.subjects.get(subject_id)
    if subject is None:
        return None
    return {
        "Id": subject.id,
        "ObjectId": subject.object_id,
        "DisplayName": subject.display_name,
        "Email": subject.email or None,
        "PrincipalName": subject.principal_name,
        "OnPremisesSecurityIdentifier": None,
        "SubjectType": _pascal(subject.subject_type),
        "SubjectLifecycle": _pascal(subject.lifecycle),
    }
