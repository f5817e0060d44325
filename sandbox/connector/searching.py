"""Typing into a choice set that asks for its choices: the app's own search, and the people picker.

Source: Teams, "Typeahead search in Adaptive Cards" and "People picker in Adaptive Cards".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.cards import all_inputs
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.kit import Kit
from sandbox.connector.pressing import shown_cards
from sandbox.connector.state import Chat, Json, Place
from sandbox.tenant.directory import User

MOST_RESULTS = 15
_SEARCH_RESPONSE = "application/vnd.microsoft.search.searchResponse"
_PEOPLE = "graph.microsoft.com/users"


@dataclass(frozen=True, slots=True)
class Found:
    """What the drop-down shows: `{title, value}`, of people `subtitle` too. `trouble` stands there when it failed.

    `status` and `answer` are the bot's, None when it was not asked.
    """

    results: list[Json] = field(default_factory=list)
    status: int | None = None
    answer: Any = None
    trouble: str | None = None

    def to_json(self) -> Json:
        return {"results": self.results, "status": self.status, "answer": self.answer, "trouble": self.trouble}


@dataclass(frozen=True, slots=True)
class _Field:
    """An input that asks for its choices, the card that it stands on, and where that card is."""

    element: Json
    card: Json
    place: Place
    message_id: str | None


class Searcher:
    """Typing into choice sets. `user_id` is the person's object id."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def search(
        self,
        user_id: str,
        field_name: str,
        text: str,
        *,
        message_id: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        device: int = 1,
        in_dialog: bool = False,
    ) -> Found:
        """What the input (by id or label) offers for `text`, at most 15.

        `inputs` is what stands in the card's other inputs. Without `message_id` it is the newest card with the input.
        Raises PersonError: 404 with what there is, 409 for an input that has all its choices on the card.
        """
        user = self._kit.presence.user(user_id)
        if in_dialog:
            asked = self._in_dialog(user, field_name)
        else:
            asked = self._on_a_card(user, field_name, message_id, device)
        self._kit.presence.check_may_act(user, asked.place)
        query = asked.element.get("choices.data")
        if not isinstance(query, dict) or query.get("type") != "Data.Query" or not query.get("dataset"):
            raise PersonError(409, "no-search", f"The input {field_name!r} has all its choices on the card.")
        fixed = [each for each in _choices(asked.element) if _fits(text, str(each["title"]))]
        dataset = str(query["dataset"])
        if dataset.partition("?")[0] == _PEOPLE:
            return Found(_merged(fixed, self._people(asked.place, dataset, text)))
        if not text:
            return Found(_merged(fixed, []))  # the client asks when there is something to ask for
        return await self._ask(user, asked, query, text, inputs or {}, fixed)

    async def _ask(
        self, user: User, asked: _Field, query: Json, text: str, inputs: Mapping[str, Any], fixed: list[Json]
    ) -> Found:
        value: Json = {
            "queryText": text,
            "queryOptions": {"skip": 0, "top": MOST_RESULTS},
            "dataset": query["dataset"],
        }
        if query.get("associatedInputs") == "auto":
            value["data"] = _others(asked, inputs)
        activity = self._kit.activities.invoke(
            user, asked.place, "application/search", value, reply_to=asked.message_id
        )
        answer = await self._kit.delivery.send(activity)
        results, trouble = _read(answer)
        return Found(_merged(fixed, results), answer.status, answer.body, trouble)

    def _people(self, place: Place, dataset: str, text: str) -> list[Json]:
        """Teams looks the directory through by itself; the values are object ids. The whole id finds its person."""
        scope = parse_qs(dataset.partition("?")[2]).get("scope", [""])[0]
        people: Iterable[User] = self._kit.world.tenant.users.values()
        if scope == "currentContext":
            people = self._kit.board.roster.members(place)
        found = [user for user in people if text and (user.id == text or _is_called(user, text))]
        return [{"title": user.display_name, "value": user.id, "subtitle": user.user_principal_name} for user in found]

    def _on_a_card(self, user: User, name: str, message_id: str | None, device: int) -> _Field:
        if message_id is not None:
            messages = [self._kit.presence.message(user, message_id)]
        else:
            chats = self._kit.world.chats
            seen = [each for chat in Chat for each in self._kit.board.newest_seen(chats.place(chat, user.id), user.id)]
            messages = sorted(seen, key=lambda each: -int(each.id))
        known: list[str] = []
        for message in messages:
            for card in shown_cards(message, user.id, device):
                for element in all_inputs(card):
                    known.append(str(element["id"]))
                    if name in (element["id"], element.get("label")):
                        return _Field(element, card, message.place, message.id)
        raise nothing_like("input", name, list(dict.fromkeys(known)))

    def _in_dialog(self, user: User, name: str) -> _Field:
        dialog = self._kit.world.chats.dialogs.get(user.id)
        if dialog is None or dialog.card is None:
            raise PersonError(404, "no-dialog", f"{user.display_name} has no dialog with a card open.")
        for element in all_inputs(dialog.card):
            if name in (element["id"], element.get("label")):
                return _Field(element, dialog.card, dialog.place, dialog.message_id)
        raise nothing_like("input", name, [str(each["id"]) for each in all_inputs(dialog.card)])


def _others(asked: _Field, inputs: Mapping[str, Any]) -> Json:
    """What stands in the card's other inputs; those left empty are left out."""
    names = [str(each["id"]) for each in all_inputs(asked.card) if each["id"] != asked.element["id"]]
    typed = {str(each["id"]): inputs.get(str(each["id"]), each.get("value")) for each in all_inputs(asked.card)}
    return {name: typed[name] for name in names if typed[name] not in (None, "")}


def _read(answer: BotAnswer) -> tuple[list[Json], str | None]:
    """The results of an answer, or what the drop-down says instead."""
    if not answer.was_reached:
        return [], UNREACHABLE
    body = answer.body
    if answer.status != 200 or not answer.is_json or not isinstance(body, dict):
        return [], BROKEN
    value = body.get("value")
    if body.get("statusCode", 200) != 200:
        message = value.get("message") if isinstance(value, dict) else None
        return [], message if isinstance(message, str) and message else BROKEN
    results = value.get("results") if isinstance(value, dict) else None
    if body.get("type") != _SEARCH_RESPONSE or not isinstance(results, list):
        return [], BROKEN
    if not all(_is_choice(each) for each in results):
        return [], BROKEN
    return [{"title": each["title"], "value": each["value"]} for each in results], None


def _is_choice(result: Any) -> bool:
    return isinstance(result, dict) and isinstance(result.get("title"), str) and isinstance(result.get("value"), str)


def _choices(element: Json) -> list[Json]:
    listed = element.get("choices")
    choices = listed if isinstance(listed, list) else []
    return [{"title": each["title"], "value": each["value"]} for each in choices if _is_choice(each)]


def _merged(fixed: list[Json], found: list[Json]) -> list[Json]:
    """The card's own choices first; nothing twice, and no more than fit."""
    by_value: dict[str, Json] = {}
    for each in (*fixed, *found):
        by_value.setdefault(each["value"], each)
    return list(by_value.values())[:MOST_RESULTS]


def _fits(text: str, title: str) -> bool:
    return text.casefold() in title.casefold()


def _is_called(user: User, text: str) -> bool:
    """Every word typed begins a word of the name or an address."""
    names = [*user.display_name.casefold().split(), user.user_principal_name.casefold(), user.mail.casefold()]
    return all(any(name.startswith(word) for name in names) for word in text.casefold().split())
