"""Dialogs: opened by a button, submitted to the bot, and what its answer makes of them.

Source: Teams, "Invoke and dismiss dialogs". Closing one tells the bot nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.connector.activities import Activities
from sandbox.connector.board import Board
from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.cards import buttons, check_inputs, filled, find_button
from sandbox.connector.check import check_card
from sandbox.connector.delivery import BotAnswer, Delivery
from sandbox.connector.errors import ConnectorError, PersonError, nothing_like
from sandbox.connector.outcomes import Outcome
from sandbox.connector.presence import Presence
from sandbox.connector.state import ADAPTIVE_CARD, Dialog, Json, Place
from sandbox.connector.witness import Witness
from sandbox.tenant.directory import User
from sandbox.world import World

MALFORMED = "Something went wrong. Error code: 1008"
_SIZES = ("small", "medium", "large")


@dataclass(frozen=True, slots=True)
class _Step:
    """What an answer does to a dialog: `dialog` opens or goes on, `text` closes it with words; neither closes it."""

    dialog: Dialog | None = None
    text: str | None = None
    trouble: str | None = None


class Dialogs:
    """Everybody's dialogs; a person has at most one open."""

    def __init__(
        self,
        world: World,
        board: Board,
        presence: Presence,
        activities: Activities,
        delivery: Delivery,
        witness: Witness,
    ) -> None:
        self._world = world
        self._board = board
        self._presence = presence
        self._activities = activities
        self._delivery = delivery
        self._witness = witness

    async def fetch(self, user: User, place: Place, message_id: str, data: Any) -> Outcome:
        """Open the dialog that the bot answers a `task/fetch` button with."""
        answer = await self._invoke(user, place, message_id, "task/fetch", data)
        step = _read(answer, place, message_id)
        if step == _Step():
            step = _Step(trouble=MALFORMED)  # there is nothing that could be closed yet
        return self._take(user, message_id, answer, step)

    async def submit(
        self,
        user_id: str,
        button: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        data: Any = None,
        validate: bool = False,
    ) -> Outcome:
        """Press a button of the open dialog's card. `data` stands in for the button's own payload.

        Raises PersonError: 404 without a dialog or such a button, 409 for actions dialogs do not send, 422 for inputs.
        """
        user = self._presence.user(user_id)
        dialog = self._open(user)
        self._presence.check_may_act(user, dialog.place)
        card = dialog.card or {}
        found = find_button(card, button, payload=data)
        if found is None:
            raise nothing_like("button", button, [each.name for each in buttons(card)])
        if found.kind != "Action.Submit":
            raise PersonError(409, "not-in-dialogs", f"A dialog submits by Action.Submit, and this is {found.kind}.")
        typed = filled(found, inputs or {})
        if validate:
            check_inputs(found, typed)
        payload = data if data is not None else found.action.get("data", {})
        sent = {**payload, **typed} if isinstance(payload, dict) else payload
        before = self._witness.moment
        answer = await self._invoke(user, dialog.place, dialog.message_id, "task/submit", sent)
        outcome = self._take(user, dialog.message_id, answer, _read(answer, dialog.place, dialog.message_id))
        return await self._witness.told(user, before, outcome)

    def dismiss(self, user_id: str) -> Outcome:
        """Close the dialog with its cross. Raises PersonError (404) when none is open."""
        user = self._presence.user(user_id)
        message_id = self._open(user).message_id
        del self._world.chats.dialogs[user.id]
        return Outcome(status=None, message_id=message_id, reason="closing a dialog tells the bot nothing")

    def _open(self, user: User) -> Dialog:
        dialog = self._world.chats.dialogs.get(user.id)
        if dialog is None:
            raise PersonError(404, "no-dialog", f"{user.display_name} has no dialog open.")
        return dialog

    def _take(self, user: User, message_id: str, answer: BotAnswer, step: _Step) -> Outcome:
        """After trouble the dialog stays as it is, so that nothing typed is lost."""
        dialogs = self._world.chats.dialogs
        if step.dialog is not None:
            dialogs[user.id] = step.dialog
        elif step.trouble is None:
            dialogs.pop(user.id, None)
        current = dialogs.get(user.id)
        return Outcome(
            status=answer.status,
            answer=answer.body,
            message_id=message_id,
            dialog=current.to_json() if current else None,
            told=step.trouble or step.text,
        )

    async def _invoke(self, user: User, place: Place, message_id: str, name: str, data: Any) -> BotAnswer:
        value = {"data": data, "context": {"theme": "default"}}
        return await self._delivery.send(self._activities.invoke(user, place, name, value, reply_to=message_id))


def _read(answer: BotAnswer, place: Place, message_id: str) -> _Step:
    if not answer.was_reached:
        return _Step(trouble=UNREACHABLE)
    if not answer.is_success or not answer.is_json:
        return _Step(trouble=BROKEN)
    if answer.body is None:
        return _Step()
    task = answer.body.get("task") if isinstance(answer.body, dict) else None
    value = task.get("value") if isinstance(task, dict) else None
    kind = task.get("type") if isinstance(task, dict) else None
    if kind == "message" and isinstance(value, str):
        return _Step(text=value)
    if kind == "continue" and isinstance(value, dict):
        dialog = _dialog(value, place, message_id)
        return _Step(dialog) if dialog is not None else _Step(trouble=MALFORMED)
    return _Step(trouble=MALFORMED)


def _dialog(value: Json, place: Place, message_id: str) -> Dialog | None:
    """The dialog described, or None when a client could not open it."""
    sizes = {}
    for name in ("height", "width"):
        size = value.get(name, "medium")
        if isinstance(size, bool) or not (isinstance(size, int) or size in _SIZES):
            return None
        sizes[name] = size
    dialog = Dialog(place, message_id, title=str(value.get("title") or ""), **sizes)
    attachment = value.get("card")
    if isinstance(attachment, dict):
        try:
            check_card(attachment.get("content"))
        except ConnectorError:
            return None
        if attachment.get("contentType") != ADAPTIVE_CARD:
            return None
        dialog.card = attachment["content"]
        return dialog
    url = value.get("url")
    dialog.url = url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
    return dialog if dialog.url else None
