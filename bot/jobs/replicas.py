"""Several processes on one PostgreSQL: who is alive, and who takes up the jobs of a process that died.

dbos itself only takes up the jobs of its own process id, when it is launched.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog
from dbos import DBOS
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.jobs.work import JobSettings

_LOCK = 7_001  # any number that nothing else on this server uses as an advisory lock

# All moments are the database's, so that the clocks of the processes may differ.
_CREATE = (
    "CREATE SCHEMA IF NOT EXISTS doorman_jobs",
    "CREATE TABLE IF NOT EXISTS doorman_jobs.process (id text PRIMARY KEY, seen_at timestamptz NOT NULL)",
)
_BEAT = text(
    "INSERT INTO doorman_jobs.process (id, seen_at) VALUES (:id, clock_timestamp())"
    " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
)
_ALIVE = text(
    "SELECT id FROM doorman_jobs.process WHERE seen_at > clock_timestamp() - make_interval(secs => :dead_after)"
)
_HOW_MANY = text(
    "SELECT count(*) FROM doorman_jobs.process WHERE seen_at > clock_timestamp() - make_interval(secs => :dead_after)"
)
_BURY = text("DELETE FROM doorman_jobs.process WHERE seen_at < clock_timestamp() - make_interval(secs => :long_ago)")
_LEAVE = text("DELETE FROM doorman_jobs.process WHERE id = :id")

_log = structlog.get_logger(__name__)


class Replicas:
    def __init__(self, engine: AsyncEngine, settings: JobSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._beat_at = 0.0
        self._patient_until = 0.0
        self.alive = 1
        """How many processes there were at the last beat, this one included."""

    async def join(self) -> None:
        """Be known as alive, before the first job is started."""
        async with self._engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            for statement in _CREATE:
                await connection.execute(text(statement))
            await connection.execute(_BEAT, {"id": self._settings.process_id})
            await self._count(connection)
        self._beat_at = asyncio.get_running_loop().time()

    async def watch(self) -> None:
        """Beat, and take up the jobs of the dead, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.heartbeat_seconds)
            try:
                async with asyncio.timeout(self._settings.dead_after_seconds):
                    await self.tick()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _log.warning("heartbeat_failed", reason=type(error).__name__)
            except Exception:
                _log.exception("takeover_failed")

    async def tick(self) -> None:
        """One beat, and one look at the others."""
        async with self._engine.begin() as connection:
            await connection.execute(_BEAT, {"id": self._settings.process_id})
            await self._count(connection)
        if self._has_to_be_patient():
            return
        async with self._engine.begin() as connection:
            if await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}):
                await self._take_over(connection)

    def _has_to_be_patient(self) -> bool:
        """Whether our own beats were interrupted lately, as when the database was away.

        The others have missed theirs then, too. Until they have had the time to be heard of, nobody counts as dead;
        every process would otherwise take up what the others are doing.
        """
        now = asyncio.get_running_loop().time()
        if now - self._beat_at > 2 * self._settings.heartbeat_seconds:
            self._patient_until = now + self._settings.dead_after_seconds
        self._beat_at = now
        return now < self._patient_until

    async def leave(self) -> None:
        """Say goodbye: what is left unfinished is free for the others at once."""
        async with self._engine.begin() as connection:
            await connection.execute(_LEAVE, {"id": self._settings.process_id})

    async def _count(self, connection: AsyncConnection) -> None:
        found = await connection.scalar(_HOW_MANY, {"dead_after": self._settings.dead_after_seconds})
        self.alive = max(1, int(found or 1))

    async def _take_over(self, connection: AsyncConnection) -> None:
        dead_after = self._settings.dead_after_seconds
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        # Read after the jobs: a process beats before its first job, so whoever has one here and lives is found there.
        alive = set(await connection.scalars(_ALIVE, {"dead_after": dead_after}))
        orphans: dict[str | None, list[str]] = defaultdict(list)
        for job in pending:
            if job.executor_id not in alive:
                orphans[job.queue_name].append(job.workflow_id)
        for queue, ids in orphans.items():
            await DBOS.resume_workflows_async(ids, queue_name=queue)
            _log.warning("jobs_taken_over", queue=queue, count=len(ids))
        await connection.execute(_BURY, {"long_ago": 100 * dead_after})
