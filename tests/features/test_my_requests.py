"""`my requests`: open ones first, page by page, made here or elsewhere, with what can be done about each."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.support.requests import asked, code_of
from tests.support.story import MARC, RITA, SAM, Story, story, told


async def test_open_ones_come_first_with_what_can_be_done_about_each(here: Story) -> None:
    here.portal.request(here.user(RITA).id, here.package_id("Audit archive"))
    here.portal.decide(here.user(SAM).id, here.requests_of(RITA)[0].id, approve=False, justification="No")
    here.world.clock.advance(timedelta(hours=1))
    await asked(here)
    here.world.clock.advance(timedelta(hours=1))
    await here.says(RITA, "request office map")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "Your access works")
    listed = told(await here.says(RITA, "my requests"))
    order = [listed.index(name) for name in ("Sales data", "Office map", "Audit archive")]
    assert order == sorted(order)
    assert "Denied" in listed
    assert await code_of(here, RITA, 1) in listed
    assert "Waiting for approval" in told(await here.presses(RITA, "Open"))


async def test_a_request_is_cancelled_from_the_list(here: Story) -> None:
    await asked(here)
    await here.says(RITA, "my requests")
    await here.presses(RITA, "Cancel")
    assert "Nothing was granted." in told(await here.presses(RITA, "Yes, cancel it"))
    await here.sees(MARC, "The request was cancelled.")


async def test_many_are_shown_page_by_page_and_each_once(here: Story) -> None:
    for number in range(10):
        here.portal.request(here.user(RITA).id, here.package_id("Audit archive"))
        request = here.requests_of(RITA)[number]
        here.portal.decide(here.user(SAM).id, request.id, approve=False, justification="No")
        here.world.clock.advance(timedelta(days=1))
    first = told(await here.says(RITA, "my requests"))
    assert "Page 1 of 2" in first
    second = told(await here.presses(RITA, "More"))
    assert "Page 2 of 2" in second
    assert first.count("Audit archive") + second.count("Audit archive") == 10
    assert "Page 1 of 2" in told(await here.presses(RITA, "Back"))


async def test_another_page_than_there_is_shows_the_last(here: Story) -> None:
    await asked(here)
    await here.says(RITA, "my requests")
    for page in (-5, 99):
        shown = await here.teams.press(here.user(RITA).id, verb="request.page", data={"page": page})
        assert "Sales data" in told(shown)


async def test_ask_again_opens_the_form_of_the_same_package(here: Story) -> None:
    await asked(here, why="Q3 forecast, once more")
    await here.presses(MARC, "Deny", justification="Not now")
    await here.sees(RITA, "Denied")
    form = await here.presses(RITA, "Ask again")
    assert "Sales data" in told(form)
    assert "Q3 forecast, once more" in str(form.answer), "what was typed then is there again"
    await here.presses(RITA, "Request", justification="Really")
    await here.sees(RITA, "Waiting for approval")
    assert [request.state for request in here.requests_of(RITA)] == ["denied", "pendingApproval"]


async def test_a_policy_that_lost_its_approval_meanwhile_keeps_every_card_true(here: Story) -> None:
    await asked(here, "design tools", SAM)
    (request,) = here.requests_of(RITA)
    here.world.tenant.policies[request.policy_id].settings["requestApprovalSettings"] = {
        "isApprovalRequiredForAdd": False,
        "stages": [],
    }
    await here.stop_bot()
    await here.start_bot()
    await here.pass_time()
    assert "Approval" in told(await here.says(RITA, f"status {await code_of(here, RITA)}"))
    await here.presses(SAM, "Approve", justification="Fine")
    await here.sees("Lena Lead", "Sam Second approved this. “Fine”")
    await here.sees(RITA, "Your access to Design tools works now.")


async def test_a_card_refreshed_while_it_is_decided_shows_the_decision(tmp_path: Path) -> None:
    held, go_on, is_read = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @web.middleware
    async def hold_one_answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if held.is_set() and "assignmentRequests" in request.path and request.method == "GET":
            held.clear()
            is_read.set()
            await go_on.wait()
        return answer

    async with story(tmp_path, watching=[hold_one_answer]) as here, asyncio.timeout(60):
        await asked(here)
        await here.pass_time()  # nobody looks at the request by themselves any more
        (request,) = here.requests_of(RITA)
        mine = await here.sees(RITA, "Waiting for approval")
        held.set()
        data = {"request_id": request.id}
        refreshing = asyncio.create_task(
            here.teams.press(here.user(RITA).id, message_id=mine["id"], verb="request.refresh", data=data)
        )
        await is_read.wait()
        here.portal.decide(here.user(MARC).id, request.id, approve=True, justification="Fine")
        await here.pass_time()
        await here.sees(RITA, "Your access works")
        go_on.set()
        answer = (await refreshing).answer
        assert "Your access works" in str(answer)
        assert "Waiting for approval" not in str(answer)
