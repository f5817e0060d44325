"""Any policy that the sandbox can hold gives a form whose answers it takes, and why not names what was planted.

The rules of the sandbox are called directly; what Doorman reads is the JSON that the sandbox's Graph would write.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    AssignmentState,
    GroupId,
    QuestionId,
    QuestionKind,
    RequestId,
    RequestState,
    RequestType,
    UserId,
)
from bot.errors import AnswerProblem, InvalidAnswer
from bot.graph import bodies
from bot.graph.wire_policy import policy_requirements
from bot.graph.wire_rules import package_rules
from bot.rules import Applicant
from bot.services.catalog_words import folded
from bot.services.form_parts import OpenPolicy, RequestForm
from bot.services.request_form import Typed, checked
from bot.services.said_request import SentenceReader, Vocabulary
from bot.services.spoken_form import Filled, filled_in, letter
from bot.services.why_not import Why, explain
from bot.views.filled_form import typed_into
from bot.views.request_form import form_view
from bot.views.words import Reader
from cards.actions import ANSWER, MYSELF, SubmitRequest, choice_value
from cards.request_form import request_form_card
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.problems import GraphProblem
from sandbox.graph.reader import Reader as GraphReader
from sandbox.graph.types import policy as policy_types
from sandbox.tenant.entitlement import Assignment as SandboxAssignment
from sandbox.tenant.entitlement import AssignmentPolicy, Json
from sandbox.tenant.entitlement import AssignmentRequest as SandboxRequest
from sandbox.tenant.identity import stable_id, user_id
from sandbox.tenant.model import Tenant, User
from sandbox.tenant.settings import (
    choice_question,
    group_members,
    manager,
    policy_settings,
    single_user,
    stage,
    target_manager,
    text_question,
)
from sandbox.world import World
from tests.support.card_reading import parts
from tests.support.moments import story_clock

_WORLD: Final = World(clock=story_clock())
_NOW: Final = _WORLD.clock.now()
_RITA: Final = _WORLD.tenant.users[user_id("requester")]
_SAM: Final = _WORLD.tenant.users[user_id("approver")]
_MAP: Final = stable_id("package/Office map")
EXAMPLES: Final = settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
PATTERNS: Final[Mapping[str, st.SearchStrategy[str]]] = {
    r"[A-Z]{2}-\d{4}": st.from_regex(r"[A-Z]{2}-[0-9]{4}", fullmatch=True),
    r"\d+": st.from_regex(r"[0-9]{1,6}", fullmatch=True),
    r".*x": st.just("abc, x"),
}
WORDS: Final = st.text(string.ascii_letters + string.digits + " ,;.äß'\"*[]()%", min_size=1, max_size=40)
VALUES: Final = st.lists(
    st.text(string.ascii_letters + string.digits + " -_", min_size=1, max_size=12).map(str.strip).filter(bool),
    min_size=1,
    max_size=4,
    unique=True,
)


@st.composite
def questions(draw: st.DrawFn) -> list[tuple[Json, st.SearchStrategy[str]]]:
    """Questions of every kind, each with answers that fit it, as an input of the card would hold them."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        key, text, required = f"any/{number}", draw(WORDS), draw(st.booleans())
        sequence = draw(st.integers(0, 9))
        if draw(st.booleans()):
            pattern = draw(st.sampled_from([None, *PATTERNS]))
            is_single = draw(st.booleans())
            question = text_question(
                key, sequence, text, required=required, single_line=is_single, pattern=pattern, de=draw(WORDS)
            )
            made.append((question, PATTERNS[pattern] if pattern else WORDS))
        else:
            values = draw(VALUES)
            several = draw(st.booleans())
            choices = {value: {"": draw(WORDS), "de": draw(WORDS)} for value in values}
            question = choice_question(key, sequence, text, choices, required=required, several=several)
            one = st.sampled_from(values)
            many = st.lists(one, min_size=1, unique=True).map(lambda each: ",".join(map(choice_value, each)))
            made.append((question, many if several else one))
    return made


