"""What Graph, the connector or the database put off, forgot or refused comes right in the end, or is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import UserId
from sandbox.faults import Fault
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.services import Service
from tests.support.story import MARC, RITA, SAM, Story, told

A_WHILE = timedelta(minutes=31)
FILING = r"/assignmentRequests$"
ONE_REQUEST = r"/assignmentRequests/[0-9a-f-]{36}"


async def open_form(here: Story, words: str = "sales data") -> None:
    await here.says(RITA, f"request {words}")
    await here.sees(RITA, "Why do you need it?")


async def asked(here: Story) -> None:
    await open_form(here)
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")


async def pass_time(here: Story, span: timedelta = A_WHILE) -> None:
    here.world.clock.advance(span)
    await here.poll()


def graph_fails(here: Story, kind: Any = "status", **rule: Any) -> None:
    here.world.faults.add(Fault(Service.GRAPH, kind, **rule))


async def test_a_request_is_sent_again_until_a_busy_graph_takes_it(here: Story) -> None:
    await open_form(here)
    graph_fails(here, "reset", method="POST", path=FILING, times=1)
    assert "on its way" in told(await here.presses(RITA, "Request", justification="Q3 forecast"))
    graph_fails(here, status=429, retry_after=600, method="POST", path=FILING, times=1)
    await pass_time(here)
    await here.stop_bot()
    await here.start_bot()
    await pass_time(here)
    await here.sees(RITA, "Waiting for")
    assert len(here.requests_of(RITA)) == 1


async def test_a_request_that_graph_refuses_in_the_end_is_told(here: Story) -> None:
    await open_form(here)
    graph_fails(here, "reset", method="POST", path=FILING, times=1)
    assert "on its way" in told(await here.presses(RITA, "Request", justification="Q3 forecast"))
    graph_fails(here, status=403, method="POST", path=FILING)
    await pass_time(here)
    await here.sees(RITA, "did not take your request for Sales data")


async def test_a_request_that_cannot_be_read_at_once_is_not_taken_for_cancelled(here: Story) -> None:
    await open_form(here)
    graph_fails(here, status=404, method="GET", path=ONE_REQUEST, times=2)
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.sees(RITA, "Waiting for")


async def test_a_request_that_graph_no_longer_has_closes_its_cards(here: Story) -> None:
    await asked(here)
    (request,) = here.requests_of(RITA)
    here.world.tenant.drop_request(request)

    async def is_closed() -> bool:
        await pass_time(here)  # again where a look was under way when time moved on
        return here.count(MARC, "There is nothing to decide any more.") == 1

    await here.until(is_closed, "the card says that nothing is to be decided")
    await here.sees(RITA, "Cancelled")


async def test_a_decision_that_could_not_be_sent_is_asked_for_again(here: Story) -> None:
    await asked(here)
    graph_fails(here, "reset", method="PATCH", times=1)
    assert "on its way" in told(await here.presses(MARC, "Approve"))
    await here.says(MARC, "sign out")
    await pass_time(here)
    await here.sees(MARC, "could not be sent, because your sign-in has ended. Please sign in and decide again.")
    assert here.requests_of(RITA)[0].state == "pendingApproval"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_card_waits_for_rights_that_the_app_lacked(here: Story, status: int) -> None:
    await open_form(here)
    graph_fails(here, status=status, method="GET", path=ONE_REQUEST, times=2)
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await pass_time(here)
    await here.sees(MARC, "Rita Requester asks for Sales data")


@pytest.mark.parametrize("status", [401, 404, 412, 502])
async def test_a_card_that_the_connector_did_not_take_is_posted_later_and_once(here: Story, status: int) -> None:
    await here.says(MARC, "help")
    await open_form(here)
    here.world.faults.add(Fault(Service.CONNECTOR, "status", status=status, path=r"/activities$", times=1))
    await here.presses(RITA, "Request", justification="Q3 forecast")

    async def was_refused() -> bool:
        return not here.world.faults.rules

    await here.until(was_refused, "the connector refused a message")
    await pass_time(here)
    await here.says(MARC, "help")
    await pass_time(here)
    await here.sees(MARC, "Rita Requester asks for Sales data")
    assert here.count(MARC, "Rita Requester asks for Sales data") == 1


async def test_who_had_blocked_the_bot_gets_what_waits_after_writing_again(here: Story) -> None:
    await here.says(MARC, "help")
    here.teams.block(here.user(MARC).id)
    await open_form(here)
    await here.presses(RITA, "Request", justification="Q3 forecast")

    async def was_refused() -> bool:
        async with here.store.unit(read_only=True) as unit:
            messages = await unit.messages.for_person(UserId(here.user(MARC).id))
        return [message.state for message in messages] == ["unreachable"]

    await here.until(was_refused, "Marc cannot be written to")
    here.teams.unblock(here.user(MARC).id)
    await here.says(MARC, "hello again")
    await pass_time(here)
    await here.sees(MARC, "Rita Requester asks for Sales data")


async def test_a_delivery_that_failed_and_is_mended_is_told(here: Story) -> None:
    package = here.world.tenant.packages[here.package_id("Office map")]
    package.delivery = "failed"
    await open_form(here, "office map")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "was granted, but setting it up failed")
    package.delivery = "normal"
    (request,) = here.requests_of(RITA)
    Entitlement(here.world).reprocess(request.id)
    await pass_time(here)
    await here.sees(RITA, "Your access to Office map works now.")


async def test_everything_arriving_twice_is_done_and_shown_once(here: Story) -> None:
    here.world.chats.behaviour.duplicate_delivery = True
    await open_form(here, "design tools")
    await here.presses(RITA, "Request")
    await here.sees(SAM, "Rita Requester asks for Design tools")
    await here.presses(SAM, "Approve", justification="Fine")
    await here.sees(RITA, "Your access to Design tools works now.")
    await here.sees(SAM, "You approved this. “Fine”")
    assert len(here.requests_of(RITA)) == here.count(RITA, "works now") == 1


async def test_what_cannot_be_found_is_told_without_addresses_of_graph(here: Story) -> None:
    await here.says(RITA, "help")
    nothing = {"request_id": "00000000-0000-4000-8000-000000000000"}
    for verb in ("request.refresh", "approval.approve"):
        answer = told(await here.teams.press(here.user(RITA).id, verb=verb, data=nothing))
        assert "I could not find that any more." in answer
        assert "identityGovernance" not in answer
