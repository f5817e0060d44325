"""One transaction, as the repositories use it: statements in, rows out, and no wait without a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import CursorResult, Executable, RowMapping, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.errors import ServiceBusy
from bot.store.ports import Sealer

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Waits:
    """Awaits database work for a limited time.

    Work that takes longer is left to end by itself, never cancelled: a driver that is interrupted in the middle of a
    statement leaves its connection in an unknown state. `unfinished` is that work, while it is still going on.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.unfinished: asyncio.Future[Any] | None = None

    async def limited(self, work: Awaitable[T]) -> T:
        """Raises: ServiceBusy("store") when it takes too long or the database cannot be used now."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task,), timeout=self._seconds)
        finally:
            if not task.done():
                self.unfinished = task
        if not task.done():
            raise ServiceBusy("store")
        try:
            return task.result()
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise ServiceBusy("store") from error


class Session:
    """What a repository holds: the connection of its unit, the keys and the clock."""

    def __init__(
        self, connection: AsyncConnection, waits: Waits, sealer: Sealer, clock: Clock, *, is_read_only: bool
    ) -> None:
        self._connection = connection
        self._waits = waits
        self._sealer = sealer
        self._clock = clock
        self._is_read_only = is_read_only

    def now(self) -> datetime:
        return self._clock.now()

    async def rows(self, query: Executable) -> Sequence[RowMapping]:
        result = await self._waits.limited(self._connection.execute(query))
        return result.mappings().all()

    async def row(self, query: Executable) -> RowMapping | None:
        result = await self._waits.limited(self._connection.execute(query))
        return result.mappings().first()

    async def number(self, query: Executable) -> int:
        """The single number that the query counts."""
        result = await self._waits.limited(self._connection.execute(query))
        return int(result.scalar_one())

    async def write(self, statement: Executable) -> int:
        """How many rows the statement changed."""
        self._must_write()
        # Without this option the count of an INSERT is not read from every driver.
        options = {"preserve_rowcount": True}
        result = await self._waits.limited(self._connection.execute(statement, execution_options=options))
        return cast("CursorResult[Any]", result).rowcount

    async def written(self, statement: Executable) -> RowMapping | None:
        """The row that a statement with RETURNING changed, None when it changed none."""
        self._must_write()
        return await self.row(statement)

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that knows ON CONFLICT, which both databases spell alike."""
        if self._connection.dialect.name == "sqlite":
            return sqlite.insert(table)
        return postgresql.insert(table)

    def seal(self, text: str, context: str) -> str:
        """Empty stays empty: that there is no text is no secret."""
        return self._sealer.seal(text, context) if text else ""

    def open(self, sealed: str, context: str) -> str:
        """What was sealed for this context; empty when it cannot be opened any more (its key was taken away).

        The texts sealed here accompany a row that stays meaningful without them, so losing one must not stop work.
        """
        if not sealed:
            return ""
        try:
            return self._sealer.open(sealed, context).decode()
        except ValueError:
            _log.warning("sealed_text_unreadable", context=context)
            return ""

    def _must_write(self) -> None:
        if self._is_read_only:
            raise RuntimeError("a unit opened for reading was asked to write")
