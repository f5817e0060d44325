"""Somebody asks for somebody else in the portal: both hear, each in words that fit them."""

from __future__ import annotations

from datetime import timedelta

from sandbox.graph.engine.entitlement import Entitlement
from tests.support.requests import code_of
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


async def test_who_would_have_received_it_is_not_told_to_ask_again_when_it_lapses(here: Story) -> None:
    here.forget_other_requests()
    for name in (MARC, RITA):
        await here.says(name, "help")
    (policy,) = here.world.tenant.policies_of(here.package_id("Team laptop"))
    stages = here.world.tenant.policies_of(here.package_id("Design tools"))[0].settings["requestApprovalSettings"]
    policy.settings["requestApprovalSettings"] = stages
    assignment = {"accessPackageId": here.package_id("Team laptop"), "targetId": here.user(RITA).id}
    asked = {"requestType": "userAdd", "justification": "New here", "answers": [], "assignment": assignment}
    Entitlement(here.world).create_request(here.user(MARC).id, asked)
    await here.poll()
    await here.sees(RITA, "Marc Manager has asked for access to Team laptop for you.")
    await here.pass_time(timedelta(days=14, minutes=1))
    await here.sees(RITA, "The request of Marc Manager for your access to Team laptop was closed")
    await here.sees(MARC, "because nobody decided in time. You can ask again.")
    status = told(await here.says(RITA, f"status {await code_of(here, MARC)}"))
    assert "The request of Marc Manager was closed without an answer. They can ask again." in status
    assert here.count(RITA, "You can ask again.") == 0
