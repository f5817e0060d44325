"""Invokes that ask and change nothing: `application/search` while somebody types, `composeExtension/*` to compose.

Source: Teams, "Dynamic search in Adaptive Cards", "Respond to search commands", "Add link unfurling".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog

from bot.invokes import (
    MOST_CHOICES,
    Choices,
    ChoiceSearch,
    Composed,
    ComposeQuestion,
    ComposeSearch,
    PastedLink,
    Shareable,
)
from bot.teams.activities import ADAPTIVE_CARD, error_answer
from bot.teams.ports import Dispatcher
from bot.teams.sign_in import Answer, SignIn
from bot.teams.texts import Texts
from bot.teams.tickets import SignInDesk
from bot.turn import Turn

CHOICES: Final = "application/search"
COMPOSE_SEARCH: Final = "composeExtension/query"
COMPOSE_LINK: Final = "composeExtension/queryLink"
COMPOSE_ANONYMOUS_LINK: Final = "composeExtension/anonymousQueryLink"

_SEARCH_RESPONSE: Final = "application/vnd.microsoft.search.searchResponse"
_THUMBNAIL: Final = "application/vnd.microsoft.card.thumbnail"
_LONGEST_TEXT: Final = 500
_LONGEST_URL: Final = 2_000
_MOST_CARDS: Final = 25
_LIMIT_SECONDS: Final = 4.2  # Teams waits for a message extension for five

_log = structlog.get_logger(__name__)

NO_CARDS: Final[Mapping[str, Any]] = {
    "composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": []}
}
"""An answer that shows nothing and is no error."""


class Questions:
    def __init__(
        self,
        dispatcher: Dispatcher,
        desk: SignInDesk,
        sign_in: SignIn,
        texts: Texts,
        limit_seconds: float = _LIMIT_SECONDS,
    ) -> None:
        self._dispatcher = dispatcher
        self._desk = desk
        self._sign_in = sign_in
        self._texts = texts
        self._limit_seconds = limit_seconds

    async def choices(self, turn: Turn, value: Mapping[str, Any]) -> Answer:
        """`application/search`: the choices that fit what was typed, or why there are none."""
        search = _choice_search(value)
        if search is None:
            return Answer(200, error_answer(400, "BadRequest", turn.words(self._texts.unreadable)))
        try:
            async with asyncio.timeout(self._limit_seconds):
                found = await self._dispatcher.choices(turn, search)
        except TimeoutError:
            _log.warning("choices.slow", dataset=search.dataset[:40])
            found = Choices(problem=turn.words(self._texts.slow_search))
        if found.problem and not found.items:
            return Answer(200, error_answer(400, "NothingFound", found.problem))
        results = [{"title": choice.title, "value": choice.value} for choice in found.items]
        return Answer(200, {"statusCode": 200, "type": _SEARCH_RESPONSE, "value": {"results": results}})

    async def compose(self, turn: Turn, name: str, value: Mapping[str, Any]) -> Answer:
        """`composeExtension/query` and `/queryLink`: cards to choose from, a sentence, or the way to sign in.

        The client comes back after a sign-in: with a token of the person (`authentication`) where it can get one by
        itself, else with the code (`state`) that the sign-in page ended with.
        """
        question = _compose_search(value) if name == COMPOSE_SEARCH else _pasted_link(value)
        if question is None:
            return Answer(200, NO_CARDS)
        await self._redeem(turn, value)
        found = await self._ask(turn, question)
        if found.sign_in is None:
            return Answer(200, _composed(found))
        case = await self._desk.open(turn, None, found.sign_in)
        assertion = _member(value, "authentication").get("token")
        if not isinstance(assertion, str) or not assertion:
            return Answer(200, self._sign_in_answer(turn, "silentAuth", case.ticket_id))
        if await self._sign_in.trade(case, assertion) is None:
            found = await self._ask(turn, question)
            if found.sign_in is None:
                await self._desk.claim(case)
                return Answer(200, _composed(found))
            case = await self._desk.ask_for_more(case, found.sign_in)
        return Answer(200, self._sign_in_answer(turn, "auth", case.ticket_id))

    async def _redeem(self, turn: Turn, value: Mapping[str, Any]) -> None:
        state = value.get("state")
        if not isinstance(state, str) or not state:
            return
        case = (await self._desk.redeem(turn.actor, state)).case
        if case is not None:
            await self._desk.claim(case)

    async def _ask(self, turn: Turn, question: ComposeQuestion) -> Composed:
        try:
            async with asyncio.timeout(self._limit_seconds):
                return await self._dispatcher.compose(turn, question)
        except TimeoutError:
            _log.warning("compose.slow", kind=type(question).__name__)
            return Composed(text=turn.words(self._texts.slow_search))

    def _sign_in_answer(self, turn: Turn, kind: str, ticket_id: str) -> dict[str, Any]:
        title = turn.words(self._texts.sign_in_button)
        action = {"type": "openUrl", "value": self._desk.start_url(ticket_id), "title": title}
        return {"composeExtension": {"type": kind, "suggestedActions": {"actions": [action]}}}


def _choice_search(value: Mapping[str, Any]) -> ChoiceSearch | None:
    dataset, text = value.get("dataset"), value.get("queryText", "")
    if not isinstance(dataset, str) or not dataset or not isinstance(text, str):
        return None
    options = _member(value, "queryOptions")
    return ChoiceSearch(
        dataset, text[:_LONGEST_TEXT], _number(options.get("top"), MOST_CHOICES) or 1, _member(value, "data")
    )


def _compose_search(value: Mapping[str, Any]) -> ComposeSearch | None:
    command = value.get("commandId")
    parameters = value.get("parameters")
    first = parameters[0] if isinstance(parameters, list) and parameters else None
    if not isinstance(command, str) or not isinstance(first, dict):
        return None
    is_first = first.get("name") == "initialRun"
    text = first.get("value")
    options = _member(value, "queryOptions")
    return ComposeSearch(
        command,
        "" if is_first or not isinstance(text, str) else text[:_LONGEST_TEXT],
        is_first,
        _number(options.get("skip"), 10_000, default=0),
        _number(options.get("count"), _MOST_CARDS) or 1,
    )


def _pasted_link(value: Mapping[str, Any]) -> PastedLink | None:
    url = value.get("url")
    return PastedLink(url) if isinstance(url, str) and 0 < len(url) <= _LONGEST_URL else None


def _composed(found: Composed) -> Mapping[str, Any]:
    if found.items:
        cards = [_attachment(item) for item in found.items]
        return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": cards}}
    if found.text:
        return {"composeExtension": {"type": "message", "text": found.text}}
    return NO_CARDS


def _attachment(item: Shareable) -> dict[str, Any]:
    """Teams wants a preview of another kind beside every Adaptive Card."""
    preview = {"contentType": _THUMBNAIL, "content": {"title": item.title, "text": item.text}}
    return {"contentType": ADAPTIVE_CARD, "content": item.card, "preview": preview}


def _member(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _number(value: object, most: int, *, default: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return most if default is None else default
    return min(max(value, 0), most)