@st.composite
def policies(draw: st.DrawFn, asked: list[Json]) -> Json:
    stages = [stage([manager()], fallback=[single_user(_SAM)])] if draw(st.booleans()) else []
    ends: dict[str, Any] = draw(
        st.sampled_from([{}, {"days": 1}, {"days": 90}, {"days": 3660}, {"ends_at": "2031-01-01T00:00:00Z"}])
    )
    return policy_settings(
        stages=stages,
        justification=draw(st.booleans()),
        questions=asked,
        custom_schedule=draw(st.booleans()),
        on_behalf=[target_manager()] if draw(st.booleans()) else [],
        **ends,
    )


PERIODS: Final = st.sampled_from(["", "2w", "12h", "tomorrow", "from tomorrow", "from tomorrow for 3 days", "3 months"])


def fresh() -> tuple[World, Tenant]:
    world = _WORLD
    tenant = world.tenant
    for request in list(tenant.requests.values()):
        tenant.drop_request(request)
    tenant.assignments.clear()
    tenant.assignments_by_target.clear()
    tenant.assignments_by_package.clear()
    tenant.agenda.clear()
    return world, tenant


def put(tenant: Tenant, made: Json, name: str = "Any") -> AssignmentPolicy:
    """Make this the only policy of the map of the office."""
    for old in tenant.policies_of(_MAP):
        del tenant.policies[old.id]
    policy = AssignmentPolicy(stable_id("policy/any"), _MAP, _NOW, _NOW, {**made, "displayName": name})
    tenant.policies[policy.id] = policy
    return policy


@EXAMPLES
@given(st.data())
def test_any_policy_gives_a_form_whose_answers_are_taken(data: st.DataObject) -> None:
    world, tenant = fresh()
    asked = data.draw(questions())
    policy = put(tenant, data.draw(policies([question for question, _ in asked])))
    form = _form(world, policy)
    card = request_form_card(form_view(form, "f", Reader("de-DE", "Europe/Berlin")))
    inputs = {part["id"] for part in parts(card) if str(part.get("type", "")).startswith("Input.")}
    assert {f"{ANSWER}{question['id']}" for question, _ in asked} <= inputs
    typed: dict[str, Any] = {"justification": data.draw(WORDS)}
    for question, fitting in asked:
        if question["isRequired"] or data.draw(st.booleans()):
            typed[f"{ANSWER}{question['id']}"] = data.draw(fitting)
    if "period" in inputs:
        typed["period"] = data.draw(PERIODS)
    action = SubmitRequest(form_id="f", access_package_id=_MAP, policy_id=policy.id, target_id=MYSELF, **typed)
    problem, new = None, None
    try:
        new = checked(
            form.package,
            form.chosen,
            typed_into(form, action, is_own=True),
            now=world.clock.now(),
            time_zone="Europe/Berlin",
        )
    except InvalidAnswer as refused:
        problem = refused.problem
    if new is None:
        # What Doorman turns down the sandbox would turn down too: blanks for what is required, and more than allowed.
        assert problem in (AnswerProblem.MISSING, AnswerProblem.TOO_LATE)
        return
    request = Entitlement(world).create_request(_RITA.id, bodies.new_request(new, _RITA.id))
    assert request.state == "submitted"


