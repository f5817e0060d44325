"""Approvers who are asked in a channel: everybody there sees that a request waits, and only they see whose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.config import Config
from sandbox.connector.state import CHANNEL_ID
from tests.support.story import LENA, MARC, RITA, Story, read, story, told

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
WAITS = "A request for Sales data waits for a decision"
WHOSE = "Rita Requester asks for Sales data"
OVER = "The request for Sales data is decided or over."


async def begin(here: Story) -> None:
    here.config = Config.model_validate({"approval_channels": {"packages": {"sales data": CHANNEL_ID}}})
    await here.start_bot()
    here.world.clock.set(MONDAY)
    here.forget_other_requests()
    for person in (MARC, LENA):
        await here.says(person, "help")


async def asks(here: Story) -> None:
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")


async def test_a_channel_names_nobody_and_its_approver_decides_there(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        await begin(here)
        await here.says(MARC, "approvals")  # has signed in before
        await asks(here)
        card = await here.sees(LENA, WAITS)
        assert "Rita" not in str(card["card"])
        assert "Q3 forecast" not in str(card["card"])
        await here.teams.look(here.user(MARC).id, "channel")
        mine = read(await here.sees(MARC, WHOSE))
        assert "Q3 forecast" in mine
        assert "You are the manager of Rita Requester." in mine
        assert here.count(MARC, WHOSE) == 0, "no card of his own as well"
        await here.teams.look(here.user(LENA).id, "channel")
        peek = told(await here.teams.press(here.user(LENA).id, "Show it to me", message_id=card["id"]))
        assert "Q3 forecast" not in peek + "\n".join(here.chat(LENA, "channel"))
        await here.sees(LENA, "not an approver")
        decided = await here.teams.press(here.user(MARC).id, "Approve", message_id=card["id"])
        assert "You approved this" in told(decided)
        await here.sees(RITA, "Your access to Sales data works now.")
        await here.sees(LENA, OVER)
        public = "\n".join(here.chat(LENA, "channel"))
        assert "Rita" not in public
        assert "Marc" not in public
        patches = [call for call in here.graph_calls() if call.method == "PATCH"]
        assert [(call.status, call.identity) for call in patches] == [(204, MARC)]


async def test_what_ends_elsewhere_is_over_in_the_channel_and_in_the_views_of_it(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        await begin(here)
        await here.says(MARC, "approvals")
        for end in ("cancelled", "decided"):
            await asks(here)
            card = await here.sees(LENA, WAITS)
            await here.teams.look(here.user(MARC).id, "channel")
            await here.sees(MARC, WHOSE)
            request = here.requests_of(RITA)[-1]
            if end == "cancelled":
                here.portal.cancel(here.user(RITA).id, request.id)
            else:
                here.portal.decide(here.user(MARC).id, request.id, approve=False, justification="Not now")
            await here.pass_time()
            await here.until(partial(_is_over, here, card["id"]), f"{end} elsewhere, the card of the channel says so")
            late = told(
                await here.teams.press(here.user(MARC).id, verb="approval.approve", data={"request_id": request.id})
            )
            assert "The request was cancelled." in late if end == "cancelled" else "You denied this." in late
        assert not [call for call in here.graph_calls() if call.method == "PATCH"]


async def _is_over(here: Story, message_id: str) -> bool:
    messages = here.teams.messages(here.user(LENA).id, "channel")
    return any(one["id"] == message_id and OVER in read(one) for one in messages)


async def test_signing_in_for_a_press_in_a_channel_happens_in_private(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        await begin(here)
        await asks(here)
        card = await here.sees(MARC, WAITS)
        await here.teams.press(here.user(MARC).id, "Show it to me", message_id=card["id"])
        await here.sees(MARC, WHOSE)
        assert here.count(MARC, WHOSE) == 1, "after the sign-in it is shown where nobody else looks"
        assert "sign" not in "\n".join(here.chat(LENA, "channel")).lower()
        await here.presses(MARC, "Approve")
        await here.sees(LENA, OVER)


async def test_where_the_channel_cannot_be_reached_approvers_hear_of_it_themselves(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        await begin(here)
        await here.teams.uninstall(here.user(MARC).id, "channel")
        await asks(here)

        async def is_told() -> bool:
            here.world.clock.advance(timedelta(minutes=1))
            await here.poll()
            return here.count(MARC, "1 request waits for your decision") == 1

        await here.until(is_told, "Marc reads a summary instead")
        await here.presses(MARC, "Review Rita Requester: Sales data")
        await here.presses(MARC, "Approve")
        await here.sees(RITA, "Your access to Sales data works now.")
