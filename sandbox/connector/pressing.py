"""Finding the button that a person means, and what pressing it sends."""

from __future__ import annotations

import copy
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.connector.board import Board
from sandbox.connector.cards import Button, buttons, check_inputs, filled, find_button
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.refresh import sent_action
from sandbox.connector.state import ADAPTIVE_CARD, BOT, Chat, Json, Message
from sandbox.tenant.directory import User
from sandbox.world import World

_OLD_CARD_BUTTONS = {"openUrl": "Action.OpenUrl", "signin": "Action.OpenUrl"}
_MOST_LISTED = 30


@dataclass(frozen=True, slots=True)
class Press:
    """What somebody does to a card. `data` stands in for the button's own payload, `verb` for its verb.

    `button` is a title, id or verb; None finds the button by `verb`, or sends a payload that no button has. Of several
    buttons that fit, the one that sends `data` by itself is meant.
    `inputs` are what was typed, by the input's id or label. Every `device` has its own view of a card.
    """

    button: str | None = None
    message_id: str | None = None
    inputs: Mapping[str, Any] | None = None
    data: Any = None
    verb: str | None = None
    validate: bool = False
    device: int = 1


@dataclass(frozen=True, slots=True)
class Aimed:
    """A press that found its button: the payload holds the inputs, `typed` the inputs alone."""

    message: Message
    action: Json
    payload: Any
    typed: Json


def aim(world: World, board: Board, user: User, press: Press) -> Aimed:
    """Find the button: on the newest message that shows it to this person, unless the press names a message.

    What the person's own view shows comes first; then the cards as everybody has them, which another device shows.
    Raises PersonError: 404 with what exists, 409 for a button that is switched off, 422 for inputs.
    """
    candidates = _candidates(world, board, user, press)
    wanted = press.button or press.verb
    if wanted is None:
        raise PersonError(422, "no-button", "Name the button by its title, id or verb.")
    for cards_of in (shown_cards, _base):
        for message in candidates:
            for card in cards_of(message, user.id, press.device):
                if (button := find_button(card, wanted, payload=press.data)) is not None:
                    return _aimed(message, button, press)
    if press.button is None and press.data is not None and candidates:
        action = {"type": "Action.Execute", "verb": press.verb, "data": press.data}
        return Aimed(candidates[0], action, _merged(press.data, press.inputs or {}), dict(press.inputs or {}))
    cards = [card for message in candidates for card in shown_cards(message, user.id, press.device)]
    existing = [each.name for card in cards for each in buttons(card)]
    raise nothing_like("button", wanted, list(dict.fromkeys(existing))[:_MOST_LISTED])


def _aimed(message: Message, button: Button, press: Press) -> Aimed:
    if button.action.get("isEnabled") is False:
        raise PersonError(409, "button-is-off", f"The button {button.name!r} is switched off.")
    typed = filled(button, press.inputs or {})
    if press.validate:
        check_inputs(button, typed)
    action = dict(button.action)
    if press.verb is not None:
        action["verb"] = press.verb
    payload = press.data if press.data is not None else copy.deepcopy(action.get("data", {}))
    return Aimed(message, action, _merged(payload, typed), typed)


def _merged(payload: Any, typed: Mapping[str, Any]) -> Any:
    """Payload and inputs in one object. A payload that is no object cannot hold inputs and goes as it is."""
    return {**payload, **typed} if isinstance(payload, dict) else payload


def invoke_value(aimed: Aimed) -> Json:
    """The `value` of an `adaptiveCard/action` invoke for this press."""
    return {"action": sent_action(aimed.action, aimed.payload), "trigger": "manual"}


def _candidates(world: World, board: Board, user: User, press: Press) -> list[Message]:
    found = [each for each in _seen(world, board, user) if each.sender == BOT or each.card is not None]
    if press.message_id is None:
        return found
    for message in found:
        if message.id == press.message_id:
            return [message]
    raise nothing_like("message", press.message_id, [message.id for message in found[:_MOST_LISTED]])


def _seen(world: World, board: Board, user: User) -> Iterator[Message]:
    """Everything this person sees in all chats, newest first."""
    places = [world.chats.place(chat, user.id) for chat in Chat]
    return heapq.merge(*(board.newest_seen(place, user.id) for place in places), key=lambda each: -int(each.id))


def shown_cards(message: Message, person: str, device: int = 1) -> list[Json]:
    """The cards of a message as one device of this person shows them."""
    view = message.view(person, device)
    return [view, *_further(message)] if view is not None else _further(message)


def _base(message: Message, person: str, device: int) -> list[Json]:
    return [message.card, *_further(message)] if message.card is not None else _further(message)


def _further(message: Message) -> list[Json]:
    """The message's other cards; the buttons of older kinds of cards are told in words of Adaptive Cards."""
    further = []
    contents = [(each["contentType"], each.get("content")) for each in message.attachments]
    for content_type, content in contents:
        if not isinstance(content, dict) or content is message.card:
            continue
        if content_type == ADAPTIVE_CARD:
            further.append(content)
        elif isinstance(content.get("buttons"), list):
            actions = [_old_button(each) for each in content["buttons"] if isinstance(each, dict)]
            further.append({"type": "AdaptiveCard", "actions": actions})
    return further


def _old_button(button: Json) -> Json:
    kind = str(button.get("type"))
    if kind in _OLD_CARD_BUTTONS:
        return {"type": _OLD_CARD_BUTTONS[kind], "title": button.get("title"), "url": button.get("value")}
    msteams = {key: value for key, value in button.items() if key in ("type", "value", "text", "displayText")}
    return {"type": "Action.Submit", "title": button.get("title"), "data": {"msteams": msteams}}
