"""People who alter what their client sends, or call what nobody has to sign in for: nobody else comes to harm."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.config import Config
from sandbox.faults import Fault
from sandbox.services import Service
from tests.features.test_approver_card import asked, chosen, patches
from tests.support.giving import give
from tests.support.story import MARC, RITA, Story, told


async def test_a_form_cannot_be_sent_in_the_name_of_what_somebody_else_will_do(here: Story) -> None:
    assignment = give(here, RITA, "Office map")
    form = (await here.says(MARC, "request office map")).messages[-1]
    data = _data(form, "request.submit") | {"justification": "Mine"}
    marc = here.user(MARC).id
    answers = [
        told(await here.teams.press(marc, verb="request.submit", data=data | {"form_id": claimed}))
        for claimed in (f"return/{assignment.id}", "x" * 65, "")
    ]
    await here.says(RITA, "give back office map")
    assert "too old" not in told(await here.presses(RITA, "Give back"))
    assert all("too old" in answer for answer in answers)
    assert here.requests_of(MARC) == []


@pytest.mark.parametrize(
    ("keys", "stops"),
    [({"step_up": {"catalogs": ["Company"]}}, "sign in"), ({"modes": {"catalogs": {"Company": "off"}}}, "My Access")],
)
async def test_a_package_that_cannot_be_read_is_held_to_the_strictest_rule(
    tmp_path: Path, keys: dict[str, Any], stops: str
) -> None:
    async with chosen(tmp_path) as here:
        await asked(here, justification="Q3 forecast")
        await here.stop_bot()
        here.config = Config.model_validate(keys)
        await here.start_bot()
        package = here.package_id("Sales data")
        path = rf"/accessPackages/{package}(\?.*)?$"
        here.world.faults.add(Fault(Service.GRAPH, "status", status=403, method="GET", path=path))
        await here.says(MARC, "sign in")
        (request,) = here.requests_of(RITA)
        pressed = await here.teams.press(
            here.user(MARC).id, verb="approval.approve", data={"request_id": request.id, "justification": "Fine"}
        )
        assert (pressed.login_required is not None) == (stops == "sign in")
        assert stops == "sign in" or stops in told(pressed)
        assert patches(here) == []


async def test_asking_whether_the_bot_is_ready_costs_graph_nothing_however_often(here: Story) -> None:
    before, began = len(here.graph_calls()), time.monotonic()
    async with aiohttp.ClientSession() as session:

        async def ask() -> Any:
            async with session.get(f"{here.world.bot_url}/readyz") as answer:
                return await answer.json()

        answers = await asyncio.gather(*(ask() for _ in range(40)))
        answers += [await ask() for _ in range(10)]
    assert all(answer == {"ready": True, "checks": answer["checks"]} for answer in answers)
    assert len(here.graph_calls()) - before <= 1 + time.monotonic() - began


def _data(message: dict[str, Any], verb: str) -> dict[str, Any]:
    card = message.get("shown") or message["card"]
    return dict(next(action["data"] for action in card["actions"] if action.get("verb") == verb))
