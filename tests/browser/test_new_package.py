"""Adam Admin makes an access package in the page: a form, a plan, and then it is there."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from sandbox.faults import Fault
from sandbox.services import Service
from tests.browser.conftest import Picture
from tests.browser.window import People
from tests.support.story import Story

pytestmark = pytest.mark.browser


async def test_adam_makes_an_access_package(people: People, here: Story, picture: Picture) -> None:
    here.world.options.onboarding_delay_s = 1.0
    adam = await people.sits_down("admin")
    await adam.page.get_by_label("Whose calls").select_option("Made as a person")
    await adam.says("new package Trade fair")
    await adam.sees("Nothing is made before you have seen the plan.")
    await adam.types("What it is for", "Everything for the trade fair")
    await adam.types("Catalog", "Company")
    await adam.types("Groups and teams", "Testing-Group")
    await adam.types("For how many days", "90")
    await adam.photograph(picture("new-package-form.png"))
    await adam.presses("Show the plan")
    await adam.sees("Into the access package")
    await adam.photograph(picture("new-package-plan.png"))
    assert await adam.graph_calls("PUT") == []
    here.world.faults.add(Fault(Service.GRAPH, "status", path="assignmentPolicies$", status=403))
    await adam.presses("Make it")
    await adam.sees("It stopped after step 3 of 4.")
    await adam.photograph(picture("new-package-stopped.png"))
    here.world.faults.clear()
    await adam.presses("Go on")
    await adam.sees("Trade fair is made")
    await expect(adam.messages).to_have_count(2)  # what he wrote, and the form, which has become the result
    made = [call for call in await adam.graph_calls("POST") if call.endswith("/accessPackages") or "Packages" in call]
    assert any("as the person EntitlementManagement.ReadWrite.All" in call for call in made)
    assert here.package_id("Trade fair")
