"""What an administrator has chosen for approvals, who may still decide, and cards that are wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Config
from bot.domain import RequestId, UserId
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID
from tests.features.test_approver_card import asked, chosen, fill_in, leave_group, pass_time, patches
from tests.support.moments import BEGIN, monday_after, next_tuesday
from tests.support.requests import code_of
from tests.support.story import ADAM, LENA, MARC, NORA, RITA, SAM, Story, read, story, told


async def press_approve(here: Story, name: str) -> str:
    (request,) = here.requests_of(RITA)
    return told(await here.teams.press(here.user(name).id, verb="approval.approve", data={"request_id": request.id}))


@pytest.mark.parametrize("modes", [{"packages": {"sales  DATA": "notify"}}, {"catalogs": {"Company": "notify"}}])
async def test_where_the_portal_decides_the_card_leads_there(tmp_path: Path, modes: dict[str, object]) -> None:
    async with chosen(tmp_path, modes=modes) as here:
        card = await asked(here, justification="Q3 forecast")
        assert "Your organization has this decided in My Access." in card
        assert "Q3 forecast" in card
        assert "| Approve" not in card
        assert "Open in My Access" in card
        assert "decided in My Access" in await press_approve(here, MARC)
        assert patches(here) == []
        (request,) = here.requests_of(RITA)
        here.portal.decide(here.user(MARC).id, request.id, approve=True)
        await here.poll()
        await here.sees(MARC, "You approved this.")


async def test_what_is_switched_off_is_not_mentioned(tmp_path: Path) -> None:
    modes = {"catalogs": {"Company": "off"}, "packages": {"Design tools": "act"}}
    async with chosen(tmp_path, modes=modes) as here:
        await fill_in(here, "sales data", justification="Q3 forecast")
        await here.sees(RITA, "Waiting for")
        await asked(here, "Design tools", approver=SAM)
        assert here.count(MARC, "Sales data") == 0
        await here.says(MARC, "approvals")
        await here.sees(MARC, "Nothing waits for your decision")


async def test_a_marked_decision_needs_a_sign_in_of_this_moment(tmp_path: Path) -> None:
    """The client's own token is strong enough and all the same proves nothing."""
    async with chosen(tmp_path, step_up={"packages": ["Sales data"], "minutes": 10}) as here:
        await asked(here, justification="Q3 forecast")
        await here.says(MARC, "approvals")
        await here.sees(MARC, "Waiting for you")
        stopped = await here.presses(MARC, "Approve", justification="Fine")
        assert stopped.login_required is not None
        assert patches(here) == []
        _, decided = await here.teams.complete_sign_in(here.user(MARC).id)
        assert "You approved this. “Fine”" in told(decided)
        here.portal.request(here.user(NORA).id, here.package_id("Sales data"), justification="Me too")
        await here.poll()
        marc = here.user(MARC)
        nora = here.user(NORA)
        nora.manager_id = marc.id
        (request,) = here.requests_of(NORA)
        quick = await here.teams.press(marc.id, verb="approval.approve", data={"request_id": request.id})
        assert "You approved this" in told(quick), "a proof counts for some minutes"


async def test_a_proof_counts_no_longer_than_it_was_said(tmp_path: Path) -> None:
    async with chosen(tmp_path, step_up={"catalogs": ["Company"], "minutes": 10}) as here:
        await asked(here, "Design tools", approver=SAM)
        sam = UserId(here.user(SAM).id)
        async with here.store.unit() as unit:
            long_ago = datetime.now(UTC) - timedelta(minutes=11)
            await unit.proofs.note(here.world.tenant.id, sam, "c1", long_ago)
            await unit.proofs.note(here.world.tenant.id, sam, "c2", datetime.now(UTC))
        stopped = await here.presses(SAM, "Approve", justification="Fine")
        assert stopped.login_required is not None
        page, _ = await here.teams.complete_sign_in(here.user(SAM).id, as_person=here.user(LENA).id)
        assert page.code is None, "somebody else's sign-in is no proof"
        assert patches(here) == []


async def test_an_approver_who_was_taken_out_of_the_group_reads_it_on_their_card(here: Story) -> None:
    here.world.clock.set(monday_after(BEGIN))
    (policy,) = here.world.tenant.policies_of(here.package_id("Design tools"))
    policy.settings["requestApprovalSettings"]["stages"][0]["approverInformationVisibility"] = "visible"
    await asked(here, "Design tools", approver=SAM)
    await here.sees(LENA, "Rita Requester asks for Design tools")
    leave_group(here, LENA, "Design Approvers")
    group = next(one for one in here.world.tenant.groups.values() if one.display_name == "Design Approvers")
    group.member_ids[here.user(MARC).id] = None
    await pass_time(here, timedelta(minutes=61))
    gone = read(await here.sees(LENA, "You are no longer an approver of this request"))
    assert "| Approve" not in gone
    await here.sees(MARC, "Rita Requester asks for Design tools")
    assert here.count(SAM, "no longer an approver") == 0
    code = await code_of(here, RITA)
    assert "Waiting for Sam Second, Petra Primary or Marc Manager" in told(await here.says(RITA, f"status {code}"))
    await here.says(RITA, f"note {code} The customer is Contoso")
    await here.sees(MARC, "The customer is Contoso")
    assert "I have reminded 3 people." in told(await here.says(RITA, f"remind {code}"))
    await here.sees(MARC, "asks you to look")
    assert here.count(LENA, "asks you to look") == here.count(LENA, "Contoso") == 0
    group.member_ids[here.user(LENA).id] = None
    await pass_time(here, timedelta(minutes=61))

    async def is_back() -> bool:
        return here.count(LENA, "no longer an approver") == 0

    await here.until(is_back, "the card offers it again")
    await pass_time(here, timedelta(days=1, minutes=5))
    await here.sees(LENA, "1 request waits for your decision")


