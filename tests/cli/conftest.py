"""The command line against a sandbox of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from sandbox.app import serving
from sandbox.world import World
from tests.support.moments import story_clock
from tests.support.pipeline import Pipeline


@pytest_asyncio.fixture
async def pipeline(tmp_path: Path) -> AsyncIterator[Pipeline]:
    world = World(clock=story_clock())
    async with serving(world):
        yield Pipeline(world, tmp_path)
