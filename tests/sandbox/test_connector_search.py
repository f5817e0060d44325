"""Choice sets that ask for their choices: what the bot is asked, and what the drop-down shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.connector.errors import PersonError
from sandbox.connector.state import GROUP_ID, Chat
from tests.sandbox.connector_support import Answer, Json, Stage, card, message, stage


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


def chooser(dataset: str = "packages", **more: Any) -> Json:
    query = {"type": "Data.Query", "dataset": dataset, **more.pop("query", {})}
    return {"type": "Input.ChoiceSet", "id": "package", "label": "Package", "choices.data": query, **more}


def found(*titles: str, **more: Any) -> Answer:
    results = [{"title": each, "value": each.casefold()} for each in titles]
    kind = "application/vnd.microsoft.search.searchResponse"
    return 200, {"type": kind, "value": {"results": results}, **more}


async def test_the_bot_is_asked_with_what_was_typed(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(chooser())))
    it.bot.always(*found("Sales data", statusCode=200))
    answer = await it.teams.searcher.search(it.person(), "package", "sal", inputs={"other": "x"})
    [invoke] = it.bot.invokes("application/search")
    assert invoke["value"] == {"queryText": "sal", "queryOptions": {"skip": 0, "top": 15}, "dataset": "packages"}
    assert invoke["replyToId"] == posted
    assert (answer.results, answer.trouble) == ([{"title": "Sales data", "value": "sales data"}], None)


async def test_other_inputs_go_along_only_where_the_card_says_so(it: Stage) -> None:
    catalog = {"type": "Input.Text", "id": "catalog", "value": "General"}
    empty = {"type": "Input.Text", "id": "empty"}
    await it.bot.post(it.personal(), message(card(catalog, empty, chooser(query={"associatedInputs": "auto"}))))
    it.bot.always(*found())
    await it.teams.searcher.search(it.person(), "Package", "s")
    await it.teams.searcher.search(it.person(), "package", "s", inputs={"catalog": "Other", "package": "typed"})
    assert [each["value"]["data"] for each in it.bot.received] == [{"catalog": "General"}, {"catalog": "Other"}]


async def test_the_card_s_own_choices_are_searched_too_and_fifteen_fit(it: Stage) -> None:
    choices = [{"title": "Sales own", "value": "own"}, {"title": "Other", "value": "other"}]
    await it.bot.post(it.personal(), message(card(chooser(choices=choices))))
    it.bot.always(*found("own", *(f"Sales {number}" for number in range(20))))
    answer = await it.teams.searcher.search(it.person(), "package", "sales")
    assert [each["title"] for each in answer.results] == ["Sales own", *(f"Sales {number}" for number in range(14))]
    untyped = await it.teams.searcher.search(it.person(), "package", "")
    assert [each["value"] for each in untyped.results] == ["own", "other"]
    assert len(it.bot.received) == 1  # nothing typed, nothing asked


@pytest.mark.parametrize(
    "answer",
    [
        (500, None),
        (200, None),
        (200, "no JSON"),
        (200, {"type": "application/vnd.microsoft.search.searchResponse", "value": {"results": [{"title": "x"}]}}),
        (200, {"type": "something else", "value": {"results": []}}),
        (200, {"statusCode": 400, "type": "application/vnd.microsoft.error", "value": {"code": "x"}}),
    ],
)
async def test_an_answer_of_no_use_leaves_the_card_s_own_choices(it: Stage, answer: Answer) -> None:
    await it.bot.post(it.personal(), message(card(chooser(choices=[{"title": "Mine", "value": "1"}]))))
    it.bot.always(*answer)
    result = await it.teams.searcher.search(it.person(), "package", "m")
    assert (result.results, result.trouble) == ([{"title": "Mine", "value": "1"}], "Something went wrong")


async def test_people_come_from_the_directory_as_object_ids_without_the_bot(it: Stage) -> None:
    custom = [{"title": "Marc of old", "value": "custom"}]
    await it.bot.post(it.personal(), message(card(chooser("graph.microsoft.com/users", choices=custom))))
    answer = await it.teams.searcher.search(it.person(), "package", "marc man")
    marc = it.world.tenant.persona("manager")
    assert answer.results == [
        {"title": "Marc Manager", "value": marc.id, "subtitle": marc.user_principal_name},
    ]
    assert (await it.teams.searcher.search(it.person(), "package", "marc of")).results == custom
    by_id = await it.teams.searcher.search(it.person(), "package", marc.id)
    assert [each["title"] for each in by_id.results] == ["Marc Manager"]
    assert len((await it.teams.searcher.search(it.person(), "package", "a")).results) == 15
    assert it.bot.received == []


async def test_the_current_context_is_who_is_in_the_chat(it: Stage) -> None:
    scoped = card(chooser("graph.microsoft.com/users?scope=currentContext"))
    await it.bot.post(it.personal(), message(scoped))
    assert (await it.teams.searcher.search(it.person(), "package", "marc")).results == []
    posted = await it.bot.post(GROUP_ID, message(scoped))
    answer = await it.teams.searcher.search(it.person(), "package", "m", message_id=posted)
    members = {user.id for user in it.teams.board.roster.members(it.world.chats.place(Chat.GROUP, it.person()))}
    assert it.person("manager") in {each["value"] for each in answer.results} <= members


async def test_where_nothing_can_be_searched(it: Stage) -> None:
    await it.bot.post(it.personal(), message(card({"type": "Input.ChoiceSet", "id": "fixed", "choices": []})))
    with pytest.raises(PersonError) as fixed:
        await it.teams.searcher.search(it.person(), "fixed", "a")
    assert fixed.value.status == 409
    with pytest.raises(PersonError, match="'fixed'"):
        await it.teams.searcher.search(it.person(), "nothing", "a")
    with pytest.raises(PersonError, match="no dialog"):
        await it.teams.searcher.search(it.person(), "fixed", "a", in_dialog=True)
