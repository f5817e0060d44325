"""Several stages, decided here and in the portal: whose turn it is, as far as anybody can know."""

from __future__ import annotations

from datetime import timedelta

from sandbox.tenant.model import AssignmentRequest
from tests.support.moments import next_tuesday
from tests.support.story import LENA, MARC, RITA, SAM, Story, read, told

A_WHILE = timedelta(minutes=31)
HEAD = "Dora Director"
UNPROVED = "This may be waiting for you"


async def asked_for(here: Story, package: str) -> AssignmentRequest:
    """Rita has asked on a working day, in the morning."""
    here.world.clock.set(next_tuesday(here.world.clock.now()))
    await here.says(RITA, f"request {package}")
    await here.sees(RITA, "Why do you need it?")
    await here.presses(RITA, "Request", justification="Year end")
    await here.sees(MARC, f"Rita Requester asks for {package}")
    (request,) = here.requests_of(RITA)
    return request


async def pass_time(here: Story, span: timedelta) -> None:
    here.world.clock.advance(span)
    await here.poll()


async def sign_in_to_decide(here: Story, name: str) -> None:
    await here.says(name, "approvals")
    await here.sees(name, "Waiting for you")


async def test_the_next_approver_hears_after_a_day_that_it_may_be_their_turn(here: Story) -> None:
    request = await asked_for(here, "Finance reports")
    here.portal.decide(here.user(MARC).id, request.id, approve=True)
    await here.poll()
    assert here.count(SAM, "Finance reports") == 0
    await pass_time(here, timedelta(days=1, minutes=5))
    card = await here.sees(SAM, "Rita Requester asks for Finance reports")
    assert UNPROVED in read(card)


async def test_what_was_a_guess_is_said_plainly_once_it_is_proved(here: Story) -> None:
    request = await asked_for(here, "Finance reports")
    here.portal.decide(here.user(MARC).id, request.id, approve=True)
    await pass_time(here, timedelta(days=1, minutes=5))
    await here.sees(SAM, UNPROVED)
    await sign_in_to_decide(here, SAM)
    await pass_time(here, A_WHILE)
    await here.sees(MARC, "This stage was approved. The next approver decides now.")

    async def is_plain() -> bool:
        return here.count(SAM, UNPROVED) == 0

    await here.until(is_plain, "the card no longer guesses")
    assert here.count(SAM, "Rita Requester asks for Finance reports") == 1


async def test_an_approver_who_has_signed_in_before_shows_the_stage_at_once(here: Story) -> None:
    request = await asked_for(here, "Finance reports")
    await sign_in_to_decide(here, MARC)
    here.portal.decide(here.user(MARC).id, request.id, approve=True)
    await pass_time(here, A_WHILE)
    card = await here.sees(SAM, "Rita Requester asks for Finance reports")
    assert UNPROVED not in read(card)


async def test_two_stages_decided_unseen_still_lead_to_the_third_approver(here: Story) -> None:
    request = await asked_for(here, "Vault keys")
    here.portal.decide(here.user(MARC).id, request.id, approve=True)
    here.portal.decide(here.user(LENA).id, request.id, approve=True, justification="Fine")
    await pass_time(here, timedelta(days=1, minutes=5))
    await here.sees(LENA, UNPROVED)
    assert here.count(HEAD, "Vault keys") == 0
    await pass_time(here, timedelta(days=1, minutes=5))
    await here.sees(HEAD, UNPROVED)


async def test_a_denial_at_the_second_stage_is_not_told_as_one_of_the_first(here: Story) -> None:
    request = await asked_for(here, "Finance reports")
    await sign_in_to_decide(here, MARC)
    here.portal.decide(here.user(MARC).id, request.id, approve=True)
    here.portal.decide(here.user(SAM).id, request.id, approve=False, justification="No budget")
    await pass_time(here, A_WHILE)
    await here.sees(RITA, "was denied. “No budget”")
    await here.sees(MARC, "This stage was approved, and the request was denied later.")
    status = await here.sees(RITA, "Approval 2 of 2")
    assert "✓ | Approval 1 of 2 | ✕ | Approval 2 of 2" in read(status)


