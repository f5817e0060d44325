"""Short codes: what people call a request by when they type instead of pressing."""

from __future__ import annotations

import re

from bot.domain import RequestId
from bot.store import Store
from bot.store.records import RequestRecord

_LIKE_A_CODE = re.compile(r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{4,8}")
_AROUND = "#.,:;!?\"'“”()[]<>"


def split_code(words: str) -> tuple[str, str]:
    """The code that the words begin with, as it is kept, and the rest; an empty code where they begin otherwise.

    Something with a digit in it was meant as a code, also when there is none like it.
    """
    first, _, rest = words.strip().partition(" ")
    candidate = first.strip(_AROUND)
    if _LIKE_A_CODE.fullmatch(candidate) is None:
        return "", words.strip()
    return candidate.upper(), rest.strip()


class Codes:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, code: str) -> RequestRecord | None:
        """The request that goes by this code; whether somebody may know of it is for the caller to find out."""
        async with self._store.unit(read_only=True) as unit:
            return await unit.requests.find_code(code)

    async def known(self, request_ids: list[RequestId]) -> dict[RequestId, RequestRecord]:
        """Those of these requests that Doorman knows, with their codes."""
        async with self._store.unit(read_only=True) as unit:
            return await unit.requests.find_many(request_ids)
