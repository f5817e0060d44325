"""The store: short transactions over everything Doorman has to remember."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.clock import Clock
from bot.errors import ServiceBusy
from bot.store.audit import Audit
from bot.store.decisions import Decisions
from bot.store.drafts import Drafts
from bot.store.engine import WRITES
from bot.store.enrolments import Enrolments
from bot.store.errands import Errands
from bot.store.expiries import Expiries
from bot.store.installations import Installations
from bot.store.marks import Marks, Seen
from bot.store.messages import Messages
from bot.store.missed_searches import MissedSearches
from bot.store.nudges import Nudges
from bot.store.people import People
from bot.store.personal import Personal
from bot.store.ports import Sealer
from bot.store.proofs import Proofs
from bot.store.remarks import Remarks
from bot.store.requests import Requests
from bot.store.revocations import Revocations
from bot.store.session import Session, Waits
from bot.store.sign_ins import Tickets, TokenCaches
from bot.store.submissions import Submissions

WAIT_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Unit:
    """One transaction, by the kinds of things in it."""

    def __init__(self, session: Session) -> None:
        self.people = People(session)
        self.installations = Installations(session)
        self.token_caches = TokenCaches(session)
        self.personal = Personal(session)
        self.tickets = Tickets(session)
        self.submissions = Submissions(session)
        self.requests = Requests(session)
        self.decisions = Decisions(session)
        self.remarks = Remarks(session)
        self.errands = Errands(session)
        self.enrolments = Enrolments(session)
        self.audit = Audit(session)
        self.revocations = Revocations(session)
        self.proofs = Proofs(session)
        self.messages = Messages(session)
        self.expiries = Expiries(session)
        self.nudges = Nudges(session)
        self.drafts = Drafts(session)
        self.missed_searches = MissedSearches(session)
        self.marks = Marks(session)
        self.seen = Seen(session)


class Store:
    """Moments that the store stamps itself (`created_at`, `updated_at`) come from `clock`."""

    def __init__(
        self, engine: AsyncEngine, sealer: Sealer, clock: Clock | None = None, *, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._sealer = sealer
        self._clock = clock or Clock()
        self._wait_seconds = wait_seconds
        # SQLite has one writer at a time. Waiting here is fair and costs nothing; waiting in SQLite is neither.
        self._one_writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        self._left_behind: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def unit(self, *, read_only: bool = False) -> AsyncIterator[Unit]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Keep it short, await nothing but the store in it, and do not open another inside. On SQLite only units opened
        with `read_only` run side by side.

        Raises: ServiceBusy("store") when the database makes us wait too long, anywhere in the unit.
        """
        lock = None if read_only else self._one_writer
        if lock is None:
            async with self._transaction(read_only=read_only) as unit:
                yield unit
            return
        try:
            async with asyncio.timeout(self._wait_seconds):
                await lock.acquire()
        except TimeoutError:
            raise ServiceBusy("store") from None
        try:
            async with self._transaction(read_only=False) as unit:
                yield unit
        finally:
            lock.release()

    async def ping(self) -> None:
        """Raises: ServiceBusy("store") when the database does not answer in time."""
        async with self._transaction(read_only=True) as unit:
            await unit.marks.find("ping")

    async def close(self) -> None:
        """Close every connection. Work that was left behind is given the usual time to end, then cut off."""
        if self._left_behind:
            _, late = await asyncio.wait(self._left_behind, timeout=self._wait_seconds)
            for task in late:
                task.cancel()
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self, *, read_only: bool) -> AsyncIterator[Unit]:
        waits = Waits(self._wait_seconds)
        connection = (self._engine if read_only else self._writer).connect()
        try:
            await waits.limited(connection.start())
            try:
                yield Unit(Session(connection, waits, self._sealer, self._clock, is_read_only=read_only))
            except BaseException:
                if waits.unfinished is None:
                    with suppress(ServiceBusy):  # what happened first is what the caller has to hear
                        await waits.limited(connection.rollback())
                raise
            await waits.limited(connection.commit())
        finally:
            await self._give_back(connection, waits.unfinished)

    async def _give_back(self, connection: AsyncConnection, unfinished: asyncio.Future[Any] | None) -> None:
        """Return the connection to the pool; while it is still at work, leave that to a task of its own."""
        closing = asyncio.ensure_future(_close(connection, unfinished))
        self._left_behind.add(closing)
        closing.add_done_callback(self._left_behind.discard)
        if unfinished is None:
            await asyncio.wait((closing,), timeout=self._wait_seconds)


async def _close(connection: AsyncConnection, unfinished: asyncio.Future[Any] | None) -> None:
    """Never raises: there is nobody left to tell, and the pool replaces a connection that is broken."""
    if unfinished is not None:
        await asyncio.wait((unfinished,))
        if not unfinished.cancelled() and (error := unfinished.exception()):
            _log.warning("database_work_failed_late", error=type(error).__name__)
    try:
        await connection.close()
    except (SQLAlchemyError, OSError) as error:
        _log.warning("database_connection_lost", error=type(error).__name__)
