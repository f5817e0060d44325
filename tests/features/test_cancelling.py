"""Taking a request back: from its card, by its code, in a race with a decision, and twice."""

from __future__ import annotations

from sandbox.faults import Fault
from sandbox.services import Service
from tests.support.requests import asked, code_of
from tests.support.story import MARC, RITA, SAM, Story, told


async def test_a_request_is_cancelled_from_its_card_after_a_question(here: Story) -> None:
    await asked(here)
    sure = await here.presses(RITA, "Cancel request")
    assert "Cancel your request for Sales data?" in told(sure)
    assert "Waiting for approval" in told(await here.presses(RITA, "Keep it"))
    await here.presses(RITA, "Cancel request")
    done = await here.presses(RITA, "Yes, cancel it")
    assert "Nothing was granted." in told(done)
    await here.sees(MARC, "The request was cancelled. There is nothing to decide any more.")
    (request,) = here.requests_of(RITA)
    assert request.state == "canceled"
    call = next(call for call in here.graph_calls() if call.path.endswith("/cancel"))
    assert (call.identity, call.token_kind) == (RITA, "delegated")


async def test_a_request_is_cancelled_by_its_code_in_any_case(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    assert "Cancel your request for Sales data?" in told(await here.says(RITA, f"Cancel {code.lower()}."))
    assert "Nothing was granted." in told(await here.presses(RITA, "Yes, cancel it"))
    assert "cannot be cancelled any more" in told(await here.says(RITA, f"cancel {code}"))


async def test_without_a_code_one_picks_from_what_is_open(here: Story) -> None:
    assert "no request that could be cancelled" in told(await here.says(SAM, "cancel"))
    await asked(here)
    await here.says(RITA, "request design tools")
    await here.presses(RITA, "Request")
    assert "Cancel your request for Design tools?" in told(await here.says(RITA, "cancel design"))
    picked = told(await here.says(RITA, "cancel"))
    assert "Which one do you want to cancel?" in picked
    assert "Sales data" in picked
    assert "Design tools" in picked


async def test_a_decision_that_was_faster_is_told_in_words(here: Story) -> None:
    await asked(here)
    (request,) = here.requests_of(RITA)
    await here.presses(RITA, "Cancel request")
    here.portal.decide(here.user(MARC).id, request.id, approve=False, justification="No")
    late = await here.presses(RITA, "Yes, cancel it")
    assert "It is too late to cancel your request for Sales data." in told(late)
    assert "Denied" in told(late)


async def test_a_lost_answer_is_followed_up_and_cancels_once(here: Story) -> None:
    await asked(here)
    await here.presses(RITA, "Cancel request")
    here.world.faults.add(Fault(Service.GRAPH, "reset", method="POST", path=r"/cancel$", times=1))
    assert "I keep at it" in told(await here.presses(RITA, "Yes, cancel it"))
    await here.pass_time()
    await here.sees(RITA, "Nothing was granted.")
    assert here.requests_of(RITA)[0].state == "canceled"


async def test_somebody_elses_code_is_as_good_as_none(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    foreign = told(await here.says(SAM, f"cancel {code}"))
    unknown = told(await here.says(SAM, "cancel A3A3"))
    assert foreign.replace(code, "A3A3") == unknown
    assert "There is no request A3A3 that I could show you. Type my requests to see yours." in unknown
    assert here.requests_of(RITA)[0].state == "pendingApproval"
    data = {"request_id": here.requests_of(RITA)[0].id, "is_confirmed": True}
    answer = told(await here.teams.press(here.user(SAM).id, verb="request.cancel", data=data))
    assert "You do not have the right to do this." in answer
