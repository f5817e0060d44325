"""Asking for access in the browser: a form with every type of question, for somebody else, and for several at once."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Picture
from tests.browser.window import NARROW, People
from tests.support.giving import give
from tests.support.story import RITA, Story

pytestmark = pytest.mark.browser


async def test_a_form_with_every_type_of_question(people: People, here: Story, picture: Picture) -> None:
    rita = await people.sits_down("requester", behind_the_scenes=False)
    await rita.says("request travel booking")
    form = await rita.sees("What happens next")
    await rita.types("Cost centre", "WG-1234")
    await rita.types("What is the trip for?", "A fair\nin Utrecht")
    await form.get_by_label("Region").select_option("EMEA")
    for service in ("Train", "Hotel"):
        await form.get_by_label(service, exact=True).check()
    await rita.types("For how long?", "2 years")
    await rita.presses("Request")
    await rita.sees("“Until” is too late. The latest possible day is")
    again = rita.newest
    await expect(again.get_by_label("Cost centre")).to_have_value("WG-1234")
    await expect(again.get_by_label("What is the trip for?")).to_have_value("A fair\nin Utrecht")
    await expect(again.get_by_label("Region")).to_have_value("EMEA")
    await expect(again.get_by_label("Train", exact=True)).to_be_checked()
    await expect(again.get_by_label("Plane", exact=True)).not_to_be_checked()
    await rita.types("For how long?", "2 weeks")
    await rita.photograph(picture("form-questions.png"))
    await rita.presses("Request")
    await rita.sees("Your access works")
    (request,) = here.requests_of(RITA)
    assert [answer["value"] for answer in request.answers] == ["WG-1234", "A fair\nin Utrecht", "EMEA", "train,hotel"]
    assert request.schedule["expiration"]["type"] == "afterDateTime"


async def test_a_request_in_words_and_what_a_teammate_has(people: People, here: Story, picture: Picture) -> None:
    give(here, "Asa Assigner", "Sales data")
    give(here, "Asa Assigner", "Office map")
    rita = await people.sits_down("requester", {**NARROW, "height": 920}, behind_the_scenes=False)
    await rita.says("request travel booking because a fair in Lisbon; 1: WG-1234; until 24 December")
    await rita.sees("Missing. Choices: a) Europe")
    assert not await rita.is_too_wide()
    await rita.photograph(picture("form-in-words.png"))
    await rita.presses("Open the form")
    form = await rita.sees("What happens next")
    await expect(form.get_by_label("Cost centre")).to_have_value("WG-1234")
    await form.get_by_label("Region").select_option("EMEA")
    await rita.presses("Request")
    await rita.sees("Your access works")
    await rita.says("my access")
    await rita.presses("Compare with my team")
    await rita.presses("Compare with Asa Assigner")
    await rita.sees("2 access packages that you could ask for as well")
    assert not await rita.is_too_wide()
    await rita.photograph(picture("compare.png"))
    await rita.presses("Request Sales data")
    await rita.sees("Why do you need it?")


async def test_a_manager_asks_for_somebody_in_their_team(people: People, here: Story, picture: Picture) -> None:
    marc = await people.sits_down("manager", NARROW, scheme="dark", behind_the_scenes=False)
    await marc.says("request team laptop")
    form = await marc.sees("What happens next")
    await form.get_by_label("Who is it for?").select_option("Rita Requester")
    await marc.types("Why is it needed?", "She is new here")
    assert not await marc.is_too_wide()
    await marc.photograph(picture("form-on-behalf.png"))
    rita = await people.sits_down("requester", behind_the_scenes=False)
    await rita.says("help")
    await rita.sees("How can I help?")
    await marc.presses("Request")
    await marc.sees("Rita Requester's access to Team laptop works now.")
    await rita.sees("Your access to Team laptop works now.")


async def test_several_at_once(people: People, here: Story, picture: Picture) -> None:
    rita = await people.sits_down("requester", behind_the_scenes=False)
    await rita.says("request sales data, office map")
    await rita.sees("Several at once")
    await rita.types("Why do you need it?", "New job")
    await rita.photograph(picture("form-several.png"))
    await rita.presses("Request all 2")
    await rita.sees("How it went")
    await rita.sees("Your access to Office map works now.")
    assert len(here.requests_of(RITA)) == 2
