"""Graph's JSON about packages, requests, assignments, approvals and people, turned into domain values.

Every function here takes one JSON object and raises GraphContractError when it is not what it should be.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import AliasChoices, Field

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Answer,
    ApprovalStage,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    AssignmentState,
    Expiration,
    ExpirationKind,
    Opening,
    PackageSuggestion,
    Person,
    PolicyId,
    QuestionId,
    RequestId,
    RequestState,
    RequestType,
    ResourceRole,
    ReviewResult,
    Schedule,
    StageId,
    StageStatus,
    Subject,
    UserId,
)
from bot.graph.bodies import decode_choices
from bot.graph.odata import Query
from bot.graph.wire_base import JsonObject, Moment, Span, Typed, Wire, person_id, read

REQUEST_QUERY: Final[Query] = {
    "$expand": "requestor($expand=connectedOrganization),accessPackage,assignment($expand=target,assignmentPolicy)"
}
MY_REQUEST_QUERY: Final[Query] = {"$expand": "requestor,accessPackage,assignment($expand=target,assignmentPolicy)"}
ASSIGNMENT_QUERY: Final[Query] = {"$expand": "target,accessPackage,assignmentPolicy"}
PACKAGE_QUERY: Final[Query] = {"$expand": "catalog"}
SUGGESTION_QUERY: Final[Query] = {"$expand": "accessPackage"}
CONTENTS_QUERY: Final[Query] = {"$expand": "role($expand=resource),scope"}
PERSON_QUERY: Final[Query] = {
    "$select": "id,displayName,mail,userPrincipalName,jobTitle,department,companyName,userType,accountEnabled,"
    "preferredLanguage"
}


class _Named(Wire):
    id: str = ""
    display_name: str = ""


class ExpirationWire(Wire):
    type: str = ExpirationKind.NOT_SPECIFIED.value
    duration: Span | None = None
    end_date_time: Moment = None

    def value(self) -> Expiration:
        return Expiration(ExpirationKind(self.type), self.duration, self.end_date_time)


class ScheduleWire(Wire):
    start_date_time: Moment = None
    expiration: ExpirationWire = ExpirationWire()

    def value(self) -> Schedule:
        return Schedule(self.start_date_time, self.expiration.value())


class _Subject(Wire):
    object_id: str = ""
    display_name: str = ""
    email: str = ""
    connected_organization: _Named = _Named()

    def value(self) -> Subject:
        object_id = person_id(self.object_id)
        return Subject(
            object_id=UserId(object_id) if object_id else None,
            name=self.display_name,
            mail=self.email,
            connected_organization_id=self.connected_organization.id or None,
        )


class _AnsweredQuestion(Typed):
    id: str = ""
    text: str = ""
    is_multiple_selection_allowed: bool = False


class _Answer(Wire):
    value: str = ""
    display_value: str = ""
    answered_question: _AnsweredQuestion = _AnsweredQuestion()

    def answer(self) -> Answer:
        question = self.answered_question
        many = question.is_multiple_selection_allowed
        return Answer(
            question_id=QuestionId(question.id),
            question_text=question.text,
            display_value=self.display_value or self.value,
            values=decode_choices(self.value) if many else (self.value,),
            question_odata_type=question.odata_type,
        )


class _RequestAssignment(Wire):
    """The assignment inside a request: whole objects, or the short ids that requests are filed with."""

    id: str = ""
    target: _Subject | None = None
    access_package: _Named = _Named()
    access_package_id: str = ""
    assignment_policy: _Named = _Named()
    assignment_policy_id: str = ""


class _Request(Wire):
    """Some published answers still carry the beta names; they are read as well."""

    id: str
    request_type: str = ""
    state: str = Field("", validation_alias=AliasChoices("state", "requestState"))
    status: str = Field("", validation_alias=AliasChoices("status", "requestStatus"))
    created_date_time: Moment = None
    completed_date_time: Moment = Field(None, validation_alias=AliasChoices("completedDateTime", "completedDate"))
    justification: str = ""
    answers: tuple[_Answer, ...] = ()
    schedule: ScheduleWire = ScheduleWire()
    access_package: _Named = _Named()
    requestor: _Subject | None = None
    assignment: _RequestAssignment = Field(
        _RequestAssignment(), validation_alias=AliasChoices("assignment", "accessPackageAssignment")
    )


class _Assignment(Wire):
    id: str
    state: str = Field("", validation_alias=AliasChoices("state", "assignmentState"))
    expired_date_time: Moment = None
    schedule: ScheduleWire = ScheduleWire()
    target: _Subject | None = None
    access_package: _Named = _Named()
    assignment_policy: _Named = _Named()


class _Stage(Wire):
    id: str
    status: str = ""
    assigned_to_me: bool = False
    review_result: str = ReviewResult.NOT_REVIEWED.value
    justification: str = ""
    reviewed_by: _Named = _Named()
    reviewed_date_time: Moment = None


class _Package(Wire):
    id: str
    display_name: str = ""
    description: str = ""
    is_hidden: bool = False
    catalog: _Named = _Named()


class _Resource(Wire):
    display_name: str = ""
    origin_id: str = ""
    origin_system: str = ""


class _Role(_Resource):
    resource: _Resource = _Resource()


class _RoleScope(Wire):
    role: _Role = _Role()
    scope: _Resource = _Resource()


class _Reason(Typed):
    """Why a package is suggested; which of the members are there depends on the kind."""

    related_people_assignment_count: int = 0
    related_people: tuple[_Named, ...] = ()
    past_assignment_count: int = 0


class _Suggestion(Wire):
    id: str = ""
    access_package: _Named = _Named()
    reasons: tuple[_Reason, ...] = ()


class _User(Wire):
    id: str
    display_name: str = ""
    mail: str = ""
    user_principal_name: str = ""
    job_title: str = ""
    preferred_language: str = ""
    department: str = ""
    company_name: str = ""
    user_type: str = ""
    account_enabled: bool = True


class _Opening(Wire):
    id: str
    display_name: str = ""
    homepage: str = ""
    login_url: str = ""
    resource_provisioning_options: tuple[str, ...] = ()


class _AppRoleAssignment(Wire):
    principal_id: str = ""
    app_role_id: str = ""


class _DirectoryObject(Typed):
    id: str


def access_package(data: JsonObject) -> AccessPackage:
    found = read(_Package, data)
    return AccessPackage(
        id=AccessPackageId(found.id),
        name=found.display_name,
        description=found.description,
        is_hidden=found.is_hidden,
        catalog_name=found.catalog.display_name,
        catalog_id=found.catalog.id,
    )


def package_suggestion(data: JsonObject) -> PackageSuggestion:
    found = read(_Suggestion, data)
    people = [person.display_name for reason in found.reasons for person in reason.related_people]
    return PackageSuggestion(
        package_id=AccessPackageId(found.access_package.id or found.id),
        colleague_count=max((reason.related_people_assignment_count for reason in found.reasons), default=0),
        colleagues=tuple(dict.fromkeys(name for name in people if name)),
        times_had=max((reason.past_assignment_count for reason in found.reasons), default=0),
    )


def resource_role(data: JsonObject) -> ResourceRole:
    """One resource role scope. `origin_id` is the resource's: the id of a group or service principal, or an address."""
    found = read(_RoleScope, data)
    resource = found.role.resource
    return ResourceRole(
        role_name=found.role.display_name,
        resource_name=resource.display_name,
        origin_system=resource.origin_system or found.role.origin_system or found.scope.origin_system,
        origin_id=resource.origin_id or found.scope.origin_id,
        role_origin_id=found.role.origin_id,
    )


