"""Who is in a project: what leads see, who else may look, and what strangers hear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.config import load_config
from tests.support.story import ADAM, LENA, RITA, Story, story, told

ROOT = Path(__file__).resolve().parents[2]
NOTHING = "There is nothing of that name that I could show you"


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as started:
        started.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await started.start_bot()
        yield started


async def test_a_lead_sees_who_is_in_the_project_and_narrows_it_down(here: Story) -> None:
    card = await here.says(LENA, "team alder")
    print(told(card))
    matrix = await here.says(LENA, "team")
    print(told(matrix))
    print(told(await here.says(LENA, "who has project alder | contributor")))
    print(told(await here.says(ADAM, "access of Rita Requester")))
    print(told(await here.says(LENA, "guests oak")))
    print(told(await here.says(RITA, "team alder")))
    assert 0