@EXAMPLES
@given(st.data())
def test_any_policy_can_be_answered_in_words(data: st.DataObject) -> None:
    """What is said by numbers and letters is what the form's inputs would have sent."""
    world, tenant = fresh()
    asked = data.draw(questions())
    policy = put(tenant, data.draw(policies([question for question, _ in asked])))
    form = _form(world, policy)
    wanted: dict[str, tuple[str, ...]] = {}
    parts_said = ["because it is due"]
    for number, question in enumerate(form.chosen.questions, start=1):
        if question.choices:
            several = question.kind is QuestionKind.MULTIPLE_CHOICE
            places = st.integers(0, len(question.choices) - 1)
            picked = sorted(data.draw(st.sets(places, min_size=1, max_size=4 if several else 1)))
            values = tuple(question.choices[place].value for place in picked)
            texts = [letter(place) for place in picked]
            named = {folded(each) for choice in question.choices for each in (choice.text, choice.value)}
            assume(not named & {*texts, ", ".join(texts)})  # a choice that is called "b" is meant by that
            wanted[question.id] = values
            parts_said.append(f"{number}: {', '.join(texts)}")
        else:
            text = data.draw(PATTERNS[question.regex] if question.regex else st.just("plain words"))
            wanted[question.id] = (text,)
            parts_said.append(f"{number}: {text}")
    if form.chosen.is_custom_schedule_allowed:
        parts_said.append("for 12h")
    vocabulary = Vocabulary(["because"], ["for"], ["policy"])
    said = SentenceReader(vocabulary, world.clock.now().date(), "en").filling("; ".join(parts_said))
    form, filled, misheard = filled_in(form, Filled(), said)
    assert misheard == ()
    assert (filled.justification, dict(filled.answers)) == ("it is due", wanted)
    several_ids = {each.id for each in form.chosen.questions if each.kind is QuestionKind.MULTIPLE_CHOICE}
    typed = Typed(
        filled.justification,
        {key: values[0] for key, values in filled.answers.items() if key not in several_ids},
        {QuestionId(key): values for key, values in filled.answers.items() if key in several_ids},
        period=filled.period,
    )
    new = checked(form.package, form.chosen, typed, now=world.clock.now(), time_zone="Europe/Berlin")
    assert Entitlement(world).create_request(_RITA.id, bodies.new_request(new, _RITA.id)).state == "submitted"


@EXAMPLES
@given(
    st.sampled_from(
        ["specificDirectoryUsers", "allMemberUsers", "allDirectoryUsers", "allExternalUsers", "notSpecified"]
    ),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "held", "asked", "package", "group"]),
    st.sampled_from(["requester", "manager", "guest", "director", "member-12"]),
)
def test_why_not_names_what_was_planted(
    scope: str, self_add: bool, on_behalf: bool, hidden: bool, published: bool, planted: str, person: str
) -> None:
    world, tenant = fresh()
    user = tenant.users[user_id(person)]
    targets = [group_members(tenant.groups[stable_id("group/Board")])] if scope == "specificDirectoryUsers" else []
    made = policy_settings(
        scope,
        targets=targets,
        self_add=self_add,
        on_behalf=[target_manager()] if on_behalf else [],
        days=30,
        extend=False,
    )
    policy = put(tenant, made)
    package = tenant.packages[_MAP]
    package.is_hidden = hidden
    catalog = tenant.catalogs[package.catalog_id]
    catalog.state, catalog.is_externally_visible = ("published" if published else "unpublished"), True
    package.incompatible_package_ids.clear()
    package.incompatible_group_ids.clear()
    other = next(each for each in tenant.packages.values() if each.display_name == "Invoice approval")
    assignments, requests = _plant(tenant, planted, user, package, other.id)

    def as_it_is() -> Why:
        """The first thing that the rules of the sandbox trip over."""
        if hidden or not published:
            return Why.UNKNOWN
        try:
            Entitlement(world).create_request(
                user.id, {"requestType": "userAdd", "assignment": {"accessPackageId": _MAP}}
            )
        except GraphProblem as problem:
            known = {
                "ExistingOpenRequest": Why.OPEN_REQUEST,
                "IncompatibleAccess": Why.CONFLICT,
                "ExistingAssignment": Why.ALREADY,
            }
            return known.get(problem.code, Why.CERTAIN_PEOPLE)
        return Why.NOTHING

    rules = package_rules(_package_json(world, policy), "en")
    groups = frozenset(GroupId(each) for each in tenant.groups_of(user.id))
    answer = explain(rules, Applicant(UserId(user.id), user.is_guest, groups), assignments, requests)
    actual = as_it_is()
    told_as = {
        Why.ADMINISTRATORS_ONLY: Why.CERTAIN_PEOPLE,
        Why.OUTSIDERS_ONLY: Why.CERTAIN_PEOPLE,
        Why.MEMBERS_ONLY: Why.CERTAIN_PEOPLE,
        Why.MANAGER_ONLY: Why.CERTAIN_PEOPLE,
    }
    assert told_as.get(answer.why, answer.why) is actual
    if answer.why is Why.MANAGER_ONLY:
        assert on_behalf
    if answer.why is Why.OUTSIDERS_ONLY:
        assert scope == "allExternalUsers"
        assert not user.is_guest


