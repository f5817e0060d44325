"""Reading the files that people attach, from where Teams has put them: their OneDrive, and nowhere else."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import aiohttp
import structlog

from bot.errors import FileProblem, ServiceBusy, UnusableFile
from bot.teams.inbound import ServiceHosts
from bot.turn import AttachedFile

MOST_BYTES: Final = 20_000_000
_SECONDS: Final = 60.0
_MOST_REDIRECTS: Final = 3
_AT_ONCE: Final = 64 * 1024
_GONE: Final = frozenset({401, 403, 404, 410})

_log = structlog.get_logger(__name__)


class FileReader:
    """Fetches over `http` from `hosts` alone, also where one of them leads elsewhere.

    No token goes along: the address itself opens the file. It is therefore not logged.
    """

    def __init__(self, http: aiohttp.ClientSession, hosts: tuple[str, ...], *, most_bytes: int = MOST_BYTES) -> None:
        self._http = http
        self._hosts = ServiceHosts(hosts)
        self._most_bytes = most_bytes

    async def read(self, file: AttachedFile) -> bytes:
        """All of the file. Raises: UnusableFile, ServiceBusy when OneDrive does not answer as it should."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._fetch(file)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            _log.info("file_not_read", reason=type(error).__name__)
            raise ServiceBusy("files") from None

    async def _fetch(self, file: AttachedFile) -> bytes:
        address = file.address
        for _ in range(_MOST_REDIRECTS + 1):
            if not self._hosts.allows(without_query(address)):
                raise UnusableFile(FileProblem.FOREIGN_HOST, file.name)
            async with self._http.get(address, allow_redirects=False) as answer:
                if 300 <= answer.status < 400 and "Location" in answer.headers:
                    address = urljoin(address, answer.headers["Location"])
                    continue
                if answer.status in _GONE:
                    raise UnusableFile(FileProblem.GONE, file.name)
                if answer.status != 200:
                    _log.info("file_not_read", status=answer.status)
                    raise ServiceBusy("files")
                return await self._content(answer, file)
        raise UnusableFile(FileProblem.FOREIGN_HOST, file.name)

    async def _content(self, answer: aiohttp.ClientResponse, file: AttachedFile) -> bytes:
        content = bytearray()
        # What arrives is counted, because a length that is announced may be missing or wrong.
        async for part in answer.content.iter_chunked(_AT_ONCE):
            content += part
            if len(content) > self._most_bytes:
                raise UnusableFile(FileProblem.TOO_LARGE, file.name, limit=self._most_bytes)
        return bytes(content)


def without_query(address: str) -> str:
    """The address as the list of hosts judges it. Raises ValueError when it is none."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