def assignment_request(data: JsonObject) -> AssignmentRequest:
    found = read(_Request, data)
    assignment = found.assignment
    package_id = found.access_package.id or assignment.access_package.id or assignment.access_package_id
    policy_id = assignment.assignment_policy.id or assignment.assignment_policy_id
    return AssignmentRequest(
        id=RequestId(found.id),
        type=RequestType(found.request_type),
        state=RequestState(found.state),
        status=found.status,
        created_at=found.created_date_time,
        completed_at=found.completed_date_time,
        justification=found.justification,
        answers=tuple(answer.answer() for answer in found.answers),
        schedule=found.schedule.value(),
        package_id=AccessPackageId(package_id) if package_id else None,
        package_name=found.access_package.display_name or assignment.access_package.display_name,
        requestor=found.requestor.value() if found.requestor else None,
        target=assignment.target.value() if assignment.target else None,
        policy_id=PolicyId(policy_id) if policy_id else None,
        assignment_id=AssignmentId(assignment.id) if assignment.id else None,
    )


def assignment(data: JsonObject) -> Assignment:
    found = read(_Assignment, data)
    return Assignment(
        id=AssignmentId(found.id),
        state=AssignmentState(found.state),
        package_id=AccessPackageId(found.access_package.id) if found.access_package.id else None,
        package_name=found.access_package.display_name,
        target=found.target.value() if found.target else None,
        expires_at=_end_of(found.schedule.value()) or found.expired_date_time,
        policy_id=PolicyId(found.assignment_policy.id) if found.assignment_policy.id else None,
        began_at=found.schedule.start_date_time,
        ended_at=found.expired_date_time,
    )


def approval_stage(data: JsonObject) -> ApprovalStage:
    found = read(_Stage, data)
    reviewer = person_id(found.reviewed_by.id)
    return ApprovalStage(
        id=StageId(found.id),
        status=StageStatus(found.status),
        is_assigned_to_me=found.assigned_to_me,
        result=ReviewResult(found.review_result),
        justification=found.justification,
        reviewed_by_id=UserId(reviewer) if reviewer else None,
        reviewed_by_name=found.reviewed_by.display_name if reviewer else "",
        reviewed_at=found.reviewed_date_time,
    )


def person(data: JsonObject) -> Person:
    found = read(_User, data)
    return Person(
        id=UserId(found.id),
        name=found.display_name,
        mail=found.mail,
        user_principal_name=found.user_principal_name,
        job_title=found.job_title,
        preferred_language=found.preferred_language,
        department=found.department,
        company=found.company_name,
        is_guest=found.user_type.casefold() == "guest",
        is_enabled=found.account_enabled,
    )


def opening(data: JsonObject) -> Opening:
    """Where an application opens, by its own word; a group only tells whether there is a team for it."""
    found = read(_Opening, data)
    return Opening(
        id=found.id,
        name=found.display_name,
        url=found.homepage or found.login_url,
        is_team="team" in (option.casefold() for option in found.resource_provisioning_options),
    )


def app_role_holder(data: JsonObject) -> tuple[UserId, str]:
    """Who holds a role of an application, and which one."""
    found = read(_AppRoleAssignment, data)
    return UserId(found.principal_id), found.app_role_id


def directory_kind(data: JsonObject) -> str:
    """What a directory object is: "user", "group", "device"; "" where Graph does not say."""
    return read(_DirectoryObject, data).kind


def _end_of(schedule: Schedule) -> datetime | None:
    """When an assignment with this schedule ends; None when it does not, or not before the end of the calendar."""
    expiration = schedule.expiration
    if expiration.kind is ExpirationKind.NO_EXPIRATION:
        return None
    if expiration.end_at is not None or expiration.duration is None or schedule.start_at is None:
        return expiration.end_at
    try:
        return schedule.start_at + expiration.duration
    except OverflowError:
        return None