def _plant(
    tenant: Tenant, planted: str, user: User, package: Any, other: str
) -> tuple[list[Assignment], list[AssignmentRequest]]:
    """Put something in the way, in the sandbox and in the facts that Doorman would read."""
    assignments: list[Assignment] = []
    requests: list[AssignmentRequest] = []
    if planted == "group":
        groups = [group for group in tenant.groups_of(user.id) if group in tenant.groups]
        assume(groups)
        package.incompatible_group_ids[groups[0]] = None
    elif planted in ("held", "package"):
        wanted = _MAP if planted == "held" else other
        if planted == "package":
            package.incompatible_package_ids[other] = None
        _hold(tenant, user, wanted)
        assignments.append(Assignment(AssignmentId("a"), AssignmentState.DELIVERED, AccessPackageId(wanted), "Held"))
    elif planted == "asked":
        _ask(tenant, user)
        requests.append(
            AssignmentRequest(
                RequestId("r"), RequestType.USER_ADD, RequestState.PENDING_APPROVAL, package_id=AccessPackageId(_MAP)
            )
        )
    return assignments, requests


def _hold(tenant: Tenant, user: User, package_id: str) -> None:
    policy = tenant.policies_of(package_id)[0]
    tenant.put_assignment(
        SandboxAssignment(
            tenant.new_id("assignment"),
            tenant.subject_of_user(user.id).id,
            package_id,
            policy.id,
            _NOW,
            state="delivered",
            ends_at=_NOW + timedelta(days=9),
        )
    )


def _ask(tenant: Tenant, user: User) -> None:
    subject = tenant.subject_of_user(user.id).id
    tenant.put_request(
        SandboxRequest(
            tenant.new_id("request"),
            "userAdd",
            subject,
            subject,
            _MAP,
            stable_id("policy/any"),
            tenant.new_id("assignment"),
            _NOW,
            state="pendingApproval",
        )
    )


def _package_json(world: World, policy: AssignmentPolicy) -> Json:
    """The package as Graph gives it with everything that the rules need."""
    tenant = world.tenant
    package = tenant.packages[_MAP]
    catalog = tenant.catalogs[package.catalog_id]
    return {
        "id": package.id,
        "displayName": package.display_name,
        "isHidden": package.is_hidden,
        "catalog": {"id": catalog.id, "state": catalog.state, "isExternallyVisible": catalog.is_externally_visible},
        "assignmentPolicies": [{**policy.settings, "id": policy.id}],
        "incompatibleAccessPackages": [{"id": each, "displayName": "x"} for each in package.incompatible_package_ids],
        "incompatibleGroups": [{"id": each, "displayName": "x"} for each in package.incompatible_group_ids],
    }


def _form(world: World, policy: AssignmentPolicy) -> RequestForm:
    """The form as Rita, who reads German, gets it."""
    reader = GraphReader(world, world.clock.now(), _RITA.id, ("de-DE", "de"))
    (asked,) = policy_requirements({"value": [policy_types.requirements(reader, policy)]}, "de-DE")
    return RequestForm(
        AccessPackage(AccessPackageId(_MAP), "Office map"), (), (OpenPolicy(asked, is_for_self=True),), asked
    )
