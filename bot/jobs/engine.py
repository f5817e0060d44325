"""Starting and stopping dbos, which does the jobs. One for each process."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import structlog
from dbos import DBOS, DBOSConfig
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from bot.jobs.gate import Gate
from bot.jobs.replicas import Replicas
from bot.jobs.serializer import SealedSerializer
from bot.jobs.work import JobSettings, Sealer
from bot.jobs.workflows import Workflows
from bot.store.engine import create_engine, database_url, is_sqlite

VERSION = "jobs-1"
"""Raised only when no job is open. By default it would be a hash of the code, and each edit would strand every open
job; a new step before recorded ones goes under `DBOS.patch_async` instead."""

_SQLITE_PROCESS = "doorman"  # one process, always the same, so that each start takes up what the last one left
_LEAVE_SECONDS = 1.0

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def engine_running(
    settings: JobSettings,
    sealer: Sealer,
    gate: Gate,
    make_workflows: Callable[[], Workflows],
    on_replicas: Callable[[Replicas], None] = lambda _: None,
) -> AsyncIterator[Workflows]:
    """`on_replicas` is told of those who share the database, where they can."""
    url = database_url(settings.database_url)
    if is_sqlite(url):
        async with _dbos_running(_sqlite_config(url, settings, sealer), settings, gate, make_workflows) as workflows:
            yield workflows
        return
    engine = create_engine(url, wait_seconds=settings.dead_after_seconds, pool_size=1)
    replicas = Replicas(engine, settings)
    try:
        await replicas.join()
        on_replicas(replicas)
        async with _dbos_running(_postgres_config(url, settings, sealer), settings, gate, make_workflows) as workflows:
            watching = asyncio.create_task(replicas.watch())
            try:
                yield workflows
            finally:
                await gate.close(settings.park_seconds)
                watching.cancel()
                await asyncio.wait((watching,))
                await _leave(replicas)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _dbos_running(
    config: DBOSConfig, settings: JobSettings, gate: Gate, make_workflows: Callable[[], Workflows]
) -> AsyncIterator[Workflows]:
    DBOS(config=config)
    _log_with_everybody()
    try:
        workflows = make_workflows()
        DBOS.launch()  # inside the running loop, so that the jobs run on it
        if settings.has_rounds:
            await _register_rounds(workflows, settings)
        yield workflows
    finally:
        await gate.close(settings.park_seconds)
        await _destroy()


async def _register_rounds(workflows: Workflows, settings: JobSettings) -> None:
    """Each kind of round has a queue of its own, on which one at a time runs in all processes together."""
    every = cron_every(settings.poll_seconds)
    every_few_minutes = cron_every(min(settings.poll_seconds * 10, max(300, settings.poll_seconds)))
    for queue in ("poll", "sweep", "ends", "upkeep"):
        await DBOS.register_queue_async(
            queue, global_concurrency=1, polling_interval_sec=settings.queue_seconds, on_conflict="always_update"
        )
    await DBOS.apply_schedules_async(
        [
            {"schedule_name": "poll", "workflow_fn": workflows.poll, "schedule": every, "queue_name": "poll"},
            {"schedule_name": "sweep", "workflow_fn": workflows.sweep, "schedule": every, "queue_name": "sweep"},
            {
                "schedule_name": "ends",
                "workflow_fn": workflows.ends,
                "schedule": every_few_minutes,
                "queue_name": "ends",
            },
            {
                "schedule_name": "tidy",
                "workflow_fn": workflows.tidy,
                "schedule": "0 17 3 * * *",
                "queue_name": "upkeep",
            },
            {
                "schedule_name": "forget",
                "workflow_fn": workflows.forget,
                "schedule": "0 23 * * * *",
                "queue_name": "upkeep",
            },
        ]
    )


def cron_every(seconds: float) -> str:
    """The schedule that comes closest to that rhythm without being slower: cron knows parts of a minute or an hour."""
    whole = max(1, int(seconds))
    if whole < 60:
        part = max(part for part in range(1, whole + 1) if 60 % part == 0)
        return f"*/{part} * * * * *"
    minutes = max(part for part in range(1, min(whole // 60, 60) + 1) if 60 % part == 0)
    return f"0 */{minutes} * * * *" if minutes < 60 else "0 0 * * * *"


async def _destroy() -> None:
    """Stop dbos in a thread, because it waits for its own, then give the loop back what dbos took from it."""
    loop = asyncio.get_running_loop()
    logger = logging.getLogger("dbos")
    logger.addFilter(_is_no_job_begun_too_late)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="stop-jobs") as thread:
            await loop.run_in_executor(thread, lambda: DBOS.destroy(destroy_registry=True))
    finally:
        logger.removeFilter(_is_no_job_begun_too_late)
    # dbos had put its own in this place and has shut it down; without a new one nothing can be run in a thread.
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="worker"))


def _is_no_job_begun_too_late(record: logging.LogRecord) -> bool:
    """False for a job that dbos began while it stopped: it finds no thread, and the next process takes it up."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, RuntimeError) and "after shutdown" in str(error))


async def _leave(replicas: Replicas) -> None:
    """Not worth waiting for: a process that cannot say goodbye counts as dead soon enough."""
    with suppress(SQLAlchemyError, OSError, TimeoutError):
        async with asyncio.timeout(_LEAVE_SECONDS):
            await replicas.leave()


def _common(settings: JobSettings, sealer: Sealer) -> DBOSConfig:
    return {
        "name": "doorman",
        "application_version": VERSION,
        "serializer": SealedSerializer(sealer),
        "max_executor_threads": 16,
        "log_level": "WARNING",
        "enable_otlp": False,
        "notification_listener_polling_interval_sec": settings.listener_seconds,
    }


def _sqlite_config(url: URL, settings: JobSettings, sealer: Sealer) -> DBOSConfig:
    store = Path(str(url.database))
    path = store.with_name(f"{store.stem}-jobs{store.suffix}")
    # In a file of its own, because the writers of one file wait for each other; the mode is kept in the file.
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    address = URL.create("sqlite", database=str(path)).render_as_string()
    return {
        **_common(settings, sealer),
        "executor_id": _SQLITE_PROCESS,
        "system_database_url": address,
        "sys_db_pool_size": 1,
    }


def _postgres_config(url: URL, settings: JobSettings, sealer: Sealer) -> DBOSConfig:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {
        **_common(settings, sealer),
        "executor_id": settings.process_id,
        "system_database_url": address,
        "dbos_system_schema": "dbos",
        "sys_db_pool_size": 5,
    }


def _log_with_everybody() -> None:
    """dbos brings a handler of its own, past which no other one sees its lines."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True
