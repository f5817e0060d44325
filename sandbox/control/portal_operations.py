"""What people do elsewhere, in My Access or the admin center: Doorman only hears of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sandbox.connector.errors import PersonError, nothing_like
from sandbox.control import answers
from sandbox.control.operations import Body, Call, Operation
from sandbox.control.people import find_person
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.policies import questions
from sandbox.graph.engine.portal import Portal
from sandbox.graph.problems import GraphProblem
from sandbox.tenant.model import AccessPackage, AssignmentRequest, Json
from sandbox.world import World

_PERSON = "Persona key (requester, manager, …), display name, user principal name or object id"
_REQUEST = "Id of the assignment request, or the name of its access package"


class Decide(Body):
    person: str = Field(description=_PERSON)
    request: str = Field(description=_REQUEST + ", when only one request for it waits for this person")
    decision: Literal["approve", "deny"]
    justification: str = ""


class AskFor(Body):
    person: str = Field(description=_PERSON)
    package: str = Field(description="Id or name of the access package")
    policy: str | None = Field(default=None, description="Id or name of the assignment policy, where several apply")
    justification: str = ""
    answers: dict[str, str] = Field(default_factory=dict, description="Answers by the question's id or text")
    target: str | None = Field(default=None, description="Who is to have access; the person unless said otherwise")


class Cancel(Body):
    person: str = Field(description=_PERSON)
    request: str = Field(description=_REQUEST + ", when this person has only one open request for it")


class RequestsQuery(Body):
    person: str | None = Field(default=None, description="Only requests by or for this person")
    open: bool = Field(default=False, description="Only those that are not finished")


async def decide(call: Call) -> Any:
    body: Decide = call.body
    world, entitlement = call.world, Entitlement(call.world)
    user = find_person(world, body.person)
    waiting = entitlement.approvals_waiting_for(user.id)
    request = _pick(world, entitlement, waiting, body.request)
    is_approved = body.decision == "approve"
    try:
        Portal(entitlement).decide(user.id, request.id, approve=is_approved, justification=body.justification)
    except GraphProblem as problem:
        raise _refused(problem) from problem
    return _request_json(world, entitlement, entitlement.request(request.id))


async def ask_for(call: Call) -> Any:
    body: AskFor = call.body
    world, entitlement = call.world, Entitlement(call.world)
    user = find_person(world, body.person)
    package = _package(world, body.package)
    assignment: Json = {"accessPackageId": package.id}
    if body.policy is not None:
        assignment["assignmentPolicyId"] = _policy_id(world, package, body.policy)
    if body.target is not None:
        assignment["targetId"] = find_person(world, body.target).id
    asked: Json = {
        "requestType": "userAdd",
        "assignment": assignment,
        "answers": _answers(world, package, body.answers),
    }
    if body.justification:
        asked["justification"] = body.justification
    try:
        request = entitlement.create_request(user.id, asked)
    except GraphProblem as problem:
        raise _refused(problem) from problem
    return _request_json(world, entitlement, request)


async def cancel(call: Call) -> Any:
    body: Cancel = call.body
    world, entitlement = call.world, Entitlement(call.world)
    user = find_person(world, body.person)
    own = entitlement.requests_visible_to(user.id, "targetOrRequestor")
    request = _pick(world, entitlement, [each for each in own if each.is_open], body.request)
    try:
        Portal(entitlement).cancel(user.id, request.id)
    except GraphProblem as problem:
        raise _refused(problem) from problem
    return _request_json(world, entitlement, entitlement.request(request.id))


async def requests(call: Call) -> Any:
    world, entitlement, query = call.world, Entitlement(call.world), call.query
    found = entitlement.requests()
    if query.person is not None:
        subject = world.tenant.subject_of_user(find_person(world, query.person).id).id
        found = [each for each in found if subject in (each.requestor_id, each.target_id)]
    if query.open:
        found = [each for each in found if each.is_open]
    return {"requests": [_request_json(world, entitlement, each) for each in found]}


def _pick(
    world: World, entitlement: Entitlement, candidates: list[AssignmentRequest], wanted: str
) -> AssignmentRequest:
    """The request of that id, whoever's it is, or the only candidate for the package of that name.

    Raises PersonError: 404 with the candidates, 409 when several fit.
    """
    if wanted in world.tenant.requests:
        return entitlement.request(wanted)
    fitting = [each for each in candidates if _package_name(world, each).casefold() == wanted.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(each.id for each in fitting)
        raise PersonError(409, "several-requests", f"Several requests fit {wanted!r}; name one by its id: {ids}.")
    existing = [f"{_package_name(world, each)} ({each.id})" for each in candidates]
    raise nothing_like("request", wanted, existing)


def _package(world: World, wanted: str) -> AccessPackage:
    if wanted in world.tenant.packages:
        return world.tenant.packages[wanted]
    fitting = [each for each in world.tenant.packages.values() if each.display_name.casefold() == wanted.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(each.id for each in fitting)
        raise PersonError(409, "several-packages", f"Several access packages are called {wanted!r}: {ids}.")
    raise nothing_like("access package", wanted, [each.display_name for each in world.tenant.packages.values()][:30])


def _policy_id(world: World, package: AccessPackage, wanted: str) -> str:
    policies = world.tenant.policies_of(package.id)
    for policy in policies:
        if wanted == policy.id or wanted.casefold() == policy.display_name.casefold():
            return policy.id
    raise nothing_like("assignment policy", wanted, [policy.display_name for policy in policies])


def _answers(world: World, package: AccessPackage, given: dict[str, str]) -> list[Json]:
    """Answers as Graph takes them. Raises PersonError (404) for a question that no policy of the package asks."""
    ids: dict[str, str] = {}
    for policy in world.tenant.policies_of(package.id):
        for question in questions(policy):
            ids[str(question.get("id"))] = ids[str(question.get("text"))] = str(question.get("id"))
    answered = []
    for name, value in given.items():
        if name not in ids:
            raise nothing_like("question", name, list(ids))
        answered.append({"answeredQuestion": {"id": ids[name]}, "value": value})
    return answered


def _request_json(world: World, entitlement: Entitlement, request: AssignmentRequest) -> Json:
    stage = request.current_stage
    approvers = entitlement.resolve_approvers(request, stage) if stage is not None else []
    return {
        "id": request.id,
        "type": request.request_type,
        "package": _package_name(world, request),
        "package_id": request.package_id,
        "policy_id": request.policy_id,
        "requestor": _name(world, request.requestor_id),
        "target": _name(world, request.target_id),
        "state": request.state,
        "status": request.status,
        "justification": request.justification,
        "posted_at": request.posted_at.isoformat(),
        "stage": request.stages.index(stage) + 1 if stage is not None else None,
        "stages": len(request.stages),
        "approvers": [world.tenant.users[each].display_name for each in approvers],
    }


def _package_name(world: World, request: AssignmentRequest) -> str:
    package = world.tenant.packages.get(request.package_id)
    return package.display_name if package else ""


def _name(world: World, subject_id: str) -> str:
    subject = world.tenant.subjects.get(subject_id)
    return subject.display_name if subject else ""


def _refused(problem: GraphProblem) -> PersonError:
    """What Graph refuses the portal refuses too; the status is Graph's."""
    return PersonError(problem.status, problem.code, problem.message)


_LIKE_PORTAL = "Nothing of it goes through the bot."

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/control/portal/requests",
        "Assignment requests and who may decide them now",
        requests,
        answers.Requests,
        query=RequestsQuery,
        tag="Portal",
    ),
    Operation(
        "POST",
        "/control/portal/request",
        "Ask for an access package in My Access",
        ask_for,
        answers.Request,
        AskFor,
        tag="Portal",
        description=_LIKE_PORTAL,
    ),
    Operation(
        "POST",
        "/control/portal/decide",
        "Decide a request in My Access",
        decide,
        answers.Request,
        Decide,
        tag="Portal",
        description=_LIKE_PORTAL,
    ),
    Operation(
        "POST",
        "/control/portal/cancel",
        "Cancel one's request in My Access",
        cancel,
        answers.Request,
        Cancel,
        tag="Portal",
        description=_LIKE_PORTAL,
    ),
)
