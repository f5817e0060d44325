"""Bringing a database to the shape that this version needs.

Alembic does the work, and is imported only when there is some: a start on a database that is up to date reads one row.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.engine import WRITES, UnusableDatabaseError, create_engine, is_sqlite

REVISIONS = ("0001",)
"""Every migration there is, the oldest first; a test compares it with the files."""

_FOLDER = Path(__file__).with_name("migrations")
_LONGEST_SECONDS = 120.0  # another process may be migrating a large table
_LOCK = 7_002  # any number that nothing else on this server uses as an advisory lock


async def upgrade(url: URL) -> None:
    """Upgrade the database, once, however many processes start on it together.

    Raises: UnusableDatabaseError when it cannot be opened or belongs to a newer version.
    """
    try:
        if is_sqlite(url):
            await asyncio.to_thread(_open_file, url.database or "")
        engine = create_engine(url, wait_seconds=_LONGEST_SECONDS, pool_size=1)
        try:
            await _upgrade(engine)
        finally:
            await engine.dispose()
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise UnusableDatabaseError(f"DATABASE_URL: the database cannot be opened: {_first_line(error)}") from error


def _open_file(path: str) -> None:
    """Find out whether `path` can be opened.

    Asked of aiosqlite instead, a refusal would leave a thread behind that still reports to the loop, closed or not.
    """
    with closing(sqlite3.connect(path)):
        return


async def _upgrade(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        if await connection.run_sync(_is_current):
            return
    async with engine.execution_options(**{WRITES: True}).begin() as connection:
        # Whoever comes second waits here, and then finds nothing to do. On SQLite the write lock does the same.
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if not await connection.run_sync(_is_current):
            await asyncio.shield(connection.run_sync(_run_migrations))


def _is_current(connection: Connection) -> bool:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return False
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in REVISIONS:
        raise UnusableDatabaseError(
            f"DATABASE_URL: the database belongs to a newer version of Doorman (it is at {revision})"
        )
    return bool(revision == REVISIONS[-1])


def _run_migrations(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(cause).strip().split("\n", 1)[0]