async def test_a_stage_that_nobody_decides_is_escalated_and_either_may_decide(here: Story) -> None:
    await asked_for(here, "Server room")
    await pass_time(here, timedelta(days=1, minutes=5))
    card = await here.sees(LENA, "Rita Requester asks for Server room")
    assert "Nobody has decided yet, so you are asked too" in read(card)
    await pass_time(here, A_WHILE)
    await here.presses(LENA, "Approve")
    await here.sees(MARC, "Lena Lead approved this.")
    assert here.count(MARC, "asks for Server room") == here.count(LENA, "asks for Server room") == 1


async def test_a_policy_that_lost_a_stage_keeps_nobody_else_waiting(here: Story) -> None:
    request = await asked_for(here, "Vault keys")
    await sign_in_to_decide(here, MARC)
    here.portal.decide(here.user(MARC).id, request.id, approve=True)
    here.portal.decide(here.user(LENA).id, request.id, approve=True, justification="Fine")
    del here.world.tenant.policies[request.policy_id].settings["requestApprovalSettings"]["stages"][2]
    await here.stop_bot()
    await here.start_bot()
    here.portal.request(here.user(SAM).id, here.package_id("Design tools"))
    await pass_time(here, A_WHILE)
    await here.sees(LENA, "Sam Second asks for Design tools")


async def test_a_request_that_outlives_its_first_stage_must_be_at_the_next_one(here: Story) -> None:
    request = await asked_for(here, "Finance reports")
    await pass_time(here, timedelta(days=1, minutes=5))
    await here.sees(SAM, UNPROVED)
    await pass_time(here, timedelta(days=12))
    here.portal.decide(here.user(MARC).id, request.id, approve=True)
    await pass_time(here, timedelta(days=1, hours=1))
    assert here.count(SAM, UNPROVED) == 1, "nobody has closed it yet, which proves nothing"
    await pass_time(here, timedelta(days=1))
    await here.sees(MARC, "This stage was approved. The next approver decides now.")

    async def is_plain() -> bool:
        return here.count(SAM, UNPROVED) == 0

    await here.until(is_plain, "the card no longer guesses")
    card = read(await here.sees(SAM, "Rita Requester asks for Finance reports"))
    assert "Decide by" not in card, "when the stage began is not known"


async def test_who_presses_before_their_turn_is_told_so_and_still_has_it_later(here: Story) -> None:
    await asked_for(here, "Finance reports")
    await pass_time(here, timedelta(days=1, minutes=5))
    await here.sees(SAM, UNPROVED)
    early = told(await here.presses(SAM, "Approve", justification="Fine"))
    assert "An approval before yours seems to be open." in early
    await pass_time(here, A_WHILE)
    assert here.count(SAM, "no longer an approver") == 0
    await here.presses(MARC, "Approve")

    async def is_told() -> bool:
        await here.poll()
        return here.count(SAM, UNPROVED) == 0 and here.count(SAM, "1 request waits for your decision") == 1

    await here.until(is_told, "Sam is told that it is his turn")
    await here.presses(SAM, "Approve", justification="Fine")
    await here.sees(RITA, "Your access to Finance reports works now.")


async def test_who_is_taken_out_of_one_stage_stays_an_approver_of_the_other(here: Story) -> None:
    (policy,) = here.world.tenant.policies_of(here.package_id("Finance reports"))
    first = policy.settings["requestApprovalSettings"]["stages"][0]["primaryApprovers"]
    group = next(one for one in here.world.tenant.groups.values() if one.display_name == "Design Approvers")
    first.append({"@odata.type": "#microsoft.graph.groupMembers", "groupId": group.id})
    await asked_for(here, "Finance reports")
    await here.sees(SAM, "You are one of the approvers (Design Approvers).")
    await pass_time(here, timedelta(days=1, minutes=5))
    await here.sees(SAM, UNPROVED)
    group.member_ids.pop(here.user(SAM).id)
    for _ in range(3):
        await pass_time(here, timedelta(minutes=61))
        await here.sees(SAM, "You are no longer an approver of this request")
        assert here.count(SAM, UNPROVED) == 1, "the card about the second stage still stands"
    await here.presses(MARC, "Approve")

    card = read(await here.sees(SAM, "Marc Manager approved it"))
    assert "| Approve |" in card, "the second stage is Sam's"
