"""What people have: seen, kept longer, given back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain import RequestState
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import stable_id
from tests.support.giving import allow, end_of, give, has, held, lasts, policy_of
from tests.support.requests import noticed
from tests.support.rounds import Rounds, slow_graph
from tests.support.story import MARC, RITA, SAM, Story, story, told

FILING = r"/assignmentRequests$"
A_WHILE = timedelta(minutes=31)


def pass_days(here: Story, days: float) -> None:
    here.world.clock.advance(timedelta(days=days))


def filed(here: Story, kind: str) -> list[Any]:
    return [request for request in here.requests_of(RITA) if request.request_type == kind]


async def pressed_data(here: Story, name: str, verb: str) -> dict[str, Any]:
    """What the newest button of this kind would send."""
    for message in reversed(here.teams.messages(here.user(name).id)):
        for action in reversed(list(_actions(message.get("shown") or message.get("card") or {}))):
            if action.get("verb") == verb:
                return dict(action["data"])
    raise AssertionError(f"{name} sees no button for {verb}")


def _actions(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("type") == "Action.Execute":
            yield value
        for member in value.values():
            yield from _actions(member)
    elif isinstance(value, list):
        for member in value:
            yield from _actions(member)


async def test_one_sees_what_one_has_what_ends_first_comes_first(here: Story) -> None:
    assert "no access through access packages" in told(await here.says(RITA, "my access"))
    for package in ("Office map", "Sales data", "Audit archive"):
        give(here, RITA, package)
    before = len(here.graph_calls())
    shown = told(await here.says(RITA, "my access"))
    assert shown.index("Audit archive") < shown.index("Sales data") < shown.index("Office map")
    assert "in 4 weeks" in shown
    assert "Without an end" in shown
    assert "Sales Readers: Member · Sales Portal: Viewer" in shown
    assert "Open the site audit" in shown
    calls = here.graph_calls()[before:]
    first = [call for call in calls if "filterByCurrentUser" in call.path]
    second = [call for call in calls if "resourceRoleScopes" in call.path or "/assignmentPolicies/" in call.path]
    assert {call.identity for call in first} == {RITA}
    assert [call.path for call in calls if call not in first and call not in second and "$batch" not in call.path] == []
    assert max(calls.index(call) for call in first) < min(calls.index(call) for call in second)
    assert sum("$batch" in call.path for call in calls) <= 2  # both in the second round
    found = told(await here.says(RITA, "my access portal"))
    assert "Sales data" in found
    assert "Office map" not in found
    assert "Audit archive" in told(await here.says(RITA, "my access adit archve"))
    assert "nothing that fits “zebra”" in told(await here.says(RITA, "my access zebra"))


async def test_the_list_takes_two_rounds_and_so_does_extending(tmp_path: Path) -> None:
    rounds = Rounds()
    async with story(tmp_path, watching=[rounds.middleware]) as here:
        await here.says(RITA, "my access")
        for package in ("Office map", "Sales data", "Audit archive"):
            give(here, RITA, package)
        pass_days(here, 20)
        with slow_graph(here, rounds):
            shown = told(await here.says(RITA, "my access"))
        assert "Sales Readers: Member" in shown
        assert 1 <= rounds.in_sequence() <= 2, rounds.spans
        await here.says(RITA, "extend audit archive")
        with slow_graph(here, rounds):
            await here.presses(RITA, "Extend")
        (post,) = [span for span in rounds.spans if span[2].endswith("/assignmentRequests")]
        rounds.spans[:] = [span for span in rounds.spans if span[1] <= post[1]]
        assert 1 <= rounds.in_sequence() <= 2, rounds.spans


async def test_a_long_list_has_pages(here: Story) -> None:
    packages = ("Office map", "Purchase orders", "Cafeteria menu", "Auditor desk", "Audit archive", "Sales data")
    for package in (*packages, "Müller's R&D 100 %"):
        give(here, RITA, package)
    shown = told(await here.says(RITA, "my access"))
    assert "1 to 6 of 7" in shown
    assert "Office map" not in shown
    shown = told(await here.presses(RITA, "Show more"))
    assert "7 to 7 of 7" in shown
    assert "Office map" in shown
    assert "1 to 6 of 7" in told(await here.presses(RITA, "Back"))


async def test_where_it_opens_is_told_once_it_is_known(here: Story) -> None:
    give(here, RITA, "Sales data")
    portal = next(app for app in here.world.tenant.apps.values() if app.display_name == "Sales Portal")
    portal.homepage = "https://portal.woodgrove.example/sales"
    readers = here.world.tenant.groups[stable_id("group/Sales Readers")]
    readers.has_team = True
    doorman = next(app for app in here.world.tenant.apps.values() if app.display_name == "Doorman")
    first = told(await here.says(RITA, "my access"))
    assert "Open My Apps" in first
    assert "Open the team Sales Readers" not in first
    again = told(await here.says(RITA, "my access"))
    assert "Open the team Sales Readers" in again
    assert "Open Sales Portal" not in again, "without the permission nobody can know"
    doorman.application_permissions.add("Application.Read.All")
    await here.stop_bot()
    await here.start_bot()
    await here.says(RITA, "my access")
    assert "Open Sales Portal" in told(await here.says(RITA, "my access"))


async def test_an_assignment_in_trouble_says_so(here: Story) -> None:
    packages = {"Office map": "partiallyDelivered", "Audit archive": "deliveryFailed", "Purchase orders": "delivering"}
    for package in packages:
        give(here, RITA, package)
    for package, state in packages.items():
        held(here, RITA, package).state = state  # type: ignore[assignment]  # the names are those of the type
    shown = told(await here.says(RITA, "my access"))
    assert "Partly set up" in shown
    assert "Could not be set up" in shown
    assert "Being set up" in shown
    assert "Ask again" in shown


async def test_what_may_be_extended_at_once_is(here: Story) -> None:
    give(here, RITA, "Sales data")
    assert "for as long as the rules allow" in told(await here.says(RITA, "extend sales data"))
    pass_days(here, 60)
    before = end_of(here, RITA, "Sales data")
    offer = told(await here.says(RITA, "extend sales data"))
    assert "Nobody has to approve this" in offer
    assert "Please answer" in told(await here.presses(RITA, "Extend"))
    assert filed(here, "userUpdate") == []
    before_it = len(here.chat(RITA))
    await here.presses(RITA, "Extend", justification="Still in sales")
    await here.sees(RITA, "Extended until")
    await here.sees(RITA, "Your access to Sales data goes on until")
    assert len(here.chat(RITA)) == before_it + 1, "one message says it, and the card that was pressed"
    assert end_of(here, RITA, "Sales data") > before + timedelta(days=50)
    assert [request.justification for request in here.requests_of(RITA)] == ["Needed", "Still in sales"]
    assert here.count(MARC, "Sales data") == 0


async def test_a_period_is_typed_in_plain_words_and_kept_when_it_is_wrong(here: Story) -> None:
    allow(here, "Sales data", allowCustomAssignmentSchedule=True)
    give(here, RITA, "Sales data")
    pass_days(here, 60)
    before = end_of(here, RITA, "Sales data")
    await here.says(RITA, "extend sales data")
    for typed, problem in (
        ("for ever and ever", "a length of time or a day"),
        ("9 months", "is too late. The latest possible day is"),
        ("1 January 2020", "is in the past"),
        ("0d", "a length of time or a day"),
        ("tomorrow", "already. Please pick a later day"),
    ):
        again = told(await here.presses(RITA, "Extend", period=typed, justification="Still in sales"))
        assert problem in again, typed
    data = await pressed_data(here, RITA, "access.extend")
    assert data["ends_at"]
    await here.presses(RITA, "Extend", period="2w", justification="Still in sales")
    await here.sees(RITA, "Your access to Sales data goes on until")
    moved = end_of(here, RITA, "Sales data") - before
    assert timedelta(days=14) <= moved <= timedelta(days=15)
    assert len(here.requests_of(RITA)) == 2


async def test_an_extension_that_needs_approval_is_followed_like_a_request(here: Story) -> None:
    policy_of(here, "Audit archive").settings["requestApprovalSettings"]["isApprovalRequiredForUpdate"] = True
    give(here, RITA, "Audit archive")
    pass_days(here, 20)
    assert "Somebody has to approve this" in told(await here.says(RITA, "extend audit"))
    await here.presses(RITA, "Extend")
    await here.sees(SAM, "Rita Requester asks for Audit archive")
    await here.sees(RITA, "Waiting for")
    assert "A request about this is open" in told(await here.says(RITA, "my access"))
    assert "is open already" in told(await here.says(RITA, "extend audit"))
    await here.presses(SAM, "Deny", justification="Enough")
    await here.sees(RITA, "Denied")
    await noticed(here, here.requests_of(RITA)[-1], RequestState.DENIED)
    await here.says(RITA, "extend audit")
    await here.presses(RITA, "Extend")

    async def is_asked_again() -> bool:
        return here.count(SAM, "| Approve |") > 0

    await here.until(is_asked_again, "Sam is asked again")
    await here.presses(SAM, "Approve")
    await here.sees(RITA, "Your access to Audit archive goes on until")
    assert [request.state for request in here.requests_of(RITA)[1:]] == ["denied", "delivered"]


async def test_where_asking_again_is_closed_an_update_extends(here: Story) -> None:
    give(here, RITA, "Sales data")
    allow(here, "Sales data", enableTargetsToSelfAddAccess=False, allowCustomAssignmentSchedule=True)
    pass_days(here, 60)
    before = end_of(here, RITA, "Sales data")
    await here.says(RITA, "extend sales data")
    await here.presses(RITA, "Extend", justification="Still in sales")
    await here.sees(RITA, "Your access to Sales data goes on until")
    assert end_of(here, RITA, "Sales data") > before + timedelta(days=50)
    assert len(filed(here, "userUpdate")) == 1


async def test_what_the_rules_do_not_let_one_extend_is_said(here: Story) -> None:
    give(here, RITA, "Sales data")
    give(here, RITA, "Office map")
    allow(here, "Sales data", enableTargetsToSelfUpdateAccess=False)
    assert "do not let you extend" in told(await here.says(RITA, "extend sales data"))
    assert "lasts without an end" in told(await here.says(RITA, "extend office map"))
    assert "My access" in told(await here.says(RITA, "extend"))


async def test_pressed_twice_and_from_last_week_extends_once(here: Story) -> None:
    give(here, RITA, "Audit archive")
    pass_days(here, 20)
    await here.says(RITA, "extend audit")
    data = await pressed_data(here, RITA, "access.extend")
    await here.presses(RITA, "Extend")
    await here.sees(RITA, "goes on until")
    late = await here.teams.press(here.user(RITA).id, verb="access.extend", data=data)
    assert "Extended until" in told(late)
    assert len(here.requests_of(RITA)) == 2
    data["ends_at"] = "2026-01-01T00:00:00"
    stale = await here.teams.press(here.user(RITA).id, verb="access.extend", data=data)
    assert "changed meanwhile" in told(stale) or "as long as the rules allow" in told(stale)
    assert len(here.requests_of(RITA)) == 2


async def test_somebody_elses_access_cannot_be_touched(here: Story) -> None:
    give(here, RITA, "Audit archive")
    pass_days(here, 20)
    for command in ("extend audit", "give back audit"):
        await here.says(RITA, command)
    await here.says(MARC, "help")
    for verb in ("access.extend", "access.give_back", "access.let_go", "access.extension", "access.leaving"):
        given = await pressed_data(here, RITA, "access.extend")
        pressed = await here.teams.press(here.user(MARC).id, verb=verb, data=given)
        assert "could not find that any more" in told(pressed) or "do not have this" in told(pressed), verb
    assert len(here.requests_of(RITA)) == 1
    assert has(here, RITA, "Audit archive")


async def test_a_lost_answer_is_found_again_and_nothing_is_sent_twice(here: Story) -> None:
    give(here, RITA, "Audit archive")
    pass_days(here, 20)
    await here.says(RITA, "extend audit")
    here.world.faults.add(Fault(Service.GRAPH, "reset", method="POST", path=FILING, times=1, after=True))
    assert "on its way" in told(await here.presses(RITA, "Extend"))
    here.world.clock.advance(A_WHILE)
    await here.poll()
    await here.sees(RITA, "goes on until")
    assert len(here.requests_of(RITA)) == 2
    await here.says(RITA, "give back audit")
    here.world.faults.add(Fault(Service.GRAPH, "reset", method="POST", path=FILING, times=1, after=True))
    assert "on its way" in told(await here.presses(RITA, "Give back"))
    here.world.clock.advance(A_WHILE)
    await here.poll()
    await here.sees(RITA, "You have given back Audit archive.")
    assert len(filed(here, "userRemove")) == 1


async def test_giving_back_tells_what_is_really_lost(here: Story) -> None:
    first, second = "Project Alder | Contributor", "Project Birch | Contributor"
    for package in (first, second):
        give(here, RITA, package)
    leaving = told(await here.says(RITA, "give back alder"))
    assert "You would lose | • ProjectAlder_Contributor: Member" in leaving
    assert "You would keep | • Default Users: Member, through Project Birch" in leaving
    await here.presses(RITA, "Give back")
    await here.sees(RITA, "You have given back Project Alder | Contributor.")
    await here.sees(RITA, "You do not have this any more.")
    assert not has(here, RITA, first)
    rita = here.user(RITA).id
    assert rita in here.world.tenant.groups[stable_id("group/Default Users")].member_ids
    assert (
        "given back" in told(await here.teams.press(rita, verb="access.give_back", data=await _given(here))).casefold()
    )
    assert len(filed(here, "userRemove")) == 1


async def _given(here: Story) -> dict[str, str]:
    gone = next(each for each in filed(here, "userRemove"))
    return {"assignment_id": gone.assignment_id, "access_package_id": gone.package_id, "policy_id": gone.policy_id}


async def test_a_membership_through_another_group_is_kept(here: Story) -> None:
    tenant = here.world.tenant
    team = tenant.groups[stable_id("group/Partner Sponsors")]
    team.member_ids[here.user(RITA).id] = None
    tenant.groups[stable_id("group/Office map Users")].member_ids[team.id] = None
    give(here, RITA, "Office map")
    leaving = told(await here.says(RITA, "give back office map"))
    assert "Office map Users: Member, through Partner Sponsors" in leaving
    assert "Nothing really changes" in leaving


async def test_what_one_cannot_give_back_oneself_says_whom_to_ask(here: Story) -> None:
    give(here, RITA, "Office map")
    await here.says(RITA, "give back office map")
    allow(here, "Office map", enableTargetsToSelfRemoveAccess=False)
    here.world.clock.advance(timedelta(minutes=2))
    refused = told(await here.presses(RITA, "Give back"))
    assert "it@woodgrove.example" in refused or "do not have the right" in refused
    assert "Please ask: it@woodgrove.example" in told(await here.says(RITA, "give back office map"))
    assert has(here, RITA, "Office map")


@pytest.mark.parametrize("duration", ["P400D", None])
async def test_a_policy_that_has_become_more_generous_extends_further(here: Story, duration: str | None) -> None:
    give(here, RITA, "Audit archive")
    lasts(here, "Audit archive", duration)
    await here.says(RITA, "extend audit")
    await here.presses(RITA, "Extend")
    await here.sees(RITA, "goes on")
    assignment = held(here, RITA, "Audit archive")
    assert (assignment.ends_at is None) == (duration is None)
