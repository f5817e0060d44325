"""The tenant: everything that the sandbox's Entra and Graph know, in plain dictionaries keyed by id.

A snapshot is `copy.deepcopy(tenant)`. Requests and assignments are put in through the methods here, because these keep
the indexes by subject and package in step.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.tenant.audits import AuditRecord
from sandbox.tenant.directory import (
    EVERYBODY,
    AppRegistration,
    AppRole,
    AppRoleAssignment,
    Consent,
    Credential,
    FederatedCredential,
    Group,
    Persona,
    PrincipalType,
    SignIn,
    User,
    UserType,
)
from sandbox.tenant.entitlement import (
    LIVE_STATES,
    OPEN_STATES,
    AccessPackage,
    ApprovalStage,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    AssignmentState,
    Catalog,
    ConnectedOrganization,
    CustomExtension,
    Delivery,
    Json,
    OriginSystem,
    RequestState,
    RequestType,
    Resource,
    ResourceRequest,
    ResourceRole,
    ResourceScope,
    ReviewResult,
    RoleAssignment,
    RoleScope,
    StageStatus,
    Subject,
    Transition,
)
from sandbox.tenant.identity import app_role_assignment_id, stable_id, subject_id
from sandbox.tenant.reviews import ReviewPlan, ReviewSeries

__all__ = [
    "EVERYBODY",
    "LIVE_STATES",
    "OPEN_STATES",
    "AccessPackage",
    "AppRegistration",
    "AppRole",
    "AppRoleAssignment",
    "ApprovalStage",
    "Assignment",
    "AssignmentPolicy",
    "AssignmentRequest",
    "AssignmentState",
    "Catalog",
    "ConnectedOrganization",
    "Consent",
    "Credential",
    "CustomExtension",
    "Delivery",
    "Due",
    "FederatedCredential",
    "Group",
    "Json",
    "OriginSystem",
    "Persona",
    "PrincipalType",
    "RequestState",
    "RequestType",
    "Resource",
    "ResourceRequest",
    "ResourceRole",
    "ResourceScope",
    "ReviewResult",
    "RoleAssignment",
    "RoleScope",
    "SignIn",
    "StageStatus",
    "Subject",
    "Tenant",
    "Transition",
    "User",
    "UserType",
]

Ids = dict[str, None]
"""An ordered set of ids."""

Due = tuple[datetime, int, str, str]
"""Something that happens by itself: when, in which order among equals, what, and the id it happens to."""


class Policies(UserDict[str, AssignmentPolicy]):
    """Assignment policies by id, with those of each package at hand. A policy never changes its package."""

    def __init__(self, policies: Mapping[str, AssignmentPolicy] | None = None) -> None:
        self._by_package: dict[str, dict[str, AssignmentPolicy]] = {}
        super().__init__(policies)

    def __setitem__(self, key: str, policy: AssignmentPolicy) -> None:
        super().__setitem__(key, policy)
        self._by_package.setdefault(policy.package_id, {})[key] = policy

    def __delitem__(self, key: str) -> None:
        del self._by_package[self.data[key].package_id][key]
        super().__delitem__(key)

    def of_package(self, package_id: str) -> list[AssignmentPolicy]:
        return list(self._by_package.get(package_id, {}).values())


@dataclass(slots=True)
class Tenant:
    """One directory with its entitlement management. `agenda` is a heap of what is due by time."""

    id: str
    domain: str
    display_name: str
    users: dict[str, User] = field(default_factory=dict)
    deleted_users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    apps: dict[str, AppRegistration] = field(default_factory=dict)
    app_role_assignments: dict[str, AppRoleAssignment] = field(default_factory=dict)
    consents: set[Consent] = field(default_factory=set)
    personas: tuple[Persona, ...] = ()
    settings: Json = field(
        default_factory=lambda: {
            "durationUntilExternalUserDeletedAfterBlocked": "P30D",
            "externalUserLifecycleAction": "blockSignInAndDelete",
        }
    )

    catalogs: dict[str, Catalog] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    resource_requests: dict[str, ResourceRequest] = field(default_factory=dict)
    packages: dict[str, AccessPackage] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    connected_organizations: dict[str, ConnectedOrganization] = field(default_factory=dict)
    role_assignments: dict[str, RoleAssignment] = field(default_factory=dict)
    custom_extensions: dict[str, CustomExtension] = field(default_factory=dict)
    subjects: dict[str, Subject] = field(default_factory=dict)
    adopted_subjects: dict[str, str] = field(default_factory=dict)
    requests: dict[str, AssignmentRequest] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)

    open_requests: Ids = field(default_factory=dict)
    requests_by_target: dict[str, Ids] = field(default_factory=dict)
    requests_by_requestor: dict[str, Ids] = field(default_factory=dict)
    requests_by_package: dict[str, Ids] = field(default_factory=dict)
    assignments_by_target: dict[str, Ids] = field(default_factory=dict)
    assignments_by_package: dict[str, Ids] = field(default_factory=dict)
    reviews: dict[str, ReviewSeries] = field(default_factory=dict)
    review_plans: dict[str, ReviewPlan] = field(default_factory=dict)
    audits: list[AuditRecord] = field(default_factory=list)
    agenda: list[Due] = field(default_factory=list)
    scheduled: int = 0
    made: int = 0

    def new_id(self, kind: str) -> str:
        """A fresh GUID; the n-th one since the start is always the same."""
        self.made += 1
        return stable_id(f"{kind}/made/{self.made}")

    def find_user(self, who: str) -> User | None:
        """The user with that object id, user principal name, mail address or display name (any letter case)."""
        if who in self.users:
            return self.users[who]
        wanted = who.casefold()
        for user in self.users.values():
            if wanted in (user.user_principal_name.casefold(), user.mail.casefold(), user.display_name.casefold()):
                return user
        return None

    def user_with_mail(self, mail: str) -> User | None:
        """The user with exactly that mail address, in any letter case."""
        return next((user for user in self.users.values() if user.mail.casefold() == mail.casefold()), None)

    def persona(self, key: str) -> User:
        """The user behind a persona. Raises KeyError."""
        return self.users[next((p.user_id for p in self.personas if p.key == key), key)]

    def service_principal(self, object_id: str) -> AppRegistration | None:
        """The application whose service principal has that object id."""
        found = (app for app in self.apps.values() if app.object_id == object_id and app.has_service_principal)
        return next(found, None)

    def member_users(self, group_id: str) -> Ids:
        """The users in a group, directly or through nested groups; a group that contains itself does no harm."""
        found: Ids = {}
        seen: set[str] = set()
        waiting = [group_id]
        while waiting:
            current = waiting.pop()
            if current in seen or current not in self.groups:
                continue
            seen.add(current)
            for member in self.groups[current].member_ids:
                if member in self.users:
                    found[member] = None
                elif member in self.groups:
                    waiting.append(member)
        return found

    def groups_of(self, member_id: str) -> Ids:
        """The groups that a user or group is in, directly or through other groups."""
        found: Ids = {}
        waiting = [member_id]
        while waiting:
            current = waiting.pop()
            for group in self.groups.values():
                if current in group.member_ids and group.id not in found:
                    found[group.id] = None
                    waiting.append(group.id)
        return found

    def delete_user(self, object_id: str, at: datetime) -> None:
        """Move a user to the deleted ones; their assignments stay, as they do in the service."""
        user = self.users.pop(object_id)
        user.deleted_at = at
        self.deleted_users[object_id] = user
        for group in self.groups.values():
            group.member_ids.pop(object_id, None)
            group.owner_ids.pop(object_id, None)

    def assign_app_role(
        self, principal_id: str, principal_type: PrincipalType, resource_id: str, app_role_id: str, at: datetime
    ) -> AppRoleAssignment:
        """Give an app role of a service principal to a user or group; what is already given is returned as it is."""
        key = app_role_assignment_id(principal_id, resource_id, app_role_id)
        if key not in self.app_role_assignments:
            made = AppRoleAssignment(key, principal_id, principal_type, resource_id, app_role_id, at)
            self.app_role_assignments[key] = made
        return self.app_role_assignments[key]

    def reports_of(self, manager_id: str) -> list[User]:
        """The people whose manager is that user."""
        return [user for user in self.users.values() if user.manager_id == manager_id]

    def organization_of(self, mail: str, home_tenant_id: str | None = None) -> ConnectedOrganization | None:
        """The connected organization that a person belongs to, by home tenant or by the domain of their address."""
        domain = mail.rpartition("@")[2].casefold()
        for organization in self.connected_organizations.values():
            for source in organization.identity_sources:
                if home_tenant_id is not None and source.get("tenantId") == home_tenant_id:
                    return organization
                if domain and str(source.get("domainName", "")).casefold() == domain:
                    return organization
        return None

    def subject_of_user(self, object_id: str) -> Subject:
        """The subject of a user, also of one who was deleted; made on first use. Raises KeyError for nobody."""
        wanted = self.adopted_subjects.get(object_id) or subject_id(object_id)
        if wanted not in self.subjects:
            user = self.users.get(object_id) or self.deleted_users[object_id]
            organization = self.organization_of(user.mail, user.home_tenant_id) if user.is_guest else None
            self.subjects[wanted] = Subject(
                id=wanted,
                object_id=object_id,
                display_name=user.display_name,
                email=user.mail,
                principal_name=user.user_principal_name,
                lifecycle="notGoverned",
                connected_organization_id=organization.id if organization else None,
            )
        return self.subjects[wanted]

    def find_subject(self, object_id: str) -> Subject | None:
        """The subject that a user or service principal already is; None for whoever has had nothing to do with it."""
        return self.subjects.get(self.adopted_subjects.get(object_id) or subject_id(object_id))

    def subject_of_app(self, app_id: str) -> Subject:
        """The subject of an application's service principal; made on first use. Raises KeyError for an unknown app."""
        app = self.apps[app_id]
        wanted = subject_id(app.object_id)
        if wanted not in self.subjects:
            self.subjects[wanted] = Subject(
                id=wanted,
                object_id=app.object_id,
                display_name=app.display_name,
                email="",
                subject_type="servicePrincipal",
            )
        return self.subjects[wanted]

    def subject_of_mail(self, mail: str) -> Subject:
        """The subject of somebody who is known by mail address only; made on first use."""
        wanted = stable_id("subject/mail/" + mail.casefold())
        if wanted not in self.subjects:
            organization = self.organization_of(mail)
            self.subjects[wanted] = Subject(
                id=wanted,
                object_id=None,
                display_name=mail,
                email=mail,
                lifecycle="governed",
                connected_organization_id=organization.id if organization else None,
            )
        return self.subjects[wanted]

    def adopt_subject(self, subject: Subject, user: User) -> Subject:
        """Let somebody who was known by mail only be `user` from now on; gives the subject that stands for them.

        A user who is a subject already keeps that one: requests and assignments of the other are moved to it.
        """
        known = self.find_subject(user.id)
        if known is None:
            subject.object_id, subject.display_name = user.id, user.display_name
            subject.principal_name = user.user_principal_name
            self.adopted_subjects[user.id] = subject.id
            return subject
        for request_id in self.requests_by_target.pop(subject.id, {}):
            self.requests[request_id].target_id = known.id
            self.requests_by_target.setdefault(known.id, {})[request_id] = None
        for assignment_id in self.assignments_by_target.pop(subject.id, {}):
            self.assignments[assignment_id].target_id = known.id
            self.assignments_by_target.setdefault(known.id, {})[assignment_id] = None
        del self.subjects[subject.id]
        return known

    def subject_of_service(self) -> Subject:
        """The requestor of what the service does by itself; nobody in the directory."""
        wanted = stable_id("subject/service")
        if wanted not in self.subjects:
            self.subjects[wanted] = Subject(wanted, None, "Entitlement management", "", subject_type="notSpecified")
        return self.subjects[wanted]

    def policies_of(self, package_id: str) -> list[AssignmentPolicy]:
        """The policies of a package, in the order in which they were made."""
        return self.policies.of_package(package_id)

    def put_request(self, request: AssignmentRequest) -> None:
        """Keep a new request."""
        self.requests[request.id] = request
        self.requests_by_target.setdefault(request.target_id, {})[request.id] = None
        self.requests_by_requestor.setdefault(request.requestor_id, {})[request.id] = None
        self.requests_by_package.setdefault(request.package_id, {})[request.id] = None
        if request.is_open:
            self.open_requests[request.id] = None

    def drop_request(self, request: AssignmentRequest) -> None:
        """Forget a request."""
        del self.requests[request.id]
        del self.requests_by_target[request.target_id][request.id]
        del self.requests_by_requestor[request.requestor_id][request.id]
        del self.requests_by_package[request.package_id][request.id]
        self.open_requests.pop(request.id, None)

    def put_assignment(self, assignment: Assignment) -> None:
        """Keep a new assignment."""
        self.assignments[assignment.id] = assignment
        self.assignments_by_target.setdefault(assignment.target_id, {})[assignment.id] = None
        self.assignments_by_package.setdefault(assignment.package_id, {})[assignment.id] = None

    def requests_for(self, target_id: str) -> Iterator[AssignmentRequest]:
        """The requests whose beneficiary is that subject, oldest first."""
        return (self.requests[key] for key in self.requests_by_target.get(target_id, ()))

    def requests_by(self, requestor_id: str) -> Iterator[AssignmentRequest]:
        """The requests that this subject made, oldest first."""
        return (self.requests[key] for key in self.requests_by_requestor.get(requestor_id, ()))

    def requests_of(self, package_id: str) -> list[AssignmentRequest]:
        """The requests for that package, oldest first."""
        return [self.requests[key] for key in self.requests_by_package.get(package_id, ())]

    def assignments_for(self, target_id: str) -> Iterator[Assignment]:
        """All assignments of that subject, expired ones too."""
        return (self.assignments[key] for key in self.assignments_by_target.get(target_id, ()))

    def holders_of(self, package_id: str) -> Iterable[Assignment]:
        """All assignments of that package, expired ones too."""
        return (self.assignments[key] for key in self.assignments_by_package.get(package_id, ()))
