"""Action commands of the message extension: from the compose box, the command box or a message's menu.

Source: Teams, "Define action commands", "Create and send the dialog", "Respond to the dialog submit action".
"""

from __future__ import annotations

import html
import json
from typing import Literal

from sandbox.connector.app_manifest import ActionCommand, CommandContext
from sandbox.connector.card_actions import UNREACHABLE
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.dialogs import THEME, Dialogs
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.extension import TOO_SLOW, Extension
from sandbox.connector.kit import Kit
from sandbox.connector.lifecycle import Lifecycle
from sandbox.connector.outcomes import Outcome
from sandbox.connector.roster import BOT_NAME
from sandbox.connector.state import BOT, Dialog, Json, Message, Place
from sandbox.tenant.directory import User
from sandbox.tenant.identity import BOT_APP_ID

SUBMIT = "composeExtension/submitAction"
_FIELDS = {"date": "Input.Date", "time": "Input.Time", "number": "Input.Number", "toggle": "Input.Toggle"}


class ActionCommands:
    def __init__(self, kit: Kit, dialogs: Dialogs, extension: Extension, lifecycle: Lifecycle) -> None:
        self._kit = kit
        self._dialogs, self._extension = dialogs, extension
        self._dialogs.compose = self._extension.take
        self._dialogs.install = lifecycle.install

    async def run(
        self,
        user_id: str,
        command: str,
        chat: str = "personal",
        *,
        context: CommandContext = "compose",
        message_id: str | None = None,
    ) -> Outcome:
        """Choose a command. With `message_id` it is of that message's menu.

        Raises PersonError: 404 for unknown commands and messages, 409 where the command is not offered.
        """
        user = self._kit.presence.user(user_id)
        place = self._kit.presence.place(user, chat)
        message = self._kit.presence.message(user, message_id) if message_id is not None else None
        wanted: CommandContext = "message" if message is not None else context
        known = self._command(command)
        if wanted not in known.contexts:
            raise PersonError(409, "not-offered", f"{known.title!r} is offered in: {', '.join(known.contexts)}.")
        about: Json = {"commandId": known.id, "commandContext": wanted}
        if message is not None:
            place = message.place
            about["messagePayload"] = self._payload(message)
        if not known.fetch_task:
            return self._dialogs.open_card(user, _parameters(known, place, message_id, about))
        before = self._kit.witness.moment
        answer = await self._send(user, place, "composeExtension/fetchTask", {**about, "context": THEME})
        return await self._kit.witness.told(user, before, self._take(user, place, about, answer))

    async def answer_preview(self, user_id: str, action: Literal["edit", "send"], chat: str = "personal") -> Outcome:
        """Edit or send the message that the bot would send. Raises PersonError (404, 409)."""
        user = self._kit.presence.user(user_id)
        place = self._kit.presence.place(user, chat)
        box = self._extension.box(user_id, chat)
        if box.preview is None:
            raise PersonError(409, "no-preview", "No message of the bot waits to be sent.")
        value = {
            **box.about,
            "botMessagePreviewAction": action,
            "botActivityPreview": [{"type": "message", **box.preview}],
            "context": THEME,
        }
        before = self._kit.witness.moment
        answer = await self._send(user, place, SUBMIT, value)
        if answer.is_success:
            box.preview = None
        return await self._kit.witness.told(user, before, self._take(user, place, box.about, answer, may_be_empty=True))

    def _take(self, user: User, place: Place, about: Json, answer: BotAnswer, *, may_be_empty: bool = False) -> Outcome:
        composed = self._extension.take(user, place, about, answer)
        if composed is not None:
            self._kit.world.chats.dialogs.pop(user.id, None)
            return Outcome(status=answer.status, answer=answer.body, composed=composed)
        if answer.status == 504:
            return Outcome(status=answer.status, told=TOO_SLOW)
        if not answer.was_reached:
            return Outcome(status=answer.status, told=UNREACHABLE)
        if may_be_empty and answer.is_success and answer.body in (None, {}):
            self._kit.world.chats.dialogs.pop(user.id, None)
            return Outcome(status=answer.status, answer=answer.body)
        return self._dialogs.take(user, Dialog(place, None, submits=SUBMIT, about=about), answer)

    async def _send(self, user: User, place: Place, name: str, value: Json) -> BotAnswer:
        activity = self._kit.activities.invoke(user, place, name, value)
        activity["channelData"] |= {"source": {"name": value["commandContext"]}}
        return await self._kit.delivery.send(activity, within_s=self._kit.world.chats.behaviour.extension_limit_s)

    def _command(self, wanted: str) -> ActionCommand:
        commands = self._kit.world.chats.app.actions
        for each in commands:
            if wanted in (each.id, each.title):
                return each
        raise nothing_like("command", wanted, [each.id for each in commands])

    def _payload(self, message: Message) -> Json:
        """The message as Graph would tell it, which is how an action on a message gets it."""
        user = self._kit.world.tenant.users.get(message.sender)
        sender: Json = {"application": {"id": BOT_APP_ID, "displayName": BOT_NAME, "applicationIdentityType": "bot"}}
        if message.sender != BOT and user is not None:
            sender = {"user": {"id": user.id, "displayName": user.display_name, "userIdentityType": "aadUser"}}
        attachments = [
            {
                "id": f"{message.id}-{number}",
                "contentType": each.get("contentType"),
                "contentUrl": each.get("contentUrl"),
                "content": json.dumps(each.get("content")),
                "name": each.get("name"),
                "thumbnailUrl": None,
            }
            for number, each in enumerate(message.attachments, start=1)
        ]
        return {
            "id": message.id,
            "replyToId": message.place.thread if message.place.thread != message.id else None,
            "createdDateTime": message.at.isoformat(),
            "lastModifiedDateTime": message.edited_at.isoformat() if message.edited_at else None,
            "deleted": False,
            "subject": None,
            "summary": message.summary or None,
            "importance": "normal",
            "locale": "en-us",
            "messageType": "message",
            "from": sender,
            "body": {"contentType": "html", "content": f"<p>{html.escape(message.text, quote=False)}</p>"},
            "attachments": attachments,
            "mentions": [],
            "reactions": [],
        }


def _parameters(command: ActionCommand, place: Place, message_id: str | None, about: Json) -> Dialog:
    """The form that a client makes of the parameters in the manifest."""
    fields = [
        {"type": _FIELDS.get(kind, "Input.Text"), "id": name, "label": title, "title": title}
        for name, title, kind in command.parameters
    ]
    send = {"type": "Action.Submit", "title": "Send", "data": {}}
    card = {"type": "AdaptiveCard", "version": "1.5", "body": fields, "actions": [send]}
    return Dialog(place, message_id, title=command.title, card=card, submits=SUBMIT, about=about)
