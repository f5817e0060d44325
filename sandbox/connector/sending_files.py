"""Files in a 1:1 chat: those that a person attaches, and those that the bot asks to put into their OneDrive.

Source: Teams, "Send and receive files through bots". Channels and group chats do not take part in this.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Literal

from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.delivery import BotAnswer
from sandbox.connector.drive import DriveFile
from sandbox.connector.drive_rest import download_url, file_base, page_url, upload_url
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.kit import Kit
from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import BOT, FILE_CONSENT, FILE_DOWNLOAD, Chat, Json, Message, StoredAttachment
from sandbox.tenant.directory import User


class Files:
    """Everybody's files. `user_id` is the person's object id."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def attach(
        self,
        user_id: str,
        name: str,
        content: bytes,
        *,
        text: str = "",
        chat: str = "personal",
        host: str | None = None,
        redirect_to: str | None = None,
        wait_for: str | None = None,
        seconds: float = 5.0,
    ) -> Outcome:
        """Send the bot a file, as a message with a link that opens it for a while.

        `host` (scheme and host) stands in the link in place of the usual one; with `redirect_to` the link leads there.
        Raises PersonError (409) outside of the 1:1 chat, and where the app takes no files.
        """
        user = self._kit.presence.user(user_id)
        if chat != Chat.PERSONAL.value:
            raise PersonError(409, "no-files-here", "Teams hands files to bots in their 1:1 chats only.")
        if not self._kit.world.chats.app.supports_files:
            raise PersonError(409, "no-files-here", "The app's manifest does not say supportsFiles.")
        place = self._kit.presence.place(user, chat)
        before = self._kit.witness.moment
        file = self._kit.world.chats.drive.keep(user.id, name, content)
        attachment = self._attachment(file, host or file_base(self._kit.world), redirect_to)
        message = self._kit.board.said(place, user.id, text, attachments=[attachment])
        answer = await self._kit.delivery.send(self._kit.activities.text(user, message))
        if not answer.was_reached:
            self._kit.board.note(message, user.id, UNREACHABLE)
        outcome = Outcome(status=answer.status, message_id=message.id)
        return await self._kit.witness.told(user, before, outcome, wait_for, seconds)

    async def paste(
        self, user_id: str, name: str, content: bytes, content_type: str, *, text: str = "", chat: str = "personal"
    ) -> Outcome:
        """Send a picture inside of a message: the bot fetches it from the connector, with its own token.

        Raises PersonError (404, 409).
        """
        user = self._kit.presence.user(user_id)
        place = self._kit.presence.place(user, chat)
        before = self._kit.witness.moment
        stored = str(uuid.uuid4())
        self._kit.world.chats.stored[stored] = StoredAttachment(name, content_type, content)
        url = f"{self._kit.activities.service_url}v3/attachments/{stored}/views/original"
        attachment: Json = {"contentType": content_type, "contentUrl": url, "name": name}
        message = self._kit.board.said(place, user.id, text, attachments=[attachment])
        outcome = Outcome(status=None, message_id=message.id, reason="the bot is not in this chat")
        if place.chat is Chat.PERSONAL or place.chat in self._kit.world.chats.bot_is_in:
            answer = await self._kit.delivery.send(self._kit.activities.text(user, message))
            outcome = Outcome(status=answer.status, message_id=message.id)
        return await self._kit.witness.told(user, before, outcome)

    async def answer_consent(
        self, user_id: str, action: Literal["accept", "decline"], *, message_id: str | None = None
    ) -> Outcome:
        """Answer a file consent card, the newest without `message_id`. Until the bot replaces it, this can be repeated.

        Raises PersonError (404, 409).
        """
        user = self._kit.presence.user(user_id)
        message = self._consent_message(user, message_id)
        self._kit.presence.check_may_act(user, message.place)
        card = message.attachment(FILE_CONSENT) or {}
        content = card.get("content") or {}
        context = content.get("acceptContext" if action == "accept" else "declineContext")
        value: Json = {"type": "fileUpload", "action": action, "context": context}
        if action == "accept":
            value["uploadInfo"] = self._upload_info(user, str(card.get("name")))
        before = self._kit.witness.moment
        activity = self._kit.activities.invoke(user, message.place, "fileConsent/invoke", value, reply_to=message.id)
        answer = await self._kit.delivery.send(activity)
        if trouble := _trouble(answer):
            self._kit.board.note(message, user.id, trouble)
        outcome = Outcome(status=answer.status, answer=answer.body, message_id=message.id)
        return await self._kit.witness.told(user, before, outcome)

    def link_to(self, user_id: str, file_id: str) -> tuple[DriveFile, str]:
        """One of this person's files, and a fresh link that opens it. Raises PersonError (404)."""
        user = self._kit.presence.user(user_id)
        files = self._kit.world.chats.drive.files
        file = files.get(file_id)
        if file is None or file.owner != user.id:
            raise nothing_like("file", file_id, [each.id for each in files.values() if each.owner == user.id])
        return file, self._link(file, self._kit.world.base_url, None)

    def _attachment(self, file: DriveFile, base: str, redirect_to: str | None) -> Json:
        return {
            "contentType": FILE_DOWNLOAD,
            "contentUrl": page_url(base, file.id, file.name),
            "name": file.name,
            "content": {
                "downloadUrl": self._link(file, base, redirect_to),
                "uniqueId": file.id,
                "fileType": file.file_type,
                "etag": file.etag,
            },
        }

    def _link(self, file: DriveFile, base: str, redirect_to: str | None) -> str:
        expires_at = self._kit.world.clock.now() + timedelta(seconds=self._kit.world.chats.behaviour.file_link_s)
        return download_url(base, file, self._kit.world.chats.drive.link(file.id, expires_at, redirect_to))

    def _upload_info(self, user: User, name: str) -> Json:
        drive, base = self._kit.world.chats.drive, file_base(self._kit.world)
        secret = drive.begin(user.id, name, self._kit.world.clock.now())
        session = drive.sessions[secret]
        file = DriveFile(session.file_id, user.id, name, b"")
        return {
            "contentUrl": page_url(base, file.id, name),
            "name": name,
            "uploadUrl": upload_url(base, secret),
            "uniqueId": file.id,
            "fileType": file.file_type,
            "etag": file.etag,
        }

    def _consent_message(self, user: User, message_id: str | None) -> Message:
        if message_id is not None:
            message = self._kit.presence.message(user, message_id)
            if message.sender == BOT and message.attachment(FILE_CONSENT) is not None:
                return message
            raise PersonError(409, "no-consent-asked", "This message does not ask for consent to a file.")
        for message in self._kit.board.newest_seen(self._kit.world.chats.personal(user.id), user.id):
            if message.attachment(FILE_CONSENT) is not None:
                return message
        raise PersonError(404, "no-consent-asked", f"Nothing asks {user.display_name} for consent to a file.")


def _trouble(answer: BotAnswer) -> str | None:
    if not answer.was_reached:
        return UNREACHABLE
    return None if answer.is_success and answer.is_json else BROKEN
