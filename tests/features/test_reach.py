"""Approvers who have never met Doorman, and how they are reached."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.config import Config
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID
from tests.support.moments import BEGIN, monday_after
from tests.support.story import LENA, MARC, RITA, SAM, Story, read, story

ASKED = "Rita Requester asks for Sales data"
MONDAY = monday_after(BEGIN)
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

        async def has_card() -> bool:
            await here.pass_time(timedelta(minutes=1))
            return here.count(MARC, ASKED) == 1

        await here.until(has_card, "Marc has the card")
        assert tries(here) == [201]
        await here.presses(MARC, "Approve")
        await here.sees(RITA, "Your access to Sales data works now.")


async def test_reminders_that_do_not_arrive_are_one_when_the_app_is_there(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        here.world.clock.set(MONDAY)
        await ask_somebody_without_the_app(here)
        for days in (1, 2, 4):  # Tuesday, Thursday, the Monday after
            await here.pass_time(timedelta(days=days, minutes=1))
        await here.teams.install(here.user(MARC).id)

        async def is_reminded() -> bool:
            await here.pass_time(timedelta(minutes=1))
            return here.count(MARC, "1 request waits for your decision") >= 1

        await here.until(is_reminded, "Marc is reminded")
        await here.pass_time(timedelta(minutes=1))
        assert here.count(MARC, "1 request waits for your decision") == 1
        assert here.count(MARC, ASKED) == 1


async def test_one_person_for_whom_it_cannot_be_done_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        allow(here, "TeamsAppInstallation.ReadWriteSelfForUser.All", "AppCatalog.Read.All")
        here.forget_other_requests()
        people = [here.user(name) for name in (SAM, LENA, "Petra Primary")]
        for user in people:
            here.world.chats.set_installed(user.id, False)
            path = rf"/users/{user.id}{INSTALLS}"
            here.world.faults.add(Fault(Service.GRAPH, "status", status=400, path=path))
        await here.says(RITA, "request design tools")
        await here.presses(RITA, "Request", justification="Drafts")

        async def all_unreached() -> bool:
            async with here.store.unit(read_only=True) as unit:
                return len(await unit.messages.people_unreached("approval", 5)) == len(people)

        await here.until(all_unreached, "no card could be sent")
        for _ in range(2):
            await here.poll()
        async with here.store.unit(read_only=True) as unit:
            messages = await unit.messages.unreached("approval")
            assert not await unit.messages.people_unreached("approval", 5, untried="install/"), "each was tried"
        assert [message.detail.get("reach") for message in messages] == ["absent"] * len(people)


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


async def test_the_administrators_hear_once_a_day_who_could_not_be_reached_and_why(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(administrators=[here.user(LENA).user_principal_name])
        allow(here, "AppCatalog.Read.All")
        await here.start_bot()
        await here.says(LENA, "help")
        await ask_somebody_without_the_app(here)
        await here.poll()
        card = str(await here.sees(LENA, "1 approver could not be reached"))
        assert "Marc Manager (Sales data)" in card
        assert "I may not install my app for people" in card
        for hours in (1, 30):
            here.world.clock.advance(timedelta(hours=hours))
            await here.poll()
        assert tries(here) == [403, 403]
        assert here.count(LENA, "could not be reached") == 1, "of nobody new"
        await here.says(RITA, "request finance reports")
        await here.presses(RITA, "Request", justification="Q4 forecast")

        async def both_wait() -> bool:
            async with here.store.unit(read_only=True) as unit:
                return len(await unit.messages.unreached("approval")) == 2

        await here.until(both_wait, "the second card could not be sent either")
        here.world.clock.advance(timedelta(days=1, hours=1))

        async def told_again() -> bool:
            await here.poll()
            return here.count(LENA, "Finance reports") == 1

        await here.until(told_again, "what else waits is told another day")
        assert here.count(LENA, "could not be reached") == 2


async def test_who_has_the_app_and_can_still_not_be_written_to_is_told_of_as_well(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(administrators=[here.user(LENA).user_principal_name])
        allow(here, "TeamsAppInstallation.ReadWriteSelfForUser.All", "AppCatalog.Read.All")
        await here.start_bot()
        await here.says(LENA, "help")
        here.teams.block(here.user(MARC).id, "MessageWritesBlocked")
        await ask_somebody_without_the_app(here)
        for _ in range(2):
            await here.poll()
        assert tries(here) == [201]
        assert here.count(LENA, "could not be reached") == 0, "Teams may tell us a moment later"
        await here.pass_time(timedelta(days=1, minutes=5))

        async def is_told() -> bool:
            await here.pass_time(timedelta(minutes=2))
            return here.count(LENA, "1 approver could not be reached") == 1

        await here.until(is_told, "Lena hears of it the day after")
        card = read(await here.sees(LENA, "1 approver could not be reached"))
        assert "Marc Manager (Sales data): they have my app, and Teams still does not let me write to them." in card
        assert here.count(MARC, ASKED) == 0
