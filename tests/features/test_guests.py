"""Guests in Teams: what their tenant allows, and a way to the portal of the right tenant where it does not."""

from __future__ import annotations

from typing import Any

from sandbox.tenant.identity import TENANT_ID
from tests.support.giving import give, has
from tests.support.story import GINA, LENA, RITA, Story, told

PORTAL = f"https://myaccess.microsoft.com/@{TENANT_ID}#/"


async def signed_in(here: Story, text: str, expected: str) -> str:
    """What Gina reads; her client signs her in on a page, after which what she wrote goes on."""
    await here.says(GINA, text)
    await here.teams.complete_sign_in(here.user(GINA).id)
    await here.sees(GINA, expected)
    return here.chat(GINA)[-1]


def addresses(value: Any) -> set[str]:
    """Every address that a card opens."""
    if isinstance(value, dict):
        own = {value["url"]} if value.get("type") == "Action.OpenUrl" else set()
        return own.union(*map(addresses, value.values()))
    return set().union(*map(addresses, value)) if isinstance(value, list) else set()


async def test_a_guest_finds_asks_follows_has_and_gives_back_what_guests_may(here: Story) -> None:
    assert "How can I help?" in told(await here.says(GINA, "help"))
    offered = await signed_in(here, "request partner", "Partner workspace")
    assert "Partner portal" not in offered, "that one is for members"
    assert "cannot request this one" in told(await here.says(GINA, f"request {here.package_id('Sales data')}"))
    await here.says(GINA, "request partner workspace")
    await here.presses(GINA, "Request", justification="Our joint project")
    await here.sees(LENA, "Gina Guest asks for Partner workspace")
    assert "Waiting for approval" in told(await here.says(GINA, "my requests"))
    await here.presses(LENA, "Approve")
    await here.sees(GINA, "Your access to Partner workspace works now.")
    shown = told(await here.says(GINA, "my access"))
    assert "Partner workspace Users: Member" in shown
    assert "Sales data" not in shown
    await here.says(GINA, "give back partner workspace")
    await here.presses(GINA, "Give back")
    await here.sees(GINA, "You have given back Partner workspace.")
    assert not has(here, GINA, "Partner workspace")
    found: set[str] = set()
    for message in here.teams.messages(here.user(GINA).id):
        found |= addresses(message.get("card") or {}) | addresses(message.get("shown") or {})
    portal = {address for address in found if "myaccess" in address}
    assert portal
    assert all(address.startswith(PORTAL) for address in portal)


async def test_where_the_tenant_allows_nothing_the_portal_is_named_with_the_tenant(here: Story) -> None:
    here.world.options.licence = "none"
    await signed_in(here, "my access", "do not have the right to do this")
    (card,) = [message["card"] for message in here.teams.messages(here.user(GINA).id) if message.get("card")][-1:]
    assert addresses(card) == {f"{PORTAL}access-packages"}
    here.world.options.licence = "governance"
    give(here, GINA, "Cafeteria menu")
    await here.says(GINA, "give back cafeteria")
    here.world.options.licence = "none"
    assert f"{PORTAL}access-packages" in told(await here.presses(GINA, "Give back"))
    assert has(here, GINA, "Cafeteria menu")


async def test_who_cannot_be_written_to_in_private_is_sent_to_the_portal(here: Story) -> None:
    here.world.chats.set_installed(here.user(RITA).id, False)
    give(here, RITA, "Office map")
    answered = await here.says(RITA, "my access", "channel")
    await here.teams.settle()
    said = told(answered) + "\n".join(here.chat(RITA, "channel"))
    assert f"or use My Access: {PORTAL}access-packages" in said
    assert "Office map" not in said
