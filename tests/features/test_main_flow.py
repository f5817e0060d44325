"""The main flow: asked in plain words, approved by the right people, followed until the access works."""

from __future__ import annotations

from datetime import timedelta

from tests.support.story import LENA, MARC, NORA, RITA, SAM, Story, told


async def test_asked_in_chat_approved_on_a_card_and_told_when_it_works(here: Story) -> None:
    form = await here.says(RITA, "request sales data")
    assert "Sales data" in told(form)
    status = await here.presses(RITA, "Request", justification="Q3 forecast")
    assert "Sent" in told(status)
    card = await here.sees(MARC, "Rita Requester asks for Sales data")
    assert card["edits"] == 0
    await here.sees(RITA, "Waiting for")
    decided = await here.presses(MARC, "Approve", justification="Enjoy")
    assert "You approved this. “Enjoy”" in told(decided)
    await here.sees(RITA, "Your access works")
    await here.sees(RITA, "Your access to Sales data works now.")
    (request,) = here.requests_of(RITA)
    assert (request.state, request.justification) == ("delivered", "Q3 forecast")


async def test_what_graph_may_answer_one_day_disturbs_nobody(here: Story) -> None:
    here.world.options.undocumented_properties = True
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Your access to Sales data works now.")


async def test_every_request_and_decision_has_the_token_of_the_person_and_the_app_only_reads(here: Story) -> None:
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Your access to Sales data works now.")
    reads = ("getApplicable", "$batch")  # posted, but reads all the same
    writes = [
        call for call in here.graph_calls() if call.method != "GET" and not any(read in call.path for read in reads)
    ]
    assert [(call.method, call.identity, call.token_kind) for call in writes] == [
        ("POST", RITA, "delegated"),
        ("PATCH", MARC, "delegated"),
    ]
    by_the_app = {call.method for call in here.graph_calls() if call.token_kind == "application"}
    assert by_the_app == {"GET"}


async def test_what_needs_nobodys_approval_works_at_once(here: Story) -> None:
    await here.says(RITA, "request office map")
    await here.presses(RITA, "Request")
    status = await here.sees(RITA, "Your access works")
    assert "Approval" not in str(status["card"])
    await here.sees(RITA, "Your access to Office map works now.")
    assert here.count(RITA, "was approved") == 0


async def test_an_approval_is_told_for_itself_only_when_the_access_takes_longer(here: Story) -> None:
    delays = here.world.options
    delays.delivery_delay_s = 20.0
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Being set up")
    await here.pass_time(timedelta(seconds=25))
    await here.sees(RITA, "Your access to Sales data works now.")
    assert here.count(RITA, "was approved") == 0
    delays.delivery_delay_s = 3_600.0
    await here.says(RITA, "request server room")
    await here.presses(RITA, "Request", justification="New rack")
    await here.sees(MARC, "Rita Requester asks for Server room")
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Being set up")

    async def is_told() -> bool:
        await here.pass_time(timedelta(minutes=26))  # again where a look was under way when time moved on
        return here.count(RITA, "Your request for Server room was approved. I am setting up the access.") == 1

    await here.until(is_told, "the approval is told for itself")
    await here.pass_time(timedelta(hours=1))
    await here.sees(RITA, "Your access to Server room works now.")
    assert here.count(RITA, "was approved") == 1


async def test_two_stages_are_decided_one_after_the_other(here: Story) -> None:
    await here.says(RITA, "request finance reports")
    await here.presses(RITA, "Request", justification="Year end")
    card = await here.sees(MARC, "Rita Requester asks for Finance reports")
    assert "1 of 2" in str(card["card"])
    assert here.count(SAM, "Finance reports") == 0
    await here.presses(MARC, "Approve")
    second = await here.sees(SAM, "Rita Requester asks for Finance reports")
    assert "2 of 2" in str(second["card"])
    await here.sees(MARC, "It now waits for approval 2 of 2")
    await here.presses(SAM, "Approve")
    await here.sees(RITA, "Your access to Finance reports works now.")


async def test_a_denial_ends_it_and_its_reason_is_told(here: Story) -> None:
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")
    refused = await here.presses(MARC, "Deny")
    assert "Please answer “Your reason”" in told(refused)
    assert here.requests_of(RITA)[0].state == "pendingApproval"
    await here.presses(MARC, "Deny", justification="Ask again next year")
    await here.sees(RITA, "Denied")
    await here.sees(RITA, "was denied. “Ask again next year”")
    assert here.requests_of(RITA)[0].state == "denied"


async def test_of_a_group_one_decides_and_the_others_are_told(here: Story) -> None:
    await here.says(RITA, "request design tools")
    await here.presses(RITA, "Request")
    for approver in (SAM, LENA):
        await here.sees(approver, "Rita Requester asks for Design tools")
    await here.presses(SAM, "Approve", justification="Fine")
    await here.sees(LENA, "Sam Second approved this. “Fine”")
    late = await here.teams.press(here.user(LENA).id, verb="approval.approve", data=await approve_payload(here, RITA))
    assert "Sam Second approved this" in told(late)


async def test_without_a_manager_the_fallback_approver_is_asked(here: Story) -> None:
    await here.says(NORA, "request sales data")
    await here.presses(NORA, "Request", justification="New here")
    card = await here.sees(SAM, "Nora Nomanager asks for Sales data")
    assert "Nobody else is responsible for this person" in str(card["card"])


async def test_a_decision_in_the_portal_brings_every_card_up_to_date(here: Story) -> None:
    await here.says(RITA, "request design tools")
    await here.presses(RITA, "Request")
    await here.sees(SAM, "Rita Requester asks for Design tools")
    await here.sees(LENA, "Rita Requester asks for Design tools")
    (request,) = here.requests_of(RITA)
    here.portal.decide(here.user(SAM).id, request.id, approve=True, justification="By hand")
    await here.poll()
    await here.sees(LENA, "approved in the portal")
    await here.sees(SAM, "approved in the portal")
    await here.sees(RITA, "Your access to Design tools works now.")


async def test_a_request_made_in_the_portal_reaches_its_approver_with_the_next_poll(here: Story) -> None:
    await here.says(RITA, "help")
    here.portal.request(here.user(RITA).id, here.package_id("Sales data"), justification="From the portal")
    await here.poll()
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.sees(RITA, "Waiting for")


async def approve_payload(here: Story, requestor: str) -> dict[str, str]:
    (request,) = here.requests_of(requestor)
    return {"request_id": request.id}
