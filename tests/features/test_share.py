"""Passing on access packages: links, the message extension, and links to My Access that unfold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from manifest.build import load_manifest_settings, manifest
from sandbox.connector.app_manifest import read_manifest
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID
from tests.support.story import GINA, LENA, MARC, RITA, Story, read, told

PORTAL = "https://myaccess.microsoft.com"


def link_to(package_id: str, tenant: str = "woodgrove.example") -> str:
    return f"{PORTAL}/@{tenant}#/access-packages/{package_id}"


async def signed_in(here: Story, name: str = RITA) -> str:
    await here.says(name, "sign in")
    await here.sees(name, "You are signed in")
    return here.user(name).id


def urls(card: Any) -> list[str]:
    return [action["url"] for action in card["actions"]]


async def test_a_link_comes_with_a_card_to_pass_on(here: Story) -> None:
    package = here.package_id("Sales data")
    outcome = await here.says(RITA, "link sales data")
    link, shared = [message["card"] for message in outcome.messages if message["card"]][-2:]
    address = f"{PORTAL}/@{TENANT_ID}#/access-packages/{package}"
    assert address in str(link)
    assert shared["version"] == "1.3"
    assert urls(shared) == [
        f"https://teams.microsoft.com/l/chat/0/0?users=28:{BOT_APP_ID}&message=request%20{package}",
        address,
    ]
    assert {action["type"] for action in shared["actions"]} == {"Action.OpenUrl"}


async def test_which_package_to_link_is_asked_when_it_is_not_clear(here: Story) -> None:
    assert "Which one do you want to share?" in told(await here.says(RITA, "link keys"))
    await here.presses(RITA, "Link to Vault keys")
    await here.sees(RITA, "Copy the link")
    await here.says(RITA, "request")
    assert "Which one do you want to share?" in told(await here.presses(RITA, "Share a package"))
    assert "Nothing that you can request fits" in told(await here.says(RITA, "link quantum submarine"))


async def test_the_words_of_the_deep_link_open_the_form(here: Story) -> None:
    outcome = await here.says(RITA, f"request {here.package_id('Sales data')}")
    assert "Why do you need it?" in told(outcome)


async def test_the_compose_box_shows_everything_first_and_then_what_fits(here: Story) -> None:
    rita = await signed_in(here)
    opened = await here.teams.extension.query(rita, None, "group")
    assert len(opened.results) == 25
    assert "Hidden vault" not in str(opened.answer)
    found = await here.teams.extension.query(rita, "salse data", "group")
    assert [each["title"] for each in found.results] == ["Sales data"]
    assert found.warnings == []
    picked = await here.teams.extension.pick(rita, 0, "group")
    assert picked.warnings == []
    sent = await here.teams.say(rita, "this one", "group", draft=True)
    for reader in (RITA, MARC):
        message = next(
            one for one in here.teams.messages(here.user(reader).id, "group") if one["id"] == sent.message_id
        )
        assert "Sales data" in read(message)
    nothing = await here.teams.extension.query(rita, "quantum submarine", "group")
    assert nothing.text == "Nothing that you can request fits. Try other words."


async def test_the_compose_box_knows_only_what_its_owner_may_request(here: Story) -> None:
    rita, lena = await signed_in(here), await signed_in(here, LENA)
    assert "Board papers" in str((await here.teams.extension.query(lena, "board papers")).results)
    assert "Board papers" not in str((await here.teams.extension.query(rita, "board papers")).answer)
    for words in ("hidden vault", here.package_id("Hidden vault"), "have the link"):
        assert "Hidden vault" not in str((await here.teams.extension.query(lena, words)).answer), words


async def test_a_link_to_my_access_unfolds_for_whoever_may_request_it(here: Story) -> None:
    rita = await signed_in(here)
    package = here.package_id("Sales data")
    for address in (link_to(package), link_to(package, TENANT_ID), link_to(package.upper())):
        unfolded = await here.teams.extension.unfurl(rita, address, "group")
        assert unfolded.draft is not None, address
        assert "Figures of the sales department" in json.dumps(unfolded.draft)
        assert unfolded.warnings == []


@pytest.mark.parametrize(
    "address",
    [
        "https://myaccess.microsoft.com/",
        "https://myaccess.microsoft.com/@woodgrove.example#/requests",
        "https://myaccess.microsoft.com/@woodgrove.example#/access-packages/x",
        "http://myaccess.microsoft.com/@woodgrove.example#/access-packages/{sales}",
        "https://myaccess.microsoft.com/@00000000-0000-4000-8000-000000000000#/access-packages/{sales}",
        "https://myaccess.microsoft.com/@woodgrove.example#/access-packages/{hidden}",
        "https://myaccess.microsoft.com/@woodgrove.example#/access-packages/{board}",
        "https://myaccess.microsoft.com/@woodgrove.example#/access-packages/00000000-1111-2222-3333-444444444444",
    ],
)
async def test_other_links_unfold_nothing_and_all_alike(here: Story, address: str) -> None:
    names = {"sales": "Sales data", "hidden": "Hidden vault", "board": "Board papers"}
    url = address.format(**{key: here.package_id(name) for key, name in names.items()})
    unfolded = await here.teams.extension.unfurl(await signed_in(here), url)
    assert (unfolded.status, unfolded.draft) == (200, None)
    assert unfolded.answer == {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": []}}


async def test_without_a_sign_in_it_happens_by_itself_or_with_a_page(here: Story) -> None:
    marc, gina = here.user(MARC).id, here.user(GINA).id
    assert [each["title"] for each in (await here.teams.extension.query(marc, "sales data")).results] == ["Sales data"]
    asked = await here.teams.extension.query(gina, "cafeteria")
    assert (asked.kind, asked.text) == ("silentAuth", "Sign in")
    page, _ = await here.teams.complete_sign_in(gina, asked.url, then="nothing")
    found = await here.teams.extension.query(gina, "cafeteria", state=page.code)
    assert [each["title"] for each in found.results] == ["Cafeteria menu"]


async def test_a_pasted_link_asks_for_the_sign_in_too(here: Story) -> None:
    link = link_to(here.package_id("Cafeteria menu"))
    asked = await here.teams.extension.unfurl(here.user(GINA).id, link)
    assert asked.draft is None
    assert asked.url is not None
    assert "Cafeteria" not in str(asked.answer)


async def test_nothing_unfolds_for_people_without_the_app(here: Story) -> None:
    await signed_in(here)
    await here.teams.uninstall(here.user(RITA).id)
    unfolded = await here.teams.extension.unfurl(here.user(RITA).id, link_to(here.package_id("Sales data")))
    assert (unfolded.status, unfolded.draft) == (200, None)
    assert "Sales" not in str(unfolded.answer)


async def test_the_manifest_offers_what_the_bot_answers(here: Story) -> None:
    settings = {"MicrosoftAppId": BOT_APP_ID, "PUBLIC_URL": "https://doorman.example"}
    here.world.chats.app = read_manifest(manifest(load_manifest_settings(settings)))
    rita = await signed_in(here)
    found = await here.teams.extension.query(rita, "sales data")
    assert [each["title"] for each in found.results] == ["Sales data"]
    assert (await here.teams.extension.query(rita, None)).results
    unfolded = await here.teams.extension.unfurl(rita, link_to(here.package_id("Sales data")))
    assert unfolded.draft is not None
    assert not here.world.chats.app.anonymous_links


async def test_a_slow_graph_does_not_break_the_compose_box(here: Story) -> None:
    rita = await signed_in(here)
    here.world.faults.set_latency(Service.GRAPH, 5_000)
    slow = await here.teams.extension.query(rita, "sales data")
    assert (slow.kind, slow.text) == ("message", "That takes longer than usual. Please try again in a moment.")
    here.world.faults.set_latency(Service.GRAPH, 0)

    async def answers() -> bool:
        return bool((await here.teams.extension.query(rita, "sales data")).results)

    await here.until(answers, "the second search has what the first one fetched")
    assert sum("accessPackages/filterByCurrentUser" in call.path for call in here.graph_calls()) == 1
