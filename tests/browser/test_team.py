"""A project lead looks at who is in the project, on a wide and on a narrow screen, and takes the list along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.config import load_config
from tests.browser.conftest import Picture
from tests.browser.window import NARROW, People
from tests.support.story import Story, story

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as started:
        started.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await started.start_bot()
        yield started


async def test_a_lead_looks_at_the_project_wide_and_narrow(people: People, here: Story, picture: Picture) -> None:
    nora = here.user("Nora Nomanager")
    group = next(each for each in here.world.tenant.groups.values() if each.display_name == "ProjectAlder_Contributor")
    group.member_ids[nora.id] = None
    lena = await people.sits_down("lead", behind_the_scenes=False)
    await lena.says("team")
    await lena.sees("Your projects")
    await lena.photograph(picture("team-projects.png"))
    await lena.says("team alder")
    await lena.sees("All projects")
    await lena.photograph(picture("team-project.png"))
    await lena.presses("Show them")
    await lena.sees("Added by hand")
    await lena.photograph(picture("team-extras.png"))
    phone = await people.sits_down("lead", NARROW, scheme="dark", behind_the_scenes=False)
    await phone.says("team alder")
    await phone.sees("1 to 10 of")
    assert not await phone.is_too_wide()
    await phone.photograph(picture("team-narrow.png"))
    await phone.says("guests oak")
    await phone.sees("Sponsor")
    assert not await phone.is_too_wide()