async def test_graph_has_the_last_word_on_who_may_decide(here: Story) -> None:
    """Taken out a moment ago, and added a moment ago: our list knows neither."""
    await asked(here, "Design tools", approver=SAM)
    await here.sees(LENA, "Rita Requester asks for Design tools")
    leave_group(here, LENA, "Design Approvers")
    refused = told(await here.presses(LENA, "Approve", justification="Too late"))
    assert "You are not an approver of this request, or not any more" in refused
    await here.sees(LENA, "You are no longer an approver of this request")
    group = next(one for one in here.world.tenant.groups.values() if one.display_name == "Design Approvers")
    group.member_ids[here.user(NORA).id] = None
    await here.says(NORA, "approvals")
    await here.sees(NORA, "Design tools")
    (request,) = here.requests_of(RITA)
    await here.teams.press(here.user(NORA).id, verb="approval.open", data={"request_id": request.id})
    decided = await here.presses(NORA, "Approve", justification="I stand in")
    assert "You approved this" in told(decided)


async def test_administrators_hear_once_that_nobody_can_decide(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(administrators=[here.user(ADAM).user_principal_name, "nobody@woodgrove.example"])
        here.world.clock.set(next_tuesday(here.world.clock.now()))  # health is told on Mondays
        await here.start_bot()
        await here.says(ADAM, "help")
        group = next(one for one in here.world.tenant.groups.values() if one.display_name == "Design Approvers")
        group.member_ids.clear()
        for name in (RITA, NORA):
            here.portal.request(here.user(name).id, here.package_id("Design tools"))
        await here.poll()
        alarm = read(await here.sees(ADAM, "Nobody can decide"))
        assert "Design tools" in alarm
        assert "an empty group" in alarm
        await pass_time(here, timedelta(hours=7))
        assert here.count(ADAM, "Nobody can decide") == 1


async def test_the_audit_log_tells_who_decided_in_the_portal_and_what_stage_it_is(here: Story) -> None:
    here.world.options.reports_units_per_10s = 0
    here.world.tenant.apps[BOT_APP_ID].application_permissions.add("AuditLog.Read.All")
    await asked(here, "Finance reports", justification="Year end")
    await here.poll()
    (request,) = here.requests_of(RITA)
    here.world.clock.advance(timedelta(seconds=30))
    here.portal.decide(here.user(MARC).id, request.id, approve=True, justification="By hand")
    await pass_time(here, timedelta(minutes=5))
    card = await here.sees(SAM, "Rita Requester asks for Finance reports")
    assert "may be waiting for you" not in read(card)
    here.portal.decide(here.user(SAM).id, request.id, approve=True, justification="Budget is there")
    await pass_time(here, timedelta(minutes=5))
    await here.poll()
    await here.sees(SAM, "You approved this. “Budget is there”")


async def test_a_card_that_is_wrong_is_found_and_put_right(here: Story) -> None:
    """Teams refused the edit that should have closed it."""
    await asked(here, justification="Q3 forecast")
    (request,) = here.requests_of(RITA)
    card = (await here.sees(MARC, "Rita Requester asks for Sales data"))["id"]
    here.world.faults.add(Fault(Service.CONNECTOR, "status", status=400, method="PUT", path=card, times=1))
    here.portal.cancel(here.user(RITA).id, request.id)
    await here.poll()

    async def is_refused() -> bool:
        async with here.store.unit(read_only=True) as unit:
            return any(one.state == "failed" for one in await unit.messages.for_request(RequestId(request.id)))

    await here.until(is_refused, "an edit is refused")
    here.world.faults.clear()
    await pass_time(here, timedelta(minutes=30))
    assert "doorman_stale_cards_total 0.0" in here.metrics()
    await pass_time(here, timedelta(minutes=31))
    await here.sees(MARC, "There is nothing to decide any more")
    await pass_time(here, timedelta(minutes=61))
    assert "doorman_stale_cards_total 1.0" in here.metrics()


async def test_bad_input_to_a_decision_is_told_in_a_sentence_and_loses_nothing(here: Story) -> None:
    await asked(here, "Design tools", approver=SAM)
    without = await here.presses(SAM, "Approve", justification="  ")
    assert "Please answer “Your reason”" in told(without), "this policy wants a reason for approving as well"
    endless = told(await here.presses(SAM, "Approve", justification="x" * 10_000))
    assert "Please keep “Your reason” to 2,000 characters" in endless
    (request,) = here.requests_of(RITA)
    for forged in ("", "..", "00000000-0000-4000-8000-000000000000", request.id.upper() + "x", "a" * 5_000):
        answer = await here.teams.press(
            here.user(SAM).id, verb="approval.approve", data={"request_id": forged, "justification": "Fine"}
        )
        assert answer.status == 200
        assert "could not find" in told(answer) or "not an approver" in told(answer) or "did not accept" in told(answer)
    assert patches(here) == []
    card = await here.sees(SAM, "Rita Requester asks for Design tools")
    presses = [
        here.teams.press(
            here.user(SAM).id,
            message_id=card["id"],
            verb="approval.approve",
            inputs={"justification": "Fine"},
            device=device,
        )
        for device in (1, 2)
    ]
    for outcome in await asyncio.gather(*presses):
        assert "You approved this" in told(outcome)
    assert patches(here) == [204]
    own = await here.teams.press(here.user(RITA).id, verb="approval.deny", data={"request_id": request.id})
    assert "cannot decide your own request" in told(own)
