"""Giving and taking what a package grants: group membership, app roles and site roles."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sandbox.tenant.identity import app_role_assignment_id
from sandbox.tenant.model import (
    AccessPackage,
    Assignment,
    Resource,
    ResourceRole,
    RoleScope,
    Tenant,
    User,
)

Outcome = Literal["delivered", "partiallyDelivered", "deliveryFailed", "stuck"]


def deliver(tenant: Tenant, assignment: Assignment, attempt: int, at: datetime) -> Outcome:
    """Grant everything the package contains and say how far that got.

    A person known by mail only is invited first. Nobody can be given anything once they are deleted. Packages marked
    as troubled fail in their own way until their troubled attempts (counted from 1) are used up.
    """
    package = tenant.packages[assignment.package_id]
    trouble = _trouble(package, attempt)
    if trouble == "stuck":
        return "stuck"
    object_id = _object_id(tenant, assignment, at)
    if object_id is None or trouble == "failed":
        return "deliveryFailed"
    wanted = package.role_scopes[:-1] if trouble == "partial" else package.role_scopes
    for role_scope in wanted:
        grant(tenant, assignment, role_scope, at)
    return "partiallyDelivered" if trouble == "partial" else "delivered"


def grant(tenant: Tenant, assignment: Assignment, role_scope: RoleScope, at: datetime) -> None:
    """Put one role of the package into effect; doing it twice changes nothing."""
    object_id = tenant.subjects[assignment.target_id].object_id
    found = _role(tenant, role_scope)
    if object_id is None or found is None:
        return
    resource, role = found
    if resource.origin_system == "AadGroup":
        group = tenant.groups.get(resource.origin_id)
        if group is None:
            return
        people = group.owner_ids if role.origin_id.startswith("Owner_") else group.member_ids
        people[object_id] = None
    elif resource.origin_system == "AadApplication":
        tenant.assign_app_role(object_id, "User", resource.origin_id, role.origin_id, at)
    if role_scope.id not in assignment.granted:
        assignment.granted.append(role_scope.id)


def revoke_all(tenant: Tenant, assignment: Assignment) -> None:
    """Take back everything an assignment gave, except what another live assignment of the same person grants."""
    package = tenant.packages.get(assignment.package_id)
    for role_scope in list(package.role_scopes if package else ()):
        revoke(tenant, assignment, role_scope)
    assignment.granted.clear()


def revoke(tenant: Tenant, assignment: Assignment, role_scope: RoleScope) -> None:
    """Take back one role that `assignment` gave, unless another live assignment of the same person grants it too."""
    if role_scope.id not in assignment.granted:
        return
    assignment.granted.remove(role_scope.id)
    object_id = tenant.subjects[assignment.target_id].object_id
    found = _role(tenant, role_scope)
    if object_id is None or found is None or _granted_elsewhere(tenant, assignment, *found):
        return
    resource, role = found
    if resource.origin_system == "AadGroup":
        group = tenant.groups.get(resource.origin_id)
        if group is not None:
            people = group.owner_ids if role.origin_id.startswith("Owner_") else group.member_ids
            people.pop(object_id, None)
    elif resource.origin_system == "AadApplication":
        tenant.app_role_assignments.pop(app_role_assignment_id(object_id, resource.origin_id, role.origin_id), None)


def _trouble(package: AccessPackage, attempt: int) -> str | None:
    if package.delivery == "normal":
        return None
    if package.troubled_attempts is not None and attempt > package.troubled_attempts:
        return None
    return package.delivery


def _object_id(tenant: Tenant, assignment: Assignment, at: datetime) -> str | None:
    """The directory id to grant to; an outsider becomes a guest here. None when the person has been deleted."""
    subject = tenant.subjects[assignment.target_id]
    if subject.object_id is None:
        subject = tenant.adopt_subject(subject, _invite(tenant, subject.email, at))
    if subject.object_id is None:
        return None
    known = subject.object_id in tenant.users or tenant.service_principal(subject.object_id) is not None
    return subject.object_id if known else None


def _invite(tenant: Tenant, mail: str, at: datetime) -> User:
    """The guest with that address, made if there is none yet; the invitation is not accepted by that."""
    known = tenant.user_with_mail(mail)
    if known is not None:
        return known
    name = mail.partition("@")[0]
    guest = User(
        id=tenant.new_id("user"),
        display_name=name,
        given_name="",
        surname="",
        mail=mail,
        user_principal_name=f"{mail.replace('@', '_')}#EXT#@{tenant.domain}",
        user_type="Guest",
        external_user_state="PendingAcceptance",
        created_at=at,
    )
    tenant.users[guest.id] = guest
    return guest


def _role(tenant: Tenant, role_scope: RoleScope) -> tuple[Resource, ResourceRole] | None:
    resource = tenant.resources.get(role_scope.resource_id)
    if resource is None:
        return None
    role = next((role for role in resource.roles if role.id == role_scope.role_id), None)
    return None if role is None else (resource, role)


def _granted_elsewhere(tenant: Tenant, assignment: Assignment, resource: Resource, role: ResourceRole) -> bool:
    """Whether another live assignment of the same subject grants the same role of the same origin."""
    wanted = (resource.origin_id, role.origin_id)
    for other in tenant.assignments_for(assignment.target_id):
        if other.id == assignment.id or not other.is_live or other.package_id not in tenant.packages:
            continue
        for role_scope in tenant.packages[other.package_id].role_scopes:
            found = _role(tenant, role_scope) if role_scope.id in other.granted else None
            if found is not None and (found[0].origin_id, found[1].origin_id) == wanted:
                return True
    return False
