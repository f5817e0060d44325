"""Invokes that ask: choices while somebody types, cards for the compose box, links that unfold."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.dispatch import Router
from bot.errors import NotFound, SignInNeeded
from bot.invokes import Choice, Choices, ChoiceSearch, Composed, ComposeQuestion, ComposeSearch, PastedLink, Shareable
from bot.teams.texts import Texts
from bot.turn import Actor, Conversation, ConversationKind, Incoming, Reply, SignInPrompt, Turn
from sandbox.tenant.identity import TENANT_ID
from tests.unit.teams_support import OWN, RITA, Stage, staged

TEXTS = Texts()
LINK = "https://myaccess.microsoft.com/@woodgrove.example#/access-packages/1"
CARD = {"type": "AdaptiveCard", "version": "1.3", "body": [{"type": "TextBlock", "text": "Sales"}], "fallbackText": "x"}
PICKER = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [
        {
            "type": "Input.ChoiceSet",
            "id": "package",
            "label": "Package",
            "style": "filtered",
            "choices": [],
            "choices.data": {"type": "Data.Query", "dataset": "packages", "associatedInputs": "auto"},
        },
        {"type": "Input.Text", "id": "other", "label": "Other"},
    ],
}


async def a_picker(turn: Turn, incoming: Incoming) -> Reply:
    return Reply.with_card(PICKER)


async def test_choices_are_found_while_somebody_types() -> None:
    async with staged(a_picker) as stage:

        async def find(search: ChoiceSearch) -> Choices:
            return Choices((Choice("Sales data", "1"), Choice("Sales tools", "2")))

        stage.script.find_choices = find
        await stage.teams.say(RITA, "pick")
        found = await stage.teams.searcher.search(RITA, "Package", "sal", inputs={"other": "x"})
        assert stage.script.searches == [ChoiceSearch("packages", "sal", 15, {"other": "x"})]
    assert found.results == [{"title": "Sales data", "value": "1"}, {"title": "Sales tools", "value": "2"}]


async def test_a_search_that_finds_no_choices_says_why() -> None:
    async with staged(a_picker) as stage:

        async def find(search: ChoiceSearch) -> Choices:
            return Choices(problem="Please sign in first.")

        stage.script.find_choices = find
        await stage.teams.say(RITA, "pick")
        found = await stage.teams.searcher.search(RITA, "Package", "sal")
    assert (found.results, found.trouble) == ([], "Please sign in first.")


@pytest.mark.parametrize("value", [{}, {"dataset": 7}, {"dataset": "x", "queryText": []}, [], None])
async def test_a_search_that_cannot_be_read_is_refused(value: Any) -> None:
    async with staged() as stage:
        activity = stage.activity(type="invoke", name="application/search", value=value)
        status, body = await stage.call(activity)
        assert stage.script.searches == []
    assert status == 200
    assert body is not None
    assert body["statusCode"] == 400


def composed(title: str) -> Composed:
    return Composed((Shareable(CARD, title, "about"),))


async def test_the_compose_box_is_answered_with_cards() -> None:
    async with staged() as stage:

        async def find(question: ComposeQuestion) -> Composed:
            return composed("Sales data")

        stage.script.find_cards = find
        opened = await stage.teams.extension.query(RITA, None)
        found = await stage.teams.extension.query(RITA, "sal")
        unfolded = await stage.teams.extension.unfurl(RITA, LINK)
        assert stage.script.questions == [
            ComposeSearch("search", is_first=True),
            ComposeSearch("search", "sal"),
            PastedLink(LINK),
        ]
    assert [each["title"] for each in (*opened.results, *found.results)] == ["Sales data", "Sales data"]
    assert unfolded.draft is not None
    assert unfolded.draft["content"] == CARD


async def test_a_compose_box_without_a_find_shows_the_sentence() -> None:
    async with staged() as stage:

        async def find(question: ComposeQuestion) -> Composed:
            return Composed(text="Nothing fits.")

        stage.script.find_cards = find
        found = await stage.teams.extension.query(RITA, "quantum")
    assert (found.kind, found.text) == ("message", "Nothing fits.")


async def test_somebody_without_the_app_unfolds_nothing() -> None:
    async with staged() as stage:
        await stage.teams.uninstall(RITA)
        found = await stage.teams.extension.unfurl(RITA, LINK)
        assert stage.script.questions == []
    assert (found.status, found.kind, found.results, found.draft) == (200, "result", [], None)


class NeedsToken:
    """Cards for somebody who is signed in."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def __call__(self, question: ComposeQuestion) -> Composed:
        try:
            await self.stage.identity.people.token(Actor(TENANT_ID, RITA), (OWN,))
        except SignInNeeded as error:
            return Composed(sign_in=SignInPrompt(error.scopes, error.claims))
        return composed("Signed in")


async def test_a_silent_sign_in_is_not_noticed_in_the_compose_box() -> None:
    async with staged() as stage:
        stage.script.find_cards = NeedsToken(stage)
        found = await stage.teams.extension.query(RITA, "sal")
        assert [ticket.is_claimed for ticket in stage.tickets.rows.values()] == [False, True]
    assert [each["title"] for each in found.results] == ["Signed in"]


async def test_a_client_that_cannot_sign_in_silently_gets_the_page() -> None:
    async with staged() as stage:
        stage.world.tenant.users[RITA].sign_in = "interactive"
        stage.script.find_cards = NeedsToken(stage)
        asked = await stage.teams.extension.query(RITA, "sal")
        assert asked.kind == "silentAuth"
        assert asked.url is not None
        page, _ = await stage.teams.complete_sign_in(RITA, asked.url, then="nothing")
        found = await stage.teams.extension.query(RITA, "sal", state=page.code)
    assert [each["title"] for each in found.results] == ["Signed in"]


async def test_a_token_that_does_not_help_leads_to_the_page() -> None:
    async with staged() as stage:
        stage.withdraw(OWN)
        stage.script.find_cards = NeedsToken(stage)
        asked = await stage.teams.extension.query(RITA, "sal")
    assert asked.kind == "auth"
    assert asked.url is not None
    assert asked.url.startswith(f"{stage.url}/auth/start?ticket=")


async def test_slow_searches_end_in_time() -> None:
    never = asyncio.Event()
    async with staged(a_picker) as stage:

        async def find(search: object) -> Any:
            await never.wait()

        stage.edge._questions._limit_seconds = 0.05
        stage.script.find_choices = stage.script.find_cards = find
        await stage.teams.say(RITA, "pick")
        assert (await stage.teams.searcher.search(RITA, "Package", "sal")).trouble == TEXTS.slow_search
        assert (await stage.teams.extension.query(RITA, "sal")).text == TEXTS.slow_search


async def test_two_providers_for_a_dataset_are_refused_and_none_is_a_fact() -> None:
    async def nothing(turn: Turn, search: ChoiceSearch) -> Choices:
        return Choices(tuple(Choice(str(number), str(number)) for number in range(40)))

    router = Router()
    turn = Turn(Actor(TENANT_ID, RITA), Conversation("19:x", ConversationKind.PERSONAL, ""), datetime.now(UTC), "x")
    router.choices("packages", nothing)
    with pytest.raises(ValueError, match="packages"):
        router.choices("packages", nothing)
    found = await router.find_choices(turn, ChoiceSearch("packages", "x", most=3))
    assert len(found.items) == 3
    with pytest.raises(NotFound):
        await router.find_choices(turn, ChoiceSearch("people", "x"))
