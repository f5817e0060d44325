"""Lena attaches a list of people; Sam, who agrees to it, and she see on their cards how it is carried out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, expect

from bot.config import load_config
from tests.browser.conftest import Picture
from tests.browser.window import NARROW, People
from tests.features.test_enrol import ALDER, file_of, holders
from tests.support.story import LENA, ROOT, SAM, Story, story

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as started:
        started.forget_other_requests()
        started.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await started.start_bot()
        for name in (LENA, SAM):
            await started.says(name, "help")
        yield started


@pytest_asyncio.fixture
async def people(browser: Browser, here: Story) -> AsyncIterator[People]:
    opened = People(browser, here.world.base_url)
    yield opened
    await opened.close()
    assert opened.complaints == []


async def test_a_lead_attaches_a_file_and_a_second_person_agrees(people: People, here: Story, picture: Picture) -> None:
    leaving = sorted(holders(here))[0]
    content = file_of(here, f"Nina New;nina.new@fernhill.example;{ALDER}", "Ada;ada at wood;" + ALDER, without=leaving)
    lena = await people.sits_down("lead")
    sam = await people.sits_down("approver", NARROW, scheme="dark", behind_the_scenes=False)
    file: FilePayload = {"name": "alder.csv", "mimeType": "text/csv", "buffer": content.encode()}
    await lena.page.get_by_label("File to attach").set_input_files(file)
    await lena.sees("is not an e-mail address")
    await lena.photograph(picture("enrol-findings.png"))

    file["buffer"] = content.replace("Ada;ada at wood;" + ALDER + "\n", "").encode()
    await lena.page.get_by_label("File to attach").set_input_files(file)
    plan = await lena.sees("Please read this before you hand it to a second person")
    await expect(plan).to_contain_text("Nina New")
    await lena.photograph(picture("enrol-plan.png"))
    await lena.presses("Ask for agreement")
    await sam.sees("Lena Lead asks for your agreement")
    assert not await sam.is_too_wide()
    await sam.photograph(picture("enrol-agree.png"))
    await sam.presses("Agree")
    await lena.sees("2 of 2 done")
    await sam.sees("2 of 2 done")
    await lena.photograph(picture("enrol-done.png"))
    assert "nina.new@fernhill.example" in holders(here)
    assert leaving not in holders(here)
