"""People who alter what their client sends, or call what nobody has to sign in for: nobody else comes to harm."""

from __future__ import annotations

from typing import Any

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


def _data(message: dict[str, Any], verb: str) -> dict[str, Any]:
    card = message.get("shown") or message["card"]
    return dict(next(action["data"] for action in card["actions"] if action.get("verb") == verb))
