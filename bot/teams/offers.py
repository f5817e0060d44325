"""Files in a 1:1 chat: what somebody was offered goes into their OneDrive once they have said yes.

The address that Teams gives for that carries its own permission: no token of ours goes there, no redirect is followed,
and no log holds it. Source: Teams, "Send and receive files through bots".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog

from bot.domain import Address
from bot.errors import DoormanError, MessageGone
from bot.invokes import FileWish
from bot.teams.activities import file_message, text_message
from bot.teams.background import Background
from bot.teams.files import without_query
from bot.teams.inbound import ServiceHosts
from bot.teams.messenger import Messenger
from bot.teams.ports import Dispatcher
from bot.teams.sign_in import Answer
from bot.teams.texts import Texts
from bot.turn import Turn

FILE_CONSENT_INVOKE: Final = "fileConsent/invoke"

_UPLOAD_SECONDS: Final = 60.0
_WRITING_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Upload:
    url: str
    content_url: str
    name: str
    unique_id: str
    file_type: str


class FileOffers:
    def __init__(
        self,
        http: aiohttp.ClientSession,
        hosts: tuple[str, ...],
        dispatcher: Dispatcher,
        messenger: Messenger,
        background: Background,
        texts: Texts,
    ) -> None:
        self._http = http
        self._hosts = ServiceHosts(hosts)
        self._dispatcher = dispatcher
        self._messenger = messenger
        self._background = background
        self._texts = texts

    def consent(self, turn: Turn, value: Mapping[str, Any]) -> Answer:
        """Somebody said yes or no to a file. Teams wants its answer at once; the file is written behind it."""
        context = value.get("context")
        if value.get("action") != "accept":
            self._background.start(self._tell(turn, turn.words(self._texts.file_not_wanted)), "file")
            return Answer(200, {})
        upload = _read_upload(value.get("uploadInfo"))
        if upload is None or not isinstance(context, dict) or not self._is_ours(upload.url):
            _log.warning("file.refused", has_upload=upload is not None)
            self._background.start(self._tell(turn, turn.words(self._texts.file_too_late)), "file")
            return Answer(200, {})
        self._background.start(self._give(turn, FileWish(context), upload), "file")
        return Answer(200, {})

    def _is_ours(self, address: str) -> bool:
        try:
            return self._hosts.allows(without_query(address))
        except ValueError:
            return False

    async def _give(self, turn: Turn, wish: FileWish, upload: _Upload) -> None:
        try:
            async with asyncio.timeout(_WRITING_SECONDS):
                found = await self._dispatcher.file(turn, wish)
        except TimeoutError:
            await self._tell(turn, turn.words(self._texts.file_not_saved))
            return
        if found.problem:
            await self._tell(turn, found.problem)
        elif await self._put(upload, found.content):
            await self._show(turn, file_message(upload.name, upload.content_url, upload.unique_id, upload.file_type))
        else:
            await self._tell(turn, turn.words(self._texts.file_not_saved))

    async def _put(self, upload: _Upload, content: bytes) -> bool:
        size = len(content)
        headers = {"Content-Range": f"bytes 0-{size - 1}/{size}", "Content-Type": "application/octet-stream"}
        try:
            async with self._http.put(
                upload.url,
                data=content,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_UPLOAD_SECONDS),
            ) as answer:
                if answer.status in (200, 201):
                    return True
                _log.warning("file.not_saved", status=answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.warning("file.not_saved", reason=type(error).__name__)
        return False

    async def _tell(self, turn: Turn, text: str) -> None:
        await self._show(turn, text_message(text))

    async def _show(self, turn: Turn, payload: dict[str, Any]) -> None:
        """In place of the question, which could be answered again otherwise."""
        here = Address(turn.conversation.id, turn.conversation.service_url)
        try:
            if turn.message_id:
                await self._messenger.put(here, turn.message_id, payload)
                return
        except MessageGone:
            pass
        except DoormanError as error:
            _log.warning("file.question_stays", error=type(error).__name__)
        await self._messenger.send(here, payload)


def _read_upload(value: object) -> _Upload | None:
    if not isinstance(value, dict) or not isinstance(value.get("uploadUrl"), str):
        return None
    texts = {
        key: each for key in ("contentUrl", "name", "uniqueId", "fileType") if isinstance(each := value.get(key), str)
    }
    return _Upload(
        value["uploadUrl"],
        texts.get("contentUrl", ""),
        texts.get("name", ""),
        texts.get("uniqueId", ""),
        texts.get("fileType", ""),
    )
