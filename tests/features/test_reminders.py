"""Approvers are reminded of what waits, in one message, less and less often, and in peace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config
from tests.support.moments import BEGIN, monday_after
from tests.support.story import MARC, RITA, SAM, Story, read, story, told

MONDAY = monday_after(BEGIN)
WAITS = "waits for your decision"
WAIT = "wait for your decision"


@pytest.fixture
async def monday(tmp_path: Path) -> AsyncIterator[Story]:
    """A Monday morning on which nobody waits for anything."""
    async with story(tmp_path) as here:
        here.world.clock.set(MONDAY)
        here.forget_other_requests()
        yield here


async def asks(here: Story, package: str = "Sales data", approver: str = MARC) -> None:
    await here.says(RITA, f"request {package}")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(approver, f"Rita Requester asks for {package}")


async def at(here: Story, **later: float) -> None:
    """Some time after that Monday morning, when the bot has had a look."""
    here.world.clock.set(MONDAY + timedelta(**later))
    await here.poll()


async def reminders(here: Story, name: str, count: int) -> None:
    async def are_there() -> bool:
        return here.count(name, WAITS) + here.count(name, WAIT) == count

    await here.until(are_there, f"{count} reminders for {name}; there is {here.chat(name)[-4:]}")


async def test_reminders_back_off_until_the_last_call(monday: Story) -> None:
    await asks(monday)
    await at(monday, hours=23)
    await reminders(monday, MARC, 0)
    for day, count in ((1, 1), (2, 1), (3, 2), (4, 2), (7, 3), (8, 3), (11, 3)):
        await at(monday, days=day, minutes=1)
        await monday.poll()
        await reminders(monday, MARC, count)
    last = monday.teams.messages(monday.user(MARC).id, "personal")[-1]
    assert (
        last["summary"] == f"1 request waits for your decision, by Mon {MONDAY + timedelta(days=14):%-d %b, %H:%M} UTC"
    )
    card = read(last)
    assert "Rita Requester" in card
    assert "Sales data" in card


async def test_the_last_call_comes_although_it_is_night_and_no_other_does(monday: Story) -> None:
    await asks(monday)
    await at(monday, days=4, hours=13)  # Friday at 23:00: the reminder of Thursday is overdue
    await reminders(monday, MARC, 0)
    await at(monday, days=6)  # Sunday
    await reminders(monday, MARC, 0)
    await at(monday, days=6, hours=22, minutes=1)  # Monday, 8:01
    await reminders(monday, MARC, 1)
    await at(monday, days=12)  # Saturday, before the request lapses on Monday
    await reminders(monday, MARC, 1)
    await at(monday, days=13, minutes=5)  # Sunday: waiting until Monday morning would leave two hours
    await reminders(monday, MARC, 1)


async def test_what_lapses_on_a_free_day_is_called_for_before_it(monday: Story) -> None:
    monday.world.clock.set(MONDAY + timedelta(days=5, hours=10))  # Saturday at 20:00, for two weeks
    await asks(monday)
    await at(monday, days=7, minutes=1)
    await reminders(monday, MARC, 1)
    await at(monday, days=11, hours=10)  # Friday at 20:00
    await reminders(monday, MARC, 1)
    await at(monday, days=14)  # Monday
    await reminders(monday, MARC, 2)
    await at(monday, days=18, hours=8, minutes=5)  # Friday at 18:05, when it can wait for another two hours
    await reminders(monday, MARC, 2)
    await at(monday, days=18, hours=10, minutes=5)  # Friday at 20:05: on Monday there would be nothing to decide
    await reminders(monday, MARC, 3)


async def test_several_requests_are_one_reminder_and_what_is_decided_leaves_it(monday: Story) -> None:
    await asks(monday)
    await asks(monday, "Finance reports")
    await at(monday, days=1, minutes=1)
    await monday.sees(MARC, "2 requests wait for your decision")
    await monday.presses(MARC, "Show all that waits")
    await monday.sees(MARC, "Waiting for you: 2 requests")
    monday.portal.decide(monday.user(MARC).id, monday.requests_of(RITA)[0].id, approve=True)
    await at(monday, days=1, hours=1)
    await monday.sees(MARC, "1 request waits for your decision")
    monday.portal.decide(monday.user(MARC).id, monday.requests_of(RITA)[1].id, approve=False, justification="No")
    await at(monday, days=1, hours=2)
    await monday.sees(MARC, "Nothing here waits for you any more.")


async def test_who_has_decided_is_not_reminded(monday: Story) -> None:
    await asks(monday, "Finance reports")
    await monday.presses(MARC, "Approve")
    await monday.sees(SAM, "Rita Requester asks for Finance reports")
    await at(monday, days=1, hours=1)
    await monday.sees(SAM, WAITS)
    await reminders(monday, MARC, 0)


async def test_many_approvers_get_a_summary_in_the_morning_instead_of_a_card(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(cards_up_to_approvers=2)
        await here.start_bot()
        here.world.clock.set(MONDAY)
        here.forget_other_requests()
        await here.says(SAM, "help")
        await here.says(RITA, "request design tools")
        await here.presses(RITA, "Request", justification="Drafts")
        await here.poll()
        await at(here, hours=1)
        assert here.count(SAM, "asks for Design tools") == 0
        await at(here, hours=22, minutes=5)
        await here.sees(SAM, "1 request waits for your decision")
        await here.presses(SAM, "Review Rita Requester: Design tools")
        await here.sees(SAM, "Rita Requester asks for Design tools")
        await here.presses(SAM, "Approve", justification="Fine")
        await here.sees(RITA, "Your access to Design tools works now.")


async def test_a_muted_package_sends_no_card_and_is_named_in_the_last_call(monday: Story) -> None:
    await asks(monday)
    monday.portal.decide(monday.user(MARC).id, monday.requests_of(RITA)[0].id, approve=False, justification="No")
    await monday.poll()
    assert "No more cards for Sales data" in told(await monday.says(MARC, "mute sales data"))
    assert "Nobody has asked you to decide about an access package “tea”" in told(await monday.says(MARC, "mute tea"))
    await monday.says(RITA, "request Sales data")
    await monday.presses(RITA, "Request", justification="Once more")
    await monday.poll()
    for days in (1, 3, 7):
        await at(monday, days=days, minutes=2)
    assert monday.count(MARC, "asks for Sales data") == 1
    await reminders(monday, MARC, 0)
    await asks(monday, "Finance reports")
    await at(monday, days=8, minutes=4)
    other = read(await monday.sees(MARC, "1 request waits for your decision"))
    assert "Finance reports" in other
    assert "Sales data" not in other, "what is muted is not named beside it"
    monday.portal.decide(monday.user(MARC).id, monday.requests_of(RITA)[2].id, approve=False, justification="No")
    await at(monday, days=9)

    async def is_closed() -> bool:
        await monday.pass_time()  # again where a look was under way when time moved on
        return monday.count(MARC, "Nothing here waits for you any more.") == 1

    await monday.until(is_closed, "the reminder says that nothing waits any more")
    assert "Waiting for you" in told(await monday.says(MARC, "approvals"))
    await at(monday, days=13, hours=21, minutes=5)  # Monday at 8:05: the last call waited for the end of Sunday
    await reminders(monday, MARC, 1)
    await monday.presses(MARC, "Fewer cards")
    await monday.presses(MARC, "Cards for Sales data")
    await monday.sees(MARC, "You get cards for Sales data again")


async def test_who_wants_a_daily_summary_gets_no_cards_and_reads_all_in_the_morning(monday: Story) -> None:
    assert "come in one summary" in told(await monday.says(MARC, "settings requests to decide daily"))
    for package in ("Sales data", "Finance reports"):
        await monday.says(RITA, f"request {package}")
        await monday.presses(RITA, "Request", justification="Q3 forecast")
    await monday.poll()
    await at(monday, hours=3)
    assert monday.count(MARC, "asks for") == 0
    await at(monday, hours=22, minutes=5)
    await monday.sees(MARC, "2 requests wait for your decision")
    await monday.presses(MARC, "Review Rita Requester: Sales data")
    assert "You are the manager of Rita Requester." in read(
        await monday.sees(MARC, "Rita Requester asks for Sales data")
    )


async def test_own_quiet_hours_count_for_reminders(monday: Story) -> None:
    assert "Quiet hours look like 18:00-8:00." in told(await monday.says(MARC, "settings quiet hours soon"))
    assert "in your quiet hours: 09:00-15:00" in told(await monday.says(MARC, "settings quiet hours 9 to 15:00"))
    await asks(monday)
    await at(monday, days=1, minutes=1)  # 11:01 in Amsterdam
    await reminders(monday, MARC, 0)
    await at(monday, days=1, hours=4, minutes=10)
    await reminders(monday, MARC, 1)
