"""Nothing outside of it keeps a sandbox, or a bot with its sandbox, alive: hundreds of them live in a test run."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from bot.store import Store
from sandbox.world import World
from tests.sandbox.graph_support import serve_graph
from tests.support.letting_go import forget_applications
from tests.support.story import RITA, story


def is_gone(*left: weakref.ref[World] | weakref.ref[Store]) -> bool:
    forget_applications()
    gc.collect()
    return all(one() is None for one in left)


async def _served() -> weakref.ref[World]:
    async with serve_graph() as graph:
        assert (await graph.person("requester").get("/me")).status == 200
        return weakref.ref(graph.world)


async def _told(folder: Path) -> tuple[weakref.ref[World], weakref.ref[Store]]:
    async with story(folder) as here:
        await here.says(RITA, "help")
        return weakref.ref(here.world), weakref.ref(here.store)


async def test_a_sandbox_that_served_is_gone_afterwards() -> None:
    assert is_gone(await _served())


async def test_a_story_is_gone_afterwards(tmp_path: Path) -> None:
    assert is_gone(*await _told(tmp_path))
