"""Approvers who have never met Doorman, and how they are reached."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sandbox.tenant.identity import BOT_APP_ID
from tests.support.story import MARC, RITA, Story, story

ASKED = "Rita Requester asks for Sales data"
INSTALLS = "/teamwork/installedApps"


def allow(here: Story, *permissions: str) -> None:
    here.world.tenant.apps[BOT_APP_ID].application_permissions.update(permissions)


async def ask_somebody_without_the_app(here: Story) -> None:
    here.forget_other_requests()
    here.world.chats.set_installed(here.user(MARC).id, False)
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.until(lambda: is_unreached(here), "the card for Marc could not be sent")


async def is_unreached(here: Story) -> bool:
    async with here.store.unit(read_only=True) as unit:
        return bool(await unit.messages.people_unreached("approval", 5))


def tries(here: Story) -> list[int]:
    return [c.status for c in here.graph_calls() if c.method == "POST" and c.path.endswith(INSTALLS)]


async def test_an_approver_without_the_app_gets_it_and_then_the_card(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        allow(here, "TeamsAppInstallation.ReadWriteSelfForUser.All", "AppCatalog.Read.All")
        await ask_somebody_without_the_app(here)
        await here.poll()
        assert tries(here) == [201]
        here.world.clock.advance(timedelta(minutes=1))

        async def has_card() -> bool:
            await here.poll()
            return here.count(MARC, ASKED) == 1

        await here.until(has_card, "Marc has the card")
        assert tries(here) == [201]
        await here.presses(MARC, "Approve")
        await here.sees(RITA, "Your access to Sales data works now.")


async def test_without_the_permission_it_is_tried_once_a_day_and_harms_nothing(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        allow(here, "AppCatalog.Read.All")
        await ask_somebody_without_the_app(here)
        for _ in range(3):
            await here.poll()
        assert tries(here) == [403]
        here.world.clock.advance(timedelta(days=1, minutes=1))
        await here.poll()
        await here.poll()
        assert tries(here) == [403, 403]


async def test_an_app_that_is_not_in_the_catalog_is_not_asked_for_again_and_again(tmp_path: Path) -> None:
    async with story(tmp_path, TEAMS_APP_ID="another") as here:
        allow(here, "TeamsAppInstallation.ReadWriteSelfForUser.All", "AppCatalog.Read.All")
        await ask_somebody_without_the_app(here)
        for _ in range(3):
            await here.poll()
        assert tries(here) == []
        looks = [call for call in here.graph_calls() if call.path.endswith("/appCatalogs/teamsApps")]
        assert len(looks) == 1
