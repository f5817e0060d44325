"""The people's OneDrive as far as files in chats need it: files, links that open them for a while, upload sessions.

Plain data with its rules; the moment is passed in. Source: Graph, "driveItem: createUploadSession".
"""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

CHUNK = 320 * 1024
"""Parts of an upload, all but the last, have to be multiples of this many bytes."""
LARGEST_PART = 60 * 1024 * 1024
SESSION_LIFETIME = timedelta(minutes=15)

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


class DriveError(Exception):
    """A refusal in OneDrive's words. `status` is 400, 401, 404, 413 or 416."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(slots=True)
class DriveFile:
    id: str
    owner: str
    name: str
    content: bytes

    @property
    def file_type(self) -> str:
        """The extension, which is all that Teams tells of a file's type."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""

    @property
    def etag(self) -> str:
        return f'"{{{self.id.upper()}}},1"'


@dataclass(frozen=True, slots=True)
class Link:
    """Opens a file until `expires_at` for whoever has it; with `redirect_to` it leads elsewhere instead."""

    file_id: str
    expires_at: datetime
    redirect_to: str | None = None


@dataclass(slots=True)
class UploadSession:
    """A file on its way."""

    file_id: str
    owner: str
    name: str
    expires_at: datetime
    received: bytes = b""
    total: int | None = None

    def progress(self) -> dict[str, Any]:
        return {
            "expirationDateTime": self.expires_at.isoformat(),
            "nextExpectedRanges": [f"{len(self.received)}-"],
        }


@dataclass(slots=True)
class Drive:
    files: dict[str, DriveFile] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    sessions: dict[str, UploadSession] = field(default_factory=dict)

    def keep(self, owner: str, name: str, content: bytes, file_id: str | None = None) -> DriveFile:
        """Keep a file of this person; a name that is taken gets a number, as OneDrive does it."""
        file = DriveFile(file_id or str(uuid.uuid4()), owner, self._free_name(owner, name), content)
        self.files[file.id] = file
        return file

    def link(self, file_id: str, expires_at: datetime, redirect_to: str | None = None) -> str:
        """The secret of a new link to the file."""
        secret = secrets.token_urlsafe(24)
        self.links[secret] = Link(file_id, expires_at, redirect_to)
        return secret

    def opened(self, secret: str, file_id: str, now: datetime) -> tuple[DriveFile, Link]:
        """What a link leads to. Raises DriveError (401, 404)."""
        link = self.links.get(secret)
        if link is None or link.file_id != file_id or now >= link.expires_at:
            raise DriveError(401, "unauthenticated", "The link is not valid, or not any more.")
        file = self.files.get(file_id)
        if file is None:
            raise DriveError(404, "itemNotFound", "The file is gone.")
        return file, link

    def begin(self, owner: str, name: str, now: datetime) -> str:
        """The secret of a new upload session."""
        secret = secrets.token_urlsafe(24)
        self.sessions[secret] = UploadSession(str(uuid.uuid4()), owner, name, now + SESSION_LIFETIME)
        return secret

    def session(self, secret: str, now: datetime) -> UploadSession:
        """Raises DriveError (404) for one that is unknown, over, finished or cancelled."""
        session = self.sessions.get(secret)
        if session is None or now >= session.expires_at:
            raise DriveError(404, "itemNotFound", "The upload session was not found, or is over.")
        return session

    def take(self, secret: str, content_range: str | None, part: bytes, now: datetime) -> DriveFile | None:
        """Take the next part; gives the file when it was the last one.

        Raises DriveError: 400 for a part that is not as its range says, 404, 413, 416 for the wrong place.
        """
        session = self.session(secret, now)
        start, end, total = _range(content_range)
        if len(part) > LARGEST_PART:
            raise DriveError(413, "requestEntityTooLarge", "A part of an upload has at most 60 MiB.")
        if end - start + 1 != len(part) or end >= total:
            raise DriveError(400, "invalidRequest", "The Content-Range does not fit the part's length.")
        if session.total not in (None, total):
            raise DriveError(400, "invalidRequest", "The Content-Range tells another total than before.")
        if start != len(session.received):
            raise DriveError(416, "invalidRange", f"The next part has to start at byte {len(session.received)}.")
        if end + 1 < total and len(part) % CHUNK:
            raise DriveError(400, "invalidRequest", f"All parts but the last are multiples of {CHUNK} bytes.")
        session.total = total
        session.received += part
        if end + 1 < total:
            return None
        del self.sessions[secret]
        return self.keep(session.owner, session.name, session.received, session.file_id)

    def cancel(self, secret: str, now: datetime) -> None:
        """Raises DriveError (404)."""
        self.session(secret, now)
        del self.sessions[secret]

    def _free_name(self, owner: str, name: str) -> str:
        taken = {file.name.casefold() for file in self.files.values() if file.owner == owner}
        stem, dot, extension = name.rpartition(".")
        if not stem:
            stem, dot, extension = name, "", ""
        free, number = name, 0
        while free.casefold() in taken:
            number += 1
            free = f"{stem} {number}{dot}{extension}"
        return free


def _range(header: str | None) -> tuple[int, int, int]:
    found = _RANGE.fullmatch(header or "")
    if found is None:
        raise DriveError(400, "invalidRequest", "The upload needs Content-Range: bytes first-last/total.")
    start, end, total = (int(each) for each in found.groups())
    if end < start:
        raise DriveError(400, "invalidRequest", "The Content-Range ends before it starts.")
    return start, end, total
