"""What the store needs from others, and the shape of what it hands to them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.domain import UserId


class Sealer(Protocol):
    """Keeps data unreadable for whoever holds the database without the keys.

    What is sealed for one context (whose it is, what it is) does not open for another, so a row that is copied over
    another one is noticed.
    """

    def seal(self, plain: bytes | str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> bytes:
        """Raises ValueError when it was not sealed for this context with one of our keys."""


class TicketLike(Protocol):
    """A sign-in under way, as its owner keeps it. See `records.TicketRecord`."""

    @property
    def id(self) -> str: ...
    @property
    def tenant_id(self) -> str: ...
    @property
    def object_id(self) -> UserId: ...
    @property
    def sealed(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def is_claimed(self) -> bool: ...
