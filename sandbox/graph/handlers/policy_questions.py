"""The questions of an assignment policy, one by one: the policy's own `questions` are what changes."""

from __future__ import annotations

from sandbox.graph.handlers.body import Place
from sandbox.graph.handlers.policies import get_own_policy
from sandbox.graph.handlers.policy_rules import check_questions
from sandbox.graph.handlers.policy_shape import QUESTION
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import bad_request, not_found
from sandbox.graph.types.policy import question, questions
from sandbox.graph.wire import Json
from sandbox.tenant.model import AssignmentPolicy


def list_questions(call: Call) -> Result:
    return Entities(questions(call.reader, get_own_policy(call)))


def get_question(call: Call) -> Result:
    _, found = _found(call)
    return Entity(question(call.reader, found))


def create_question(call: Call) -> Result:
    """One more question, after the others unless its `sequence` says otherwise."""
    policy = get_own_policy(call)
    made = _read(call, call.body)
    if made.get("id") in [one.get("id") for one in _kept(policy)]:
        raise bad_request("Another question has that id already.", "InvalidQuestion")
    made.setdefault("id", call.tenant.new_id("question"))
    _keep(call, policy, [*_kept(policy), made])
    return Entity(question(call.reader, made), status=201)


def update_question(call: Call) -> Result:
    """Change what the body holds. What kind of question it is stays."""
    policy, found = _found(call)
    changed = _read(call, {**found, **call.body, "id": found["id"]})
    if changed["@odata.type"] != found["@odata.type"]:
        raise bad_request("A question cannot become one of another type.", "InvalidQuestion")
    _keep(call, policy, [changed if one is found else one for one in _kept(policy)])
    return Empty()


def delete_question(call: Call) -> Result:
    policy, found = _found(call)
    _keep(call, policy, [one for one in _kept(policy) if one is not found])
    return Empty()


def _kept(policy: AssignmentPolicy) -> list[Json]:
    return list(policy.settings.get("questions") or ())


def _found(call: Call) -> tuple[AssignmentPolicy, Json]:
    policy, wanted = get_own_policy(call), call.params["questionId"]
    found = next((one for one in _kept(policy) if one.get("id") == wanted), None)
    if found is None:
        raise not_found(f"There is no question '{wanted}' in the assignment policy.")
    return policy, found


def _read(call: Call, body: Json) -> Json:
    refuses = call.reader.world.options.unknown_properties == "reject"
    found: Json = QUESTION(Place("", refuses), body)
    return found


def _keep(call: Call, policy: AssignmentPolicy, kept: list[Json]) -> None:
    settings = {**policy.settings, "questions": kept}
    check_questions(kept)
    policy.settings = settings
    policy.modified_at = call.reader.now
