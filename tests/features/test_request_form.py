"""The form, filled in by all sorts of people in all sorts of ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.config import Config
from bot.domain import AccessPackageId, PolicyId, RequestId, RequestState, UserId
from bot.store.records import RequestRecord
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.tenant.entitlement import AssignmentPolicy
from sandbox.tenant.identity import stable_id, user_id
from sandbox.tenant.settings import (
    manager,
    policy_settings,
    stage,
    target_manager,
)
from tests.support.rounds import Rounds, has_read_contents, slow_graph
from tests.support.story import MARC, RITA, SAM, Story, read, story, told

COST_CENTRE = "answer_" + stable_id("question/travel/cost-centre")
PURPOSE = "answer_" + stable_id("question/travel/purpose")
REGION = "answer_" + stable_id("question/travel/region")
SERVICES = "answer_" + stable_id("question/travel/services")
TRIP = {COST_CENTRE: "WG-1234", REGION: "EMEA"}


async def opens(here: Story, name: str, words: str) -> dict[str, Any]:
    """The form, or what comes instead of it."""
    outcome = await here.says(name, f"request {words}")
    await here.sees(name, words.split(",")[0])
    return dict(here.teams.messages(here.user(name).id)[-1] if not outcome.messages else outcome.messages[-1])


def policy_of(here: Story, package: str, number: int = 0) -> dict[str, Any]:
    """The settings of one of its policies, to be changed."""
    return here.world.tenant.policies_of(here.package_id(package))[number].settings


def parts(node: object) -> list[Mapping[str, Any]]:
    if isinstance(node, dict):
        return [node, *(part for value in node.values() for part in parts(value))]
    return [part for value in node for part in parts(value)] if isinstance(node, list) else []


def field(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    card = message.get("shown") or message.get("card")
    return next(part for part in parts(card) if part.get("id") == name and "type" in part)


def newest(here: Story, name: str) -> dict[str, Any]:
    return dict(here.teams.messages(here.user(name).id)[-1])


async def test_a_mistake_keeps_everything_that_was_typed(here: Story) -> None:
    await opens(here, RITA, "Travel booking")
    filled = {
        "justification": "Visit",
        COST_CENTRE: "wrong",
        PURPOSE: "Two\nlines",
        REGION: "APAC",
        SERVICES: "train,hotel",
        "period": "2 weeks",
    }
    answer = told(await here.presses(RITA, "Request", **filled))
    assert "does not have the expected form" in answer
    form = newest(here, RITA)
    assert {name: field(form, name)["value"] for name in filled} == filled
    await here.presses(RITA, "Request", **{**filled, COST_CENTRE: "AB-1234"})
    await here.sees(RITA, "Your access works")
    (request,) = here.requests_of(RITA)
    assert {answer["answeredQuestion"]["id"]: answer["value"] for answer in request.answers} == {
        COST_CENTRE[7:]: "AB-1234",
        PURPOSE[7:]: "Two\nlines",
        REGION[7:]: "APAC",
        SERVICES[7:]: "train,hotel",
    }
    assert request.schedule["expiration"]["type"] == "afterDateTime"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"period": "soon"}, "Please answer “For how long?” with a length of time or a day"),
        ({"period": "1 year"}, "“Until” is too late. The latest possible day is"),
        ({"start_date": "2020-01-01"}, "“From” is in the past"),
        ({"start_date": "2026-02-30"}, "as a date"),
        ({"start_date": "2099-01-01", "end_date": "2098-01-01"}, "“Until” is before the start"),
        ({"period": "3 days", "end_date": "2099-01-01"}, "do not agree"),
        ({"period": "**2w**"}, "with a length of time or a day"),
    ],
)
async def test_a_period_that_cannot_be_is_told_in_a_sentence(here: Story, typed: dict[str, str], words: str) -> None:
    await opens(here, RITA, "Travel booking")
    assert words in told(await here.presses(RITA, "Request", **TRIP, **typed))
    form = newest(here, RITA)
    assert all(field(form, name).get("value", "") == value for name, value in typed.items() if "-30" not in value)
    assert here.requests_of(RITA) == []


async def test_a_policy_that_changed_meanwhile_is_shown_again_with_what_was_typed(here: Story) -> None:
    await opens(here, RITA, "Travel booking")
    settings = policy_of(here, "Travel booking")
    settings["questions"] = [
        question for question in settings["questions"] if question["id"] != stable_id("question/travel/purpose")
    ]
    region = next(question for question in settings["questions"] if question["id"] == REGION[7:])
    region["choices"] = region["choices"][1:]
    answer = told(await here.presses(RITA, "Request", **TRIP, **{PURPOSE: "A fair", SERVICES: "train"}))
    assert "The rules for this access have changed meanwhile" in answer
    assert "You also typed this" in answer
    assert "A fair" in answer
    assert "Region: EMEA" in answer
    form = newest(here, RITA)
    assert field(form, COST_CENTRE)["value"] == "WG-1234"
    assert field(form, SERVICES)["value"] == "train"
    assert here.requests_of(RITA) == []
    await here.presses(RITA, "Request", **{COST_CENTRE: "WG-1234", REGION: "APAC"})
    await here.sees(RITA, "Your access works")


@pytest.mark.parametrize("fate", ["deleted", "policy gone"])
async def test_a_package_that_went_away_leaves_what_was_typed_on_the_card(here: Story, fate: str) -> None:
    await opens(here, RITA, "Travel booking")
    package_id = here.package_id("Travel booking")
    for policy in here.world.tenant.policies_of(package_id):
        del here.world.tenant.policies[policy.id]
    if fate == "deleted":
        del here.world.tenant.packages[package_id]
    answer = told(await here.presses(RITA, "Request", **TRIP))
    assert "cannot be requested any more" in answer
    assert "Travel booking" in read(newest(here, RITA)) or "Travel booking" in "".join(here.chat(RITA))
    assert here.requests_of(RITA) == []


async def test_a_hidden_package_is_still_asked_for_by_whoever_has_the_form(here: Story) -> None:
    await opens(here, RITA, "Office map")
    here.world.tenant.packages[here.package_id("Office map")].is_hidden = True
    await here.presses(RITA, "Request")
    await here.sees(RITA, "Your access works")


async def test_what_they_have_already_is_told_instead_of_a_form(here: Story) -> None:
    await opens(here, RITA, "Travel booking")
    await here.presses(RITA, "Request", **TRIP)
    await here.sees(RITA, "Your access works")
    again = told(await here.says(RITA, "request travel booking"))
    assert "You have this access already, until" in again
    assert "Why do you need it?" not in again


async def test_access_that_does_not_go_together_is_told_before_the_form(here: Story) -> None:
    await opens(here, RITA, "Invoice approval")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "Your access works")
    answer = told(await here.says(RITA, "request purchase orders"))
    assert "You cannot have this together with Invoice approval" in answer
    accountant = here.world.tenant.users[user_id("member-12")].display_name
    desk = told(await here.says(accountant, "request auditor desk"))
    assert "You cannot have this together with Accounting" in desk


async def test_a_conflict_that_came_up_after_the_form_is_told_in_the_same_words(here: Story) -> None:
    form = await opens(here, RITA, "Purchase orders")
    body = {"requestType": "userAdd", "assignment": {"accessPackageId": here.package_id("Invoice approval")}}
    Entitlement(here.world).create_request(here.user(RITA).id, body)
    assert "Purchase orders" in read(form)
    assert "You cannot have this together with Invoice approval" in told(await here.presses(RITA, "Request"))
    assert len(here.requests_of(RITA)) == 1


async def test_what_one_has_through_another_package_is_told_on_the_form(here: Story) -> None:
    tenant = here.world.tenant
    both, one = tenant.packages[here.package_id("Sales data")], tenant.packages[here.package_id("Office map")]
    one.role_scopes.append(both.role_scopes[0])
    await opens(here, RITA, "Office map")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "Your access works")
    assert "You already get Sales Readers: Member through Office map." in told(
        await here.says(RITA, "request sales data")
    )


async def test_who_decides_is_named_only_where_the_policy_shows_it(here: Story) -> None:
    assert "The decision is up to Sam Second" in told(await here.says(RITA, "request audit archive"))
    assert "Somebody has to approve this" in told(await here.says(RITA, "request sales data"))
    stages = policy_of(here, "Sales data")["requestApprovalSettings"]["stages"]
    stages[0]["approverInformationVisibility"] = "visible"
    assert "The decision is up to Marc Manager" in told(await here.says(RITA, "request sales data"))
    stages[0]["approverInformationVisibility"] = "notVisible"
    await here.says(RITA, "request sales data because Q3")
    assert "Marc Manager" not in read(await here.sees(RITA, "Waiting for approval"))
    await here.says(RITA, "request audit archive because Q3")
    await here.sees(RITA, "Waiting for Sam Second")


async def test_a_manager_asks_for_a_report(here: Story) -> None:
    await here.says(RITA, "help")
    form = await opens(here, MARC, "Team laptop")
    people = {choice["title"]: choice["value"] for choice in field(form, "target_id")["choices"]}
    assert next(iter(people)) == "Myself"
    assert "Rita Requester" in people
    assert "Sam Second" not in people
    assert "Why is it needed?" in read(form) or field(form, "justification")["label"].startswith("Why is it needed?")
    status = told(await here.presses(MARC, "Request", justification="New here", target_id=people["Rita Requester"]))
    assert "Rita Requester" in status
    await here.sees(RITA, "Marc Manager has asked for access to Team laptop for you.")
    await here.sees(RITA, "Your access to Team laptop works now.")
    await here.sees(MARC, "Rita Requester's access to Team laptop works now.")
    (request,) = here.requests_of(MARC)
    assert request.target_id != request.requestor_id


async def test_somebody_who_does_not_report_to_them_any_more_is_turned_down_in_words(here: Story) -> None:
    await opens(here, MARC, "Team laptop")
    here.user(RITA).manager_id = here.user(SAM).id
    answer = told(await here.presses(MARC, "Request", justification="New here", target_id=here.user(RITA).id))
    assert "you cannot ask for this person" in answer
    assert field(newest(here, MARC), "justification")["value"] == "New here"
    assert here.requests_of(MARC) == []


async def test_the_own_policy_and_the_one_for_reports_are_a_choice(here: Story) -> None:
    tenant, package_id = here.world.tenant, here.package_id("Office map")
    first = tenant.policies_of(package_id)[0]
    settings = policy_settings(self_add=False, on_behalf=[target_manager()], days=30, justification=True)
    made = AssignmentPolicy(
        id=stable_id("policy/Office map/For my team"),
        package_id=package_id,
        settings={**settings, "displayName": "For my team"},
        created_at=first.created_at,
        modified_at=first.modified_at,
    )
    tenant.policies[made.id] = made
    first_form = await opens(here, MARC, "Office map")
    assert "For my team" in read(first_form)
    assert "Nobody has to approve this. You get it right after asking." in read(first_form)
    other = told(await here.presses(MARC, "For my team"))
    assert "Ask for access for somebody in your team" in other
    form = newest(here, MARC)
    people = {choice["title"] for choice in field(form, "target_id")["choices"]}
    assert "Myself" not in people
    await here.presses(MARC, "Request", justification="x", target_id=here.user(RITA).id)
    await here.sees(MARC, "Rita Requester's access to Office map works now.")


async def test_an_answer_that_may_not_change_is_shown_and_sent_as_it_was(here: Story) -> None:
    settings = policy_of(here, "Travel booking")
    for question in settings["questions"]:
        question["isAnswerEditable"] = False
    await opens(here, RITA, "Travel booking")
    await here.presses(RITA, "Request", **TRIP, **{SERVICES: "train,hotel"}, period="1 day")
    await here.sees(RITA, "Your access works")
    here.world.clock.advance(timedelta(days=3))
    form = await opens(here, RITA, "Travel booking")
    assert "WG-1234" in read(form)
    assert "Answered before; this stays as it is." in read(form)
    assert not [part for part in parts(form.get("shown") or form["card"]) if part.get("id") == COST_CENTRE]
    submit = next(part["data"] for part in parts(form["card"]) if part.get("verb") == "request.submit")
    forged = told(await here.presses_altered(RITA, "Request", {**submit, COST_CENTRE: "XX-9999"}))
    assert "was answered before and cannot be changed" in forged
    again = {"access_package_id": here.package_id("Travel booking"), "like_request_id": here.requests_of(RITA)[0].id}
    asked_again = await here.teams.press(here.user(RITA).id, message_id=form["id"], verb="request.form", data=again)
    assert "Answered before; this stays as it is." in told(asked_again)
    assert "WG-1234" in told(asked_again)
    await here.presses(RITA, "Request", **{PURPOSE: "Again"})
    await here.until(lambda: _count(here, RITA, 2), "a second request")
    sent = {answer["answeredQuestion"]["id"]: answer["value"] for answer in here.requests_of(RITA)[-1].answers}
    assert sent == {COST_CENTRE[7:]: "WG-1234", REGION[7:]: "EMEA", SERVICES[7:]: "train,hotel", PURPOSE[7:]: "Again"}


async def _count(here: Story, name: str, count: int) -> bool:
    return sum(request.request_type == "userAdd" for request in here.requests_of(name)) == count


async def test_the_form_starts_with_the_answers_of_an_earlier_request(here: Story) -> None:
    policy_of(here, "Travel booking")["requestApprovalSettings"] = {
        "isApprovalRequiredForAdd": True,
        "stages": [stage([manager()])],
    }
    await opens(here, RITA, "Travel booking")
    await here.presses(RITA, "Request", **TRIP, **{SERVICES: "train,hotel"}, justification="A fair, in May")
    await here.sees(MARC, "Rita Requester asks for Travel booking")
    (request,) = here.requests_of(RITA)
    here.portal.decide(here.user(MARC).id, request.id, approve=False, justification="Later")
    message = newest(here, RITA)
    data = {"access_package_id": here.package_id("Travel booking"), "like_request_id": request.id}
    await here.teams.press(here.user(RITA).id, message_id=message["id"], verb="request.form", data=data)
    form = next(
        dict(each) for each in reversed(here.teams.messages(here.user(RITA).id)) if "What happens next" in read(each)
    )
    assert field(form, "justification")["value"] == "A fair, in May"
    assert field(form, COST_CENTRE)["value"] == "WG-1234"
    assert field(form, SERVICES)["value"] == "train,hotel"


async def test_the_form_takes_three_rounds_and_sending_it_two(tmp_path: Path) -> None:
    rounds = Rounds()
    async with story(tmp_path, watching=[rounds.middleware]) as here:
        await here.says(MARC, "packages")
        await here.sees(MARC, "What you can request")
        await here.until(lambda: has_read_contents(rounds), "what packages contain is read")
        with slow_graph(here, rounds):
            form = await opens(here, MARC, "Team laptop")
        assert field(form, "target_id")
        assert rounds.in_sequence() <= 2, rounds.spans  # and one for the list of packages, where it is not kept
        with slow_graph(here, rounds):
            outcome = await here.presses(MARC, "Request", justification="x", target_id=here.user(RITA).id)
        (post,) = [span for span in rounds.spans if span[2].endswith("/assignmentRequests")]
        rounds.spans[:] = [span for span in rounds.spans if span[1] <= post[1]]
        assert rounds.in_sequence() <= 2, rounds.spans
        assert "Rita Requester" in told(outcome)


async def test_a_smaller_package_is_offered_where_it_is_enough(here: Story) -> None:
    tenant = here.world.tenant
    sales, office = tenant.packages[here.package_id("Sales data")], tenant.packages[here.package_id("Office map")]
    office.role_scopes[:] = [sales.role_scopes[1]]
    await here.says(RITA, "packages")
    await here.sees(RITA, "What you can request")
    data = {"access_package_id": sales.id, "looked_for": "sales portal"}

    async def is_offered() -> bool:
        message = newest(here, RITA)
        pressed = await here.teams.press(here.user(RITA).id, message_id=message["id"], verb="request.form", data=data)
        return "Office map gives you what you need, without Sales Readers." in told(pressed)

    await here.until(is_offered, "the smaller package is offered")
    await here.presses(RITA, "Ask for Office map")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "Your access to Office map works now.")


async def test_nobody_is_offered_where_the_licence_for_it_is_missing(here: Story) -> None:
    apps = here.world.tenant.apps.values()
    app = next(app for app in apps if "EntitlementManagement.Read.All" in app.application_permissions)
    app.application_permissions.add("LicenseAssignment.Read.All")
    here.world.options.licence = "P2"
    form = await opens(here, MARC, "Team laptop")
    assert not [part for part in parts(form.get("shown") or form["card"]) if part.get("id") == "target_id"]
    assert field(form, "justification")["label"].startswith("Why do you need it?")


async def test_a_manager_of_many_finds_them_by_typing(here: Story) -> None:
    for number in range(1, 40):
        here.world.tenant.users[user_id(f"member-{number}")].manager_id = here.user(MARC).id
    form = await opens(here, MARC, "Team laptop")
    picker = field(form, "target_id")
    assert (picker["style"], picker["choices.data"]["dataset"]) == ("filtered", "reports")
    found = await here.teams.searcher.search(here.user(MARC).id, "target_id", "rita req")
    assert [choice["title"] for choice in found.results] == ["Rita Requester"]
    await here.presses(MARC, "Request", justification="New here", target_id=here.user(RITA).id)
    await here.sees(MARC, "Rita Requester's access to Team laptop works now.")


async def test_people_further_below_only_where_the_organization_wants_it(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(indirect_reports=True)
        here.world.options.indirect_managers_may_request = True
        policy_of(here, "Team laptop")["requestorSettings"]["onBehalfRequestors"] = [target_manager(2)]
        await here.start_bot()
        boss = next(user for user in here.world.tenant.users.values() if user.id == here.user(MARC).manager_id)
        form = await opens(here, boss.display_name, "Team laptop")
        names = {choice["title"] for choice in field(form, "target_id")["choices"]}
        assert names
        found = await here.teams.searcher.search(boss.id, "target_id", "rita req")
        assert [choice["title"] for choice in found.results] == ["Rita Requester"]
        await here.presses(boss.display_name, "Request", justification="x", target_id=here.user(RITA).id)
        await here.sees(boss.display_name, "Rita Requester's access to Team laptop works now.")


async def test_questions_and_periods_are_in_the_persons_language(here: Story) -> None:
    here.user(RITA).preferred_language = "de-DE"
    form = await opens(here, RITA, "Travel booking")
    assert field(form, COST_CENTRE)["label"] == "Kostenstelle (zwei Buchstaben, vier Ziffern)"
    assert {choice["title"] for choice in field(form, REGION)["choices"]} >= {"Europa, Naher Osten, Afrika", "Amerika"}
    await here.presses(RITA, "Beantragen", **TRIP, period="ab morgen für zwei Wochen")
    await here.until(lambda: _count(here, RITA, 1), "the request is filed")
    (request,) = here.requests_of(RITA)
    assert request.schedule["startDateTime"]
    assert request.schedule["expiration"]["type"] == "afterDateTime"


async def test_a_verified_id_is_left_to_the_portal(tmp_path: Path) -> None:
    @web.middleware
    async def asks_for_proof(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.path.endswith("/getApplicablePolicyRequirements") and isinstance(response, web.Response):
            body = json.loads(response.body or b"")  # type: ignore[arg-type]
            for each in body["value"]:
                each["verifiableCredentialRequirementStatus"] = {
                    "@odata.type": "#microsoft.graph.verifiableCredentialRequired"
                }
            return web.json_response(body)
        return response

    async with story(tmp_path, watching=[asks_for_proof]) as here:
        shown = read(await opens(here, RITA, "Office map"))
        assert "Verified ID" in shown
        assert "What happens next" not in shown


async def test_the_usual_time_is_told_from_ten_cases_on(here: Story) -> None:
    package_id = here.package_id("Office map")
    (policy,) = here.world.tenant.policies_of(package_id)
    asked_at = here.world.clock.now() - timedelta(days=5)

    async def remember(number: int) -> None:
        async with here.store.unit() as unit:
            await unit.requests.upsert(
                RequestRecord(
                    request_id=RequestId(f"old-{number}"),
                    package_id=AccessPackageId(package_id),
                    package_name="Office map",
                    policy_id=PolicyId(policy.id),
                    requestor_id=UserId("somebody"),
                    requestor_name="Somebody",
                    target_id=UserId("somebody"),
                    state=RequestState.DELIVERED,
                    created_at=asked_at,
                    completed_at=asked_at + timedelta(hours=3 if number < 8 else 48),
                    looked_at=asked_at,
                    is_finished=True,
                )
            )

    for number in range(9):
        await remember(number)
    assert "How long it usually takes" not in told(await here.says(RITA, "request office map"))
    await remember(9)
    shown = told(await here.says(RITA, "request office map"))
    assert "Usually 3 hours, nine times out of ten within 2 days." in shown
    assert "the last 10 requests" in shown
