"""Deliveries that fail, stay partial or get stuck: told to whoever waits, and mended by those who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from bot.config import Config
from bot.domain import RequestState
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.entitlement import Delivery
from tests.support.requests import code_of, noticed
from tests.support.story import ADAM, LENA, RITA, SAM, Story, story, told

WRITER = "Doorman Writer"


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    """Lena is named as an administrator, and has no administrative role in Entra."""
    async with story(tmp_path, start=False) as started:
        started.forget_other_requests()
        name = started.user(LENA).user_principal_name
        started.config = Config(support_contact="it@woodgrove.example", administrators=[name])
        await started.start_bot()
        await started.says(LENA, "help")
        yield started


async def asks_for(here: Story, words: str, delivery: Delivery) -> None:
    here.world.tenant.packages[here.package_id("Office map")].delivery = delivery
    await here.says(RITA, f"request {words}")
    await here.presses(RITA, "Request")


async def audit(here: Story) -> list[tuple[str, str, str]]:
    async with here.store.unit(read_only=True) as unit:
        entries = await unit.audit.about(here.requests_of(RITA)[0].id)
    return [(entry.event, entry.actor_name, str(entry.detail["hand"])) for entry in entries]


def reprocessed(here: Story) -> list[tuple[str, str, int]]:
    calls = [call for call in here.graph_calls() if call.path.endswith("/reprocess")]
    return [(call.identity, call.token_kind, call.status) for call in calls]


async def test_an_administrator_has_a_failed_delivery_tried_again_by_the_writer_once(here: Story) -> None:
    await asks_for(here, "office map", "failed")
    await here.sees(RITA, "Your access could not be set up")
    card = await here.sees(LENA, "Setting up failed")
    assert "Office map for Rita Requester" in str(card["card"])
    here.world.tenant.packages[here.package_id("Office map")].delivery = "normal"
    assert "I am trying it again." in told(await here.presses(LENA, "Try again"))
    await here.sees(RITA, "Your access to Office map works now.")
    await here.sees(LENA, "It works now")
    data = {"request_id": here.requests_of(RITA)[0].id}
    await here.teams.press(here.user(LENA).id, verb="request.reprocess", data=data)
    assert reprocessed(here) == [(WRITER, "application", 202)]
    assert await audit(here) == [("reprocess.asked", LENA, "writer"), ("reprocess.done", LENA, "writer")]


async def test_pressed_twice_it_is_tried_again_once(here: Story) -> None:
    here.world.options.delivery_delay_s = 0.0
    await asks_for(here, "office map", "failed")
    await here.sees(LENA, "Setting up failed")
    here.world.faults.add(Fault(Service.GRAPH, "reset", method="POST", path=r"/reprocess$", times=1))
    assert "I keep at it." in told(await here.presses(LENA, "Try again"))
    data = {"request_id": here.requests_of(RITA)[0].id}
    assert "I keep at it." in told(await here.teams.press(here.user(LENA).id, verb="request.reprocess", data=data))
    here.world.tenant.packages[here.package_id("Office map")].delivery = "normal"
    await here.pass_time()
    await here.sees(RITA, "Your access to Office map works now.")
    assert [call for call in reprocessed(here) if call[2] == 202] == [(WRITER, "application", 202)]


async def test_one_who_is_not_named_needs_the_right_in_entra(here: Story) -> None:
    await asks_for(here, "office map", "failed")
    await here.sees(LENA, "Setting up failed")
    code = await code_of(here, RITA)
    for name in (SAM, RITA):
        assert f"There is no request {code}" in told(await here.says(name, f"reprocess {code}"))
    assert all(status == 403 for _, _, status in reprocessed(here))
    here.world.faults.add(Fault(Service.GRAPH, "status", status=400, method="POST", path=r"/reprocess$", times=1))
    assert f"There is no request {code}" in told(await here.says(name, f"reprocess {code}")), "whatever Graph answers"
    here.world.faults.clear()
    assert "Being set up once more" in told(await here.says(ADAM, f"reprocess {code}"))
    assert reprocessed(here)[-1] == (ADAM, "delegated", 202)


async def test_a_partial_delivery_says_what_is_there_and_what_is_not(here: Story) -> None:
    map_package = here.world.tenant.packages[here.package_id("Office map")]
    map_package.role_scopes.append(here.world.tenant.packages[here.package_id("Design tools")].role_scopes[0])
    await asks_for(here, "office map", "partial")
    status = await here.sees(RITA, "Part of your access works")
    assert "not there yet" in str(status["card"])
    assert "Office map Users: Member" in str(status["card"])
    assert here.count(LENA, "Office map for Rita Requester") == 0
    await noticed(here, here.requests_of(RITA)[0], RequestState.PARTIALLY_DELIVERED)
    await here.pass_time(timedelta(minutes=31))
    await here.sees(LENA, "Only 1 of 2 was set up")
    await here.sees(RITA, "It began 31 minutes ago and is not finished.")


async def test_a_stuck_delivery_is_told_after_the_stated_time(here: Story) -> None:
    await asks_for(here, "office map", "stuck")
    await here.sees(RITA, "Your access is being set up")
    await noticed(here, here.requests_of(RITA)[0], RequestState.DELIVERING)
    await here.pass_time(timedelta(minutes=29))
    assert here.count(LENA, "takes too long") == 0
    await here.pass_time(timedelta(minutes=26))
    card = await here.sees(LENA, "Setting up takes too long")
    assert "Try again" not in str(card["card"])
    await here.sees(RITA, "Setting up your access takes long")


async def test_it_is_tried_again_by_itself_only_where_configured_and_once(here: Story) -> None:
    await here.stop_bot()
    here.config = here.config.model_copy(update={"reprocess_automatically": True})
    await here.start_bot()
    await asks_for(here, "office map", "failed")
    await here.sees(LENA, "Setting up failed")
    await here.pass_time()
    await here.pass_time()
    assert reprocessed(here) == [(WRITER, "application", 202)]
    assert await audit(here) == [("reprocess.asked", "", "writer"), ("reprocess.done", "", "writer")]


async def test_an_app_role_is_checked_where_the_app_may_look(here: Story) -> None:
    registration = here.world.tenant.apps[here.settings().app_id]
    registration.application_permissions.add("Application.Read.All")
    await here.stop_bot()  # the token that the bot has already says what it was allowed then
    await here.start_bot()
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3")
    await here.sees("Marc Manager", "Rita Requester asks for Sales data")
    await here.presses("Marc Manager", "Approve")
    status = await here.sees(RITA, "Your access works")
    assert "I cannot look into this one" not in str(status["card"])
    assert "Sales Portal: Viewer" in str(status["card"])
