"""Access that ends: told in time, on one card a day, kept or let go, and offered again when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import NotAllowed
from sandbox.faults import Fault
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.lifecycle import Lifecycle
from sandbox.services import Service
from tests.features.test_my_access import pressed_data
from tests.support.giving import allow, give, has, held, policy_of
from tests.support.moments import BEGIN, monday_after
from tests.support.story import MARC, RITA, SAM, Story, told

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = monday_after(BEGIN + timedelta(days=98), AMSTERDAM)
FRIDAY = MONDAY + timedelta(days=4)
SOON = "Extend keeps what is ticked"


def go_to(here: Story, at: datetime) -> None:
    here.world.clock.advance(max(at - here.world.clock.now(), timedelta()))


async def looks_ahead_at(here: Story, at: datetime) -> None:
    """A round at this moment; the bot learns the time from what Graph answers."""
    go_to(here, at)
    await here.poll()
    await here.look_ahead()


def ends(here: Story, name: str, package: str, at: datetime) -> None:
    """Let access end then, whatever the policy says."""
    assignment = held(here, name, package)
    Lifecycle(here.world).expire_at(assignment, at.astimezone(UTC), assignment.created_at)


async def with_access(here: Story, *packages: str, name: str = RITA) -> None:
    await here.says(name, "help")
    for package in packages:
        give(here, name, package)


async def reads(here: Story, count: int, text: str = SOON, name: str = RITA) -> None:
    """Wait until there are so many messages with this text."""

    async def is_so() -> bool:
        return here.count(name, text) == count

    await here.until(is_so, f"{name} reads {text!r} {count} times")


async def test_one_card_a_day_tells_what_ends_and_nothing_is_told_twice(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Sales data", "Audit archive", "Office map")
    ends(here, RITA, "Sales data", MONDAY + timedelta(days=14, hours=3))
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=5))
    await looks_ahead_at(here, MONDAY - timedelta(days=1))
    assert here.count(RITA, SOON) == 0
    await looks_ahead_at(here, MONDAY)
    card = await here.sees(RITA, "2 access packages end soon")
    assert "Sales data" in str(card["card"])
    assert "Audit archive" in str(card["card"])
    assert "Office map" not in str(card["card"])
    await here.stop_bot()
    await here.start_bot()
    for hours in (1, 2, 24, 48):
        await looks_ahead_at(here, MONDAY + timedelta(hours=hours))
    assert here.count(RITA, SOON) == 1
    # They end on a Monday: the last notice would be on Sunday, so Friday's covers it.
    await looks_ahead_at(here, MONDAY + timedelta(days=10, hours=5))
    assert here.count(RITA, SOON) == 1
    await looks_ahead_at(here, MONDAY + timedelta(days=11))
    await reads(here, 2)
    await looks_ahead_at(here, MONDAY + timedelta(days=12))
    await looks_ahead_at(here, MONDAY + timedelta(days=13, hours=3))
    assert here.count(RITA, SOON) == 2
    assert here.count(MARC, SOON) == 0


async def test_own_quiet_hours_hold_for_the_end_of_access_too(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive")
    await here.says(RITA, "settings quiet hours 7:00 to 15:00")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=3))
    await looks_ahead_at(here, MONDAY)
    assert here.count(RITA, SOON) == 0
    await looks_ahead_at(here, MONDAY + timedelta(hours=5, minutes=5))
    await reads(here, 1)


async def test_the_list_is_read_a_few_times_a_day_and_not_person_by_person(here: Story) -> None:
    go_to(here, MONDAY)
    await with_access(here, "Office map")
    before = len(here.graph_calls())
    for minutes in range(0, 60, 5):
        await looks_ahead_at(here, MONDAY + timedelta(minutes=minutes))
    calls = [call.path for call in here.graph_calls()[before:] if "/assignments" in call.path]
    pages = -(-len(here.world.tenant.assignments) // here.world.options.page_size)
    assert 1 <= len(calls) <= pages


async def test_several_are_kept_from_the_card_and_each_says_how_it_ended(here: Story) -> None:
    policy_of(here, "Audit archive").settings["requestApprovalSettings"]["isApprovalRequiredForUpdate"] = True
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Sales data", "Audit archive", "Office map", "Purchase orders")
    allow(here, "Purchase orders", enableTargetsToSelfUpdateAccess=False)
    for package in ("Sales data", "Audit archive", "Purchase orders"):
        ends(here, RITA, package, MONDAY + timedelta(days=14, hours=3))
    await looks_ahead_at(here, MONDAY)
    card = await here.sees(RITA, "3 access packages end soon")
    assert "It cannot be extended, but asked for again." in str(card["card"])
    again = told(await here.presses(RITA, "Extend"))
    assert "Please say why you still need it." in again
    assert "Asked for more time" in again
    await here.sees(SAM, "Rita Requester asks for Audit archive")
    await here.presses(RITA, "Extend", justification="Still in sales")
    await here.sees(RITA, "Your access to Sales data goes on until")
    await here.presses(SAM, "Approve")
    await here.sees(RITA, "Your access to Audit archive goes on until")
    await reads(here, 1, "Nothing is left to decide here")

    async def are_extended() -> bool:
        card = await here.sees(RITA, "Nothing is left to decide here")
        return str(card["card"]).count("Extended until") == 2

    await here.until(are_extended, "both lines say until when")
    await looks_ahead_at(here, MONDAY + timedelta(days=11))
    await reads(here, 0, "ends in")


async def test_who_lets_it_end_is_not_asked_again_and_can_still_change_their_mind(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=3))
    await looks_ahead_at(here, MONDAY)
    await here.sees(RITA, "Audit archive ends")
    assert "You do not want to extend it" in told(await here.presses(RITA, "Do not extend"))
    assert "It ends as planned" in told(await here.says(RITA, "let go audit archive"))
    assert "Audit archive" in told(await here.says(RITA, "let go")), "the list of what one has"
    await looks_ahead_at(here, MONDAY + timedelta(days=11))
    await looks_ahead_at(here, MONDAY + timedelta(days=15))
    assert here.count(RITA, SOON) == 0
    assert here.count(RITA, "has ended") == 0
    assert not has(here, RITA, "Audit archive")


async def test_what_has_ended_can_be_asked_for_again(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive", "Sales data")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=1))
    ends(here, RITA, "Sales data", MONDAY + timedelta(days=1))
    await looks_ahead_at(here, MONDAY)
    await here.sees(RITA, SOON)
    await here.says(RITA, "give back sales data")
    await here.presses(RITA, "Give back")
    await here.sees(RITA, "You have given back Sales data.")
    await looks_ahead_at(here, MONDAY + timedelta(days=1, hours=1))
    await here.sees(RITA, "Your access to Audit archive has ended")
    form = told(await here.presses(RITA, "Ask again"))
    assert "Audit archive" in form
    assert "What happens next" in form
    for hours in (2, 30, 60):
        await looks_ahead_at(here, MONDAY + timedelta(days=1, hours=hours))
    assert here.count(RITA, "has ended") == 1


async def test_what_another_package_gives_longer_is_not_told(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Office map", "Audit archive")
    tenant = here.world.tenant
    office, archive = (tenant.packages[here.package_id(name)] for name in ("Office map", "Audit archive"))
    office.role_scopes.extend(archive.role_scopes)
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=3))
    for days in (0, 11, 15):
        await looks_ahead_at(here, MONDAY + timedelta(days=days))
    assert here.count(RITA, SOON) == here.count(RITA, "has ended") == 0
    assert has(here, RITA, "Office map")


async def test_an_extension_in_the_portal_is_seen_and_the_round_begins_anew(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=3))
    await looks_ahead_at(here, MONDAY)
    await here.sees(RITA, "Audit archive ends")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=44, hours=3))
    await looks_ahead_at(here, MONDAY + timedelta(days=1))
    await here.sees(RITA, "Extended until")
    await looks_ahead_at(here, MONDAY + timedelta(days=30))
    await here.sees(RITA, "Audit archive ends")


async def test_the_night_and_a_graph_that_refuses_put_it_off_and_lose_nothing(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=3))
    night = datetime.combine(MONDAY.date(), time(23), AMSTERDAM)
    await looks_ahead_at(here, night)
    assert here.count(RITA, SOON) == 0
    here.world.faults.add(Fault(Service.GRAPH, "status", status=403, path=r"/assignments\?", times=1))
    with pytest.raises(NotAllowed):
        await looks_ahead_at(here, night + timedelta(hours=11))
    assert here.count(RITA, SOON) == 0
    await looks_ahead_at(here, night + timedelta(hours=12))
    await here.sees(RITA, "Audit archive ends")


async def test_nobody_presses_the_card_of_somebody_else(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=3))
    await looks_ahead_at(here, MONDAY)
    await here.sees(RITA, "Audit archive ends")
    await here.says(MARC, "help")
    data = await pressed_data(here, RITA, "expiry.extend")
    chosen = held(here, RITA, "Audit archive").id
    for verb in ("expiry.extend", "expiry.let_go"):
        pressed = await here.teams.press(here.user(MARC).id, verb=verb, data={**data, "chosen": chosen})
        assert "too old to use" in told(pressed)
    assert len(here.requests_of(RITA)) == 1


async def test_an_extension_that_is_denied_can_be_tried_again_and_a_busy_graph_hides_no_outcome(here: Story) -> None:
    policy_of(here, "Audit archive").settings["requestApprovalSettings"]["isApprovalRequiredForUpdate"] = True
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive")
    ends(here, RITA, "Audit archive", MONDAY + timedelta(days=14, hours=3))
    await looks_ahead_at(here, MONDAY)
    await here.sees(RITA, "Audit archive ends")
    await here.presses(RITA, "Extend")
    await here.sees(RITA, "Asked for more time")
    await here.sees(SAM, "Rita Requester asks for Audit archive")
    await here.presses(SAM, "Deny", justification="Not this time")
    await reads(here, 0, "Asked for more time")
    await reads(here, 1)
    await here.presses(RITA, "Extend")
    await here.sees(RITA, "Asked for more time")
    here.world.faults.add(Fault(Service.GRAPH, "status", status=503, path=r"/assignments\?", times=4))
    await reads(here, 2, "Rita Requester asks for Audit archive", SAM)
    await here.presses(SAM, "Approve")
    await here.sees(RITA, "Extended until")


async def test_what_was_given_back_in_the_portal_is_not_offered_any_more(here: Story) -> None:
    go_to(here, MONDAY - timedelta(days=60))
    await with_access(here, "Audit archive", "Sales data")
    for package in ("Audit archive", "Sales data"):
        ends(here, RITA, package, MONDAY + timedelta(days=14, hours=3))
    await looks_ahead_at(here, MONDAY)
    await here.sees(RITA, "2 access packages end soon")
    back = {"requestType": "userRemove", "assignment": {"id": held(here, RITA, "Audit archive").id}}
    Entitlement(here.world).create_request(here.user(RITA).id, back)
    await here.says(RITA, "extend sales data")
    await here.presses(RITA, "Extend", justification="Still in sales")
    await here.sees(RITA, "Your access to Sales data goes on until")
    await here.sees(RITA, "You do not have this any more.")
