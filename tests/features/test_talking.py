"""What people type, in any shape, gets an answer; private answers stay private."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands import listed_commands
from bot.config import load_config
from bot.dispatch import Audience
from tests.support.story import ADAM, LENA, RITA, ROOT, Story, story, told


@pytest.mark.parametrize("greeting", ["help", "hi", "Hello", "HELP !", "  hey  ", "?"])
async def test_a_greeting_shows_what_one_can_do(here: Story, greeting: str) -> None:
    card = told(await here.says(RITA, greeting))
    for command in listed_commands():
        if command.name != "help":
            assert (command.title in card) is (command.audience is Audience.EVERYBODY)
    assert "it@woodgrove.example" in card


async def test_leads_and_administrators_are_offered_what_is_for_them(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await here.start_bot()
        lead, administrator = told(await here.says(LENA, "help")), told(await here.says(ADAM, "help"))
    assert "Enrol from a file" in lead
    assert "Health" not in lead
    assert "New package" in administrator
    assert "Enrol from a file" not in administrator


async def test_every_offered_command_is_also_a_button_and_answers(here: Story) -> None:
    for command in listed_commands():
        if command.name in ("help", "sign out") or command.audience is not Audience.EVERYBODY:
            continue
        await here.says(RITA, "help")
        await here.presses(RITA, command.title)
    for answer in ("What you can request", "My requests", "Waiting for you", "You are signed in", "Doorman"):
        await here.sees(RITA, answer)


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [("aprovals", "approvals"), ("my reqests", "my requests"), ("requst sales data", "request sales data")],
)
async def test_a_typing_mistake_is_understood_as_a_suggestion(here: Story, typed: str, suggested: str) -> None:
    answer = told(await here.says(RITA, typed))
    assert "Did you mean" in answer
    assert suggested in answer


async def test_a_suggestion_can_be_pressed(here: Story) -> None:
    await here.says(RITA, "requst sales data")
    await here.presses(RITA, "request sales data")
    await here.sees(RITA, "Why do you need it?")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\u200b",
        "🙂",
        "<b>help</b><script>alert(1)</script>",
        "مرحبا، أحتاج إلى الوصول",
        "x" * 10_000,
        "{}[]()*_~`#",
    ],
)
async def test_any_text_gets_a_friendly_answer(here: Story, text: str) -> None:
    outcome = await here.says(RITA, text)
    assert outcome.status == 201
    assert "Request access" in told(outcome)
    assert "My requests" in told(outcome)


async def test_words_that_name_a_package_lead_to_it(here: Story) -> None:
    answer = told(await here.says(RITA, "sales data"))
    assert "request sales data" in answer


async def test_a_name_that_is_markdown_is_shown_as_written(here: Story) -> None:
    await here.says(RITA, "request click me")
    form = await here.sees(RITA, "[Click me](https://evil.example) **bold**")
    headings = [element["text"] for element in form["card"]["body"] if element.get("style") == "heading"]
    assert headings[0].replace("\\", "") == "[Click me](https://evil.example) **bold**"
    assert "](http" not in headings[0]
    assert "**" not in headings[0]


async def test_what_fits_several_packages_is_a_list_to_pick_from(here: Story) -> None:
    listed = told(await here.says(RITA, "request project"))
    assert "Which one do you mean?" in listed
    everything = told(await here.says(RITA, "request"))
    assert "What you can request" in everything
    assert "Hidden vault" not in everything
    nothing = told(await here.says(RITA, "request quantum submarine"))
    assert "I found nothing like that" in nothing


async def test_a_package_picked_from_the_list_becomes_its_form_in_place(here: Story) -> None:
    listed = await here.says(RITA, "request project")
    before = len(here.chat(RITA))
    card = listed.messages[-1]
    button = next(action for action in _actions(card["card"]) if action.get("verb") == "request.form")
    await here.teams.press(here.user(RITA).id, message_id=card["id"], verb="request.form", data=button["data"])
    assert len(here.chat(RITA)) == before


async def test_asked_in_a_channel_the_answer_comes_in_private(here: Story) -> None:
    await here.says(RITA, "help")
    await here.says(RITA, "request sales data", "channel")
    await here.sees(RITA, "Why do you need it?")
    public = "\n".join(here.chat(RITA, "channel"))
    assert "Sales Readers" not in public
    assert public.count("private chat") == 1


async def test_my_requests_tells_the_state_in_words(here: Story) -> None:
    await here.says(RITA, "my requests")
    await here.sees(RITA, "My requests")
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(RITA, "Waiting for")
    listed = told(await here.says(RITA, "my requests"))
    assert "Sales data" in listed
    assert "Waiting for approval" in listed


def _actions(node: object) -> list[dict[str, object]]:
    if isinstance(node, dict):
        own = [node] if str(node.get("type", "")).startswith("Action.") else []
        return own + [action for value in node.values() for action in _actions(value)]
    if isinstance(node, list):
        return [action for value in node for action in _actions(value)]
    return []
