"""A PostgreSQL server of the tests' own, from the binaries on this machine.

It lives in a temporary folder, listens on a unix socket there and nowhere else, and ends with the test run. Without
binaries its tests are skipped, or fail when DOORMAN_REQUIRE_POSTGRES is set.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

_START_SECONDS = 30.0


class PostgresServer:
    """A running server. `create_database` gives the address of a fresh, empty database."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        account = _account()
        if account:
            shutil.chown(folder, account["user"], account["group"])
        data = folder / "data"
        initialise = ["-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        _run([str(binaries / "initdb"), *initialise], account)
        serve = [str(binaries / "postgres"), "-D", str(data), "-k", str(folder)]
        # Nothing here outlives the run, so nothing needs to reach the disk.
        options = {"listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        for name, value in {**options, "max_connections": "200"}.items():
            serve += ["-c", f"{name}={value}"]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(serve, stdout=log, stderr=log, cwd=folder, **account)  # noqa: S603 - found on this machine
        self._wait_until_ready()

    def address(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def create_database(self) -> str:
        name = f"test_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}"')
        return self.address(name)

    def drop_database(self, address: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{_name(address)}" WITH (FORCE)')

    @contextmanager
    def silent(self, address: str) -> Iterator[None]:
        """Meanwhile the server neither answers the open connections of this database nor takes new ones."""
        pids = [*self._pids(address), self._process.pid]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def disconnect(self, address: str) -> None:
        """Cut every open connection of this database."""
        for pid in self._pids(address):
            self.execute(f"SELECT pg_terminate_backend({pid})")

    def _pids(self, address: str) -> list[int]:
        with psycopg.connect(self.address("postgres")) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [_name(address)])
            return [row[0] for row in found]

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # ends open sessions instead of waiting for them
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > give_up_at:
                    log = (self._folder / "log").read_text(errors="replace")
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for each process of the test run, started when the first test needs it."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("DOORMAN_REQUIRE_POSTGRES"):
            pytest.fail("DOORMAN_REQUIRE_POSTGRES is set and no PostgreSQL server binaries were found")
        pytest.skip("no PostgreSQL server binaries on this machine")
    # Not pytest's own temporary folder: the path of a unix socket has room for about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="doorman-pg-"))
    try:
        server = PostgresServer(binaries, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    address = postgres_server.create_database()
    yield address
    postgres_server.drop_database(address)


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: where pg_config says, where Debian keeps them, or on the PATH."""
    places: list[Path] = []
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603 - found on the PATH
        places.append(Path(answer.stdout.strip()))
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if initdb := shutil.which("initdb"):
        places.append(Path(initdb).parent)
    return next((place for place in places if (place / "initdb").is_file() and (place / "postgres").is_file()), None)


def _name(address: str) -> str:
    """The database that an address is about."""
    return address.partition("@/")[2].partition("?")[0]


def _account() -> dict[str, Any]:
    """Whom the server runs as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(command: Sequence[str], account: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **account)  # noqa: S603 - found on this machine
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")
