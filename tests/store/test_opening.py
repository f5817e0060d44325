"""Opening a database: made, brought up to date, refused; and what happens when it does not answer."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.domain import UserId
from bot.errors import ServiceBusy
from bot.identity.sealing import Sealer
from bot.store import Store, UnusableDatabaseError, migrate, open_store, schema
from bot.store.engine import create_engine, database_url
from tests.support.postgres import PostgresServer


async def seen(store: Store, who: str = "rita") -> None:
    async with store.unit() as unit:
        await unit.people.seen(tenant_id="tenant", object_id=UserId(who))


async def test_several_open_an_empty_database_at_once(database: str, sealer: Sealer) -> None:
    stores = await asyncio.gather(*(open_store(database, sealer) for _ in range(4)))
    try:
        await asyncio.gather(*(seen(store, f"person {number}") for number, store in enumerate(stores)))
        async with stores[0].unit(read_only=True) as unit:
            assert await unit.people.find(UserId("person 3")) is not None
    finally:
        for store in stores:
            await store.close()


async def test_what_is_stored_is_there_after_the_next_opening(database: str, sealer: Sealer) -> None:
    for is_known in (False, True):
        store = await open_store(database, sealer)
        async with store.unit() as unit:
            assert (await unit.people.find(UserId("rita")) is not None) == is_known
        await seen(store)
        await store.close()


async def test_an_error_of_the_database_tells_nothing_of_what_was_to_be_stored(database: str) -> None:
    engine = create_engine(database_url(database), wait_seconds=5.0)
    try:
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError) as failed:
                await connection.execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": "because I am ill"})
    finally:
        await engine.dispose()
    assert "nowhere" in str(failed.value)
    assert "ill" not in str(failed.value)


async def test_the_migrations_make_the_tables_of_the_schema(database: str) -> None:
    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), schema.metadata)

    def indices(connection: Connection) -> set[str]:
        table = "sqlite_master" if connection.dialect.name == "sqlite" else "pg_indexes"
        column = "sql" if table == "sqlite_master" else "indexdef"
        found = connection.scalars(text(f"SELECT {column} FROM {table} WHERE {column} LIKE '%delivered < wanted%'"))  # noqa: S608
        return set(found)

    url = database_url(database)
    await migrate.upgrade(url)
    engine = create_engine(url, wait_seconds=5)
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
            assert len(await connection.run_sync(indices)) == 1
    finally:
        await engine.dispose()


def test_the_list_of_revisions_is_that_of_the_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(revisions)) == migrate.REVISIONS


async def test_a_database_of_a_newer_version_is_refused_in_one_line(database: str, sealer: Sealer) -> None:
    await (await open_store(database, sealer)).close()
    newer = "UPDATE alembic_version SET version_num = '9999'"
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as file:
            file.execute(newer)
            file.commit()
    else:
        with psycopg.connect(database) as server:
            server.execute(newer.encode())
    with pytest.raises(UnusableDatabaseError, match=r"^DATABASE_URL: .*newer version.*9999.*$"):
        await open_store(database, sealer)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("nonsense", "not a database address"),
        ("postgresql://user:p@ss:hidden@host/doorman", "not a database address"),
        ("mysql://user:hidden@host/doorman", "mysql is not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////no/such/folder/doorman.db", "cannot be opened: unable to open database file"),
        ("postgresql://user:hidden@127.0.0.1:1/doorman", "cannot be opened: .*refused"),
    ],
)
async def test_an_unusable_address_is_one_line_without_the_password(address: str, problem: str, sealer: Sealer) -> None:
    with pytest.raises(UnusableDatabaseError) as caught:
        await open_store(address, sealer)
    assert re.search(problem, str(caught.value))
    assert str(caught.value).startswith("DATABASE_URL")
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_ping_answers(store: Store) -> None:
    await store.ping()


async def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    await seen(store)
    async with store.unit() as writer:
        await writer.people.mark_unreachable(UserId("rita"))
        async with store.unit(read_only=True) as reader:
            before = await reader.people.find(UserId("rita"))
    assert before is not None
    assert before.is_reachable


async def test_many_writers_take_turns(store: Store) -> None:
    await asyncio.gather(*(seen(store, f"person {number % 7}") for number in range(60)))
    async with store.unit(read_only=True) as unit:
        assert await unit.people.find(UserId("person 6")) is not None


async def test_waiting_for_another_unit_has_a_limit(database: str, sealer: Sealer) -> None:
    store = await open_store(database, sealer, wait_seconds=0.3)
    try:
        await seen(store)
        async with store.unit() as first:
            await first.people.mark_unreachable(UserId("rita"))
            began_at = time.monotonic()
            with pytest.raises(ServiceBusy, match="store"):
                await seen(store)
            assert time.monotonic() - began_at < 2
        await seen(store)
    finally:
        await store.close()


async def test_a_locked_file_makes_nobody_wait_for_ever(tmp_path: Path, sealer: Sealer) -> None:
    path = tmp_path / "doorman.db"
    store = await open_store(f"sqlite:///{path}", sealer, wait_seconds=0.3)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ServiceBusy, match="store"):
                await seen(store)
            await store.ping()
            other.execute("ROLLBACK")
        await seen(store)
    finally:
        await store.close()


@pytest.mark.postgres
async def test_too_few_connections_make_nobody_wait_for_ever(postgres_url: str, sealer: Sealer) -> None:
    await migrate.upgrade(database_url(postgres_url))
    store = Store(create_engine(database_url(postgres_url), wait_seconds=0.3, pool_size=1), sealer, wait_seconds=0.3)
    try:
        async with store.unit(read_only=True) as unit:
            await unit.marks.find("x")
            with pytest.raises(ServiceBusy, match="store"):
                await store.ping()
        await store.ping()
    finally:
        await store.close()


@pytest.mark.postgres
async def test_a_server_that_falls_silent_and_comes_back(
    postgres_server: PostgresServer, postgres_url: str, sealer: Sealer
) -> None:
    store = await open_store(postgres_url, sealer, wait_seconds=0.5)
    try:
        await seen(store)
        with postgres_server.silent(postgres_url):
            began_at = time.monotonic()
            for attempt in (seen(store), store.ping()):
                with pytest.raises(ServiceBusy, match="store"):
                    await attempt
            assert time.monotonic() - began_at < 4
        await seen(store)
        await store.ping()
    finally:
        await store.close()


@pytest.mark.postgres
async def test_lost_connections_are_replaced(
    postgres_server: PostgresServer, postgres_url: str, sealer: Sealer
) -> None:
    store = await open_store(postgres_url, sealer)
    try:
        await seen(store)
        postgres_server.disconnect(postgres_url)
        await seen(store)
    finally:
        await store.close()


async def test_a_turn_that_is_cancelled_leaves_nothing_locked(store: Store) -> None:
    await seen(store)
    has_written = asyncio.Event()

    async def turn() -> None:
        async with store.unit() as unit:
            await unit.people.mark_unreachable(UserId("rita"))
            has_written.set()
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(turn())
    await has_written.wait()
    task.cancel()
    await asyncio.wait((task,))
    async with store.unit() as unit:
        left = await unit.people.find(UserId("rita"))
        assert left is not None
        assert left.is_reachable
    await seen(store)


async def test_a_statement_that_is_cancelled_leaves_nothing_locked(store: Store) -> None:
    for number in range(20):
        task = asyncio.create_task(seen(store))
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
    await seen(store)
