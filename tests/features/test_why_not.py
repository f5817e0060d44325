"""`why not <package>`: the rule and whom to ask, and nothing about what people need not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Config
from sandbox.tenant.settings import administrators_only, policy_settings, target_manager
from tests.support.story import GINA, RITA, Story, story, told


async def asks(here: Story, package: str, name: str = RITA) -> str:
    return told(await here.says(name, f"why not {package}")).strip()


def settings(here: Story, package: str, changed: dict[str, object]) -> None:
    (policy, *_) = here.world.tenant.policies_of(here.package_id(package))
    policy.settings = {**changed, "displayName": policy.display_name}


async def test_every_rule_is_named_with_whom_to_ask(here: Story) -> None:
    answer = await asks(here, "board papers")
    assert "only for certain people or groups, and you are not among them" in answer
    assert "it@woodgrove.example" in answer
    assert "Lena" not in answer
    settings(here, "Office map", administrators_only())
    assert "Administrators give it directly" in await asks(here, "office map?")
    settings(here, "Office map", policy_settings(self_add=False, on_behalf=[target_manager()]))
    assert "Only your manager can ask for it for you: Marc Manager." in await asks(here, "Office map")
    settings(here, "Office map", policy_settings("allExternalUsers"))
    assert "only for people of partner organizations" in await asks(here, "Office map")
    settings(here, "Office map", policy_settings())
    assert "Nothing keeps you from it" in await asks(here, "Office map")
    await here.presses(RITA, "Ask for Office map")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "Your access works")
    assert "You have it already" in await asks(here, "Office map")


async def test_a_conflict_and_an_open_request_are_told(here: Story) -> None:
    await here.says(RITA, "request invoice approval")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "Your access works")
    assert "It does not go together with Invoice approval" in await asks(here, "purchase orders")
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3")
    await here.sees(RITA, "Waiting for")
    assert "your request is still open" in await asks(here, "Sales data")
    assert "Waiting for" in told(await here.presses(RITA, "See where it stands"))


async def test_hidden_unpublished_and_unknown_packages_get_the_same_answer(here: Story) -> None:
    tenant = here.world.tenant
    answers = set()
    hidden = tenant.packages[here.package_id("Hidden vault")]
    answers.add((await asks(here, "Hidden vault")).replace("Hidden vault", "…"))
    answers.add((await asks(here, "No such thing")).replace("No such thing", "…"))
    answers.add((await asks(here, hidden.id)).replace(hidden.id, "…"))
    nobody = "00000000-0000-4000-8000-000000000000"
    answers.add((await asks(here, nobody)).replace(nobody, "…"))
    tenant.catalogs[tenant.packages[here.package_id("Board papers")].catalog_id].state = "unpublished"
    answers.add((await asks(here, "Board papers")).replace("Board papers", "…"))
    assert len(answers) == 1
    assert "I know nothing called “…”" in answers.pop()


async def test_what_is_hidden_is_looked_up_as_what_does_not_exist(here: Story) -> None:
    """Else somebody who has not signed in yet, or whose Graph is busy, could tell one from the other."""
    asked = []
    for name in ("Hidden vault", "No such thing"):
        here.world.graph_log.clear()
        await asks(here, name)
        asked.append(sorted(call.path for call in here.graph_calls() if call.token_kind == "delegated"))
    assert asked[0] == asked[1] != []


async def test_part_of_a_name_finds_nothing_so_that_nobody_can_list_what_there_is(here: Story) -> None:
    assert "I know nothing called" in await asks(here, "Board")
    assert "Tell me which one" in told(await here.says(RITA, "why not"))


async def test_guests_are_told_nothing_unless_the_organization_wants_it(here: Story) -> None:
    assert "I cannot tell you that here" in await asks(here, "Sales data", GINA)


@pytest.mark.parametrize("config", [{"why_not": False}, {"why_not_for_guests": True}])
async def test_it_can_be_switched(tmp_path: Path, config: dict[str, bool]) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(**config)  # type: ignore[arg-type]
        await here.start_bot()
        answer = await asks(here, "Sales data", GINA if "why_not_for_guests" in config else RITA)
        assert ("I cannot tell you that here" in answer) == ("why_not" in config)


async def test_a_tenant_without_a_licence_is_told_where_the_app_may_look(here: Story) -> None:
    apps = here.world.tenant.apps.values()
    app = next(app for app in apps if "EntitlementManagement.Read.All" in app.application_permissions)
    app.application_permissions.add("LicenseAssignment.Read.All")
    here.world.options.licence = "none"
    assert "no licence" in await asks(here, "Sales data")
