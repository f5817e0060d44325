"""Whatever is pressed, typed or broken: one clear sentence, nothing lost, nothing done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from sandbox.faults import Fault
from sandbox.services import Service
from tests.support.card_reading import markdown_texts, shown
from tests.support.story import LENA, MARC, RITA, SAM, Story, read, told


async def form_for(here: Story, words: str = "request sales data") -> dict[str, object]:
    outcome = await here.says(RITA, words)
    await here.sees(RITA, "Why do you need it?")
    return dict(here.teams.messages(here.user(RITA).id)[-1] if not outcome.messages else outcome.messages[-1])


async def waiting_request(here: Story) -> None:
    await form_for(here)
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")


async def test_a_missing_reason_is_asked_for_and_nothing_is_lost(here: Story) -> None:
    await form_for(here)
    answer = told(await here.presses(RITA, "Request", justification="  "))
    assert "Please answer “Why do you need it?”" in answer
    assert here.requests_of(RITA) == []
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(RITA, "Waiting for")


async def test_a_reason_that_is_far_too_long_is_refused_in_a_sentence(here: Story) -> None:
    await form_for(here)
    answer = told(await here.presses(RITA, "Request", justification="x" * 20_000))
    assert "Please keep “Why do you need it?” to 2,000 characters" in answer
    assert here.requests_of(RITA) == []


async def test_markdown_and_html_are_words_like_any_other(here: Story) -> None:
    typed = "**Q3** <b>now</b> [click](https://evil.example) & <script>alert(1)</script>"
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification=typed)
    card = (await here.sees(MARC, "Rita Requester asks for"))["card"]
    assert f"“{typed}”" in [shown(text) for text in markdown_texts(card)]
    assert [request.justification for request in here.requests_of(RITA)] == [typed]


async def test_pressed_twice_it_is_asked_once(here: Story) -> None:
    form = await form_for(here)
    payload = _data(form, "request.submit") | {"justification": "Q3 forecast"}
    presses = [
        here.teams.press(here.user(RITA).id, message_id=str(form["id"]), verb="request.submit", data=payload)
        for _ in range(3)
    ]
    outcomes = await asyncio.gather(*presses)
    assert {outcome.status for outcome in outcomes} == {200}
    await here.sees(RITA, "Waiting for")
    assert len(here.requests_of(RITA)) == 1
    posts = [call for call in here.graph_calls() if call.method == "POST" and call.path.endswith("/assignmentRequests")]
    assert len(posts) == 1


async def test_asked_again_while_the_first_is_open_the_first_is_shown(here: Story) -> None:
    form = await form_for(here)
    await waiting_request(here)
    asked = _data(form, "request.submit") | {"justification": "Once more"}
    late = await here.teams.press(here.user(RITA).id, message_id=str(form["id"]), verb="request.submit", data=asked)
    assert "Waiting for" in told(late)
    assert "your request is still open" in told(await here.says(RITA, "request sales data"))
    assert "Waiting for" in told(await here.presses(RITA, "See where it stands"))
    assert len(here.requests_of(RITA)) == 1


async def test_a_form_of_somebody_else_cannot_be_sent(here: Story) -> None:
    form = await form_for(here)
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(RITA, "Waiting for")
    await here.says(SAM, "help")
    payload = _data(form, "request.submit") | {"justification": "Not mine"}
    stolen = await here.teams.press(here.user(SAM).id, verb="request.submit", data=payload)
    assert "out of date" in told(stolen) or "too old" in told(stolen)
    assert here.requests_of(SAM) == []


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"form_id": 7, "access_package_id": None, "policy_id": []},
        {"form_id": "x", "access_package_id": "../../users", "policy_id": "y"},
        {"form_id": "x", "access_package_id": "00000000-0000-4000-8000-000000000000", "policy_id": "y"},
    ],
)
async def test_an_altered_payload_is_answered_and_changes_nothing(here: Story, payload: dict[str, object]) -> None:
    await form_for(here)
    outcome = await here.presses_altered(RITA, "Request", payload)
    assert outcome.status == 200
    assert told(outcome)
    assert here.requests_of(RITA) == []


async def test_a_package_that_may_not_be_requested_looks_like_one_that_does_not_exist(here: Story) -> None:
    forbidden = read((await here.says(RITA, f"request {here.package_id('Board papers')}")).messages[-1])
    unknown = read((await here.says(RITA, "request 00000000-0000-4000-8000-000000000000")).messages[-1])
    assert "You cannot request this one" in forbidden
    assert forbidden == unknown


async def test_a_hidden_package_is_found_by_its_link_alone(here: Story) -> None:
    link = f"https://myaccess.microsoft.com/@woodgrove.example#/access-packages/{here.package_id('Hidden vault')}"
    assert "Hidden vault" in told(await here.says(RITA, f"request {link}"))
    assert "Hidden vault" not in told(await here.says(RITA, "request hidden vault"))


async def test_a_press_by_somebody_who_was_not_asked_decides_nothing(here: Story) -> None:
    await waiting_request(here)
    (request,) = here.requests_of(RITA)
    for stranger in (LENA, RITA):
        await here.says(stranger, "help")
        outcome = await here.teams.press(
            here.user(stranger).id, verb="approval.approve", data={"request_id": request.id}
        )
        assert "Not your" in told(outcome) or "not an approver" in told(outcome) or "cannot decide" in told(outcome)
    peek = await here.teams.press(here.user(LENA).id, verb="approval.refresh", data={"request_id": request.id})
    assert "Q3 forecast" not in told(peek)
    status = await here.teams.press(here.user(LENA).id, verb="request.refresh", data={"request_id": request.id})
    assert "Sales data" not in told(status)
    assert here.requests_of(RITA)[0].state == "pendingApproval"


async def test_approved_twice_is_decided_once(here: Story) -> None:
    await waiting_request(here)
    card = await here.sees(MARC, "Rita Requester asks for Sales data")
    payload = _data(card, "approval.approve")
    marc = here.user(MARC).id
    outcomes = await asyncio.gather(
        *(here.teams.press(marc, message_id=card["id"], verb="approval.approve", data=payload) for _ in range(3))
    )
    assert any("You approved this" in told(outcome) for outcome in outcomes)
    patches = [call for call in here.graph_calls() if call.method == "PATCH"]
    assert [call.status for call in patches] == [204]


async def test_a_card_of_last_month_tells_how_it_ended(here: Story) -> None:
    await waiting_request(here)
    card = await here.sees(MARC, "Rita Requester asks for Sales data")
    here.world.clock.advance(timedelta(days=31))
    late = await here.teams.press(
        here.user(MARC).id, message_id=card["id"], verb="approval.approve", data=_data(card, "approval.approve")
    )
    assert "Nobody decided in time" in told(late)
    assert here.requests_of(RITA)[0].state == "denied"


async def test_a_request_that_was_cancelled_cannot_be_decided(here: Story) -> None:
    await waiting_request(here)
    card = await here.sees(MARC, "Rita Requester asks for Sales data")
    (request,) = here.requests_of(RITA)
    here.portal.cancel(here.user(RITA).id, request.id)
    late = await here.teams.press(
        here.user(MARC).id, message_id=card["id"], verb="approval.approve", data=_data(card, "approval.approve")
    )
    assert "cancelled" in told(late)
    await here.poll()
    await here.sees(RITA, "Cancelled")


async def test_what_changed_after_the_card_was_posted_is_shown_before_it_is_decided(here: Story) -> None:
    await waiting_request(here)
    package = here.world.tenant.packages[here.package_id("Sales data")]
    source = here.world.tenant.packages[here.package_id("Office map")]
    package.role_scopes.extend(source.role_scopes)
    changed = await here.presses(MARC, "Approve")
    assert "Added: " in told(changed)
    assert here.requests_of(RITA)[0].state == "pendingApproval"
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Your access to Sales data works now.")


async def test_decided_in_the_portal_a_moment_before_is_told(here: Story) -> None:
    await here.says(RITA, "request design tools")
    await here.sees(RITA, "Design tools")
    await here.presses(RITA, "Request")
    await here.sees(LENA, "Rita Requester asks for Design tools")
    (request,) = here.requests_of(RITA)
    here.portal.decide(here.user(SAM).id, request.id, approve=False, justification="No licence left")
    late = await here.presses(LENA, "Approve", justification="ok")
    assert "Sam Second denied this" in told(late)


@pytest.mark.parametrize("status", [500, 503, 429, 403])
async def test_a_graph_that_refuses_is_told_in_words(here: Story, status: int) -> None:
    await here.says(RITA, "sign in")
    await here.sees(RITA, "You are signed in")
    here.world.faults.add(Fault(Service.GRAPH, "status", status=status, retry_after=90 if status == 429 else None))
    await here.says(RITA, "request sales data")
    words = {
        500: "Microsoft 365 does not answer",
        503: "Microsoft 365 does not answer",
        429: "A little too busy",
        403: "You cannot do that",
    }
    await here.sees(RITA, words[status])


async def test_a_lost_answer_to_the_request_is_found_again(here: Story) -> None:
    await form_for(here)
    here.world.faults.add(
        Fault(Service.GRAPH, "reset", method="POST", path=r"/assignmentRequests$", times=1, after=True)
    )
    answer = told(await here.presses(RITA, "Request", justification="Q3 forecast"))
    assert "on its way" in answer
    here.world.faults.clear()
    await here.poll()
    await here.sees(RITA, "Waiting for")
    assert len(here.requests_of(RITA)) == 1
    await here.sees(MARC, "Rita Requester asks for Sales data")


async def test_a_request_that_never_arrived_is_sent_again(here: Story) -> None:
    await form_for(here)
    here.world.faults.add(Fault(Service.GRAPH, "reset", method="POST", path=r"/assignmentRequests$", times=1))
    answer = told(await here.presses(RITA, "Request", justification="Q3 forecast"))
    assert "on its way" in answer
    here.world.clock.advance(timedelta(minutes=2))
    await here.poll()
    await here.sees(RITA, "Waiting for")
    assert len(here.requests_of(RITA)) == 1


async def test_a_lost_answer_to_the_decision_is_found_again(here: Story) -> None:
    await waiting_request(here)
    here.world.faults.add(Fault(Service.GRAPH, "reset", method="PATCH", times=1, after=True))
    answer = told(await here.presses(MARC, "Approve"))
    assert "on its way" in answer or "You approved this" in answer
    here.world.clock.advance(timedelta(minutes=2))
    await here.poll()
    await here.sees(MARC, "You approved this")
    await here.sees(RITA, "Your access to Sales data works now.")


async def test_a_connector_that_is_busy_delays_a_card_and_loses_none(here: Story) -> None:
    await form_for(here)
    here.world.faults.add(Fault(Service.CONNECTOR, "status", status=429, retry_after=1, times=2))
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    assert here.count(MARC, "Rita Requester asks for Sales data") == 1


def _data(message: Mapping[str, object], verb: str) -> dict[str, Any]:
    """The payload of the button with this verb."""
    return next(action["data"] for action in _actions(dict(message)) if action.get("verb") == verb)


def _actions(node: object) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        own = [node] if node.get("type") == "Action.Execute" else []
        return own + [action for value in node.values() for action in _actions(value)]
    if isinstance(node, list):
        return [action for value in node for action in _actions(value)]
    return []


async def test_a_package_that_is_there_no_more_is_still_named(here: Story) -> None:
    await waiting_request(here)
    here.world.tenant.packages.pop(here.package_id("Sales data"))
    changed = told(await here.presses(MARC, "Approve"))
    assert "2 things are no longer part of it" in changed
    assert "Rita Requester asks for Sales data" in changed
    assert here.requests_of(RITA)[0].state == "pendingApproval"
