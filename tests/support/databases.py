"""Databases with tables and nothing in them, made once for each process that tests: making them costs more than a copy.

That a bot makes its own tables is tested where the store is opened.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path

from dbos import run_dbos_database_migrations

from bot.store.engine import database_url
from bot.store.migrate import upgrade

_FILES = ("doorman.db", "doorman-jobs.db")


def lay_out(folder: Path) -> None:
    """Put an empty database for the store and one for the jobs into this folder, unless there are some."""
    if not any((folder / name).exists() for name in _FILES):
        for name in _FILES:
            shutil.copyfile(Path(_made().name) / name, folder / name)


@cache
def _made() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="doorman-empty-")
    store, jobs = (Path(folder.name) / name for name in _FILES)
    with ThreadPoolExecutor(1) as thread:  # the caller's loop is running
        thread.submit(asyncio.run, upgrade(database_url(f"sqlite:///{store}"))).result()
    with closing(sqlite3.connect(jobs)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    run_dbos_database_migrations(f"sqlite:///{jobs}")
    return folder
