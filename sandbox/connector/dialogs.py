"""Dialogs: opened by a button, a command or a menu, submitted to the bot, and what its answer makes of them.

Source: Teams, "Invoke and dismiss dialogs". Closing one tells the bot nothing. What `Action.Execute` does in a dialog
is open; `behaviour.execute_in_dialogs` says it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.cards import Button, buttons, check_inputs, filled, find_button
from sandbox.connector.check import check_card
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.errors import ConnectorError, PersonError, nothing_like
from sandbox.connector.invokes import Kind, read_reply
from sandbox.connector.kit import Kit
from sandbox.connector.outcomes import Outcome
from sandbox.connector.refresh import sent_action
from sandbox.connector.state import ADAPTIVE_CARD, Chat, Dialog, Json, Place
from sandbox.tenant.directory import User

Compose: TypeAlias = Callable[[User, Place, Json, BotAnswer], Json | None]

SIGN_IN_FIRST = "Sign in to go on"
THEME: Json = {"theme": "default"}
_EXTENSION = "composeExtension/submitAction"
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

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self.compose: Compose | None = None
        """Set by the message extension: what an answer puts into the compose box, None when it does not."""
        self.install: Callable[[User, Chat], Awaitable[Any]] | None = None
        """Set by the message extension: how a just-in-time install card installs the app."""

    async def fetch(self, user: User, place: Place, message_id: str | None, data: Any) -> Outcome:
        """Open the dialog that the bot answers a `task/fetch` button with."""
        return await self.open(user, place, message_id, "task/fetch", {"data": data, "context": THEME}, "task/submit")

    async def configure(self, user_id: str, chat: str) -> Outcome:
        """Open the app's settings in a channel or group chat, as its menu there does. Raises PersonError (404, 409)."""
        user = self._kit.presence.user(user_id)
        place = self._kit.presence.place(user, chat)
        if place.chat is Chat.PERSONAL:
            raise PersonError(409, "no-settings-here", "Bots are configured in channels and group chats.")
        return await self.open(user, place, None, "config/fetch", {"data": {}, "context": THEME}, "config/submit")

    async def open(
        self,
        user: User,
        place: Place,
        message_id: str | None,
        name: str,
        value: Json,
        submits: str,
        about: Json | None = None,
    ) -> Outcome:
        """Ask the bot for a dialog with the invoke `name`; a button of it then sends the invoke `submits`."""
        answer = await self._invoke(user, place, message_id, name, value)
        step = self._step(answer, Dialog(place, message_id, submits=submits, about=about or {}))
        if step == _Step():
            step = _Step(trouble=MALFORMED)  # there is nothing that could be closed yet
        return self._take(user, message_id, answer, step)

    def open_card(self, user: User, dialog: Dialog) -> Outcome:
        """Open a dialog that the client makes by itself."""
        self._kit.world.chats.dialogs[user.id] = dialog
        return Outcome(status=None, dialog=dialog.to_json(), reason="the client asks for the parameters by itself")

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
        user = self._kit.presence.user(user_id)
        dialog = self._open(user)
        self._kit.presence.check_may_act(user, dialog.place)
        card = dialog.card or {}
        found = find_button(card, button, payload=data)
        if found is None:
            raise nothing_like("button", button, [each.name for each in buttons(card)])
        self._check_kind(found)
        typed = filled(found, inputs or {})
        if validate:
            check_inputs(found, typed)
        payload = data if data is not None else found.action.get("data", {})
        sent = {**payload, **typed} if isinstance(payload, dict) else payload
        before = self._kit.witness.moment
        if _installs(sent) and dialog.submits == _EXTENSION and self.install is not None:
            await self.install(user, dialog.place.chat)
        if found.kind == "Action.Execute" and self._kit.world.chats.behaviour.execute_in_dialogs == "executed":
            outcome = await self._execute(user, dialog, sent_action(found.action, sent))
        else:
            outcome = await self._submit(user, dialog, sent)
        return await self._kit.witness.told(user, before, outcome)

    def _check_kind(self, button: Button) -> None:
        """Raises PersonError (409) for what dialogs do not send."""
        executes = self._kit.world.chats.behaviour.execute_in_dialogs != "refused"
        if button.kind != "Action.Submit" and not (button.kind == "Action.Execute" and executes):
            raise PersonError(409, "not-in-dialogs", f"A dialog submits by Action.Submit, and this is {button.kind}.")
        data = button.action.get("data")
        msteams = data.get("msteams") if isinstance(data, dict) else None
        kind = msteams.get("type") if isinstance(msteams, dict) else None
        if kind is not None:
            raise PersonError(409, "not-in-dialogs", f"{kind!r} in msteams does not work inside dialogs.")

    async def _submit(self, user: User, dialog: Dialog, data: Any) -> Outcome:
        if dialog.submits == "message/submitAction":
            feedback = {**dialog.about, "feedback": json.dumps(data)}
            value: Json = {"actionName": "feedback", "actionValue": feedback}
        else:
            value = {**dialog.about, "data": data, "context": THEME}
        answer = await self._invoke(user, dialog.place, dialog.message_id, dialog.submits, value)
        if dialog.submits == _EXTENSION and self.compose is not None:
            composed = self.compose(user, dialog.place, dialog.about, answer)
            if composed is not None:
                self._kit.world.chats.dialogs.pop(user.id, None)
                return Outcome(status=answer.status, answer=answer.body, composed=composed)
        return self._take(user, dialog.message_id, answer, self._step(answer, dialog))

    async def _execute(self, user: User, dialog: Dialog, action: Json) -> Outcome:
        """The universal action goes out as from a card in the chat; a card that comes back stands in the dialog."""
        value = {"action": action, "trigger": "manual"}
        answer = await self._invoke(user, dialog.place, dialog.message_id, "adaptiveCard/action", value)
        reply = read_reply(answer)
        if reply.kind is Kind.CARD and reply.content is not None:
            return self._take(user, dialog.message_id, answer, _Step(replace(dialog, card=reply.content)))
        text = {Kind.UNREACHABLE: UNREACHABLE, Kind.LOGIN: SIGN_IN_FIRST}.get(reply.kind, reply.text) or BROKEN
        return self._take(user, dialog.message_id, answer, _Step(trouble=text))

    def take(self, user: User, dialog: Dialog, answer: BotAnswer) -> Outcome:
        """Show what somebody else asked for: `dialog` says where it belongs and what its buttons send."""
        step = self._step(answer, dialog)
        if step == _Step() and user.id not in self._kit.world.chats.dialogs:
            step = _Step(trouble=MALFORMED)
        return self._take(user, dialog.message_id, answer, step)

    def dismiss(self, user_id: str) -> Outcome:
        """Close the dialog with its cross. Raises PersonError (404) when none is open."""
        user = self._kit.presence.user(user_id)
        message_id = self._open(user).message_id
        del self._kit.world.chats.dialogs[user.id]
        return Outcome(status=None, message_id=message_id, reason="closing a dialog tells the bot nothing")

    def _open(self, user: User) -> Dialog:
        dialog = self._kit.world.chats.dialogs.get(user.id)
        if dialog is None:
            raise PersonError(404, "no-dialog", f"{user.display_name} has no dialog open.")
        return dialog

    def _take(self, user: User, message_id: str | None, answer: BotAnswer, step: _Step) -> Outcome:
        """After trouble the dialog stays as it is, so that nothing typed is lost."""
        dialogs = self._kit.world.chats.dialogs
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

    async def _invoke(self, user: User, place: Place, message_id: str | None, name: str, value: Any) -> BotAnswer:
        activity = self._kit.activities.invoke(user, place, name, value, reply_to=message_id)
        if name.startswith("composeExtension/"):
            return await self._kit.delivery.send(activity, within_s=self._kit.world.chats.behaviour.extension_limit_s)
        return await self._kit.delivery.send(activity)

    def _step(self, answer: BotAnswer, dialog: Dialog) -> _Step:
        """What an answer does to a dialog; a new one belongs where `dialog` belongs."""
        if not answer.was_reached:
            return _Step(trouble=UNREACHABLE)
        if not answer.is_success or not answer.is_json:
            return _Step(trouble=BROKEN)
        if answer.body is None:
            return _Step()
        member = "config" if dialog.submits == "config/submit" else "task"
        task = answer.body.get(member) if isinstance(answer.body, dict) else None
        value = task.get("value") if isinstance(task, dict) else None
        kind = task.get("type") if isinstance(task, dict) else None
        if kind == "message" and isinstance(value, str):
            return _Step(text=value)
        if kind == "continue" and isinstance(value, dict):
            shown = _dialog(value, dialog)
            return _Step(shown) if shown is not None else _Step(trouble=MALFORMED)
        return _Step(trouble=MALFORMED)


def _installs(payload: Any) -> bool:
    """True for the button of a just-in-time install card."""
    msteams = payload.get("msteams") if isinstance(payload, dict) else None
    return isinstance(msteams, dict) and msteams.get("justInTimeInstall") is True


def _dialog(value: Json, origin: Dialog) -> Dialog | None:
    """The dialog described, or None when a client could not open it."""
    sizes = {}
    for name in ("height", "width"):
        size = value.get(name, "medium")
        if isinstance(size, bool) or not (isinstance(size, int) or size in _SIZES):
            return None
        sizes[name] = size
    title = str(value.get("title") or "")
    dialog = replace(
        origin, title=title, height=sizes["height"], width=sizes["width"], card=None, url=None, warnings=[]
    )
    attachment = value.get("card")
    if isinstance(attachment, dict):
        try:
            dialog.warnings = check_card(attachment.get("content"))
        except ConnectorError:
            return None
        if attachment.get("contentType") != ADAPTIVE_CARD:
            return None
        dialog.card = attachment["content"]
        return dialog
    url = value.get("url")
    dialog.url = url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
    return dialog if dialog.url else None
