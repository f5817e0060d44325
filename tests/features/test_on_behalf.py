"""Somebody asks for somebody else in the portal: both hear, each in words that fit them."""

from __future__ import annotations

from sandbox.graph.engine.entitlement import Entitlement
from tests.support.story import MARC, RITA, Story, told


async def test_who_receives_access_hears_that_it_was_asked_for_and_that_it_works(here: Story) -> None:
    for name in (MARC, RITA):
        await here.says(name, "help")
    await here.poll()
    assignment = {"accessPackageId": here.package_id("Team laptop"), "targetId": here.user(RITA).id}
    asked = {"requestType": "userAdd", "justification": "New here", "answers": [], "assignment": assignment}
    Entitlement(here.world).create_request(here.user(MARC).id, asked)
    await here.poll()
    await here.sees(RITA, "Marc Manager has asked for access to Team laptop for you.")
    await here.sees(RITA, "Your access to Team laptop works now.")
    await here.sees(MARC, "Rita Requester's access to Team laptop works now.")
    assert here.count(MARC, "Your access to Team laptop") == 0
    assert "Team laptop for Rita Requester" in told(await here.says(MARC, "my requests"))
    opened = told(await here.presses(MARC, "Open"))
    assert "The access of Rita Requester works" in opened
    assert "Your access works" not in opened
