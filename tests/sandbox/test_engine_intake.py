"""What the service refuses when a request is made, and what it takes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sandbox.graph.engine.roles import ASSIGNMENT_MANAGER, CATALOG_READER
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import Json, RoleAssignment
from sandbox.tenant.settings import (
    administrators_only,
    choice_question,
    manager,
    policy_settings,
    stage,
    target_manager,
    text_question,
)
from tests.sandbox.entitlement_support import Scene, refused


@pytest.fixture
def scene() -> Scene:
    return Scene()


def answer(question: Json, value: Any) -> Json:
    return {
        "@odata.type": "#microsoft.graph.accessPackageAnswerString",
        "value": value,
        "displayValue": value,
        "answeredQuestion": {"@odata.type": question["@odata.type"], "id": question["id"]},
    }


def test_the_answer_to_a_post_is_submitted_and_has_no_date_yet(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools"))
    assert (request.state, request.status, request.created_at) == ("submitted", "Accepted", None)
    posted = request.posted_at
    scene.after(seconds=1)
    assert request.created_at == posted
    assert request.schedule["expiration"]["type"] == "notSpecified"


def test_short_and_nested_ids_and_any_letter_case_are_taken(scene: Scene) -> None:
    package = scene.package("Tools")
    body = {
        "requestType": "UserAdd",
        "surprise": {"ignored": True},
        "assignment": {
            "accessPackage": {"id": package.id.upper()},
            "assignmentPolicy": {"id": scene.policy_id(package)},
            "target": {"objectId": scene.rita},
            "schedule": {"startDateTime": None, "stopDateTime": None},
        },
    }
    request = scene.engine.create_request(scene.rita, body)
    assert (request.request_type, request.package_id) == ("userAdd", package.id)
    assert request.target_id == request.requestor_id != scene.rita


@pytest.mark.parametrize(
    "kind", ["systemAdd", "systemUpdate", "systemRemove", "onBehalfAdd", "userExtend", "", None, 7]
)
def test_types_that_nobody_may_send_are_refused(scene: Scene, kind: object) -> None:
    package = scene.package("Tools")
    assert refused(lambda: scene.ask(package, requestType=kind)).status == 400


@pytest.mark.parametrize("kind", ["userAdd", "userUpdate", "userRemove", "approverRemove"])
def test_an_application_cannot_act_as_a_person(scene: Scene, kind: str) -> None:
    package = scene.package("Tools")
    body = {"requestType": kind, "assignment": {"accessPackageId": package.id}}
    problem = refused(lambda: scene.engine.create_request(scene.app, body, is_application=True))
    assert problem.status == 403


@pytest.mark.parametrize(
    "assignment",
    [
        {},
        {"accessPackageId": "not a guid"},
        {"accessPackageId": stable_id("nowhere")},
        {"accessPackage": "text"},
    ],
)
def test_unknown_packages_are_refused(scene: Scene, assignment: Json) -> None:
    body = {"requestType": "userAdd", "assignment": assignment}
    assert refused(lambda: scene.engine.create_request(scene.rita, body)).status == 400


def test_a_policy_must_be_the_packages_own_and_open_to_the_person(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(), administrators_only())
    other = scene.package("Other")
    for wrong in (stable_id("nowhere"), scene.policy_id(other)):
        named = {"assignmentPolicyId": wrong}
        assert refused(partial(scene.ask, package, assignment=named)).status == 400
    closed = scene.policy_id(package, 2)
    assert refused(lambda: scene.ask(package, assignment={"assignmentPolicyId": closed})).status == 403
    assert refused(lambda: scene.ask(package, scene.gina)).status == 403


def test_without_a_policy_the_only_one_counts_and_several_need_a_choice(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(), policy_settings())
    assert refused(lambda: scene.ask(package)).code == "PolicyRequired"
    request = scene.ask(package, assignment={"assignmentPolicyId": scene.policy_id(package, 2)})
    assert request.policy_id == scene.policy_id(package, 2)
    assert scene.ask(scene.package("Single")).policy_id == stable_id("policy/Single/Single 1")


def test_a_second_open_request_is_refused_until_the_first_is_finished(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(stages=[stage([manager()])]))
    first = scene.ask(package)
    for _ in range(2):
        problem = refused(lambda: scene.ask(package))
        assert (problem.status, problem.code) == (400, "ExistingOpenRequest")
        assert "ExistingOpenRequest" in problem.message
        scene.after(seconds=5)
    assert scene.ask(package, scene.bob).state == "submitted"
    scene.engine.cancel(scene.rita, first.id)
    assert scene.ask(package).state == "submitted"


@pytest.mark.parametrize("status", [400, 409])
def test_somebody_who_has_it_without_an_end_cannot_ask_again(scene: Scene, status: int) -> None:
    scene.world.options.already_assigned_status = status
    package = scene.package("Tools")
    scene.given(package)
    problem = refused(lambda: scene.ask(package))
    assert (problem.status, problem.code) == (status, "ExistingAssignment")
    assert refused(lambda: scene.assign(package, scene.rita)).status == status


def test_asking_again_renews_where_there_is_an_end_and_the_policy_allows_it(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(days=30))
    firm = scene.package("Firm", policy_settings(days=30, extend=False))
    first, other = scene.ask(package), scene.ask(firm)
    scene.after(seconds=20)
    assert other.state == "delivered"
    request = scene.ask(package)
    assert request.is_renewal
    assert request.assignment_id == first.assignment_id
    assert refused(lambda: scene.ask(firm)).code == "ExistingAssignment"


def test_separation_of_duties_has_one_direction_and_stops_administrators_too(scene: Scene) -> None:
    orders, invoices = scene.package("Orders"), scene.package("Invoices")
    orders.incompatible_package_ids[invoices.id] = None
    scene.given(invoices)
    problem = refused(lambda: scene.ask(orders))
    assert (problem.status, problem.code) == (400, "IncompatibleAccess")
    assert "Invoices" in problem.message
    assert refused(lambda: scene.assign(orders, scene.rita)).code == "IncompatibleAccess"
    assert scene.engine.conflicts(orders.id, scene.rita) == ["Invoices"]
    scene.given(orders, scene.bob)
    assert scene.ask(invoices, scene.bob).state == "submitted"


def test_an_incompatible_group_counts_also_when_it_is_nested(scene: Scene) -> None:
    inner = scene.build.group("Inner", [scene.rita])
    outer = scene.build.group("Accounting", [inner.id])
    package = scene.package("Audit")
    package.incompatible_group_ids[outer.id] = None
    assert refused(lambda: scene.ask(package)).code == "IncompatibleAccess"
    assert scene.ask(package, scene.bob).state == "submitted"


@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_a_required_justification_cannot_be_blank(scene: Scene, given: str | None) -> None:
    package = scene.package("Tools", policy_settings(justification=True))
    assert refused(lambda: scene.ask(package, justification=given)).code == "JustificationRequired"


def test_a_justification_must_be_text(scene: Scene) -> None:
    package = scene.package("Tools")
    assert refused(lambda: scene.ask(package, justification=["a"])).status == 400


CENTRE = text_question("centre", 1, "Centre", required=True, pattern=r"[A-Z]{2}-\d{4}")
PURPOSE = text_question("purpose", 2, "Purpose", single_line=False)
REGION = choice_question("region", 3, "Region", {"EU": {"": "Europe"}, "US": {"": "States"}}, required=True)
SERVICES = choice_question("services", 4, "Services", {"a": {"": "A"}, "b": {"": "B"}}, several=True)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([], "AnswerRequired"),
        ([answer(CENTRE, "AB-1234")], "AnswerRequired"),
        ([answer(CENTRE, " "), answer(REGION, "EU")], "AnswerRequired"),
        ([answer(CENTRE, None), answer(REGION, "EU")], "AnswerRequired"),
        ([answer(CENTRE, "xAB-1234"), answer(REGION, "EU")], "InvalidAnswer"),
        ([answer(CENTRE, "AB-12345"), answer(REGION, "EU")], "InvalidAnswer"),
        ([answer(CENTRE, "AB-1234\n"), answer(REGION, "EU")], "InvalidAnswer"),
        ([answer(CENTRE, 12), answer(REGION, "EU")], "InvalidAnswer"),
        ([answer(CENTRE, "AB-1234"), answer(REGION, "Europe")], "InvalidAnswer"),
        ([answer(CENTRE, "AB-1234"), answer(REGION, "EU"), answer(SERVICES, "a,c")], "InvalidAnswer"),
        ([answer(CENTRE, "AB-1234"), answer(REGION, "EU"), answer(REGION, "US")], "DuplicateAnswer"),
        ([answer(CENTRE, "AB-1234"), answer({**REGION, "id": "x"}, "EU")], "UnknownQuestion"),
        ([{"value": "EU"}], "UnknownQuestion"),
    ],
)
def test_answers_that_do_not_fit_are_refused(scene: Scene, answers: list[Json], code: str) -> None:
    package = scene.package("Trip", policy_settings(questions=[CENTRE, PURPOSE, REGION, SERVICES]))
    problem = refused(lambda: scene.ask(package, answers=answers))
    assert (problem.status, problem.code) == (400, code)
    assert scene.tenant.requests == {}


def test_answers_that_fit_are_kept_as_they_were_sent(scene: Scene) -> None:
    package = scene.package("Trip", policy_settings(questions=[CENTRE, PURPOSE, REGION, SERVICES]))
    answers = [
        answer(CENTRE, "AB-1234"),
        answer(PURPOSE, "Line one\nline two"),
        answer(REGION, "EU"),
        answer(SERVICES, "b, a"),
    ]
    request = scene.ask(package, answers=answers)
    assert request.answers == answers
    scene.after(seconds=20)
    assert scene.tenant.assignments[request.assignment_id].answers == answers


def test_several_choices_may_be_packed_otherwise(scene: Scene) -> None:
    scene.world.options.multiple_choice_separator = ";"
    package = scene.package("Trip", policy_settings(questions=[SERVICES]))
    assert refused(lambda: scene.ask(package, answers=[answer(SERVICES, "a,b")])).code == "InvalidAnswer"
    assert scene.ask(package, answers=[answer(SERVICES, "a;b")]).answers


def test_a_pattern_that_is_no_pattern_forbids_nothing(scene: Scene) -> None:
    question = text_question("odd", 1, "Odd", pattern="[")
    package = scene.package("Trip", policy_settings(questions=[question]))
    assert scene.ask(package, answers=[answer(question, "anything")]).state == "submitted"


LATER = {"startDateTime": "2026-04-01T08:00:00.1234567Z"}


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        (LATER, "CustomScheduleNotAllowed"),
        ({"expiration": {"type": "afterDuration", "duration": "P5D"}}, "CustomScheduleNotAllowed"),
        ({"expiration": {"type": "noExpiration"}}, "CustomScheduleNotAllowed"),
    ],
)
def test_a_schedule_is_refused_where_the_policy_does_not_allow_it(scene: Scene, schedule: Json, code: str) -> None:
    package = scene.package("Tools", policy_settings(days=30))
    assert refused(lambda: scene.ask(package, schedule=schedule)).code == code


@pytest.mark.parametrize(
    "schedule",
    [None, {}, {"startDateTime": None, "recurrence": None, "expiration": {"type": "notSpecified"}}],
)
def test_a_schedule_that_asks_for_nothing_is_always_allowed(scene: Scene, schedule: Json | None) -> None:
    package = scene.package("Tools", policy_settings(days=30))
    assert scene.ask(package, schedule=schedule).schedule["expiration"]["type"] == "notSpecified"


@pytest.mark.parametrize(
    "schedule",
    [
        "tomorrow",
        {"startDateTime": "tomorrow"},
        {"recurrence": {"pattern": {}}},
        {"expiration": {"type": "someday"}},
        {"expiration": {"type": "afterDuration"}},
        {"expiration": {"type": "afterDuration", "duration": "30 days"}},
        {"expiration": {"type": "afterDuration", "duration": "P0D"}},
        {"expiration": {"type": "afterDateTime"}},
        {"expiration": {"type": "afterDateTime", "endDateTime": "2026-03-01T00:00:00Z"}},
        {**LATER, "expiration": {"type": "afterDateTime", "endDateTime": "2026-03-20T00:00:00Z"}},
        {"expiration": {"type": "afterDuration", "duration": "P31D"}},
        {"expiration": {"type": "noExpiration"}},
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(scene: Scene, schedule: object) -> None:
    package = scene.package("Tools", policy_settings(days=30, custom_schedule=True))
    problem = refused(lambda: scene.ask(package, schedule=schedule))
    assert (problem.status, problem.code) == (400, "InvalidSchedule")


def test_a_direct_manager_may_ask_for_a_report_where_the_policy_says_so(scene: Scene) -> None:
    package = scene.package("Laptop", policy_settings(on_behalf=[target_manager()]))
    plain = scene.package("Plain")
    target = {"target": {"objectId": scene.rita, "displayName": "Rita", "email": "", "subjectType": "user"}}
    request = scene.ask(package, scene.marc, assignment=target)
    assert request.target_id == scene.tenant.subject_of_user(scene.rita).id
    assert request.requestor_id == scene.tenant.subject_of_user(scene.marc).id
    assert refused(lambda: scene.ask(plain, scene.marc, assignment=target)).status == 403
    assert refused(lambda: scene.ask(package, scene.bob, assignment={"targetId": scene.sam})).status == 403
    assert refused(lambda: scene.ask(package, scene.rita, assignment={"targetId": scene.marc})).status == 403


def test_an_indirect_manager_may_ask_only_if_the_option_says_so(scene: Scene) -> None:
    package = scene.package("Laptop", policy_settings(on_behalf=[target_manager(2)]))
    wanted = {"targetId": scene.rita}
    assert refused(lambda: scene.ask(package, scene.dora, assignment=wanted)).status == 403
    scene.world.options.indirect_managers_may_request = True
    assert scene.ask(package, scene.dora, assignment=wanted).state == "submitted"


def test_asking_for_others_needs_the_governance_licence_and_anything_needs_one(scene: Scene) -> None:
    package = scene.package("Laptop", policy_settings(on_behalf=[target_manager()]))
    scene.world.options.licence = "P2"
    assert refused(lambda: scene.ask(package, scene.marc, assignment={"targetId": scene.rita})).status == 403
    assert scene.ask(package, scene.marc).state == "submitted"
    scene.world.options.licence = "none"
    assert refused(lambda: scene.ask(package, scene.bob)).status == 403


def test_a_user_add_needs_somebody_in_the_directory(scene: Scene) -> None:
    package = scene.package("Laptop", policy_settings(on_behalf=[target_manager()]))
    for wanted in ({"targetId": stable_id("nobody")}, {"target": {"email": "new@partner.example"}}):
        assert refused(partial(scene.ask, package, assignment=wanted)).code == "SubjectNotFound"
    assert refused(lambda: scene.ask(package, stable_id("nobody"))).status == 403


def test_administrators_need_a_role_in_the_catalog(scene: Scene) -> None:
    package = scene.package("Tools", administrators_only())
    wanted = {
        "requestType": "adminAdd",
        "assignment": {
            "targetId": scene.rita,
            "accessPackageId": package.id,
            "assignmentPolicyId": scene.policy_id(package),
        },
    }
    scope = "/AccessPackageCatalog/" + scene.catalog.id
    scene.tenant.role_assignments["1"] = RoleAssignment("1", scene.bob, CATALOG_READER, scope)
    for who in (scene.rita, scene.bob):
        assert refused(partial(scene.engine.create_request, who, wanted)).status == 403
    scene.tenant.role_assignments["2"] = RoleAssignment("2", scene.petra, ASSIGNMENT_MANAGER, scope)
    first = scene.engine.create_request(scene.petra, wanted)
    scene.engine.cancel(scene.petra, first.id)
    assert scene.engine.create_request(scene.adam, wanted).request_type == "adminAdd"


def test_a_direct_assignment_must_name_a_policy_whose_scope_covers_the_target(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings("allMemberUsers"))
    assert refused(lambda: scene.assign(package, scene.gina)).code == "TargetNotInScope"
    assert refused(lambda: scene.assign(package, stable_id("nobody"))).code == "SubjectNotFound"
    unnamed = {"assignmentPolicyId": None}
    assert refused(lambda: scene.assign(package, scene.rita, assignment=unnamed)).code == "PolicyRequired"
    assert scene.assign(package, scene.rita).state == "submitted"


def test_somebody_known_by_mail_only_can_be_assigned_directly(scene: Scene) -> None:
    package = scene.package("Tools", administrators_only(), groups=["Users"])
    by_mail = {"targetId": None, "target": {"email": "New.Person@partner.example"}}
    request = scene.assign(package, "", assignment=by_mail)
    subject = scene.tenant.subjects[request.target_id]
    assert (subject.object_id, subject.email) == (None, "New.Person@partner.example")
    scene.after(seconds=20)
    assert subject.object_id is not None
    guest = scene.tenant.users[subject.object_id]
    assert guest.is_guest
    assert scene.members("Users") == {guest.id}
    again = {"targetId": None, "target": {"email": "new.person@PARTNER.example"}}
    assert refused(lambda: scene.assign(package, "", assignment=again)).code == "ExistingAssignment"


def test_somebody_invited_meanwhile_is_one_subject(scene: Scene) -> None:
    package, other = (
        scene.package("Tools", administrators_only(), groups=["Users"]),
        scene.package("Menu", administrators_only()),
    )
    request = scene.assign(package, "", assignment={"targetId": None, "target": {"email": "new@partner.example"}})
    guest = scene.build.user("new", "New Person", mail="new@partner.example", user_type="Guest").id
    scene.assign(other, guest)
    scene.after(seconds=20)
    mine = scene.engine.assignments_visible_to(guest, "target")
    assert [held.package_id for held in mine] == [other.id, package.id]
    assert request in scene.engine.requests_visible_to(guest, "target")
    assert scene.members("Users") == {guest}


@pytest.mark.parametrize("mail", ["", "nobody", "a@b", "a@b@c.example", "@c.example"])
def test_an_address_must_be_one(scene: Scene, mail: str) -> None:
    package = scene.package("Tools", administrators_only())
    wanted = {"targetId": None, "target": {"email": mail}}
    assert refused(lambda: scene.assign(package, "", assignment=wanted)).code == "SubjectNotFound"


def test_a_blocked_guest_cannot_be_assigned_by_address(scene: Scene) -> None:
    package = scene.package("Tools", administrators_only())
    scene.tenant.users[scene.gina].account_enabled = False
    wanted = {"targetId": None, "target": {"email": "gina@partner.example"}}
    assert refused(lambda: scene.assign(package, "", assignment=wanted)).code == "SubjectBlocked"
    assert scene.assign(package, scene.gina).state == "submitted"


def test_required_questions_bind_people_and_not_administrators(scene: Scene) -> None:
    package = scene.package("Trip", policy_settings(questions=[CENTRE], justification=True))
    assert scene.assign(package, scene.rita).state == "submitted"
    wrong = [answer(CENTRE, "no")]
    assert refused(lambda: scene.assign(package, scene.bob, answers=wrong)).code == "InvalidAnswer"


def test_giving_back_is_for_the_holder_where_the_policy_allows_it(scene: Scene) -> None:
    package, kept = scene.package("Tools"), scene.package("Kept", policy_settings(self_add=False))
    held, firm = scene.given(package).assignment_id, scene.given(kept).assignment_id

    def remove(who: str, assignment_id: str | None, kind: str = "userRemove") -> Any:
        return scene.engine.create_request(who, {"requestType": kind, "assignment": {"id": assignment_id}})

    assert refused(lambda: remove(scene.bob, held)).status == 403
    assert refused(lambda: remove(scene.rita, firm)).status == 403
    assert refused(lambda: remove(scene.rita, None)).status == 400
    assert refused(lambda: remove(scene.rita, stable_id("nowhere"))).status == 400
    assert refused(lambda: remove(scene.rita, held, "adminRemove")).status == 403
    assert remove(scene.rita, held).state == "submitted"
    assert refused(lambda: remove(scene.rita, held)).code == "ExistingOpenRequest"
    scene.after(seconds=30)
    assert refused(lambda: remove(scene.rita, held)).code == "AssignmentNotActive"
    assert remove(scene.adam, firm, "adminRemove").state == "submitted"


def test_what_is_still_being_delivered_cannot_be_removed(scene: Scene) -> None:
    package = scene.package("Tools", delivery="stuck")
    stuck = scene.ask(package)
    scene.after(minutes=5)
    body = {"requestType": "adminRemove", "assignment": {"id": stuck.assignment_id}}
    assert refused(lambda: scene.engine.create_request(scene.adam, body)).status == 400


def test_updates_are_for_the_holder_where_the_policy_allows_them(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(days=30, custom_schedule=True))
    firm = scene.package("Firm", policy_settings(days=30, extend=False))
    held = scene.ask(package)
    scene.ask(firm)
    scene.after(seconds=20)

    def update(who: str, wanted: Json, **more: Any) -> Any:
        return scene.engine.create_request(who, {"requestType": "userUpdate", "assignment": wanted, **more})

    assert refused(lambda: update(scene.bob, {"id": held.assignment_id})).status == 403
    assert refused(lambda: update(scene.rita, {"accessPackageId": firm.id})).status == 403
    assert refused(lambda: update(scene.bob, {"accessPackageId": package.id})).code == "AssignmentNotFound"
    by_names = {"accessPackageId": package.id, "targetId": scene.rita, "assignmentPolicyId": scene.policy_id(package)}
    request = update(scene.rita, by_names, schedule={"expiration": {"type": "afterDuration", "duration": "P5D"}})
    assert request.assignment_id == held.assignment_id


def test_only_who_approved_may_take_access_back(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(stages=[stage([manager()])]))
    held = scene.ask(package)
    scene.after(seconds=2)
    scene.approve(scene.marc, held)
    scene.after(seconds=20)
    body = {"requestType": "approverRemove", "assignment": {"id": held.assignment_id}}
    assert refused(lambda: scene.engine.create_request(scene.sam, body)).status == 403
    assert scene.engine.create_request(scene.marc, body).state == "submitted"


def test_a_refused_request_leaves_nothing_behind(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(justification=True))
    before = scene.tenant.made
    refused(lambda: scene.ask(package, justification=""))
    assert (scene.tenant.requests, scene.tenant.agenda, scene.tenant.made) == ({}, [], before)
