"""Several access packages at once: one form, a request for each, and a line for what became of each."""

from __future__ import annotations

import asyncio

from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import stable_id
from tests.features.test_request_form import field, newest, parts
from tests.support.story import MARC, RITA, Story, read, told

COST_CENTRE = "answer_" + stable_id("question/travel/cost-centre")
REGION = "answer_" + stable_id("question/travel/region")


async def test_one_form_and_one_request_for_each(here: Story) -> None:
    await here.says(RITA, "request sales data, travel booking; office map, nothing of the kind, keys")
    form = await here.sees(RITA, "Several at once")
    shown = read(form)
    assert "I found nothing like that" in shown
    assert "Which one do you mean?" in shown
    mistaken = {"justification": "New job", COST_CENTRE: "x", REGION: "EMEA", "period": "2w"}
    assert "does not have the expected form" in told(await here.presses(RITA, "Request all 3", **mistaken))
    form = newest(here, RITA)
    assert {name: field(form, name)["value"] for name in mistaken} == mistaken
    assert here.requests_of(RITA) == []
    result = told(await here.presses(RITA, "Request all 3", **{**mistaken, COST_CENTRE: "AB-1234"}))
    assert result.count("Asked. Its card tells you where it stands.") == 3
    packages = {here.world.tenant.packages[request.package_id].display_name for request in here.requests_of(RITA)}
    assert packages == {"Sales data", "Travel booking", "Office map"}
    await here.sees(MARC, "Rita Requester asks for Sales data")
    await here.sees(RITA, "Your access to Office map works now.")
    await here.sees(RITA, "Your access to Travel booking works now.")


async def test_one_failure_stops_none_of_the_others_and_a_second_press_sends_nothing_twice(here: Story) -> None:
    await here.says(RITA, "request purchase orders, office map")
    await here.sees(RITA, "Several at once")
    form = newest(here, RITA)
    here.world.tenant.packages[here.package_id("Purchase orders")].incompatible_package_ids[
        here.package_id("Office map")
    ] = None
    submit = next(part["data"] for part in parts(form["card"]) if part.get("verb") == "request.several")
    presses = [
        here.teams.press(here.user(RITA).id, message_id=form["id"], verb="request.several", data=submit)
        for _ in range(2)
    ]
    outcomes = await asyncio.gather(*presses)
    assert all("Office map | Asked." in told(each) or "Office map | On its way." in told(each) for each in outcomes)
    await here.sees(RITA, "Your access to Office map works now.")
    names = [here.world.tenant.packages[request.package_id].display_name for request in here.requests_of(RITA)]
    assert len(names) == len(set(names))


async def test_what_was_refused_is_told_on_its_line(here: Story) -> None:
    await here.says(RITA, "request office map, travel booking")
    await here.sees(RITA, "Several at once")
    fault = Fault(
        Service.GRAPH, "status", method="POST", path=r"/assignmentRequests$", status=400, times=1, body={"error": {}}
    )
    here.world.faults.add(fault)
    result = told(await here.presses(RITA, "Request all 2", **{COST_CENTRE: "AB-1234", REGION: "EMEA"}))
    assert result.count("Asked. Its card tells you where it stands.") == 1
    assert "Microsoft 365 did not accept this one. Nothing was sent." in result
    assert len(here.requests_of(RITA)) == 1


async def test_packages_are_ticked_in_a_list(here: Story) -> None:
    await here.says(RITA, "request several")
    await here.sees(RITA, "What do you need?")
    assert "Please tick at least one" in told(await here.presses(RITA, "Continue"))
    choices = {choice["title"]: choice["value"] for choice in field(newest(here, RITA), "picked")["choices"]}
    assert "Hidden vault" not in choices
    picked = ",".join((choices["Office map"], choices["Sales data"]))
    assert "Sales data" in told(await here.presses(RITA, "Continue", picked=picked))
    await here.presses(RITA, "Request all 2", justification="Both")
    await here.sees(RITA, "Your access to Office map works now.")
    await here.sees(MARC, "Rita Requester asks for Sales data")
