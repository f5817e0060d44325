"""Installed, upgraded, blocked, uninstalled: people are welcomed once and written to only while they want it."""

from __future__ import annotations

from bot.domain import RequestId, UserId
from tests.support.story import MARC, RITA, Story, told


async def test_the_welcome_comes_once_whatever_is_installed_again(here: Story) -> None:
    rita = here.user(RITA).id
    welcomed = await here.teams.install(rita)
    assert "Hello Rita!" in told(welcomed)
    await here.teams.upgrade(rita)
    await here.teams.install(rita)
    assert here.count(RITA, "Hello Rita!") == 1


async def test_in_a_channel_nobody_is_welcomed(here: Story) -> None:
    before = here.chat(RITA, "channel")
    await here.teams.install(here.user(RITA).id, "channel")
    assert here.chat(RITA, "channel") == before


async def test_who_removes_the_app_is_forgotten(here: Story) -> None:
    rita = here.user(RITA).id
    await here.says(RITA, "sign in")
    await here.sees(RITA, "You are signed in")
    await here.teams.uninstall(rita)
    async with here.store.unit() as unit:
        person = await unit.people.find(UserId(rita))
        assert person is None or person.address is None
        assert await unit.token_caches.find(here.world.tenant.id, rita) is None


async def test_a_blocked_bot_notices_and_the_request_goes_on(here: Story) -> None:
    await here.says(MARC, "hi")
    here.teams.block(here.user(MARC).id)
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(RITA, "Waiting for")
    (request,) = here.requests_of(RITA)

    async def told_apart() -> bool:
        async with here.store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(RequestId(request.id))
        return {message.kind: message.state for message in messages} == {"approval": "unreachable", "status": "posted"}

    await here.until(told_apart, "the approver counts as unreachable, the requestor does not")


async def test_who_installs_the_app_later_gets_what_waits_for_them(here: Story) -> None:
    here.world.chats.set_installed(here.user(MARC).id, False)
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(RITA, "Waiting for")
    assert here.count(MARC, "Sales data") == 0
    await here.teams.install(here.user(MARC).id)
    await here.poll()
    await here.sees(MARC, "Rita Requester asks for Sales data")
