"""Somebody chooses a language on the settings card, and reads it from then on."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Picture
from tests.browser.window import NARROW, People

pytestmark = pytest.mark.browser


async def test_the_card_turns_german_and_takes_a_city_for_a_time_zone(people: People, picture: Picture) -> None:
    rita = await people.sits_down("requester", behind_the_scenes=False)
    await rita.says("settings")
    await rita.sees("These are for you alone")
    card = rita.messages.last
    await card.get_by_label("Language", exact=False).select_option("de")
    await rita.types("Time zone", "Wein")
    await rita.presses("Save")
    await rita.sees("I do not know the time zone “Wein”.")
    await expect(card.get_by_role("textbox", name="Time zone")).to_have_value("Wein")
    await rita.types("Time zone", "Vienna")
    await rita.presses("Save")
    await rita.sees("Alle Zeiten stehen ab jetzt in der Zeitzone Europe/Vienna.")
    await rita.photograph(picture("settings.png"))
    await expect(rita.messages).to_have_count(2)  # what she wrote, and the card


async def test_german_fits_on_a_narrow_screen_in_the_dark(people: People) -> None:
    rita = await people.sits_down("requester", NARROW, scheme="dark", behind_the_scenes=False)
    await rita.says("settings language de")
    await rita.sees("Ich schreibe Ihnen ab jetzt auf Deutsch.")
    await rita.says("beantragen sales data")
    await rita.sees("Wofür brauchen Sie das?")
    assert not await rita.is_too_wide()
