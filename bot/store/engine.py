"""Opening a database: SQLite in a file for one process, PostgreSQL for several."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WRITES = "doorman_writes"
"""Execution option of a connection: it begins a transaction that may write."""

_POOL_SIZE = 8
_CONNECT_SECONDS = 5


class UnusableDatabaseError(Exception):
    """The database cannot be used as it is; the message is one line for the operator and holds no password."""


def database_url(text: str) -> URL:
    """`text` with the driver that Doorman uses.

    Raises: UnusableDatabaseError when it names neither a file of SQLite nor a PostgreSQL server.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is none, as after an unescaped sign in a password
        raise UnusableDatabaseError("DATABASE_URL is not a database address") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise UnusableDatabaseError("DATABASE_URL: SQLite needs a file, as in sqlite:///doorman.db")
        return url.set(drivername="sqlite+aiosqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise UnusableDatabaseError(f"DATABASE_URL: {backend} is not supported; use sqlite or postgresql")


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def create_engine(url: URL, *, wait_seconds: float, pool_size: int = _POOL_SIZE) -> AsyncEngine:
    """An engine on which no lock, no free connection and no answer of the server is waited for any longer than asked.

    Its errors, which end in the log, name statements without the values in them. A server that has gone silent is
    noticed by the kernel after twice that time.
    """
    pool: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": wait_seconds,
        "hide_parameters": True,
    }
    if is_sqlite(url):
        engine = create_async_engine(url, connect_args={"timeout": wait_seconds}, **pool)
        _prepare_sqlite(engine, wait_seconds)
        return engine
    milliseconds = max(1, int(wait_seconds * 1000))
    limits = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": 2 * milliseconds,
        "options": f"-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={12 * milliseconds}",
    }
    # An address may carry options of its own; ours are added to them.
    given = url.query.get("options")
    if given:
        limits["options"] = f"{given if isinstance(given, str) else ' '.join(given)} {limits['options']}"
        url = url.difference_update_query(["options"])
    return create_async_engine(url, connect_args=limits, pool_pre_ping=True, **pool)


def _prepare_sqlite(engine: AsyncEngine, wait_seconds: float) -> None:
    """Have transactions begin when we say so, and writers take the write lock at once.

    The driver would otherwise begin one by itself before the first write, too late to wait for the lock: two units
    that both read and then write would meet in an error that no waiting cures.
    """

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(wait_seconds * 1000)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        is_writer = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
