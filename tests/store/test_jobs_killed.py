"""Processes that die: what they had begun goes on, here or elsewhere, and what they had recorded is not repeated."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from tests.store.jobs_child import TRIES
from tests.support.warm import WarmProcess

_ROOT = Path(__file__).parents[2]


class Children:
    """Processes with jobs on one database and one journal."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.journal = folder / "journal"
        self.journal.touch()
        self._hold = self.journal.with_suffix(".hold")
        self._key = Fernet.generate_key().decode()
        self._errors = folder / "errors"
        self._running: list[WarmProcess] = []

    def start(self, name: str, *jobs: str) -> WarmProcess:
        command = ["-m", "tests.store.jobs_child", self.address, self._key, name, str(self.journal), *jobs]
        child = WarmProcess(command, os.environ, _ROOT, output=self._errors, errors=self._errors)
        self._running.append(child)
        return child

    def kill(self, child: WarmProcess) -> None:
        child.kill()
        child.join()

    def stop(self, child: WarmProcess) -> float:
        """How many seconds it took to come down after it was asked to."""
        began_at = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.join(60) == 0, self._errors.read_text()
        return time.monotonic() - began_at

    def end_all(self) -> None:
        for child in self._running:
            self.kill(child)

    def hold(self) -> None:
        """Let deliveries wait in their middle from now on."""
        self._hold.touch()

    def let_go(self) -> None:
        self._hold.unlink()

    def lines(self, start: str = "") -> list[str]:
        return [line for line in self.journal.read_text().splitlines() if line.startswith(start)]

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        give_up_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up_at, f"{self.lines()}\n{self._errors.read_text()}"
            await asyncio.sleep(0.005)

    def count(self, query: str) -> int:
        if self.address.startswith("sqlite"):
            path = Path(self.address.removeprefix("sqlite:///")).with_name("doorman-jobs.db")
            with closing(sqlite3.connect(path)) as file:
                return int(file.execute(query.replace("dbos.", "")).fetchone()[0])
        with psycopg.connect(self.address) as server:
            row: Any = server.execute(query.encode()).fetchone()
            return int(row[0])

    def recorded_steps(self, job_id: str) -> int:
        return self.count(f"SELECT count(*) FROM dbos.operation_outputs WHERE workflow_uuid = '{job_id}'")  # noqa: S608

    def is_done(self, job_id: str) -> bool:
        done = "SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS' AND workflow_uuid = "
        return self.count(f"{done}'{job_id}'") == 1


@pytest.fixture
def children(database: str, tmp_path: Path) -> Iterator[Children]:
    family = Children(database, tmp_path)
    yield family
    family.end_all()


@pytest.fixture
def family(postgres_url: str, tmp_path: Path) -> Iterator[Children]:
    """Children on PostgreSQL, where there may be several."""
    several = Children(postgres_url, tmp_path)
    yield several
    several.end_all()


@pytest.mark.parametrize("moments", [("begin", 1), ("end", 1)], ids=["in a step", "between steps"])
async def test_a_job_goes_on_wherever_it_was_killed(children: Children, moments: tuple[str, int]) -> None:
    word, first = moments
    kills = 0
    for number in range(first, TRIES + 1, 2):
        child = children.start("one", "card")
        await children.until(lambda number=number: len(children.lines(word)) >= number)  # type: ignore[misc]  # bound at once
        children.kill(child)
        kills += 1
    children.start("one", "card")
    await children.until(lambda: children.is_done("deliver/card/1"))
    recorded = children.recorded_steps("deliver/card/1")
    done = len(children.lines("end card"))
    assert done >= TRIES  # no step was lost
    assert recorded <= done <= recorded + kills  # and only those in flight at a kill were done again


async def test_an_orderly_stop_leaves_the_rest_to_the_next_start(children: Children) -> None:
    first = children.start("one", "card")
    await children.until(lambda: len(children.lines("begin card")) >= 3)
    assert children.stop(first) < 8
    at_stop = len(children.lines("end card"))
    assert children.recorded_steps("deliver/card/1") == at_stop == len(children.lines("begin card"))
    children.start("one")
    await children.until(lambda: children.is_done("deliver/card/1"))
    assert children.recorded_steps("deliver/card/1") == len(children.lines("end card")) == TRIES


@pytest.mark.postgres
async def test_processes_share_the_rounds(family: Children) -> None:
    both = [family.start("a"), family.start("b"), family.start("c")]
    await family.until(lambda: len(family.lines("up")) == len(both))
    before = len(family.lines("poll"))
    await family.until(lambda: len(family.lines("poll")) >= before + 4)
    for child in both:
        assert family.stop(child) < 8
    polls = family.count("SELECT count(*) FROM dbos.operation_outputs WHERE function_name = 'poll_step'")
    ticks = family.count("SELECT count(*) FROM dbos.workflow_status WHERE name = 'poll'")
    assert len(family.lines("poll")) == polls <= ticks


@pytest.mark.postgres
async def test_the_jobs_of_a_dead_process_are_taken_over(family: Children) -> None:
    family.hold()
    dying = family.start("dying", "one", "two", "three")
    family.start("living")
    await family.until(lambda: len(family.lines("begin")) >= 3 and len(family.lines("up")) == 2)
    family.kill(dying)
    family.let_go()
    for job_id in ("deliver/one/1", "deliver/two/1", "deliver/three/1"):
        await family.until(lambda job_id=job_id: family.is_done(job_id))  # type: ignore[misc]  # bound at once
    assert all(line.endswith("living") for line in family.lines("end"))
    for name in ("one", "two", "three"):
        assert family.recorded_steps(f"deliver/{name}/1") == len(family.lines(f"end {name}")) == TRIES


@pytest.mark.postgres
async def test_the_jobs_of_the_living_are_left_alone(family: Children) -> None:
    family.hold()
    family.start("busy", "card")
    await family.until(lambda: len(family.lines("begin")) == 1)
    family.start("other")
    await family.until(lambda: len(family.lines("up")) == 2)
    rounds = len(family.lines("sweep"))
    await family.until(lambda: len(family.lines("sweep")) >= rounds + 3)  # longer than a dead process has
    family.let_go()
    await family.until(lambda: family.is_done("deliver/card/1"))
    assert len(family.lines("begin card")) == TRIES
    assert all(line.endswith("busy") for line in family.lines("end card"))


@pytest.mark.postgres
async def test_a_process_that_slept_repeats_nothing(family: Children) -> None:
    family.hold()
    sleeper = family.start("sleeper", "card")
    await family.until(lambda: len(family.lines("begin")) == 1)
    family.start("living")
    await family.until(lambda: len(family.lines("up")) == 2)
    sleeper.send_signal(signal.SIGSTOP)
    family.let_go()
    await family.until(lambda: family.is_done("deliver/card/1"))
    recorded = family.recorded_steps("deliver/card/1")
    sleeper.send_signal(signal.SIGCONT)
    await family.until(lambda: _ends_of("sleeper", family) == 1)
    assert family.stop(sleeper) < 8
    assert family.recorded_steps("deliver/card/1") == recorded
    assert _ends_of("sleeper", family) == 1


def _ends_of(process_id: str, family: Children) -> int:
    return sum(line.endswith(process_id) for line in family.lines("end card"))
