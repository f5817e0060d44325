"""Jobs inside one process: once, again when it makes sense, and never without a limit."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from cryptography.fernet import Fernet
from dbos import DBOS

from bot.errors import GraphUnavailable, ServiceBusy, Throttled
from bot.identity.sealing import Sealer
from bot.jobs import Jobs, JobSettings
from bot.jobs.engine import cron_every, engine_running
from bot.jobs.gate import Gate
from bot.jobs.replicas import Replicas
from bot.jobs.serializer import JobError, SealedSerializer
from bot.jobs.workflows import Workflows, forget_finished, register
from bot.store.engine import create_engine, database_url

T = TypeVar("T")
SECRET = "a-secret-that-must-not-be-stored"


class FakeWork:
    """Does what its scripts say: each call takes the next answer, the last one stays."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.deliveries: list[Exception | bool] = [True]
        self.looks: list[Exception | float | None] = [None]
        self.on_poll: Callable[[], Any] | None = None
        self.hold: asyncio.Event | None = None

    async def poll(self) -> None:
        self.calls.append("poll")
        if self.on_poll:
            await self.on_poll()

    async def sweep(self) -> None:
        self.calls.append("sweep")
        raise RuntimeError(SECRET)

    async def ends(self) -> None:
        return

    async def tidy(self) -> None:
        self.calls.append("tidy")

    async def apply(self, run_id: str) -> float | None:
        return None

    async def decide(self, key: str) -> float | None:
        self.calls.append(f"decide {key}")
        return _answer(self.looks)

    async def follow(self, request_id: str) -> float | None:
        self.calls.append(f"follow {request_id}")
        return _answer(self.looks)

    async def deliver(self, key: str) -> bool:
        self.calls.append(f"deliver {key}")
        if self.hold:
            await self.hold.wait()
        return _answer(self.deliveries)


