"""`health`: what administrators are shown of the tenant, what others are told, and the card of every week."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio

from bot.config import Config
from sandbox.faults import Fault
from sandbox.services import Service
from tests.support.story import ADAM, LENA, RITA, Story, read, story, told


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as started:
        name = started.user(ADAM).user_principal_name
        started.config = Config(support_contact="it@woodgrove.example", administrators=[name])
        await started.start_bot()
        yield started


async def test_an_administrator_sees_what_is_wrong_and_mends_a_delivery(here: Story) -> None:
    await here.says(ADAM, "health")
    shown = read(await here.sees(ADAM, "2 things have to be mended."))
    for title in ("Has to be mended", "Deliveries · 2", "Should be looked at", "People who decide · 4"):
        assert title in shown
    assert "Next page" in shown
    second = told(await here.presses(ADAM, "Next page"))
    assert "Could not be checked" in second
    assert "Guests cannot be checked without AuditLog.Read.All." in second
    assert "Has to be mended" in told(await here.presses(ADAM, "Look again"))

    details = told(await here.presses(ADAM, "Details: Deliveries · 2"))
    assert "Setting up Kiln for Luca Laurel failed." in details
    assert "Have it tried again; it works for 14 days after it failed." in details
    package = here.world.tenant.packages[here.package_id("Kiln")]
    package.delivery = "normal"
    assert "I am trying it again." in told(await here.presses(ADAM, "Try again"))
    calls = [call for call in here.graph_calls() if call.path.endswith("/reprocess")]
    assert [(call.identity, call.status) for call in calls] == [("Doorman Writer", 202)]
    await here.presses(ADAM, "Back")
    assert "1 thing has to be mended." in told(await here.presses(ADAM, "Look again"))


async def test_others_are_told_whom_it_is_for_and_see_nothing(here: Story) -> None:
    for name in (RITA, LENA):
        refused = told(await here.says(name, "health"))
        assert "This is for administrators" in refused
        assert "it@woodgrove.example" in refused
        await here.says(name, "help")
        for verb, data in (("health.show", {}), ("health.open", {"severity": "problem", "check": "deliveries"})):
            pressed = await here.teams.press(here.user(name).id, verb=verb, data=data)
            assert "This is for administrators" in told(pressed)
    assert not [call for call in here.graph_calls() if call.path.endswith("/subscribedSkus")]
    assert "Health of the tenant" not in told(await here.says(RITA, "settings"))
    assert "I do not know that setting" in told(await here.says(RITA, "settings health weekly"))


async def test_cards_from_last_month_and_a_graph_that_fails(here: Story) -> None:
    await here.says(ADAM, "health")
    gone = {"severity": "problem", "check": "a check that there was once", "page": 7}
    assert "Has to be mended" in told(await here.teams.press(here.user(ADAM).id, verb="health.open", data=gone))
    far = await here.teams.press(here.user(ADAM).id, verb="health.show", data={"page": 99})
    assert "Good to know" in told(far)
    here.world.faults.add(Fault(Service.GRAPH, "status", status=400, path=r"/accessPackages\?"))
    assert "could not be checked now" in told(await here.presses(ADAM, "Look again"))


async def test_a_card_every_week_for_those_who_want_one(here: Story) -> None:
    here.world.clock.advance(_to_monday(here.world.clock.now()))
    await here.says(ADAM, "help")
    await here.look_ahead()
    assert "Once a week I tell you how the tenant is." in told(await here.says(ADAM, "settings health weekly"))
    assert "A card every week" in told(await here.says(ADAM, "settings"))
    await here.look_ahead()
    await here.look_ahead()
    await here.sees(ADAM, "things have to be mended.")
    assert here.count(ADAM, "Looked at") == 1
    await here.pass_time(timedelta(days=5))  # Saturday
    await here.look_ahead()
    await here.pass_time(timedelta(days=2))
    await here.look_ahead()

    async def is_there_again() -> bool:
        return here.count(ADAM, "Looked at") == 2

    await here.until(is_there_again, "a second card in the second week")


def _to_monday(now: datetime) -> timedelta:
    """Until the next Monday at ten in the morning, in Amsterdam or not."""
    day = now.astimezone(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    return day + timedelta(days=7 - day.weekday()) - now


async def test_a_slow_tenant_is_announced_in_a_message_that_becomes_the_card(here: Story) -> None:
    here.world.faults.add(Fault(Service.GRAPH, "slow", path=r"/connectedOrganizations", delay_ms=2_700, times=1))
    await here.says(ADAM, "health")
    await here.sees(ADAM, "things have to be mended.")
    (only,) = [line for line in here.chat(ADAM) if "mended." in line or "working" in line.casefold()]
    assert "Looked at" in only
