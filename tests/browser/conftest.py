"""A browser, and windows in which people sit before the sandbox's page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.window import People
from tests.support.story import Story, story

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
_INSTALLED = Path(__file__).resolve().parents[2] / "sandbox" / "web" / "node_modules" / "adaptivecards"

Picture = Callable[[str], Path]


def missing_parts() -> str | None:
    """What a browser test lacks on this machine, or None."""
    if chromium() is None:
        return "there is no Chromium on the PATH, and CHROMIUM names none"
    if not _INSTALLED.is_dir():
        return "the page's packages are not installed: npm ci --prefix sandbox/web"
    return None


def chromium() -> str | None:
    return shutil.which(os.environ.get("CHROMIUM", "chromium")) or shutil.which("chromium-browser")


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    if reason := missing_parts():
        if os.environ.get("DOORMAN_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        yield started
        await started.close()


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as started:
        yield started


@pytest_asyncio.fixture
async def people(browser: Browser, here: Story) -> AsyncIterator[People]:
    """Opens windows; at the end none of them may have had anything to complain about."""
    opened = People(browser, here.world.base_url)
    yield opened
    await opened.close()
    assert opened.complaints == []


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    """Where a screenshot goes: into the documentation only when DOORMAN_SCREENSHOTS is 1."""
    is_wanted = os.environ.get("DOORMAN_SCREENSHOTS") == "1"
    return lambda name: (_IMAGES if is_wanted else tmp_path) / name