def _answer(script: list[Exception | T]) -> T:
    answer = script.pop(0) if len(script) > 1 else script[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


@pytest.fixture
def settings(database: str) -> JobSettings:
    return quick(database)


def quick(database: str, **changes: Any) -> JobSettings:
    values: dict[str, Any] = {
        "database_url": database,
        "process_id": "this",
        "poll_seconds": 3600,
        "first_retry_seconds": 0.02,
        "retry_for_seconds": 5,
        "queue_seconds": 0.1,
        "listener_seconds": 0.05,
        **changes,
    }
    return JobSettings(**values)


@asynccontextmanager
async def running(settings: JobSettings, sealer: Sealer, work: FakeWork) -> AsyncIterator[Jobs]:
    async with Jobs(settings, sealer).running(work) as jobs:
        yield jobs


async def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not come true in time"
        await asyncio.sleep(0.01)


async def ended(job_id: str) -> None:
    """Wait until the job has ended."""
    async with asyncio.timeout(60):
        await DBOS.get_result_async(job_id)


def write(settings: JobSettings, statement: str) -> None:
    """Change what lies in the database of the jobs, past dbos."""
    if settings.database_url.startswith("sqlite"):
        path = Path(settings.database_url.removeprefix("sqlite:///")).with_name("doorman-jobs.db")
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(statement.replace("dbos.", ""))
        return
    with psycopg.connect(settings.database_url) as server:
        server.execute(statement.encode())


def rows(settings: JobSettings, query: str) -> list[tuple[Any, ...]]:
    """What lies in the database of the jobs, read past dbos."""
    if settings.database_url.startswith("sqlite"):
        path = Path(settings.database_url.removeprefix("sqlite:///")).with_name("doorman-jobs.db")
        with closing(sqlite3.connect(path)) as file:
            return file.execute(query.replace("dbos.", "")).fetchall()
    with psycopg.connect(settings.database_url) as server:
        return server.execute(query.encode()).fetchall()


async def test_a_job_runs_at_once_and_once(settings: JobSettings, sealer: Sealer, work: FakeWork) -> None:
    async with running(settings, sealer, work) as jobs:
        for _ in range(3):
            await jobs.deliver_soon("status/r1", 1)
        await ended("deliver/status/r1/1")
        await jobs.deliver_soon("status/r1", 1)
        await jobs.deliver_soon("status/r1", 2)
        await ended("deliver/status/r1/2")
    assert work.calls == ["deliver status/r1"] * 2


async def test_a_request_is_followed_until_there_is_nothing_more_to_see(
    settings: JobSettings, sealer: Sealer, work: FakeWork
) -> None:
    work.looks = [0.01, 0.02, ServiceBusy("graph"), 0.01, None]
    async with running(settings, sealer, work) as jobs:
        await jobs.follow_soon("r1", "asked")
        await ended("follow/r1/asked")
        await jobs.follow_soon("r1", "asked")
        await jobs.follow_soon("r1", "decided")
        await ended("follow/r1/decided")
    assert work.calls == ["follow r1"] * 6


async def test_what_passes_is_waited_out(settings: JobSettings, sealer: Sealer, work: FakeWork) -> None:
    work.deliveries = [Throttled(0.05), ServiceBusy("connector"), GraphUnavailable(503), False, True]
    async with running(settings, sealer, work) as jobs:
        await jobs.deliver_soon("k", 1)
        await ended("deliver/k/1")
    assert work.calls == ["deliver k"] * 5


async def test_a_delivery_that_was_given_up_is_tried_again_when_asked_for(
    database: str, sealer: Sealer, work: FakeWork
) -> None:
    work.deliveries = [ServiceBusy("connector")]
    async with running(quick(database, retry_for_seconds=0.2), sealer, work) as jobs:
        await jobs.deliver_soon("k", 1)
        await ended("deliver/k/1")
        tries = len(work.calls)
        assert 2 < tries < 12
        work.deliveries = [True]
        await jobs.deliver_soon("k", 1)
        await eventually(lambda: len(work.calls) == tries + 1)


async def test_an_unexpected_error_ends_one_job_and_leaves_no_message(
    settings: JobSettings, sealer: Sealer, work: FakeWork
) -> None:
    work.deliveries = [ValueError(SECRET), True]
    async with running(settings, sealer, work) as jobs:
        await jobs.deliver_soon("k", 1)
        await ended("deliver/k/1")
        await jobs.deliver_soon("k", 1)
        await eventually(lambda: work.calls == ["deliver k"] * 2)
    assert rows(settings, "SELECT count(*) FROM dbos.workflow_status WHERE status = 'ERROR'") == [(0,)]


async def test_arguments_and_results_are_unreadable_in_the_database(
    settings: JobSettings, sealer: Sealer, work: FakeWork
) -> None:
    work.deliveries = [ValueError(SECRET)]
    async with running(settings, sealer, work) as jobs:
        await jobs.deliver_soon(SECRET, 1)
        await ended(f"deliver/{SECRET}/1")
    inputs = rows(settings, "SELECT inputs FROM dbos.workflow_input")
    outputs = rows(settings, "SELECT output, error FROM dbos.workflow_output")
    steps = rows(settings, "SELECT output, error FROM dbos.operation_outputs")
    stored = [*inputs, *outputs, *steps, *rows(settings, "SELECT inputs, output, error FROM dbos.workflow_status")]
    texts = [text for row in stored for text in row if text is not None]
    assert len(texts) >= 3
    for text in texts:
        assert SECRET not in text
        assert text.startswith("gAAAA")
    assert SECRET.encode() in sealer.open(inputs[0][0], "job")


async def test_rounds_come_by_the_clock_and_may_start_jobs(database: str, sealer: Sealer, work: FakeWork) -> None:
    jobs = Jobs(quick(database, poll_seconds=1), sealer)
    work.on_poll = lambda: jobs.deliver_soon("from the poll", 1)
    async with jobs.running(work):
        await eventually(lambda: {"poll", "sweep", "deliver from the poll"} <= set(work.calls))
        await eventually(lambda: work.calls.count("sweep") >= 2)  # its error kept nobody from coming again


@asynccontextmanager
async def bare_engine(settings: JobSettings, sealer: Sealer, work: FakeWork) -> AsyncIterator[Workflows]:
    gate = Gate()
    async with engine_running(settings, sealer, gate, lambda: register(work, gate, settings)) as workflows:
        yield workflows


async def test_a_round_that_comes_too_late_is_left_out(database: str, sealer: Sealer, work: FakeWork) -> None:
    settings = quick(database, poll_seconds=30)
    async with bare_engine(settings, sealer, work) as workflows:
        before = work.calls.count("poll")
        now = datetime.now(UTC)
        for due_at, runs in ((now - timedelta(seconds=31), 0), (now - timedelta(seconds=20), 1)):
            handle = await DBOS.start_workflow_async(workflows.poll, due_at, None)
            await handle.get_result()
            assert work.calls.count("poll") == before + runs


async def test_finished_jobs_are_forgotten(settings: JobSettings, sealer: Sealer, work: FakeWork) -> None:
    async with running(settings, sealer, work) as jobs:
        await jobs.deliver_soon("old", 1)
        await ended("deliver/old/1")
        work.hold = asyncio.Event()
        await jobs.deliver_soon("open", 1)
        await forget_finished(3600)
        assert _job_ids(settings) == {"deliver/old/1", "deliver/open/1"}
        await forget_finished(-1)
        assert _job_ids(settings) == {"deliver/open/1"}
        work.hold.set()
        await ended("deliver/open/1")


def _job_ids(settings: JobSettings) -> set[str]:
    ids = {row[0] for row in rows(settings, "SELECT workflow_uuid FROM dbos.workflow_status")}
    return {job_id for job_id in ids if not job_id.startswith("sched-")}


async def test_an_orderly_stop_waits_for_the_step_and_repeats_none(
    settings: JobSettings, sealer: Sealer, work: FakeWork
) -> None:
    work.deliveries = [False]
    work.hold = asyncio.Event()
    async with running(settings, sealer, work) as jobs:
        await jobs.deliver_soon("k", 1)
        await eventually(lambda: work.calls == ["deliver k"])
        asyncio.get_running_loop().call_later(0.1, work.hold.set)
        began_at = time.monotonic()
    assert time.monotonic() - began_at < 8
    assert work.calls == ["deliver k"]
    assert await asyncio.to_thread(lambda: "threads work again") == "threads work again"
    assert rows(settings, "SELECT count(*) FROM dbos.operation_outputs") == [(1,)]
    work.deliveries = [True]
    async with running(settings, sealer, work):
        await ended("deliver/k/1")
    assert work.calls == ["deliver k"] * 2


async def test_a_stop_does_not_wait_for_a_job_that_rests(database: str, sealer: Sealer, work: FakeWork) -> None:
    work.looks = [3600.0]
    async with running(quick(database), sealer, work) as jobs:
        await jobs.follow_soon("r1", "asked")
        await eventually(lambda: work.calls == ["follow r1"])
        began_at = time.monotonic()
    assert time.monotonic() - began_at < 4


async def test_a_stop_does_not_wait_for_ever_for_a_step_that_hangs(
    database: str, sealer: Sealer, work: FakeWork
) -> None:
    work.hold = asyncio.Event()
    async with running(quick(database, park_seconds=0.2), sealer, work) as jobs:
        await jobs.deliver_soon("k", 1)
        await eventually(lambda: work.calls == ["deliver k"])
        began_at = time.monotonic()
    assert time.monotonic() - began_at < 4


async def test_outside_its_time_no_job_is_taken(settings: JobSettings, sealer: Sealer, work: FakeWork) -> None:
    jobs = Jobs(settings, sealer)
    with pytest.raises(ServiceBusy):
        await jobs.deliver_soon("k", 1)
    async with jobs.running(work):
        pass
    with pytest.raises(ServiceBusy):
        await jobs.follow_soon("r1", "asked")


async def test_a_start_does_not_wait_for_the_database_for_ever(tmp_path: Path, sealer: Sealer, work: FakeWork) -> None:
    settings = quick(f"sqlite:///{tmp_path / 'doorman.db'}", start_seconds=0.2)
    async with running(settings, sealer, work) as jobs:
        with closing(sqlite3.connect(tmp_path / "doorman-jobs.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ServiceBusy):
                await jobs.deliver_soon("k", 1)
            other.execute("ROLLBACK")
        await eventually(lambda: work.calls == ["deliver k"])


async def test_rows_sealed_with_a_lost_key_stop_nothing(database: str, sealer: Sealer, work: FakeWork) -> None:
    """Not even a round that stood in the queue when the key was lost, though one of its kind runs at a time."""
    settings = quick(database, poll_seconds=1)
    work.looks = [3600.0]
    async with running(settings, sealer, work) as jobs:
        await jobs.follow_soon("r1", "asked")
        await jobs.deliver_soon("k", 1)
        await ended("deliver/k/1")
        await eventually(lambda: "poll" in work.calls)
    write(
        settings,
        "UPDATE dbos.workflow_status SET status = 'ENQUEUED', output = NULL, error = NULL, completed_at = NULL,"
        " executor_id = NULL, started_at_epoch_ms = NULL WHERE name = 'poll'",
    )
    again = FakeWork()
    async with running(settings, Sealer([Fernet.generate_key().decode()]), again) as jobs:
        await jobs.deliver_soon("k", 1)
        await eventually(lambda: {"deliver k", "poll"} <= set(again.calls))


def test_only_the_type_of_an_exception_is_kept(sealer: Sealer) -> None:
    serializer = SealedSerializer(sealer)
    back = serializer.deserialize(serializer.serialize({"args": (1, "x"), "error": ValueError(SECRET)}))
    assert back["args"] == [1, "x"]
    assert isinstance(back["error"], JobError)
    assert str(back["error"]) == "ValueError"
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    assert serializer.deserialize(serializer.serialize([moment, None])) == [moment, None]
    with pytest.raises(TypeError, match="set"):
        serializer.serialize({1, 2})


@pytest.mark.parametrize(
    ("seconds", "cron"),
    [
        (0.2, "*/1 * * * * *"),
        (1, "*/1 * * * * *"),
        (7, "*/6 * * * * *"),
        (30, "*/30 * * * * *"),
        (59, "*/30 * * * * *"),
        (60, "0 */1 * * * *"),
        (400, "0 */6 * * * *"),
        (3600, "0 0 * * * *"),
        (86400, "0 0 * * * *"),
    ],
)
def test_the_rhythm_is_never_slower_than_asked(seconds: float, cron: str) -> None:
    assert cron_every(seconds) == cron


@pytest.mark.postgres
async def test_after_an_interruption_the_others_get_time_to_be_heard_of(
    postgres_url: str, sealer: Sealer, work: FakeWork
) -> None:
    settings = quick(postgres_url, heartbeat_seconds=0.05, dead_after_seconds=0.5)
    engine = create_engine(database_url(postgres_url), wait_seconds=5, pool_size=1)
    replicas = Replicas(engine, settings)
    work.hold = asyncio.Event()

    def unheard_of() -> bool:
        query = "SELECT status FROM dbos.workflow_status WHERE executor_id = 'somebody unheard of'"
        return rows(settings, query) == [("PENDING",)]

    try:
        async with running(quick(postgres_url, heartbeat_seconds=3600), sealer, work) as jobs:
            await jobs.deliver_soon("k", 1)
            await eventually(lambda: work.calls == ["deliver k"])
            execute(postgres_url, "UPDATE dbos.workflow_status SET executor_id = 'somebody unheard of'")
            assert unheard_of()
            await replicas.join()
            joined_at = time.monotonic()
            await eventually(lambda: time.monotonic() > joined_at + 0.2)  # beats are missed
            patient_from = time.monotonic()
            while unheard_of():
                await replicas.tick()
                assert time.monotonic() < patient_from + 60
            assert time.monotonic() > patient_from + 0.4
            work.hold.set()
            await ended("deliver/k/1")
    finally:
        await engine.dispose()


def execute(address: str, statement: str) -> None:
    with psycopg.connect(address) as server:
        server.execute(statement.encode())
